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
"""Tests of `Sequential`."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.saving import budget


def dense_chain(api, *units, **first):
    layers = [api.layers.Dense(units[0], **first)]
    return api.Sequential(
        layers + [api.layers.Dense(n) for n in units[1:]], name="chain"
    )


class SequentialTest:
    def test_is_built_by_a_shape_or_by_data(self):
        known = dense_chain(tfk, 3, 2, input_shape=(4,))
        assert known.built and known.output_shape == (None, 2)
        late = dense_chain(tfk, 3, 2)
        assert not late.built and late.inputs is None and late.weights == []
        late.build((None, 4))
        seen = dense_chain(tfk, 3, 2)
        assert seen(np.ones((5, 4))).shape == (5, 2)
        for model in (late, seen):
            assert model.output_shape == (None, 2)
            assert [tuple(v.shape) for v in model.weights] == [
                tuple(v.shape) for v in known.weights
            ]

    def test_build_needs_a_shape(self):
        with pytest.raises(ValueError, match="needs an `input_shape`"):
            dense_chain(tfk, 3).build()

    def test_add_and_pop_are_those_of_tf_keras(self):
        def shapes(api):
            model = dense_chain(api, 3, 4, 5, input_shape=(2,))
            model.pop()
            found = [
                model.output_shape,
                tuple(model.layers[0].output.shape),
                tuple(model.layers[-1].output.shape),
                tuple(model.predict(np.ones((1, 2)), verbose=0).shape),
            ]
            model.add(api.layers.Dense(7))
            found.append(model.output_shape)
            features = api.Model(model.inputs, model.layers[-2].output)
            found.append(tuple(features(np.ones((1, 2))).shape))
            return found

        assert shapes(tfk) == shapes(tf_keras)

    def test_pop_keeps_the_calls_of_other_models(self):
        base = dense_chain(tfk, 3, 4, input_shape=(2,))
        shared = base.layers[0]
        x = tfk.Input((2,))
        other = tfk.Model(x, shared(x))
        base.pop()
        assert len(shared.inbound_nodes) == 2
        assert other.output_shape == (None, 3)

    def test_add_after_data_was_seen(self):
        model = dense_chain(tfk, 3)
        model(np.ones((1, 2)))
        kernel = model.layers[0].kernel
        model.add(tfk.layers.Dense(5))
        assert model(np.ones((1, 2))).shape == (1, 5)
        assert model.layers[0].kernel is kernel

    def test_pop_of_nothing(self):
        with pytest.raises(TypeError, match="no layers to remove"):
            tfk.Sequential().pop()

    def test_lengths_may_vary(self):
        model = tfk.Sequential(
            [tfk.layers.Embedding(5, 2), tfk.layers.GlobalMaxPooling1D()]
        )
        for length in (3, 7, 2):
            ids = np.ones((2, length), "int32")
            assert model(ids).shape == (2, 2)
            assert model.predict(ids, verbose=0).shape == (2, 2)
        assert model.input_shape == (None, None)
        images = tfk.Sequential(
            [tfk.layers.Conv2D(2, 3), tfk.layers.GlobalMaxPooling2D()]
        )
        for size in ((1, 8, 8, 3), (2, 9, 7, 3)):
            assert images(np.ones(size, "float32")).shape == (size[0], 2)

    def test_sizes_that_weights_depend_on_may_not(self):
        model = dense_chain(tfk, 3)
        model(np.ones((2, 3)))
        with pytest.raises(ValueError, match=r"\(2, 4\)"):
            model(np.ones((2, 4)))

    def test_what_is_no_layer_is_named(self):
        with pytest.raises(TypeError, match="made of layers.*'dense'"):
            tfk.Sequential(["dense"])
        layer = tfk.layers.Dense(1, name="twice")
        with pytest.raises(ValueError, match="two layers named 'twice'"):
            tfk.Sequential([layer, layer])

    def test_modules_are_layers_too(self):
        class Double(tf.Module):
            def __call__(self, x):
                return 2 * x

        model = tfk.Sequential([tfk.Input((1,)), Double()])
        np.testing.assert_array_equal(model(np.ones((1, 1))), [[2.0]])

    def test_nested(self):
        inner = dense_chain(tfk, 3, 2)
        model = tfk.Sequential([inner, tfk.layers.Dense(1)])
        model.build((None, 4))
        assert model.output_shape == (None, 1)
        assert inner.output_shape == (None, 2)
        known = dense_chain(tfk, 3, input_shape=(4,))
        assert tfk.Sequential([known]).output_shape == (None, 3)

    @pytest.mark.parametrize("built", ["known", "late", "never"])
    def test_config_round_trip(self, built):
        model = dense_chain(
            tfk, 3, 2, **({"input_shape": (4,)} if built == "known" else {})
        )
        if built == "late":
            model(np.ones((1, 4)))
        copied = tfk.Sequential.from_config(model.get_config())
        assert copied.get_config() == model.get_config()
        assert copied.built == model.built == (built != "never")
        assert [tuple(v.shape) for v in copied.weights] == [
            tuple(v.shape) for v in model.weights
        ]

    def test_a_file_may_not_ask_for_any_number_of_layers(self):
        config = {"name": "long", "layers": [""] * 20_000}
        with budget.limited_to(0):
            with pytest.raises(tfk.errors.UnsafeFileError, match="20,000 lay"):
                tfk.Sequential.from_config(config)

    def test_trains_when_first_seen_in_fit(self):
        model = dense_chain(tfk, 3, 1)
        model.compile("sgd", "mse")
        history = model.fit(
            np.ones((6, 2)), np.ones(6), batch_size=4, verbose=0, epochs=3
        )
        losses = history.history["loss"]
        assert losses[-1] < losses[0] or losses[0] < 1e-6

    def test_masks_pass_through_an_unrecorded_chain(self):
        class Eager(tfk.layers.Layer):
            supports_masking = True

            def call(self, inputs, mask=None):
                if not tf.executing_eagerly():
                    raise NotImplementedError
                return inputs if mask is None else inputs + 1.0

        model = tfk.Sequential([tfk.layers.Masking(), Eager()])
        y = model(np.array([[[1.0], [0.0]]]))
        assert model.graph is None
        np.testing.assert_array_equal(y._keras_mask, [[True, False]])
        np.testing.assert_array_equal(y, [[[2.0], [1.0]]])
