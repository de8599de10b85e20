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
"""Tests for the learning rate of each epoch."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import callbacks


class LearningRateSchedulerTest:
    @pytest.mark.parametrize(
        "schedule",
        [
            lambda epoch: 0.1 / (epoch + 1),
            lambda epoch, rate: rate / 2,
            lambda epoch, rate=None: float(rate) if epoch else 0.25,
            lambda epoch: np.float32(0.125),
            lambda epoch, lr: tf.constant(0.125),
        ],
    )
    def test_rates_equal_those_of_tf_keras(self, train, schedule):
        epochs = [{"loss": 1.0}] * 3
        ours = train(callbacks.LearningRateScheduler(schedule), epochs)
        theirs = train(
            tf_keras.callbacks.LearningRateScheduler(schedule), epochs
        )
        np.testing.assert_allclose(
            np.array(ours, "float64"), np.array(theirs, "float64"), 1e-6
        )

    def test_errors_of_the_schedule_are_shown(self, train):
        def broken(epoch):
            return len(epoch)

        with pytest.raises(TypeError, match="has no len"):
            train(callbacks.LearningRateScheduler(broken), [{}])

    def test_bad_rates_and_models_are_refused(self, train, make_model):
        for rate in ("fast", None, True):
            callback = callbacks.LearningRateScheduler(lambda epoch: rate)
            with pytest.raises(ValueError, match=f"Received: {rate!r} of type"):
                train(callback, [{}])
        callback = callbacks.LearningRateScheduler(lambda epoch: 1.0)
        with pytest.raises(ValueError, match="follows a schedule"):
            train(callback, [{}], make_model(lambda step: 0.5))
        model = make_model()
        model.optimizer = None
        with pytest.raises(ValueError, match="Compile the model first"):
            train(callback, [{}], model)
        with pytest.raises(TypeError, match="Received: schedule=0.5"):
            callbacks.LearningRateScheduler(0.5)

    def test_prints_the_rate(self, train, capsys):
        callback = callbacks.LearningRateScheduler(lambda epoch: 0.5, 1)
        train(callback, [{}])
        assert capsys.readouterr().out == (
            "Epoch 1: LearningRateScheduler sets the learning rate to 0.5.\n"
        )
