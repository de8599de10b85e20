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
"""A crossentropy that labels which are wrong harm less."""

import tensorflow as tf

from tfk import config
from tfk.losses import formula
from tfk.losses import logits as activation_logits
from tfk.losses import shapes
from tfk.losses.loss import LossFunctionWrapper

_NAME = "categorical_generalized_cross_entropy"


@formula.public(class_labels=True)
@formula.in_full_precision
def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """What lies between the crossentropy and the absolute error of a class.

    Reference: [Zhang and Sabuncu, 2018](https://arxiv.org/abs/1805.07836).

    Arguments:
        y_true: Class numbers from 0 on: the shape of `y_pred` without the last
            axis, or with size 1 there.
        y_pred: Probabilities of the classes.
        q: Float above 0, up to 1: near 0 the crossentropy, at 1 one minus the
            probability of the class.

    Returns:
        `(1 - p ** q) / q`, with the probability `p` of the labelled class: one
        number for each sample.

    Example:

    >>> values = tfk.losses.categorical_generalized_cross_entropy(
    ...     [1], [[0.75, 0.25]], q=0.5
    ... )
    >>> values.numpy()
    array([1.], dtype=float32)
    """
    _check_q(q)
    labels = tf.cast(shapes.align_labels(y_true, y_pred, _NAME), tf.int64)
    logits = activation_logits.behind(y_pred, "softmax")
    if logits is not None:
        log_chance = -tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels, logits
        )
        return -tf.math.expm1(q * log_chance) / q
    chance = tf.gather(
        y_pred, labels, axis=-1, batch_dims=y_pred.shape.rank - 1
    )
    # The power of an exact 0 has no gradient.
    power = chance * tf.pow(tf.maximum(chance, config.epsilon()), q - 1.0)
    return (1.0 - power) / q


def _check_q(q):
    if isinstance(q, (int, float)) and not 0 < q <= 1:
        raise ValueError(
            f"`q` of `{_NAME}` must be above 0 and at most 1. Received: q={q}. "
            "For q=0 use `sparse_categorical_crossentropy`."
        )


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """A crossentropy that labels which are wrong harm less.

    For classes whose labels hold errors, such as those collected from the web:
    samples that the model finds unlikely pull less than in a crossentropy.
    Labels are class numbers and predictions are probabilities.

    Reference: [Zhang and Sabuncu, 2018](https://arxiv.org/abs/1805.07836).

    Arguments:
        q: Float above 0, up to 1: near 0 the crossentropy, at 1 the absolute
            error, which is the most robust one and the slowest to learn.
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.CategoricalGeneralizedCrossEntropy(q=0.5)
    >>> float(loss([1], [[0.75, 0.25]]))
    1.0
    """

    _saves_function = False

    def __init__(
        self,
        q=0.5,
        reduction="sum_over_batch_size",
        name="categorical_generalized_cross_entropy",
        dtype=None,
    ):
        _check_q(q)
        super().__init__(
            categorical_generalized_cross_entropy, reduction, name, dtype, q=q
        )
