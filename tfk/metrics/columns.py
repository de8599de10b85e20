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
"""What metrics of tables do with a batch.

A row is a sample, a column an output; time steps and pixels are rows, too.
"""

import tensorflow as tf

from tfk.losses import masking
from tfk.losses import shapes
from tfk.losses import weights as sample_weights


def prepare(y_true, y_pred, sample_weight, name, dtype):
    """Brings one batch to aligned tables and to weights that hold the mask.

    Arguments:
        y_true: Targets.
        y_pred: Predictions, with or without a `_keras_mask`.
        sample_weight: Optional weights: a scalar, or one for each row.
        name: String: the metric, for messages.
        dtype: Dtype to count in.

    Returns:
        `(y_true, y_pred, weight)`; tables with a row for each sample;
        `weight` has one column.
    """
    mask = masking.mask_of(y_pred)
    y_true, y_pred = shapes.to_tensor(y_true), shapes.to_float(y_pred)
    y_true, y_pred, sample_weight = sample_weights.flatten_ragged(
        y_true, y_pred, sample_weight, name
    )
    y_true, y_pred = tf.cast(y_true, dtype), tf.cast(y_pred, dtype)
    y_true, y_pred = shapes.align(y_true, y_pred, name)
    check_shapes(y_true.shape, y_pred.shape, name)
    weight = tf.ones_like(y_pred[..., :1])
    if sample_weight is not None:
        weight = sample_weights.per_value(sample_weight, weight, name)
    return tuple(
        tf.reshape(masking.hide(y, mask, 0), [-1, y.shape[-1]])
        for y in (y_true, y_pred, weight)
    )


def check_shapes(y_true_shape, y_pred_shape, name):
    """Raises a `ValueError` unless both are shapes of tables."""
    shapes_given = tf.TensorShape(y_true_shape), tf.TensorShape(y_pred_shape)
    if any((s.rank or 0) < 2 or s[-1] is None for s in shapes_given):
        raise ValueError(
            f"The metric `{name}` needs targets and predictions of shape "
            "(batch, num_outputs), with a fixed number of outputs. Received: "
            f"y_true.shape={y_true_shape}, y_pred.shape={y_pred_shape}."
        )


def check_built(variable, name):
    """Raises a `ValueError` if a metric has no variables yet."""
    if variable is None:
        raise ValueError(
            f"The metric `{name}` has no result before its first "
            "`update_state`. Or call its `build` with the shapes."
        )
