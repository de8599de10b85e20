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
from tfk.saving import eight_bits


class EightBitsTest:
    def test_what_normalizes_is_found_up_to_products(self):
        operations = [
            ("FULLY_CONNECTED", "before", [0], [1]),
            ("ADD", "residual", [1, 0], [2]),
            ("MEAN", "mean", [2], [3]),
            ("RSQRT", "root", [3], [4]),
            ("MUL", "scaled", [2, 4], [5]),
            ("FULLY_CONNECTED", "after", [5], [6]),
            ("MUL", "other", [6], [7]),
        ]
        found = eight_bits.normalizations(operations)
        assert found == ["residual", "mean", "root", "scaled"]
        assert eight_bits.normalizations(operations[5:]) == []
