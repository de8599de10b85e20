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
"""Weights of complex numbers, in all files, of tf.keras too."""

import numpy as np
import pytest
import tf_keras

import tfk


def _layer(keras):
    @keras.utils.register_keras_serializable("complex_weights")
    class Phase(keras.layers.Layer):
        def build(self, input_shape):
            # No attribute holds them.
            for name in ("complex64", "complex128"):
                self.add_weight(name, input_shape[-1:], name, "zeros")
            self.built = True

        def call(self, inputs):
            return inputs * 2.0

    return Phase


_LAYERS = {keras: _layer(keras) for keras in (tfk, tf_keras)}


def _model(keras, number=0.0):
    x = keras.Input((3,))
    model = keras.Model(x, _LAYERS[keras]()(x))
    model.set_weights([np.full(3, number), np.full(3, 1 / 3 - number)])
    return model


_WEIGHTS = ["m.weights.h5", "old.h5", "checkpoint"]
_ALL = [*_WEIGHTS, "m.keras", "m.h5", "saved_model", "m.weights.json"]


class ComplexWeightsTest:
    @pytest.mark.parametrize("name", _ALL)
    def test_are_kept(self, name, tmp_path):
        saved, path = _model(tfk, 1 / 3 + 2j), str(tmp_path / name)
        if name in _WEIGHTS or name.endswith(".json"):
            shards = {"max_shard_size": 1.0} if name.endswith("json") else {}
            saved.save_weights(path, **shards)
            loaded = _model(tfk)
            loaded.load_weights(path)
        else:
            saved.save(path)
            loaded = tfk.models.load_model(path)
        for one, other in zip(loaded.get_weights(), saved.get_weights()):
            assert one.dtype == other.dtype and one.dtype.kind == "c"
            np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("name", [*_WEIGHTS, "m.keras"])
    @pytest.mark.parametrize("writer", [tfk, tf_keras])
    def test_move_both_ways(self, name, writer, tmp_path):
        reader = tf_keras if writer is tfk else tfk
        saved, path = _model(writer, 1 / 3 + 2j), str(tmp_path / name)
        if name in _WEIGHTS:
            saved.save_weights(path)
            loaded = _model(reader)
            loaded.load_weights(path)
        else:
            saved.save(path)
            loaded = reader.models.load_model(path)
        for one, other in zip(loaded.get_weights(), saved.get_weights()):
            np.testing.assert_array_equal(one, other)
