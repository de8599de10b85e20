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
"""Tests of low-rank adaptation."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.adapters import lora
from tfk.testing import strategies


def make_model():
    """Returns a functional model with a layer of every kind that has LoRA."""
    inputs = tfk.Input((6,), dtype="int32")
    x = tfk.layers.Embedding(20, 8)(inputs)
    x = tfk.layers.MultiHeadAttention(2, 4)(x, x) + x
    x = tfk.layers.LayerNormalization()(x)
    x = tfk.layers.Conv1D(8, 3)(x)
    x = tfk.layers.EinsumDense("abc,cd->abd", (None, 8), bias_axes="d")(x)
    x = tfk.layers.Flatten()(x)
    return tfk.Model(inputs, tfk.layers.Dense(3)(x))


@tfk.saving.register_keras_serializable("lora_test")
class Subclassed(tfk.Model):
    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden = tfk.layers.Dense(units, activation="tanh")
        self.heads = [tfk.layers.Dense(1)]

    def call(self, inputs):
        return self.heads[0](self.hidden(inputs))


def tokens(rows=8):
    return np.random.RandomState(0).randint(0, 20, (rows, 6))


def classes(rows=8):
    return np.random.RandomState(1).randint(0, 3, rows)


def compile_model(model):
    loss = tfk.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)


def randomize(model):
    """Gives the matrices of LoRA values, so that their product counts."""
    for weight in model.trainable_weights:
        weight.assign(tf.random.normal(weight.shape, stddev=0.3))


def build(layer, inputs):
    layer(inputs)
    return layer


def cases():
    floats = np.random.RandomState(0).normal
    return {
        "dense": (
            lambda **k: tfk.layers.Dense(5, **k),
            floats(size=(2, 4)),
        ),
        "einsum": (
            lambda **k: tfk.layers.EinsumDense(
                "abc,cde->abde", (None, 2, 3), **k
            ),
            floats(size=(2, 3, 4)),
        ),
        "embedding": (
            lambda **k: tfk.layers.Embedding(7, 4, **k),
            np.array([[1, 2, 6], [0, 0, 1]]),
        ),
        "conv": (
            lambda **k: tfk.layers.Conv2D(3, 2, **k),
            floats(size=(2, 4, 4, 2)),
        ),
        "transposed": (
            lambda **k: tfk.layers.Conv2DTranspose(3, 2, **k),
            floats(size=(2, 4, 4, 2)),
        ),
    }


@pytest.fixture(params=list(cases()))
def case(request):
    make, inputs = cases()[request.param]
    dtype = "float32" if inputs.dtype.kind == "f" else "int32"
    return make, tf.constant(inputs.astype(dtype))


class LoraLayerTest:
    def test_computes_with_the_sum_of_kernel_and_product(self, case):
        make, inputs = case
        layer, plain = build(make(), inputs), build(make(), inputs)
        base = layer.get_weights()
        plain.set_weights(base)
        layer.enable_lora(2, lora_alpha=6)
        np.testing.assert_allclose(layer(inputs), plain(inputs), 1e-6)
        name = layer._adapted_weight
        a = getattr(layer, f"lora_{name}_a")
        b = getattr(layer, f"lora_{name}_b")
        assert a.shape == (*base[0].shape[:-1], 2)
        assert b.shape == (2, base[0].shape[-1])
        b.assign(tf.random.normal(b.shape))
        total = base[0] + 6 / 2 * np.tensordot(a.numpy(), b.numpy(), 1)
        np.testing.assert_allclose(getattr(layer, name), total, 1e-5, 1e-6)
        plain.set_weights([total, *base[1:]])
        wanted = plain(inputs)
        for call in (layer, tf.function(layer)):
            np.testing.assert_allclose(call(inputs), wanted, 1e-4, 1e-5)

    def test_trains_the_matrices_and_the_bias(self, case):
        make, inputs = case
        layer = build(make(), inputs)
        before = layer.weights
        layer.enable_lora(2)
        name = layer._adapted_weight
        assert layer.trainable_weights[2:] == before[1:]
        assert layer.non_trainable_weights == before[:1]
        assert [w.name.split("/")[-1] for w in layer.weights[:2]] == [
            f"lora_{name}_a:0",
            f"lora_{name}_b:0",
        ]
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(inputs) ** 2)
        gradients = tape.gradient(loss, layer.weights)
        assert gradients[-1] is None
        assert all(g is not None for g in gradients[:-1])

    def test_gradients_are_those_of_numpy(self):
        layer = build(tfk.layers.Dense(3, use_bias=False), tf.ones((1, 4)))
        layer.enable_lora(2, b_initializer="ones", lora_alpha=1)
        x = tf.random.normal((5, 4))
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x))
        a, b = layer.trainable_weights
        for_a, for_b = tape.gradient(loss, [a, b])
        outer = x.numpy().T @ np.ones((5, 3)) / 2
        np.testing.assert_allclose(for_a, outer @ b.numpy().T, 1e-5)
        np.testing.assert_allclose(for_b, a.numpy().T @ outer, 1e-5, 1e-6)

    def test_no_gradient_of_a_frozen_kernel_is_computed(self):
        x = tf.ones((3, 40))
        for layer in (
            tfk.layers.Dense(50),
            tfk.layers.EinsumDense("ab,bcd->acd", (10, 5)),
        ):
            build(layer, x)
            layer.enable_lora(2)

            @tf.function
            def gradients():
                with tf.GradientTape() as tape:
                    loss = tf.reduce_sum(layer(x) ** 2)
                return tape.gradient(loss, layer.trainable_weights)

            operations = (
                gradients.get_concrete_function().graph.get_operations()
            )
            sizes = [
                operation.outputs[0].shape.num_elements()
                for operation in operations
                if operation.type == "MatMul"
            ]
            assert sizes and 40 * 50 not in sizes

    def test_the_config_holds_it_and_says_nothing_without(self, case):
        make, inputs = case
        layer = build(make(), inputs)
        assert not {"lora_rank", "lora_alpha"} & layer.get_config().keys()
        layer.enable_lora(2, lora_alpha=3)
        config = layer.get_config()
        assert (config["lora_rank"], config["lora_alpha"]) == (2, 3)
        again = build(type(layer).from_config(config), inputs)
        randomize(layer)
        again.set_weights(layer.get_weights())
        np.testing.assert_allclose(again(inputs), layer(inputs), 1e-6)
        assert again.get_config() == config
        names = [w.name for w in layer.weights]
        assert [w.name for w in again.weights] == names

    def test_the_constructor_enables_it(self, case):
        make, inputs = case
        layer = make(lora_rank=2)
        assert not layer.lora_enabled
        layer.build(inputs.shape)
        assert layer.lora_enabled
        assert len(layer.non_trainable_weights) == 1

    @pytest.mark.parametrize("merge", [True, False])
    def test_can_be_taken_away(self, case, merge):
        make, inputs = case
        layer = build(make(), inputs)
        weights, plain = layer.weights, layer(inputs)
        layer.enable_lora(2)
        randomize(layer)
        wanted = layer(inputs)
        if not merge and layer.weights[-1] is not weights[0]:
            raise AssertionError
        layer.disable_lora(merge)
        assert not layer.lora_enabled
        assert [id(w) for w in layer.trainable_weights] == list(
            map(id, weights)
        )
        if merge:
            np.testing.assert_allclose(layer(inputs), wanted, 1e-4, 1e-5)
        elif len(weights) == 1:
            np.testing.assert_allclose(layer(inputs), plain)
        layer.enable_lora(1)

    def test_reads_only_the_rows_that_are_looked_up(self):
        layer = build(tfk.layers.Embedding(1000, 4), tf.constant([[1]]))
        layer.enable_lora(2, b_initializer="ones")
        rows = np.asarray(layer.embeddings)
        np.testing.assert_allclose(layer(tf.constant([5, 7])), rows[[5, 7]])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(tf.constant([[5, 7]])))
        gradient = tape.gradient(loss, layer.lora_embeddings_a)
        assert isinstance(gradient, tf.IndexedSlices)
        np.testing.assert_array_equal(gradient.indices, [5, 7])

    def test_a_regularizer_goes_over_to_the_matrices(self):
        layer = tfk.layers.Dense(3, kernel_regularizer="l2", use_bias=False)
        build(layer, tf.ones((1, 4)))
        plain = layer.losses
        layer.enable_lora(2)
        wanted = [0.01 * np.sum(w.numpy() ** 2) for w in layer.weights[:2]]
        np.testing.assert_allclose(layer.losses, wanted, 1e-5)
        lora.disable(layer)
        np.testing.assert_allclose(layer.losses, plain)

    def test_bad_use_raises(self):
        layer = tfk.layers.Dense(3, name="d")
        with pytest.raises(ValueError, match="'d'.*is not built"):
            layer.enable_lora(2)
        with pytest.raises(ValueError, match="`lora_rank` of layer"):
            tfk.layers.Dense(3, lora_rank=0)
        build(layer, tf.ones((1, 4)))
        with pytest.raises(ValueError, match="`rank` of layer .*positive"):
            layer.enable_lora(-1)
        with pytest.raises(ValueError, match="has no LoRA"):
            layer.disable_lora()
        layer.enable_lora(2)
        with pytest.raises(ValueError, match="has LoRA already, of rank 2"):
            layer.enable_lora(2)
        layer = tfk.layers.Dense(3, kernel_constraint="non_neg")
        build(layer, tf.ones((1, 4)))
        with pytest.raises(ValueError, match="has a constraint"):
            layer.enable_lora(2)
        assert layer.lora_rank is None
        with pytest.raises(ValueError, match="has a constraint"):
            build(
                tfk.layers.Dense(3, kernel_constraint="non_neg", lora_rank=2),
                tf.ones((1, 4)),
            )


class NestedLoraTest:
    """All layers that have LoRA, in a model within a model."""

    def _model(self, dtype):
        policy = tfk.mixed_precision.Policy(dtype)
        inputs = tfk.Input((6,), dtype="int32")
        x = tfk.layers.Embedding(20, 8, dtype=policy)(inputs)
        block_inputs = tfk.Input((6, 8), dtype=x.dtype)
        y = tfk.layers.MultiHeadAttention(2, 4, dtype=policy)(
            block_inputs, block_inputs
        )
        y = tfk.layers.EinsumDense(
            "abc,cde->abde", (None, 2, 4), bias_axes="e", dtype=policy
        )(y)
        y = tfk.layers.Reshape((6, 8), dtype=policy)(y)
        y = tfk.layers.SeparableConv1D(8, 2, dtype=policy)(y)
        block = tfk.Model(block_inputs, y, name="block")
        x = tfk.layers.GlobalAveragePooling1D(dtype=policy)(block(x))
        outputs = tfk.layers.Dense(3, dtype=policy)(x)
        outputs = tfk.layers.Activation("linear", dtype="float32")(outputs)
        return tfk.Model(inputs, outputs)

    @pytest.mark.parametrize(
        "dtype, replicas, jit_compile",
        [
            ("float32", 1, True),
            ("mixed_float16", 1, False),
            ("mixed_bfloat16", 2, False),
        ],
    )
    def test_every_way(self, dtype, replicas, jit_compile, tmp_path):
        strategy = (
            strategies.two_replicas()
            if replicas == 2
            else tf.distribute.get_strategy()
        )
        x, y = tokens(16), classes(16)
        with strategy.scope():
            model = self._model(dtype)
            before = model.predict(x, verbose=0)
            lora.enable(model, 2)
            loss = tfk.losses.SparseCategoricalCrossentropy(from_logits=True)
            optimizer = tfk.optimizers.Adam(0.03)
            model.compile(optimizer, loss, jit_compile=jit_compile)
        close = {"rtol": 1e-4, "atol": 1e-5 if dtype == "float32" else 0.02}
        np.testing.assert_allclose(model.predict(x, verbose=0), before, **close)
        frozen = [w.numpy() for w in model.non_trainable_weights]
        assert len(model.trainable_weights) == 2 * 8
        losses = model.fit(x, y, batch_size=8, epochs=8, verbose=0).history
        assert losses["loss"][-1] < losses["loss"][0]
        for old, new in zip(frozen, model.non_trainable_weights):
            np.testing.assert_array_equal(old, new.numpy())
        for weight in model.trainable_weights:
            assert weight.dtype == tf.float32
        wanted = model.predict(x, verbose=0)
        path = str(tmp_path / "m.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        np.testing.assert_allclose(again.predict(x, verbose=0), wanted, **close)
        again.fit(x, y, verbose=0)
        lora.merge(model)
        assert len(model.weights) == len(frozen)
        np.testing.assert_allclose(model.predict(x, verbose=0), wanted, **close)


class LoraModelTest:
    def test_trains_only_the_matrices(self):
        model = make_model()
        before = model.predict(tokens(), verbose=0)
        num_weights = len(model.weights)
        lora.enable(model, 2)
        np.testing.assert_allclose(
            model.predict(tokens(), verbose=0), before, 1e-5, 1e-6
        )
        assert len(model.trainable_weights) == 2 * 8
        assert all("lora_" in w.name for w in model.trainable_weights)
        assert len(model.non_trainable_weights) == num_weights
        compile_model(model)
        frozen = [w.numpy() for w in model.non_trainable_weights]
        trained = [w.numpy() for w in model.trainable_weights]
        model.fit(tokens(), classes(), epochs=2, verbose=0)
        for old, new in zip(frozen, model.non_trainable_weights):
            np.testing.assert_array_equal(old, new)
        for old, new in zip(trained, model.trainable_weights):
            assert np.abs(old - new.numpy()).max() > 0
        wanted = model.predict(tokens(), verbose=0)
        assert np.abs(wanted - before).max() > 0
        lora.merge(model)
        assert len(model.weights) == num_weights
        np.testing.assert_allclose(
            model.predict(tokens(), verbose=0), wanted, 1e-4, 1e-5
        )

    def test_functions_that_were_compiled_before_are_not_used(self):
        model = make_model()
        compile_model(model)
        model.fit(tokens(), classes(), verbose=0)
        lora.enable(model, 2, train_others=True)
        kernel = model.layers[-1].kernel.base.numpy()
        model.fit(tokens(), classes(), verbose=0)
        np.testing.assert_array_equal(model.layers[-1].kernel.base, kernel)

    def test_others_are_trained_if_asked_for_and_layers_can_be_chosen(self):
        model = make_model()
        num_trained = len(model.trainable_weights)
        lora.enable(
            model,
            2,
            only=lambda layer: isinstance(layer, tfk.layers.Dense),
            train_others=True,
        )
        assert len(model.trainable_weights) == num_trained - 1 + 2
        lora.freeze_others(model)
        assert len(model.trainable_weights) == 2

    def test_a_frozen_model_is_adapted(self):
        model = make_model()
        model.trainable = False
        lora.enable(model, 2)
        assert len(model.trainable_weights) == 2 * 8

    @pytest.mark.parametrize("make", [make_model, Subclassed])
    def test_is_saved_with_its_matrices(self, make, tmp_path):
        model = make()
        x, y = tokens(), classes()
        if make is Subclassed:
            x, y = x.astype("float32"), y.astype("float32")[:, np.newaxis]
            model(x)
        lora.enable(model, 2, lora_alpha=8)
        if make is Subclassed:
            model.compile("adam", "mse")
        else:
            compile_model(model)
        model.fit(x, y, verbose=0)
        randomize(model)
        path = str(tmp_path / "m.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        np.testing.assert_allclose(
            again.predict(x, verbose=0), model.predict(x, verbose=0), 1e-5
        )
        for mine, others in (
            (model.trainable_weights, again.trainable_weights),
            (model.optimizer.variables, again.optimizer.variables),
        ):
            assert len(mine) == len(others)
            for one, other in zip(mine, others):
                np.testing.assert_array_equal(one, other)
        weights = str(tmp_path / "m.weights.h5")
        model.save_weights(weights)
        randomize(again)
        again.load_weights(weights)
        np.testing.assert_allclose(
            again.predict(x, verbose=0), model.predict(x, verbose=0), 1e-5
        )

    def test_weights_of_a_plain_model_are_loaded(self, tmp_path):
        plain, model = make_model(), make_model()
        path = str(tmp_path / "m.weights.h5")
        plain.save_weights(path)
        lora.enable(model, 2)
        randomize(model)
        adapted = str(tmp_path / "adapted.weights.h5")
        model.save_weights(adapted)
        model.load_weights(path)
        np.testing.assert_allclose(
            model.predict(tokens(), verbose=0),
            plain.predict(tokens(), verbose=0),
            1e-5,
            1e-6,
        )
        before = plain.get_weights()
        with pytest.raises(ValueError, match="lora_kernel_a"):
            plain.load_weights(adapted)
        for old, new in zip(before, plain.get_weights()):
            np.testing.assert_array_equal(old, new)

    def test_is_cloned_checkpointed_and_exported(self, tmp_path):
        model = make_model()
        lora.enable(model, 2)
        randomize(model)
        wanted = model.predict(tokens(), verbose=0)
        path = tf.train.Checkpoint(model=model).write(str(tmp_path / "c"))
        clone = tfk.models.clone_model(model)
        tf.train.Checkpoint(model=clone).read(path).assert_consumed()
        np.testing.assert_allclose(
            clone.predict(tokens(), verbose=0), wanted, 1e-5, 1e-6
        )
        model.export(str(tmp_path / "e"))
        served = tf.saved_model.load(str(tmp_path / "e"))
        outputs = served.serve(tf.constant(tokens(), tf.int32))
        np.testing.assert_allclose(outputs, wanted, 1e-4, 1e-5)

    @pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
    @pytest.mark.parametrize("replicas", [1, 2])
    def test_trains_in_16_bits_and_on_two_replicas(self, dtype, replicas):
        scope = contextlib.nullcontext()
        if replicas == 2:
            scope = strategies.two_replicas().scope()
        with scope:
            model = tfk.Sequential(
                [
                    tfk.Input((5,)),
                    tfk.layers.Dense(8, activation="relu", dtype=dtype),
                    tfk.layers.Dense(1, dtype="float32"),
                ]
            )
        x = np.random.RandomState(0).normal(size=(16, 5)).astype("float32")
        lora.enable(model, 2)
        with scope if replicas == 1 else strategies.two_replicas().scope():
            model.compile("sgd", "mse")
        base = [w.numpy() for w in model.non_trainable_weights]
        y = x.sum(1, keepdims=True)
        history = model.fit(x, y, batch_size=8, epochs=4, verbose=0)
        losses = history.history["loss"]
        assert losses[-1] < losses[0]
        for old, new in zip(base, model.non_trainable_weights):
            np.testing.assert_array_equal(old, new)
        kernel = model.layers[-2].kernel
        assert kernel.a.dtype == kernel.dtype == tf.float32
        wanted = model.predict(x, verbose=0)
        lora.merge(model)
        np.testing.assert_allclose(
            model.predict(x, verbose=0), wanted, atol=2e-2
        )

    def test_compiles_under_xla(self):
        model = make_model()
        lora.enable(model, 2)
        randomize(model)
        x = tf.constant(tokens(), tf.int32)
        compiled = tf.function(model, jit_compile=True)
        np.testing.assert_allclose(compiled(x), model(x), 1e-4, 1e-5)

    def test_bad_use_raises(self):
        with pytest.raises(ValueError, match="has no layers that take"):
            lora.enable(tfk.Sequential([tfk.Input((2,))]), 2)
        with pytest.raises(TypeError, match="for layers and models"):
            lora.enable(3, 2)
        model = make_model()
        with pytest.raises(ValueError, match="No layer of .* has LoRA"):
            lora.merge(model)
        lora.enable(model, 2)
        with pytest.raises(ValueError, match="has LoRA already"):
            lora.enable(model, 2)
        with pytest.raises(ValueError, match="has no such layer"):
            tfk.layers.deserialize(
                {
                    "class_name": "Rescaling",
                    "module": "keras.layers",
                    "config": {"scale": 1.0},
                    "build_config": {"input_shape": [None, 2]},
                    "adapter_config": {"dense": {"lora_rank": 2}},
                }
            )
