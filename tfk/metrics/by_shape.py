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
"""Which accuracy or crossentropy the shapes ask for.

`"accuracy"` and `"crossentropy"` name a metric without saying for which kind of
labels; the shapes of targets and predictions say it.
"""

import tensorflow as tf

from tfk.losses import crossentropy
from tfk.metrics import accuracy


def resolve_accuracy(y_true_shape, y_pred_shape):
    """Returns the accuracy function for targets and predictions.

    Arguments:
        y_true_shape: Shape of the targets.
        y_pred_shape: Shape of the predictions.

    Example:

    >>> from tfk.metrics import by_shape
    >>> by_shape.resolve_accuracy((None,), (None, 10)).__name__
    'sparse_categorical_accuracy'
    """
    return _choose(
        y_true_shape,
        y_pred_shape,
        accuracy.binary_accuracy,
        accuracy.sparse_categorical_accuracy,
        accuracy.categorical_accuracy,
    )


def resolve_crossentropy(y_true_shape, y_pred_shape):
    """Returns the crossentropy function for targets and predictions.

    Arguments:
        y_true_shape: Shape of the targets.
        y_pred_shape: Shape of the predictions.

    Example:

    >>> from tfk.metrics import by_shape
    >>> by_shape.resolve_crossentropy((None, 1), (None, 1)).__name__
    'binary_crossentropy'
    """
    return _choose(
        y_true_shape,
        y_pred_shape,
        crossentropy.binary_crossentropy,
        crossentropy.sparse_categorical_crossentropy,
        crossentropy.categorical_crossentropy,
    )


def _choose(y_true_shape, y_pred_shape, binary, sparse, categorical):
    y_true_shape = tf.TensorShape(y_true_shape)
    y_pred_shape = tf.TensorShape(y_pred_shape)
    if y_true_shape.rank is None or y_pred_shape.rank is None:
        return categorical
    if y_pred_shape.rank < 2 or y_pred_shape[-1] == 1:
        return binary
    if y_true_shape.rank < y_pred_shape.rank or y_true_shape[-1] == 1:
        return sparse
    return categorical
