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
"""Time and memory of this process."""

import gc
import os
import pathlib
import statistics
import time

_NUM_BLOCKS = 10
_WARM_UP_CALLS = 10


def seconds_of(function):
    """Returns the seconds that one call of a function takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def seconds_per_call(function, seconds, warm_up_calls=_WARM_UP_CALLS):
    """Returns the median time of a call that is short.

    The calls are timed in blocks, as work that some calls leave to others
    (garbage, threads that end) is part of the price.

    Arguments:
        function: Function without arguments.
        seconds: Float: how long to repeat the call, about.
        warm_up_calls: Integer: calls before that; at least 1.
    """
    for _ in range(warm_up_calls - 1):
        function()
    estimate = seconds_of(function)
    calls = max(1, round(seconds / _NUM_BLOCKS / estimate))

    def block():
        for _ in range(calls):
            function()

    return statistics.median(
        seconds_of(block) / calls for _ in range(_NUM_BLOCKS)
    )


def median_seconds(function, repeats=3):
    """Returns the median time of a call that is long, after a first one."""
    function()
    return statistics.median(seconds_of(function) for _ in range(repeats))


def resident_megabytes():
    """Returns the memory that this process holds, as Linux tells it."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def megabytes_gained(function, calls, warm_up_calls):
    """Returns the memory that this process gains by calling a function.

    Arguments:
        function: Function without arguments.
        calls: Integer: how often to call it.
        warm_up_calls: Integer: calls before that, which fill caches.
    """
    for _ in range(warm_up_calls):
        function()
    before = _megabytes_in_use()
    for _ in range(calls):
        function()
    return _megabytes_in_use() - before


def _megabytes_in_use():
    # Cycles that Python would free sooner or later are no growth.
    gc.collect()
    return resident_megabytes()
