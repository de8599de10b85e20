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
"""What inputs a layer takes, checked before the layer runs."""

import tensorflow as tf

from tfk.saving import configurable
from tfk.utils import structure


class InputSpec(configurable.Configurable):
    """Says which rank, shape and dtype a layer takes.

    Set it as `self.input_spec` in a layer, in `__init__` or `build`, so that
    wrong inputs raise an error that names the layer.

    Arguments:
        dtype: Dtype of the input, or None for any.
        shape: Tuple of sizes; None stands for any size.
        ndim: Integer: the rank.
        max_ndim: Integer: the highest rank.
        min_ndim: Integer: the lowest rank.
        axes: Dict of axes to sizes, for instance `{-1: 3}`.
        allow_last_axis_squeeze: Boolean: whether a last axis of size 1 may be
            missing or too many.
        name: String: the key of this input, where inputs are a dict.
        optional: Boolean: whether None is accepted.

    Example:

    >>> tfk.layers.InputSpec(ndim=4, axes={-1: 3})
    InputSpec(ndim=4, axes={-1: 3})
    """

    def __init__(
        self,
        dtype=None,
        shape=None,
        ndim=None,
        max_ndim=None,
        min_ndim=None,
        axes=None,
        allow_last_axis_squeeze=False,
        name=None,
        optional=False,
    ):
        self.dtype = tf.as_dtype(dtype).name if dtype is not None else None
        shape = tf.TensorShape(shape)
        self.shape = None if shape.rank is None else tuple(shape.as_list())
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional
        limit = self.ndim if self.ndim is not None else max_ndim
        if limit is not None and self.axes and max(self.axes) >= limit:
            raise ValueError(
                f"An axis of `axes` lies outside of the rank {limit}. "
                f"Received: axes={axes}."
            )

    def __repr__(self):
        shown = {
            key: getattr(self, key)
            for key in ("dtype", "shape", "ndim", "max_ndim", "min_ndim")
            if getattr(self, key) is not None
        }
        if self.axes:
            shown["axes"] = self.axes
        inside = ", ".join(f"{key}={value!r}" for key, value in shown.items())
        return f"InputSpec({inside})"


def check(spec, inputs, layer_name):
    """Raises if inputs are not what a layer's `input_spec` says.

    Arguments:
        spec: An `InputSpec`, or a list, tuple or dict of them.
        inputs: A tensor or a structure of tensors.
        layer_name: String: the layer's name, for the message.

    Raises:
        ValueError: Naming the layer, what it takes, and what it received.
    """
    if isinstance(spec, InputSpec):
        if not isinstance(inputs, (list, tuple, dict)):
            _check_one(spec, inputs, layer_name, "")
            return
    if isinstance(spec, dict) and isinstance(inputs, dict):
        pairs = [(spec[key], inputs.get(key), f" {key!r}") for key in spec]
    else:
        specs = tf.nest.flatten(spec)
        flat = tf.nest.flatten(inputs)
        if len(specs) != len(flat):
            raise ValueError(
                f"Layer '{layer_name}' takes {len(specs)} inputs. Received: "
                f"{len(flat)} ({structure.describe(inputs)})."
            )
        pairs = [(s, x, f" {i}") for i, (s, x) in enumerate(zip(specs, flat))]
    for one_spec, x, label in pairs:
        if one_spec is not None:
            _check_one(one_spec, x, layer_name, label)


def _check_one(spec, x, layer_name, label):
    if x is None and spec.optional:
        return
    shape = getattr(x, "shape", None)
    if shape is None:
        raise TypeError(
            f"Input{label} of layer '{layer_name}' must be a tensor. "
            f"Received: {structure.describe(x)}."
        )
    ndim = shape.rank if hasattr(shape, "rank") else len(shape)
    if ndim is None:
        return
    if spec.ndim is not None and ndim != spec.ndim:
        if not (spec.allow_last_axis_squeeze and abs(ndim - spec.ndim) == 1):
            wanted = f"ndim={spec.ndim}"
            _fail(wanted, x, layer_name, label, _axis_hint(ndim, spec.ndim))
        return
    if spec.min_ndim is not None and ndim < spec.min_ndim:
        wanted = f"a rank of at least {spec.min_ndim}"
        _fail(wanted, x, layer_name, label, _axis_hint(ndim, spec.min_ndim))
    if spec.max_ndim is not None and ndim > spec.max_ndim:
        _fail(f"a rank of at most {spec.max_ndim}", x, layer_name, label)
    if spec.dtype is not None and x.dtype.name != spec.dtype:
        _fail(f"dtype={spec.dtype}", x, layer_name, label)
    for axis, size in spec.axes.items():
        if size is not None and shape[axis] not in (size, None):
            _fail(f"size {size} on axis {axis}", x, layer_name, label)
    if spec.shape is not None:
        for wanted, received in zip(spec.shape, shape):
            if wanted is not None and received not in (wanted, None):
                _fail(f"shape={spec.shape}", x, layer_name, label)


def _axis_hint(ndim, wanted):
    """Says which axis may be missing."""
    if ndim >= wanted:
        return "Flatten or reshape the input."
    if (ndim, wanted) == (2, 3):
        return (
            "Add the missing axis; a recurrent layer gives the outputs of all "
            "steps with `return_sequences=True`."
        )
    return (
        "Add the missing axis: the first one is the batch, and images have "
        "one for their channels (`x[..., tf.newaxis]`)."
    )


def _fail(wanted, x, layer_name, label, hint=""):
    hint = hint or "Reshape the input, or make the layer anew for it."
    raise ValueError(
        f"Input{label} of layer '{layer_name}' must have {wanted}. Received: "
        f"{structure.describe(x)}. {hint}"
    )
