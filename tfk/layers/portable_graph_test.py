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
import numpy as np
import pytest
import tensorflow as tf

from tfk import layers
from tfk.layers.preprocessing import encoding
from tfk.utils import portable_graph


def _traced(function, *arguments, **traits):
    """Traces a function for other runtimes, and runs it in TensorFlow."""
    with portable_graph.scope(**traits):
        return tf.function(function)(*arguments)


class PortableGraphTest:
    def test_scopes_end(self):
        with portable_graph.scope(has_arrays=True):
            with portable_graph.scope():
                assert not portable_graph.has_arrays()
            assert portable_graph.is_wanted() and portable_graph.has_arrays()
        assert not portable_graph.is_wanted()
        with pytest.raises(ZeroDivisionError), portable_graph.scope():
            1 / 0
        assert portable_graph.has_arrays()

    @pytest.mark.parametrize("steps", [5, 0])
    @pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
    def test_recurrent_layers_give_the_same(self, kind, steps):
        layer = layers.Bidirectional(kind(3, return_sequences=True))
        inputs = np.random.default_rng(0).normal(size=(2, steps, 4))
        inputs = tf.constant(inputs, tf.float32)
        mask = tf.sequence_mask([min(steps, 3), steps], steps)

        @tf.function
        def run(inputs, mask):
            return layer(inputs, mask=mask)

        expected = run(inputs, mask)
        for has_arrays in (True, False):
            result = _traced(
                lambda x, mask: layer(x, mask=mask),
                inputs,
                mask,
                has_arrays=has_arrays,
            )
            np.testing.assert_allclose(result, expected, atol=1e-6)

    @pytest.mark.parametrize("mode", ["multi_hot", "count"])
    @pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 2, 3)])
    def test_encodings_give_the_same(self, mode, shape):
        indices = np.random.default_rng(0).integers(0, 5, shape)
        weights = np.full(shape, 0.5) if mode == "count" and shape else None

        def encode(indices):
            return encoding.encode(
                indices, mode, 4, tf.float32, weights=weights
            )

        result = _traced(encode, tf.constant(indices))
        np.testing.assert_allclose(result, encode(tf.constant(indices)))

    @pytest.mark.parametrize("padding", ["valid", "same"])
    @pytest.mark.parametrize("kind", ["MaxPooling3D", "AveragePooling3D"])
    def test_volumes_are_pooled_the_same(self, kind, padding):
        data = np.random.default_rng(0).normal(size=(2, 5, 6, 7, 3))
        data = tf.constant(data, tf.float32)
        layer = getattr(layers, kind)((2, 3, 2), (1, 2, 3), padding)
        spec = tf.TensorSpec([None, None, None, None, 3])
        with portable_graph.scope():
            traced = tf.function(layer).get_concrete_function(spec)
        assert "Pool3D" not in str(traced.graph.as_graph_def())
        np.testing.assert_allclose(traced(data), layer(data), atol=1e-6)

    @pytest.mark.parametrize("antialias", [False, True])
    @pytest.mark.parametrize(
        "method", ["area", "bicubic", "lanczos3", "mitchellcubic"]
    )
    def test_images_are_resized_the_same(self, method, antialias):
        images = np.random.default_rng(0).uniform(size=(2, 8, 9, 3))
        images = tf.constant(images, tf.float32)
        layer = layers.Resizing(5, 12, method, antialias=antialias)
        result = _traced(layer, images)
        np.testing.assert_allclose(result, layer(images), atol=1e-5)

    def test_integers_are_looked_up_without_tables(self):
        values = tf.constant([[3, 7, -1], [9, 5, 3]], tf.int64)
        for layer in (
            layers.IntegerLookup(vocabulary=[9, 3, 7], num_oov_indices=2),
            layers.IntegerLookup(vocabulary=[9, 3, 7], output_mode="multi_hot"),
            layers.IntegerLookup(vocabulary=[9, 3, 7], invert=True),
        ):
            result = _traced(layer, values)
            np.testing.assert_array_equal(result, layer(values))
