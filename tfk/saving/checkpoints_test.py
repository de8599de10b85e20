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
"""Tests of weights in TensorFlow's checkpoints."""

import collections

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import models_to_save
from tfk.testing import strategies


def _fitted(keras, name, optimizer="adam"):
    model = models_to_save.MAKERS[name](keras)
    if name == "functional":
        x, y = models_to_save.functional_data()
    else:
        x, y = np.ones((4, 6, 6, 1)), np.ones((4, 3)) / 3
    model.compile(optimizer, "mse")
    model.fit(x, y, verbose=0)
    return model


def _same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second):
        np.testing.assert_array_equal(one, other)


def _slots(model):
    return [v.numpy() for v in model.optimizer.variables]


def _rivals(keras, is_compiled=True):
    """Two layers, each with an optimizer that its first step builds."""

    class Rivals(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [keras.layers.Dense(1), keras.layers.Dense(1)]

        def compile(self, rates):
            super().compile()
            self.rates = rates

        def call(self, inputs):
            return self.parts[0](inputs) - self.parts[1](inputs)

        def train_step(self, data):
            with tf.GradientTape(persistent=True) as tape:
                loss = tf.reduce_mean((self(data) - 1.0) ** 2)
            for part, optimizer in zip(self.parts, self.rates):
                weights = part.trainable_weights
                gradients = tape.gradient(loss, weights)
                optimizer.apply_gradients(zip(gradients, weights))
            return {"loss": loss}

    model = Rivals()
    model(np.ones((1, 3), "float32"))
    if is_compiled:
        model.compile([keras.optimizers.Adam(x) for x in (0.01, 0.1)])
    return model


def _recurrent(keras):
    layers = keras.layers
    chain = [
        keras.Input((4, 3)),
        layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
        layers.MultiHeadAttention(1, 2),
        layers.GRU(2),
    ]
    x = chain[0]
    for layer in chain[1:]:
        if isinstance(layer, layers.MultiHeadAttention):
            x = layer(x, x)
        else:
            x = layer(x)
    return keras.Model(chain[0], x)


class CheckpointTest:
    @pytest.mark.parametrize("name", ["functional", "sequential"])
    def test_weights_and_slots_move_both_ways(self, name, tmp_path):
        path = str(tmp_path / "a" / "weights")
        for writer, reader in (
            (tfk, tfk),
            (tf_keras, tfk),
            (tfk, tf_keras),
        ):
            saved = _fitted(writer, name)
            saved.save_weights(path)
            loaded = _fitted(reader, name)
            status = loaded.load_weights(path)
            _same(saved.get_weights(), loaded.get_weights())
            if reader is tfk:
                status.expect_partial()
                _same(_slots(saved), _slots(loaded))
            if reader is writer:
                status.assert_consumed()
        latest = tf.train.latest_checkpoint(str(tmp_path / "a"))
        assert latest == path

    @pytest.mark.parametrize("name", ["recurrent", "subclassed"])
    def test_weights_of_nested_layers_move(self, name, tmp_path):
        make = models_to_save.MAKERS.get(name, _recurrent)
        path = str(tmp_path / "weights")
        for writer, reader in ((tfk, tfk), (tf_keras, tfk)):
            saved, loaded = make(writer), make(reader)
            saved.save_weights(path)
            loaded.load_weights(path)
            x = tf.ones((2, 4, 3) if name == "recurrent" else (2, 2))
            np.testing.assert_allclose(loaded(x), saved(x), 1e-5, 1e-6)

    def test_objects_of_tf_train_move_both_ways(self, tmp_path):
        path = str(tmp_path / "c")
        for writer, reader in ((tfk, tf_keras), (tf_keras, tfk)):
            saved, loaded = (
                models_to_save.functional(keras) for keras in (writer, reader)
            )
            found = tf.train.Checkpoint(model=saved).save(path)
            tf.train.Checkpoint(model=loaded).restore(found)
            _same(saved.get_weights(), loaded.get_weights())
        again = models_to_save.functional(tfk)
        again.load_weights(found)
        _same(saved.get_weights(), again.get_weights())
        again.save_weights(path, save_format="tf")
        tf.train.Checkpoint(again).read(path).assert_consumed()

    @pytest.mark.parametrize("writer", [tfk, tf_keras])
    @pytest.mark.parametrize("reader", [tfk, tf_keras])
    def test_layers_without_weights_may_come_and_go(
        self, writer, reader, tmp_path
    ):
        def make(keras, rates):
            layers = [keras.layers.Dropout(rate) for rate in rates]
            return keras.Sequential(
                [
                    keras.Input((3,)),
                    keras.layers.Dense(4),
                    *layers,
                    keras.layers.Dense(4),
                    keras.layers.Dense(2),
                ]
            )

        path = str(tmp_path / "c")
        for rates, others in (([0.5], []), ([], [0.5])):
            saved, loaded = make(writer, rates), make(reader, others)
            saved.save_weights(path, save_format="tf")
            loaded.load_weights(path)
            _same(saved.weights, loaded.weights)

    @pytest.mark.parametrize("kind", ["text", "strings", "bins"])
    def test_what_tf_keras_learned_before_other_layers(self, kind, tmp_path):
        # It counts such layers among those with weights.
        def make(keras, data):
            layer = {
                "text": lambda: keras.layers.TextVectorization(
                    output_sequence_length=3
                ),
                "strings": keras.layers.StringLookup,
                "bins": lambda: keras.layers.Discretization(num_bins=3),
            }[kind]()
            layer.adapt(data)
            inputs = keras.Input((1,), dtype=data.dtype)
            first = keras.Input((1,), dtype=data.dtype)
            x = keras.Sequential([first, layer])(inputs)
            x = keras.layers.Flatten()(keras.layers.Embedding(9, 4)(x))
            x = keras.layers.Dense(4)(keras.layers.Dense(4)(x))
            return keras.Model(inputs, x)

        data = tf.constant([["a"], ["b"], ["b"], ["c"]])
        if kind == "bins":
            data = tf.constant([[1.0], [2.0], [3.0], [4.0]])
        path = str(tmp_path / "c")
        saved, loaded = make(tf_keras, data), make(tfk, data)
        expected = saved.predict(data, verbose=0)
        saved.save_weights(path, save_format="tf")
        loaded.load_weights(path)
        np.testing.assert_allclose(loaded.predict(data, verbose=0), expected)
        back = make(tf_keras, data)
        loaded.save_weights(path, save_format="tf")
        back.load_weights(path).expect_partial()
        np.testing.assert_allclose(back.predict(data, verbose=0), expected)
        saved.save(str(tmp_path / "m"), save_format="tf")
        loaded = tfk.models.load_model(tmp_path / "m")
        np.testing.assert_allclose(loaded.predict(data, verbose=0), expected)

    def test_two_layers_take_the_weights_of_a_shared_one(self, tmp_path):
        def nested(layers):
            x = tfk.Input((3,))
            parts = [
                tfk.Sequential([tfk.Input((3,)), layer])(x) for layer in layers
            ]
            return tfk.Model(x, parts[0] * parts[1])

        shared = tfk.layers.Dense(2)
        saved = nested([shared, shared])
        saved.save_weights(tmp_path / "c")
        loaded = nested([tfk.layers.Dense(2), tfk.layers.Dense(2)])
        loaded.load_weights(tmp_path / "c")
        x = tf.ones((2, 3))
        np.testing.assert_array_equal(loaded(x), saved(x))

    def test_a_model_without_weights_takes_them_as_they_are_made(
        self, tmp_path
    ):
        path = str(tmp_path / "weights")

        def chain():
            return tfk.Sequential([tfk.layers.Dense(2), tfk.layers.Dense(1)])

        class Own(tfk.Model):
            def __init__(self):
                super().__init__()
                self.dense = tfk.layers.Dense(3)

            def call(self, inputs):
                return self.dense(inputs)

        for make in (chain, Own):
            saved = make()
            saved(np.ones((1, 2), "float32"))
            saved.save_weights(path)
            loaded = make()
            status = loaded.load_weights(path)
            loaded(np.ones((1, 2), "float32"))
            _same(saved.get_weights(), loaded.get_weights())
            status.assert_existing_objects_matched()

    def test_what_does_not_fit_is_listed_and_nothing_is_changed(self, tmp_path):
        def make(units, last):
            layers = [tfk.Input((3,)), tfk.layers.Dense(4, name="a")]
            layers += [tfk.layers.Dense(u) for u in units]
            return tfk.Sequential([*layers, *last])

        path = str(tmp_path / "weights")
        make([5], []).save_weights(path)
        model = make([6], [tfk.layers.Dense(1)])
        before = model.get_weights()
        with pytest.raises(ValueError) as caught:
            model.load_weights(path)
        message = str(caught.value)
        assert "/kernel: the model has [4, 6]" in message
        assert "the checkpoint [4, 5]" in message
        assert "/bias: the model has [1], the checkpoint nothing" in message
        _same(model.get_weights(), before)
        short = make([], [])
        with pytest.raises(ValueError, match="the model has nothing, the chec"):
            short.load_weights(path)
        with pytest.warns(UserWarning, match="do not fit"):
            assert model.load_weights(path, skip_mismatch=True) is None
        saved = make([5], [])
        saved.load_weights(path)
        _same(model.get_weights()[:2], saved.get_weights()[:2])
        _same(model.get_weights()[2:], before[2:])
        with pytest.raises(ValueError, match="by_name=True"):
            model.load_weights(path, by_name=True)

    def test_the_state_of_another_optimizer_is_left_out(self, tmp_path):
        path = str(tmp_path / "weights")
        saved = _fitted(tfk, "sequential", "adam")
        saved.save_weights(path)
        loaded = _fitted(tfk, "sequential", tfk.optimizers.SGD(momentum=0.9))
        before = _slots(loaded)
        with pytest.warns(UserWarning, match="fresh optimizer"):
            loaded.load_weights(path)
        _same(saved.get_weights(), loaded.get_weights())
        _same(_slots(loaded), before)
        plain = models_to_save.sequential(tfk)
        plain.load_weights(path).expect_partial()
        _same(saved.get_weights(), plain.get_weights())

    def test_layers_are_not_gathered_for_each_layer(self, tmp_path):
        class Counted(tfk.Sequential):
            looks = 0

            @property
            def variables(self):
                Counted.looks += 1
                return super().variables

        chain = [tfk.layers.Dense(1) for _ in range(40)]
        model = Counted([tfk.Input((1,)), *chain])
        model.save_weights(tmp_path / "weights")
        Counted.looks = 0
        model.load_weights(tmp_path / "weights")
        assert Counted.looks < 20

    @pytest.mark.parametrize("keras", [tfk, tf_keras])
    def test_optimizers_of_a_step_of_its_own_go_on(self, keras, tmp_path):
        path = str(tmp_path / "weights")
        rows = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)
        saved = _rivals(keras)
        saved.fit(rows, epochs=2, verbose=0)
        saved.save_weights(path)
        loaded = _rivals(tfk)
        loaded.load_weights(path)
        _same(saved.get_weights(), loaded.get_weights())
        for model in (saved, loaded):
            model.fit(rows, epochs=2, verbose=0)
        for one, other in zip(saved.get_weights(), loaded.get_weights()):
            np.testing.assert_allclose(one, other, atol=1e-6)
        assert int(loaded.rates[1].iterations) == 4
        # Without being compiled it has no place for them.
        plain = _rivals(tfk, is_compiled=False)
        with pytest.warns(UserWarning, match="'rates/0', 'rates/1'"):
            plain.load_weights(path)

    def test_objects_that_count_are_no_optimizers(self, tmp_path):
        class Part(tf.Module):
            def __init__(self, sizes):
                super().__init__()
                self.iter = tf.Variable(0)
                self._iterations = tf.Variable(0)
                for size in sizes:
                    setattr(self, f"w{size}", tf.Variable(tf.zeros(size)))

        def model(part):
            made = tfk.Sequential([tfk.Input((3,)), tfk.layers.Dense(1)])
            made.part = part
            return made

        path = str(tmp_path / "weights")
        model(Part([1, 2])).save_weights(path)
        with pytest.raises(ValueError, match="part/w2: the model has nothing"):
            model(Part([1])).load_weights(path)
        part = Part([1])
        del part._iterations
        model(part).save_weights(path)
        with pytest.raises(ValueError, match="part/iter: the model has not"):
            model(None).load_weights(path)

    @pytest.mark.parametrize(
        "name, arguments",
        [
            ("SGD", {"momentum": 0.9}),
            ("Adam", {"amsgrad": True}),
            ("RMSprop", {"momentum": 0.5, "centered": True}),
            ("Adadelta", {}),
            ("Adamax", {}),
        ],
    )
    def test_older_optimizers_hand_their_state_over(
        self, name, arguments, tmp_path
    ):
        """Those before TensorFlow 2.11 kept slots beside the objects."""
        arguments = {"learning_rate": 0.01, **arguments}
        optimizer = getattr(tf_keras.optimizers.legacy, name)(**arguments)
        saved = _fitted(tf_keras, "functional", optimizer)
        path = str(tmp_path / "weights")
        saved.save_weights(path)
        objects = tf.train.Checkpoint(model=saved, optimizer=optimizer)
        whole = objects.save(str(tmp_path / "objects"))
        x, y = models_to_save.functional_data()
        # The first step that both make needs the random mask of none.
        for layer in (saved.get_layer("nested").get_layer("drop"),):
            layer.rate = 0.0
        loaded = []
        for way in ("weights", "objects", "unbuilt"):
            model = models_to_save.functional(tfk)
            model.get_layer("nested").get_layer("drop").rate = 0.0
            own = getattr(tfk.optimizers, name)(**arguments)
            model.compile(own, "mse")
            if way != "unbuilt":
                model.fit(x, y, verbose=0)
            if way == "weights":
                model.load_weights(path)
            else:
                read = tf.train.Checkpoint(model=model, optimizer=own)
                read.restore(whole).expect_partial()
            assert int(own.iterations) == int(optimizer.iterations)
            loaded.append(model)
        saved.compile(optimizer, "mse")
        saved.fit(x, y, verbose=0, shuffle=False)
        for model in loaded:
            model.fit(x, y, verbose=0, shuffle=False)
            for one, other in zip(saved.get_weights(), model.get_weights()):
                np.testing.assert_allclose(one, other, 1e-5, 1e-6)

    def test_variables_that_stand_for_nothing_do_not_count(self, tmp_path):
        path = str(tmp_path / "weights")
        saved = _fitted(tf_keras, "functional", tf_keras.optimizers.Adafactor())
        saved.save_weights(path)
        loaded = _fitted(tfk, "functional", tfk.optimizers.Adafactor())
        loaded.load_weights(path)
        own = [x.numpy() for x in saved.optimizer.variables if x.shape.rank]
        _same([x for x in _slots(loaded) if np.ndim(x)], own)

    def test_a_model_is_found_under_any_name(self, tmp_path):
        saved = models_to_save.functional(tfk)
        other = models_to_save.sequential(tfk)
        objects = tf.train.Checkpoint(net=saved, other=other)
        path = objects.save(str(tmp_path / "objects"))
        for model in (saved, other):
            expected = model.get_weights()
            model.set_weights([0 * w for w in expected])
            model.load_weights(path)
            _same(model.get_weights(), expected)
        # Of two alike, none is taken.
        path = tf.train.Checkpoint(a=saved, b=models_to_save.functional(tfk))
        path = path.save(str(tmp_path / "objects"))
        with pytest.raises(ValueError, match="several models: .'a', 'b'"):
            saved.load_weights(path)

    def test_state_of_two_replicas_moves(self, tmp_path):
        path = str(tmp_path / "weights")
        strategy = strategies.two_replicas()
        with strategy.scope():
            model = models_to_save.sequential(tfk)
            model.compile("adam", "mse")
        model.fit(np.ones((4, 6, 6, 1)), np.ones((4, 3)), verbose=0)
        model.save_weights(path)
        single = _fitted(tfk, "sequential")
        single.load_weights(path)
        _same(model.get_weights(), single.get_weights())
        single.set_weights([0 * w for w in single.get_weights()])
        single.save_weights(path)
        model.load_weights(path)
        _same(model.get_weights(), single.get_weights())

    def test_layers_are_skipped_whole(self, tmp_path):
        def model(units, use_bias=True):
            inner = tfk.Sequential(
                [
                    tfk.layers.Dense(3, use_bias=use_bias),
                    tfk.layers.LSTM(units, return_sequences=True),
                ]
            )
            x = tfk.Input((4, 5))
            return tfk.Model(x, tfk.layers.Dense(2)(inner(x)))

        path = str(tmp_path / "weights")
        saved = model(2)
        saved.compile("adam", "mse")
        saved.save_weights(path)
        for loaded, fits in (
            # The kernel of the last layer does not fit, its bias would.
            (model(6), "ii-----"),
            # The model lacks a bias, and the layer's kernel would fit.
            (model(2, use_bias=False), "-iiiii"),
        ):
            loaded.compile("adam", "mse")
            loaded.optimizer.build(loaded.trainable_variables)
            ones = [np.ones_like(w) for w in loaded.get_weights()]
            loaded.set_weights(ones)
            with pytest.warns(UserWarning, match="do not fit(.|\n)*optimizer"):
                loaded.load_weights(path, skip_mismatch=True)
            found = [
                "-" if np.all(w == 1) else "i" for w in loaded.get_weights()
            ]
            assert len(found) == len(fits)
            # Ones are what part of a bias of an LSTM begins with.
            assert "".join(found) == fits

    def test_weights_that_tensorflow_would_leave_out_are_told(self, tmp_path):
        class Keeps(tfk.Model):
            def __init__(self):
                super().__init__()
                self.inner = collections.defaultdict(list)
                self.inner["a"].append(tfk.layers.Dense(2))

            def call(self, inputs):
                return self.inner["a"][0](inputs)

        model = Keeps()
        model(np.ones((1, 3)))
        with pytest.raises(ValueError, match="checkpoints do not look"):
            model.save_weights(str(tmp_path / "weights"))
        assert not list(tmp_path.iterdir())

    def test_a_broken_checkpoint_is_refused(self, tmp_path):
        model = models_to_save.sequential(tfk)
        path = str(tmp_path / "weights")
        model.save_weights(path)
        with open(f"{path}.index", "r+b") as file:
            file.truncate(40)
        with pytest.raises(tfk.errors.CorruptFileError, match="damaged"):
            model.load_weights(path)
        with pytest.raises(OSError, match="no such file"):
            model.load_weights(str(tmp_path / "none"))
        graph = tf.compat.v1.Graph()
        with graph.as_default(), tf.compat.v1.Session() as session:
            variable = tf.compat.v1.get_variable("v", (2,))
            session.run(variable.initializer)
            tf.compat.v1.train.Saver().save(session, str(tmp_path / "v1"))
        with pytest.raises(ValueError, match="TensorFlow 1"):
            model.load_weights(str(tmp_path / "v1"))
