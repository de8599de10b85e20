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

"""Arguments and output sizes of layers that slide a window over their input."""

from tfk import config

_DATA_FORMATS = ("channels_last", "channels_first")


def normalize_tuple(value, size, argument, layer_name, allow_zero=False):
    """Returns a window argument as a tuple with one integer for each axis.

    Arguments:
        value: Integer, for all axes, or a list or tuple of integers.
        size: Integer: the number of axes.
        argument: String: the argument's name, for the message.
        layer_name: String: the layer's name, for the message.
        allow_zero: Boolean: whether 0 is accepted.

    Returns:
        A tuple of `size` integers.

    Raises:
        ValueError: For anything else.

    Example:

    >>> from tfk.utils import conv_shapes
    >>> conv_shapes.normalize_tuple(3, 2, "kernel_size", "conv")
    (3, 3)
    """
    try:
        items = tuple(value)
    except TypeError:
        items = (value,) * size
    smallest = 0 if allow_zero else 1
    try:
        whole = tuple(int(item) for item in items)
    except (TypeError, ValueError):
        whole = ()
    if len(whole) == size and whole == items and min(whole) >= smallest:
        return whole
    kind = "non-negative" if allow_zero else "positive"
    several = f" or a tuple of {size} of them" if size > 1 else ""
    raise ValueError(
        f"`{argument}` of layer '{layer_name}' must be a {kind} integer"
        f"{several}. Received: {argument}={value!r}."
    )


def normalize_pairs(value, size, argument, layer_name):
    """Returns how much to add or cut before and after each axis.

    Arguments:
        value: Integer, for all sides, or a tuple with an integer or a pair of
            integers for each axis.
        size: Integer: the number of axes.
        argument: String: the argument's name, for the message.
        layer_name: String: the layer's name, for the message.

    Returns:
        A tuple of `size` pairs of integers.

    Raises:
        ValueError: For anything else.

    Example:

    >>> from tfk.utils import conv_shapes
    >>> conv_shapes.normalize_pairs((1, (0, 2)), 2, "padding", "pad")
    ((1, 1), (0, 2))
    """
    items = value if isinstance(value, (list, tuple)) else (value,) * size
    if len(items) == size:
        try:
            return tuple(
                normalize_tuple(item, 2, argument, layer_name, allow_zero=True)
                for item in items
            )
        except ValueError:
            pass  # Told below, with the whole argument.
    raise ValueError(
        f"`{argument}` of layer '{layer_name}' must be an integer, or a tuple "
        f"with an integer or a pair of integers for each of {size} axes, none "
        f"of them negative. Received: {argument}={value!r}."
    )


def normalize_padding(value, layer_name, choices=("valid", "same")):
    """Returns a padding mode in lower case.

    Arguments:
        value: String in any case.
        layer_name: String: the layer's name, for the message.
        choices: Tuple of the modes that the layer knows.

    Raises:
        ValueError: If the mode is none of them.

    Example:

    >>> from tfk.utils import conv_shapes
    >>> conv_shapes.normalize_padding("SAME", "conv")
    'same'
    """
    padding = value.lower() if isinstance(value, str) else value
    if padding not in choices:
        raise ValueError(
            f"`padding` of layer '{layer_name}' must be one of {choices}. "
            f"Received: padding={value!r}."
        )
    return padding


def normalize_data_format(value, layer_name):
    """Returns where channels stand, `image_data_format()` by default.

    Arguments:
        value: String in any case, or None.
        layer_name: String: the layer's name, for the message.

    Raises:
        ValueError: If the value is no data format.

    Example:

    >>> from tfk.utils import conv_shapes
    >>> conv_shapes.normalize_data_format(None, "conv")
    'channels_last'
    """
    if value is None:
        return config.image_data_format()
    data_format = value.lower() if isinstance(value, str) else value
    if data_format not in _DATA_FORMATS:
        raise ValueError(
            f"`data_format` of layer '{layer_name}' must be one of "
            f"{_DATA_FORMATS}. Received: data_format={value!r}."
        )
    return data_format


def spatial_axes(data_format, ndim):
    """Returns the axes of an input that are neither batch nor channels.

    Arguments:
        data_format: `"channels_last"` or `"channels_first"`.
        ndim: Integer: how many there are.

    Example:

    >>> from tfk.utils import conv_shapes
    >>> conv_shapes.spatial_axes("channels_first", 2)
    [2, 3]
    """
    first = 1 if data_format == "channels_last" else 2
    return list(range(first, first + ndim))


def window_output_length(length, window, padding, stride, dilation=1):
    """Returns how many positions a window takes along one axis.

    Arguments:
        length: Integer: the input's size along the axis, or None.
        window: Integer: size of the kernel or pool.
        padding: `"valid"`, `"same"` or `"causal"`.
        stride: Integer: the step from one position to the next.
        dilation: Integer: the step between the window's elements.

    Returns:
        An integer, below 1 where the window does not fit; None for None.

    Example:

    >>> from tfk.utils import conv_shapes
    >>> conv_shapes.window_output_length(7, 3, "valid", 2)
    3
    """
    if length is None:
        return None
    if padding == "valid":
        length -= (window - 1) * dilation
    return -(-length // stride)


def window_output_lengths(
    lengths, window, padding, strides, layer_name, argument, dilation=None
):
    """Returns how many positions a window takes along each axis.

    Arguments:
        lengths: List of the input's sizes, None where unknown.
        window: Tuple of integers: size of the kernel or pool.
        padding: `"valid"`, `"same"` or `"causal"`.
        strides: Tuple of integers.
        layer_name: String: the layer's name, for the message.
        argument: String: the name of the window's argument, for the message.
        dilation: Tuple of integers, or None.

    Returns:
        A list of integers, None where unknown.

    Raises:
        ValueError: If the window does not fit.
    """
    dilation = dilation or (1,) * len(window)
    found = [
        window_output_length(*items)
        for items in zip(
            lengths, window, [padding] * len(window), strides, dilation
        )
    ]
    if any(length is not None and length < 1 for length in found):
        spread = f", dilation_rate={dilation}" if max(dilation) > 1 else ""
        raise ValueError(
            f"`{argument}` of layer '{layer_name}' is larger than its input. "
            f"Received: {argument}={tuple(window)}{spread}, and an input of "
            f"size {tuple(lengths)} along these axes. Choose a smaller "
            f"`{argument}`, `padding='same'`, or less downsampling before."
        )
    return found


def transposed_output_length(
    length, window, padding, stride, dilation=1, output_padding=None
):
    """Returns how long the outputs of a transposed convolution are.

    Arguments:
        length: The input's size along the axis: an integer or a scalar
            tensor, or None.
        window: Integer: size of the kernel.
        padding: `"valid"` or `"same"`.
        stride: Integer: the step from one position to the next.
        dilation: Integer: the step between the window's elements.
        output_padding: Integer: how much to add at the end, or None for the
            length that the window needs.

    Returns:
        What `length` is: an integer, a tensor, or None.

    Example:

    >>> from tfk.utils import conv_shapes
    >>> conv_shapes.transposed_output_length(3, 3, "valid", 2)
    7
    """
    if length is None:
        return None
    spread = (window - 1) * dilation + 1
    if output_padding is None:
        extra = max(spread - stride, 0) if padding == "valid" else 0
        return length * stride + extra
    cut = spread // 2 * 2 if padding == "same" else 0
    return (length - 1) * stride + spread - cut + output_padding
