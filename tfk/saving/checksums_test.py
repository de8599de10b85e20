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
"""Tests of checksums that are put together."""

import io
import zlib

import numpy as np
import pytest

from tfk.saving import checksums


class ChecksumsTest:
    @pytest.mark.parametrize("length", [0, 1, 2, 31, 4096, 1_000_003])
    def test_sums_are_joined(self, length):
        first, second = b"some bytes", bytes(range(256)) * 4000
        second = second[:length]
        found = checksums.joined(zlib.crc32(first), zlib.crc32(second), length)
        assert found == zlib.crc32(first + second)

    def test_what_is_known_is_not_read(self):
        data = np.random.default_rng(0).bytes(100_000)
        sums = checksums.Checksums()
        for start, end in ((50_000, 60_000), (60_000, 70_000), (10, 5000)):
            sums.add(start, data[start:end])
        hidden = data[:10] + bytes(4990) + data[5000:50_000] + bytes(20_000)
        file = io.BytesIO(hidden + data[70_000:])
        assert sums.whole(file, 0, len(data)) == zlib.crc32(data)
        assert sums.whole(file, 5, len(data)) == zlib.crc32(data[5:])

    def test_what_is_forgotten_is_read(self):
        data = np.random.default_rng(1).bytes(5000)
        for start, end in ((0, 1000), (1500, 1600), (1999, 2000), (900, 3000)):
            sums = checksums.Checksums()
            sums.add(1000, bytes(1000))
            sums.add(3000, data[3000:4000])
            sums.forget(start, end)
            is_gone = end > 1000
            found = sums.whole(io.BytesIO(data), 0, len(data))
            assert (found == zlib.crc32(data)) == is_gone

    def test_files_that_end_early_are_told(self):
        with pytest.raises(EOFError):
            checksums.Checksums().whole(io.BytesIO(b"abc"), 0, 4)
