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
"""Tests for adaptive pooling layers."""

import itertools
import math

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from tfk.layers import adaptive_pooling
from tfk.testing import layer_oracle

_CLASSES = [
    (f"Adaptive{kind}Pooling{rank}D", rank, reduce)
    for kind, reduce in [("Average", np.mean), ("Max", np.max)]
    for rank in (1, 2, 3)
]


def _layer(name, /, *arguments, **settings):
    return getattr(adaptive_pooling, name)(*arguments, **settings)


def _pooled(x, counts, reduce):
    """The definition, window by window, with channels last."""
    outputs = np.zeros((x.shape[0], *counts, x.shape[-1]), x.dtype)
    for position in itertools.product(*map(range, counts)):
        window = tuple(
            slice(i * size // n, math.ceil((i + 1) * size / n))
            for i, size, n in zip(position, x.shape[1:], counts)
        )
        axes = tuple(range(1, len(counts) + 1))
        outputs[(slice(None), *position)] = reduce(
            x[(slice(None), *window)], axis=axes
        )
    return outputs


class AdaptivePoolingTest:
    @hypothesis.given(
        st.sampled_from(_CLASSES),
        st.lists(st.integers(1, 7), min_size=3, max_size=3),
        st.lists(st.integers(1, 5), min_size=3, max_size=3),
        st.sampled_from(["channels_last", "channels_first"]),
        st.booleans(),
    )
    @hypothesis.settings(max_examples=80, derandomize=True, deadline=None)
    def test_equals_numpy(self, kind, sizes, counts, data_format, is_dynamic):
        name, rank, reduce = kind
        counts = tuple(counts[:rank])
        x = np.random.normal(size=(2, *sizes[:rank], 3)).astype("float32")
        expected = _pooled(x, counts, reduce)
        if data_format == "channels_first":
            x, expected = np.moveaxis(x, -1, 1), np.moveaxis(expected, -1, 1)
        layer = _layer(name, counts, data_format=data_format)
        function = layer
        if is_dynamic:
            spec = tf.TensorSpec([None] * x.ndim)
            function = tf.function(layer, input_signature=[spec])
        outputs = function(x)
        np.testing.assert_allclose(outputs, expected, 1e-5, 1e-5)
        assert layer.compute_output_shape(x.shape) == outputs.shape

    @pytest.mark.parametrize("size", [6, 7])
    @pytest.mark.parametrize("name, rank, reduce", _CLASSES)
    def test_compiles(self, name, rank, reduce, size):
        layer = _layer(name, 3)
        inputs = tf.random.normal((2, *[size] * rank, 2))
        layer(inputs)
        layer_oracle.assert_compiles(layer, inputs)

    @pytest.mark.parametrize("name, rank, reduce", _CLASSES)
    def test_gradients_add_up(self, name, rank, reduce):
        x = tf.random.normal((1, *[5] * rank, 1))
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(_layer(name, 3)(x))
        gradient = tape.gradient(total, x)
        np.testing.assert_allclose(np.sum(gradient), 3**rank, 1e-5)

    def test_infinity_stays_in_its_window(self):
        x = tf.constant([np.inf, 1.0, 2.0, 3.0, 4.0])[None, :, None]
        outputs = _layer("AdaptiveAveragePooling1D", 2)(x)
        np.testing.assert_array_equal(tf.squeeze(outputs), [np.inf, 3.0])

    def test_mixed_precision_computes_in_16_bits(self):
        layer = _layer("AdaptiveAveragePooling2D", 2, dtype="mixed_float16")
        assert layer(tf.ones((1, 5, 3, 1))).dtype == tf.float16

    def test_config_survives(self):
        layer = _layer("AdaptiveMaxPooling2D", 3, data_format="channels_first")
        config = layer.get_config()
        assert config["output_size"] == (3, 3)
        again = type(layer).from_config(config)
        assert again.get_config() == config

    def test_bad_input_is_told(self):
        with pytest.raises(ValueError, match="`output_size`.*output_size=0"):
            _layer("AdaptiveMaxPooling1D", 0)
        with pytest.raises(ValueError, match=r"tuple of 2.*\(2, 2, 2\)"):
            _layer("AdaptiveMaxPooling2D", (2, 2, 2))
        layer = _layer("AdaptiveMaxPooling1D", 2, name="pool")
        with pytest.raises(ValueError, match="pool"):
            layer(tf.ones((2, 3, 4, 5)))
        with pytest.raises(TypeError, match="'pool' takes dense"):
            layer(tf.RaggedTensor.from_tensor(tf.ones((2, 4, 3))))
