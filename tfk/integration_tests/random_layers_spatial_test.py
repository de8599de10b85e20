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
"""Layers over space, with random settings, do what those of tf_keras do."""

import hypothesis
from hypothesis import strategies as st

from tfk.testing import random_layers
from tfk.testing import window_settings
from tfk.testing.random_layers import numbers

LAYOUTS = st.sampled_from(["channels_last", "channels_first"])
REGULARIZERS = st.sampled_from([None, None, "l2"])


def shape_of(draw, spatial, data_format, largest=4):
    """Draws a batch size and a number of channels around spatial sizes."""
    batch = draw(st.integers(1, 3))
    channels = draw(st.integers(1, largest))
    if data_format == "channels_last":
        return (batch, *spatial, channels)
    return (batch, channels, *spatial)


@st.composite
def convolutions(draw):
    rank = draw(st.integers(1, 3))
    kind = draw(
        st.sampled_from(
            {
                1: ["Conv", "Transpose", "Separable", "Depthwise", "Local"],
                2: ["Conv", "Transpose", "Separable", "Depthwise", "Local"],
                3: ["Conv", "Transpose"],
            }[rank]
        )
    )
    can_be_causal = rank == 1 and kind in ("Conv", "Separable")
    paddings = (
        ("valid", "same", "causal")
        if can_be_causal
        else (
            "valid",
            "same",
        )
    )
    # tf_keras has no kernel for transposed ones with a dilation in 3D on CPU.
    dilates = kind != "Local" and (kind, rank) != ("Transpose", 3)
    kernel_size, settings, shape = draw(
        window_settings.windows(rank, paddings, dilates)
    )
    arguments = {"kernel_size": kernel_size, **settings}
    more = {
        "Conv": _of_convolution,
        "Transpose": _of_transposed,
        "Separable": lambda *_: {
            "filters": draw(st.integers(1, 3)),
            "depth_multiplier": draw(st.integers(1, 2)),
        },
        "Depthwise": lambda *_: {
            "depth_multiplier": draw(st.integers(1, 2)),
            "depthwise_regularizer": draw(REGULARIZERS),
        },
        "Local": _of_local,
    }[kind](draw, rank, arguments, shape)
    name = {
        "Transpose": f"Conv{rank}DTranspose",
        "Local": f"LocallyConnected{rank}D",
        "Conv": f"Conv{rank}D",
    }.get(kind, f"{kind}Conv{rank}D")
    return name, {**arguments, **more}, shape, draw(random_layers.SEEDS)


def _of_convolution(draw, rank, arguments, shape):
    is_last = arguments["data_format"] == "channels_last"
    channels = shape[-1 if is_last else 1]
    # tf_keras has no kernel for groups in 3D on CPU.
    counts = [n for n in (1, 2, 3, 4) if channels % n == 0]
    groups = draw(st.sampled_from(counts)) if rank < 3 else 1
    return {
        "filters": groups * draw(st.integers(1, 3)),
        "groups": groups,
        "kernel_regularizer": draw(REGULARIZERS),
        "activity_regularizer": draw(REGULARIZERS),
    }


def _of_transposed(draw, rank, arguments, shape):
    more = {"filters": draw(st.integers(1, 3))}
    if draw(st.booleans()):
        arguments.pop("dilation_rate", None)
        more["strides"] = draw(st.integers(2, 3))
        # With 0, windows of even sizes can't have padding on both sides alike.
        least = 0 if arguments["padding"] == "valid" else 1
        more["output_padding"] = draw(st.integers(least, more["strides"] - 1))
    return more


def _of_local(draw, rank, arguments, shape):
    implementation = draw(st.integers(1, 3))
    if implementation == 1:
        arguments["padding"] = "valid"  # The only one that tf_keras takes.
    return {
        "filters": draw(st.integers(1, 3)),
        "implementation": implementation,
        "kernel_regularizer": draw(REGULARIZERS),
    }


@st.composite
def poolings(draw):
    rank = draw(st.integers(1, 3))
    kind = draw(st.sampled_from(["Max", "Average"]))
    arguments = {"data_format": draw(LAYOUTS)}
    if draw(st.integers(0, 3)) == 0:
        arguments["keepdims"] = draw(st.booleans())
        sizes = [draw(st.integers(1, 4)) for _ in range(rank)]
        name = f"Global{kind}Pooling{rank}D"
    else:
        one = st.integers(1, 3)
        window = [draw(one) for _ in range(rank)]
        is_square = draw(st.booleans())
        sizes = [draw(st.integers(n, 6)) for n in window]
        if is_square:
            sizes = [max(n, window[0]) for n in sizes]
        arguments.update(
            pool_size=window[0] if is_square else tuple(window),
            strides=draw(st.none() | one | st.tuples(*[one] * rank)),
            padding=draw(st.sampled_from(["valid", "same"])),
        )
        name = f"{kind}Pooling{rank}D"
    shape = shape_of(draw, sizes, arguments["data_format"])
    return name, arguments, shape, draw(random_layers.SEEDS)


@st.composite
def resizings(draw):
    rank = draw(st.integers(1, 3))
    kind = draw(st.sampled_from(["Cropping", "ZeroPadding", "UpSampling"]))
    arguments = {}
    if rank > 1:
        arguments["data_format"] = draw(LAYOUTS)
    edges = st.tuples(st.integers(0, 2), st.integers(0, 2))
    if kind == "UpSampling":
        sizes = [draw(st.integers(1, 4)) for _ in range(rank)]
        one = st.integers(1, 3)
        size = one if rank == 1 else one | st.tuples(*[one] * rank)
        arguments["size"] = draw(size)
        if rank == 2:
            arguments["interpolation"] = draw(
                st.sampled_from(
                    # "area" has no gradient.
                    "nearest bilinear bicubic lanczos3 lanczos5 gaussian "
                    "mitchellcubic".split()
                )
            )
    else:
        amount = draw(
            st.integers(0, 2)
            | (edges if rank == 1 else st.tuples(*[edges] * rank))
            | (edges if rank == 1 else st.tuples(*[st.integers(0, 2)] * rank))
        )
        word = "cropping" if kind == "Cropping" else "padding"
        arguments[word] = amount
        sizes = [draw(st.integers(5, 7)) for _ in range(rank)]
    data_format = arguments.get("data_format", "channels_last")
    shape = shape_of(draw, sizes, data_format)
    return f"{kind}{rank}D", arguments, shape, draw(random_layers.SEEDS)


class RandomSpatialLayersTest:
    @hypothesis.given(convolutions())
    def test_convolutions(self, drawn):
        name, arguments, shape, seed = drawn
        check = random_layers.assert_same_in_any_layout
        if name.startswith("Local"):
            # Their weights depend on the layout.
            check = random_layers.assert_same
        inputs = numbers(shape, seed)
        check(name, arguments, inputs, seed, tolerance=2e-5)

    @hypothesis.given(poolings())
    def test_pooling(self, drawn):
        name, arguments, shape, seed = drawn
        check = random_layers.assert_same_in_any_layout
        if name.startswith("Global"):
            # tf_keras has them for both layouts, on any device.
            check = random_layers.assert_same
        check(name, arguments, numbers(shape, seed), seed)

    @hypothesis.given(resizings())
    def test_padding_cropping_and_up_sampling(self, drawn):
        name, arguments, shape, seed = drawn
        random_layers.assert_same(name, arguments, numbers(shape, seed), seed)
