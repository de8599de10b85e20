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
"""Tests for BaseLogger, LambdaCallback and TerminateOnNaN."""

import numpy as np
import pytest
import tf_keras

from tfk import callbacks


class BaseLoggerTest:
    def test_means_equal_those_of_tf_keras(self):
        generator = np.random.default_rng(0)
        batches = [
            {"loss": float(a), "acc": float(b), "batch": i, "size": i + 1}
            for i, (a, b) in enumerate(generator.random((4, 2)))
        ]
        results = []
        for module in (callbacks, tf_keras.callbacks):
            logger = module.BaseLogger(stateful_metrics=["acc"])
            logger.set_params({"metrics": ["loss", "acc", "absent"]})
            for epoch in range(2):
                logger.on_epoch_begin(epoch)
                for batch, logs in enumerate(batches[epoch:]):
                    logger.on_batch_end(batch, dict(logs))
                logs = {}
                logger.on_epoch_end(epoch, logs)
                results.append(logs)
        assert results[:2] == results[2:]

    def test_batches_without_size_weigh_the_same(self):
        logger = callbacks.BaseLogger()
        logger.on_epoch_begin(0)
        logger.on_batch_end(0, {"loss": 1.0})
        logger.on_batch_end(1, {"loss": 2.0})
        logs = {}
        logger.on_epoch_end(0, logs)
        assert logs == {"loss": 1.5}


class LambdaCallbackTest:
    def test_functions_become_hooks(self):
        calls = []
        callback = callbacks.LambdaCallback(
            on_train_begin=lambda logs: calls.append("begin"),
            on_batch_end=lambda batch, logs: calls.append(batch),
            on_test_end=lambda logs: calls.append(logs["loss"]),
        )
        assert callback.wants_every_batch("train")
        assert not callback.wants_every_batch("test")
        callback_list = callbacks.CallbackList([callback])
        callback_list.on_train_begin()
        callback_list.on_train_batch_end(2)
        callback_list.on_test_end({"loss": 0.5})
        callback_list.on_train_end()
        assert calls == ["begin", 2, 0.5]
        batches = callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs: calls.append(batch)
        )
        batches.on_train_batch_begin(7, None)
        assert calls.pop() == 7
        epochs = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
        assert not epochs.wants_every_batch("train")

    def test_unknown_hooks_are_refused(self):
        with pytest.raises(TypeError, match="Use one of: on_epoch_end"):
            callbacks.LambdaCallback(on_epoch_ends=print)


class TerminateOnNaNTest:
    @pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.nan])
    def test_stops_at_the_first_bad_loss(self, make_model, capsys, bad):
        model = make_model()
        callback_list = callbacks.CallbackList(
            [callbacks.TerminateOnNaN()], model=model
        )
        callback_list.on_train_batch_end(0, {"loss": 1.0})
        callback_list.on_train_batch_end(1, {"acc": bad})
        assert not model.stop_training
        callback_list.on_train_batch_end(2, {"loss": bad})
        assert model.stop_training
        assert capsys.readouterr().out == (
            f"Batch 2: the loss is {bad}, training stops.\n"
        )

    def test_raises_where_the_job_shall_fail(self, make_model):
        callback = callbacks.TerminateOnNaN(raise_error=True)
        callback.set_model(make_model())
        with pytest.raises(RuntimeError, match="batch 2 .*Received: loss=inf"):
            callback.on_train_batch_end(2, {"loss": float("inf")})
        assert not callback.model.stop_training
