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
"""Tests for the evaluation of checkpoints beside a training."""

import threading
import time

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.distribute import sidecar_evaluator

X = np.arange(8.0).reshape(8, 1)


def make_model():
    model = tfk.Sequential([tfk.Input((1,)), tfk.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


class Recorder(tfk.callbacks.Callback):
    def __init__(self):
        self.losses = []

    def on_test_end(self, logs=None):
        self.losses.append(logs["loss"])


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(sidecar_evaluator, "_SECONDS_BETWEEN_LOOKS", 0.01)


class SidecarEvaluatorTest:
    @pytest.mark.parametrize("kind", ["checkpoints", "files"])
    def test_evaluates_each_new_checkpoint(self, kind, tmp_path):
        recorder = Recorder()
        evaluator = tfk.utils.SidecarEvaluator(
            make_model(), (X, X), tmp_path, None, 2, [recorder]
        )
        thread = threading.Thread(target=evaluator.start)
        thread.start()
        model = make_model()
        manager = tf.train.CheckpointManager(
            tf.train.Checkpoint(model=model, optimizer=model.optimizer),
            str(tmp_path),
            max_to_keep=1,
        )
        expected = []
        for number in (1, 2):
            model.set_weights([np.full((1, 1), number), np.zeros(1)])
            if kind == "files":
                model.save_weights(tmp_path / f"{number}.weights.h5")
            else:
                manager.save(checkpoint_number=number)
            expected.append(model.evaluate(X, X, verbose=0))
            deadline = time.monotonic() + 60
            while len(recorder.losses) < number:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        thread.join(60)
        assert not thread.is_alive()
        np.testing.assert_allclose(recorder.losses, expected)

    def test_broken_files_are_passed_over(self, tmp_path):
        (tmp_path / "1.weights.h5").write_bytes(b"half")
        evaluator = tfk.utils.SidecarEvaluator(make_model(), (X, X), tmp_path)
        newest = sidecar_evaluator.newest_checkpoint(str(tmp_path))
        with pytest.warns(UserWarning, match="tried again"):
            assert not evaluator._load(newest[0])
        assert sidecar_evaluator.newest_checkpoint(str(tmp_path / "no")) is None


class SidecarEvaluatorModelExportTest:
    def test_the_best_model_is_exported(self, tmp_path):
        template = str(tmp_path / "ckpt" / "{epoch:02d}-{batch}.weights.h5")
        export = tfk.callbacks.SidecarEvaluatorModelExport(
            str(tmp_path / "best-{epoch}-{batch}.keras"), template
        )
        model = make_model()
        (tmp_path / "ckpt").mkdir()
        for number, weight in ((7, 3.0), (8, 1.0), (9, 2.0)):
            model.set_weights([np.full((1, 1), weight), np.zeros(1)])
            model.save_weights(template.format(epoch=number, batch=number + 1))
            # Times of files are coarse on some systems.
            time.sleep(0.02)
            model.evaluate(X, X, verbose=0, callbacks=[export])
        best = sorted(path.name for path in tmp_path.glob("*.keras"))
        assert best == ["best-7-8.keras", "best-8-9.keras"]
