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
"""Process-wide numeric defaults: float type, fuzz factor, image layout."""

_FLOAT_TYPES = ("bfloat16", "float16", "float32", "float64")
_DATA_FORMATS = ("channels_first", "channels_last")

_state = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
}


def floatx():
    """Returns the default float type, as a string.

    Example:

    >>> tfk.backend.floatx()
    'float32'
    """
    return _state["floatx"]


def set_floatx(value):
    """Sets the default float type of new layers and converted arrays.

    Arguments:
        value: String: `"bfloat16"`, `"float16"`, `"float32"` or `"float64"`.

    Raises:
        ValueError: For any other value.
    """
    if value not in _FLOAT_TYPES:
        raise ValueError(
            f"`floatx` must be one of {_FLOAT_TYPES}. Received: "
            f"value={value!r}."
        )
    _state["floatx"] = value


def epsilon():
    """Returns the small number that keeps divisions and logarithms finite.

    Example:

    >>> tfk.backend.epsilon()
    1e-07
    """
    return _state["epsilon"]


def set_epsilon(value):
    """Sets the small number that keeps divisions and logarithms finite.

    Arguments:
        value: Positive float.
    """
    _state["epsilon"] = float(value)


def image_data_format():
    """Returns the default layout of images.

    Example:

    >>> tfk.backend.image_data_format()
    'channels_last'
    """
    return _state["image_data_format"]


def set_image_data_format(data_format):
    """Sets the default layout of images.

    Arguments:
        data_format: `"channels_first"` or `"channels_last"`.

    Raises:
        ValueError: For any other value.
    """
    if data_format not in _DATA_FORMATS:
        raise ValueError(
            f"`data_format` must be one of {_DATA_FORMATS}. Received: "
            f"data_format={data_format!r}."
        )
    _state["image_data_format"] = data_format
