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
"""Tests of discretization against tf_keras, and of what goes beyond it."""

import bisect
import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.discretization import Discretization
from tfk.testing import strategies

RNG = np.random.default_rng(0)
X = np.array([[-1.5, 1.0, 3.4], [0.5, 0.0, 1.3]], "float32")
EDGES = [0.0, 1.0, 2.0]


@tfk.saving.register_keras_serializable(package="test")
def upside_down(value, boundaries):
    index = 0
    for boundary in boundaries:
        if value < boundary:
            index += 1
    return index


def bisected(value, boundaries):
    return bisect.bisect_left(boundaries, value)


def dense(x):
    return tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x


class DiscretizationTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"bin_boundaries": EDGES},
            {"bin_boundaries": (0.5,), "dtype": "int32"},
            {"num_bins": 4, "epsilon": 0.1},
            {"bin_boundaries": EDGES, "output_mode": "multi_hot"},
            {"bin_boundaries": EDGES, "output_mode": "count"},
            {"num_bins": 3, "output_mode": "count", "sparse": True},
            {"num_bins": 3, "output_mode": "multi_hot", "dtype": "float64"},
        ],
    )
    def test_layers_equal_tf_keras(self, arguments):
        layer = Discretization(**arguments, name="x")
        oracle = tf_keras.layers.Discretization(**arguments, name="x")
        assert json.dumps(layer.get_config(), sort_keys=True) == json.dumps(
            oracle.get_config(), sort_keys=True
        )
        if "num_bins" in arguments:
            layer.adapt(X)
            oracle.adapt(X)
            np.testing.assert_allclose(
                layer.bin_boundaries, oracle.bin_boundaries, atol=1e-6
            )
        # Learned boundaries are values of the data, which the oracle rounds.
        x = X + 0.01 if "num_bins" in arguments else X
        kinds = [x, x[:, :1], x.astype("float64"), np.array([[-1, 3, 2]])]
        for x in kinds:
            ours, theirs = layer(x), oracle(x)
            assert type(ours) is type(theirs) and ours.dtype == theirs.dtype
            np.testing.assert_array_equal(dense(ours), dense(theirs))
            assert layer.compute_output_shape(x.shape) == ours.shape
        symbolic = layer(Input((3,)))
        wanted = layer.compute_output_shape((None, 3))
        assert symbolic.shape.as_list() == wanted.as_list()
        again = Discretization.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()

    def test_ragged_and_sparse_inputs_stay_what_they_are(self):
        layer = Discretization(EDGES)
        ragged = tf.ragged.constant([[-1.0, 5.0], [], [0.5]])
        assert layer(ragged).to_list() == [[0, 3], [], [1]]
        sparse = layer(tf.sparse.from_dense(X))
        np.testing.assert_array_equal(sparse.values, [0, 2, 3, 1, 2])
        vectors = Discretization(EDGES, output_mode="count")(ragged)
        np.testing.assert_array_equal(
            vectors, [[1, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]]
        )

    @pytest.mark.parametrize("shape", [(3, 1), (3,), (2, 3), (2, 3, 2)])
    def test_one_hot_vectors_are_for_any_rank(self, shape):
        x = RNG.normal(1.0, 2.0, shape).astype("float32")
        layer = Discretization(EDGES, output_mode="one_hot")
        indices = np.searchsorted(EDGES, x, side="right")
        wanted = np.eye(4)[indices[..., 0] if shape[-1] == 1 else indices]
        np.testing.assert_array_equal(layer(x), wanted)
        sparse = Discretization(EDGES, output_mode="one_hot", sparse=True)
        np.testing.assert_array_equal(dense(sparse(x)), wanted)

    def test_learned_boundaries_are_close_to_those_of_tf_keras(self):
        data = RNG.gamma(2.0, size=(20_000, 3)).astype("float32")
        layer = Discretization(num_bins=16, epsilon=0.01)
        oracle = tf_keras.layers.Discretization(num_bins=16, epsilon=0.01)
        layer.adapt(data)
        oracle.adapt(data, batch_size=5_000)
        ranked = np.sort(data, axis=None)
        ours, theirs = (
            np.searchsorted(ranked, x.bin_boundaries) / ranked.size
            for x in (layer, oracle)
        )
        shares = np.arange(1, 16) / 16
        assert np.abs(ours - shares).max() < 0.002
        assert np.abs(ours - theirs).max() < 2 * 0.01
        counts = np.bincount(np.ravel(layer(data)), minlength=16)
        assert np.abs(counts / data.size - 1 / 16).max() < 0.004

    def test_every_kind_of_data_gives_the_same_boundaries(self):
        values = RNG.normal(size=(40, 2)).astype("float32")
        for data in (
            values,
            values.tolist(),
            tf.constant(values),
            pd.DataFrame(values),
            tf.data.Dataset.from_tensor_slices(values).batch(7),
            tf.data.Dataset.from_tensor_slices(values),
            tf.data.Dataset.from_tensor_slices(values.ravel()),
            tf.RaggedTensor.from_tensor(values),
            (part for part in np.split(values, 4)),
        ):
            layer = Discretization(num_bins=5)
            layer.adapt(data)
            np.testing.assert_allclose(
                layer.bin_boundaries,
                np.sort(values, axis=None)[[15, 31, 47, 63]],
                rtol=1e-6,
            )

    def test_integers_and_doubles_are_not_rounded(self):
        start = 1_600_000_000_001
        layer = Discretization(num_bins=2)
        layer.adapt(np.arange(start, start + 10))
        assert layer.bin_boundaries == [start + 4]
        x = np.array([start + 3, start + 4])
        np.testing.assert_array_equal(layer(x), [0, 1])
        half = tf.constant([0.1, 2.5], tf.bfloat16)
        np.testing.assert_array_equal(Discretization(EDGES)(half), [1, 3])

    def test_learning_goes_on_and_states_merge(self):
        parts = np.split(RNG.normal(size=(90_000,)).astype("float32"), 3)
        whole = Discretization(num_bins=10)
        whole.adapt(np.concatenate(parts))
        steps, merged = Discretization(num_bins=10), Discretization(num_bins=10)
        workers = [Discretization(num_bins=10) for _ in parts]
        for worker, part in zip(workers, parts):
            steps.adapt(part, reset_state=False)
            worker.adapt(part)
        merged.merge_state([workers[0], workers[1].get_adapted_state()])
        merged.merge_state(workers[2:])
        for layer in (steps, merged):
            np.testing.assert_allclose(
                layer.bin_boundaries, whole.bin_boundaries, atol=0.01
            )
        steps.adapt(parts[0])
        assert steps.bin_boundaries == workers[0].bin_boundaries

    def test_own_strategies_choose_the_interval(self, tmp_path):
        layer = Discretization(EDGES, strategy=upside_down)
        wanted = 3 - np.searchsorted(EDGES, X, side="right")
        np.testing.assert_array_equal(layer(X), wanted)
        inputs = Input((3,))
        model = tfk.Model(inputs, layer(inputs))
        np.testing.assert_array_equal(model.predict(X, verbose=0), wanted)
        model.save(tmp_path / "model.keras")
        again = tfk.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(again(X), wanted)
        assert "strategy" not in Discretization(EDGES).get_config()
        learned = Discretization(num_bins=4, strategy=bisected)
        learned.adapt(np.arange(100.0))
        np.testing.assert_array_equal(learned([24.0, 25.0]), [0, 1])

    def test_other_names_of_arguments_are_taken(self):
        assert Discretization(bins=4).num_bins == 4
        assert Discretization(bins=[0.0, 1.0]).bin_boundaries == [0.0, 1.0]
        assert Discretization(np.array([0.0, 1.0])).bin_boundaries == [0.0, 1.0]

    def test_boundaries_survive_files_and_checkpoints(self, tmp_path):
        data = RNG.normal(size=(30_000, 2))
        inputs = tfk.Input((2,), dtype="float64")
        layer = Discretization(num_bins=7)
        layer.adapt(data)
        model = tfk.Model(inputs, layer(inputs))
        path = str(tmp_path / "model.keras")
        for _ in range(2):
            model.save(path)
            model = tfk.models.load_model(path)
            assert model.layers[-1].bin_boundaries == layer.bin_boundaries
        model.save_weights(str(tmp_path / "x.weights.h5"))
        tf.train.Checkpoint(model).write(str(tmp_path / "checkpoint"))
        for load in (
            lambda m: m.load_weights(str(tmp_path / "x.weights.h5")),
            lambda m: tf.train.Checkpoint(m)
            .read(str(tmp_path / "checkpoint"))
            .assert_consumed(),
        ):
            fresh = Discretization(num_bins=7, name=model.layers[-1].name)
            inputs = tfk.Input((2,), dtype="float64", name="i")
            other = tfk.Model(inputs, fresh(inputs))
            load(other)
            assert fresh.bin_boundaries == layer.bin_boundaries
            np.testing.assert_array_equal(other(data[:9]), model(data[:9]))
        more = model.layers[-1]
        more.adapt(data + 1, reset_state=False)
        layer.adapt(data + 1, reset_state=False)
        assert more.bin_boundaries == layer.bin_boundaries

    def test_files_of_tf_keras_are_read_and_written(self, tmp_path):
        data = RNG.normal(size=(500, 1)).astype("float32")
        path = str(tmp_path / "model.keras")

        def made(keras):
            layer = keras.layers.Discretization(num_bins=5)
            layer.adapt(data)
            return keras.Sequential([keras.Input((1,)), layer])

        theirs, ours = made(tf_keras), made(tfk)
        theirs.save(path)
        np.testing.assert_array_equal(
            tfk.models.load_model(path)(data), theirs(data)
        )
        ours.save(path)
        again = tf_keras.models.load_model(path)
        # What `tf_keras.models.load_model` forgets, for its own files too.
        again.layers[-1].finalize_state()
        np.testing.assert_array_equal(again(data + 0.001), ours(data + 0.001))

    def test_two_replicas_adapt_as_one(self):
        data = RNG.normal(size=(64, 2)).astype("float32")
        alone = Discretization(num_bins=4)
        alone.adapt(data)
        with strategies.two_replicas().scope():
            layer = Discretization(num_bins=4)
            layer.adapt(tf.data.Dataset.from_tensor_slices(data).batch(8))
        assert layer.bin_boundaries == alone.bin_boundaries

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"bin_boundaries": [1.0, 0.0]}, r"ascending.*\[1.0, 0.0\]"),
            ({"bin_boundaries": [np.nan]}, "ascending order"),
            ({"bin_boundaries": [1.0], "num_bins": 2}, "not both"),
            ({"num_bins": 0}, "num_bins=0"),
            ({"num_bins": 2, "epsilon": 0.0}, "epsilon=0.0"),
            ({"num_bins": 2, "output_mode": "tf_idf"}, "output_mode='tf_idf'"),
            ({"num_bins": 2, "sparse": True}, "sparse=True"),
            ({"num_bins": 2, "dtype": "float32"}, "dtype=float32"),
            ({"num_bins": 2, "strategy": "uniform"}, "strategy='uniform'"),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            Discretization(**arguments)

    def test_wrong_use_is_named_and_keeps_the_state(self):
        layer = Discretization(num_bins=3, name="ages")
        with pytest.raises(RuntimeError, match="'ages'.*before `adapt`"):
            layer(X)
        layer.adapt(X)
        before = layer.bin_boundaries
        for data, message in (
            (np.array([1.0, np.nan]), "NaN or infinite.*nan"),
            ([X, X], "adapts to one tensor"),
            (iter([X, np.array([[-np.inf]], "float32")]), "infinite"),
            (np.zeros([0, 3]), "empty data|no values"),
            ([], "empty data"),
            (np.array(["a"]), "takes numbers"),
            (iter([X, np.array([["a"]])]), "takes numbers"),
        ):
            for reset_state in (True, False):
                with pytest.raises(ValueError, match=message):
                    layer.adapt(data, reset_state=reset_state)
                assert layer.bin_boundaries == before
                data = iter([]) if hasattr(data, "__next__") else data
                message += "|empty data"
        layer.adapt(X, reset_state=False)
        assert layer.bin_boundaries == before
        with pytest.raises(ValueError, match="takes numbers"):
            layer(np.array([["a"]]))
        with pytest.raises(ValueError, match="num_bins=None"):
            Discretization().adapt(X)
        with pytest.raises(ValueError, match="can't learn others"):
            Discretization(EDGES).adapt(X)
