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

import dataclasses
import numbers

import tensorflow as tf

from tfk.data import batches
from tfk.utils import structure


@dataclasses.dataclass(frozen=True)
class Output:
    """What is known of an output of the model that targets are for.

    Arguments:
        name: String.
        shape: `tf.TensorShape` of the predictions.
    """

    name: str
    shape: tf.TensorShape


def weigh_dataset(dataset, class_weight, element_spec=None, outputs=None):
    """Multiplies weights of classes into the sample weights of a dataset.

    Arguments:
        dataset: A `tf.data.Dataset` of `(x, y)` or `(x, y, sample_weight)`.
        class_weight: Dict from class index to weight; for several outputs a
            dict by name, or a list or tuple, of such dicts (or None). Classes
            that are not named weigh 1.
        element_spec: The spec of the elements, where it is known more exactly
            than by the dataset.
        outputs: List of `Output`, in the model's order, if they are known:
            their shapes tell class indices from one-hot vectors.

    Returns:
        A dataset of `(x, y, sample_weight)`.

    Raises:
        ValueError: If there are no targets, or `class_weight` does not fit
            them.
    """
    _, spec, _ = batches.unpack_x_y_sample_weight(
        element_spec if element_spec is not None else dataset.element_spec
    )
    weigh = weigher(class_weight, spec, outputs)

    @tf.autograph.experimental.do_not_convert
    def weigh_element(*data):
        return weigh(*(data[0] if len(data) == 1 else data))

    return dataset.map(weigh_element)


def weigher(class_weight, spec, outputs=None):
    """Returns a function that puts weights of classes into a batch.

    Arguments:
        class_weight: As for `weigh_dataset`.
        spec: Structure of `tf.TypeSpec`: the targets.
        outputs: As for `weigh_dataset`.

    Returns:
        Function of `x`, `y` and, if there is one, `sample_weight`, that returns
        all three.

    Raises:
        ValueError: As `weigh_dataset`.
    """
    if spec is None:
        raise ValueError(
            "`class_weight` needs targets, and the data has none. Received: "
            f"class_weight={class_weight!r}."
        )
    names = _names(spec, outputs)
    shapes = {x.name: x.shape for x in outputs or ()}
    if len(names) == 1 and len(shapes) == 1:
        shapes = dict.fromkeys(names, *shapes.values())
    weighers = [
        _Weigher(weights, leaf, shapes.get(name), name)
        for weights, leaf, name in zip(
            _per_target(class_weight, spec, names, outputs),
            tf.nest.flatten(spec),
            names,
        )
    ]

    def weigh(*data):
        x, y, sample_weight = batches.unpack_x_y_sample_weight(data)
        old = _sample_weights(sample_weight, y, names, outputs)
        new = [
            weigher(target, before)
            for weigher, target, before in zip(
                weighers, tf.nest.flatten(y), old
            )
        ]
        return x, y, tf.nest.pack_sequence_as(y, new)

    return weigh


def _names(spec, outputs):
    """Returns the name of the output of each target, or its path."""
    paths = structure.paths(spec)
    if isinstance(spec, dict) or outputs is None or len(outputs) != len(paths):
        return paths
    return [output.name for output in outputs]


def _per_target(class_weight, spec, names, outputs):
    """Returns one dict (or None) for each target."""
    if isinstance(class_weight, dict) and not _is_by_name(class_weight):
        class_weight = [class_weight]
    if isinstance(class_weight, dict):
        return _by_name(class_weight, names)
    if not isinstance(class_weight, (list, tuple)) or (
        len(class_weight) != len(names)
    ):
        raise ValueError(
            "`class_weight` must be a dict from class index to weight if there "
            "is one target; if there are several, a dict by name, or a list, "
            f"with such a dict (or None) for each. Targets: {names}. Received: "
            f"class_weight={class_weight!r}."
        )
    ordered = _in_order_of_targets(class_weight, spec, names, outputs)
    return [
        _checked(weights, f"class_weight[{index}]")
        for index, weights in enumerate(ordered)
    ]


def _is_by_name(class_weight):
    return any(
        isinstance(value, dict) or value is None
        for value in class_weight.values()
    )


def _by_name(class_weight, names):
    flat = _flat(class_weight, names)
    unknown = sorted(str(key) for key in flat if key not in names)
    if unknown:
        raise ValueError(
            "The keys of `class_weight` must be the names of the targets. "
            f"Targets: {sorted(names)}. Received: class_weight with the keys "
            f"{sorted(map(str, flat))}, where {unknown} fit no target."
        )
    return [
        _checked(flat.get(name), f"class_weight[{name!r}]") for name in names
    ]


def _flat(value, names, prefix=""):
    """Opens nested dicts down to the names, which are paths."""
    flat = {}
    for key, item in value.items():
        path = f"{prefix}{key}"
        if isinstance(item, dict) and any(
            name.startswith(path + "/") for name in names
        ):
            flat.update(_flat(item, names, path + "/"))
        else:
            flat[path] = item
    return flat


def _in_order_of_targets(values, spec, names, outputs):
    """Reads a list in the order of the outputs, where targets are a dict."""
    known = [output.name for output in outputs or ()]
    if isinstance(spec, dict) and sorted(known) == sorted(names):
        return [values[known.index(name)] for name in names]
    return list(values)


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


class _Weigher:
    """Weighs the elements of one target by their classes.

    Arguments:
        weights: Dict from class index to weight, or None.
        spec: `tf.TypeSpec` of the target, or None.
        prediction_shape: `tf.TensorShape`, or None if it is not known.
        name: String: the output, for messages.
    """

    def __init__(self, weights, spec, prediction_shape, name):
        self._weights = weights
        self._name = name or "y"
        if weights is None or spec is None:
            return
        if isinstance(spec, tf.SparseTensorSpec):
            raise ValueError(
                "`class_weight` needs dense or ragged targets. Received "
                f"{spec} for '{self._name}'. Pass `sample_weight` instead."
            )
        self._has_axis_of_one = bool(
            spec.shape.rank and spec.shape.rank > 1 and spec.shape[-1] == 1
        )
        if prediction_shape is not None and prediction_shape.rank:
            # Else it is the axis of a sequence that has one step.
            if spec.shape.rank == prediction_shape.rank - 1:
                self._has_axis_of_one = False
        self._is_one_hot = self._reads_one_hot(spec, prediction_shape)
        num_classes = None
        if self._is_one_hot:
            num_classes = spec.shape[-1]
        elif prediction_shape is not None and prediction_shape.rank:
            # One number for each position is a probability, or a regression.
            num_classes = prediction_shape[-1]
            num_classes = None if num_classes == 1 else num_classes
            if not _is_labels(spec.shape, prediction_shape):
                num_classes = None
        if num_classes is not None and max(weights) >= num_classes:
            raise ValueError(
                f"`class_weight` names a class outside of 0..{num_classes - 1} "
                f"for '{self._name}': the targets have the shape {spec.shape}, "
                f"the predictions {prediction_shape}. Received: "
                f"class_weight={weights!r}."
            )

    def _reads_one_hot(self, spec, prediction_shape):
        """Whether the last axis of the targets is that of the classes.

        The shape of the predictions says so, if it is known. Else a last axis
        of 1 holds class indices, other floats of rank 2 and more are one-hot,
        and integers are if the last axis is as long as there are classes.
        """
        shape = spec.shape
        if shape.rank is None or shape.rank < 2 or shape[-1] == 1:
            return False
        if prediction_shape is not None and prediction_shape.rank is not None:
            if _is_labels(shape, prediction_shape):
                return False
            if shape.rank == prediction_shape.rank and shape[-1] is not None:
                return True
        return spec.dtype.is_floating or shape[-1] == max(self._weights) + 1

    def __call__(self, target, sample_weight):
        """Returns the weights of a batch of targets.

        Arguments:
            target: Tensor or ragged tensor, or None.
            sample_weight: The weights before, or None.
        """
        if target is None:
            return None
        if self._weights is None:
            if sample_weight is not None:
                return sample_weight
            return tf.ones([batches.count_rows(target)])
        if isinstance(target, tf.RaggedTensor):
            weight = target.with_flat_values(
                self._weights_of(target.flat_values)
            )
        else:
            weight = self._weights_of(target)
        return (
            weight if sample_weight is None else _times(weight, sample_weight)
        )

    def _weights_of(self, targets):
        """Returns the weight of the class at each position."""
        classes = self._class_indices(targets)
        # One more entry: the classes that are not named.
        size = max(self._weights) + 2
        table = [self._weights.get(index, 1.0) for index in range(size)]
        check = tf.debugging.assert_non_negative(
            classes,
            "With `class_weight`, targets must be class indices from 0 up. "
            f"Received a negative target for '{self._name}'.",
        )
        with tf.control_dependencies([check]):
            return tf.gather(tf.constant(table), tf.minimum(classes, size - 1))

    def _class_indices(self, targets):
        if self._is_one_hot:
            with tf.control_dependencies([_assert_one_hot(targets)]):
                return tf.argmax(tf.cast(targets, tf.float32), -1)
        if self._has_axis_of_one:
            targets = tf.squeeze(targets, -1)
        return tf.cast(targets, tf.int64)


def _is_labels(shape, prediction_shape):
    """Whether targets lack the classes' axis, or have it with size 1."""
    if None in (shape.rank, prediction_shape.rank):
        return False
    if shape.rank == prediction_shape.rank:
        return shape[-1] == 1
    return shape.rank == prediction_shape.rank - 1


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


def _sample_weights(sample_weight, y, names, outputs):
    """Returns the weight before (or None) for each target."""
    if isinstance(sample_weight, dict):
        flat = _flat(sample_weight, names)
        unknown = sorted(key for key in flat if key not in names)
        if unknown:
            raise ValueError(
                "The keys of `sample_weight` must be the names of the targets. "
                f"Targets: {sorted(names)}. Received: sample_weight with the "
                f"keys {sorted(flat)}, where {unknown} fit no target."
            )
        return [flat.get(name) for name in names]
    leaves = tf.nest.flatten(sample_weight)
    if not isinstance(sample_weight, (list, tuple)):
        return leaves * len(names)
    if len(leaves) == len(names):
        return _in_order_of_targets(leaves, y, names, outputs)
    raise ValueError(
        "`sample_weight` must be one array, or have the structure of the "
        f"targets. Targets: {names}. Received weights: "
        f"{structure.paths(sample_weight)}."
    )


def _times(new, old):
    """Multiplies weights of positions by the weights given for them."""
    if not old.dtype.is_floating:
        # Counts and booleans would cut fractions off.
        old = tf.cast(old, new.dtype)
    if isinstance(new, tf.RaggedTensor):
        if not isinstance(old, tf.RaggedTensor) and old.shape.rank == 1:
            old = tf.expand_dims(old, -1)
        return tf.cast(new, old.dtype) * old
    if old.shape.rank == new.shape.rank + 1 and old.shape[-1] == 1:
        old = tf.squeeze(old, -1)
    while old.shape.rank < new.shape.rank:
        old = tf.expand_dims(old, -1)
    while new.shape.rank < old.shape.rank:
        new = tf.expand_dims(new, -1)
    return tf.cast(new, old.dtype) * old
