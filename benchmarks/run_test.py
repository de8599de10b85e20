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
"""Tests that the benchmarks run and count right."""

import json

from benchmarks import catalog
from benchmarks import report
from benchmarks import run


class RunTest:
    def test_quick_run_prints_a_table_and_writes_json(self, tmp_path, capsys):
        path = tmp_path / "figures.json"
        status = run.main(["--quick", "--only", "import", "--json", str(path)])
        output = capsys.readouterr()
        assert status == 0, output.err
        assert "| `import` beyond TensorFlow's, s | - |" in output.out
        figures = json.loads(path.read_text())["figures"]
        assert list(figures) == ["import_time"]
        values = figures["import_time"]["values"]
        assert sorted(values) == ["tf_keras", "tfk"]
        assert all(0 < x < 60 for (x,) in values.values())

    def test_failed_measurement_is_shown_and_counted(self, capfd):
        figure = catalog.Figure("absent", "nothing", "s", ("tfk",))
        result = run.measure(figure, rounds=1, quick=True)
        assert result.has_failures()
        assert "no such figure. Received: 'absent'" in capfd.readouterr().err


class ReportTest:
    def test_ratio_is_taken_within_a_round(self):
        (figure,) = catalog.select(["fit"])
        values = {
            "tfk": [10.0, 100.0, None],
            "tf_keras": [20.0, 300.0, 7.0],
            "by_hand": [10.0, 50.0, 5.0],
        }
        result = report.Result(figure, values)
        assert result.ratios("tfk", "by_hand") == [1.0, 2.0]
        assert not result.is_reached(figure.goals[0])
        table = report.to_markdown([result])
        row = "| by hand | 1.5x (1 to 2) | 2x (1.4 to 6) | - | 1.1x | NO |"
        assert row in table

    def test_faster_peer_is_the_one_of_the_lesser_median(self):
        peer_goal = catalog.Goal(1.02, against=catalog.FASTER_PEER)
        old_goal = catalog.Goal(0.5, against="tf_keras")
        figure = catalog.Figure(
            "x", "x", "ms", tuple(catalog.MODULES), (peer_goal, old_goal)
        )
        values = {
            "tfk": [1.0, 2.0, 3.0],
            "tf_keras": [4.0, 1.0, 9.0],
            "keras3": [1.0, 2.0, 2.0],
        }
        result = report.Result(figure, values)
        assert result.faster_peer() == "keras3"
        assert result.ratios("tfk", catalog.FASTER_PEER) == [1.0, 1.0, 1.5]
        assert [result.is_reached(goal) for goal in figure.goals] == [True] * 2
        table = report.to_markdown([result])
        assert "| the faster peer | 1x (1 to 1.5) | 4x (" in table
        assert "| Keras 3 | 1x (1 to 1.5) | 4x (0.5 to 4.5) | - |" in table

    def test_spread_is_a_share_of_the_median(self):
        (figure,) = catalog.select(["import"])
        values = {"tfk": [9.0, 10.0, 12.0], "tf_keras": [5.0]}
        table = report.to_markdown([report.Result(figure, values)])
        assert "| `import` beyond TensorFlow's | 30% | - | - |" in table
