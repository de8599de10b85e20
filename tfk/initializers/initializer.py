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
"""The base classes of initializers."""

import typing

import tensorflow as tf

from tfk import config as tfk_config
from tfk.saving import configurable

# What TensorFlow's stateless samplers make; other types are cast from these.
SAMPLED_DTYPES = (
    tf.float16,
    tf.bfloat16,
    tf.float32,
    tf.float64,
    tf.int32,
    tf.int64,
)


class Initializer(configurable.Configurable):
    """What all initializers are: a callable from a shape to a tensor.

    Derive from it to write your own. Keep constructor arguments under their
    own names, and the initializer can be saved.

    Example:

    >>> class Alternating(tfk.initializers.Initializer):
    ...     def __init__(self, step=1.0):
    ...         self.step = step
    ...     def __call__(self, shape, dtype=None, **kwargs):
    ...         size = tf.reduce_prod(shape)
    ...         values = self.step * tf.cast(tf.range(size) % 2, dtype)
    ...         return tf.reshape(values, shape)
    >>> Alternating(0.5)((1, 4), dtype="float32").numpy()
    array([[0. , 0.5, 0. , 0.5]], dtype=float32)
    """

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns the first value of a weight.

        Arguments:
            shape: Shape of the weight.
            dtype: Type of the weight. Defaults to `backend.floatx()`.
            **kwargs: `partition_shape` and `partition_offset` for a part of a
                weight that is split over devices, `layout` for a DTensor.
        """
        raise NotImplementedError(
            f"The initializer `{type(self).__name__}` must define "
            "`__call__(self, shape, dtype=None, **kwargs)`."
        )

    @classmethod
    def from_config(cls, config):
        """Makes an initializer from the output of `get_config`.

        Arguments:
            config: Dict of constructor arguments.
        """
        # Configs of Keras before version 2.4 hold a dtype.
        if "dtype" not in configurable.constructor_parameters(cls):
            config = {k: v for k, v in config.items() if k != "dtype"}
        return super().from_config(config)


class Block(typing.NamedTuple):
    """Which values to make: those of a whole weight, or of a part of one."""

    shape: tuple
    whole_shape: tuple
    offset: tuple = None


class BuiltInInitializer(Initializer):
    """Handles the call's arguments; `_values` makes the tensor."""

    _makes_parts = True

    def __call__(self, shape, dtype=None, **kwargs):
        layout = kwargs.pop("layout", None)
        block = self._block(shape, **kwargs)
        dtype = tf.as_dtype(dtype or tfk_config.floatx())
        self._check_dtype(dtype)
        values = self._values(block, dtype)
        return values if layout is None else _laid_out(values, layout)

    def _block(
        self, shape, partition_shape=None, partition_offset=None, **unknown
    ):
        if unknown:
            raise TypeError(
                f"`{type(self).__name__}` takes the keyword arguments "
                "`partition_shape`, `partition_offset` and `layout`. "
                f"Received: {', '.join(unknown)}."
            )
        whole_shape = _as_shape(shape)
        if partition_shape is None and partition_offset is None:
            return Block(whole_shape, whole_shape)
        if not self._makes_parts:
            raise ValueError(
                f"`{type(self).__name__}` can't make a part of a weight on "
                "its own. Received: partition_shape="
                f"{partition_shape}, partition_offset={partition_offset}. Use "
                "another initializer for a weight that is split over devices."
            )
        part_shape = shape if partition_shape is None else partition_shape
        return Block(_as_shape(part_shape), whole_shape, partition_offset)

    def _check_dtype(self, dtype):
        if not dtype.is_floating:
            raise ValueError(
                f"`{type(self).__name__}` makes floating point values. "
                f"Received: dtype={dtype.name!r}. Use `Zeros`, `Ones` or "
                "`Constant` for other types."
            )

    def _values(self, block, dtype):
        raise NotImplementedError


def _as_shape(shape):
    """Returns a shape as a tuple, or as a tensor if only a graph knows it."""
    if isinstance(shape, (list, tuple)) and any(map(tf.is_tensor, shape)):
        shape = tf.stack(shape)
    if tf.is_tensor(shape):
        static = tf.get_static_value(shape)
        return shape if static is None else tuple(static.tolist())
    dims = tf.TensorShape(shape)
    if not dims.is_fully_defined():
        raise ValueError(
            "A weight needs a shape without unknown sizes. Received: "
            f"shape={shape}."
        )
    return tuple(dims.as_list())


def _laid_out(values, layout):
    """Spreads a weight over a mesh.

    The values are made first, so that they do not depend on the layout:
    sampled in shards, a seed gives other values than sampled as a whole.
    """
    dtensor = tf.experimental.dtensor
    whole = dtensor.Layout.replicated(layout.mesh, rank=values.shape.rank)
    return dtensor.relayout(dtensor.copy_to_mesh(values, whole), layout)


def static_shape(initializer, shape):
    """Returns a shape that an initializer has to know.

    Arguments:
        initializer: The initializer, for the message.
        shape: Tuple, or tensor if only a graph knows it.

    Raises:
        ValueError: If it is a tensor.
    """
    if tf.is_tensor(shape):
        raise ValueError(
            f"`{type(initializer).__name__}` depends on the sizes of the "
            "weight, which must be known when the graph is made. Received: "
            f"shape={shape}."
        )
    return shape


def sampled_dtype(dtype):
    """Returns the type to compute in for a weight.

    Arguments:
        dtype: `tf.DType` of the weight.
    """
    if dtype in SAMPLED_DTYPES:
        return dtype
    return tf.int32 if dtype.is_integer else tf.float32
