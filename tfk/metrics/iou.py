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
"""The overlap of predicted and labelled regions."""

import tensorflow as tf

from tfk.losses import masking
from tfk.losses import shapes
from tfk.losses import weights as sample_weights
from tfk.metrics.metric import Metric


class IoU(Metric):
    """Intersection over union of what is labelled and predicted as a class.

    For segmentation. The counts of all batches are added up in a confusion
    matrix; the result is the mean over those target classes that occur.

    Arguments:
        num_classes: Integer.
        target_class_ids: List of integers: the classes to look at.
        name: Optional string.
        dtype: Optional dtype of the result.
        ignore_class: Optional integer: a label whose positions are left out.
        sparse_y_true: Boolean: whether labels are class numbers. If not, they
            are one-hot.
        sparse_y_pred: Boolean: whether predictions are class numbers. If not,
            the best class counts.
        axis: Integer: the axis of the classes where there is one.

    Example:

    >>> metric = tfk.metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])
    >>> round(float(metric.result()), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(name=name, dtype=dtype)
        # First, so that a number that is too large is refused at once.
        self.total_cm = self.add_weight(
            "total_confusion_matrix", (num_classes, num_classes)
        )
        wrong = [i for i in target_class_ids if not 0 <= i < num_classes]
        if wrong:
            raise ValueError(
                f"`target_class_ids` must be from 0 to {num_classes - 1}. "
                f"Received: target_class_ids={list(target_class_ids)}, "
                f"num_classes={num_classes}."
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Class numbers, or one-hot labels.
            y_pred: Class numbers, or scores of the classes.
            sample_weight: Optional weights: a scalar, one for each sample, or
                one for each pixel.
        """
        mask = masking.mask_of(y_pred)
        y_true, y_pred = shapes.to_tensor(y_true), shapes.to_tensor(y_pred)
        y_true, y_pred, sample_weight = sample_weights.flatten_ragged(
            y_true, y_pred, sample_weight, self.name
        )
        # NaN behind a mask is no number of a class.
        y_true, y_pred = (masking.hide(y, mask, 0) for y in (y_true, y_pred))
        if not (self.sparse_y_true or self.sparse_y_pred):
            y_true, y_pred = shapes.align(y_true, y_pred, self.name)
        y_true = self._class_numbers(y_true, self.sparse_y_true)
        y_pred = self._class_numbers(y_pred, self.sparse_y_pred)
        y_true, y_pred = shapes.align(y_true, y_pred, self.name)
        weight = tf.ones_like(y_pred, self.dtype)
        if sample_weight is not None:
            weight = sample_weights.per_value(sample_weight, weight, self.name)
        if mask is not None:
            mask = sample_weights.fit(mask, weight, self.name, "mask")
        if self.ignore_class is not None:
            counted = tf.not_equal(y_true, self.ignore_class)
            mask = masking.combine(mask, counted)
        y_true, y_pred, weight = (
            masking.hide(y, mask, 0) for y in (y_true, y_pred, weight)
        )
        self.total_cm.assign_add(
            tf.math.confusion_matrix(
                tf.reshape(y_true, [-1]),
                tf.reshape(y_pred, [-1]),
                self.num_classes,
                weights=tf.reshape(weight, [-1]),
                dtype=self.dtype,
            )
        )

    def result(self):
        matrix = tf.convert_to_tensor(self.total_cm)
        both = tf.linalg.diag_part(matrix)
        either = tf.reduce_sum(matrix, 0) + tf.reduce_sum(matrix, 1) - both
        targets = tf.constant(list(self.target_class_ids), tf.int32)
        both, either = tf.gather(both, targets), tf.gather(either, targets)
        occurring = tf.math.count_nonzero(either, dtype=matrix.dtype)
        overlaps = tf.math.divide_no_nan(both, either)
        return tf.math.divide_no_nan(tf.reduce_sum(overlaps), occurring)

    def _class_numbers(self, y, sparse):
        return tf.cast(y if sparse else tf.argmax(y, self.axis), tf.int64)


class BinaryIoU(IoU):
    """Intersection over union of yes-or-no predictions.

    Arguments:
        target_class_ids: List of 0, 1 or both: the classes to look at.
        threshold: Float: probabilities from it on mean 1.
        name: Optional string.
        dtype: Optional dtype of the result.

    Example:

    >>> metric = tfk.metrics.BinaryIoU(target_class_ids=[1], threshold=0.5)
    >>> metric.update_state([0, 1, 1], [0.1, 0.9, 0.3])
    >>> float(metric.result())
    0.5
    """

    def __init__(
        self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Labels 0 and 1.
            y_pred: Probabilities of the same shape.
            sample_weight: Optional weights: a scalar, one for each sample, or
                one for each pixel.
        """
        y_pred = shapes.to_float(y_pred)
        decided = tf.cast(y_pred >= self.threshold, self.dtype)
        if masking.mask_of(y_pred) is not None:
            decided._keras_mask = y_pred._keras_mask
        super().update_state(y_true, decided, sample_weight)


class MeanIoU(IoU):
    """The mean intersection over union of all classes.

    Arguments:
        num_classes: Integer.
        name: Optional string.
        dtype: Optional dtype of the result.
        ignore_class: Optional integer: a label whose positions are left out.
        sparse_y_true: Boolean: whether labels are class numbers.
        sparse_y_pred: Boolean: whether predictions are class numbers.
        axis: Integer: the axis of the classes where there is one.

    Example:

    >>> metric = tfk.metrics.MeanIoU(num_classes=2)
    >>> metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])
    >>> round(float(metric.result()), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            range(num_classes),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )


class OneHotIoU(IoU):
    """Intersection over union where labels are one-hot.

    Arguments:
        num_classes: Integer.
        target_class_ids: List of integers: the classes to look at.
        name: Optional string.
        dtype: Optional dtype of the result.
        ignore_class: Optional integer: a label whose positions are left out.
        sparse_y_pred: Boolean: whether predictions are class numbers.
        axis: Integer: the axis of the classes.

    Example:

    >>> metric = tfk.metrics.OneHotIoU(num_classes=2, target_class_ids=[1])
    >>> metric.update_state([[0, 1], [0, 1]], [[0.1, 0.9], [0.8, 0.2]])
    >>> float(metric.result())
    0.5
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            target_class_ids,
            name,
            dtype,
            ignore_class,
            False,
            sparse_y_pred,
            axis,
        )


class OneHotMeanIoU(MeanIoU):
    """The mean intersection over union of all classes, for one-hot labels.

    Arguments:
        num_classes: Integer.
        name: Optional string.
        dtype: Optional dtype of the result.
        ignore_class: Optional integer: a label whose positions are left out.
        sparse_y_pred: Boolean: whether predictions are class numbers.
        axis: Integer: the axis of the classes.

    Example:

    >>> metric = tfk.metrics.OneHotMeanIoU(num_classes=2)
    >>> metric.update_state([[0, 1], [1, 0]], [[0.1, 0.9], [0.8, 0.2]])
    >>> float(metric.result())
    1.0
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(
            num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis
        )
