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
"""Follows what a training sends to a service."""

import json

import numpy as np
import pytest

import tfk as keras
from examples import experiment_tracking


class FakeRun:
    """Remembers what it is sent, files as they are at that moment."""

    def __init__(self):
        self.config = None
        self.metrics = []
        self.outputs_of_files = []

    def log_config(self, config):
        assert not self.metrics
        self.config = config

    def log_metrics(self, values, step):
        self.metrics.append((step, values))

    def log_file(self, path):
        model = keras.models.load_model(path)
        x = np.array([[0.0, 0.0], [1.0, 0.0]], "float32")
        self.outputs_of_files.append(model.predict(x, verbose=0))


class ExperimentTrackerTest:
    @pytest.mark.parametrize("background", [False, True])
    def test_config_values_and_the_best_model_are_sent(
        self, tmp_path, background
    ):
        run = FakeRun()
        model = experiment_tracking.train(run, 3, tmp_path, background)
        assert run.config["optimizer/name"] == "Adam"
        assert run.config["epochs"] == 3 and run.config["steps"] == 50
        assert run.config["weights"] == model.count_params()
        assert run.config["data"] == "ring"
        epochs = [(s, v) for s, v in run.metrics if "epoch" in v]
        assert [step for step, _ in epochs] == [50, 100, 150]
        for index, (_, values) in enumerate(epochs):
            assert values["epoch"] == index
            for name, history in model.history.history.items():
                assert values[f"epoch/{name}"] == history[index]
        batches = [(s, v) for s, v in run.metrics if "epoch" not in v]
        assert all(
            set(v) == {"batch/loss", "batch/accuracy"} for _, v in batches
        )
        assert all(b[0] - a[0] >= 20 for a, b in zip(batches, batches[1:]))
        # The last file that was sent is the best model.
        best = keras.models.load_model(tmp_path / "best.keras")
        x = np.array([[0.0, 0.0], [1.0, 0.0]], "float32")
        np.testing.assert_allclose(
            run.outputs_of_files[-1], best.predict(x, verbose=0), rtol=1e-6
        )

    def test_a_folder_serves_without_an_account(self, tmp_path):
        run = experiment_tracking.FolderRun(tmp_path / "run")
        experiment_tracking.train(run, 1, tmp_path)
        lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
        assert json.loads(lines[-1])["step"] == 50
        config = json.loads((tmp_path / "run" / "config.json").read_text())
        assert config["optimizer/name"] == "Adam"
        keras.models.load_model(tmp_path / "run" / "best.keras")
