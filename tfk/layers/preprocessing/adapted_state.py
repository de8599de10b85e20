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
"""Learned state that is no variable, in TensorFlow checkpoints."""

import io

import numpy as np
import tensorflow as tf


class AdaptedState(tf.train.experimental.PythonState):
    """Lets checkpoints hold what a preprocessing layer has learned.

    Arguments:
        layer: A layer with `_adapted_arrays()`, which returns a dict of NumPy
            arrays, and `_set_adapted_arrays(arrays)`, which takes one.
    """

    def __init__(self, layer):
        self._layer = layer

    def serialize(self):
        """Returns the state as bytes."""
        file = io.BytesIO()
        np.savez(file, **self._layer._adapted_arrays())
        return file.getvalue()

    def deserialize(self, string_value):
        """Takes the state from bytes.

        Arguments:
            string_value: What `serialize` returned.
        """
        with np.load(io.BytesIO(string_value), allow_pickle=False) as arrays:
            self._layer._set_adapted_arrays(dict(arrays))
