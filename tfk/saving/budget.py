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
"""How much memory and work a model from a file may take.

A config of a few bytes can ask for gigabytes. While a model is built from a
file, each weight is paid for out of what the file really holds, and so is what
layers and metrics keep beside their weights.
"""

import contextlib
import threading

from tfk.saving import errors

# What layers may keep that is in no file.
SLACK = 64 * 2**20
# What is made in Python one by one: steps of an unrolled loop, parts of a
# split. No model that anyone has drawn has more, and each takes a millisecond.
MAX_COUNT = 10_000
_local = threading.local()


@contextlib.contextmanager
def limited_to(num_bytes):
    """Within it, `spend` refuses to go beyond a number of bytes."""
    before = getattr(_local, "left", None)
    _local.left = num_bytes + SLACK
    try:
        yield
    finally:
        _local.left = before


def spend(num_bytes, name, kind="a weight"):
    """Pays for a weight, or another array, that is about to be made.

    Arguments:
        num_bytes: Integer: its size.
        name: String: its name, for the message.
        kind: String: what it is, for the message.

    Raises:
        UnsafeFileError: If the file that is being read holds less.
    """
    left = getattr(_local, "left", None)
    if left is None:
        return
    if num_bytes > left:
        raise errors.UnsafeFileError(
            f"the config asks for {kind} '{name}' of {num_bytes:,} bytes, "
            "more than the file holds weights for. Nothing was loaded.",
            where="config.json",
        )
    _local.left = left - num_bytes


def check_count(count, what):
    """Refuses a config that asks for too many of what is made one by one.

    Arguments:
        count: Integer.
        what: String: what it counts, for the message.

    Raises:
        UnsafeFileError: If a file is being read, and there are more of them
            than can be meant.
    """
    if getattr(_local, "left", None) is not None and count > MAX_COUNT:
        raise errors.UnsafeFileError(
            f"the config asks for {count:,} {what}, and a file may ask for at "
            f"most {MAX_COUNT:,}. Nothing was loaded.",
            where="config.json",
        )
