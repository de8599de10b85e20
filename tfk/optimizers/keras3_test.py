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
"""Optimizers against Keras 3: rules, features, and users' own rules.

What differs on purpose is written in the docstrings, and tested last.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import optimizers
from tfk.testing import small_models

STEPS = 20
SHAPES = {
    "kernel": (4, 3),
    "bias": (3,),
    "scale": (),
    "conv1d": (2, 3, 4),
    "conv2d": (2, 2, 3, 4),
    "MyEmbedding": (5, 2),
    "head": (3, 6),
}
RULES = {
    "Adadelta": {},
    "Adafactor": {},
    "Adagrad": {},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "Adamax": {},
    "Ftrl": {},
    "Lamb": {},
    "Lion": {},
    "Muon": {"exclude_layers": ["h.ad"], "adam_lr_ratio": 0.5},
    "Nadam": {},
    "RMSprop": {"momentum": 0.5},
    "SGD": {"momentum": 0.5},
}
FEATURES = {
    "plain": {},
    "accumulation": {
        "gradient_accumulation_steps": 3,
        "global_clipnorm": 0.5,
        "loss_scale_factor": 16.0,
        "weight_decay": 0.1,
    },
}


def make_variables(module):
    random = np.random.default_rng(0)
    make = keras.Variable if module is keras.optimizers else tf.Variable
    return [
        make(random.normal(size=shape).astype("float32"), name=name)
        for name, shape in SHAPES.items()
    ]


def make_gradients():
    random = np.random.default_rng(1)
    return [
        [
            tf.constant(random.normal(size=shape), tf.float32)
            for shape in SHAPES.values()
        ]
        for _ in range(STEPS)
    ]


def train(module, optimizer):
    """Yields the iterations and the variables after each step."""
    variables = make_variables(module)
    optimizer.build(variables)
    for gradients in make_gradients():
        optimizer.apply(gradients, variables)
        values = [variable.numpy() for variable in variables]
        yield int(optimizer.iterations), values


def assert_near(found, wanted, near=2e-5):
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, near, near)


def assert_same_training(make):
    """Compares each step with an optimizer of either module."""
    both = [
        train(module, make(module)) for module in (optimizers, keras.optimizers)
    ]
    for found, wanted in zip(*both, strict=True):
        assert found[0] == wanted[0]
        assert_near(found[1], wanted[1])


def apply_to_scalar(module, optimizer, gradients):
    """Returns a variable that begins at 0, after each of some gradients."""
    is_keras = module is keras.optimizers
    variable = (keras.Variable if is_keras else tf.Variable)(0.0)
    optimizer.build([variable])
    values = []
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient)], [variable])
        values.append(float(variable))
    return values


class RulesTest:
    @pytest.mark.parametrize("features", FEATURES)
    @pytest.mark.parametrize("rule", RULES)
    def test_twenty_steps_are_those_of_keras_3(self, rule, features):
        assert_same_training(
            lambda module: getattr(module, rule)(
                0.05, **RULES[rule], **FEATURES[features]
            )
        )

    @pytest.mark.parametrize(
        "rule", sorted({*RULES, "ScheduleFreeAdamW"} - {"Adam"})
    )
    def test_configs_of_keras_3_can_be_read(self, rule):
        theirs = getattr(keras.optimizers, rule)(
            0.25, gradient_accumulation_steps=2, clipnorm=0.5
        )
        ours = optimizers.deserialize(keras.optimizers.serialize(theirs))
        assert type(ours) is getattr(optimizers, rule)
        found, wanted = ours.get_config(), theirs.get_config()
        assert wanted == {key: found.get(key) for key in wanted}

    @pytest.mark.parametrize("rule", [*sorted(RULES), "LossScaleOptimizer"])
    def test_training_of_keras_3_goes_on(self, rule, tmp_path):
        path = str(tmp_path / "x.keras")
        random = np.random.default_rng(0)
        x = random.normal(size=(8, 3)).astype("float32")
        y = random.normal(size=(8, 2)).astype("float32")
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        if rule == "LossScaleOptimizer":
            optimizer = keras.optimizers.LossScaleOptimizer(
                keras.optimizers.Adam(0.01),
                initial_scale=4.0,
                dynamic_growth_steps=3,
            )
        else:
            optimizer = getattr(keras.optimizers, rule)(0.01, **RULES[rule])
        model.compile(optimizer, "mse")
        model.fit(x, y, verbose=0)
        model.save(path)
        loaded = tfk.models.load_model(path)
        for each in (model, loaded):
            each.fit(x, y, epochs=3, shuffle=False, verbose=0)
        for ours, theirs in zip(loaded.get_weights(), model.get_weights()):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
        if rule == "LossScaleOptimizer":
            # It grew after the third of four steps.
            assert float(loaded.optimizer.loss_scale) == 8.0
            assert float(model.optimizer.dynamic_scale) == 8.0

    @pytest.mark.parametrize("rule", ["Lamb", "Muon", "ScheduleFreeAdamW"])
    def test_rules_that_tf_keras_lacks_can_be_read_by_keras_3(self, rule):
        ours = getattr(optimizers, rule)(0.25, use_ema=True)
        theirs = getattr(keras.optimizers, rule).from_config(ours.get_config())
        assert theirs.learning_rate == 0.25 and theirs.use_ema

    def test_several_optimizers_can_be_read_by_each_other(self):
        def make(module):
            return module.MultiOptimizer(
                module.OptimizerMap(
                    module.Muon(0.5), {".*bias": module.ScheduleFreeAdamW()}
                )
            )

        for module, other in (
            (optimizers, keras.optimizers),
            (keras.optimizers, optimizers),
        ):
            again = other.deserialize(module.serialize(make(module)))
            table = again.get_config()["optimizer_map"]["config"]
            assert table["default_optimizer"]["class_name"] == "Muon"
            found = table["optimizer_map"][".*bias"]
            assert found["class_name"] == "ScheduleFreeAdamW"

    def test_schedules_count_calls_while_gradients_accumulate(self):
        for steps in (None, 2):
            values = [
                apply_to_scalar(
                    module,
                    module.SGD(
                        module.schedules.PiecewiseConstantDecay(
                            [1, 3], [1.0, 10.0, 100.0]
                        ),
                        gradient_accumulation_steps=steps,
                    ),
                    [1.0] * 8,
                )
                for module in (optimizers, keras.optimizers)
            ]
            assert values[0] == values[1]

    def test_loss_scale_is_that_of_keras_3(self):
        factors = [1, 1, np.inf, 1, 1, 1, np.nan, np.nan, 1, 1, 1, 1]
        histories = []
        for module in (optimizers, keras.optimizers):
            optimizer = module.LossScaleOptimizer(
                module.SGD(1.0), initial_scale=8.0, dynamic_growth_steps=2
            )
            make = keras.Variable if len(histories) else tf.Variable
            variable, history = make(0.0), []
            optimizer.build([variable])
            for factor in factors:
                scale = float(optimizer.scale_loss(tf.constant(1.0)))
                gradient = tf.constant(factor * scale, tf.float32)
                optimizer.apply([gradient], [variable])
                steps = int(optimizer.iterations)
                history.append((scale, float(variable), steps))
            histories.append(history)
        assert histories[0] == histories[1]


class AveragesTest:
    def test_averages_differ_by_where_they_start(self):
        variables, averages = [], []
        options = {"use_ema": True, "ema_momentum": 0.75}
        for module in (optimizers, keras.optimizers):
            made = make_variables(module)
            optimizer = module.Lamb(0.05, **options)
            optimizer.build(made)
            for t, gradients in enumerate(make_gradients()):
                optimizer.apply(gradients, made)
                if t == 0:
                    first = [v.numpy() for v in made]
            variables.append([v.numpy() for v in made])
            optimizer.finalize_variable_values(made)
            averages.append([v.numpy() for v in made])
        assert_near(*variables)
        for mine, other, start, after in zip(
            *averages, make_variables(optimizers), first, strict=True
        ):
            apart = 0.75**STEPS * (start.numpy() - after)
            np.testing.assert_allclose(mine - other, apart, 1e-3, 1e-5)

    def test_swap_callback_evaluates_as_in_keras_3(self):
        x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
        y = np.sin(x)
        start = small_models.perceptron(tfk).get_weights()
        losses, finals = [], []
        for module in (tfk, keras):
            model = module.Sequential(
                [
                    module.layers.Dense(w.shape[-1], activation=activation)
                    for w, activation in zip(start[::2], ("tanh", None))
                ]
            )
            model.build((None, 3))
            model.set_weights(start)
            model.compile(
                module.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.5),
                "mse",
            )
            history = model.fit(
                x,
                y,
                batch_size=4,
                epochs=2,
                shuffle=False,
                verbose=0,
                validation_data=(x, y),
                callbacks=[module.callbacks.SwapEMAWeights()],
            )
            losses.append([history.history[k] for k in ("loss", "val_loss")])
            finals.append(model.get_weights())
        np.testing.assert_allclose(*losses, rtol=1e-3)
        assert_near(*finals, near=1e-3)

    def test_schedule_free_sequence_and_mean_are_those_of_keras_3(self):
        # Keras 3 holds in its variables what these are set to in the end.
        sequences = []
        for module in (optimizers, keras.optimizers):
            optimizer = module.ScheduleFreeAdamW(0.1, epsilon=0.1)
            made = make_variables(module)
            optimizer.build(made)
            for gradients in make_gradients():
                optimizer.apply(gradients, made)
            optimizer.finalize_variable_values(made)
            named = "z/" if module is optimizers else "momentum"
            sequences.append(
                [v.numpy() for v in made]
                + [
                    v.numpy()
                    for v in optimizer.variables
                    if named in getattr(v, "path", v.name)
                ]
            )
        assert len(sequences[0]) == 2 * len(SHAPES)
        assert_near(*sequences, near=1e-4)

    def test_schedule_free_takes_gradients_between(self):
        def train_with(module, beta_1):
            optimizer = module.ScheduleFreeAdamW(0.1, beta_1=beta_1)
            made = [make_variables(module)[0]]
            optimizer.build(made)
            for gradients in make_gradients():
                optimizer.apply(gradients[:1], made)
            return made[0].numpy()

        # In Keras 3 `beta_1` has no effect.
        ours, theirs = (
            [train_with(module, beta_1) for beta_1 in (0.5, 0.9)]
            for module in (optimizers, keras.optimizers)
        )
        assert not np.allclose(*ours, rtol=1e-2)
        np.testing.assert_allclose(*theirs, rtol=1e-4)


class OptimizerMapTest:
    def test_keys_match_names_as_in_keras_3(self):
        keys = ["enc/.*", "^dec", ".*bias", "k.*l$", "x/kernel", ""]
        names = ["enc/kernel", "dec", "dec/bias", "kernel", "x/kernel", "enc/"]
        for key in keys:
            for name in names:
                found = []
                for module in (optimizers, keras.optimizers):
                    default, other = module.SGD(), module.Lamb()
                    table = module.OptimizerMap(default, {key: other})
                    found.append(table[name] is other)
                assert found[0] == found[1], (key, name)

    def test_several_matches_are_refused_by_both(self):
        for module in (optimizers, keras.optimizers):
            table = module.OptimizerMap(
                module.SGD(), {"enc/.*": module.SGD(), ".*bias": module.SGD()}
            )
            with pytest.raises(ValueError, match="enc/bias"):
                table["enc/bias"]

    def test_steps_of_several_optimizers_are_those_of_keras_3(self):
        assert_same_training(
            lambda module: module.MultiOptimizer(
                module.OptimizerMap(
                    module.SGD(0.1),
                    {
                        "conv.*": module.Lion(0.05),
                        "head": module.Muon(0.05),
                    },
                )
            )
        )

    def test_key_that_is_a_part_of_a_name_only_is_told(self):
        table = optimizers.OptimizerMap(
            optimizers.SGD(), {"conv": optimizers.SGD()}
        )
        with pytest.warns(UserWarning, match="'conv'.*'.*conv.*'"):
            optimizers.MultiOptimizer(table).build(make_variables(optimizers))


def make_keras_3_rule(module):
    """A class as its users write it for Keras 3."""

    class Momentum(module.Optimizer):
        def __init__(self, learning_rate=0.1, momentum=0.9, **kwargs):
            super().__init__(learning_rate=learning_rate, **kwargs)
            self.momentum = momentum

        def build(self, variables):
            if self.built:
                return
            super().build(variables)
            self.moments = [
                self.add_variable_from_reference(
                    reference_variable=variable, name="moment"
                )
                for variable in variables
            ]
            self.sums, self.counts = self.add_optimizer_variables(
                variables, ["sum", "count"], initializer=["zeros", "ones"]
            )

        def update_step(self, gradient, variable, learning_rate):
            place = self._get_variable_index(variable)
            moment, total = self.moments[place], self.sums[place]
            count = self.counts[place]
            rate = tf.cast(learning_rate, variable.dtype)
            self.assign(moment, self.momentum * moment + gradient)
            self.assign_add(total, tf.square(gradient))
            self.assign_add(count, tf.ones_like(gradient))
            self.assign_sub(
                variable, rate * moment / tf.sqrt(total / count + 1.0)
            )

        def get_config(self):
            return {**super().get_config(), "momentum": self.momentum}

    return Momentum


class UsersRulesTest:
    @pytest.mark.parametrize("features", FEATURES)
    def test_rule_for_keras_3_makes_its_steps(self, features):
        assert_same_training(
            lambda module: make_keras_3_rule(module)(0.05, **FEATURES[features])
        )

    def test_rule_for_keras_3_runs_in_fit_with_a_schedule(self):
        rule = make_keras_3_rule(optimizers)
        schedule = optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
        model = small_models.perceptron(tfk)
        model.compile(rule(schedule, name="mine"), "mse")
        x = np.ones((8, 3), "float32")
        losses = model.fit(x, x, epochs=3, verbose=0).history["loss"]
        assert losses[2] < losses[0]
        assert model.optimizer.name == "mine"
        config = model.optimizer.get_config()
        again = rule.from_config(config)
        assert again.get_config() == config
        assert config["momentum"] == 0.9
        assert config["learning_rate"]["class_name"] == "ExponentialDecay"

    def test_rule_on_top_of_one_of_ours_gets_the_rate(self):
        rates = []

        class Watched(optimizers.SGD):
            def update_step(self, gradient, variable, learning_rate):
                rates.append(float(learning_rate))
                super().update_step(gradient, variable, 2 * learning_rate)

        values = apply_to_scalar(optimizers, Watched(0.25), [1.0, 1.0])
        assert values == [-0.5, -1.0] and rates == [0.25, 0.25]

    def test_sparse_changes_are_assigned(self):
        class Descent(optimizers.Optimizer):
            def update_step(self, gradient, variable, learning_rate):
                self.assign_sub(variable, gradient)
                self.assign_add(variable, gradient)
                self.assign_sub(variable, gradient)

        variable = tf.Variable([1.0, 2.0, 3.0])
        gradient = tf.IndexedSlices(tf.constant([1.0, 2.0]), [0, 2], (3,))
        Descent(learning_rate=1.0).apply([gradient], [variable])
        np.testing.assert_array_equal(variable, [0.0, 2.0, 1.0])
