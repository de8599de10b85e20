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
"""The loss of sequences whose targets are not aligned with their frames."""

import tensorflow as tf

from tfk.losses import formula
from tfk.losses import logits as activation_logits
from tfk.losses import masking
from tfk.losses import shapes
from tfk.losses.loss import LossFunctionWrapper

# A logarithm of 0 that can be added up, unlike minus infinity. TensorFlow's own
# loss takes -707, which logits of a thousand reach.
_LOG_ZERO = -1e30
# The value of a target that no path can spell: that of `tf.nn.ctc_loss`.
_IMPOSSIBLE = 707.0


@formula.public(class_labels=True, removes_masked=True)
@formula.in_full_precision
def ctc(y_true, y_pred):
    """Minus the log-probability of all paths that spell the target.

    A path names a class, or the blank 0, for each frame; repeated classes
    count once unless a blank is between them, and blanks are left out.

    Reference: [Graves et al., 2006](
    https://www.cs.toronto.edu/~graves/icml_2006.pdf).

    Arguments:
        y_true: Class numbers from 1 on, of shape `(batch, length)`; 0 is the
            blank, and fills up short targets, wherever it stands (in Keras 3 at
            their end only). Ragged tensors need no filling.
        y_pred: Logits of shape `(batch, frames, classes)`, class 0 being the
            blank. Of sequences of different lengths, frames that are masked
            are left out.

    Returns:
        One number for each sample. Targets that need more frames than there
        are have the value 707, about that of `tf.nn.ctc_loss`, and no gradient.

    Example:

    >>> tfk.losses.ctc([[1]], [[[0.0, 0.0]]]).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    shapes.check_sequences(y_true, y_pred, "ctc")
    mask = masking.mask_of(y_pred)
    logits = activation_logits.find(y_pred, True, "softmax", -1, "ctc")
    logits = masking.hide(logits, mask, 0)
    labels = _blanks_last(tf.cast(y_true, tf.int32))
    values = _minus_log_chance(
        labels, tf.nn.log_softmax(logits), _frames(mask, logits)
    )
    values = tf.where(values < -0.5 * _LOG_ZERO, values, _IMPOSSIBLE)
    if mask is None:
        return values
    counted = tf.reduce_any(masking.expand_to_rank(mask, 2), axis=1)
    values = masking.hide(values, counted, 0)
    values._keras_mask = counted
    return values


def _blanks_last(labels):
    """Moves blanks to the end, wherever they were."""
    order = tf.argsort(tf.cast(labels <= 0, tf.int32), axis=1, stable=True)
    return tf.gather(tf.maximum(labels, 0), order, axis=1, batch_dims=1)


def _frames(mask, logits):
    """Returns the mask of frames, of shape `(batch, frames)`."""
    frames = tf.ones(tf.shape(logits)[:2], tf.bool)
    if mask is None:
        return frames
    if mask.shape.rank == 3:
        mask = tf.squeeze(mask, -1)
    return tf.logical_and(frames, masking.expand_to_rank(mask, 2))


def _minus_log_chance(labels, log_chances, frames):
    """Runs the forward recursion over the frames that are kept.

    The states are those of the target with a blank before and after each of
    its classes.
    """
    length = tf.math.count_nonzero(labels, axis=1, dtype=tf.int32)
    blanks = tf.zeros_like(labels)
    interleaved = tf.reshape(
        tf.stack([blanks, labels], axis=2), [tf.shape(labels)[0], -1]
    )
    states = tf.pad(interleaved, [[0, 0], [0, 1]])
    # A class may follow the one before it without a blank if they differ.
    two_before = tf.pad(states[:, :-2], [[0, 0], [2, 0]])
    may_skip = tf.logical_and(states > 0, tf.not_equal(states, two_before))
    emissions = tf.gather(
        tf.transpose(log_chances, [1, 0, 2]),
        tf.tile(states[None], [tf.shape(log_chances)[1], 1, 1]),
        axis=2,
        batch_dims=2,
    )
    start = tf.one_hot(
        tf.zeros_like(length),
        tf.shape(states)[1],
        on_value=tf.zeros([], log_chances.dtype),
        off_value=tf.constant(_LOG_ZERO, log_chances.dtype),
    )

    def step(log_alpha, frame):
        emission, kept = frame
        one_on, two_on = _shifted(log_alpha, 1), _shifted(log_alpha, 2)
        two_on = tf.where(may_skip, two_on, _LOG_ZERO)
        arrived = tf.reduce_logsumexp([log_alpha, one_on, two_on], axis=0)
        return tf.where(kept[:, None], arrived + emission, log_alpha)

    log_alpha = tf.foldl(step, (emissions, tf.transpose(frames)), start)
    last = tf.gather(log_alpha, 2 * length, batch_dims=1)
    before = tf.gather(log_alpha, tf.maximum(2 * length - 1, 0), batch_dims=1)
    before = tf.where(length > 0, before, _LOG_ZERO)
    return -tf.reduce_logsumexp([last, before], axis=0)


def _shifted(log_alpha, by):
    return tf.pad(
        log_alpha[:, :-by], [[0, 0], [by, 0]], constant_values=_LOG_ZERO
    )


class CTC(LossFunctionWrapper):
    """The loss of sequences whose targets are not aligned with their frames.

    For speech and handwriting, where it is known what was said or written, but
    not where. Class 0 is the blank: classes are counted from 1 on, and 0 fills
    up short targets. The last layer has no activation. Frames that the model
    masks are left out.

    Reference: [Graves et al., 2006](
    https://www.cs.toronto.edu/~graves/icml_2006.pdf).

    Arguments:
        reduction: String: see `tfk.losses.Loss`.
        name: String.
        dtype: Optional dtype: see `tfk.losses.Loss`.

    Example:

    >>> loss = tfk.losses.CTC()
    >>> round(float(loss([[1]], [[[0.0, 0.0]]])), 4)
    0.6931
    """

    _saves_function = False

    def __init__(self, reduction="sum_over_batch_size", name="ctc", dtype=None):
        super().__init__(ctc, reduction, name, dtype)
