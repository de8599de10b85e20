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
"""Tests for the base class of wrappers."""

import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk import layers
from tfk.layers import wrapper


@tfk.saving.register_keras_serializable("wrapper_test")
class _Doubled(wrapper.Wrapper):
    def call(self, inputs):
        return 2.0 * self.layer(inputs)


class _Oracle(tf_keras.layers.Wrapper):
    def call(self, inputs):
        return 2.0 * self.layer(inputs)


class WrapperTest:
    def test_weights_are_those_of_the_layer_inside(self):
        layer = _Doubled(layers.Dense(2))
        outputs = layer(tf.ones((1, 3)))
        inner = layer.layer
        assert layer.weights == inner.weights and len(inner.weights) == 2
        tf.debugging.assert_near(outputs, 2.0 * inner(tf.ones((1, 3))))
        layer.trainable = False
        assert not inner.trainable

    def test_layer_inside_is_built_along(self):
        layer = _Doubled(layers.Dense(2))
        layer.build(tf.TensorShape((None, 3)))
        assert layer.layer.built and layer.layer.kernel.shape == (3, 2)

    def test_activity_loss_counts_once(self):
        regularizer = tf_keras.regularizers.L2(0.5)
        ours = _Doubled(
            layers.Dense(2, activity_regularizer=tfk.regularizers.L2(0.5))
        )
        theirs = _Oracle(
            tf_keras.layers.Dense(2, activity_regularizer=regularizer)
        )
        x = tf.ones((1, 3))
        ours(x), theirs(x)
        theirs.set_weights(ours.get_weights())
        ours(x), theirs(x)
        assert len(ours.losses) == len(theirs.losses) == 1
        tf.debugging.assert_near(ours.losses[0], theirs.losses[0])
        assert ours.activity_regularizer is ours.layer.activity_regularizer

    def test_config_equals_tf_keras(self):
        layer = _Doubled(layers.Dense(2, name="inner"), name="outer")
        oracle = _Oracle(tf_keras.layers.Dense(2, name="inner"), name="outer")
        assert layer.get_config() == oracle.get_config()
        again = _Doubled.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()

    def test_custom_layers_are_found(self):
        class Own(layers.Layer):
            def call(self, inputs):
                return inputs

        config = _Doubled(Own()).get_config()
        again = _Doubled.from_config(config, custom_objects={"Own": Own})
        assert type(again.layer) is Own

    def test_no_layer_is_told(self):
        with pytest.raises(TypeError, match="_Doubled must be a layer.*None"):
            _Doubled(None)
