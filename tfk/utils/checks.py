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
"""Checks of constructor arguments that several layers share."""

import os
import pathlib
import re

# Names of drives are one letter.
_TORN_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/[^/]")


def path(name, value):
    """Returns the path in an argument as a string.

    Arguments:
        name: String: the argument's name, for the message.
        value: The argument: a string or a path object.

    Raises:
        ValueError: If it was the address of a storage service before
            `pathlib` took a slash out of it: a folder of this machine would be
            written to.
    """
    found = os.fspath(value)
    if isinstance(value, pathlib.PurePath) and _TORN_ADDRESS.match(found):
        raise ValueError(
            f"`{name}` is a path object, and these can't hold the addresses of "
            f"storage services. Received: {name}={value!r}. Pass a string with "
            "both slashes, such as 'gs://bucket/folder'."
        )
    return found


def positive_integer(name, value, layer_name=None):
    """Returns an argument as an integer above 0.

    Whole numbers of any type are taken, as old code computes sizes with `/`.

    Arguments:
        name: String: the argument's name, for the message.
        value: The argument.
        layer_name: String: the layer's name, for the message, if it has one.

    Raises:
        ValueError: If it is not a whole number above 0.

    Example:

    >>> from tfk.utils import checks
    >>> checks.positive_integer("units", 64.0)
    64
    """
    try:
        is_whole = not isinstance(value, (str, bool)) and int(value) == value
    except (TypeError, ValueError, OverflowError):
        is_whole = False
    if not is_whole or value < 1:
        raise ValueError(
            f"`{name}`{_of(layer_name)} must be a positive integer. Received: "
            f"{name}={value!r}."
        )
    return int(value)


def share(name, value, layer_name=None):
    """Returns an argument that says how many of some values it is about.

    Arguments:
        name: String: the argument's name, for the message.
        value: The argument.
        layer_name: String: the layer's name, for the message, if it has one.

    Raises:
        ValueError: If it is not a number from 0 to 1.

    Example:

    >>> from tfk.utils import checks
    >>> checks.share("rate", 0.5)
    0.5
    """
    is_number = isinstance(value, (int, float)) or hasattr(value, "__float__")
    if not is_number or not 0 <= float(value) <= 1:
        raise ValueError(
            f"`{name}`{_of(layer_name)} must be a number from 0 to 1. "
            f"Received: {name}={value!r}."
        )
    return value


def _of(layer_name):
    return "" if layer_name is None else f" of layer '{layer_name}'"
