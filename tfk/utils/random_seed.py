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
"""One seed for all sources of randomness."""

import random

import numpy as np
import tensorflow as tf


def set_random_seed(seed):
    """Seeds Python, NumPy and TensorFlow.

    With `tf.config.experimental.enable_op_determinism()` as well, two runs of
    a program on the same machine give the same numbers.

    Arguments:
        seed: Integer from 0 to 2**32 - 1.

    Example:

    >>> tfk.utils.set_random_seed(1)
    """
    if not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(
            "`seed` must be an integer from 0 to 2**32 - 1. Received: "
            f"seed={seed!r}."
        )
    random.seed(seed)
    np.random.seed(seed)
    tf.random.set_seed(seed)
