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
"""Every rule against tf_keras, over many steps."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import optimizers
from tfk.optimizers import update_rule

STEPS = 20
ROWS = 6

# Powers of two, as Keras rounds the betas' powers (not the betas) to float32.
BETAS = {"beta_1": 0.875, "beta_2": 0.96875}
# One line for each optimizer and option that changes the rule.
RULES = {
    "sgd": ("SGD", {}),
    "sgd_momentum": ("SGD", {"momentum": 0.9}),
    "sgd_nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", BETAS),
    "adam_amsgrad": ("Adam", {**BETAS, "amsgrad": True}),
    "adam_epsilon": (
        "Adam",
        {**BETAS, "epsilon": 0.1, "adaptive_epsilon": True},
    ),
    "adamw": ("AdamW", {**BETAS, "weight_decay": 0.1}),
    "rmsprop": ("RMSprop", {"epsilon": 0.01}),
    "rmsprop_momentum": ("RMSprop", {"epsilon": 0.01, "momentum": 0.9}),
    "rmsprop_centered": ("RMSprop", {"epsilon": 0.01, "centered": True}),
    "rmsprop_both": (
        "RMSprop",
        {"epsilon": 0.01, "centered": True, "momentum": 0.9},
    ),
    "adagrad": ("Adagrad", {"epsilon": 0.1}),
    "adadelta": ("Adadelta", {"epsilon": 0.01}),
    "adamax": ("Adamax", {**BETAS, "epsilon": 0.01}),
    "nadam": ("Nadam", BETAS),
    "lion": ("Lion", {}),
    "adafactor": ("Adafactor", {}),
    "adafactor_absolute": ("Adafactor", {"relative_step": False}),
    "ftrl": ("Ftrl", {}),
    "ftrl_penalties": (
        "Ftrl",
        {
            "l1_regularization_strength": 0.01,
            "l2_regularization_strength": 0.02,
            "l2_shrinkage_regularization_strength": 0.03,
            "beta": 0.5,
            "learning_rate_power": -0.7,
        },
    ),
}
# Keras fills slots that these rules do not read.
UNUSED_SLOTS = ("sgd", "adafactor", "adafactor_absolute")
# Keras does not read back what it writes for these.
UNREADABLE = ("Lion", "Adafactor")
FEATURES = {
    "plain": {},
    "averaged_decay": {
        "weight_decay": 0.1,
        "use_ema": True,
        "ema_momentum": 0.6,
        "ema_overwrite_frequency": 3,
    },
    "clipnorm": {"clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.3},
    "global_clipnorm": {"global_clipnorm": 0.5},
    "two_clips": {"clipvalue": 0.1, "clipnorm": 0.5},
    "two_other_clips": {"clipvalue": 0.1, "global_clipnorm": 0.5},
}


def make_variables(dtype="float32"):
    random = np.random.default_rng(0)
    shapes = {"kernel": (4, 3), "bias": (3,), "table": (ROWS, 2)}
    return [
        tf.Variable(random.normal(size=shape).astype(dtype), name=name)
        for name, shape in shapes.items()
    ]


def make_gradients(dtype="float32", unique=False):
    """Gradients of all steps: two dense ones and a sparse one."""
    random = np.random.default_rng(1)
    steps = []
    for _ in range(STEPS):
        rows = random.choice(ROWS, size=3, replace=not unique)
        steps.append(
            [
                tf.constant(random.normal(size=(4, 3)), dtype),
                tf.constant(random.normal(size=3), dtype),
                tf.IndexedSlices(
                    tf.constant(random.normal(size=(3, 2)), dtype),
                    tf.constant(rows),
                    tf.constant([ROWS, 2], tf.int64),
                ),
            ]
        )
    return steps


def train(optimizer, gradients):
    variables = make_variables(gradients[0][0].dtype.name)
    for values in gradients:
        optimizer.apply_gradients(zip(values, variables))
    return variables


def assert_same(ours, theirs, tolerance=1e-6):
    for own, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            own.numpy(), other.numpy(), rtol=tolerance, atol=tolerance
        )


def both(rule, **features):
    name, arguments = RULES[rule]
    arguments = {"learning_rate": 0.05, **arguments, **features}
    return (
        getattr(optimizers, name)(**arguments),
        getattr(tf_keras.optimizers, name)(**arguments),
    )


class UpdateRuleTest:
    # Both in float64 shows that the rules are the same; against it, float32
    # shows how exact the kernels are.

    @pytest.mark.parametrize("features", ["plain", "averaged_decay"])
    @pytest.mark.parametrize("rule", RULES)
    def test_every_rule_is_that_of_keras(self, rule, features):
        ours, theirs = both(rule, **FEATURES[features])
        gradients = make_gradients("float64")
        expected = train(theirs, gradients)
        assert_same(train(ours, gradients), expected)
        if rule not in UNUSED_SLOTS:
            assert_same(ours.variables, theirs.variables)
        ours, _ = both(rule, **FEATURES[features])
        assert_same(train(ours, make_gradients("float32")), expected, 4e-6)

    @pytest.mark.parametrize("features", list(FEATURES)[2:])
    @pytest.mark.parametrize("rule", ["sgd", "adam"])
    def test_clipping_is_that_of_keras(self, rule, features):
        ours, theirs = both(rule, **FEATURES[features])
        gradients = make_gradients("float64", unique=True)
        assert_same(train(ours, gradients), train(theirs, gradients))

    @pytest.mark.parametrize("rule", RULES)
    def test_slots_have_the_names_and_order_of_keras(self, rule):
        ours, theirs = both(rule, use_ema=True)
        ours.build(make_variables())
        theirs.apply_gradients(zip(make_gradients()[0], make_variables()))
        described = [
            [(v.name, v.shape, v.dtype) for v in optimizer.variables]
            for optimizer in (ours, theirs)
        ]
        assert described[0] == described[1]

    @pytest.mark.parametrize("rule", RULES)
    def test_config_makes_the_same_optimizer_here_and_in_keras(self, rule):
        ours, theirs = both(rule, use_ema=True, clipvalue=0.5)
        config = optimizers.serialize(ours)
        expected = tf_keras.optimizers.serialize(theirs)
        assert config["module"] == expected["module"]
        assert config["class_name"] == expected["class_name"]
        assert set(expected["config"]) <= set(config["config"])
        for key, value in expected["config"].items():
            if key != "jit_compile":
                assert config["config"][key] == value
        revived = optimizers.deserialize(config)
        assert optimizers.serialize(revived) == config
        if RULES[rule][0] not in UNREADABLE:
            revived = tf_keras.optimizers.deserialize(config)
            assert type(revived) is type(theirs)
        revived = optimizers.deserialize(expected)
        assert revived.get_config()["use_ema"] is True

    @pytest.mark.parametrize("rule", RULES)
    def test_step_compiles_with_xla(self, rule):
        gradients = make_gradients()[:2]
        compiled, eager = both(rule)[0], both(rule)[0]
        variables = make_variables()
        compiled.build(variables)

        @tf.function(jit_compile=True)
        def step(values):
            compiled.apply_gradients(zip(values, variables))

        for values in gradients:
            step(values)
        assert_same(variables, train(eager, gradients), 1e-5)

    @pytest.mark.parametrize("rule", RULES)
    def test_kernel_computes_the_formula(self, rule, monkeypatch):
        gradients = make_gradients("float64")
        expected, _ = both(rule)
        by_kernel = train(expected, gradients)
        formula, _ = both(rule)
        monkeypatch.setattr(
            type(formula),
            "_update_dense",
            update_rule.UpdateRule._update_dense,
        )
        assert_same(train(formula, gradients), by_kernel, 1e-9)
        assert_same(formula.variables, expected.variables, 1e-9)

    @pytest.mark.parametrize("rule", RULES)
    def test_half_precision_variables_are_updated(self, rule):
        for dtype in ("bfloat16", "float16"):
            variable = tf.Variable(tf.ones((2, 3), dtype))
            optimizer = both(rule)[0]
            gradient = tf.ones((2, 3), dtype)
            optimizer.apply_gradients([(gradient, variable)])
            assert float(variable[0, 0]) != 1.0
            assert optimizer.variables[-1].dtype == variable.dtype

    @pytest.mark.parametrize("rule", ["sgd", "adam", "ftrl", "lion"])
    def test_step_of_one_variable_takes_another_rate(self, rule):
        given, own = tf.Variable([1.0, 2.0]), tf.Variable([1.0, 2.0])
        gradient = tf.constant([1.0, -0.5])
        optimizer, other = both(rule)[0], both(rule, learning_rate=0.5)[0]
        optimizer.build([given])
        optimizer.update_step(gradient, given, 0.5)
        other.build([own])
        other.update_step(gradient, own)
        np.testing.assert_array_equal(given, own)
        assert float(optimizer.learning_rate) != 0.5

    def test_clipping_bounds_the_norm_of_summed_rows(self):
        variable = tf.Variable(tf.zeros((3, 1)))
        optimizer = optimizers.SGD(1.0, clipnorm=1.0)
        rows = tf.IndexedSlices(
            tf.constant([[3.0], [3.0]]), tf.constant([1, 1]), (3, 1)
        )
        optimizer.apply_gradients([(rows, variable)])
        np.testing.assert_allclose(variable, [[0.0], [-1.0], [0.0]])

    def test_bad_arguments_are_named(self):
        with pytest.raises(ValueError, match="momentum=2.0"):
            optimizers.SGD(momentum=2.0)
        with pytest.raises(ValueError, match="weight_decay=None"):
            optimizers.AdamW(weight_decay=None)
        with pytest.raises(ValueError, match="learning_rate_power=0.5"):
            optimizers.Ftrl(learning_rate_power=0.5)
        with pytest.raises(ValueError, match="l1_regularization_strength=-1"):
            optimizers.Ftrl(l1_regularization_strength=-1)
        with pytest.raises(ValueError, match="initial_accumulator_value=-1"):
            optimizers.Adagrad(initial_accumulator_value=-1)
        with pytest.raises(ValueError, match="beta_1=0"):
            optimizers.Lion(beta_1=0)


class FusedRMSpropTest:
    def test_without_momentum_files_hold_what_they_did(self, tmp_path):
        variable = tf.Variable([1.0, 2.0])
        optimizer = optimizers.RMSprop(0.1)
        optimizer.build([variable])

        @tf.function
        def step():
            optimizer.apply_gradients([(tf.constant([1.0, -1.0]), variable)])

        operations = step.get_concrete_function().graph.get_operations()
        assert "ResourceApplyRMSProp" in {op.type for op in operations}
        # The iterations and one slot, as tf_keras saves them.
        assert len(optimizer.variables) == 2
        checkpoint = tf.train.Checkpoint(optimizer=optimizer)
        names = [
            name
            for name, _ in tf.train.list_variables(
                checkpoint.write(str(tmp_path / "state"))
            )
        ]
        assert not any("last_step" in name for name in names)
