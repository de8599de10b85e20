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
"""Random settings of layers that slide a window, for hypothesis."""

from hypothesis import strategies as st


@st.composite
def windows(draw, rank, paddings=("valid", "same"), dilates=True):
    """Draws the settings of a window, and an input that it fits.

    Arguments:
        draw: Given by hypothesis.
        rank: Integer: the number of spatial axes.
        paddings: Tuple of the paddings to choose from.
        dilates: Boolean: whether there may be a dilation.

    Returns:
        The kernel size, a dict of further arguments, and the inputs' shape.
    """

    def sizes(largest):
        one = st.integers(1, largest)
        return draw(one | st.tuples(*[one] * rank))

    kernel_size, strides, dilation_rate = sizes(3), sizes(3), 1
    if dilates and draw(st.booleans()):
        strides, dilation_rate = 1, sizes(2)
    settings = {
        "strides": strides,
        "padding": draw(st.sampled_from(paddings)),
        "data_format": draw(
            st.sampled_from(["channels_last", "channels_first"])
        ),
        "use_bias": draw(st.booleans()),
        "activation": draw(st.sampled_from([None, "relu", "tanh"])),
    }
    if dilates:
        settings["dilation_rate"] = dilation_rate
    spatial = [
        draw(st.integers((k - 1) * d + 1, (k - 1) * d + 4))
        for k, d in zip(
            _as_list(kernel_size, rank), _as_list(dilation_rate, rank)
        )
    ]
    batch, channels = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    if settings["data_format"] == "channels_last":
        return kernel_size, settings, (batch, *spatial, channels)
    return kernel_size, settings, (batch, channels, *spatial)


def _as_list(value, rank):
    return value if isinstance(value, tuple) else [value] * rank
