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
"""Tests for the list of the callbacks of a run."""

import pytest
import tensorflow as tf
import tf_keras

from tfk import callbacks

POSITIONED = [
    "on_epoch_begin",
    "on_epoch_end",
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_predict_batch_begin",
    "on_predict_batch_end",
]
OTHERS = [
    f"on_{mode}_{end}"
    for mode in ("train", "test", "predict")
    for end in ("begin", "end")
]


def recorder(base):
    """A callback that overrides every hook and records the calls."""

    class Recorder(base):
        def __init__(self):
            super().__init__()
            self.calls = []

    def add(name):
        def hook(self, *args, **kwargs):
            self.calls.append((name, args, kwargs))

        setattr(Recorder, name, hook)

    for name in set(POSITIONED + OTHERS) - {"on_batch_begin", "on_batch_end"}:
        add(name)
    return Recorder()


class CallbackListTest:
    def test_hooks_are_called_as_by_tf_keras(self):
        ours = recorder(callbacks.Callback)
        theirs = recorder(tf_keras.callbacks.Callback)
        lists = [
            callbacks.CallbackList([ours]),
            tf_keras.callbacks.CallbackList([theirs]),
        ]
        for callback_list in lists:
            for name in POSITIONED:
                getattr(callback_list, name)(3, {"loss": 0.5})
            for name in OTHERS:
                getattr(callback_list, name)()
                getattr(callback_list, name)({"loss": 0.5})
        assert [name for name, _, _ in ours.calls] == [
            name for name, _, _ in theirs.calls
        ]
        for (_, args, kwargs), (_, expected, more) in zip(
            ours.calls, theirs.calls
        ):
            assert args + tuple(kwargs.values()) == (
                expected + tuple(more.values())
            )

    def test_history_and_progress_bar_come_after_the_others(self):
        arguments = dict(add_history=True, add_progbar=True)
        ours = callbacks.CallbackList([callbacks.Callback()], **arguments)
        theirs = tf_keras.callbacks.CallbackList(
            [tf_keras.callbacks.Callback()], **arguments
        )
        assert [type(c).__name__ for c in ours] == [
            type(c).__name__ for c in theirs
        ]
        own = [callbacks.ProgbarLogger("steps"), callbacks.History()]
        assert list(callbacks.CallbackList(own, **arguments)) == own
        assert callbacks.CallbackList(own).history is own[1]
        assert callbacks.CallbackList().history is None

    def test_nested_lists_are_flattened(self):
        a, b, c = (callbacks.Callback() for _ in range(3))
        assert list(callbacks.CallbackList([a, [b, (c,)]])) == [a, b, c]
        assert list(callbacks.CallbackList(a)) == [a]
        callback_list = callbacks.CallbackList([a])
        callback_list.append(b)
        assert list(callback_list) == [a, b] and len(callback_list) == 2

    def test_model_and_params_reach_every_callback(self, make_model):
        model = make_model()
        callback_list = callbacks.CallbackList(
            [callbacks.Callback()], add_history=True, model=model, epochs=3
        )
        for callback in callback_list:
            assert callback.model is model
            assert callback.params == {"epochs": 3}
        assert model.history is callback_list.history

    def test_only_callbacks_with_batch_hooks_see_batches(self):
        calls = []

        class Silent(callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                calls.append(logs["loss"])

        class Batches(Silent):
            def on_batch_end(self, batch, logs=None):
                calls.append((batch, logs["loss"]))

        silent = callbacks.CallbackList([Silent()])
        logs = {"loss": tf.constant(0.5)}
        silent.on_train_batch_end(0, logs)
        assert calls == [] and not silent.wants_every_batch("train")
        silent.append(Batches())
        silent.on_train_batch_end(1, logs)
        assert calls == [(1, 0.5)]
        assert silent.wants_every_batch("train")
        assert not silent.wants_every_batch("test")

    def test_callbacks_of_other_libraries_are_called(self):
        theirs = recorder(tf_keras.callbacks.Callback)
        callback_list = callbacks.CallbackList([theirs])
        assert callback_list.wants_every_batch("train")
        callback_list.on_train_batch_end(0, {"loss": 1.0})
        assert theirs.calls[0][0] == "on_train_batch_end"

    def test_callbacks_share_logs(self):
        class Writer(callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                logs["extra"] = 2 * logs["loss"]

        callback_list = callbacks.CallbackList([Writer()], add_history=True)
        callback_list.on_train_begin()
        callback_list.on_epoch_end(0, {"loss": tf.constant(0.5)})
        callback_list.on_epoch_end(1, {"loss": tf.constant(0.25), "new": 1})
        history = callback_list.history
        assert history.epoch == [0, 1]
        assert history.history == {
            "loss": [0.5, 0.25],
            "extra": [1.0, 0.5],
            "new": [1],
        }
        restored = callbacks.History()
        restored.set_state(history.get_state())
        assert restored.history == history.history
        callback_list.on_train_begin()
        assert history.epoch == []

    def test_hooks_set_between_two_runs_are_called(self):
        calls = []
        callback = callbacks.Callback()
        callback_list = callbacks.CallbackList([callback])
        callback_list.on_train_batch_end(0)
        callback.on_train_batch_end = lambda batch, logs: calls.append(batch)
        callback_list.on_train_begin()
        callback_list.on_train_batch_end(1)
        assert calls == [1]

    def test_make_logs_names_outputs(self, make_model):
        model = make_model()
        model.metrics_names = ["loss", "mae"]
        make_logs = callbacks.CallbackList().make_logs
        assert make_logs(model, {}, [1.0, 2.0], "test", "val_") == {
            "val_loss": 1.0,
            "val_mae": 2.0,
        }
        assert make_logs(model, {}, 5, "predict") == {"outputs": 5}

    def test_what_is_no_callback_is_refused(self):
        with pytest.raises(TypeError, match=r"Write `History\(\.\.\.\)`"):
            callbacks.CallbackList([callbacks.History])
        with pytest.raises(TypeError, match="wrap a function in"):
            callbacks.CallbackList([lambda epoch, logs: None])
