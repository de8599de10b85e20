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
"""Tests of saving and loading whole models and their weights."""

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import models_to_save


def _equal(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second):
        np.testing.assert_array_equal(one, other)


def _values(variables):
    return [variable.numpy() for variable in variables]


def _trained(keras, **compile_arguments):
    model = models_to_save.functional(keras)
    x, y = models_to_save.functional_data()
    arguments = {
        "optimizer": "adam",
        "loss": {"score": "mse", "size": keras.losses.Huber(2.0)},
        "metrics": {"score": ["mae", keras.metrics.AUC(num_thresholds=5)]},
        **compile_arguments,
    }
    model.compile(**arguments)
    model.fit(x, y, batch_size=3, verbose=0)
    return model


@tfk.saving.register_keras_serializable("saving_test")
class Scale(tfk.layers.Layer):
    """A layer without a config of its own."""

    def __init__(self, factor=1.0, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.inner = inner

    def build(self, input_shape):
        self.scale = self.add_weight("scale", (), initializer="ones")

    def call(self, inputs):
        x = inputs * self.factor * self.scale
        return x if self.inner is None else self.inner(x)


class RoundTripTest:
    @pytest.mark.parametrize(
        "name",
        [
            "functional",
            "sequential",
            "lazy_sequential",
            "embedding",
            "wide_deep",
        ],
    )
    def test_model_computes_the_same_after_two_round_trips(
        self, name, tmp_path
    ):
        model = models_to_save.MAKERS[name](tfk)
        path = str(tmp_path / "model.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        again.save(path)
        again = tfk.models.load_model(path)
        assert type(again) is type(model)
        assert again.get_config() == model.get_config()
        _equal(again.get_weights(), model.get_weights())
        specs = tf.nest.map_structure(lambda x: x, model.save_spec()[0][0])
        x = tf.nest.map_structure(
            lambda s: tf.ones([2, *s.shape[1:]], s.dtype), specs
        )
        tf.nest.map_structure(
            np.testing.assert_array_equal,
            model.predict(x, verbose=0),
            again.predict(x, verbose=0),
        )

    def test_compile_state_and_slots_come_back(self, tmp_path):
        model = _trained(
            tfk,
            optimizer=tfk.optimizers.Adam(0.5),
            loss_weights={"score": 2.0},
        )
        path = tmp_path / "model.keras"
        model.save(path)
        again = tfk.models.load_model(path)
        assert again.optimizer.get_config() == model.optimizer.get_config()
        _equal(
            _values(again.optimizer.variables),
            _values(model.optimizer.variables),
        )
        x, y = models_to_save.functional_data()
        assert again.evaluate(x, y, verbose=0) == model.evaluate(
            x, y, verbose=0
        )
        assert int(again.optimizer.iterations) == 2
        again.fit(x, y, batch_size=3, verbose=0)
        assert int(again.optimizer.iterations) == 4
        assert tfk.models.load_model(path, compile=False).optimizer is None

    @pytest.mark.parametrize("optimizer", ["sgd", tfk.optimizers.Adam])
    @pytest.mark.parametrize("name", ["m.keras", "m.h5", "m"])
    def test_a_changed_learning_rate_comes_back(
        self, name, optimizer, tmp_path
    ):
        model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        model.compile(
            optimizer if optimizer == "sgd" else optimizer(0.25), "mse"
        )
        model.optimizer.learning_rate = 0.125
        model.save(tmp_path / name)
        again = tfk.models.load_model(tmp_path / name)
        assert float(again.optimizer.learning_rate) == 0.125

    @pytest.mark.parametrize("name", ["m.keras", "m.h5", "m"])
    def test_averages_begin_with_the_weights_that_were_loaded(
        self, name, tmp_path
    ):
        model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        optimizer = tfk.optimizers.SGD(
            use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2
        )
        model.compile(optimizer, "mse")
        model.save(tmp_path / name)
        again = tfk.models.load_model(tmp_path / name)
        x, y = np.ones((4, 2)), np.zeros((4, 1))
        for one in (model, again):
            one.fit(x, y, batch_size=2, verbose=0)
        _equal(again.get_weights(), model.get_weights())
        _equal(
            _values(again.optimizer.variables),
            _values(model.optimizer.variables),
        )

    def test_random_layers_go_on_where_they_were(self, tmp_path):
        layers = [tfk.Input((50,)), tfk.layers.Dropout(0.5, seed=1)]
        model = tfk.Sequential(layers)
        ones = tf.ones((1, 50))
        model(ones, training=True)
        path = tmp_path / "model.keras"
        model.save(path)
        again = tfk.models.load_model(path)
        np.testing.assert_array_equal(
            again(ones, training=True), model(ones, training=True)
        )

    def test_custom_objects_come_back_at_every_depth(self, tmp_path):
        inner = Scale(3.0, inner=tfk.layers.Dense(2))
        chain = tfk.Sequential([tfk.Input((2,)), inner])
        inputs = tfk.Input((2,))
        model = tfk.Model(inputs, Scale(2.0)(chain(inputs)))
        path = tmp_path / "model.keras"
        model.save(path)
        again = tfk.models.load_model(path)
        np.testing.assert_array_equal(
            again(tf.ones((1, 2))), model(tf.ones((1, 2)))
        )

    def test_unregistered_classes_are_named_when_saving(self, tmp_path):
        class Unknown(tfk.layers.Layer):
            def call(self, inputs):
                return inputs

        model = tfk.Sequential([tfk.Input((2,)), Unknown()])
        path = str(tmp_path / "model.keras")
        with pytest.warns(UserWarning, match="register_keras_serializable"):
            model.save(path)
        with pytest.raises(ValueError, match="custom_objects.*'Unknown'") as e:
            tfk.models.load_model(path)
        assert str(e.value).startswith(f"{path}: config.json")
        tfk.models.load_model(path, custom_objects={"Unknown": Unknown})
        with tfk.saving.custom_object_scope({"Unknown": Unknown}):
            tfk.models.load_model(path)

    def test_subclassed_models_come_back_built(self, tmp_path):
        cls = models_to_save.subclassed_class(tfk)
        model = models_to_save.subclassed(tfk)
        path = str(tmp_path / "model.keras")
        with pytest.warns(UserWarning, match="Whole"):
            model.save(path)
        again = tfk.models.load_model(path, custom_objects={"Whole": cls})
        _equal(again.get_weights(), model.get_weights())

    def test_vocabularies_travel_in_the_archive(self, tmp_path):
        words = np.array([["b"], ["a"], ["b"], ["two\nlines"], [""]])
        look_up = tfk.layers.StringLookup(output_mode="tf_idf")
        look_up.adapt(words)
        normal = tfk.layers.Normalization()
        normal.adapt(np.array([[1.0], [5.0]]))
        text, number = tfk.Input((1,), dtype="string"), tfk.Input((1,))
        outputs = tf.concat([look_up(text), normal(number)], axis=-1)
        model = tfk.Model([text, number], outputs)
        path = str(tmp_path / "model.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        again.save(path)
        again = tfk.models.load_model(path)
        x = [tf.constant(words), tf.ones((5, 1))]
        np.testing.assert_array_equal(again(x), model(x))

    def test_file_opens_in_a_fresh_process(self, tmp_path):
        model = _trained(tfk)
        path = str(tmp_path / "model.keras")
        model.save(path)
        x, y = models_to_save.functional_data()
        np.savez(tmp_path / "data.npz", **x)
        code = f"""
            import numpy as np, tfk
            model = tfk.models.load_model({path!r})
            x = dict(np.load({str(tmp_path / "data.npz")!r}))
            y = model.predict(x, verbose=0)
            np.savez({str(tmp_path / "out.npz")!r}, **y)
        """
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], check=True
        )
        outputs = np.load(tmp_path / "out.npz")
        for key, value in model.predict(x, verbose=0).items():
            np.testing.assert_allclose(outputs[key], value, rtol=1e-6)

    def test_json_gives_the_architecture(self):
        model = models_to_save.functional(tfk)
        text = model.to_json()
        again = tfk.models.model_from_json(text)
        assert again.get_config() == model.get_config()
        again = tfk.models.model_from_config(json.loads(text))
        assert again.output_shape == model.output_shape
        for broken in ("[]", '{"class_name": "Functional"}', "{", "NaN"):
            with pytest.raises(ValueError):
                tfk.models.model_from_json(broken)


class KerasTest:
    """Files move both ways between tfk and tf_keras."""

    @pytest.mark.parametrize(
        "writer, reader", [(tfk, tf_keras), (tf_keras, tfk)]
    )
    @pytest.mark.parametrize(
        "name", ["sequential", "lazy_sequential", "embedding", "wide_deep"]
    )
    def test_models(self, name, writer, reader, tmp_path):
        model = models_to_save.MAKERS[name](writer)
        path = str(tmp_path / "model.keras")
        model.save(path)
        _equal(
            reader.models.load_model(path).get_weights(), model.get_weights()
        )
        reader.models.model_from_json(model.to_json())

    @pytest.mark.parametrize(
        "writer, reader", [(tfk, tf_keras), (tf_keras, tfk)]
    )
    def test_compile_state(self, writer, reader, tmp_path):
        model = _trained(writer, optimizer="rmsprop")
        path = str(tmp_path / "model.keras")
        model.save(path)
        again = reader.models.load_model(path)
        _equal(again.get_weights(), model.get_weights())
        _equal(
            _values(again.optimizer.variables),
            _values(model.optimizer.variables),
        )
        x, y = models_to_save.functional_data()
        np.testing.assert_allclose(
            again.evaluate(x, y, verbose=0),
            model.evaluate(x, y, verbose=0),
            rtol=1e-5,
        )
        again.fit(x, y, verbose=0)

    @pytest.mark.parametrize(
        "writer, reader", [(tfk, tf_keras), (tf_keras, tfk)]
    )
    @pytest.mark.parametrize("name", models_to_save.MAKERS)
    def test_weights(self, name, writer, reader, tmp_path):
        model = models_to_save.MAKERS[name](writer)
        path = str(tmp_path / "model.weights.h5")
        model.save_weights(path)
        other = models_to_save.MAKERS[name](reader)
        other.load_weights(path)
        # Metrics count as weights in tf_keras alone.
        _equal(
            _values(other.trainable_variables),
            _values(model.trainable_variables),
        )

    @pytest.mark.parametrize(
        "writer, reader", [(tfk, tf_keras), (tf_keras, tfk)]
    )
    def test_preprocessing(self, writer, reader, tmp_path):
        layers = writer.layers
        words = np.array([["b"], ["a"], ["b"]])
        look_up = layers.StringLookup(output_mode="one_hot")
        look_up.adapt(words)
        normal = layers.Normalization()
        normal.adapt(np.array([[1.0], [5.0]]))
        text = writer.Input((1,), dtype="string", name="text")
        number = writer.Input((1,), name="number")
        given = layers.IntegerLookup(vocabulary=[1, 4], output_mode="one_hot")
        parts = [look_up(text), normal(number), given(tf.cast(number, "int64"))]
        outputs = layers.Concatenate()(parts)
        model = writer.Model([text, number], outputs)
        path = str(tmp_path / "model.keras")
        model.save(path)
        x = [tf.constant(words), tf.constant([[1.0], [4.0], [9.0]])]
        again = reader.models.load_model(path)
        np.testing.assert_allclose(again(x), model(x), rtol=1e-6)


class PathTest:
    @pytest.mark.parametrize("name", ["m.keras", "m.h5", "m", "w.weights.h5"])
    def test_paths_of_all_kinds(self, name, tmp_path, monkeypatch):
        model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        for path in (
            name,
            os.fsencode(f"bytes/{name}"),
            tmp_path / "päth" / "模" / name,
            f"./new/{name}",
            f"~/{name}",
        ):
            if "weights" in name:
                model.save_weights(path)
                model.load_weights(path)
                continue
            model.save(path)
            loaded = tfk.models.load_model(path)
            _equal(loaded.get_weights(), model.get_weights())
        assert (tmp_path / "home" / name).exists()
        assert not (tmp_path / "~").exists()


class BadRequestTest:
    @pytest.fixture
    def model(self):
        return tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"filepath": "model", "save_format": "zip"}, "save_format='zip'"),
            ({"filepath": "m.weights.h5"}, "save_weights"),
            ({"filepath": "m.keras", "save_format": "tf"}, "save_format='tf'"),
            ({"filepath": "m.keras", "signatures": 1}, "signatures"),
        ],
    )
    def test_save_says_what_it_can(self, model, arguments, message):
        with pytest.raises(ValueError, match=message):
            model.save(**arguments)

    def test_paths_must_be_paths(self, model):
        for method in (model.save, model.save_weights, model.load_weights):
            with pytest.raises(TypeError, match="filepath=3"):
                method(3)

    def test_no_path_is_no_folder(self, model, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for method in (model.save, model.save_weights, model.load_weights):
            with pytest.raises(ValueError, match="filepath=''"):
                method("")
        assert not list(tmp_path.iterdir())

    def test_files_are_no_paths(self, model, tmp_path):
        path = tmp_path / "m.keras"
        model.save(path)
        with open(path, "rb") as file:
            with pytest.raises(TypeError, match="Pass the name of the file"):
                tfk.models.load_model(file)

    def test_folders_are_no_files_of_weights(self, model, tmp_path):
        (tmp_path / "w.weights.h5").mkdir()
        with pytest.raises(ValueError, match="this is a folder"):
            model.load_weights(tmp_path / "w.weights.h5")
        with pytest.raises(OSError, match="there is a folder of that name"):
            model.save_weights(tmp_path / "w.weights.h5")

    def test_weights_go_to_weights_files(self, model, tmp_path):
        with pytest.raises(ValueError, match="weights.h5"):
            model.save_weights(str(tmp_path / "w.keras"))
        with pytest.raises(ValueError, match="save_format='h5'"):
            model.save_weights(str(tmp_path / "w"), save_format="h5")
        unbuilt = tfk.Sequential([tfk.layers.Dense(1)])
        with pytest.raises(ValueError, match="no weights yet"):
            unbuilt.save_weights(str(tmp_path / "w.weights.h5"))

    def test_existing_files_stay_without_overwrite(self, model, tmp_path):
        for method, name in (
            (model.save, "m.keras"),
            (model.save_weights, "m.weights.h5"),
        ):
            path = tmp_path / name
            path.write_bytes(b"precious")
            with pytest.raises(ValueError, match="overwrite=False"):
                method(str(path), overwrite=False)
            assert path.read_bytes() == b"precious"
            method(str(path))
            assert path.read_bytes() != b"precious"

    def test_load_model_says_what_a_path_is(self, model, tmp_path):
        with pytest.raises(OSError, match="no such file"):
            tfk.models.load_model(str(tmp_path / "none.keras"))
        with pytest.raises(ValueError, match="no SavedModel"):
            tfk.models.load_model(tmp_path)
        path = str(tmp_path / "m.weights.h5")
        model.save_weights(path)
        with pytest.raises(ValueError, match="holds no model.*load_weights"):
            tfk.models.load_model(path)
        for content in (b"", b"hello", b"PK\x03\x04 cut off"):
            (tmp_path / "x.keras").write_bytes(content)
            with pytest.raises(tfk.errors.CorruptFileError, match="x.keras"):
                tfk.models.load_model(str(tmp_path / "x.keras"))
            with pytest.raises(tfk.errors.CorruptFileError, match="x.keras"):
                model.load_weights(str(tmp_path / "x.keras"))

    def test_configs_that_json_can_not_hold_are_refused(self, tmp_path):
        @tfk.saving.register_keras_serializable("saving_test")
        class Odd(Scale):
            def get_config(self):
                return {"factor": self.factor}

        path = tmp_path / "m.keras"
        for value in (object(), float("nan")):
            layer = Odd(name="odd")
            layer.factor = value
            with pytest.raises(TypeError, match="Received: (<object|nan)") as e:
                tfk.Sequential([layer]).save(path)
            text = str(e.value) + "".join(getattr(e.value, "__notes__", ()))
            assert "Odd 'odd'" in text or "config/factor" in text
            assert not path.exists()


def _layers_with_tables():
    def make(keras):
        class Table(keras.layers.Layer):
            def __init__(self, table, **kwargs):
                super().__init__(**kwargs)
                self.table = dict(table)

            def call(self, inputs):
                return inputs

            def get_config(self):
                return {**super().get_config(), "table": self.table}

        register = keras.saving.register_keras_serializable
        return register("saving_test")(Table)

    return make(tfk), make(tf_keras)


class IntegerKeysTest:
    @pytest.mark.parametrize("name", ["m.keras", "m.h5", "m"])
    def test_integers_as_keys_of_configs_stay_integers(self, name, tmp_path):
        layer, oracle = _layers_with_tables()
        table = {0: 1.0, 1: {-7: {"a": 2}}, np.int64(2): {"3": 4}}
        model = tfk.Sequential([tfk.Input((3,)), layer(table)])
        path = str(tmp_path / name)
        model.save(path)
        assert tfk.models.load_model(path).layers[-1].table == table
        again = tfk.models.model_from_json(model.to_json())
        assert again.layers[-1].table == table
        if name == "m.keras":
            # Keras has strings there, as in its own files.
            expected = {"0": 1.0, "1": {"-7": {"a": 2}}, "2": {"3": 4}}
            custom = {"saving_test>Table": oracle}
            found = tf_keras.models.load_model(path, custom_objects=custom)
            assert found.layers[-1].table == expected
