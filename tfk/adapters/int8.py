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
"""Weights in 8 bits, for predictions.

Only weights are quantised, to whole numbers from -127 to 127 times a scale for
each output channel; layers compute in floats as before. The weight is
multiplied out at each call, so what is saved is memory, not time.

Reference: [Jacob et al., 2017](https://arxiv.org/abs/1712.05877).
"""

import tensorflow as tf

from tfk.engine import weight_view

_LARGEST = 127


def quantize(layer, mode="int8", only=None):
    """Keeps the large weights of a layer, or of a model, in 8 bits.

    It takes hold of the kernels of `Dense`, `EinsumDense` (those inside of
    `MultiHeadAttention` too) and of convolutions, but for depthwise ones, and
    of the table of `Embedding`. The weights take a quarter of the memory, in
    files and SavedModels too, and are not trained any more: `fit` raises,
    unless the layer's `trainable` is False or LoRA was enabled for it.

    Arguments:
        layer: A model or layer that is built.
        mode: String: `"int8"`, which is the only one.
        only: Function of a layer that says whether to quantise it. By default
            all are whose weights can be.

    Raises:
        ValueError: If the mode is not known, a layer is not built or is
            quantised already, or there is none to quantise.

    Example:

    >>> model = tfk.Sequential([tfk.Input((64,)), tfk.layers.Dense(8)])
    >>> x = np.random.normal(size=(4, 64)).astype("float32")
    >>> before = model.predict(x, verbose=0)
    >>> tfk.adapters.int8.quantize(model)
    >>> bool(np.abs(model.predict(x, verbose=0) - before).max() < 0.05)
    True
    """
    layer.quantize(mode, only)


def to_int8(values, axes):
    """Finds whole numbers and scales whose product is near to given values.

    Arguments:
        values: Tensor of floats.
        axes: List of integers: the axes along which one scale serves all.

    Returns:
        An int8 tensor of the shape of `values`, and the scales, whose size is
        1 along `axes`.

    Example:

    >>> values, scale = tfk.adapters.int8.to_int8(
    ...     tf.constant([[1.0, -10.0], [0.5, 20.0]]), axes=[0]
    ... )
    >>> values.numpy()
    array([[127, -64],
           [ 64, 127]], dtype=int8)
    >>> (scale * 127.0).numpy()
    array([[ 1., 20.]], dtype=float32)
    """
    values = tf.convert_to_tensor(values)
    scale = tf.reduce_max(tf.abs(values), axes, keepdims=True) / _LARGEST
    numbers = tf.round(tf.math.divide_no_nan(values, scale))
    # Where the scale is too small for its dtype, the quotient is too large.
    numbers = tf.clip_by_value(numbers, -_LARGEST, _LARGEST)
    return tf.cast(numbers, tf.int8), scale


class Int8Weight(weight_view.WeightView):
    """A weight that is kept in 8 bits and read in floats.

    Arguments:
        values: int8 variable.
        scale: Variable of floats, or a view of one, with size 1 along `axes`.
        axes: List of integers: the axes along which one scale serves all.
    """

    def __init__(self, values, scale, axes):
        self.values = values
        self.scale = scale
        self.axes = axes

    def parts(self):
        return {"{}": self.values, "{}_scale": self.scale}

    @property
    def dtype(self):
        """The dtype in which the weight is read."""
        return self.scale.dtype

    def value(self):
        """The weight as a tensor of floats."""
        scale = tf.convert_to_tensor(self.scale)
        return tf.cast(self.values, scale.dtype) * scale

    def sparse_read(self, indices, name=None):
        """Reads some rows, without computing the others."""
        scale = tf.convert_to_tensor(self.scale)
        if scale.shape[0] != 1:
            scale = tf.gather(scale, indices)
        rows = tf.cast(tf.gather(self.values, indices), scale.dtype)
        return tf.multiply(rows, scale, name=name)

    def assign(self, value):
        """Quantises other values.

        Arguments:
            value: Tensor of floats of the weight's shape.
        """
        values, scale = to_int8(value, self.axes)
        self.values.assign(values)
        self.scale.assign(scale)


def make(add_weight, name, shape, initial_value, axes):
    """Makes an `Int8Weight`.

    Arguments:
        add_weight: Function with the arguments of `Layer.add_weight`.
        name: String: the name of the weight.
        shape: Tuple of integers.
        initial_value: Function without arguments that returns floats.
        axes: List of integers: the axes along which one scale serves all.

    Returns:
        An `Int8Weight`.
    """
    axes = [axis % len(shape) for axis in axes]
    kept = []

    def initial_values(shape, dtype=None):
        del shape, dtype
        kept[:] = to_int8(initial_value(), axes)
        return kept[0]

    values = add_weight(
        name,
        shape=shape,
        dtype="int8",
        initializer=initial_values,
        trainable=False,
    )
    scale = add_weight(
        f"{name}_scale",
        shape=[1 if i in axes else size for i, size in enumerate(shape)],
        initializer=lambda shape, dtype=None: tf.cast(kept[1], dtype),
        trainable=False,
    )
    return Int8Weight(values, scale, axes)
