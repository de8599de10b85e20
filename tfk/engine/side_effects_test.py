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
"""Tests of finding calls that give something else each time."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import side_effects


class Noise(tfk.layers.PreprocessingLayer):
    """Adds noise in a way of the user's own, in training."""

    def __init__(self, how, **kwargs):
        super().__init__(**kwargs)
        self.how = how
        self.generator = tf.random.Generator.from_seed(1)
        self.stream = tfk.utils.ElementStream(1)
        self.count = tf.Variable(0.0, trainable=False)
        self.counts = tf.Variable([0.0], trainable=False)

    def draws(self, inputs):
        shape = tf.shape(inputs)
        if self.how == "op":
            return tf.random.normal(shape, seed=1)
        if self.how == "generator":
            return self.generator.normal(shape)
        if self.how == "function":
            return tf.function(self.generator.uniform)(shape)
        if self.how == "condition":
            return tf.cond(
                tf.reduce_sum(inputs) > 1,
                lambda: self.generator.normal(shape),
                lambda: tf.zeros(shape),
            )
        if self.how == "variable":
            return inputs + self.count.assign_add(1.0)
        if self.how == "scatter":
            return inputs + self.counts.scatter_nd_add([[0]], [1.0])
        if self.how == "slice":
            return inputs + self.counts[:1].assign([1.0])
        if self.how == "stateless":
            return tf.random.stateless_normal(shape, (1, 2))
        if self.how == "stream":
            return self.stream.draws(shape[0]).normal(2)
        return inputs

    def call(self, inputs, training=False):
        return inputs + self.draws(inputs) if training else inputs


RANDOM = ("op", "generator", "function", "condition", "variable")
RANDOM += ("scatter", "slice")
FORESEEN = ("stateless", "stream", "none")


class HasAnyTest:
    def has_any(self, output):
        return side_effects.has_any(output.node)

    @pytest.mark.parametrize("how", RANDOM + FORESEEN)
    def test_layers_of_the_user(self, how):
        x = tfk.Input((2,))
        assert self.has_any(Noise(how)(x)) == (how in RANDOM)
        stage = tfk.layers.PreprocessingStage([Noise(how)])
        assert self.has_any(stage(x)) == (how in RANDOM)

    def test_ops_and_functions_in_layers(self):
        x = tfk.Input((2,))
        assert self.has_any(tf.random.normal(tf.shape(x)))
        assert self.has_any(tf.nn.dropout(x, 0.5))
        assert not self.has_any(
            tf.random.stateless_uniform(tf.shape(x), seed=(1, 2))
        )
        assert not self.has_any(x + 1.0)
        noisy = tfk.layers.Lambda(lambda x: x + tf.random.normal((2,)))
        assert self.has_any(noisy(x))
        assert not self.has_any(tfk.layers.Lambda(lambda x: x + 1.0)(x))

    @pytest.mark.parametrize("how", ("loss", "metric", "regularizer"))
    def test_losses_and_metrics_that_a_call_adds(self, how):
        class Adding(tfk.layers.PreprocessingLayer):
            def call(self, inputs):
                if how == "loss":
                    self.add_loss(tf.reduce_mean(inputs))
                if how == "metric":
                    self.add_metric(tf.reduce_mean(inputs), name="mean")
                return inputs

        def model(lift):
            regularizer = "l2" if how == "regularizer" else None
            layers = [
                tfk.layers.Rescaling(2.0, activity_regularizer=regularizer),
                Adding(),
            ]
            x = tfk.Input((2,))
            h = tfk.Sequential(layers)(x) if how == "loss" else x
            for layer in layers if h is x else ():
                h = layer(h)
            outputs = tfk.layers.Dense(1, kernel_initializer="ones")(h)
            made = tfk.Model(x, outputs)
            made.compile("sgd", "mse", lift_preprocessing=lift)
            return made

        rows = np.linspace(0, 1, 24, dtype="float32").reshape(12, 2)
        found = []
        for lift in (False, True):
            made = model(lift)
            run = made.fit(rows, rows[:, :1], epochs=2, verbose=0)
            found.append([*run.history.values()])
            found[-1].append(made.evaluate(rows, rows[:, :1], verbose=0))
        for one, two in zip(*found):
            np.testing.assert_allclose(one, two, rtol=1e-6)

    def test_layers_that_lack_their_state(self):
        class Prefixed(tfk.layers.StringLookup):
            def call(self, inputs):
                return super().call(tf.strings.join(["a", inputs]))

        assert not self.has_any(Prefixed()(tfk.Input((1,), dtype="string")))


class LiftedEqualsUnliftedTest:
    def fit(self, how, lift):
        tfk.utils.set_random_seed(7)
        x = tfk.Input((2,))
        h = tfk.layers.Rescaling(0.5)(x)
        model = tfk.Model(x, tfk.layers.Dense(1)(Noise(how, name="noise")(h)))
        model.compile("sgd", "mse", lift_preprocessing=lift)
        rows = np.linspace(0, 1, 24, dtype="float32").reshape(12, 2)
        history = model.fit(
            rows, rows[:, :1], batch_size=2, epochs=2, verbose=0
        )
        is_lifted = "noise" in [x.name for x in model.stage_split.layers]
        assert is_lifted == (how in FORESEEN)
        return [*history.history["loss"], *model.get_weights()]

    @pytest.mark.parametrize("how", ("generator", "variable", *FORESEEN))
    def test_bit_for_bit(self, how):
        for one, two in zip(self.fit(how, True), self.fit(how, False)):
            np.testing.assert_array_equal(one, two)
