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
"""Tests for the base class of callbacks."""

from tfk import callbacks


class CallbackTest:
    def test_only_overridden_batch_hooks_ask_for_every_batch(self):
        class Epochs(callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                pass

        class Batches(callbacks.Callback):
            def on_batch_end(self, batch, logs=None):
                pass

        class Tests(callbacks.Callback):
            def on_test_batch_begin(self, batch, logs=None):
                pass

        def modes(callback):
            every = ("train", "test", "predict")
            return [m for m in every if callback.wants_every_batch(m)]

        assert modes(callbacks.Callback()) == []
        assert modes(Epochs()) == []
        assert modes(Batches()) == ["train"]
        assert modes(Tests()) == ["test"]
        assert modes(callbacks.TerminateOnNaN()) == ["train"]
        assert modes(callbacks.ProgbarLogger()) == []
        assert modes(callbacks.ModelCheckpoint("a")) == []
        assert modes(callbacks.ModelCheckpoint("a", save_freq=2)) == ["train"]
        assert modes(callbacks.TensorBoard()) == []
        assert modes(callbacks.TensorBoard(update_freq=2)) == ["train"]
        assert modes(callbacks.TensorBoard(profile_batch=2)) == ["train"]
        patched = callbacks.Callback()
        patched.on_predict_batch_end = lambda batch, logs: None
        assert modes(patched) == ["predict"]

    def test_train_hooks_call_the_older_names(self):
        class Older(callbacks.Callback):
            calls = []

            def on_batch_begin(self, batch, logs=None):
                self.calls.append(("begin", batch, logs))

            def on_batch_end(self, batch, logs=None):
                self.calls.append(("end", batch, logs))

        callback = Older()
        callback.on_train_batch_begin(1)
        callback.on_train_batch_end(1, {"loss": 1.0})
        assert callback.calls == [("begin", 1, None), ("end", 1, {"loss": 1.0})]

    def test_subclasses_need_not_call_the_constructor(self):
        class Careless(callbacks.Callback):
            def __init__(self, factor):
                self.factor = factor

        callback = Careless(2)
        assert callback.model is None and callback.params is None
        assert callback.get_state() == {}
        callback.set_params({"epochs": 1})
        assert callback.params == {"epochs": 1}
