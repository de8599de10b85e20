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
"""Mistakes with `compile`, optimizers, callbacks and settings."""

import pathlib

import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies
from tfk.testing.mistakes import Table
from tfk.testing.mistakes import X
from tfk.testing.mistakes import Y
from tfk.testing.mistakes import fit
from tfk.testing.mistakes import regression
from tfk.testing.mistakes import two_outputs

MISTAKES = Table()
mistake = MISTAKES.mistake

# Without compile, or with a wrong one


@mistake(
    RuntimeError,
    "must be compiled",
    "`fit`",
    remedy="model.compile(optimizer, loss)",
)
def fit_before_compile():
    fit(tfk.Sequential([tfk.layers.Dense(1)]))


@mistake(
    RuntimeError,
    "must be compiled",
    "`evaluate`",
    remedy="model.compile(optimizer, loss)",
)
def evaluate_before_compile():
    tfk.Sequential([tfk.layers.Dense(1)]).evaluate(X, Y, verbose=0)


@mistake(
    ValueError,
    "Unknown loss",
    "'mean_sqared_error'",
    remedy="Did you mean 'mean_squared_error'",
)
def typo_in_a_loss():
    regression().compile("sgd", "mean_sqared_error")


@mistake(ValueError, "Unknown optimizer", "'adm'", remedy="Did you mean 'adam'")
def typo_in_an_optimizer():
    regression().compile("adm", "mse")


@mistake(
    ValueError, "Unknown metric", "'acuracy'", remedy="Did you mean 'accuracy'"
)
def typo_in_a_metric():
    regression().compile("sgd", "mse", metrics=["acuracy"])


@mistake(ValueError, "no loss", remedy="Pass one to `compile`")
def fit_without_a_loss():
    model = regression()
    model.compile("sgd")
    fit(model)


@mistake(
    TypeError,
    "loss",
    "Received: 3",
    "int",
    remedy="by its name, a config, or an object",
)
def a_number_as_the_loss():
    regression().compile("sgd", 3)


@mistake(ValueError, "`loss`", "'slod'", remedy="Did you mean 'sold'?")
def a_loss_for_an_unknown_output():
    model = two_outputs()
    model.compile("sgd", {"price": "mse", "slod": "mse"})
    fit(model, y=[Y, Y])


@mistake(
    ValueError,
    "`loss`",
    "2 outputs",
    "3 entries",
    remedy="must have as many entries",
)
def three_losses_for_two_outputs():
    model = two_outputs()
    model.compile("sgd", ["mse", "mse", "mse"])
    fit(model, y=[Y, Y])


@mistake(ValueError, "`metrics`", "'prize'", remedy="Did you mean 'price'?")
def metrics_for_an_unknown_output():
    model = two_outputs()
    model.compile("sgd", "mse", metrics={"prize": ["mae"]})
    fit(model, y=[Y, Y])


@mistake(
    ValueError, "`loss_weights`", "'prize'", remedy="Did you mean 'price'?"
)
def loss_weights_for_an_unknown_output():
    model = two_outputs()
    model.compile("sgd", "mse", loss_weights={"prize": 1.0})
    fit(model, y=[Y, Y])


@mistake(
    ValueError,
    "loss object",
    "metric",
    "MeanSquaredError",
    remedy="Use the metric of the same name",
)
def a_loss_object_as_a_metric():
    regression().compile("sgd", "mse", metrics=[tfk.losses.MeanSquaredError()])


@mistake(
    ValueError, "steps_per_execution=0", remedy="positive integer or 'auto'"
)
def steps_per_execution_of_zero():
    regression().compile("sgd", "mse", steps_per_execution=0)


@mistake(TypeError, "`compile`", "learning_rate", remedy="given to its class")
def learning_rate_given_to_compile():
    regression().compile("sgd", "mse", learning_rate=0.1)


# Optimizers


@mistake(
    TypeError, "learning_rate='0.1'", remedy="must be a number or a schedule"
)
def learning_rate_as_a_string():
    tfk.optimizers.SGD("0.1")


@mistake(TypeError, "Adam", "betta_1", remedy="Did you mean 'beta_1'?")
def typo_in_an_optimizers_argument():
    tfk.optimizers.Adam(betta_1=0.9)


@mistake(
    ValueError, "global_clipnorm=1.0", remedy="At most one of `clipnorm` and"
)
def two_ways_of_clipping():
    tfk.optimizers.SGD(clipnorm=1.0, global_clipnorm=1.0)


@mistake(
    ValueError,
    "'Adam'",
    "other variables",
    "Variable:0",
    remedy="Call `optimizer.build(variables)`",
)
def optimizer_with_other_variables():
    optimizer = tfk.optimizers.Adam()
    optimizer.build([tf.Variable(1.0)])
    optimizer.apply_gradients([(tf.constant(1.0), tf.Variable(1.0))])


@mistake(ValueError, "No gradients", "Variable:0", remedy="inside the tape")
def no_gradient_for_any_variable():
    tfk.optimizers.SGD().apply_gradients([(None, tf.Variable(1.0))])


@mistake(
    TypeError,
    "'SGD'",
    "ExponentialDecay",
    "learning_rate=0.1",
    remedy="set another schedule",
)
def learning_rate_set_over_a_schedule():
    schedule = tfk.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    tfk.optimizers.SGD(schedule).learning_rate = 0.1


# Callbacks


@mistake(TypeError, "`callbacks`", "[History]", remedy="Write `History(...)`")
def a_callback_class_instead_of_an_object():
    fit(regression(), callbacks=[tfk.callbacks.History])


@mistake(
    TypeError, "`callbacks`", "lambda", remedy="tfk.callbacks.LambdaCallback"
)
def a_function_as_a_callback():
    fit(regression(), callbacks=[lambda epoch, logs: None])


@mistake(UserWarning, "`EarlyStopping`", "'val_los'", remedy="val_loss")
def monitor_that_does_not_exist():
    stop = tfk.callbacks.EarlyStopping(monitor="val_los")
    fit(regression(), callbacks=[stop], validation_data=(X, Y))


@mistake(
    UserWarning,
    "`EarlyStopping`",
    "mode='minimum'",
    remedy="'auto', 'min' or 'max'",
)
def mode_that_does_not_exist():
    tfk.callbacks.EarlyStopping(mode="minimum")


@mistake(
    ValueError,
    "`ModelCheckpoint`",
    "'val_acc'",
    remedy="Available: loss, epoch",
)
def checkpoint_path_with_an_unknown_key():
    keep = tfk.callbacks.ModelCheckpoint("{epoch}-{val_acc:.2f}.keras")
    fit(regression(), callbacks=[keep])


@mistake(
    ValueError,
    "`ModelCheckpoint`",
    "'a.keras'",
    remedy="must end in `.weights.h5`",
)
def weights_checkpoint_with_a_wrong_ending():
    keep = tfk.callbacks.ModelCheckpoint("a.keras", save_weights_only=True)
    fit(regression(), callbacks=[keep])


@mistake(
    ValueError, "`LearningRateScheduler`", "None", remedy="must return a number"
)
def schedule_that_returns_nothing():
    schedule = tfk.callbacks.LearningRateScheduler(lambda epoch: None)
    fit(regression(), callbacks=[schedule])


@mistake(
    ValueError, "`ReduceLROnPlateau`", "factor=1.5", remedy="must be below 1"
)
def reduce_lr_that_raises_it():
    tfk.callbacks.ReduceLROnPlateau(factor=1.5)


# Settings of the whole program


@mistake(
    ValueError, "'mixed_flaot16'", remedy="'mixed_float16' or 'mixed_bfloat16'"
)
def typo_in_a_policy():
    tfk.mixed_precision.set_global_policy("mixed_flaot16")


@mistake(ValueError, "`floatx`", "'float23'", remedy="must be one of")
def typo_in_floatx():
    tfk.backend.set_floatx("float23")


@mistake(ValueError, "data_format='channel_last'", remedy="'channels_last'")
def typo_in_a_data_format():
    tfk.backend.set_image_data_format("channel_last")


@mistake(
    ValueError,
    "strategy",
    "outside of the scope",
    remedy="within the same `strategy.scope()`",
)
def compile_outside_of_the_strategys_scope():
    strategy = strategies.two_replicas()
    model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
    with strategy.scope():
        model.compile("sgd", "mse")


class CompilingMistakesTest:
    @pytest.mark.parametrize("name", MISTAKES)
    def test_the_message_helps(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        MISTAKES[name].check()

    def test_there_are_a_hundred_in_all(self):
        files = pathlib.Path(__file__).parent.glob("mistakes_*_test.py")
        texts = [file.read_text() for file in files]
        assert sum(text.count("\n@mistake(") for text in texts) >= 100
