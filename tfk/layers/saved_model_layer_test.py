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
"""Tests of a SavedModel as a layer."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.saving import errors


class Scaled(tf.Module):
    """What is not from tfk: two functions, one for training."""

    def __init__(self):
        super().__init__()
        self.factor = tf.Variable(2.0)
        self.count = tf.Variable(0, trainable=False)

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def scale(self, x):
        return x * self.factor

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def scale_in_training(self, x):
        self.count.assign_add(1)
        return x * self.factor + 1.0


@pytest.fixture
def path(tmp_path):
    found = str(tmp_path / "saved")
    tf.saved_model.save(Scaled(), found)
    return found


@pytest.fixture
def exported(tmp_path):
    """A model with two inputs and its folder."""
    x, y = tfk.Input((3,), name="x"), tfk.Input((2,), name="y")
    outputs = tfk.layers.Dense(2)(tfk.layers.Concatenate()([x, y]))
    model = tfk.Model([x, y], outputs)
    model.export(str(tmp_path / "exported"))
    return model, str(tmp_path / "exported")


class TFSMLayerTest:
    def test_runs_the_function_for_the_mode(self, path):
        layer = tfk.layers.TFSMLayer(path, "scale", "scale_in_training")
        x = tf.ones((2, 3))
        np.testing.assert_array_equal(layer(x), 2 * x)
        np.testing.assert_array_equal(layer(x, training=True), 2 * x + 1)
        assert len(layer.trainable_weights) == 1
        assert int(layer.non_trainable_weights[0]) == 1
        layer = tfk.layers.TFSMLayer(path, "scale", trainable=False)
        np.testing.assert_array_equal(layer(x, training=True), 2 * x)
        assert not layer.trainable_weights

    def test_is_trained_in_a_model(self, path):
        model = tfk.Sequential(
            [tfk.Input((3,)), tfk.layers.TFSMLayer(path, "scale")]
        )
        model.compile(tfk.optimizers.SGD(0.1), "mse")
        x = np.ones((8, 3), "float32")
        model.fit(x, 5 * x, epochs=40, verbose=0)
        np.testing.assert_allclose(model.get_weights()[0], 5.0, 1e-3)

    @pytest.mark.parametrize("endpoint", ["serve", "serving_default"])
    def test_takes_several_inputs(self, exported, endpoint):
        model, path = exported
        layer = tfk.layers.TFSMLayer(path, endpoint)
        x = {"x": tf.ones((4, 3)), "y": tf.ones((4, 2))}
        outputs = layer(x)
        if endpoint == "serving_default":
            (outputs,) = outputs.values()
        np.testing.assert_allclose(outputs, model(x), 1e-6)

    def test_a_signature_knows_no_order_of_inputs(self, exported):
        _, path = exported
        layer = tfk.layers.TFSMLayer(path, "serving_default")
        with pytest.raises(ValueError, match="dict of their names.*'x', 'y'"):
            layer([tf.ones((4, 2)), tf.ones((4, 3))])

    def test_inputs_are_not_cast(self, path):
        layer = tfk.layers.TFSMLayer(path, "scale", dtype="mixed_bfloat16")
        assert layer(tf.ones((2, 3))).dtype == tf.float32

    def test_a_file_that_names_one_is_refused_in_safe_mode(
        self, path, tmp_path
    ):
        model = tfk.Sequential(
            [tfk.Input((3,)), tfk.layers.TFSMLayer(path, "scale", name="t")]
        )
        model.set_weights([np.float32(7.0)])
        file = str(tmp_path / "m.keras")
        model.save(file)
        with pytest.raises(errors.UnsafeFileError, match="'t'.*safe_mode=Fal"):
            tfk.models.load_model(file)
        config = model.layers[0].get_config()
        with pytest.raises(errors.UnsafeFileError, match=path):
            tfk.layers.TFSMLayer.from_config(config)
        again = tfk.models.load_model(file, safe_mode=False)
        np.testing.assert_array_equal(
            again.predict(np.ones((1, 3)), verbose=0), np.full((1, 3), 7.0)
        )

    def test_is_exported_again(self, path, tmp_path):
        model = tfk.Sequential(
            [tfk.Input((3,)), tfk.layers.TFSMLayer(path, "scale")]
        )
        model.export(str(tmp_path / "again"))
        served = tf.saved_model.load(str(tmp_path / "again"))
        np.testing.assert_array_equal(
            served.serve(tf.ones((1, 3))), np.full((1, 3), 2.0)
        )

    def test_unknown_endpoint_is_told(self, path):
        with pytest.raises(ValueError, match="'t'.*'no'.*'scale', 'scale_in"):
            tfk.layers.TFSMLayer(path, "no", name="t")
