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
"""Every rule against its formula, written once more in NumPy."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import optimizers
from tfk.testing import conformance

STEPS = 20
ROWS = 6
RATE = 0.0625

# The rules: functions of a weight, its gradient, the dict of what is kept
# (empty at first), the number of the step and the learning rate.


def sgd(w, g, kept, t, rate, momentum=0.0, nesterov=False):
    if not momentum:
        return w - rate * g
    kept["v"] = momentum * kept.get("v", 0.0) - rate * g
    if nesterov:
        return w + momentum * kept["v"] - rate * g
    return w + kept["v"]


def moments(g, kept, beta_1, beta_2):
    kept["m"] = beta_1 * kept.get("m", 0.0) + (1 - beta_1) * g
    kept["v"] = beta_2 * kept.get("v", 0.0) + (1 - beta_2) * g**2
    return kept["m"], kept["v"]


def adam(
    w,
    g,
    kept,
    t,
    rate,
    beta_1=0.9,
    beta_2=0.999,
    epsilon=1e-7,
    amsgrad=False,
    adaptive_epsilon=False,
):
    m, v = moments(g, kept, beta_1, beta_2)
    if amsgrad:
        v = kept["largest"] = np.maximum(kept.get("largest", 0.0), v)
    if adaptive_epsilon:
        epsilon *= np.sqrt(1 - beta_2**t)
    rate = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - rate * m / (np.sqrt(v) + epsilon)


def adamax(w, g, kept, t, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    kept["m"] = beta_1 * kept.get("m", 0.0) + (1 - beta_1) * g
    kept["u"] = np.maximum(beta_2 * kept.get("u", 0.0), np.abs(g))
    return w - rate / (1 - beta_1**t) * kept["m"] / (kept["u"] + epsilon)


def nadam(w, g, kept, t, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m, v = moments(g, kept, beta_1, beta_2)
    u = [beta_1 * (1 - 0.5 * 0.96**i) for i in range(1, t + 2)]
    m_hat = u[t] * m / (1 - np.prod(u))
    m_hat = m_hat + (1 - u[t - 1]) * g / (1 - np.prod(u[:t]))
    return w - rate * m_hat / (np.sqrt(v / (1 - beta_2**t)) + epsilon)


def lamb(w, g, kept, t, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m, v = moments(g, kept, beta_1, beta_2)
    step = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    return w - rate * np.linalg.norm(w) / np.linalg.norm(step) * step


def lion(w, g, kept, t, rate, beta_1=0.9, beta_2=0.99):
    m = kept.get("m", 0.0)
    kept["m"] = beta_2 * m + (1 - beta_2) * g
    return w - rate * np.sign(beta_1 * m + (1 - beta_1) * g)


def adagrad(w, g, kept, t, rate, initial_accumulator_value=0.1, epsilon=1e-7):
    kept["sum"] = kept.get("sum", initial_accumulator_value) + g**2
    return w - rate * g / np.sqrt(kept["sum"] + epsilon)


def adadelta(w, g, kept, t, rate, rho=0.95, epsilon=1e-7):
    kept["g"] = rho * kept.get("g", 0.0) + (1 - rho) * g**2
    step = g * np.sqrt(kept.get("w", 0.0) + epsilon)
    step = step / np.sqrt(kept["g"] + epsilon)
    kept["w"] = rho * kept.get("w", 0.0) + (1 - rho) * step**2
    return w - rate * step


def rmsprop(
    w, g, kept, t, rate, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False
):
    kept["v"] = rho * kept.get("v", 0.0) + (1 - rho) * g**2
    kept["g"] = rho * kept.get("g", 0.0) + (1 - rho) * g
    variance = kept["v"] - kept["g"] ** 2 if centered else kept["v"]
    step = rate * g / np.sqrt(variance + epsilon)
    kept["step"] = momentum * kept.get("step", 0.0) + step
    return w - kept["step"]


def ftrl(
    w,
    g,
    kept,
    t,
    rate,
    learning_rate_power=-0.5,
    initial_accumulator_value=0.1,
    l1_regularization_strength=0.0,
    l2_regularization_strength=0.0,
    l2_shrinkage_regularization_strength=0.0,
    beta=0.0,
):
    l1, l2 = l1_regularization_strength, l2_regularization_strength
    l2 = l2 + beta / (2 * rate)
    n = kept.get("n", initial_accumulator_value)
    kept["n"] = n + g**2
    old, new = n**-learning_rate_power, kept["n"] ** -learning_rate_power
    g = g + 2 * l2_shrinkage_regularization_strength * w
    linear = kept.get("linear", 0.0) + g - (new - old) / rate * w
    kept["linear"] = linear
    return (np.clip(linear, -l1, l1) - linear) / (new / rate + 2 * l2)


def adafactor(
    w,
    g,
    kept,
    t,
    rate,
    beta_2_decay=-0.8,
    epsilon_1=1e-30,
    epsilon_2=1e-3,
    clip_threshold=1.0,
    relative_step=True,
):
    def rms(x):
        return np.sqrt(np.mean(x**2))

    if relative_step:
        rate = min(rate, 1 / np.sqrt(t))
    rate = rate * max(epsilon_2, rms(w))
    beta = 1 - t**beta_2_decay
    square = g**2 + epsilon_1
    if w.ndim == 2:
        rows = beta * kept.get("r", 0.0) + (1 - beta) * square.mean(axis=1)
        columns = beta * kept.get("c", 0.0) + (1 - beta) * square.mean(axis=0)
        kept["r"], kept["c"] = rows, columns
        v = np.outer(rows, columns) / rows.mean()
    else:
        v = kept["v"] = beta * kept.get("v", 0.0) + (1 - beta) * square
    step = g / np.sqrt(v)
    return w - rate * step / max(1.0, rms(step) / clip_threshold)


def muon(
    w,
    g,
    kept,
    t,
    rate,
    momentum=0.95,
    nesterov=True,
    rms_rate=0.2,
    ns_steps=5,
    adam_lr_ratio=1.0,
    exclude_layers=(),
):
    # The table is found by its name, the bias by its shape.
    if w.ndim < 2 or len(w) == ROWS or exclude_layers:
        return adam(w, g, kept, t, rate * adam_lr_ratio)
    kept["m"] = momentum * kept.get("m", 0.0) + g
    x = g + momentum * kept["m"] if nesterov else kept["m"]
    x = x / np.linalg.norm(x)
    for _ in range(ns_steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
    if rms_rate is not None:
        rate = rate * rms_rate * np.sqrt(max(w.shape))
    return w - rate * x


def schedule_free(
    y,
    g,
    kept,
    t,
    rate,
    beta_1=0.9,
    beta_2=0.999,
    epsilon=1e-8,
    warmup_steps=1,
    weight_decay=0.0,
):
    rate = rate * min(1, t / warmup_steps)
    kept["v"] = beta_2 * kept.get("v", 0.0) + (1 - beta_2) * g**2
    size = np.sqrt(kept["v"] / (1 - beta_2**t)) + epsilon
    change = g / size + weight_decay * y
    z = kept.get("z", y)
    x = (y - (1 - beta_1) * z) / beta_1
    z = kept["z"] = z - rate * change
    kept["sum"] = kept.get("sum", 0.0) + rate**2
    c = rate**2 / kept["sum"]
    kept["x"] = (1 - c) * x + c * z
    return (1 - beta_1) * z + beta_1 * kept["x"]


# The public class, its formula, and the options of both.
RULES = {
    "sgd": ("SGD", sgd, {}),
    "sgd_momentum": ("SGD", sgd, {"momentum": 0.9}),
    "sgd_nesterov": ("SGD", sgd, {"momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", adam, {}),
    "adam_amsgrad": ("Adam", adam, {"amsgrad": True, "beta_2": 0.9}),
    "adam_epsilon": (
        "Adam",
        adam,
        {"epsilon": 0.1, "adaptive_epsilon": True},
    ),
    "adamw": ("AdamW", adam, {}),
    "lazy_adam": ("LazyAdam", adam, {}),
    "lazy_adam_amsgrad": ("LazyAdam", adam, {"amsgrad": True, "beta_2": 0.9}),
    "adamax": ("Adamax", adamax, {}),
    "nadam": ("Nadam", nadam, {}),
    "lamb": ("Lamb", lamb, {}),
    "lion": ("Lion", lion, {}),
    "adagrad": ("Adagrad", adagrad, {"epsilon": 0.1}),
    "adadelta": ("Adadelta", adadelta, {"epsilon": 0.01}),
    "rmsprop": ("RMSprop", rmsprop, {}),
    "rmsprop_momentum": ("RMSprop", rmsprop, {"momentum": 0.9}),
    "rmsprop_centered": ("RMSprop", rmsprop, {"centered": True}),
    "rmsprop_both": ("RMSprop", rmsprop, {"centered": True, "momentum": 0.9}),
    "ftrl": ("Ftrl", ftrl, {}),
    "ftrl_penalties": (
        "Ftrl",
        ftrl,
        {
            "l1_regularization_strength": 0.01,
            "l2_regularization_strength": 0.02,
            "l2_shrinkage_regularization_strength": 0.03,
            "beta": 0.5,
            "learning_rate_power": -0.7,
        },
    ),
    "adafactor": ("Adafactor", adafactor, {}),
    "adafactor_absolute": (
        "Adafactor",
        adafactor,
        {"relative_step": False, "clip_threshold": 0.5},
    ),
    "muon": ("Muon", muon, {"adam_lr_ratio": 0.5}),
    "muon_plain": ("Muon", muon, {"nesterov": False, "rms_rate": None}),
    "muon_excluded": ("Muon", muon, {"exclude_layers": ["kern.l"]}),
    "schedule_free": ("ScheduleFreeAdamW", schedule_free, {}),
    "schedule_free_warmup": (
        "ScheduleFreeAdamW",
        schedule_free,
        {"warmup_steps": 5, "beta_1": 0.75},
    ),
}
NEW_RULES = [
    rule
    for rule, (name, _, _) in RULES.items()
    if not hasattr(tf_keras.optimizers, name)
]
FEATURES = {
    "plain": {},
    "averaged": {
        "weight_decay": 0.25,
        "clipnorm": 0.5,
        "use_ema": True,
        "ema_momentum": 0.75,
        "ema_overwrite_frequency": 3,
    },
    "accumulated": {
        "weight_decay": 0.25,
        "global_clipnorm": 0.5,
        "gradient_accumulation_steps": 3,
        "loss_scale_factor": 8.0,
    },
}
CLIPS = {
    "clipnorm": {"clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.25},
    "global_clipnorm": {"global_clipnorm": 0.5},
}
NAMES = ("kernel", "bias", "embeddings")


def make_values():
    random = np.random.default_rng(0)
    return [random.normal(size=shape) for shape in ((4, 3), (3,), (ROWS, 2))]


def make_gradients():
    """Gradients of all steps: two dense ones, and one with repeated rows."""
    random = np.random.default_rng(1)
    return [
        (
            random.normal(size=(4, 3)),
            random.normal(size=3),
            (random.choice(ROWS - 1, size=4), random.normal(size=(4, 2))),
        )
        for _ in range(STEPS)
    ]


def to_dense(gradient):
    if not isinstance(gradient, tuple):
        return gradient
    dense = np.zeros((ROWS, 2))
    np.add.at(dense, gradient[0], gradient[1])
    return dense


class Reference:
    """What `Optimizer` promises, in NumPy."""

    def __init__(self, rule, is_lazy, options, features):
        self.rule = rule
        self.is_lazy = is_lazy
        self.options = dict(options)
        self.features = dict(features)
        if rule is schedule_free:
            # The decay is a part of this rule.
            decay = self.features.pop("weight_decay", 0.0)
            self.options["weight_decay"] = decay

    def train(self, values, steps):
        every = self.features.get("gradient_accumulation_steps", 1)
        kept = [{} for _ in values]
        averages = list(values)
        for first in range(0, len(steps) // every * every, every):
            group = steps[first : first + every]
            t = first // every + 1
            gradients = [
                sum(map(to_dense, of_variable)) / every
                for of_variable in zip(*group)
            ]
            rows = np.unique(group[0][2][0])
            for i, gradient in enumerate(self.clip(gradients)):
                lazy_rows = rows if self.is_lazy and i == 2 else None
                if every > 1:
                    lazy_rows = None
                values[i] = self.step(
                    values[i], gradient, kept[i], t, lazy_rows
                )
            if self.features.get("use_ema"):
                self.average(values, averages, t)
        return values, averages, kept

    def clip(self, gradients):
        features = self.features
        if "clipnorm" in features:
            return [shortened(g, g, features["clipnorm"]) for g in gradients]
        if "global_clipnorm" in features:
            every = np.concatenate([g.ravel() for g in gradients])
            bound = features["global_clipnorm"]
            return [shortened(g, every, bound) for g in gradients]
        if "clipvalue" in features:
            bound = features["clipvalue"]
            return [np.clip(g, -bound, bound) for g in gradients]
        return gradients

    def step(self, w, g, kept, t, lazy_rows):
        w = w - w * RATE * self.features.get("weight_decay", 0.0)
        if lazy_rows is None:
            return self.rule(w, g, kept, t, RATE, **self.options)
        before = {
            name: kept.get(name, np.zeros_like(w))
            for name in ("m", "v", "largest")
        }
        new = self.rule(w, g, kept, t, RATE, **self.options)
        others = np.setdiff1d(np.arange(ROWS), lazy_rows)
        new[others] = w[others]
        for name in kept:
            kept[name][others] = before[name][others]
        return new

    def average(self, values, averages, t):
        share = self.features["ema_momentum"]
        for i, value in enumerate(values):
            averages[i] = share * averages[i] + (1 - share) * value
        if t % self.features["ema_overwrite_frequency"] == 0:
            values[:] = [average.copy() for average in averages]


def shortened(gradient, measured, bound):
    norm = np.linalg.norm(measured)
    return gradient * bound / max(norm, bound)


def train(optimizer, dtype="float64", scale=1.0):
    variables = [
        tf.Variable(value, name=name, dtype=dtype)
        for name, value in zip(NAMES, make_values())
    ]
    for kernel, bias, (rows, values) in make_gradients():
        table = tf.IndexedSlices(
            tf.constant(values * scale, dtype), rows, (ROWS, 2)
        )
        gradients = (
            tf.constant(kernel * scale, dtype),
            tf.constant(bias * scale, dtype),
            table,
        )
        optimizer.apply_gradients(zip(gradients, variables))
    return variables


def make(rule, features=None, **others):
    name, _, options = RULES[rule]
    features = {"weight_decay": 0.0, **(features or {}), **others}
    if name == "Muon":
        features["adam_weight_decay"] = features["weight_decay"]
    if name == "RMSprop" and not features.get("use_ema"):
        features["ema_overwrite_frequency"] = None
    return getattr(optimizers, name)(RATE, **options, **features)


def expect(rule, features):
    name, formula, options = RULES[rule]
    reference = Reference(formula, name == "LazyAdam", options, features)
    return reference.train(make_values(), make_gradients())


def tolerance(rule):
    # These keep a product or a sum over all steps, in float32.
    keeps_scalar = rule == "nadam" or rule.startswith("schedule_free")
    return 1e-5 if keeps_scalar else 1e-8


def assert_near(variables, values, near):
    for variable, value in zip(variables, values, strict=True):
        found = tf.cast(variable, tf.float64)
        np.testing.assert_allclose(found, value, near, near)


class ReferenceTest:
    def test_every_public_rule_is_in_the_table(self):
        public = conformance.public_classes(optimizers, optimizers.Optimizer)
        around = {"MultiOptimizer", "LossScaleOptimizer"}
        assert public - around == {name for name, _, _ in RULES.values()}

    @pytest.mark.parametrize("features", FEATURES)
    @pytest.mark.parametrize("rule", RULES)
    def test_twenty_steps_are_those_of_the_formula(self, rule, features):
        features = FEATURES[features]
        optimizer = make(rule, features)
        scale = features.get("loss_scale_factor", 1.0)
        variables = train(optimizer, scale=scale)
        wanted, averages, kept = expect(rule, features)
        assert_near(variables, wanted, tolerance(rule))
        assert int(optimizer.iterations) == STEPS // features.get(
            "gradient_accumulation_steps", 1
        )
        optimizer.finalize_variable_values(variables)
        if rule.startswith("schedule_free") and "use_ema" not in features:
            wanted = [state["x"] for state in kept]
        if "use_ema" in features:
            wanted = averages
        assert_near(variables, wanted, tolerance(rule))

    @pytest.mark.parametrize("features", CLIPS)
    @pytest.mark.parametrize("rule", ["adam", "lazy_adam", "muon"])
    def test_bounds_are_those_of_the_formula(self, rule, features):
        wanted, _, _ = expect(rule, CLIPS[features])
        found = train(make(rule, CLIPS[features]))
        assert_near(found, wanted, tolerance(rule))

    # For float32, `update_rule_test.py` compares others with tf_keras.
    @pytest.mark.parametrize("rule", NEW_RULES)
    def test_float32_stays_near_the_formula(self, rule):
        assert_near(train(make(rule), "float32"), expect(rule, {})[0], 2e-4)

    @pytest.mark.parametrize("rule", RULES)
    def test_bfloat16_stays_near_the_formula(self, rule):
        assert_near(train(make(rule), "bfloat16"), expect(rule, {})[0], 0.15)

    @pytest.mark.parametrize(
        "rule", ["sgd", "adamw", "lazy_adam", "ftrl", "muon", "schedule_free"]
    )
    def test_excluded_variables_do_not_decay(self, rule):
        optimizer = make(rule, weight_decay=0.25)
        optimizer.exclude_from_weight_decay(var_names=["^bias", "bedd.ng"])
        found = train(optimizer)
        decayed = expect(rule, {"weight_decay": 0.25})[0]
        plain = expect(rule, {})[0]
        assert_near(found, (decayed[0], *plain[1:]), tolerance(rule))

    @pytest.mark.parametrize("rule", RULES)
    def test_build_makes_all_variables(self, rule):
        optimizer = make(rule, use_ema=True, gradient_accumulation_steps=2)
        variable = tf.Variable(tf.ones((4, 3)), name="kernel")
        optimizer.build([variable])
        before = list(optimizer.variables)

        def refuse(make_next, **kwargs):
            raise AssertionError(f"{kwargs.get('name')} is made after build.")

        @tf.function
        def step():
            optimizer.apply_gradients([(tf.ones((4, 3)), variable)])

        with tf.variable_creator_scope(refuse):
            optimizer.build([variable])
            step()
        assert all(a is b for a, b in zip(before, optimizer.variables))
        assert len(optimizer.variables) == len(before)
