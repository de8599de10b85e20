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
"""Tests of files of models with a `compile` of their own."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

import tfk

_ROWS = np.ones((4, 3), "float32")
_known = tfk.saving.register_keras_serializable("own_compile_test")


@_known
def _distance(y_true, y_pred):
    return (y_true - y_pred) ** 4


@_known
class Own(tfk.Model):
    """A model whose classes below differ in `compile` alone."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = tfk.layers.Dense(3)

    def call(self, inputs):
        return self.dense(inputs)


@_known
class Student(Own):
    """Learns from targets and from a teacher."""

    def compile(self, optimizer, metrics, hard, soft, shares=(0.5, 0.5)):
        super().compile(optimizer=optimizer, metrics=metrics)
        self.hard, self.soft, self.shares = hard, soft, shares

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        one, other = self.shares
        return one * self.hard(y, y_pred) + other * self.soft(y, y_pred)


@_known
class Scaled(Own):
    """Hands most arguments on."""

    def compile(self, scale, **kwargs):
        super().compile(**kwargs)
        self.scale = scale


@_known
class Renamed(Own):
    """Keeps an argument under another name."""

    def compile(self, optimizer, rate):
        super().compile(optimizer, "mse")
        self.speed = rate


@_known
class OwnLoss(Own):
    """Keeps the loss to itself."""

    def compile(self, optimizer, loss=None):
        super().compile(optimizer)
        self.loss_fn = loss


@_known
class Helped(Own):
    """Takes what it gets."""

    def compile(self, optimizer, helper):
        super().compile(optimizer, "mse")
        self.table = tf.Module()
        if helper == "broken":
            raise KeyError(helper)
        self.helper = helper


@_known
class OwnMetrics(Own):
    """Keeps the metrics to itself."""

    def compile(self, optimizer, loss=None, metrics=None):
        super().compile(optimizer, loss)
        self.mine = metrics


@_known
class Weights(Own):
    """Has an argument that is called as something else of a model."""

    def compile(self, optimizer, weights):
        super().compile(optimizer, "mse")
        self.costs = weights


@_known
class Passing(Own):
    """Hands all but one argument on."""

    def compile(self, share, *args, **kwargs):
        super().compile(*args, **kwargs)
        self.share = share


@_known
class Rated(Own):
    """Makes the optimizer."""

    def compile(self, rate):
        super().compile(tfk.optimizers.SGD(rate), "mse")


@_known
class Doubled(tfk.losses.Loss):
    """Another loss, twice."""

    def __init__(self, inner, name="doubled", **kwargs):
        super().__init__(name=name, **kwargs)
        self.inner = tfk.losses.get(inner)

    def call(self, y_true, y_pred):
        return 2.0 * self.inner(y_true, y_pred)


@_known
class Extended(Own):
    """Makes what it hands on of what it gets."""

    def compile(self, optimizer, loss, metrics=()):
        metrics = [*metrics, tfk.metrics.MeanAbsoluteError(name="error")]
        super().compile(optimizer, Doubled(loss), metrics)


class Unfinished:
    """Has a `get_config` that fails."""

    def get_config(self):
        return {"units": self.units}


def _again(model, path):
    """Returns the model as it is loaded, and the warnings of both ways."""
    model(_ROWS)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.save(path)
        loaded = tfk.models.load_model(path)
    return loaded, [str(warning.message) for warning in caught]


class OwnCompileTest:
    def test_arguments_are_read_back_by_their_names(self, tmp_path):
        model = Student()
        soft = tfk.losses.Huber(2.0)
        model.compile("adam", ["mae"], _distance, soft, shares=(0.1, 0.9))
        model.fit(_ROWS, _ROWS, verbose=0)
        loaded, said = _again(model, tmp_path / "model.keras")
        assert said == []
        assert loaded.hard is _distance and loaded.soft.delta == 2.0
        assert list(loaded.shares) == [0.1, 0.9]
        assert int(loaded.optimizer.iterations) == 1
        both = [x.fit(_ROWS, _ROWS, verbose=0).history for x in (model, loaded)]
        assert both[0] == both[1] and "mae" in both[0]

    def test_functions_of_tfk_stay_functions(self, tmp_path):
        model = Scaled()
        model.compile(
            tfk.losses.mean_squared_error, optimizer="sgd", loss="mae"
        )
        loaded, said = _again(model, tmp_path / "model.keras")
        assert said == []
        assert loaded.scale is tfk.losses.mean_squared_error
        assert loaded.loss == "mae"
        assert isinstance(loaded.optimizer, tfk.optimizers.SGD)

    @pytest.mark.parametrize("ending", [".keras", ".h5", ""])
    def test_what_no_attribute_tells_comes_back(self, ending, tmp_path):
        for model, arguments, attribute, expected in (
            (Renamed(), ("sgd", 3.0), "speed", 3.0),
            (OwnLoss(), ("sgd", "mae"), "loss_fn", "mae"),
            (OwnMetrics(), ("sgd", "mse", ["mae"]), "mine", ["mae"]),
        ):
            model.compile(*arguments)
            loaded, said = _again(model, tmp_path / f"model{ending}")
            assert said == []
            assert getattr(loaded, attribute) == expected
            assert isinstance(loaded.optimizer, tfk.optimizers.SGD)

    def test_attributes_of_models_are_not_taken_for_arguments(self, tmp_path):
        model = Weights()
        model.compile("sgd", {0: 1.0, 1: 2.0})
        loaded, said = _again(model, tmp_path / "model.keras")
        assert said == [] and loaded.costs == {0: 1.0, 1: 2.0}

    def test_arguments_without_names_come_back(self, tmp_path):
        model = Passing()
        model.compile(0.5, tfk.optimizers.SGD(0.25), "mae", metrics=["mse"])
        model.optimizer.learning_rate = 0.125
        loaded, said = _again(model, tmp_path / "model.keras")
        assert said == [] and loaded.share == 0.5 and loaded.loss == "mae"
        assert float(loaded.optimizer.learning_rate) == 0.125
        assert loaded._compile_config["metrics"] == ["mse"]

    def test_an_optimizer_made_of_arguments_stays_as_it_is(self, tmp_path):
        model = Renamed()
        model.compile(tfk.optimizers.SGD(0.25), 1.0)
        rated = Rated()
        rated.compile(0.5)
        for model in (model, rated):
            model.optimizer.learning_rate = 0.125
            loaded, said = _again(model, tmp_path / "model.keras")
            assert said == []
            assert float(loaded.optimizer.learning_rate) == 0.125

    def test_attributes_that_were_changed_come_back_as_they_are(self, tmp_path):
        model = Student()
        model.compile("adam", ["mae"], "mse", tfk.losses.Huber(2.0))
        model.shares = (0.0, 1.0)
        loaded, said = _again(model, tmp_path / "model.keras")
        assert said == [] and tuple(loaded.shares) == (0.0, 1.0)

    def test_code_does_not_keep_the_model_from_being_loaded(self, tmp_path):
        model = Scaled()
        model.compile(lambda x: x, loss="mae")
        loaded, said = _again(model, tmp_path / "model.keras")
        assert "can't be compiled from the file" in said[-1]
        assert "safe_mode=False" in said[-1]
        assert loaded.optimizer is None
        np.testing.assert_array_equal(loaded(_ROWS), model(_ROWS))

    @pytest.mark.parametrize(
        "helper", [object(), Unfinished(), float("nan"), 1j, b"\xff"]
    )
    def test_a_model_is_saved_whatever_compile_took(self, helper, tmp_path):
        model = Helped()
        model.compile("sgd", helper)
        loaded, said = _again(model, tmp_path / "model.keras")
        assert any("`Helped.compile`" in text for text in said)
        np.testing.assert_array_equal(loaded(_ROWS), model(_ROWS))

    def test_a_model_is_loaded_whatever_compile_raises(self, tmp_path):
        model = Helped()
        model.compile("sgd", "fine")
        model.helper = "broken"
        loaded, said = _again(model, tmp_path / "model.keras")
        assert (
            "can't be compiled from the file (KeyError('broken'))" in said[-1]
        )
        np.testing.assert_array_equal(loaded(_ROWS), model(_ROWS))
        # Nothing is left of what it did before.
        assert loaded.optimizer is None and loaded.loss is None
        assert not hasattr(loaded, "table")
        with pytest.raises(RuntimeError, match="must be compiled"):
            loaded.fit(_ROWS, _ROWS, verbose=0)
        tf.train.Checkpoint(loaded).save(tmp_path / "checkpoint")
        loaded.compile("sgd", "fine")
        loaded.fit(_ROWS, _ROWS, verbose=0)

    def test_what_was_made_of_arguments_is_not_made_twice(self, tmp_path):
        model = Extended()
        model.compile("adam", "mse")
        model.fit(_ROWS, _ROWS, verbose=0)
        loaded, said = _again(model, tmp_path / "model.keras")
        assert said == [] and type(loaded.loss.inner) is not Doubled
        both = [
            x.fit(_ROWS, _ROWS, epochs=2, verbose=0).history
            for x in (model, loaded)
        ]
        assert both[0] == both[1] and list(both[0]) == ["loss", "error"]
