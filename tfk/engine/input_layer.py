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
"""Where a functional model begins."""

import tensorflow as tf

from tfk import config
from tfk.engine import symbolic
from tfk.engine.layer import Layer
from tfk.saving import registry
from tfk.utils import naming


class InputLayer(Layer):
    """Stands for an input of a model.

    Prefer `tfk.Input`, which makes one and gives its symbolic tensor.

    Arguments:
        input_shape: Tuple: the shape without the batch axis.
        batch_size: Integer, or None for any.
        dtype: Dtype of the input. Defaults to the default float type.
        input_tensor: Symbolic tensor to take the shape and dtype of.
        sparse: Boolean: whether the input is a `tf.SparseTensor`.
        name: String.
        ragged: Boolean: whether the input is a `tf.RaggedTensor`.
        type_spec: `tf.TypeSpec`, in place of shape and dtype.
        optional: Boolean: whether None is accepted.
        shape: Tuple: another name of `input_shape`.
        batch_shape: Tuple: the shape with the batch axis.
        **kwargs: `batch_input_shape`: another name of `batch_shape`.
    """

    def __init__(
        self,
        input_shape=None,
        batch_size=None,
        dtype=None,
        input_tensor=None,
        sparse=None,
        name=None,
        ragged=None,
        type_spec=None,
        optional=False,
        shape=None,
        batch_shape=None,
        **kwargs,
    ):
        if sparse and ragged:
            raise ValueError(
                "An input can't be sparse and ragged at once. Received: "
                "sparse=True, ragged=True."
            )
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        input_shape = shape if input_shape is None else input_shape
        if input_tensor is not None and type_spec is None:
            type_spec = getattr(input_tensor, "type_spec", None)
            type_spec = type_spec or tf.type_spec_from_value(input_tensor)
        if type_spec is None:
            if batch_shape is None and input_shape is not None:
                batch_shape = (batch_size, *_as_tuple(input_shape))
            dtype = tf.as_dtype(dtype or config.floatx())
            type_spec = _make_spec(batch_shape, dtype, sparse, ragged)
        kwargs.pop("trainable", None)
        super().__init__(
            name=name or f"input_{naming.next_number('input')}",
            dtype=type_spec.dtype.name,
            **kwargs,
        )
        shape = type_spec.shape  # With the axis of the batch.
        self.type_spec = type_spec
        self.sparse = isinstance(type_spec, tf.SparseTensorSpec)
        self.ragged = isinstance(type_spec, tf.RaggedTensorSpec)
        self.optional = optional
        self.batch_size = shape[0] if shape.rank else None
        self._batch_input_shape = (
            None if shape.rank is None else tuple(shape.as_list())
        )
        self.built = True
        node = symbolic.Node(self, (), {})
        node.set_outputs(symbolic.KerasTensor(type_spec, name=self.name))

    @property
    def input_shape(self):
        """A list of the one shape, as tf.keras programs expect it here."""
        return [self._batch_input_shape]

    @property
    def output_shape(self):
        """A list of the one shape, as tf.keras programs expect it here."""
        return [self._batch_input_shape]

    def call(self, inputs):
        """Returns the inputs."""
        return inputs

    def get_config(self):
        return {
            "batch_input_shape": self._batch_input_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }

    def get_build_config(self):
        return None


def _as_tuple(shape):
    if isinstance(shape, int):
        return (shape,)
    if isinstance(shape, (list, tuple, tf.TensorShape)):
        return tuple(tf.TensorShape(shape))
    raise TypeError(
        "The `shape` of an input must be a tuple of integers and None. "
        f"Received: shape={shape!r}."
    )


def _make_spec(batch_shape, dtype, sparse, ragged):
    shape = tf.TensorShape(batch_shape)
    if sparse:
        return tf.SparseTensorSpec(shape, dtype)
    if ragged:
        if shape.rank is None:
            raise ValueError(
                "A ragged input needs a shape, with None for ragged axes. "
                "Received: shape=None."
            )
        ragged_axes = [i for i in range(1, shape.rank) if shape[i] is None]
        ragged_rank = max(ragged_axes, default=1 if shape.rank > 1 else 0)
        return tf.RaggedTensorSpec(shape, dtype, ragged_rank=ragged_rank)
    return tf.TensorSpec(shape, dtype)


def Input(
    shape=None,
    batch_size=None,
    name=None,
    dtype=None,
    sparse=None,
    tensor=None,
    ragged=None,
    type_spec=None,
    optional=False,
    **kwargs,
):
    """Makes the symbolic tensor that a functional model begins with.

    Arguments:
        shape: Tuple: the shape of one example, without the batch axis; None
            stands for any size.
        batch_size: Integer, or None for any.
        name: String: the name under which the model takes this input.
        dtype: Dtype. Defaults to the default float type.
        sparse: Boolean: whether the input is a `tf.SparseTensor`.
        tensor: Tensor or symbolic tensor to take shape and dtype of.
        ragged: Boolean: whether the input is a `tf.RaggedTensor`.
        type_spec: `tf.TypeSpec`, in place of shape and dtype.
        optional: Boolean: whether None is accepted.
        **kwargs: `batch_shape`: the shape with the batch axis.

    Returns:
        A symbolic tensor.

    Example:

    >>> x = tfk.Input(shape=(3,), name="features")
    >>> y = tfk.layers.Dense(1)(x)
    >>> tfk.Model(x, y).output_shape
    (None, 1)
    """
    batch_shape = kwargs.pop("batch_shape", None)
    batch_shape = kwargs.pop("batch_input_shape", batch_shape)
    if kwargs:
        raise TypeError(f"`Input` does not take {sorted(kwargs)}.")
    if shape is None and batch_shape is None:
        if tensor is None and type_spec is None:
            raise ValueError(
                "`Input` needs a `shape`: the shape of one example, without "
                "the batch axis. Received: shape=None."
            )
    layer = InputLayer(
        input_shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        input_tensor=tensor,
        sparse=sparse,
        name=name,
        ragged=ragged,
        type_spec=type_spec,
        optional=optional,
        batch_input_shape=batch_shape,
    )
    return layer.inbound_nodes[0].outputs


registry.add_builtins("keras.layers", {"InputLayer": InputLayer})
