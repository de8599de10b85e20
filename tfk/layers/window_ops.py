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

"""Convolution and pooling as functions, on every device and in both layouts.

TensorFlow's CPU kernels know one layout only (channels last), and not all of
them can be trained with groups or dilations. The functions here find a way
around where there is no accelerator, and are single ops elsewhere.
"""

import tensorflow as tf

from tfk.utils import device_support
from tfk.utils import portable_graph
from tfk.utils import structure

_LAYOUTS = {
    ("channels_last", 2): "NHWC",
    ("channels_first", 2): "NCHW",
    ("channels_last", 3): "NDHWC",
    ("channels_first", 3): "NCDHW",
}


def require_dense(inputs, layer_name, advice):
    """Raises if the inputs are ragged or sparse.

    Arguments:
        inputs: A tensor.
        layer_name: String: the layer's name, for the message.
        advice: String: what takes such inputs, for the message.

    Raises:
        TypeError: Naming the layer and what to do.
    """
    if isinstance(inputs, (tf.RaggedTensor, tf.SparseTensor)):
        convert = (
            "`inputs.to_tensor()`"
            if isinstance(inputs, tf.RaggedTensor)
            else "`tf.sparse.to_dense(inputs)`"
        )
        raise TypeError(
            f"Layer '{layer_name}' takes dense tensors only. Received: "
            f"inputs={structure.describe(inputs)}. Convert them with "
            f"{convert}, or use {advice}."
        )


def convolve(inputs, kernel, strides, padding, data_format, dilation_rate):
    """Slides a kernel over the spatial axes of a tensor.

    Arguments:
        inputs: Tensor of shape `(batch..., spatial..., channels)`, or with the
            channels before the spatial axes.
        kernel: Tensor of shape `(window..., channels / groups, filters)`.
        strides: Tuple with one integer for each of 1, 2 or 3 spatial axes.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"` or `"channels_first"`.
        dilation_rate: Tuple with one integer for each spatial axis.

    Returns:
        A tensor with the layout of the inputs.
    """
    ndim = len(strides)
    if data_format == "channels_first" and not device_support.has_accelerator():
        outputs = convolve(
            _move_channels_last(inputs, ndim),
            kernel,
            strides,
            padding,
            "channels_last",
            dilation_rate,
        )
        return _move_channels_first(outputs, ndim)
    if inputs.shape.rank > ndim + 2:
        flat, shape = _merge_batch_axes(inputs, ndim)
        outputs = convolve(
            flat, kernel, strides, padding, data_format, dilation_rate
        )
        return _split_batch_axes(outputs, shape)
    if ndim == 1:
        axis = 1 if data_format == "channels_last" else 2
        outputs = convolve(
            tf.expand_dims(inputs, axis),
            tf.expand_dims(kernel, 0),
            (1, *strides),
            padding,
            data_format,
            (1, *dilation_rate),
        )
        return tf.squeeze(outputs, [axis])
    return _convolve(
        inputs, kernel, strides, padding, data_format, dilation_rate
    )


def _convolve(inputs, kernel, strides, padding, data_format, dilation_rate):
    """Runs a 2D or 3D convolution, in parts where no kernel does it whole."""
    ndim = len(strides)
    is_dilated = max(dilation_rate) > 1
    channel_axis = ndim + 1 if data_format == "channels_last" else 1
    is_grouped = inputs.shape[channel_axis] != kernel.shape[ndim]
    if is_grouped and not _has_kernel_for(inputs, ndim):
        groups = inputs.shape[channel_axis] // kernel.shape[ndim]
        pairs = zip(
            tf.split(inputs, groups, channel_axis),
            tf.split(tf.convert_to_tensor(kernel), groups, -1),
        )
        parts = [
            _convolve(x, k, strides, padding, data_format, dilation_rate)
            for x, k in pairs
        ]
        return tf.concat(parts, channel_axis)
    layout = _LAYOUTS[data_format, ndim]
    if is_dilated and not _has_kernel_for(inputs, ndim):
        return tf.nn.convolution(
            inputs,
            kernel,
            strides,
            padding.upper(),
            data_format=layout,
            dilations=dilation_rate,
        )
    # The raw ops take two thirds of the time of `tf.nn.conv2d` in eager mode.
    operation = tf.raw_ops.Conv2D if ndim == 2 else tf.raw_ops.Conv3D
    return operation(
        input=inputs,
        filter=kernel,
        strides=_per_axis(strides, data_format),
        padding=padding.upper(),
        data_format=layout,
        dilations=_per_axis(dilation_rate, data_format),
    )


def _has_kernel_for(inputs, ndim):
    """Whether one op does groups and dilations, with gradients."""
    if ndim == 3:
        return device_support.has_accelerator()
    return device_support.has_full_convolutions(inputs.dtype)


def convolve_transposed(
    inputs,
    kernel,
    output_lengths,
    strides,
    padding,
    data_format,
    dilation_rate,
):
    """Runs a convolution backwards: each value spreads over a window.

    It is the gradient of `convolve` with respect to its inputs, where the
    inputs here are the outputs there.

    Arguments:
        inputs: Tensor of shape `(batch, spatial..., channels)`, or with the
            channels before the spatial axes.
        kernel: Tensor of shape `(window..., filters, channels)`.
        output_lengths: The spatial sizes of the outputs: an integer or a
            scalar tensor for each axis.
        strides: Tuple with one integer for each of 1, 2 or 3 spatial axes.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"` or `"channels_first"`.
        dilation_rate: Tuple with one integer for each spatial axis.

    Returns:
        A tensor with the layout of the inputs.
    """
    ndim = len(strides)
    if data_format == "channels_first" and not device_support.has_accelerator():
        outputs = convolve_transposed(
            _move_channels_last(inputs, ndim),
            kernel,
            output_lengths,
            strides,
            padding,
            "channels_last",
            dilation_rate,
        )
        return _move_channels_first(outputs, ndim)
    if ndim == 1:
        axis = 1 if data_format == "channels_last" else 2
        outputs = convolve_transposed(
            tf.expand_dims(inputs, axis),
            tf.expand_dims(kernel, 0),
            [1, *output_lengths],
            (1, *strides),
            padding,
            data_format,
            (1, *dilation_rate),
        )
        return tf.squeeze(outputs, [axis])
    if max(dilation_rate) > 1 and not _has_kernel_for(inputs, ndim):
        kernel = _spread(kernel, dilation_rate)
        dilation_rate = (1,) * ndim
    operation = (
        tf.raw_ops.Conv2DBackpropInput
        if ndim == 2
        else tf.raw_ops.Conv3DBackpropInputV2
    )
    filters = kernel.shape[ndim]
    inner = (
        [*output_lengths, filters]
        if data_format == "channels_last"
        else [filters, *output_lengths]
    )
    batch = inputs.shape[0]
    outputs = operation(
        input_sizes=[tf.shape(inputs)[0] if batch is None else batch, *inner],
        filter=kernel,
        out_backprop=inputs,
        strides=_per_axis(strides, data_format),
        padding=padding.upper(),
        data_format=_LAYOUTS[data_format, ndim],
        dilations=_per_axis(dilation_rate, data_format),
    )
    outputs.set_shape(
        [batch, *(x if isinstance(x, int) else None for x in inner)]
    )
    return outputs


def _spread(kernel, dilation_rate):
    """Puts zeros between the elements of a window."""
    for axis, rate in enumerate(dilation_rate):
        if rate == 1:
            continue
        shape = kernel.shape.as_list()
        size = (shape[axis] - 1) * rate + 1
        kernel = tf.expand_dims(kernel, axis + 1)
        pads = [[0, 0]] * kernel.shape.rank
        pads[axis + 1] = [0, rate - 1]
        shape[axis] *= rate
        kernel = tf.reshape(tf.pad(kernel, pads), shape)
        kernel = tf.split(kernel, [size, shape[axis] - size], axis)[0]
    return kernel


def depthwise_convolve(
    inputs, kernel, strides, padding, data_format, dilation_rate
):
    """Slides kernels over the spatial axes, some for each channel by itself.

    Arguments:
        inputs: Tensor of shape `(batch, spatial..., channels)`, or with the
            channels before the spatial axes.
        kernel: Tensor of shape `(window..., channels, multiplier)`.
        strides: Tuple with one integer for each of 1 or 2 spatial axes.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"` or `"channels_first"`.
        dilation_rate: Tuple with one integer for each spatial axis.

    Returns:
        A tensor with the layout of the inputs, of `channels * multiplier`
        channels.
    """
    ndim = len(strides)
    if data_format == "channels_first" and not device_support.has_accelerator():
        outputs = depthwise_convolve(
            _move_channels_last(inputs, ndim),
            kernel,
            strides,
            padding,
            "channels_last",
            dilation_rate,
        )
        return _move_channels_first(outputs, ndim)
    if ndim == 1:
        axis = 1 if data_format == "channels_last" else 2
        outputs = depthwise_convolve(
            tf.expand_dims(inputs, axis),
            tf.expand_dims(kernel, 0),
            # Not all kernels take different strides.
            strides * 2,
            padding,
            data_format,
            (1, *dilation_rate),
        )
        return tf.squeeze(outputs, [axis])
    if max(dilation_rate) > 1:
        return tf.nn.depthwise_conv2d(
            inputs,
            kernel,
            _per_axis(strides, data_format),
            padding.upper(),
            data_format=_LAYOUTS[data_format, ndim],
            dilations=dilation_rate,
        )
    return tf.raw_ops.DepthwiseConv2dNative(
        input=inputs,
        filter=kernel,
        strides=_per_axis(strides, data_format),
        padding=padding.upper(),
        data_format=_LAYOUTS[data_format, ndim],
    )


def separable_convolve(
    inputs,
    depthwise_kernel,
    pointwise_kernel,
    strides,
    padding,
    data_format,
    dilation_rate,
):
    """Convolves each channel by itself, then mixes them at each position.

    Arguments:
        inputs: Tensor of shape `(batch, spatial..., channels)`, or with the
            channels before the spatial axes.
        depthwise_kernel: Tensor of shape `(window..., channels, multiplier)`.
        pointwise_kernel: Tensor of shape `(1..., channels * multiplier,
            filters)`.
        strides: Tuple with one integer for each of 1 or 2 spatial axes.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"` or `"channels_first"`.
        dilation_rate: Tuple with one integer for each spatial axis.

    Returns:
        A tensor with the layout of the inputs, of `filters` channels.
    """
    ndim = len(strides)
    if data_format == "channels_first" and not device_support.has_accelerator():
        outputs = separable_convolve(
            _move_channels_last(inputs, ndim),
            depthwise_kernel,
            pointwise_kernel,
            strides,
            padding,
            "channels_last",
            dilation_rate,
        )
        return _move_channels_first(outputs, ndim)
    outputs = depthwise_convolve(
        inputs, depthwise_kernel, strides, padding, data_format, dilation_rate
    )
    ones = (1,) * ndim
    return convolve(outputs, pointwise_kernel, ones, "valid", data_format, ones)


def max_pool(inputs, pool_size, strides, padding, data_format):
    """Takes the largest value of each window.

    Arguments:
        inputs: Tensor of shape `(batch, spatial..., channels)`, or with the
            channels before the spatial axes.
        pool_size: Tuple with one integer for each of 1, 2 or 3 spatial axes.
        strides: Tuple with one integer for each spatial axis.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        A tensor with the layout of the inputs.
    """
    return _pool(_max_pool, inputs, pool_size, strides, padding, data_format)


def average_pool(inputs, pool_size, strides, padding, data_format):
    """Takes the mean of each window; what `"same"` adds does not count.

    Arguments:
        inputs: Tensor of shape `(batch, spatial..., channels)`, or with the
            channels before the spatial axes.
        pool_size: Tuple with one integer for each of 1, 2 or 3 spatial axes.
        strides: Tuple with one integer for each spatial axis.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        A tensor with the layout of the inputs.
    """
    return _pool(
        _average_pool, inputs, pool_size, strides, padding, data_format
    )


def _pool(operation, inputs, pool_size, strides, padding, data_format):
    ndim = len(pool_size)
    if data_format == "channels_first" and not device_support.has_accelerator():
        outputs = _pool(
            operation,
            _move_channels_last(inputs, ndim),
            pool_size,
            strides,
            padding,
            "channels_last",
        )
        return _move_channels_first(outputs, ndim)
    if ndim == 1:
        axis = 1 if data_format == "channels_last" else 2
        outputs = _pool(
            operation,
            tf.expand_dims(inputs, axis),
            (1, *pool_size),
            (1, *strides),
            padding,
            data_format,
        )
        return tf.squeeze(outputs, [axis])
    if ndim == 3 and not portable_graph.pools_volumes():
        return _pool_volumes(operation, inputs, pool_size, strides, padding)
    return operation(
        inputs,
        ndim,
        ksize=_per_axis(pool_size, data_format),
        strides=_per_axis(strides, data_format),
        padding=padding.upper(),
        data_format=_LAYOUTS[data_format, ndim],
    )


def _pool_volumes(operation, inputs, pool_size, strides, padding):
    """Pools the slices of volumes, then along their depth.

    The windows of a depth all count as many values, so that a mean of their
    means is the mean of all.
    """
    flat, shape = _merge_batch_axes(inputs, 2)
    flat = _pool(
        operation, flat, pool_size[1:], strides[1:], padding, "channels_last"
    )
    outputs = _split_batch_axes(flat, shape)
    # Rows and columns become one axis, of which no window takes two.
    before = tf.shape(outputs)
    flat = tf.reshape(outputs, [before[0], before[1], -1, before[4]])
    flat.set_shape([*outputs.shape[:2], None, outputs.shape[4]])
    flat = _pool(
        operation,
        flat,
        (pool_size[0], 1),
        (strides[0], 1),
        padding,
        "channels_last",
    )
    after = [before[0], tf.shape(flat)[1], before[2], before[3], before[4]]
    volumes = tf.reshape(flat, after)
    volumes.set_shape([outputs.shape[0], flat.shape[1], *outputs.shape[2:]])
    return volumes


def _max_pool(inputs, ndim, **arguments):
    if ndim == 2:
        return tf.raw_ops.MaxPool(input=inputs, **arguments)
    return tf.raw_ops.MaxPool3D(input=inputs, **arguments)


def _average_pool(inputs, ndim, **arguments):
    if ndim == 2:
        return tf.raw_ops.AvgPool(value=inputs, **arguments)
    return tf.raw_ops.AvgPool3D(input=inputs, **arguments)


def _per_axis(values, data_format):
    """Adds the batch and channel axes to a setting of the spatial ones."""
    if data_format == "channels_last":
        return [1, *values, 1]
    return [1, 1, *values]


def _move_channels_last(inputs, ndim):
    rank = inputs.shape.rank
    axes = list(range(rank))
    axes.append(axes.pop(rank - 1 - ndim))
    return tf.transpose(inputs, axes)


def _move_channels_first(inputs, ndim):
    rank = inputs.shape.rank
    axes = list(range(rank))
    axes.insert(rank - 1 - ndim, axes.pop())
    return tf.transpose(inputs, axes)


def _merge_batch_axes(inputs, ndim):
    """Returns the inputs with one batch axis, and the shape of those merged."""
    shape = tf.shape(inputs)
    count = inputs.shape.rank - ndim - 1
    flat_shape = tf.concat([[-1], shape[count:]], 0)
    flat = tf.reshape(inputs, flat_shape)
    flat.set_shape([None, *inputs.shape[count:]])
    return flat, (shape[:count], inputs.shape[:count])


def _split_batch_axes(outputs, merged):
    shape, static_shape = merged
    inner = outputs.shape[1:]
    outputs = tf.reshape(outputs, tf.concat([shape, tf.shape(outputs)[1:]], 0))
    outputs.set_shape(static_shape.concatenate(inner))
    return outputs
