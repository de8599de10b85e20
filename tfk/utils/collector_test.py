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
"""Tests of `collector`."""

import gc

import pytest

from tfk.utils import collector


class PausedTest:

    @pytest.mark.parametrize("enabled", [True, False])
    def test_all_is_as_before_at_the_end(self, enabled):
        before = gc.isenabled()
        (gc.enable if enabled else gc.disable)()
        try:
            with pytest.raises(KeyError):
                with collector.paused():
                    assert not gc.isenabled()
                    with collector.paused():
                        pass
                    assert not gc.isenabled()
                    raise KeyError
            assert gc.isenabled() == enabled
        finally:
            (gc.enable if before else gc.disable)()
