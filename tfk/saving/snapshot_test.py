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
"""Tests for copies of a model's state, and for what is written from them."""

import threading

import numpy as np
import pytest

import tfk
from tfk.saving import api
from tfk.saving import snapshot
from tfk.testing import models_to_save
from tfk.testing import strategies


def make_model():
    look_up = tfk.layers.StringLookup()
    look_up.adapt(np.array(["a", "b"]))
    text = tfk.Input((1,), dtype="string")
    vectors = tfk.layers.Embedding(4, 3)(look_up(text))
    outputs = tfk.layers.BatchNormalization()(vectors)
    outputs = tfk.layers.Dense(2)(tfk.layers.Flatten()(outputs))
    model = tfk.Model(text, outputs)
    model.compile(tfk.optimizers.Adam(0.1), "mse", metrics=["mae"])
    train(model)
    return model


def train(model):
    x = np.array([["a"], ["b"], ["c"]])
    model.fit(x, np.ones((3, 2)), verbose=0)


def write_in_thread(function, *arguments):
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


def state(path):
    """The weights and the optimizer's variables of a saved model."""
    model = tfk.models.load_model(path)
    variables = [*model.weights, *model.optimizer.variables]
    assert sorted(model.layers[1].get_vocabulary()) == ["[UNK]", "a", "b"]
    return [np.asarray(v) for v in variables]


class SnapshotTest:
    @pytest.mark.parametrize("num_replicas", [1, 2])
    def test_a_file_holds_the_state_at_the_time_of_the_copy(
        self, tmp_path, num_replicas
    ):
        if num_replicas == 2:
            with strategies.two_replicas().scope():
                model = make_model()
        else:
            model = make_model()
        path, plain = tmp_path / "model.keras", tmp_path / "plain.keras"
        weights = tmp_path / "model.weights.h5"
        copy = snapshot.Snapshot(model)
        weights_alone = snapshot.Snapshot(model, weights_only=True)
        model.save(plain)
        train(model)
        model.optimizer.learning_rate.assign(0.5)
        write_in_thread(api.save_model, copy, path)
        write_in_thread(api.save_weights, weights_alone, weights)
        expected = state(plain)
        for ours, theirs in zip(expected, state(path), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        rate = tfk.models.load_model(path).optimizer.learning_rate
        assert float(rate) == pytest.approx(0.1)
        model.load_weights(weights)
        for ours, theirs in zip(expected, model.weights):
            np.testing.assert_array_equal(ours, theirs)
        copy.close()

    @pytest.mark.parametrize("name", models_to_save.MAKERS)
    def test_files_are_those_of_the_model(self, name, tmp_path):
        model = models_to_save.MAKERS[name](tfk)
        model.save_weights(tmp_path / "a.weights.h5")
        copy = snapshot.Snapshot(model, weights_only=True)
        api.save_weights(copy, tmp_path / "b.weights.h5")
        a, b = (
            models_to_save.arrays_in(str(tmp_path / f"{n}.weights.h5"))
            for n in "ab"
        )
        assert a == b

    def test_what_can_not_be_saved_is_told_at_once(self):
        class Mine(tfk.layers.Layer):
            def __init__(self, function, **kwargs):
                super().__init__(**kwargs)
                self._secret = function

            def call(self, inputs):
                return inputs

        model = tfk.Sequential([tfk.Input((1,)), Mine(len)])
        known = tfk.saving.custom_object_scope({"Mine": Mine})
        with known, pytest.raises(Exception, match="`function`"):
            snapshot.Snapshot(model)
