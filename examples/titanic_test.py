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
"""Runs the main job from end to end, with few epochs."""

import numpy as np
import pytest

from examples import titanic


class TitanicTest:
    def test_the_whole_job_runs_and_learns(self, tmp_path, capfd):
        results = titanic.run(epochs=3, directory=tmp_path)
        assert results.keys() == {"linear", "wide_deep"}
        for logs in results.values():
            assert logs["accuracy"] > 0.7
            assert logs["auc"] > 0.75
        output = capfd.readouterr().out
        assert "(lifted)" in output
        assert "no tfk" in output
        assert output.count("ok: ") == 6

    def test_a_fifth_of_each_outcome_is_held_out(self):
        columns, survived = titanic.read_passengers()
        (x, y), (held_out_x, held_out_y) = titanic.hold_out(columns, survived)
        assert len(y) + len(held_out_y) == len(survived) == 891
        assert np.sum(held_out_y == 1) == np.sum(survived == 1) // 5
        assert np.sum(held_out_y == 0) == np.sum(survived == 0) // 5
        for part in (x, held_out_x):
            assert not np.isnan(part["age"]).any()
        known = columns["age"][~np.isnan(columns["age"])]
        assert set(held_out_x["age"].ravel()) <= set(known.ravel())

    def test_a_failed_check_ends_the_program_with_an_error(self, capsys):
        titanic.check(True, "as it should be")
        assert capsys.readouterr().out == "ok: as it should be\n"
        with pytest.raises(SystemExit, match="FAILED: otherwise"):
            titanic.check(False, "otherwise")
