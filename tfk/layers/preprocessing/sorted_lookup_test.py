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
import numpy as np
import pytest
import tensorflow as tf

from tfk.layers.preprocessing import sorted_lookup


class SortedLookupTest:
    @pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 9])
    def test_finds_what_a_table_would(self, count):
        keys = np.random.default_rng(count).permutation(20)[:count] - 5
        found = np.arange(count) + 100
        values = np.arange(-8, 18).reshape(2, 13)
        result = sorted_lookup.look_up(tf.constant(values), keys, found, -1)
        table = dict(zip(keys.tolist(), found.tolist()))
        expected = [[table.get(x, -1) for x in row] for row in values.tolist()]
        assert result.numpy().tolist() == expected
