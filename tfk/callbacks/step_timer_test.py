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
"""Tests for the account of where time goes."""

import time

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.callbacks import step_timer
from tfk.testing import strategies

X, Y = np.ones((16, 2), "float32"), np.ones((16, 1), "float32")


class SlowBatches(tfk.utils.Sequence):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        time.sleep(0.05)
        return X, Y


def train(data, eager=False, callbacks=(), **kwargs):
    model = tfk.Sequential([tfk.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=eager)
    timer = tfk.callbacks.StepTimer()
    model.fit(
        **data, epochs=2, verbose=0, callbacks=[timer, *callbacks], **kwargs
    )
    return timer.history


class StepTimerTest:
    @pytest.mark.parametrize("eager", [False, True])
    def test_waiting_for_input_is_told_from_steps(self, eager, capsys):
        for times in train({"x": SlowBatches()}, eager):
            assert times["input"] > 0.15
        lines = capsys.readouterr().out.splitlines()
        assert [line[:8] for line in lines] == ["Epoch 1:", "Epoch 2:"]
        assert "The input is the bottleneck: Pass a larger `workers`" in (
            lines[1]
        )

    def test_validation_and_callbacks_are_told(self):
        def wait(*args):
            time.sleep(0.1)

        validation = tf.data.Dataset.from_tensors((X, Y)).map(
            lambda x, y: (
                tf.ensure_shape(
                    tf.py_function(
                        lambda x: time.sleep(0.2) or x, [x], tf.float32
                    ),
                    (16, 2),
                ),
                y,
            )
        )
        begin = time.perf_counter()
        history = train(
            {"x": X, "y": Y},
            validation_data=validation,
            callbacks=[
                tfk.callbacks.LambdaCallback(
                    on_epoch_end=wait, on_train_batch_end=wait
                )
            ],
        )
        total = time.perf_counter() - begin
        for times in history:
            assert times["validation"] > 0.2
            # The callbacks after it take their time in the same epoch.
            assert times["callbacks"] > 0.2
            assert times["input"] < 0.2
        assert sum(map(sum, (t.values() for t in history))) <= total

    def test_replicas_wait_together(self):
        with strategies.two_replicas().scope():
            first, second = train({"x": SlowBatches()})
        assert first["input"] > 0.1 and second["input"] > 0.1

    def test_remedies_are_for_the_kind_of_data(self):
        times = {"input": 1, "steps": 1, "callbacks": 0, "validation": 0}
        for kind, word in (
            ("arrays", "batch_size"),
            ("dataset", "AUTOTUNE"),
            ("iterable", "generator"),
        ):
            assert word in step_timer.describe(0, times, kind)
        times["input"] = 0.1
        assert "bottleneck" not in step_timer.describe(0, times, "arrays")

    def test_works_in_fit_only(self):
        callbacks = tfk.callbacks.CallbackList([tfk.callbacks.StepTimer()])
        with pytest.raises(RuntimeError, match="works in `Model.fit` only"):
            callbacks.on_train_begin()
