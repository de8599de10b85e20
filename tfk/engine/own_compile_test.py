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
        self.helper = helper


@_known
class Weighed(Own):
    """Needs keys that JSON has no place for."""

    def compile(self, optimizer, shares):
        super().compile(optimizer, "mse", loss_weights=shares[0])
        self.shares = shares


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

    @pytest.mark.parametrize(
        "cls, name", [(Renamed, "rate"), (OwnLoss, "loss")]
    )
    def test_what_is_not_known_is_told_when_saving(self, cls, name, tmp_path):
        model = cls()
        model.compile("sgd", "mae" if cls is OwnLoss else 3.0)
        loaded, said = _again(model, tmp_path / "model.keras")
        assert f"`{cls.__name__}.compile`, ['{name}'] can't" in said[0]
        assert "Keep each under its name" in said[0]
        np.testing.assert_array_equal(loaded(_ROWS), model(_ROWS))

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
        model = Weighed()
        model.compile("sgd", {0: 0.5})
        loaded, said = _again(model, tmp_path / "model.keras")
        assert "can't be compiled from the file (KeyError(0))" in said[-1]
        np.testing.assert_array_equal(loaded(_ROWS), model(_ROWS))

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
