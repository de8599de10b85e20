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
"""Tests of where a graph is cut into preprocessing and main part."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import stage_split


def names(layers):
    return sorted(layer.name for layer in layers)


class SplitTest:
    def test_nothing_to_cut(self):
        x = tfk.Input((2,))
        model = tfk.Model(x, tfk.layers.Dense(1)(x))
        assert stage_split.split(model.graph) is None
        assert model.get_preprocessing_stage() is None
        assert model.get_main_stage() is model

    def test_weightless_ops_that_feed_preprocessing_are_lifted(self):
        x = tfk.Input((2,))
        scaled = tfk.layers.Rescaling(2.0, name="scale")(x + 1.0)
        after = tf.sqrt(scaled)
        outputs = tfk.layers.Dense(1, kernel_initializer="ones")(after)
        split = stage_split.split(tfk.Model(x, outputs).graph)
        # What follows the last preprocessing layer belongs to the main part.
        assert len(split.layers) == 2 and "scale" in names(split.layers)
        assert split.stage.outputs[0] is scaled
        assert split.main.inputs[0] is scaled

    def test_layers_behind_weights_stay(self):
        x = tfk.Input((2,))
        h = tfk.layers.Rescaling(2.0, name="before")(x)
        h = tfk.layers.Dense(2)(h)
        h = tfk.layers.Rescaling(3.0, name="behind")(h)
        split = stage_split.split(tfk.Model(x, h).graph)
        assert names(split.layers) == ["before"]

    def test_a_layer_that_is_also_called_behind_the_cut_is_not_listed(self):
        x = tfk.Input((2,))
        scale = tfk.layers.Rescaling(2.0, name="scale")
        h = scale(tfk.layers.Dense(2, kernel_initializer="ones")(scale(x)))
        model = tfk.Model(x, h)
        split = stage_split.split(model.graph)
        assert split.layers == ()
        values = split.main.run(split.stage.run([tf.ones((1, 2))]))
        np.testing.assert_array_equal(values, [[8.0, 8.0]])

    def test_layers_with_a_mode_losses_or_other_code_stay(self):
        class Own(tfk.layers.Layer):
            def call(self, inputs):
                return inputs + 1.0

        class Trained(tfk.layers.PreprocessingLayer):
            def build(self, input_shape):
                self.scale = self.add_weight("scale", ())
                super().build(input_shape)

            def call(self, inputs):
                return inputs * self.scale

        x = tfk.Input((2,))
        for layer in (
            tfk.layers.Dropout(0.5),
            Own(),
            Trained(),
            tfk.layers.Dense(1),
            tfk.layers.BatchNormalization(),
        ):
            y = tfk.layers.Rescaling(2.0)(layer(x))
            assert stage_split.split(tfk.Model(x, y).graph) is None

    def test_inputs_that_are_used_as_they_are_pass_through(self):
        a, b = tfk.Input((2,), name="a"), tfk.Input((2,), name="b")
        scaled = tfk.layers.Rescaling(2.0)(a)
        h = tfk.layers.Concatenate()([scaled, a, b])
        model = tfk.Model({"a": a, "b": b}, tfk.layers.Dense(1)(h))
        split = model.stage_split
        assert {id(x) for x in split.stage.outputs} == {
            id(scaled),
            id(a),
            id(b),
        }
        stage, main = model.get_preprocessing_stage(), model.get_main_stage()
        x = {"a": np.ones((3, 2)), "b": np.zeros((3, 2))}
        np.testing.assert_allclose(
            main(stage(x)), model.predict(x, verbose=0), rtol=1e-6
        )
        assert main.trainable_weights[0] is model.trainable_weights[0]

    def test_stages_are_not_made_of_custom_objects(self):
        x = tfk.Input((2,))
        model = tfk.Model(x, tfk.layers.Dense(1)(tfk.layers.Rescaling(2.0)(x)))
        with tfk.utils.custom_object_scope(
            {"Model": tfk.Sequential, "PreprocessingStage": tfk.Sequential}
        ):
            stages = model.get_preprocessing_stage(), model.get_main_stage()
        kinds = (tfk.layers.PreprocessingStage, tfk.Model)
        assert tuple(map(type, stages)) == kinds

    def test_models_of_preprocessing_layers_are_preprocessing(self):
        x = tfk.Input((2,))
        inner = tfk.Sequential(
            [tfk.layers.Rescaling(2.0), tfk.layers.Flatten()], name="inner"
        )
        model = tfk.Model(x, tfk.layers.Dense(1)(inner(x)))
        assert names(model.stage_split.layers) == ["inner"]
        plain = tfk.Sequential([tfk.layers.Flatten()])
        assert not stage_split.is_preprocessing(plain)

    def test_an_output_before_the_cut(self):
        x = tfk.Input((2,))
        scaled = tfk.layers.Rescaling(2.0)(x)
        model = tfk.Model(x, [tfk.layers.Dense(1)(scaled), scaled, x])
        split = model.stage_split
        run = split.main.run(split.stage.run([tf.ones((1, 2))]))
        np.testing.assert_array_equal(run[1], [[2.0, 2.0]])
        np.testing.assert_array_equal(run[2], [[1.0, 1.0]])
        outputs = model.predict(np.ones((40, 2)), verbose=0)
        assert [y.shape for y in outputs] == [(40, 1), (40, 2), (40, 2)]

    def test_a_model_that_only_preprocesses(self):
        x = tfk.Input((2,))
        model = tfk.Model(x, tfk.layers.Rescaling(2.0)(x))
        y = model.predict(np.ones((40, 2)), verbose=0)
        np.testing.assert_array_equal(y, np.full((40, 2), 2.0))

    @pytest.mark.parametrize("is_before_random", (False, True))
    def test_masks_that_others_need_stay_with_their_tensors(
        self, is_before_random
    ):
        class Marking(tfk.layers.PreprocessingLayer):
            def call(self, inputs):
                return inputs * 2.0

            def compute_mask(self, inputs, mask=None):
                return tf.reduce_any(inputs != 0, -1)

        class Shaking(tfk.layers.PreprocessingLayer):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.stream = tfk.utils.ElementStream(1)
                self.supports_masking = True

            def call(self, inputs, mask=None, training=False):
                draws = self.stream.draws(tf.shape(inputs)[0])
                shaken = inputs + draws.uniform(1)[:, tf.newaxis]
                return tf.where(mask[..., tf.newaxis], shaken, inputs)

            def compute_mask(self, inputs, mask=None):
                return None

        x = tfk.Input((5, 3))
        h = tfk.layers.Rescaling(0.5, name="scale")(x)
        h = Marking(name="mark")(h)
        if is_before_random:
            h = Shaking(name="shake")(h)
        model = tfk.Model(x, tfk.layers.Dense(1)(tfk.layers.LSTM(2)(h)))
        rows = np.random.RandomState(0).rand(40, 5, 3).astype("float32")
        rows[:, 3:] = 0
        weights, losses = model.get_weights(), []
        for lift in (False, True, tfk.utils.LiftOptions(cache="memory")):
            if is_before_random:
                model.get_layer("shake").stream = tfk.utils.ElementStream(1)
            model.set_weights(weights)
            model.compile("sgd", "mse", lift_preprocessing=lift)
            data = tf.data.Dataset.from_tensor_slices((rows, rows[:, 0, :1]))
            run = model.fit(data.batch(10), epochs=2, verbose=0)
            losses.append(run.history["loss"])
        np.testing.assert_allclose(losses[1:], losses[:1] * 2, rtol=1e-6)
        lifted = ["mark", "scale", "shake"] if is_before_random else ["scale"]
        assert names(model.stage_split.layers) == lifted
