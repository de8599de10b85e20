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
"""Tests for the evaluation with averaged weights."""

import numpy as np
import pytest

import tfk
from tfk.testing import small_models
from tfk.testing import strategies

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 3)).astype("float32")
EMA = {"use_ema": True, "ema_momentum": 0.5}


def make_model(optimizer=None):
    model = small_models.perceptron(tfk)
    model.compile(optimizer or tfk.optimizers.Adam(0.1, **EMA), "mse")
    return model


def fit(model, *callbacks, epochs=3, **options):
    return model.fit(
        X,
        Y,
        epochs=epochs,
        batch_size=4,
        shuffle=False,
        verbose=0,
        callbacks=list(callbacks),
        **options,
    ).history


class Watcher(tfk.callbacks.Callback):
    """Keeps the weights at the begin and end of each epoch."""

    def __init__(self):
        self.begin, self.end = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin.append(self.model.get_weights())

    def on_epoch_end(self, epoch, logs=None):
        self.end.append(self.model.get_weights())


def assert_same(weights, others, rtol=1e-5):
    for weight, other in zip(weights, others, strict=True):
        np.testing.assert_allclose(weight, other, rtol, 1e-6)


def averages_by_hand(epochs=3):
    """Weights and averages after each epoch, from a run without callback."""
    model = make_model()
    pairs = []

    class Reader(tfk.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            slots = [
                v.numpy()
                for v in model.optimizer.variables
                if "average" in v.name
            ]
            pairs.append((model.get_weights(), slots))

    fit(model, Reader(), epochs=epochs)
    return pairs


def mean_squared_error(weights):
    model = make_model()
    model.set_weights(weights)
    return model.evaluate(X, Y, verbose=0)


class SwapEMAWeightsTest:
    @pytest.mark.parametrize("wrapped", [False, True])
    def test_validation_takes_the_averages_and_training_the_weights(
        self, wrapped
    ):
        optimizer = tfk.optimizers.Adam(0.1, **EMA)
        if wrapped:
            optimizer = tfk.optimizers.LossScaleOptimizer(
                optimizer, dynamic=False, initial_scale=2.0
            )
        model, watcher = make_model(optimizer), Watcher()
        history = fit(
            model,
            tfk.callbacks.SwapEMAWeights(),
            watcher,
            validation_data=(X, Y),
        )
        expected = averages_by_hand()
        for found, (weights, _) in zip(watcher.end, expected):
            assert_same(found, weights)
        errors = [mean_squared_error(slots) for _, slots in expected]
        np.testing.assert_allclose(history["val_loss"], errors, rtol=1e-4)
        # At its end, `fit` sets the weights to the averages anyway.
        assert_same(model.get_weights(), expected[-1][1])

    def test_epochs_end_with_the_averages_if_wanted(self, tmp_path):
        model, watcher = make_model(), Watcher()
        path = str(tmp_path / "{epoch}.weights.h5")
        fit(
            model,
            tfk.callbacks.SwapEMAWeights(swap_on_epoch=True),
            tfk.callbacks.ModelCheckpoint(path, save_weights_only=True),
            watcher,
            validation_data=(X, Y),
        )
        expected = averages_by_hand()
        for i, (weights, slots) in enumerate(expected):
            assert_same(watcher.end[i], slots)
            saved = small_models.perceptron(tfk)
            saved.load_weights(path.format(epoch=i + 1))
            assert_same(saved.get_weights(), slots)
            if i + 1 < len(expected):
                assert_same(watcher.begin[i + 1], weights)
        assert_same(model.get_weights(), expected[-1][1])

    def test_training_that_stops_early_ends_with_the_averages(self):
        class Stopper(tfk.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                self.model.stop_training = epoch == 1

        model = make_model()
        fit(
            model,
            tfk.callbacks.SwapEMAWeights(swap_on_epoch=True),
            Stopper(),
            epochs=9,
        )
        assert_same(model.get_weights(), averages_by_hand(2)[-1][1])
        assert not model.optimizer.holds_averages

    def test_evaluation_at_the_end_of_an_epoch_leaves_the_averages(self):
        swap = tfk.callbacks.SwapEMAWeights(swap_on_epoch=True)

        class Evaluator(tfk.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                before = self.model.get_weights()
                self.model.predict(X, verbose=0, callbacks=[swap])
                assert_same(self.model.get_weights(), before, 0)

        fit(make_model(), swap, Evaluator(), epochs=2)

    def test_evaluate_and_predict_take_the_averages(self):
        model = make_model()
        model.train_on_batch(X, Y)
        model.train_on_batch(X, Y)
        weights = model.get_weights()
        swap = tfk.callbacks.SwapEMAWeights()
        loss = model.evaluate(X, Y, verbose=0, callbacks=[swap])
        predictions = model.predict(X, verbose=0, callbacks=[swap])
        assert_same(model.get_weights(), weights, 0)
        model.optimizer.finalize_variable_values(model.trainable_variables)
        np.testing.assert_allclose(loss, model.evaluate(X, Y, verbose=0))
        np.testing.assert_allclose(predictions, model.predict(X, verbose=0))

    def test_all_replicas_take_the_averages(self):
        with strategies.two_replicas().scope():
            model = make_model()
        history = fit(
            model,
            tfk.callbacks.SwapEMAWeights(swap_on_epoch=True),
            validation_data=(X, Y),
        )
        single = make_model()
        wanted = fit(
            single, tfk.callbacks.SwapEMAWeights(), validation_data=(X, Y)
        )
        np.testing.assert_allclose(
            history["val_loss"], wanted["val_loss"], rtol=1e-4
        )
        assert_same(model.get_weights(), single.get_weights(), 1e-4)

    def test_schedule_free_validates_and_saves_with_its_averages(self):
        model = make_model(tfk.optimizers.ScheduleFreeAdamW(0.1))
        history = fit(
            model,
            tfk.callbacks.SwapEMAWeights(),
            validation_data=(X, Y),
        )
        loss = model.evaluate(X, Y, verbose=0)
        np.testing.assert_allclose(history["val_loss"][-1], loss, rtol=1e-5)
        plain = make_model(tfk.optimizers.ScheduleFreeAdamW(0.1))
        other = fit(plain, validation_data=(X, Y))
        np.testing.assert_allclose(history["loss"], other["loss"], rtol=1e-4)
        assert abs(other["val_loss"][-1] / loss - 1) > 1e-4

    def test_optimizer_without_averages_is_refused(self):
        model = make_model(tfk.optimizers.SGD())
        with pytest.raises(ValueError, match="needs an optimizer that keeps"):
            fit(model, tfk.callbacks.SwapEMAWeights())
