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
"""Tests of the SavedModels of tf.keras, read as models."""

import contextlib
import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.saving import keras_metadata
from tfk.testing import models_to_save


def _own_class(keras):
    @keras.saving.register_keras_serializable("metadata_test")
    class Own(keras.Model):
        """Two inputs, one of integers, and a list of layers."""

        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.table = keras.layers.Embedding(5, units)
            self.chain = [keras.layers.Dense(2), keras.layers.Dense(1)]

        def call(self, inputs):
            x = self.table(inputs["words"]) + inputs["more"]
            for layer in self.chain:
                x = layer(x)
            return x

        def get_config(self):
            return {"units": self.units}

    return Own


def _rewrite(path, change):
    """Changes the JSON of the outermost object."""
    file = os.path.join(path, "keras_metadata.pb")
    with open(file, "rb") as stream:
        message = keras_metadata._KerasMetadata.FromString(stream.read())
    for node in message.nodes:
        if node.node_path == "root":
            metadata = json.loads(node.metadata)
            change(metadata)
            node.metadata = json.dumps(metadata)
    with open(file, "wb") as stream:
        stream.write(message.SerializeToString())


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The folder of a small model of tf.keras."""
    path = str(tmp_path_factory.mktemp("saved"))
    chain = [tf_keras.Input((3,), name="x"), tf_keras.layers.Dense(2)]
    tf_keras.Sequential(chain).save(path)
    return path


class KerasMetadataTest:
    def test_a_trained_model_goes_on(self, tmp_path):
        path = str(tmp_path / "saved")
        oracle = models_to_save.functional(tf_keras)
        oracle.compile(
            tf_keras.optimizers.Adam(0.01),
            {"score": "mse", "size": tf_keras.losses.Huber(2.0)},
            metrics={"score": ["mae"]},
        )
        x, y = models_to_save.functional_data()
        oracle.fit(x, y, verbose=0)
        oracle.save(path)
        model = tfk.models.load_model(path)
        for one, other in zip(
            oracle.optimizer.variables, model.optimizer.variables
        ):
            np.testing.assert_array_equal(one, other)
        expected = oracle.predict(x, verbose=0)
        for name, value in model.predict(x, verbose=0).items():
            np.testing.assert_allclose(value, expected[name], 1e-5, 1e-6)
        np.testing.assert_allclose(
            model.evaluate(x, y, verbose=0),
            oracle.evaluate(x, y, verbose=0),
            rtol=1e-5,
        )
        assert tfk.models.load_model(path, compile=False).optimizer is None

    def test_recurrent_layers_and_shapes_come_back(self, tmp_path):
        path = str(tmp_path / "saved")
        layers = tf_keras.layers
        chain = [
            layers.Embedding(5, 4, input_length=6),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(2),
            layers.Reshape((2, 1)),
        ]
        oracle = tf_keras.Sequential(chain)
        x = np.array([[1, 2, 3, 4, 0, 0]])
        expected = oracle(x)
        oracle.save(path)
        np.testing.assert_allclose(
            tfk.models.load_model(path)(x), expected, 1e-5
        )
        # The architecture at hand, the weights from there.
        layers = tfk.layers
        chain = [
            layers.Embedding(5, 4, input_length=6),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(2),
            layers.Reshape((2, 1)),
        ]
        model = tfk.Sequential(chain)
        model(x)
        model.load_weights(path)
        np.testing.assert_allclose(model(x), expected, 1e-5)

    def test_a_class_of_the_user_comes_back(self, tmp_path):
        path = str(tmp_path / "saved")
        oracle = _own_class(tf_keras)(4)
        x = {
            "words": tf.constant([[1, 2]]),
            "more": tf.ones((1, 2, 4)),
        }
        oracle.compile("adam", "mse")
        oracle.fit(x, tf.ones((1, 2, 1)), verbose=0)
        oracle.save(path)
        with pytest.raises(ValueError, match="Own.*custom_objects"):
            tfk.models.load_model(path)
        own = _own_class(tfk)
        model = tfk.models.load_model(path)
        assert type(model) is own
        np.testing.assert_allclose(model(x), oracle(x), 1e-5, 1e-6)
        for one, other in zip(
            oracle.optimizer.variables, model.optimizer.variables
        ):
            np.testing.assert_array_equal(one, other)

    def test_learned_preprocessing_comes_back(self, tmp_path):
        path = str(tmp_path / "saved")
        layers = tf_keras.layers
        words = tf_keras.Input((1,), dtype="string", name="words")
        numbers = tf_keras.Input((1,), name="numbers")
        look_up = layers.StringLookup(output_mode="one_hot")
        look_up.adapt([["a"], ["b"], ["b"]])
        normal = layers.Normalization()
        normal.adapt([[1.0], [3.0]])
        vectorize = layers.TextVectorization(output_sequence_length=3)
        vectorize.adapt(["a b c", "c"])
        bins = layers.Discretization(num_bins=4, epsilon=0.1)
        data = np.random.default_rng(0).normal(size=(200, 1)) * 3
        bins.adapt(data)
        inner = tf_keras.Sequential([tf_keras.Input((1,)), bins])
        codes = layers.CategoryEncoding(4, "one_hot")(inner(numbers))
        back = layers.IntegerLookup(vocabulary=[7, 9, 8], invert=True)
        outputs = [look_up(words), normal(numbers), vectorize(words)]
        outputs += [codes, back(inner(numbers))]
        oracle = tf_keras.Model([words, numbers], outputs)
        oracle.save(path)
        x = [tf.constant([["a"], ["z"]] * 50), tf.constant(data[:100])]
        model = tfk.models.load_model(path)
        for one, other in zip(oracle(x), model(x), strict=True):
            np.testing.assert_allclose(one, other, 1e-6)
        # What is no vocabulary is in checkpoints, too.
        oracle = tf_keras.Sequential([tf_keras.Input((1,)), bins])
        oracle.save_weights(path + "/weights", save_format="tf")
        bins = tfk.layers.Discretization(num_bins=4, epsilon=0.1)
        model = tfk.Sequential([tfk.Input((1,)), bins])
        model.load_weights(path + "/weights")
        np.testing.assert_array_equal(model(data), oracle(data))

    def test_code_and_unknown_classes_are_refused(self, tmp_path):
        path = str(tmp_path / "saved")
        chain = [
            tf_keras.Input((3,)),
            tf_keras.layers.Lambda(lambda x: x + 1.0),
        ]
        tf_keras.Sequential(chain).save(path)
        with pytest.raises(tfk.errors.UnsafeFileError, match="safe_mode"):
            tfk.models.load_model(path)

        def name_a_module(metadata):
            layer = metadata["config"]["layers"][1]
            layer.update(class_name="system", module="os")

        _rewrite(path, name_a_module)
        with pytest.raises(ValueError, match="`system`.*neither built in"):
            tfk.models.load_model(path)

    @pytest.mark.parametrize(
        "data", [b"", b"\xff" * 30, b"\n\x03\x1a\x01x", b"\x0a\x0a\x1a\x04root"]
    )
    def test_broken_metadata_is_refused(self, saved, tmp_path, data):
        path = str(shutil.copytree(saved, tmp_path / "copy"))
        with open(os.path.join(path, "keras_metadata.pb"), "wb") as stream:
            stream.write(data)
        with pytest.raises(tfk.errors.CorruptFileError, match="metadata"):
            tfk.models.load_model(path)

    def test_a_config_can_not_ask_for_more_than_the_variables(
        self, saved, tmp_path
    ):
        path = str(shutil.copytree(saved, tmp_path / "copy"))

        def ask_for_more(metadata):
            metadata["config"]["layers"][1]["config"]["units"] = 10**9

        assert tfk.models.load_model(path).count_params() == 8
        _rewrite(path, ask_for_more)
        with pytest.raises(tfk.errors.UnsafeFileError, match="more than"):
            tfk.models.load_model(path)

    @pytest.mark.parametrize("training", [["loss"], "loss", 5])
    def test_a_training_config_is_a_dict(self, saved, tmp_path, training):
        path = str(shutil.copytree(saved, tmp_path / "copy"))
        _rewrite(path, lambda root: root.update(training_config=training))
        with pytest.raises(tfk.errors.CorruptFileError, match="must be a dict"):
            tfk.models.load_model(path)
        assert tfk.models.load_model(path, compile=False).built

    def test_a_call_that_builds_takes_no_memory(self, saved, tmp_path):
        path = str(shutil.copytree(saved, tmp_path / "copy"))

        def load(shape):
            spec = {
                "class_name": "TypeSpec",
                "type_spec": "tf.TensorSpec",
                "serialized": [shape, "float32", None],
            }

            def ask(root):
                layers = root["config"]["layers"]
                # Without it, the chain is built by a call.
                root["config"]["layers"] = [
                    layer
                    for layer in layers
                    if layer["class_name"] != "InputLayer"
                ]
                for layer in root["config"]["layers"]:
                    layer["config"].pop("batch_input_shape", None)
                root["save_spec"] = spec

            _rewrite(path, ask)
            return tfk.models.load_model(path)

        for size in (None, 2, 10**10):
            assert load([size, 3]).count_params() == 8
        with pytest.raises(tfk.errors.UnsafeFileError, match="a weight"):
            load([1, 10**10])

    @pytest.mark.parametrize(
        "name",
        [
            "keras_metadata.pb",
            "saved_model.pb",
            "variables/variables.index",
            "variables/variables.data-00000-of-00001",
        ],
    )
    def test_damaged_files_end_in_a_model_or_an_error(
        self, saved, tmp_path, name
    ):
        path = str(shutil.copytree(saved, tmp_path / "copy"))
        file = os.path.join(path, name)
        with open(file, "rb") as stream:
            whole = stream.read()
        rng = np.random.default_rng(0)
        model = tfk.Sequential([tfk.Input((3,)), tfk.layers.Dense(2)])
        for case in range(40):
            data = bytearray(whole)
            if case % 4 == 0:
                del data[rng.integers(len(data)) :]
            else:
                for _ in range(case % 4):
                    data[rng.integers(len(data))] ^= 1 << rng.integers(8)
            with open(file, "wb") as stream:
                stream.write(data)
            with contextlib.suppress(ValueError, OSError):
                tfk.models.load_model(path)
            before = model.get_weights()
            try:
                model.load_weights(path)
            except (ValueError, OSError):
                for one, other in zip(before, model.get_weights()):
                    np.testing.assert_array_equal(one, other)
