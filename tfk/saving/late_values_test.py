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
"""Tests of weights that are made without their first values."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.saving import late_values

KEPT = []


@tfk.utils.register_keras_serializable("late_values")
class Apart(tfk.layers.Layer):
    """Has a layer that no file knows of."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        inner = tfk.layers.Dense(2, kernel_initializer="he_normal")
        inner.build((None, 2))
        self.apart = lambda: inner
        KEPT.append(inner)

    def call(self, inputs):
        return self.apart()(inputs)


@tfk.utils.register_keras_serializable("late_values")
class WritesLess(tfk.layers.Dense):
    """Leaves its bias out of the file."""

    def save_own_variables(self, store):
        store["kernel"] = self.kernel.numpy()

    def load_own_variables(self, store):
        self.kernel.assign(store["kernel"])


class LateValuesTest:
    def test_only_zeros_are_made_within(self):
        with late_values.deferred() as pending:
            dense = tfk.layers.Dense(3, bias_initializer="ones")
            dense.build((None, 2))
            assert late_values.current() is pending
        assert late_values.current() is None
        assert not np.any(dense.kernel) and np.all(dense.bias == 1.0)
        pending.draw_all_but(tfk.Sequential())
        assert np.all(dense.kernel)
        layer = tfk.layers.Dense(3)
        layer.build((None, 2))
        assert np.all(layer.kernel)

    @pytest.mark.parametrize("name", ["model.keras", "model.h5", "folder"])
    def test_loaded_models_draw_nothing(self, name, tmp_path, monkeypatch):
        model = tfk.Sequential(
            [
                tfk.Input((4, 2)),
                tfk.layers.LSTM(3),
                tfk.layers.Dense(2, kernel_initializer="orthogonal"),
            ]
        )
        model.save(tmp_path / name)

        def refuse(*args, **kwargs):
            raise AssertionError

        monkeypatch.setattr(
            tfk.initializers.VarianceScaling, "__call__", refuse
        )
        monkeypatch.setattr(tfk.initializers.Orthogonal, "__call__", refuse)
        loaded = tfk.models.load_model(tmp_path / name)
        for first, second in zip(model.weights, loaded.weights):
            np.testing.assert_array_equal(first, second)

    def test_what_no_file_knows_of_gets_its_values(self, tmp_path):
        model = tfk.Sequential([tfk.Input((2,)), Apart(), tfk.layers.Dense(1)])
        model.save(tmp_path / "model.keras")
        tfk.models.load_model(tmp_path / "model.keras")
        assert np.all(KEPT[-1].kernel)

    def test_layers_that_read_their_own_way_get_their_values(self, tmp_path):
        model = tfk.Sequential(
            [tfk.Input((2,)), WritesLess(1, bias_initializer="he_uniform")]
        )
        model.save(tmp_path / "model.keras")
        loaded = tfk.models.load_model(tmp_path / "model.keras")
        tf.debugging.assert_equal(
            model.layers[0].kernel, loaded.layers[0].kernel
        )
        assert np.all(loaded.layers[0].bias)
