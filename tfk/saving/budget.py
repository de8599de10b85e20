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
# How often layers of models in the file may be called while it is read: a
# model that calls another one twice, which calls a third one twice, and so on,
# calls the last one without end.
MAX_CALLS = 50_000
_local = threading.local()


@contextlib.contextmanager
def limited_to(num_bytes):
    """Within it, `spend` refuses to go beyond a number of bytes."""
    before = getattr(_local, "left", None)
    if before is None:
        _local.calls = 0
    _local.left = num_bytes + SLACK
    try:
        yield
    finally:
        _local.left = before


def is_limited():
    """Whether a file is being read, on this thread."""
    return getattr(_local, "left", None) is not None


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
    if is_limited() and count > MAX_COUNT:
        raise errors.UnsafeFileError(
            f"the config asks for {count:,} {what}, and a file may ask for at "
            f"most {MAX_COUNT:,}. Nothing was loaded.",
            where="config.json",
        )


def count_calls(count):
    """Refuses a config whose models call one another too often.

    Arguments:
        count: Integer: how many layers are about to be called.

    Raises:
        UnsafeFileError: If a file is being read, and there were more calls
            than can be meant.
    """
    if not is_limited():
        return
    _local.calls += count
    if _local.calls > MAX_CALLS:
        raise errors.UnsafeFileError(
            "to build the models in the config, one inside another, takes "
            f"more than {MAX_CALLS:,} calls of layers, and a file may ask for "
            "no more. Save the inner models in files of their own. Nothing "
            "was loaded.",
            where="config.json",
        )
