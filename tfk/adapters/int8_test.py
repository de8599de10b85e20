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
"""Tests of weights in 8 bits."""

import os

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tfk
from tfk.adapters import int8
from tfk.adapters import lora
from tfk.adapters import lora_test
from tfk.testing import strategies

tokens, classes = lora_test.tokens, lora_test.classes


def num_bytes(model):
    return sum(w.shape.num_elements() * w.dtype.size for w in model.weights)


def numpy_int8(values, axes):
    """Rounds to the nearest of 255 steps, even ones where two are near."""
    scale = np.abs(values).max(tuple(axes), keepdims=True) / 127
    steps = np.round(values / np.where(scale, scale, 1))
    return steps.astype("int8"), scale


class ToInt8Test:
    @hypothesis.given(
        arrays.arrays(
            np.float32,
            arrays.array_shapes(min_dims=2, max_dims=3),
            elements=st.floats(-100, 100, width=16),
        )
    )
    @hypothesis.settings(max_examples=50)
    def test_is_within_half_a_step(self, values):
        numbers, scale = int8.to_int8(values, [0])
        assert numbers.dtype == tf.int8
        assert scale.shape == (1, *values.shape[1:])
        error = np.abs(numbers.numpy() * scale.numpy() - values)
        assert np.all(error <= 0.5001 * scale.numpy() + 1e-30)

    def test_values_are_those_of_numpy(self):
        values = np.random.normal(size=(5, 4, 3)).astype("float32")
        values[:, :, 1] = 0
        for ours, wanted in zip(
            int8.to_int8(values, [0, 1]), numpy_int8(values, [0, 1])
        ):
            np.testing.assert_allclose(ours, wanted, 1e-6)


@pytest.fixture(params=list(lora_test.cases()))
def case(request):
    axes = {
        "dense": [0],
        "einsum": [0],
        "embedding": [1],
        "conv": [0, 1, 2],
        "transposed": [0, 1, 3],
    }[request.param]
    make, inputs = lora_test.cases()[request.param]
    dtype = "float32" if inputs.dtype.kind == "f" else "int32"
    return make, tf.constant(inputs.astype(dtype)), axes


class Int8LayerTest:
    def test_computes_with_values_in_8_bits(self, case):
        make, inputs, axes = case
        layer = lora_test.build(make(), inputs)
        plain = lora_test.build(make(), inputs)
        base = layer.get_weights()
        layer.quantize("int8")
        values, scale = numpy_int8(base[0], axes)
        weight = getattr(layer, layer._adapted_weight)
        assert weight.values.dtype == tf.int8
        np.testing.assert_array_equal(weight.values, values)
        np.testing.assert_allclose(weight.scale, scale, 1e-6)
        plain.set_weights([values * scale, *base[1:]])
        wanted = plain(inputs)
        for call in (layer, tf.function(layer)):
            np.testing.assert_allclose(call(inputs), wanted, 1e-5, 1e-6)
        assert len(layer.trainable_weights) == len(base) - 1
        assert len(layer._added_weights) == len(base) + 1

    def test_the_config_says_so(self, case):
        make, inputs, _ = case
        layer = lora_test.build(make(), inputs)
        assert "quantization_mode" not in layer.get_config()
        layer.quantize()
        config = layer.get_config()
        assert config["quantization_mode"] == "int8"
        again = lora_test.build(type(layer).from_config(config), inputs)
        names = [(w.name, w.dtype, w.shape) for w in layer.weights]
        assert [(w.name, w.dtype, w.shape) for w in again.weights] == names
        again.set_weights(layer.get_weights())
        np.testing.assert_allclose(again(inputs), layer(inputs), 1e-6)

    def test_a_new_layer_has_initial_values(self):
        layer = tfk.layers.Dense(
            3, kernel_initializer="ones", quantization_mode="int8"
        )
        layer(tf.ones((1, 4)))
        np.testing.assert_allclose(layer.kernel, np.ones((4, 3)), 1e-6)

    def test_axes_of_a_batch_have_scales_of_their_own(self):
        layer = tfk.layers.EinsumDense("bhx,hxy->bhy", (2, 3))
        layer(tf.ones((1, 2, 4)))
        layer.quantize()
        assert layer.kernel.scale.shape == (2, 1, 3)

    def test_computes_in_16_bits(self):
        layer = tfk.layers.Dense(3, dtype="mixed_bfloat16")
        layer(tf.ones((1, 4)))
        before = layer(tf.ones((1, 4)))
        layer.quantize()
        outputs = layer(tf.ones((1, 4)))
        assert outputs.dtype == tf.bfloat16
        np.testing.assert_allclose(
            *[tf.cast(x, tf.float32) for x in (outputs, before)], atol=0.05
        )
        assert layer.kernel.scale.variable.dtype == tf.float32

    def test_bad_use_raises(self):
        layer = tfk.layers.Dense(3, name="d")
        with pytest.raises(ValueError, match="'d'.*has no weights yet"):
            layer.quantize()
        layer(tf.ones((1, 4)))
        with pytest.raises(ValueError, match="must be 'int8'.*'int4'"):
            layer.quantize("int4")
        with pytest.raises(ValueError, match="must be None or 'int8'"):
            tfk.layers.Dense(3, quantization_mode="float8")
        layer.quantize()
        with pytest.raises(ValueError, match="'d'.*quantised already"):
            layer.quantize()
        with pytest.raises(ValueError, match="has no layers that take"):
            tfk.layers.Rescaling(2.0).quantize()


class Int8ModelTest:
    def make_trained(self):
        model = lora_test.make_model()
        lora_test.compile_model(model)
        model.fit(tokens(64), classes(64), epochs=20, verbose=0)
        return model

    def test_a_trained_model_keeps_its_outputs_in_less_memory(self, tmp_path):
        model = self.make_trained()
        x = tokens(64)
        before = model.predict(x, verbose=0)
        model.save_weights(str(tmp_path / "plain.weights.h5"))
        int8.quantize(model)
        outputs = model.predict(x, verbose=0)
        np.testing.assert_allclose(outputs, before, atol=0.1)
        assert np.mean(outputs.argmax(1) == before.argmax(1)) > 0.95

        path = str(tmp_path / "m.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        np.testing.assert_allclose(
            again.predict(x, verbose=0), outputs, 1e-5, 1e-6
        )
        assert num_bytes(again) == num_bytes(model)

        model.export(str(tmp_path / "e"))
        served = tf.saved_model.load(str(tmp_path / "e"))
        np.testing.assert_allclose(
            served.serve(tf.constant(x, tf.int32)), outputs, 1e-4, 1e-5
        )

        # Weights in floats are quantised as they are loaded.
        for weight in again.weights:
            weight.assign(tf.zeros(weight.shape, weight.dtype))
        with pytest.warns(UserWarning, match="state of optimizer"):
            again.load_weights(str(tmp_path / "plain.weights.h5"))
        np.testing.assert_allclose(
            again.predict(x, verbose=0), outputs, 1e-5, 1e-5
        )

    def test_takes_a_quarter_of_the_memory(self, tmp_path):
        model = tfk.Sequential([tfk.Input((256,)), tfk.layers.Dense(256)])
        before = num_bytes(model)
        path = str(tmp_path / "m.keras")
        model.save(path)
        size = os.path.getsize(path)
        model.quantize()
        model.save(path)
        assert num_bytes(model) < 0.26 * before
        assert os.path.getsize(path) < 0.35 * size
        checkpoint = tf.train.Checkpoint(model=model).write(str(tmp_path / "c"))
        shapes = dict(tf.train.list_variables(checkpoint))
        assert sum(np.prod(s) > 1000 for s in shapes.values()) == 1

    def test_works_on_two_replicas(self):
        with strategies.two_replicas().scope():
            model = tfk.Sequential([tfk.Input((8,)), tfk.layers.Dense(4)])
        x = np.random.normal(size=(6, 8)).astype("float32")
        before = model.predict(x, verbose=0)
        model.quantize("int8")
        np.testing.assert_allclose(
            model.predict(x, verbose=0), before, atol=0.05
        )

    def test_fit_raises_unless_the_layer_is_frozen(self):
        model = tfk.Sequential(
            [
                tfk.Input((4,)),
                tfk.layers.Dense(8, name="body"),
                tfk.layers.Dense(1),
            ]
        )
        model.quantize(only=lambda layer: layer.name == "body")
        x, y = np.ones((4, 4)), np.ones((4, 1))
        model.compile("sgd", "mse")
        with pytest.raises(ValueError, match="'body'.*can't be trained"):
            model.fit(x, y, verbose=0)
        with pytest.raises(ValueError, match="'body'.*can't be trained"):
            model.train_on_batch(x, y)
        model.evaluate(x, y, verbose=0)
        model.get_layer("body").trainable = False
        model.compile("sgd", "mse")
        before = model.get_weights()[0]
        model.fit(x, y, verbose=0)
        assert len(model.trainable_weights) == 2
        np.testing.assert_array_equal(model.get_weights()[0], before)

    def test_lora_trains_beside_it(self, tmp_path):
        model = self.make_trained()
        model.quantize()
        lora.enable(model, 2)
        lora_test.compile_model(model)
        numbers = model.layers[-1].kernel.base.values.numpy()
        model.fit(tokens(), classes(), epochs=2, verbose=0)
        np.testing.assert_array_equal(
            model.layers[-1].kernel.base.values, numbers
        )
        wanted = model.predict(tokens(), verbose=0)
        path = str(tmp_path / "m.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        np.testing.assert_allclose(
            again.predict(tokens(), verbose=0), wanted, 1e-5, 1e-5
        )
        lora.merge(again)
        np.testing.assert_allclose(
            again.predict(tokens(), verbose=0), wanted, atol=0.1
        )
        assert again.layers[-1].kernel.values.dtype == tf.int8

    def test_what_lora_adapts_can_be_quantised_below_it(self):
        model = lora_test.make_model()
        lora.enable(model, 2)
        lora_test.randomize(model)
        trained = model.trainable_weights
        before = model.predict(tokens(), verbose=0)
        model.quantize()
        assert len(model.trainable_weights) == len(trained)
        np.testing.assert_allclose(
            model.predict(tokens(), verbose=0), before, atol=0.1
        )
