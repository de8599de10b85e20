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
"""What a move to Keras 3 would break, line by line: `MIGRATION.md`.

A line of the table there names the test here that shows it. Most are programs
that run unchanged in tf.keras and give the same numbers.
"""

import os
import pathlib
import re
import subprocess
import sys
from importlib import util

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import programs
from tfk.testing import strategies
from tfk.testing.programs import same_in_both

TABLE = pathlib.Path(tfk.__file__).parents[1] / "MIGRATION.md"
ROWS = 12


def numbers(*shape, seed=0):
    return programs.RANDOM(seed).normal(size=shape).astype("float32")


def trained(model, x, y, loss="mse", **arguments):
    """Fits a model; returns its history and what it predicts then."""
    compiled = {
        key: arguments.pop(key)
        for key in ("metrics", "sample_weight_mode", "weighted_metrics")
        if key in arguments
    }
    model.compile("sgd", loss, **compiled)
    history = model.fit(
        x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, **arguments
    ).history
    return history, model.predict(x, verbose=0)


# A module of the user's: what is in tfk itself is not converted.
CONTROL_FLOW = """
import tensorflow as tf

def make(keras):
    class Repeat(keras.layers.Layer):
        def __init__(self, limit=1.0, **kwargs):
            super().__init__(**kwargs)
            self.limit = limit

        def call(self, inputs):
            x = inputs
            for _ in tf.range(3):
                if tf.reduce_max(tf.abs(x)) > self.limit:
                    x = x / 2.0
                else:
                    break
            return x if tf.shape(x)[0] > 1 else -x

        def get_config(self):
            return {**super().get_config(), "limit": self.limit}

    return Repeat
"""


class GraphsTest:
    """Plain TensorFlow in layers and between them."""

    @same_in_both
    def test_python_if_and_for_in_call(self, keras, path):
        name = f"control_flow_{keras.__name__}"
        (path / f"{name}.py").write_text(CONTROL_FLOW)
        spec = util.spec_from_file_location(name, path / f"{name}.py")
        module = sys.modules[name] = util.module_from_spec(spec)
        spec.loader.exec_module(module)
        Repeat = keras.utils.register_keras_serializable()(module.make(keras))
        model = keras.Sequential(
            [keras.Input((3,)), Repeat(), keras.layers.Dense(1)]
        )
        programs.set_weights(model)
        x = numbers(ROWS, 3) * 4
        results = trained(model, x, x[:, :1])
        one = model.predict(x[:1], verbose=0)
        model.save(path / "model.keras")
        loaded = keras.models.load_model(path / "model.keras")
        assert np.array_equal(loaded.predict(x[:1], verbose=0), one)
        return results, one

    @same_in_both
    def test_tensorflow_ops_on_symbolic_tensors(self, keras, path):
        x = keras.Input((4, 3))
        h = tf.nn.relu(x) * 2.0 + tf.reduce_mean(x, axis=1, keepdims=True)
        h = tf.concat([h[:, ::2], tf.square(x[:, :1])], axis=1)
        h = tf.reshape(h, [-1, 9])
        y = keras.layers.Dense(1)(h * tf.exp(-h))
        model = programs.set_weights(keras.Model(x, y))
        data = numbers(ROWS, 4, 3)
        results = trained(model, data, data[:, 0, :1])
        model.save(path / "model.keras")
        loaded = keras.models.load_model(path / "model.keras")
        return results, loaded.predict(data, verbose=0)


class VariablesTest:
    """`tf.Variable`, `tf.Module` and tables as attributes."""

    @same_in_both
    def test_variables_of_tensorflow_are_weights(self, keras, path):
        class Scale(tf.Module):
            def __init__(self):
                super().__init__()
                self.factor = tf.Variable([0.5, 2.0, 1.0])

        class Affine(keras.layers.Layer):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.shift = tf.Variable([0.1, 0.2, 0.3])
                self.powers = [tf.Variable(1.0), tf.Variable(0.5)]
                self.named = {"bias": tf.Variable(0.25)}
                self.calls = tf.Variable(0, trainable=False)
                self.scale = Scale()

            def call(self, inputs):
                self.calls.assign_add(1)
                x = inputs * self.scale.factor + self.shift
                x = x * self.powers[0] + x**2 * self.powers[1]
                return x + self.named["bias"]

        model = keras.Sequential(
            [keras.Input((3,)), Affine(name="affine"), keras.layers.Dense(1)]
        )
        programs.set_weights(model)
        x = numbers(ROWS, 3)
        results = trained(model, x, x[:, :1])
        layer = model.get_layer("affine")
        counts = len(layer.trainable_weights), len(layer.non_trainable_weights)
        model.save_weights(path / "weights", save_format="tf")
        before = model.predict(x, verbose=0)
        for variable in layer.trainable_weights:
            variable.assign(tf.zeros_like(variable))
        model.load_weights(path / "weights").expect_partial()
        assert np.array_equal(model.predict(x, verbose=0), before)
        return results, counts, layer.calls.numpy() > 0

    def test_variables_of_tensorflow_are_in_every_file(self, tmp_path):
        @tfk.utils.register_keras_serializable("migration")
        class Affine(tfk.layers.Layer):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.factors = {"a": [tf.Variable(1.0)], "b": tf.Variable(2.0)}

            def call(self, inputs):
                return inputs * self.factors["a"][0] + self.factors["b"]

        with strategies.two_replicas().scope():
            model = tfk.Sequential([tfk.Input((1,)), Affine()])
            model.compile("sgd", "mse")
        x = numbers(ROWS, 1)
        model.fit(x, 3 * x, verbose=0)
        before = model.predict(x, verbose=0)
        for name in ("model.keras", "model.h5", "folder"):
            model.save(tmp_path / name)
            loaded = tfk.models.load_model(tmp_path / name)
            np.testing.assert_array_equal(loaded.predict(x, verbose=0), before)


class StructuresTest:
    """Inputs and outputs in dicts of lists of dicts."""

    @same_in_both
    def test_deeply_nested_inputs_and_outputs(self, keras, path):
        def made():
            inputs = {
                "user": [keras.Input((2,), name="age"), keras.Input((1,))],
                "item": {"price": keras.Input((3,), name="price")},
            }
            flat = tf.nest.flatten(inputs)
            h = keras.layers.Concatenate()(flat)
            outputs = {
                "heads": [keras.layers.Dense(1)(h), keras.layers.Dense(2)(h)],
                "all": h,
            }
            return programs.set_weights(keras.Model(inputs, outputs))

        model = made()
        x = {
            "user": [numbers(ROWS, 2), numbers(ROWS, 1)],
            "item": {"price": numbers(ROWS, 3)},
        }
        outputs = model.predict(x, verbose=0)
        called = model(tf.nest.map_structure(tf.constant, x))
        tf.nest.assert_same_structure(outputs, called)
        model.save(path / "model.keras")
        loaded = keras.models.load_model(path / "model.keras")
        return outputs, loaded.predict(x, verbose=0)

    def test_deeply_nested_outputs_are_trained_by_path(self):
        inputs = {"a": {"d": tfk.Input((2,))}, "b": {"c": tfk.Input((1,))}}
        h = tfk.layers.Concatenate()(tf.nest.flatten(inputs))
        model = tfk.Model(
            inputs,
            {"heads": {"left": tfk.layers.Dense(1)(h)}, "right": h[:, :1]},
        )
        x = {"a": {"d": numbers(ROWS, 2)}, "b": {"c": numbers(ROWS, 1)}}
        y = {"heads": {"left": numbers(ROWS, 1)}, "right": numbers(ROWS, 1)}
        model.compile("sgd", {"heads": {"left": "mse"}, "right": "mae"})
        history = model.fit(x, y, verbose=0).history
        assert set(history) == {"loss", "heads/left_loss", "right_loss"}
        data = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
        logs = model.evaluate(data, return_dict=True, verbose=0)
        assert set(logs) == set(history)

    @same_in_both
    def test_a_subclass_takes_nested_inputs(self, keras, path):
        class Pair(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = keras.layers.Dense(
                    1, kernel_initializer=keras.initializers.Constant(0.5)
                )

            def call(self, inputs):
                (left, other), right = inputs["pair"], inputs["deep"]["right"]
                return self.dense(left + other["x"] * right)

        data = {
            "pair": (numbers(ROWS, 2), {"x": numbers(ROWS, 2, seed=1)}),
            "deep": {"right": numbers(ROWS, 2, seed=2)},
        }
        return trained(Pair(), data, numbers(ROWS, 1))


class CompileTest:
    """What `compile` does unless it is told."""

    def test_xla_is_asked_for(self):
        model = tfk.Sequential(
            [
                tfk.Input((), dtype="string"),
                tfk.layers.Hashing(4, output_mode="one_hot"),
                tfk.layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        assert not model.jit_compile
        # What XLA can't compile, such as strings, trains by default.
        words = tf.constant(["a", "b", "c", "d"])
        model.compile("sgd", "mse", lift_preprocessing=False)
        model.fit(words, np.ones([4, 1]), verbose=0)
        model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        model.compile("sgd", "mse", jit_compile=True)
        model.fit(numbers(4, 2), numbers(4, 1), verbose=0)

    @same_in_both
    def test_history_has_a_loss_for_each_output(self, keras, path):
        x = keras.Input((3,))
        model = programs.set_weights(
            keras.Model(
                x,
                [
                    keras.layers.Dense(1, name="price")(x),
                    keras.layers.Dense(2, "softmax", name="kind")(x),
                ],
            )
        )
        data = numbers(ROWS, 3)
        targets = [data[:, :1], (data[:, 1] > 0).astype("int32")]
        history, _ = trained(
            model,
            data,
            targets,
            ["mse", "sparse_categorical_crossentropy"],
            validation_data=(data, targets),
        )
        evaluated = model.evaluate(data, targets, verbose=0, return_dict=True)
        assert {"price_loss", "kind_loss", "val_price_loss"} <= set(history)
        return history, evaluated, model.metrics_names

    @same_in_both
    def test_weights_of_time_steps_need_no_mode(self, keras, path):
        tokens = programs.RANDOM(5).randint(1, 6, (ROWS, 4))
        x = keras.Input((4,), dtype="int32")
        h = keras.layers.Embedding(6, 3)(x)
        y = keras.layers.Dense(2, activation="softmax")(h)
        model = programs.set_weights(keras.Model(x, y))
        return trained(
            model,
            tokens,
            tokens % 2,
            "sparse_categorical_crossentropy",
            sample_weight_mode="temporal",
            weighted_metrics=["accuracy"],
            sample_weight=programs.RANDOM(6).uniform(0.5, 2, (ROWS, 4)),
        )

    @same_in_both
    def test_symbolic_losses_and_metrics_are_added(self, keras, path):
        x = keras.Input((3,))
        y = keras.layers.Dense(1)(x)
        model = programs.set_weights(keras.Model(x, y))
        model.add_loss(0.1 * tf.reduce_mean(tf.square(y)))
        model.add_metric(tf.abs(y), name="size", aggregation="mean")
        data = numbers(ROWS, 3)
        return trained(model, data, data[:, :1])


class FeatureColumnsTest:
    """Columns of `tf.feature_column`, and the layers in their place."""

    COLUMNS = {
        "age": np.array([[3.0], [18.0], [40.0], [71.0]], "float32"),
        "color": np.array([["red"], ["blue"], ["pink"], ["red"]]),
        "shape": np.array([["box"], ["ball"], ["box"], ["ring"]]),
        "code": np.array([[0], [3], [2], [1]], "int64"),
    }

    @pytest.mark.parametrize(
        "column, layers",
        [
            (
                lambda make: make.numeric_column(
                    "age", normalizer_fn=lambda x: (x - 33.0) / 2.0
                ),
                lambda x: tfk.layers.Normalization(mean=33.0, variance=4.0)(
                    x["age"]
                ),
            ),
            (
                lambda make: make.bucketized_column(
                    make.numeric_column("age"), [18.0, 65.0]
                ),
                lambda x: tfk.layers.CategoryEncoding(3)(
                    tfk.layers.Discretization([18.0, 65.0])(x["age"])
                ),
            ),
            (
                lambda make: make.indicator_column(
                    make.categorical_column_with_vocabulary_list(
                        "color", ["red", "blue"], num_oov_buckets=1
                    )
                ),
                # Unknown words come last there.
                lambda x: tf.roll(
                    tfk.layers.StringLookup(
                        vocabulary=["red", "blue"], output_mode="multi_hot"
                    )(x["color"]),
                    -1,
                    axis=-1,
                ),
            ),
            (
                lambda make: make.indicator_column(
                    make.categorical_column_with_hash_bucket("shape", 5)
                ),
                lambda x: tfk.layers.CategoryEncoding(5)(
                    tfk.layers.Hashing(5)(x["shape"])
                ),
            ),
            (
                lambda make: make.indicator_column(
                    make.categorical_column_with_identity("code", 4)
                ),
                lambda x: tfk.layers.CategoryEncoding(4)(x["code"]),
            ),
        ],
        ids=["numeric", "bucketized", "vocabulary", "hashed", "identity"],
    )
    def test_layers_give_the_numbers_of_feature_columns(self, column, layers):
        inputs = {
            name: tfk.Input(
                (1,),
                dtype=tf.as_dtype(
                    "string" if value.dtype.kind == "U" else value.dtype
                ),
                name=name,
            )
            for name, value in self.COLUMNS.items()
        }
        used = layers(inputs)
        model = tfk.Model(inputs, used)
        data = {k: tf.constant(v) for k, v in self.COLUMNS.items()}
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            columns = {k: tf.constant(v) for k, v in self.COLUMNS.items()}
            expected = tf.compat.v1.feature_column.input_layer(
                columns, [column(tf.feature_column)]
            )
            session.run(tf.compat.v1.tables_initializer())
            expected = session.run(expected)
        np.testing.assert_allclose(model(data), expected, 1e-6)

    def test_a_table_is_trained_on_and_served_by_column(self, tmp_path):
        table = tmp_path / "table.csv"
        rows = zip(*(np.ravel(v) for v in self.COLUMNS.values()))
        lines = [",".join([*self.COLUMNS, "y"])]
        lines += [
            ",".join(map(str, row)) + f",{i}." for i, row in enumerate(rows)
        ]
        table.write_text("\n".join(lines))
        data = tf.data.experimental.make_csv_dataset(
            str(table), 2, label_name="y", num_epochs=1, shuffle=False
        )
        space = tfk.utils.FeatureSpace(
            {
                "age": "float_normalized",
                "color": "string_categorical",
                "shape": tfk.utils.FeatureSpace.string_hashed(5),
                "code": tfk.utils.FeatureSpace.integer_categorical(),
            },
            crosses=[("color", "shape")],
            crossing_dim=8,
        )
        space.adapt(data.map(lambda x, y: x))
        outputs = tfk.layers.Dense(1)(space.get_encoded_features())
        model = tfk.Model(space.get_inputs(), outputs)
        model.compile("sgd", "mse")
        model.fit(data, epochs=2, verbose=0)
        model.export(tmp_path / "served")
        served = tf.saved_model.load(str(tmp_path / "served"))
        arguments = served.signatures["serving_default"]
        assert set(arguments.structured_input_signature[1]) == set(self.COLUMNS)


class SavedModelsTest:
    """Folders that `model.save` writes and `load_model` reads."""

    PROGRAM = """
import sys
import numpy as np
import tfk as keras

model = keras.models.load_model(sys.argv[1])
x = np.load(sys.argv[2])
before = model.predict(x, verbose=0)
model.fit(x, x[:, :1], verbose=0)
np.savez(sys.argv[3], before=before, iterations=model.optimizer.iterations)
"""

    def test_folders_are_saved_and_trained_on_elsewhere(self, tmp_path):
        model = tfk.Sequential([tfk.Input((3,)), tfk.layers.Dense(1)])
        x = numbers(8, 3)
        _, expected = trained(model, x, x[:, :1])
        model.save(tmp_path / "folder")
        np.save(tmp_path / "x.npy", x)
        names = [str(tmp_path / n) for n in ("folder", "x.npy", "found.npz")]
        subprocess.run(
            [sys.executable, "-c", self.PROGRAM, *names],
            check=True,
            env={**os.environ, "PYTHONPATH": str(TABLE.parent)},
        )
        found = np.load(tmp_path / "found.npz")
        np.testing.assert_allclose(found["before"], expected, 1e-6)
        assert found["iterations"] == 5
        layer = tfk.layers.TFSMLayer(
            str(tmp_path / "folder"), call_endpoint="serve"
        )
        np.testing.assert_allclose(layer(tf.constant(x)), expected, 1e-6)


class TableTest:
    def test_each_line_has_a_test(self):
        source = pathlib.Path(__file__).read_text()
        tests = set(re.findall(r"def (test_\w+)\(", source))
        told = set(re.findall(r"`(test_\w+)`", TABLE.read_text()))
        assert told <= tests
        assert tests - told == {"test_each_line_has_a_test"}
