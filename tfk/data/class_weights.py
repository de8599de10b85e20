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
"""`class_weight`: weights of classes become weights of samples."""

import numbers

import tensorflow as tf

from tfk.data import batches
from tfk.utils import structure


def weigh_dataset(dataset, class_weight, element_spec=None):
    """Multiplies weights of classes into the sample weights of a dataset.

    Arguments:
        dataset: A `tf.data.Dataset` of `(x, y)` or `(x, y, sample_weight)`.
        class_weight: Dict from class index to weight; for several outputs a
            dict, list or tuple of such dicts, in the structure of `y`. Classes
            that are not named weigh 1.
        element_spec: The spec of the elements, where it is known more exactly
            than by the dataset.

    Returns:
        A dataset of `(x, y, sample_weight)`.

    Raises:
        ValueError: If there are no targets, or `class_weight` does not fit
            them.
    """
    _, spec, _ = batches.unpack_x_y_sample_weight(
        element_spec if element_spec is not None else dataset.element_spec
    )
    if spec is None:
        raise ValueError(
            "`class_weight` needs targets, and the data has none. Received: "
            f"class_weight={class_weight!r}."
        )
    weights = _per_output(class_weight, spec)
    specs = tf.nest.flatten(spec)

    @tf.autograph.experimental.do_not_convert
    def weigh(*data):
        data = data[0] if len(data) == 1 else data
        x, y, sample_weight = batches.unpack_x_y_sample_weight(data)
        targets = tf.nest.flatten(y)
        old = _sample_weights(sample_weight, y)
        new = [
            _combine(_for_targets(target, spec, weight), weight_before, target)
            for target, spec, weight, weight_before in zip(
                targets, specs, weights, old
            )
        ]
        return x, y, tf.nest.pack_sequence_as(y, new)

    return dataset.map(weigh)


def _per_output(class_weight, spec):
    """Returns one dict (or None) for each leaf of the targets."""
    if not tf.nest.is_nested(spec):
        if isinstance(class_weight, (list, tuple)) and len(class_weight) == 1:
            class_weight = class_weight[0]
        return [_checked(class_weight, "class_weight")]
    if isinstance(class_weight, dict) and isinstance(spec, dict):
        return _by_name(class_weight, spec)
    if isinstance(class_weight, (list, tuple)) and len(class_weight) == len(
        spec
    ):
        return [
            _checked(weight, f"class_weight[{index}]")
            for index, weight in enumerate(class_weight)
        ]
    if len(tf.nest.flatten(spec)) == 1:
        return [_checked(class_weight, "class_weight")]
    raise ValueError(
        "`class_weight` must have the structure of the targets if there are "
        "several: one dict of weights (or None) for each. Targets: "
        f"{structure.paths(spec)}. Received: class_weight={class_weight!r}."
    )


def _by_name(class_weight, spec):
    if len(spec) == 1 and not _is_nested_dict(class_weight):
        return [_checked(class_weight, "class_weight")]
    unknown = sorted(map(str, set(class_weight) - set(spec)))
    if unknown:
        raise ValueError(
            "`class_weight` must be a dict of dicts with the names of the "
            f"targets as keys. Targets: {sorted(spec)}. Received: "
            f"class_weight={class_weight!r}, where {unknown} fit no target."
        )
    return [
        _checked(class_weight.get(name), f"class_weight[{name!r}]")
        for name in sorted(spec)
    ]


def _is_nested_dict(class_weight):
    return any(isinstance(value, dict) for value in class_weight.values())


def _checked(weights, name):
    if weights is None:
        return None
    right = isinstance(weights, dict) and all(
        isinstance(index, numbers.Integral)
        and index >= 0
        and isinstance(weight, numbers.Real)
        for index, weight in weights.items()
    )
    if not right or not weights:
        raise ValueError(
            f"`{name}` must be a dict from class indices (0, 1, 2...) to "
            f"numbers. Received: {name}={weights!r}."
        )
    return {int(index): float(weight) for index, weight in weights.items()}


def _for_targets(targets, spec, weights):
    """Returns the weight of the class at each position of the targets."""
    if weights is None:
        return None
    if not isinstance(targets, tf.Tensor):
        raise ValueError(
            "`class_weight` needs dense targets. Received targets of type "
            f"{type(targets).__name__}; pass `sample_weight` instead."
        )
    classes = _class_indices(targets, spec, weights)
    # One more entry: the classes that `weights` does not name.
    size = max(weights) + 2
    table = [weights.get(index, 1.0) for index in range(size)]
    with tf.control_dependencies(
        [
            tf.debugging.assert_non_negative(
                classes,
                "With `class_weight`, targets must be class indices from 0 "
                "up. Received a negative target.",
            )
        ]
    ):
        return tf.gather(tf.constant(table), tf.minimum(classes, size - 1))


def _class_indices(targets, spec, weights):
    """Reads class indices from sparse (integer) or one-hot targets.

    Targets with a last axis of 1 are class indices. Other floating-point
    targets of rank 2 and more are one-hot rows. Integers there are one-hot
    only if the last axis is as long as `class_weight` has classes: else they
    are one class index for each position (of a sequence, of an image).
    """
    depth = spec.shape[-1] if spec.shape.rank else None
    if spec.shape.rank is None or spec.shape.rank < 2:
        return tf.cast(targets, tf.int64)
    if depth == 1:
        return tf.cast(tf.squeeze(targets, -1), tf.int64)
    num_classes = max(weights) + 1
    if not spec.dtype.is_floating and depth != num_classes:
        return tf.cast(targets, tf.int64)
    if depth is not None and num_classes > depth:
        raise ValueError(
            f"`class_weight` names a class outside of 0..{depth - 1}: the "
            f"targets are one-hot of shape {spec.shape}. Received: "
            f"class_weight={weights!r}."
        )
    with tf.control_dependencies([_assert_one_hot(targets)]):
        return tf.argmax(targets, -1)


def _assert_one_hot(targets):
    sums = tf.reduce_sum(tf.cast(targets, tf.float32), -1)
    right = (tf.abs(sums - 1.0) < 1e-2) | (sums == 0.0)
    return tf.debugging.Assert(
        tf.reduce_all(right),
        [
            "With `class_weight`, targets whose last axis is longer than 1 "
            "must be one-hot: each row must sum to 1. Pass class indices as "
            "integers with a last axis of 1, or pass `sample_weight`. "
            "Received rows with the sums:",
            sums,
        ],
    )


def _sample_weights(sample_weight, y):
    """Returns the weight before (or None) for each leaf of the targets."""
    leaves = tf.nest.flatten(sample_weight)
    count = len(tf.nest.flatten(y))
    if len(leaves) == 1:
        return leaves * count
    if len(leaves) == count:
        return leaves
    raise ValueError(
        "`sample_weight` must be one array, or have the structure of the "
        f"targets. Targets: {structure.paths(y)}. Received weights: "
        f"{structure.paths(sample_weight)}."
    )


def _combine(new, old, target):
    if new is None and old is None:
        return tf.ones(tf.shape(target)[:1])
    if new is None or old is None:
        return old if new is None else new
    if old.shape.rank == new.shape.rank + 1 and old.shape[-1] == 1:
        old = tf.squeeze(old, -1)
    while old.shape.rank < new.shape.rank:
        old = tf.expand_dims(old, -1)
    while new.shape.rank < old.shape.rank:
        new = tf.expand_dims(new, -1)
    return tf.cast(new, old.dtype) * old
