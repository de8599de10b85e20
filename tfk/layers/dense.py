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
"""The densely connected layer."""

import tensorflow as tf

from tfk import activations
from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.adapters.adaptable import Adaptable
from tfk.engine import weight_view
from tfk.engine.input_spec import InputSpec
from tfk.saving import registry
from tfk.utils import checks


class Dense(Adaptable):
    """Connects every input with every output: `activation(x @ kernel + bias)`.

    The workhorse of multilayer perceptrons, and the head of most classifiers.
    It acts on the last axis, so that of a sequence it treats each time step
    alike. Ragged and sparse inputs are taken as they are.

    Arguments:
        units: Integer: the number of outputs.
        activation: Activation function or its name. None for a linear layer.
        use_bias: Boolean: whether a bias is added.
        kernel_initializer: Initializer of the weight matrix `kernel`.
        bias_initializer: Initializer of the vector `bias`.
        kernel_regularizer: Regularizer of the kernel.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the outputs.
        kernel_constraint: Constraint on the kernel.
        bias_constraint: Constraint on the bias.
        lora_rank: Integer: to adapt the kernel by LoRA of this rank; see
            `enable_lora`.
        lora_alpha: Number: what LoRA adds is multiplied by
            `lora_alpha / lora_rank`. Defaults to `lora_rank`.

    Input shape:
        `(batch_size, ..., input_dim)`, dense, ragged or sparse. The size of
        the last axis must be known.

    Output shape:
        `(batch_size, ..., units)`; ragged if the input is, else dense.

    Raises:
        ValueError: If `units` is not a positive integer, or the size of the
            last axis is unknown.

    Example:

    >>> layer = tfk.layers.Dense(4, activation="relu")
    >>> layer(tf.ones((2, 3))).shape
    TensorShape([2, 4])
    >>> [w.shape for w in layer.weights]
    [TensorShape([3, 4]), TensorShape([4])]
    """

    _shape_says_all = True
    supports_masking = True

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        **kwargs,
    ):
        super().__init__(
            activity_regularizer=activity_regularizer,
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            **kwargs,
        )
        self.units = checks.positive_integer("units", units, self.name)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape):
        """Makes the kernel and the bias."""
        input_dim = self._input_dim(input_shape)
        self.input_spec = InputSpec(min_ndim=2, axes={-1: input_dim})
        self.kernel = self.add_weight(
            "kernel",
            shape=(input_dim, self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    def call(self, inputs):
        """Computes the outputs."""
        if inputs.dtype != self.compute_dtype:
            inputs = tf.cast(inputs, self.compute_dtype)
        if isinstance(inputs, tf.RaggedTensor):
            return self._of_ragged(inputs)
        if isinstance(inputs, tf.SparseTensor):
            outputs = affine_of_sparse(inputs, self.kernel, self.bias)
        else:
            outputs = affine(inputs, self.kernel, self.bias)
        return self.activation(outputs)

    def _of_ragged(self, inputs):
        """Treats the vectors of all rows at once, and splits them again."""
        splits = inputs.nested_row_splits
        if len(splits) == inputs.shape.rank - 1:
            splits = splits[:-1]
        vectors = inputs.flat_values
        if vectors.shape.rank == 1:
            vectors = tf.reshape(vectors, [-1, self.kernel.shape[0]])
        vectors = self.activation(affine(vectors, self.kernel, self.bias))
        if not splits:
            return vectors
        return tf.RaggedTensor.from_nested_row_splits(
            vectors, splits, validate=False
        )

    def compute_output_shape(self, input_shape):
        if not self.built:
            self._input_dim(input_shape)
        return tf.TensorShape(input_shape)[:-1].concatenate(self.units)

    def _input_dim(self, input_shape):
        input_shape = tf.TensorShape(input_shape)
        if not input_shape.rank or input_shape[-1] is None:
            raise ValueError(
                f"Layer '{self.name}' (of type Dense) needs inputs whose last "
                "axis has a known size, as its kernel has that many rows. "
                f"Received: input_shape={input_shape}."
            )
        return input_shape[-1]


def affine(x, kernel, bias=None):
    """Returns `x @ kernel + bias` over the last axis of `x`.

    Arguments:
        x: Tensor of shape `(..., n)`.
        kernel: Matrix of shape `(n, m)`.
        bias: Vector of length `m`, or None.

    Returns:
        Tensor of shape `(..., m)`.
    """
    if x.shape.rank == 2:
        return _affine_of_matrix(x, kernel, bias)
    # One matrix product: a product per example has a slow gradient.
    rows = tf.reshape(x, [-1, kernel.shape[0]])
    outputs = _affine_of_matrix(rows, kernel, bias)
    return _with_leading_axes(outputs, x, kernel.shape[1])


def _affine_of_matrix(x, kernel, bias):
    outputs = weight_view.matmul(x, kernel)
    return outputs if bias is None else tf.nn.bias_add(outputs, bias)


def affine_of_sparse(x, kernel, bias=None):
    """Returns `x @ kernel + bias` for a sparse tensor.

    The gradient is sparse too: only rows of the kernel that were used are
    touched, so that a million features cost no more than those at hand.

    Arguments:
        x: `tf.SparseTensor` of shape `(..., n)`.
        kernel: Matrix of shape `(n, m)`.
        bias: Vector of length `m`, or None.

    Returns:
        Dense tensor of shape `(..., m)`.
    """
    rows = x
    if x.shape.rank != 2:
        rows = tf.sparse.reshape(x, [-1, kernel.shape[0]])
    used = tf.gather(kernel, rows.indices[:, 1])
    outputs = tf.math.unsorted_segment_sum(
        used * rows.values[:, tf.newaxis],
        rows.indices[:, 0],
        rows.dense_shape[0],
    )
    if bias is not None:
        outputs = tf.nn.bias_add(outputs, bias)
    return _with_leading_axes(outputs, x, kernel.shape[1])


def _with_leading_axes(rows, x, size):
    """Lays rows out along all axes of `x` but the last."""
    static = x.shape[:-1]
    if static.rank is not None:
        shape = [-1 if n is None else n for n in static] + [size]
        if shape.count(-1) <= 1 and 0 not in shape:
            return tf.reshape(rows, shape)
    sparse = isinstance(x, tf.SparseTensor)
    shape = tf.cast(x.dense_shape, tf.int32) if sparse else tf.shape(x)
    outputs = tf.reshape(rows, tf.concat([shape[:-1], [size]], 0))
    outputs.set_shape(static.concatenate(size))
    return outputs


registry.add_builtins("keras.layers", {"Dense": Dense})
