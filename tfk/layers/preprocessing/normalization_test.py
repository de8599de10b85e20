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
"""Tests of Normalization, against tf_keras and NumPy."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.normalization import Normalization
from tfk.testing import strategies

RNG = np.random.default_rng(0)


def assert_same_config(layer, oracle):
    ours, theirs = layer.get_config(), oracle.get_config()
    theirs.pop("batch_input_shape", None)
    ours.pop("name"), theirs.pop("name")
    assert ours == theirs


class NormalizationTest:
    @pytest.mark.parametrize(
        "shape, axis",
        [
            ((50, 3), -1),
            ((50, 3), 1),
            ((50, 3), None),
            ((50,), None),
            ((20, 4, 3), -1),
            ((20, 4, 3), 1),
            ((20, 4, 3), (1, 2)),
            ((20, 4, 3), (-1, 1)),
            ((20, 4, 3), None),
        ],
    )
    @pytest.mark.parametrize("invert", [False, True])
    def test_adapted_layers_equal_tf_keras(self, shape, axis, invert):
        data = RNG.normal(5.0, 3.0, shape).astype("float32")
        layer = Normalization(axis=axis, invert=invert)
        oracle = tf_keras.layers.Normalization(axis=axis, invert=invert)
        layer.adapt(data)
        oracle.adapt(data)
        assert [w.name.split("/")[-1] for w in layer.weights] == [
            w.name for w in oracle.weights
        ]
        assert not layer.trainable_weights
        for ours, theirs in zip(layer.get_weights(), oracle.get_weights()):
            np.testing.assert_allclose(ours, theirs, rtol=2e-5)
        assert layer.mean.shape == oracle.mean.shape
        np.testing.assert_allclose(layer(data), oracle(data), atol=2e-5)
        assert layer.compute_output_shape(shape) == shape
        assert_same_config(layer, oracle)
        oracle.set_weights(layer.get_weights())

    @pytest.mark.parametrize(
        "mean, variance",
        [
            (1.0, 4.0),
            ([1.0, 2.0, 3.0], 4.0),
            (np.float32(2), np.array([1.0, 2.0, 3.0])),
        ],
    )
    def test_given_moments_equal_tf_keras(self, mean, variance):
        data = RNG.normal(size=(4, 2, 3)).astype("float32")
        layer = Normalization(mean=mean, variance=variance)
        oracle = tf_keras.layers.Normalization(mean=mean, variance=variance)
        np.testing.assert_allclose(layer(data), oracle(data), rtol=1e-5)
        assert not layer.weights
        assert_same_config(layer, oracle)
        again = Normalization.from_config(layer.get_config())
        np.testing.assert_array_equal(again(data), layer(data))
        with pytest.raises(ValueError, match="was given its `mean`"):
            layer.adapt(data)

    def test_numbers_of_every_dtype_become_floats(self):
        layer = Normalization()
        layer.adapt(np.array([[1, 2], [3, 4]]))
        for dtype in ("uint8", "int64", "float64", "float16"):
            output = layer(np.array([[1, 2]], dtype))
            assert output.dtype == tf.float32
            np.testing.assert_allclose(output, [[-1, -1]])
        mixed = Normalization(mean=70000.0, variance=4.0, dtype="mixed_float16")
        output = mixed(np.array([[70002.0]]))
        assert output.dtype == tf.float16
        np.testing.assert_allclose(output, [[1.0]])

    def test_large_means_leave_small_variances_exact(self):
        data = RNG.normal(1e4, 1.0, (200_000, 2)).astype("float32")
        layer = Normalization()
        layer.adapt(data)
        wide = data.astype("float64")
        np.testing.assert_allclose(
            layer.adapt_variance, wide.var(axis=0), rtol=1e-4
        )
        np.testing.assert_allclose(layer.adapt_mean, wide.mean(0), rtol=3e-7)

    def test_batches_and_continued_learning_equal_one_pass(self):
        data = RNG.normal(3.0, 2.0, (90, 2)).astype("float32")
        whole, batched, continued = (Normalization() for _ in range(3))
        whole.adapt(data)
        batched.adapt(tf.data.Dataset.from_tensor_slices(data).batch(7))
        continued.adapt(data[:50])
        restored = Normalization()
        restored.build((None, 2))
        restored.set_weights(continued.get_weights())
        for layer in (continued, restored):
            layer.adapt(data[50:], reset_state=False)
        for layer in (batched, continued, restored):
            for ours, wanted in zip(layer.get_weights(), whole.get_weights()):
                np.testing.assert_allclose(ours, wanted, rtol=1e-5)

    def test_datasets_of_numbers(self):
        layer = Normalization(axis=None)
        layer.adapt(tf.data.Dataset.from_tensor_slices([1.0, 3.0]))
        np.testing.assert_allclose(layer([5.0]), [3.0])

    def test_moments_of_other_features_are_not_merged(self):
        layers = [Normalization() for _ in range(2)]
        for layer, width in zip(layers, (2, 3)):
            layer.adapt(np.ones((4, width)))
        with pytest.raises(ValueError, match="of other features"):
            layers[0].merge_state(layers[1:])

    def test_ragged_inputs_stay_ragged(self):
        rows = tf.ragged.constant([[1.0, 2.0], [], [6.0]])
        layer = Normalization(axis=None)
        layer.adapt(rows)
        output = layer(rows)
        flat = np.array([1.0, 2.0, 6.0])
        np.testing.assert_allclose(
            output.flat_values, (flat - 3) / flat.std(), rtol=1e-6
        )
        points = tf.ragged.constant([[[1.0, 2.0]], [[3.0, 6.0]]], ragged_rank=1)
        layer = Normalization()
        layer.adapt(points)
        np.testing.assert_allclose(
            layer(points).flat_values, [[-1] * 2, [1] * 2]
        )
        with pytest.raises(ValueError, match="no sparse"):
            layer(tf.sparse.from_dense([[1.0, 2.0]]))

    def test_it_runs_in_graphs_pipelines_and_functional_models(self):
        layer = Normalization()
        symbolic = layer(Input((2,), dtype="int32"))
        assert symbolic.shape.as_list() == [None, 2]
        assert symbolic.dtype == tf.float32
        data = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")
        layer.adapt(data)
        wanted = [[-1, -1], [1, 1]]
        compiled = tf.function(layer, jit_compile=True)
        np.testing.assert_allclose(compiled(tf.constant(data)), wanted)
        dataset = tf.data.Dataset.from_tensor_slices(data).batch(2).map(layer)
        np.testing.assert_allclose(next(iter(dataset)), wanted)
        # New moments reach functions that were compiled before.
        layer.adapt(data * 0 + [[0.0, 0.0], [2.0, 2.0]])
        np.testing.assert_allclose(compiled(tf.constant(data))[0], [0, 1])

    def test_replicas_share_the_moments(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            layer = Normalization()
        layer.adapt(np.array([[1.0], [3.0]]))
        run = tf.function(lambda x: strategy.run(layer, (x,)))
        output = run(tf.constant([[5.0]]))
        for local in strategy.experimental_local_results(output):
            np.testing.assert_allclose(local, [[3.0]])

    def test_wrong_use_is_named(self):
        with pytest.raises(ValueError, match="both `mean` and"):
            Normalization(mean=1.0)
        with pytest.raises(ValueError, match="can't be negative"):
            Normalization(mean=[1.0, 1.0], variance=[1.0, -1.0])
        with pytest.raises(ValueError, match=r"\(1, 3\).*shape \(2,\)"):
            Normalization(mean=[1.0, 2.0], variance=1.0)(np.ones((2, 3)))
        with pytest.raises(ValueError, match="batch axis"):
            Normalization(axis=0)
        with pytest.raises(ValueError, match="axis=\\(4,\\)"):
            Normalization(axis=4).adapt(np.ones((2, 3)))
        with pytest.raises(ValueError, match="know its size"):
            Normalization().build((None, None))
        with pytest.raises(RuntimeError, match="'early'.*before `adapt`"):
            Normalization(name="early")(np.ones((2, 3)))
        layer = Normalization()
        layer.adapt(np.array([[1.0], [3.0]]))
        for data, message in (
            (np.array([[np.nan], [1.0]]), "NaN"),
            (np.array([[np.inf], [1.0]]), "NaN or infinite"),
            (np.array([["a"]]), "adapts to numbers"),
            (np.zeros((0, 1)), "empty"),
            ({"a": np.ones((1, 1))}, "one dense or ragged"),
            (np.ones((3, 2)), "of shape \\(1,\\).*data of shape \\(3, 2\\)"),
        ):
            with pytest.raises(ValueError, match=message):
                layer.adapt(data)
            np.testing.assert_allclose(layer([[5.0]]), [[3.0]])
