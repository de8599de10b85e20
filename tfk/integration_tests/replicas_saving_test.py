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
"""Models saved on two replicas go on on one device, and the other way round."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies

_X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
_Y = _X[:, :2] ** 2


def _scope(replicas):
    if replicas == 1:
        return contextlib.nullcontext()
    return strategies.two_replicas().scope()


def _model(replicas):
    with _scope(replicas):
        x = tfk.Input((3,), name="x")
        y = tfk.layers.Dense(4, "tanh")(x)
        y = tfk.layers.LayerNormalization()(y)
        model = tfk.Model(x, tfk.layers.Dense(2, name="y")(y))
        optimizer = tfk.optimizers.Adam(0.01, amsgrad=True)
        model.compile(optimizer, "mse", metrics=["mae"])
    return model


def _train(model):
    model.fit(_X, _Y, batch_size=4, shuffle=False, verbose=0)


def _state(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [variable.numpy() for variable in variables]


def _same(first, second, atol=0.0):
    first, second = _state(first), _state(second)
    assert len(first) == len(second) > 12
    for one, other in zip(first, second):
        np.testing.assert_allclose(one, other, 1e-5 if atol else 0, atol)


def _whole(model, path, replicas):
    model.save(path)
    with _scope(replicas):
        return tfk.models.load_model(path)


def _weights(model, path, replicas):
    model.save_weights(path)
    again = _model(replicas)
    # With slots or without: those of the file count.
    if replicas == 1:
        _train(again)
    again.load_weights(path)
    return again


def _objects(model, path, replicas):
    saved = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    manager = tf.train.CheckpointManager(saved, path, max_to_keep=1)
    manager.save()
    again = _model(replicas)
    read = tf.train.Checkpoint(model=again, optimizer=again.optimizer)
    status = read.restore(tf.train.latest_checkpoint(path))
    with _scope(replicas):
        again.optimizer.build(again.trainable_variables)
    status.assert_consumed()
    return again


def _shards(model, path, replicas):
    model.save_weights(path, max_shard_size=1e-6)
    again = _model(replicas)
    again.load_weights(path)
    return again


_WAYS = {
    "m.keras": _whole,
    "m.h5": _whole,
    "saved_model": _whole,
    "m.weights.h5": _weights,
    "m.weights.json": _shards,
    "weights": _weights,
    "objects": _objects,
}


class ReplicasSavingTest:
    @pytest.mark.parametrize("name", list(_WAYS))
    @pytest.mark.parametrize("replicas", [(2, 1), (1, 2), (2, 2)])
    def test_training_goes_on_elsewhere(self, name, replicas, tmp_path):
        before, after = replicas
        model = _model(before)
        _train(model)
        again = _WAYS[name](model, str(tmp_path / name), after)
        _same(model, again)
        assert int(again.optimizer.iterations.numpy()) == 2
        _train(again)
        _train(model)
        _same(model, again, 1e-6)

    @pytest.mark.parametrize("replicas", [1, 2])
    def test_what_two_replicas_export_is_served(self, replicas, tmp_path):
        path = str(tmp_path / "served")
        model = _model(2)
        _train(model)
        model.export(path)
        expected = model.predict(_X, verbose=0)
        with _scope(replicas):
            served = tf.saved_model.load(path)
            layer = tfk.layers.TFSMLayer(path, "serving_default")
        found = served.signatures["serving_default"](x=tf.constant(_X))
        np.testing.assert_allclose(found["y"], expected, 1e-5, 1e-6)
        np.testing.assert_allclose(layer(_X)["y"], expected, 1e-5, 1e-6)
        assert len(layer.weights) == len(model.weights)
