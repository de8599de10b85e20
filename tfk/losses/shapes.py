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
"""The shape rule of all losses and metrics.

Targets and predictions have the same shape, or one of them lacks a trailing
axis of size 1, which is then added. Nothing else is broadcast: a mismatch is
an error while tracing where the static shapes show it, and when the step runs
where they do not. Class labels (integers instead of one-hot vectors) lack the
axis of the classes, or have it with size 1.
"""

import tensorflow as tf

from tfk import config


def to_tensor(value):
    """Returns arrays and variables as tensors, tensors of any kind as is.

    Symbolic tensors of a model are of a kind that losses need not know.
    """
    is_any_tensor = isinstance(getattr(value, "dtype", None), tf.DType)
    if is_any_tensor and not isinstance(value, tf.Variable):
        return value
    return tf.convert_to_tensor(value)


def to_float(y_pred):
    """Returns predictions as a tensor of a float type.

    Arguments:
        y_pred: Tensor, ragged tensor or array.
    """
    y_pred = to_tensor(y_pred)
    if y_pred.dtype.is_floating or y_pred.dtype.is_complex:
        return y_pred
    return tf.cast(y_pred, config.floatx())


def align(y_true, y_pred, name):
    """Brings targets and predictions to one shape, or refuses.

    Arguments:
        y_true: Tensor: targets.
        y_pred: Tensor: predictions.
        name: String: the loss or metric, for messages.

    Returns:
        `(y_true, y_pred)` of equal shapes.

    Raises:
        ValueError: If the shapes differ by more than one trailing axis of
            size 1.
    """
    given = y_true.shape, y_pred.shape
    rank_true, rank_pred = y_true.shape.rank, y_pred.shape.rank
    checks = _checks(y_true) if tf.is_symbolic_tensor(y_true) else None
    if rank_pred is None and rank_true is not None:
        return y_true, _fit_unknown_rank(y_pred, y_true, name)
    if rank_true is None:
        return _fit_unknown_rank(y_true, y_pred, name), y_pred
    if rank_true == rank_pred + 1:
        y_pred = tf.expand_dims(y_pred, -1)
    elif rank_pred == rank_true + 1:
        y_true = tf.expand_dims(y_true, -1)
    if not y_true.shape.is_compatible_with(y_pred.shape):
        raise ValueError(_mismatch(name, *given))
    if tf.is_symbolic_tensor(y_true):
        y_true = _checked_when_run(y_true, y_pred.shape, y_pred, name, checks)
    return y_true, y_pred


def align_labels(y_true, y_pred, name, axis=-1):
    """Brings class labels to the shape of predictions without their classes.

    Arguments:
        y_true: Tensor of class numbers: the shape of `y_pred` without `axis`,
            or with size 1 there.
        y_pred: Tensor: one value for each class along `axis`.
        name: String: the loss or metric, for messages.
        axis: Integer: the axis of the classes.

    Returns:
        `y_true` without the axis of the classes.

    Raises:
        ValueError: If the shapes do not fit each other.
    """
    given = y_true.shape, y_pred.shape
    rank_true, rank_pred = y_true.shape.rank, y_pred.shape.rank
    checks = _checks(y_true) if tf.is_symbolic_tensor(y_true) else None
    if rank_pred is None:
        return y_true
    axis = axis % rank_pred if rank_pred else 0
    expected = [d for i, d in enumerate(y_pred.shape) if i != axis]
    if rank_true is None:
        sizes = tf.unstack(tf.shape(y_pred), num=rank_pred)
        y_true = tf.reshape(y_true, sizes[:axis] + sizes[axis + 1 :])
        y_true.set_shape(expected)
        return y_true
    if rank_true == rank_pred and rank_true > 0:
        if y_true.shape[axis] not in (1, None):
            raise ValueError(_label_mismatch(name, *given))
        y_true = tf.squeeze(y_true, axis)
    if not y_true.shape.is_compatible_with(expected):
        raise ValueError(_label_mismatch(name, *given))
    if tf.is_symbolic_tensor(y_true):
        y_true = _checked_when_run(y_true, expected, y_pred, name, checks, axis)
    return y_true


def check_rank(y_pred, rank, name, meaning):
    """Refuses predictions of another rank.

    Arguments:
        y_pred: Tensor: predictions.
        rank: Integer.
        name: String: the loss or metric, for messages.
        meaning: String: what the axes are.

    Raises:
        ValueError: If the rank is known and another one.
    """
    if y_pred.shape.rank not in (rank, None):
        raise ValueError(
            f"`{name}` needs predictions of shape {meaning}. Received: "
            f"y_pred.shape={y_pred.shape}."
        )


def check_sequences(y_true, y_pred, name):
    """Refuses all but `(batch, length)` and `(batch, frames, classes)`.

    Arguments:
        y_true: Tensor of class numbers.
        y_pred: Tensor: one value for each frame and class.
        name: String: the loss or metric, for messages.

    Raises:
        ValueError: If the shapes are others.
    """
    shape_true, shape_pred = y_true.shape, y_pred.shape
    if (
        shape_true.rank not in (2, None)
        or shape_pred.rank not in (3, None)
        or not shape_true[:1].is_compatible_with(shape_pred[:1])
    ):
        raise ValueError(
            f"`{name}` needs class numbers of shape (batch, length) and "
            "predictions of shape (batch, frames, classes). Received: "
            f"y_true.shape={shape_true}, y_pred.shape={shape_pred}."
        )
    if shape_true[0] is None or shape_pred[0] is None:
        sizes = tf.shape(y_true), tf.shape(y_pred)
        fits = tf.equal(sizes[0][0], sizes[1][0])
        tf.debugging.Assert(fits, [_message_when_run(name), *sizes])


def cast(y_true, dtype):
    """Casts targets; that their shape was checked stays known."""
    dtype = tf.as_dtype(dtype)
    if y_true.dtype == dtype:
        return y_true
    result = tf.cast(y_true, dtype)
    if tf.is_symbolic_tensor(y_true):
        result._tfk_checks = _checks(y_true)
    return result


def _checks(y_true):
    """Returns the list of what targets were compared with in graphs."""
    if not hasattr(y_true, "_tfk_checks"):
        y_true._tfk_checks = []
    return y_true._tfk_checks


def _checked_when_run(y_true, expected, y_pred, name, checks, left_out=None):
    """Asserts, in a graph, what the static shapes leave open.

    The loss and all metrics of an output compare the same two tensors: the
    first of them makes the assertion, which always runs, for all.
    """
    expected = tf.TensorShape(expected)
    if y_true.shape.is_fully_defined() and expected.is_fully_defined():
        return y_true
    graph = tf.compat.v1.get_default_graph()
    if not any(
        pred is y_pred and at is graph and axis == left_out
        for pred, at, axis in checks
    ):
        checks.append((y_pred, graph, left_out))
        _assert_equal_sizes(y_true, y_pred, name, left_out)
    # A reshape would do this for less, but is optimised away, check and all.
    y_true.set_shape(expected)
    return y_true


def _assert_equal_sizes(y_true, y_pred, name, left_out):
    shape_true, shape_pred = tf.shape(y_true), tf.shape(y_pred)
    if left_out is None:
        fits = tf.reduce_all(tf.equal(shape_true, shape_pred))
    elif left_out > 0 and y_true.shape[1:].is_fully_defined():
        # Only the number of rows is open: a third of the ops of what follows.
        fits = tf.equal(shape_true[0], shape_pred[0])
    else:
        kept = tf.concat([shape_pred[:left_out], shape_pred[left_out + 1 :]], 0)
        fits = tf.reduce_all(tf.equal(shape_true, kept))
    # What follows does not wait for the assertion, which costs little then; the
    # function that is traced runs it in any case, and fails where it fails.
    tf.debugging.Assert(fits, [_message_when_run(name), shape_true, shape_pred])


def _fit_unknown_rank(value, other, name):
    """Reshapes a tensor of unknown rank, after a check, to another's shape."""
    shape, target = tf.shape(value), tf.shape(other)
    common = tf.minimum(tf.size(shape), tf.size(target))
    rest = tf.concat([shape[common:], target[common:]], 0)
    fits = tf.logical_and(
        tf.reduce_all(tf.equal(shape[:common], target[:common])),
        tf.logical_and(tf.size(rest) < 2, tf.reduce_all(tf.equal(rest, 1))),
    )
    check = tf.debugging.Assert(fits, [_message_when_run(name), shape, target])
    with tf.control_dependencies([] if check is None else [check]):
        value = tf.reshape(value, target)
    value.set_shape(other.shape)
    return value


def _mismatch(name, shape_true, shape_pred):
    return (
        f"`{name}` needs targets and predictions of the same shape (one of "
        "them may lack a trailing axis of size 1). Received: "
        f"y_true.shape={shape_true}, y_pred.shape={shape_pred}. Reshape the "
        f"targets, or change the model's last layer.{_hint(name, shape_true)}"
    )


def _hint(name, shape_true):
    """Says more where targets look like class numbers."""
    if "categorical" not in name or shape_true[-1:] != [1]:
        return ""
    return (
        f"\nFor class numbers as targets use `sparse_{name}`, or turn them "
        "into one-hot rows by `tfk.utils.to_categorical`."
    )


def _label_mismatch(name, shape_true, shape_pred):
    return (
        f"`{name}` needs class numbers as targets: `y_true` has the shape of "
        "`y_pred` without the axis of the classes, or with size 1 there. "
        f"Received: y_true.shape={shape_true}, y_pred.shape={shape_pred}. For "
        "one-hot targets use the loss or metric without `sparse` in its name."
    )


def _message_when_run(name):
    return (
        f"`{name}` received targets and predictions whose shapes do not fit. "
        "Shape of y_true, then of y_pred:"
    )
