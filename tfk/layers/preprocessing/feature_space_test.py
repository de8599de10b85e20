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
"""Tests of FeatureSpace; numbers against tf_keras and Keras 3."""

import os

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import strategies

FeatureSpace = tfk.utils.FeatureSpace

_TABLE = {
    "age": np.array([31.0, 45.5, 62.0, 20.25, 33.0], "float32"),
    "Weight": np.array([61.0, 80.0, 74.5, 55.0, 90.0], "float32"),
    "height": np.array([1.6, 1.8, 1.75, 1.5, 2.0], "float32"),
    "score": np.array([3.0, 2.0, 9.0, 4.0, 7.5], "float32"),
    "rooms": np.array([1, 3, 3, 2, 3]),
    "street": np.array([17, 4, 123, 4, 5]),
    "town": np.array(["Bern", "Rome", "Rome", "Oslo", "Rome"]),
    "code": np.array(["a1", "b2", "c3", "a1", "e5"]),
}
_NEW = {
    "age": [50.0, 1.0],
    "Weight": [70.0, 71.0],
    "height": [1.7, 1.71],
    "score": [100.0, -3.0],
    "rooms": [2, 77],
    "street": [5, 6],
    "town": ["Oslo", "Atlantis"],
    "code": ["zz", "a1"],
}


def _space(package, **arguments):
    space = package.utils.FeatureSpace
    features = {
        "town": "string_categorical",
        "age": "float_normalized",
        "Weight": "float",
        "height": space.float_rescaled(scale=2.0, offset=-1.0),
        "score": space.float_discretized(3),
        "rooms": space.integer_categorical(max_tokens=3, num_oov_indices=1),
        "street": space.integer_hashed(num_bins=5),
        "code": "string_hashed",
    }
    crosses = [("town", "rooms"), space.cross(("street", "code"), 6)]
    arguments = {"crosses": crosses, "hashing_dim": 4, **arguments}
    return space(features, **arguments)


def _dataset():
    return tf.data.Dataset.from_tensor_slices(_TABLE)


def _adapted(package=tfk, **arguments):
    space = _space(package, **arguments)
    space.adapt(_dataset())
    return space


def _numbers(data):
    return {
        key: np.array(x, "float32" if isinstance(x[0], float) else None)
        for key, x in data.items()
    }


class FeatureSpaceTest:
    @pytest.mark.parametrize("batch_size", (None, 2))
    def test_numbers_are_those_of_tf_keras(self, batch_size):
        spaces = [_space(package) for package in (tf_keras, tfk)]
        dataset = _dataset()
        for space in spaces:
            space.adapt(dataset.batch(batch_size) if batch_size else dataset)
        for table in (_TABLE, _numbers(_NEW)):
            expected, got = [space(table) for space in spaces]
            assert got.shape == expected.shape
            np.testing.assert_allclose(got, expected, rtol=1e-6)
        for data in (
            {key: x[:, np.newaxis] for key, x in _TABLE.items()},
            {key: x[0] for key, x in _NEW.items()},
            {key: tf.constant(x) for key, x in _TABLE.items()},
        ):
            expected, got = [space(data) for space in spaces]
            assert got.shape == expected.shape
            np.testing.assert_allclose(got, expected, rtol=1e-6)

    def test_dicts_are_those_of_tf_keras(self):
        outputs, symbols = [], []
        for package in (tf_keras, tfk):
            make = package.utils.FeatureSpace
            space = make(
                {
                    "town": make.string_categorical(output_mode="int"),
                    "score": make.float_discretized(3, output_mode="int"),
                    "street": make.integer_hashed(7, output_mode="int"),
                    "code": make.string_hashed(3),
                },
                output_mode="dict",
                crosses=[
                    make.cross(("town", "code"), 9, output_mode="int"),
                    ("code", "street"),
                ],
                crossing_dim=5,
            )
            space.adapt(_dataset().map(lambda x: {k: x[k] for k in _KEYS}))
            outputs.append(space({key: _TABLE[key] for key in _KEYS}))
            symbols.append(space.get_encoded_features())
        assert list(outputs[1]) == list(outputs[0])
        assert list(symbols[1]) == list(symbols[0])
        for key, expected in outputs[0].items():
            np.testing.assert_array_equal(outputs[1][key], expected)
            assert outputs[1][key].dtype == expected.dtype, key
            assert tuple(symbols[1][key].shape) == tuple(symbols[0][key].shape)

    def test_own_layers(self):
        outputs = []
        for package in (tf_keras, tfk):
            make = package.utils.FeatureSpace
            layers = package.layers
            space = make(
                {
                    "scaled": make.feature(
                        "float32", layers.Rescaling(3.0), "float"
                    ),
                    "bins": make.feature("int64", layers.Hashing(5), "one_hot"),
                    "text": make.feature(
                        "string",
                        layers.TextVectorization(output_mode="count"),
                        "float",
                    ),
                }
            )
            data = {
                "scaled": np.array([1.0, 2.0], "float32"),
                "bins": np.array([[1, 2], [3, 4]]),
                "text": np.array(["a b b", "c b"]),
            }
            space.adapt(tf.data.Dataset.from_tensor_slices(data).batch(2))
            outputs.append(space(data))
        np.testing.assert_array_equal(outputs[1], outputs[0])

    def test_known_bins(self):
        make = FeatureSpace.float_discretized
        space = FeatureSpace({"x": make(None, bin_boundaries=[0.0, 2.0])})
        np.testing.assert_array_equal(space({"x": [-1.0, 1.0, 3.0]}), np.eye(3))

    def test_one_pass_over_the_data(self):
        num_read = []

        def rows():
            num_read.append(0)
            for index in range(5):
                num_read[-1] += 1
                yield {key: x[index] for key, x in _TABLE.items()}

        signature = {
            key: tf.TensorSpec([], tf.as_dtype(x.dtype.type))
            for key, x in _TABLE.items()
        }
        dataset = tf.data.Dataset.from_generator(
            rows, output_signature=signature
        )
        space = _space(tfk)
        space.adapt(dataset)
        assert num_read == [5]
        np.testing.assert_array_equal(space(_TABLE), _adapted()(_TABLE))

    def test_kinds_of_data(self):
        expected = _adapted()(_TABLE)
        pairs = _dataset().batch(3).map(lambda x: ({**x, "other": 0}, x["age"]))
        frame = pd.DataFrame({**_TABLE, "other": np.zeros(5)})
        for data in (_TABLE, {**_TABLE, "other": np.zeros(5)}, pairs, frame):
            space = _space(tfk)
            space.adapt(data)
            np.testing.assert_allclose(space(_TABLE), expected, rtol=2e-6)
            np.testing.assert_allclose(space(frame), expected, rtol=2e-6)

    def test_adapting_again(self):
        space = FeatureSpace({"town": "string_categorical"})
        space.adapt({"town": np.array(["a", "b", "a"])})
        first = space.get_encoded_features()
        assert tuple(first.shape) == (None, 3)
        space.adapt({"town": np.array(["c"])}, reset_state=False)
        assert tuple(space.get_encoded_features().shape) == (None, 4)
        np.testing.assert_array_equal(space({"town": "a"}), [0, 1, 0, 0])
        space.adapt({"town": np.array(["c"])})
        np.testing.assert_array_equal(space({"town": "c"}), [0, 1])

    def test_mapped_over_a_dataset(self):
        space = _adapted()
        expected = space(_TABLE).numpy()
        rows = list(_dataset().map(space).as_numpy_iterator())
        np.testing.assert_array_equal(np.stack(rows), expected)
        batches = _dataset().batch(2).map(space, num_parallel_calls=2)
        assert batches.element_spec == tf.TensorSpec((None, 60))
        np.testing.assert_array_equal(
            np.concatenate(list(batches.as_numpy_iterator())), expected
        )

    @pytest.mark.parametrize("as_layer", (False, True))
    def test_models_on_raw_columns(self, as_layer, tmp_path, capsys):
        space = _adapted()
        vector = space.get_encoded_features()
        inputs = space.get_inputs()
        assert {key: x.dtype.name for key, x in inputs.items()} == {
            key: feature.dtype for key, feature in space.features.items()
        }
        if as_layer:
            vector = space(inputs)
        tfk.utils.set_random_seed(1)
        model = tfk.Model(inputs, tfk.layers.Dense(1)(vector))
        model.compile("sgd", "mse")
        model.summary()
        assert "(lifted)" in capsys.readouterr().out
        y = np.arange(5.0)
        lifted = model.fit(_TABLE, y, batch_size=5, verbose=0)
        expected = model.predict(_TABLE, verbose=0)
        model.save(tmp_path / "model.keras")
        loaded = tfk.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(
            loaded.predict(_TABLE, verbose=0), expected
        )
        model.export(tmp_path / "export")
        served = tf.saved_model.load(str(tmp_path / "export"))
        columns = {
            key: tf.constant(x[:, np.newaxis]) for key, x in _TABLE.items()
        }
        (outputs,) = served.signatures["serving_default"](**columns).values()
        np.testing.assert_allclose(outputs, expected, rtol=1e-5)
        tfk.utils.set_random_seed(1)
        plain = tfk.Sequential([tfk.Input((60,)), tfk.layers.Dense(1)])
        plain.compile("sgd", "mse")
        history = plain.fit(space(_TABLE), y, batch_size=5, verbose=0)
        assert np.isfinite(lifted.history["loss"]).all()
        assert np.isfinite(history.history["loss"]).all()

    def test_trained_on_encoded_data_and_served_on_raw_columns(self):
        space = _adapted()
        vector = space.get_encoded_features()
        outputs = tfk.layers.Dense(1)(vector)
        trained = tfk.Model(vector, outputs)
        served = tfk.Model(space.get_inputs(), outputs)
        trained.compile("sgd", "mse")
        dataset = _dataset().batch(2).map(lambda x: (space(x), x["age"]))
        trained.fit(dataset, verbose=0)
        np.testing.assert_allclose(
            served.predict(_TABLE, verbose=0),
            trained.predict(space(_TABLE), verbose=0),
            rtol=1e-5,
        )

    def test_in_a_stage(self):
        space = _space(tfk)
        stage = tfk.layers.PreprocessingStage(
            [space, tfk.layers.Rescaling(2.0)]
        )
        stage.adapt(_TABLE)
        np.testing.assert_array_equal(
            stage(_TABLE), 2 * _adapted()(_TABLE).numpy()
        )

    def test_two_replicas(self):
        with strategies.two_replicas().scope():
            space = _adapted()
            outputs = tfk.layers.Dense(1)(space.get_encoded_features())
            model = tfk.Model(space.get_inputs(), outputs)
            model.compile("sgd", "mse")
        history = model.fit(_TABLE, np.ones(5), batch_size=4, verbose=0)
        assert np.isfinite(history.history["loss"]).all()

    def test_files(self, tmp_path):
        path = os.path.join(tmp_path, "space.keras")
        space = _adapted()
        expected = space(_NEW)
        space.save(path)
        loaded = tfk.models.load_model(path)
        assert isinstance(loaded, FeatureSpace)
        np.testing.assert_array_equal(loaded(_NEW), expected)
        assert loaded.get_config() == space.get_config()
        copy = FeatureSpace.from_config(space.get_config())
        copy.adapt(_dataset())
        np.testing.assert_array_equal(copy(_NEW), expected)

    @pytest.mark.parametrize("package", (tf_keras, keras))
    def test_files_of_others(self, package, tmp_path):
        path = os.path.join(tmp_path, "space.keras")
        space = _adapted(package)
        expected = np.asarray(space(_numbers(_NEW)))
        space.save(path)
        loaded = tfk.models.load_model(path)
        np.testing.assert_allclose(loaded(_NEW), expected, rtol=1e-6)

    def test_tf_keras_reads_our_files(self, tmp_path):
        # tf_keras loses learned bins, in its own files too.
        make = FeatureSpace
        space = make(
            {"town": "string_categorical", "age": "float_normalized"},
            crosses=[("town", "town")],
        )
        space.adapt(_TABLE)
        path = os.path.join(tmp_path, "space.keras")
        space.save(path)
        loaded = tf_keras.models.load_model(path)
        data = {key: _TABLE[key] for key in ("town", "age")}
        np.testing.assert_allclose(loaded(data), space(data), rtol=1e-6)

    def test_use_before_adapt(self):
        space = _space(tfk)
        for use in (
            space.get_inputs,
            space.get_encoded_features,
            lambda: space(_TABLE),
        ):
            with pytest.raises(ValueError, match="adapt"):
                use()
        ready = FeatureSpace({"x": "float", "n": "integer_hashed"})
        assert ready({"x": 1, "n": 5}).shape == (33,)

    def test_failed_adapt_keeps_the_state(self):
        space = _adapted()
        expected = space(_TABLE)
        bad = {**_TABLE, "age": np.array([1.0, np.nan, 3.0, 4.0, 5.0])}
        with pytest.raises(ValueError):
            space.adapt(bad)
        np.testing.assert_array_equal(space(_TABLE), expected)

    @pytest.mark.parametrize(
        "make, match",
        (
            (lambda: FeatureSpace({}), "at least one"),
            (lambda: FeatureSpace({"a": "bogus"}), "bogus"),
            (lambda: FeatureSpace({"a": 3}), "3"),
            (lambda: FeatureSpace({"a": "float"}, "list"), "list"),
            (lambda: FeatureSpace({"a": "float"}, crosses=["a"]), "tuples"),
            (
                lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]),
                "'b'",
            ),
            (lambda: FeatureSpace.cross(("a", "b"), 5, "multi"), "multi"),
            (
                lambda: FeatureSpace.feature(
                    "float32", tfk.layers.Rescaling(2.0), "many"
                ),
                "many",
            ),
            (lambda: FeatureSpace({"a": "float"}).adapt([1.0]), "dataset"),
            (lambda: _adapted()([1.0]), "dict"),
            (lambda: _adapted()({"age": 1.0}), "town"),
            (lambda: _adapted()({**_TABLE, "age": 1.0}), "single value"),
            (
                lambda: FeatureSpace(
                    {"a": FeatureSpace.string_hashed(3, output_mode="int")}
                )({"a": "x"}),
                "has not been encoded",
            ),
            (
                lambda: FeatureSpace(
                    {
                        "a": FeatureSpace.feature(
                            "float32", tfk.layers.Rescaling(2.0), "one_hot"
                        )
                    }
                )({"a": 1.0}),
                "known number",
            ),
        ),
    )
    def test_bad_input(self, make, match):
        with pytest.raises(ValueError, match=match):
            make()


_KEYS = ("town", "score", "street", "code")
