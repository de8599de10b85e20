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
"""The linear model of one or many inputs."""

import tensorflow as tf

from tfk import activations
from tfk import initializers
from tfk import regularizers
from tfk.engine.model import Model
from tfk.layers.dense import Dense
from tfk.saving import registry
from tfk.utils import checks
from tfk.utils import structure


class LinearModel(Model):
    """A generalised linear model: `activation(sum of x_i @ kernel_i + bias)`.

    The first model to try on tables, and the wide part of `WideDeepModel`.
    Each input has a kernel of its own, so that dense columns and sparse
    encodings of many categories need not be joined. With a sigmoid it is
    logistic regression.

    Arguments:
        units: Integer: the number of outputs.
        activation: Activation function or its name. None for the plain sum.
        use_bias: Boolean: whether a bias is added.
        kernel_initializer: Initializer of each input's kernel.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the kernels.
        bias_regularizer: Regularizer of the bias.
        **kwargs: Further arguments of `tfk.Model`.

    Call arguments:
        inputs: A tensor, or a list or dict of tensors; each may be a
            `tf.SparseTensor`. Of a dict, keys that were not there when the
            model was built are passed over.

    Input shape:
        Each input `(batch_size, ..., input_dim)`. The sizes of the last axes
        may differ; the axes before them may not.

    Output shape:
        `(batch_size, ..., units)`.

    Raises:
        ValueError: If `units` is not a positive integer, or the inputs are
            not those that the model was built for.

    Example:

    >>> model = tfk.experimental.LinearModel()
    >>> model.compile("sgd", "mse")
    >>> x = {"age": np.ones((8, 1)), "city": np.eye(8)}
    >>> history = model.fit(x, np.ones((8, 1)), epochs=2, verbose=0)
    >>> [layer.name for layer in model.layers]
    ['age', 'city']
    """

    def __init__(
        self,
        units=1,
        activation=None,
        use_bias=True,
        kernel_initializer="zeros",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = checks.positive_integer("units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    def build(self, input_shape):
        """Makes a kernel for each input, and the bias."""
        if isinstance(input_shape, dict):
            self._input_keys = sorted(input_shape)
            shapes = [input_shape[key] for key in self._input_keys]
        else:
            self._input_keys = None
            is_one = structure.is_shape(input_shape)
            shapes = [input_shape] if is_one else list(input_shape)
        if not shapes or not all(map(structure.is_shape, shapes)):
            raise ValueError(
                f"Model '{self.name}' (of type LinearModel) takes a tensor, "
                "or a list or dict of tensors that is not empty and not "
                f"nested. Received: input_shape={input_shape}."
            )
        self._kernel_layers = [
            self._build_kernel_layer(name, shape)
            for name, shape in zip(
                self._input_keys or [None] * len(shapes), shapes
            )
        ]
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
            )
        self.built = True

    def _build_kernel_layer(self, name, shape):
        layer = Dense(
            self.units,
            use_bias=False,
            kernel_initializer=self.kernel_initializer,
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name=None if name is None else str(name),
        )
        layer.build(shape)
        return layer

    def call(self, inputs):
        """Computes the outputs."""
        products = [
            layer(x)
            for layer, x in zip(self._kernel_layers, self._flatten(inputs))
        ]
        outputs = tf.add_n(products) if len(products) > 1 else products[0]
        if self.bias is not None:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return self.activation(outputs)

    def _flatten(self, inputs):
        """Returns the inputs in the order of their kernels."""
        if self._input_keys is None:
            flat = inputs if isinstance(inputs, (list, tuple)) else [inputs]
            if isinstance(inputs, dict) or len(flat) != len(
                self._kernel_layers
            ):
                raise ValueError(
                    f"Model '{self.name}' was built for "
                    f"{len(self._kernel_layers)} inputs, not in a dict. "
                    f"Received: {structure.describe(inputs)}."
                )
            return flat
        missing = [
            key
            for key in self._input_keys
            if not isinstance(inputs, dict) or key not in inputs
        ]
        if missing:
            raise ValueError(
                f"Model '{self.name}' was built for a dict with the keys "
                f"{list(self._input_keys)} and misses {missing}. Received: "
                f"{structure.describe(inputs)}."
            )
        return [inputs[key] for key in self._input_keys]

    def compute_output_shape(self, input_shape):
        shapes = [input_shape]
        if isinstance(input_shape, dict):
            shapes = list(input_shape.values())
        elif not structure.is_shape(input_shape):
            shapes = list(input_shape)
        return tf.TensorShape(shapes[0])[:-1].concatenate(self.units)


registry.add_builtins("keras.experimental", {"LinearModel": LinearModel})
