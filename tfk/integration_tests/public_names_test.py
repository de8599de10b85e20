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
"""The public surface changes only on purpose."""

from tfk.testing import public_names


class PublicNamesTest:
    def test_public_names_are_those_of_the_golden_list(self):
        golden = public_names.GOLDEN_FILE.read_text().split()
        names = public_names.public_names()
        added = sorted(set(names) - set(golden))
        removed = sorted(set(golden) - set(names))
        assert not added and not removed, (
            f"Public names were added ({added}) or removed ({removed}). If "
            "that is wanted, run `python -m tfk.testing.public_names`."
        )
