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
"""Whole models in HDF5: of tfk, of tf_keras, and of earlier Kerases."""

import json
import pathlib
import subprocess
import sys
import textwrap

import h5py
import keras as keras_3
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.saving import old_configs_test
from tfk.testing import models_to_save
from tfk.testing import strategies

BOTH_WAYS = pytest.mark.parametrize(
    "writer, reader", [(tfk, tf_keras), (tf_keras, tfk), (tfk, tfk)]
)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "model.h5")


def values(variables):
    return [np.asarray(variable) for variable in variables]


def assert_equal(one, other):
    assert len(one) == len(other)
    for x, y in zip(one, other):
        np.testing.assert_array_equal(x, y)


def trained(keras, optimizer, loss=None, **arguments):
    model = models_to_save.functional(keras)
    x, y = models_to_save.functional_data()
    loss = loss or {"score": "mse", "size": keras.losses.Huber(2.0)}
    arguments = {"metrics": {"score": ["mae"]}, **arguments}
    model.compile(optimizer, loss, **arguments)
    model.fit(x, y, batch_size=3, verbose=0)
    return model


def small(keras=tfk):
    return keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, name="dense")]
    )


@tfk.saving.register_keras_serializable("hdf5_model_test")
class Scaled(tfk.Model):
    """Has an optimizer of its own, which its first step builds."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = tfk.layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)

    def compile(self, rate):
        super().compile()
        self.rate = rate

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(data) - 1.0) ** 2)
            scaled = self.rate.scale_loss(loss)
        weights = self.trainable_weights
        gradients = tape.gradient(scaled, weights)
        self.rate.apply_gradients(zip(gradients, weights))
        return {"loss": loss}


class BothWaysTest:
    @BOTH_WAYS
    @pytest.mark.parametrize("name", ["sequential", "lazy_sequential"])
    def test_models(self, name, writer, reader, path):
        model = models_to_save.MAKERS[name](writer)
        model.save(path)
        again = reader.models.load_model(path)
        assert_equal(again.get_weights(), model.get_weights())
        assert [x.name for x in again.layers] == [x.name for x in model.layers]

    @BOTH_WAYS
    @pytest.mark.parametrize(
        "optimizer",
        [
            "adam",
            lambda keras: keras.optimizers.Adam(
                keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5),
                amsgrad=True,
                clipnorm=1.0,
            ),
            lambda keras: keras.optimizers.SGD(0.1, momentum=0.9),
            lambda keras: keras.optimizers.RMSprop(centered=True),
        ],
    )
    def test_compiled_models(self, optimizer, writer, reader, path):
        if callable(optimizer):
            optimizer = optimizer(writer)
        model = trained(writer, optimizer, loss_weights={"score": 2.0})
        model.save(path, save_format="h5")
        again = reader.models.load_model(path)
        assert_equal(again.get_weights(), model.get_weights())
        assert_equal(
            values(again.optimizer.variables), values(model.optimizer.variables)
        )
        x, y = models_to_save.functional_data()
        np.testing.assert_allclose(
            again.evaluate(x, y, verbose=0),
            model.evaluate(x, y, verbose=0),
            rtol=1e-5,
        )
        for keras_model in (model, again):
            keras_model.fit(x, y, shuffle=False, batch_size=6, verbose=0)
        assert int(again.optimizer.iterations) == 3
        assert reader.models.load_model(path, compile=False).optimizer is None

    @pytest.mark.parametrize(
        "name, arguments",
        [
            ("Adadelta", {}),
            ("Adagrad", {}),
            ("Adam", {"amsgrad": True, "decay": 0.1}),
            ("Adamax", {}),
            ("Ftrl", {}),
            ("Nadam", {}),
            ("RMSprop", {"centered": True, "momentum": 0.5}),
            ("SGD", {"momentum": 0.9, "nesterov": True}),
            # Without slots, but its rate depends on the number of steps.
            ("SGD", {"decay": 0.5}),
        ],
    )
    def test_slots_of_legacy_optimizers_of_tf_keras(
        self, name, arguments, path
    ):
        optimizer = getattr(tf_keras.optimizers.legacy, name)(0.1, **arguments)
        model = small(tf_keras)
        model.add(tf_keras.layers.Dense(2, name="last"))
        model.compile(optimizer, "mse")
        x, y = np.ones((3, 2)), np.zeros((3, 2))
        model.fit(x, y, epochs=3, batch_size=3, verbose=0)
        model.save(path)
        again = tfk.models.load_model(path)
        assert int(again.optimizer.iterations) == 3
        for keras_model in (model, again):
            keras_model.fit(x, y, batch_size=3, verbose=0)
        for one, other in zip(again.get_weights(), model.get_weights()):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)

    def test_tf_keras_reads_it_in_a_process_of_its_own(self, path, tmp_path):
        model = trained(tfk, "adam")
        model.save(path)
        x, _ = models_to_save.functional_data()
        np.savez(tmp_path / "data.npz", **x)
        code = f"""
            import numpy as np, tfk
            again = tfk.models.load_model({path!r})
            x = dict(np.load({str(tmp_path / "data.npz")!r}))
            y = again.predict(x, verbose=0)
            np.savez({str(tmp_path / "out.npz")!r}, **y)
        """
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], check=True
        )
        outputs = np.load(tmp_path / "out.npz")
        for key, value in model.predict(x, verbose=0).items():
            np.testing.assert_allclose(outputs[key], value, rtol=1e-5)


class StateTest:
    """What the format of Keras has no place for comes back to tfk."""

    def test_vocabularies_and_streams_come_back_twice(self, path):
        words = np.array([["b"], ["a"], ["b"], ["two\nlines"], [""]])
        look_up = tfk.layers.StringLookup(output_mode="tf_idf")
        look_up.adapt(words)
        normal = tfk.layers.Normalization()
        normal.adapt(np.array([[1.0], [5.0]]))
        text, number = tfk.Input((1,), dtype="string"), tfk.Input((1,))
        outputs = tf.concat([look_up(text), normal(number)], axis=-1)
        outputs = tfk.layers.Dropout(0.5, seed=3)(outputs)
        model = tfk.Model([text, number], outputs)
        x = [tf.constant(words), tf.ones((5, 1))]
        model(x, training=True)
        model.save(path)
        again = tfk.models.load_model(path)
        again.save(path)
        again = tfk.models.load_model(path)
        np.testing.assert_array_equal(again(x), model(x))
        np.testing.assert_array_equal(
            again(x, training=True), model(x, training=True)
        )

    def test_policies_and_replicas(self, path):
        with strategies.two_replicas().scope():
            model = small()
            model.compile("adam", "mse")
        model.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
        model.save(path)
        again = tfk.models.load_model(path)
        with strategies.two_replicas().scope():
            spread = tfk.models.load_model(path)
        for other in (again, spread):
            assert_equal(other.get_weights(), model.get_weights())
            assert_equal(
                values(other.optimizer.variables),
                values(model.optimizer.variables),
            )
            other.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)

    def test_half_precision_comes_back(self, path):
        for dtype in ("bfloat16", "float16", "mixed_bfloat16"):
            model = tfk.Sequential(
                [tfk.Input((2,)), tfk.layers.Dense(2, dtype=dtype)]
            )
            model.save(path)
            again = tfk.models.load_model(path)
            assert again.layers[0].dtype_policy.name == dtype
            assert again.layers[0].kernel.dtype == model.layers[0].kernel.dtype
            assert_equal(again.get_weights(), model.get_weights())

    def test_include_optimizer_may_be_false(self, path):
        trained(tfk, "adam").save(path, include_optimizer=False)
        assert tfk.models.load_model(path).optimizer is None
        assert tf_keras.models.load_model(path).optimizer is None

    def test_several_optimizers_go_on(self, path):
        model = models_to_save.wide_deep(tfk)
        model.save(path)
        loaded = tfk.models.load_model(path)
        for one, two in zip(loaded.optimizer, model.optimizer, strict=True):
            assert int(two.iterations) == 1
            assert_equal(one.get_weights(), two.get_weights())
        assert tfk.models.load_model(path, compile=False).optimizer is None
        model.save(path, include_optimizer=False)
        assert tfk.models.load_model(path).optimizer is None

    @pytest.mark.parametrize("name", ["model.h5", "model.keras"])
    def test_scaled_optimizers_of_a_step_of_its_own_go_on(
        self, name, tmp_path, recwarn
    ):
        rows = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)
        model = Scaled()
        model.compile(
            tfk.optimizers.LossScaleOptimizer(tfk.optimizers.Adam(0.1))
        )
        model.fit(rows, epochs=3, verbose=0)
        model.save(tmp_path / name)
        loaded = tfk.models.load_model(tmp_path / name)
        for one in (model, loaded):
            one.fit(rows, verbose=0)
        assert int(loaded.rate.iterations) == 4
        assert_equal(
            values(loaded.rate.variables), values(model.rate.variables)
        )
        assert_equal(loaded.get_weights(), model.get_weights())
        assert not [x for x in recwarn if "optimizer" in str(x.message)]

    def test_whole_files_give_their_weights_to_models(self, path):
        model = trained(tfk, "adam")
        model.save(path)
        other = models_to_save.functional(tfk)
        other.load_weights(path)
        assert_equal(other.get_weights(), model.get_weights())


class HandMadeTest:
    """Layouts of Keras 2.0 to 2.3 that nothing writes any more."""

    def write(self, path, config, names, arrays, as_bytes=False, **attributes):
        text = json.dumps(config)
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = text.encode() if as_bytes else text
            for key, value in attributes.items():
                file.attrs[key] = value
            root = file.create_group("model_weights")
            root.attrs["layer_names"] = np.asarray([n.encode() for n in names])
            for name, layer in zip(names, arrays):
                group = root.create_group(name)
                paths = [f"{name}_1/{key}:0" for key in layer]
                half = len(paths) // 2
                # As files with long lists are.
                for part, some in enumerate((paths[:half], paths[half:])):
                    group.attrs[f"weight_names{part}"] = np.asarray(
                        [p.encode() for p in some]
                    )
                for key, array in zip(paths, layer.values()):
                    group[key] = array

    @pytest.mark.parametrize("as_bytes", [False, True])
    def test_chain_with_the_slots_of_its_optimizer(self, as_bytes, path):
        first = {"kernel": np.full((2, 3), 0.5, "f4"), "bias": np.ones(3, "f4")}
        second = {
            "kernel": np.full((3, 1), 2.0, "f4"),
            "bias": np.ones(1, "f4"),
        }
        training = {
            "optimizer_config": {
                "class_name": "Adam",
                "config": {
                    "lr": 0.25,
                    "beta_1": 0.9,
                    "beta_2": 0.999,
                    "decay": 0.0,
                    "epsilon": 1e-07,
                    "amsgrad": False,
                },
            },
            "loss": "mean_squared_error",
            "metrics": ["acc", "mae"],
            "sample_weight_mode": None,
            "loss_weights": None,
        }
        config = {
            "class_name": "Sequential",
            "config": [
                old_configs_test.FIRST,
                old_configs_test.dense("second", 1),
            ],
        }
        self.write(
            path,
            config,
            ["first", "second"],
            [first, second],
            as_bytes,
            training_config=json.dumps(training),
        )
        arrays = [*first.values(), *second.values()]
        slots = [np.int64(7)] + [a * 0 + k for k in (3, 4) for a in arrays]
        names = ["Adam/iterations:0"] + [f"training/V_{i}:0" for i in range(8)]
        with h5py.File(path, "r+") as file:
            group = file.create_group("optimizer_weights")
            group.attrs["weight_names"] = np.asarray(
                [n.encode() for n in names]
            )
            for name, slot in zip(names, slots):
                group[name] = slot
        model = tfk.models.load_model(path)
        assert_equal(model.get_weights(), arrays)
        assert float(model.optimizer.learning_rate) == 0.25
        assert int(model.optimizer.iterations) == 7
        moments = values(model.optimizer.variables)[1:]
        assert [float(m.max()) for m in moments] == [3, 4] * 4
        x, y = np.ones((4, 2)), np.ones((4, 1))
        assert len(model.evaluate(x, y, verbose=0)) == 3
        model.fit(x, y, verbose=0)

    def test_graph_with_a_shared_layer(self, path):
        kernel = np.array([[1.0, 2.0], [0.5, 1.0]], "f4")
        layer = {"kernel": kernel, "bias": np.zeros(2, "f4")}
        self.write(
            path,
            old_configs_test.functional(),
            ["x", "shared"],
            [{}, layer],
            keras_version="2.2.4",
        )
        model = tfk.models.load_model(path)
        x = np.array([[1.0, 2.0]], "f4")
        np.testing.assert_allclose(model(x), x @ kernel @ kernel)


def write_config(path, config, training=None):
    small().save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = config
        if training is not None:
            file.attrs["training_config"] = training


class HostileTest:
    def lambda_model(self, keras):
        function = eval("lambda x: x * 3.0")
        return keras.Sequential(
            [keras.Input((2,)), keras.layers.Lambda(function, name="code")]
        )

    @pytest.mark.parametrize("keras", [tfk, tf_keras, keras_3])
    @pytest.mark.filterwarnings("ignore:A lambda was saved")
    def test_code_runs_only_where_it_is_trusted(self, keras, path):
        self.lambda_model(keras).save(path)
        with pytest.raises(tfk.errors.UnsafeFileError, match="'code'") as e:
            tfk.models.load_model(path)
        assert e.value.path == path
        assert "safe_mode=False" in str(e.value)
        model = tfk.models.load_model(path, safe_mode=False)
        np.testing.assert_array_equal(model(np.ones((1, 2))), [[3.0, 3.0]])
        with pytest.raises(tfk.errors.UnsafeFileError):
            tfk.models.load_model(path)

    def test_modules_are_never_imported(self, path):
        layer = {
            "class_name": "Lambda",
            "config": {
                "name": "code",
                "function": "system",
                "function_type": "function",
                "module": "antigravity",
                "arguments": {},
            },
        }
        for safe_mode in (True, False):
            config = {"class_name": "Sequential", "config": {"layers": [layer]}}
            write_config(path, json.dumps(config))
            with pytest.raises(ValueError, match="system"):
                tfk.models.load_model(path, safe_mode=safe_mode)
        assert "antigravity" not in sys.modules

    @pytest.mark.parametrize(
        "config",
        [
            "",
            "{",
            "[]",
            "3",
            '{"class_name": "Dense"}',
            '{"class_name": "Dense", "config": {"units": 2}}',
            '{"class_name": "Sequential", "config": {}}',
            '{"class_name": "Sequential", "config": [[]]}',
            '{"class_name": "Model", "config": {"layers": 3}}',
            '{"class_name": "Unknown", "config": {}}',
            "[" * 1000,
            '{"a": NaN}',
        ],
    )
    def test_broken_configs_are_told(self, config, path):
        write_config(path, config)
        with pytest.raises(ValueError, match="model.h5") as e:
            tfk.models.load_model(path)
        assert str(e.value).startswith(path)

    def test_configs_may_not_ask_for_more_than_the_file_holds(self, path):
        config = {
            "class_name": "Sequential",
            "config": [
                old_configs_test.dense(
                    "big", 10**6, batch_input_shape=[None, 10**4]
                )
            ],
        }
        write_config(path, json.dumps(config))
        with pytest.raises(tfk.errors.UnsafeFileError, match="bytes") as e:
            tfk.models.load_model(path)
        assert str(e.value).startswith(path)

    def test_weights_without_a_model_are_told(self, path):
        small().save_weights(path)
        with pytest.raises(
            tfk.errors.CorruptFileError, match="holds no model.*load_weights"
        ):
            tfk.models.load_model(path)

    def test_state_and_assets_need_an_owner(self, path):
        for group in ("tfk_state/layers/gone", "tfk_assets/layers/gone"):
            small().save(path)
            with h5py.File(path, "r+") as file:
                file.create_group(group)["x"] = np.zeros(3, "uint8")
            with pytest.raises(ValueError, match="layers/gone"):
                tfk.models.load_model(path)

    def test_broken_training_configs_are_told(self, path):
        for training in ("[]", '{"loss": "no_such_loss"}', "{"):
            small().save(path)
            with h5py.File(path, "r+") as file:
                file.attrs["training_config"] = training
            with pytest.raises(ValueError, match="model.h5"):
                tfk.models.load_model(path)
            tfk.models.load_model(path, compile=False)

    def test_slots_of_others_are_left_out_with_a_warning(self, path):
        model = small()
        model.compile("adam", "mse")
        model.fit(np.ones((2, 2)), np.ones((2, 2)), verbose=0)
        model.save(path)
        with h5py.File(path, "r+") as file:
            names = file["optimizer_weights"].attrs["weight_names"]
            file["optimizer_weights"].attrs["weight_names"] = names[:-1]
        with pytest.warns(UserWarning, match="fresh optimizer"):
            again = tfk.models.load_model(path)
        assert int(again.optimizer.iterations) == 0


class InterruptedTest:
    def test_a_failed_save_leaves_the_earlier_file(self, path, monkeypatch):
        model = small()
        model.save(path)
        before = pathlib.Path(path).read_bytes()

        def fail(*args):
            raise OSError("no space left")

        monkeypatch.setattr("tfk.saving.hdf5_layers.write", fail)
        with pytest.raises(OSError, match="no space"):
            model.save(path)
        assert pathlib.Path(path).read_bytes() == before
