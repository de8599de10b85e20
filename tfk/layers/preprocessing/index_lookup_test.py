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
"""Tests of what lookup layers share: tables, graphs, files."""

import copy

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.integer_lookup import IntegerLookup
from tfk.layers.preprocessing.string_lookup import StringLookup
from tfk.layers.preprocessing.text_vectorization import TextVectorization
from tfk.testing import strategies

WORDS = tf.constant([["a", "z"], ["b", "a"]])


def write(layer, directory):
    """Writes what a `.keras` file holds of a layer."""
    store = {}
    layer.save_own_variables(store)
    layer.save_assets(str(directory))
    return layer.get_config(), store


def read(cls, config, store, directory):
    layer = cls.from_config(config)
    layer.load_own_variables(store)
    if list(directory.iterdir()):
        layer.load_assets(str(directory))
    return layer


class TableTest:
    def test_functions_and_pipelines_hold_the_table(self):
        layer = StringLookup(vocabulary=["a", "b"])
        wanted = [[1, 0], [2, 1]]
        np.testing.assert_array_equal(tf.function(layer)(WORDS), wanted)
        dataset = tf.data.Dataset.from_tensor_slices(WORDS).map(layer)
        np.testing.assert_array_equal(list(dataset), wanted)
        assert dataset.element_spec.shape == (2,)

    def test_a_new_vocabulary_closes_the_old_table(self):
        layer = StringLookup(vocabulary=["a", "b"])
        compiled = tf.function(lambda x: layer(x))
        np.testing.assert_array_equal(compiled(WORDS), [[1, 0], [2, 1]])
        version = layer._state_version
        layer.set_vocabulary(["b", "a"])
        assert layer._state_version > version
        with pytest.raises(tf.errors.NotFoundError, match="Lookup"):
            compiled(WORDS)
        np.testing.assert_array_equal(layer(WORDS), [[2, 0], [1, 2]])
        assert layer.get_config()["vocabulary"] is None

    @pytest.mark.parametrize("is_text", (False, True))
    def test_a_copy_has_a_table_of_its_own(self, is_text):
        kind = TextVectorization if is_text else StringLookup
        layer = kind(vocabulary=["a", "b"])
        words = tf.constant(["a", "b", "c"])
        wanted = layer(words)
        again = copy.deepcopy(layer)
        np.testing.assert_array_equal(again(words), wanted)
        again.set_vocabulary(["c", "b", "a"])
        np.testing.assert_array_equal(layer(words), wanted)
        assert layer.get_vocabulary()[-2:] == ["a", "b"]
        assert copy.deepcopy(StringLookup())._tokens.size == 0

    def test_unknown_tokens_are_named_before_later_layers_complain(self):
        lookup = StringLookup(vocabulary=["a"], num_oov_indices=0, name="towns")
        x = tfk.Input((1,), dtype="string")
        model = tfk.Model(x, tfk.layers.Embedding(1, 2)(lookup(x)))
        model.compile("sgd", "mse", lift_preprocessing=False)
        with pytest.raises(tf.errors.InvalidArgumentError, match="'towns"):
            model.fit(np.array([["z"]]), np.zeros((1, 1, 2)), verbose=0)

    def test_a_layer_is_drawn_before_it_is_adapted(self):
        layer = StringLookup()
        outputs = layer(Input((2,), dtype="string"))
        assert (outputs.shape.as_list(), outputs.dtype) == ([None, 2], tf.int64)
        ragged = layer(Input((None,), dtype="string", ragged=True))
        assert isinstance(ragged.type_spec, tf.RaggedTensorSpec)
        with pytest.raises(RuntimeError, match="before `adapt`"):
            tf.data.Dataset.from_tensor_slices(WORDS).map(layer)
        padded = StringLookup(
            output_mode="tf_idf", max_tokens=5, pad_to_max_tokens=True
        )
        assert padded(Input((2,), dtype="string")).shape[1] == 5

    def test_the_vocabulary_is_no_tracked_list(self):
        layer = StringLookup(vocabulary=[str(i) for i in range(5000)])
        kept = [x for x in vars(layer).values() if isinstance(x, (list, dict))]
        assert all(len(x) < 100 for x in kept)
        assert layer.weights == []

    def test_replicas_share_the_table(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            layer = StringLookup()
        layer.adapt(WORDS)
        run = tf.function(lambda x: strategy.run(layer, (x,)))
        for local in strategy.experimental_local_results(run(WORDS)):
            np.testing.assert_array_equal(local, layer(WORDS))
        dataset = tf.data.Dataset.from_tensor_slices(WORDS).batch(2).map(layer)
        for batch in strategy.experimental_distribute_dataset(dataset):
            parts = strategy.experimental_local_results(batch)
            np.testing.assert_array_equal(np.concatenate(parts), layer(WORDS))


class FilesTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"mask_token": ""},
            {"output_mode": "tf_idf"},
            {
                "output_mode": "tf_idf",
                "max_tokens": 9,
                "pad_to_max_tokens": True,
            },
            {"invert": True},
        ],
    )
    def test_learned_state_comes_back_twice(self, arguments, tmp_path):
        layer = StringLookup(**arguments)
        tokens = ["a", "b\nc", "d\r", "é", "", b"\xff"]
        layer.adapt(tf.constant([tokens, tokens[:2] * 3]))
        x = tf.constant([[0, 1, 2, 3]] if layer.invert else [[*tokens, "z"]])
        wanted = layer(x)
        for name in ("first", "second"):
            directory = tmp_path / name
            directory.mkdir()
            config, store = write(layer, directory)
            assert config["vocabulary"] is None
            layer = read(StringLookup, config, store, directory)
            np.testing.assert_array_equal(layer(x), wanted)

    @pytest.mark.parametrize(
        "cls, arguments, data",
        [
            ("StringLookup", {}, [["a", "b"], ["a", "é"]]),
            ("StringLookup", {"mask_token": ""}, [["a", "b"], ["a", ""]]),
            (
                "StringLookup",
                {"output_mode": "tf_idf"},
                [["a", "b"], ["a", "c"]],
            ),
            (
                "StringLookup",
                {
                    "output_mode": "tf_idf",
                    "max_tokens": 8,
                    "pad_to_max_tokens": True,
                    "num_oov_indices": 2,
                },
                [["a", "b"], ["a", "c"]],
            ),
            ("IntegerLookup", {"mask_token": 0}, [[1, 2], [1, 0]]),
            (
                "IntegerLookup",
                {"mask_token": 0, "output_mode": "tf_idf"},
                [[1, 2], [1, 0]],
            ),
        ],
    )
    def test_tf_keras_reads_and_writes_the_same(
        self, cls, arguments, data, tmp_path
    ):
        ours = {"StringLookup": StringLookup, "IntegerLookup": IntegerLookup}[
            cls
        ]
        theirs = getattr(tf_keras.layers, cls)
        x = tf.constant(data)
        there, back = tmp_path / "there", tmp_path / "back"
        there.mkdir(), back.mkdir()
        layer = ours(**arguments)
        layer.adapt(x)
        oracle = read(theirs, *write(layer, there), there)
        np.testing.assert_allclose(oracle(x), layer(x), rtol=1e-6)
        adapted = theirs(**arguments)
        adapted.adapt(x)
        config, store = write(adapted, back)
        config.pop("batch_input_shape", None)
        again = read(ours, config, store, back)
        np.testing.assert_allclose(again(x), adapted(x), rtol=1e-6)

    def test_the_width_of_vectors_is_known_before_assets_are_read(self):
        layer = StringLookup(output_mode="count")
        layer.adapt(WORDS)
        again = StringLookup.from_config(layer.get_config())
        assert again(Input((2,), dtype="string")).shape[1] == 4

    def test_given_vocabularies_are_in_the_config_alone(self, tmp_path):
        layer = StringLookup(
            vocabulary=["a", "b"], idf_weights=[1.0, 2.0], output_mode="tf_idf"
        )
        config, store = write(layer, tmp_path)
        assert not list(tmp_path.iterdir())
        again = read(StringLookup, config, store, tmp_path)
        np.testing.assert_array_equal(again(WORDS), layer(WORDS))
        assert again.get_config() == config

    def test_checkpoints_hold_the_vocabulary(self, tmp_path):
        for cls, arguments, data in (
            (
                StringLookup,
                {"output_mode": "tf_idf"},
                [["a\n", ""], ["a\n", "b"]],
            ),
            (IntegerLookup, {}, [[7, 8], [7, 9]]),
        ):
            layer = cls(**arguments)
            layer.adapt(tf.constant(data))
            path = tf.train.Checkpoint(layer=layer).save(
                str(tmp_path / "point")
            )
            again = cls(**arguments)
            tf.train.Checkpoint(layer=again).restore(path).assert_consumed()
            np.testing.assert_array_equal(again(data), layer(data))

    def test_saved_models_hold_the_table(self, tmp_path):
        module = tf.Module()
        module.lookup = StringLookup(output_mode="tf_idf")
        module.lookup.adapt(WORDS)
        module.serve = tf.function(
            lambda x: module.lookup(x),
            input_signature=[tf.TensorSpec([None, None], tf.string)],
        )
        tf.saved_model.save(module, str(tmp_path))
        loaded = tf.saved_model.load(str(tmp_path))
        np.testing.assert_array_equal(loaded.serve(WORDS), module.lookup(WORDS))
        module.lookup.set_vocabulary(["x"], [1.0])
        assert loaded.serve(WORDS).shape == (2, 4)
