# Copyright 2026 The tfk Authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     https://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""State that was read before there are variables for it.

Optimizers that a model keeps beside the one it was compiled with, as those of
generative networks do, are built in their first step: only then it is known
which variables they change.
"""

import warnings

import numpy as np
import tensorflow as tf

from tfk.utils import caller
from tfk.utils import tf_internal


class AwaitedState:
    """The arrays of an optimizer that is not built yet.

    A plain object, which checkpoints do not look into.

    Arguments:
        arrays: Dict of the arrays, by their numbers as strings.
    """

    def __init__(self, arrays):
        self.arrays = {key: np.array(value) for key, value in arrays.items()}

    def give(self, optimizer, variables):
        """Sets the variables of an optimizer, if they are as many.

        Arguments:
            optimizer: An optimizer that was just built.
            variables: List of its variables.

        Returns:
            Boolean: whether nothing is left to wait for.
        """
        if len(variables) < len(self.arrays):
            return False
        values = [self.arrays.get(str(i)) for i in range(len(variables))]
        shapes = [None if x is None else x.shape for x in values]
        if shapes != [tuple(variable.shape) for variable in variables]:
            warnings.warn(
                f"The state of optimizer '{optimizer.name}' is not loaded: its "
                "variables have other shapes, or another order. Training "
                "goes on with a fresh optimizer.",
                stacklevel=caller.stacklevel(),
            )
            return True
        with tf.init_scope():
            for variable, value in zip(variables, values):
                # Of a step on several replicas, each part by itself.
                for part in tf_internal.parts_of(variable):
                    part.assign(value)
        return True
