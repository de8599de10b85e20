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
"""Endings of paths that no one means for a folder."""

import difflib
import os
import re

_OWN = ("keras", "h5", "hdf5")
# Formats that a model of tfk is not saved in.
_FOREIGN = frozenset(
    {
        "bin",
        "json",
        "mlmodel",
        "npy",
        "npz",
        "onnx",
        "pb",
        "pickle",
        "pkl",
        "pt",
        "pth",
        "safetensors",
        "tflite",
        "txt",
        "yaml",
        "yml",
        "zip",
    }
)
_ENDING = re.compile(r"\.([A-Za-z][A-Za-z0-9]*)$")
_LIKE = 0.7


def is_mistaken(path):
    """Whether a path, which is to be a folder's, looks like a file's.

    Arguments:
        path: String.

    Example:

    >>> [is_mistaken(path) for path in ("a.kears", "a.txt", "a.v2")]
    [True, True, False]
    """
    ending = _ENDING.search(os.path.basename(path))
    if ending is None or ending[1] in _OWN:
        return False
    ending = ending[1].lower()
    return ending in _FOREIGN or bool(
        difflib.get_close_matches(ending, _OWN, n=1, cutoff=_LIKE)
    )
