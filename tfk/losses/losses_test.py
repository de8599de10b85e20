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
"""The rules that every loss follows, from one table."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import losses
from tfk.losses import family
from tfk.testing import strategies

STEPS, CLASSES = 3, 4


def _numbers(rng, batch):
    shape = (batch, STEPS, CLASSES)
    return rng.uniform(0.1, 2, shape), rng.uniform(0.1, 2, shape)


def _labels(rng, batch):
    shape = (batch, STEPS, CLASSES)
    return rng.integers(0, 2, shape), rng.uniform(0.02, 0.98, shape)


def _one_hot(rng, batch):
    labels, chances = _classes(rng, batch)
    return np.eye(CLASSES)[labels], chances


def _classes(rng, batch):
    scores = rng.normal(size=(batch, STEPS, CLASSES))
    chances = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    return rng.integers(0, CLASSES, (batch, STEPS)), chances


# A row for each loss: a maker of data, and the arguments to try.
TABLE = {
    "BinaryCrossentropy": (
        _labels,
        [{}, {"from_logits": True}, {"label_smoothing": 0.2}],
    ),
    "BinaryFocalCrossentropy": (
        _labels,
        [{}, {"apply_class_balancing": True}, {"from_logits": True}],
    ),
    "CategoricalCrossentropy": (
        _one_hot,
        [{}, {"from_logits": True}, {"label_smoothing": 0.2}],
    ),
    "CategoricalFocalCrossentropy": (
        _one_hot,
        [{}, {"from_logits": True, "gamma": 1.5}],
    ),
    "CategoricalHinge": (_one_hot, [{}]),
    "CosineSimilarity": (_numbers, [{}]),
    "Hinge": (_labels, [{}]),
    "Huber": (_numbers, [{}, {"delta": 0.3}]),
    "KLDivergence": (_one_hot, [{}]),
    "LogCosh": (_numbers, [{}]),
    "MeanAbsoluteError": (_numbers, [{}]),
    "MeanAbsolutePercentageError": (_numbers, [{}]),
    "MeanSquaredError": (_numbers, [{}]),
    "MeanSquaredLogarithmicError": (_numbers, [{}]),
    "Poisson": (_numbers, [{}]),
    "SparseCategoricalCrossentropy": (
        _classes,
        [{}, {"from_logits": True}, {"ignore_class": 1}],
    ),
    "SquaredHinge": (_labels, [{}]),
}
CASES = [
    pytest.param(name, kwargs, id=f"{name}-{'-'.join(kwargs) or 'default'}")
    for name, (_, variants) in TABLE.items()
    for kwargs in variants
]
NAMES = list(TABLE)


def make_data(name, batch=6):
    rng = np.random.default_rng(7)
    y_true, y_pred = TABLE[name][0](rng, batch)
    if y_true.dtype.kind == "f":
        y_true = y_true.astype("float32")
    return y_true, y_pred.astype("float32")


def value_and_gradient(loss, y_true, y_pred, sample_weight=None, mask=None):
    y_pred = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        if mask is not None:
            y_pred._keras_mask = tf.constant(mask)
        value = loss(y_true, y_pred, sample_weight)
    return value.numpy(), tape.gradient(value, y_pred).numpy()


class EveryLossTest:
    def test_table_has_every_loss(self):
        assert sorted(TABLE) == sorted(family.CLASSES)

    @pytest.mark.parametrize("name, kwargs", CASES)
    def test_values_and_gradients_equal_tf_keras(self, name, kwargs):
        y_true, y_pred = make_data(name)
        oracle = getattr(tf_keras.losses, name)
        weights = np.linspace(0, 2, 6).astype("float32")
        per_step = np.linspace(0, 2, 18).reshape(6, 3).astype("float32")
        for weight in (None, 0.5, weights[:, None], per_step):
            for reduction in ("auto", "sum", "none"):
                own = getattr(losses, name)(reduction=reduction, **kwargs)
                peer = oracle(reduction=reduction, **kwargs)
                np.testing.assert_allclose(
                    own(y_true, y_pred, weight),
                    peer(y_true, y_pred, weight),
                    rtol=1e-5,
                    atol=1e-6,
                )
            got = value_and_gradient(own, y_true, y_pred, weight)
            expected = value_and_gradient(peer, y_true, y_pred, weight)
            np.testing.assert_allclose(got[1], expected[1], 1e-4, 1e-6)

    @pytest.mark.parametrize("name", NAMES)
    def test_function_equals_class(self, name):
        y_true, y_pred = make_data(name)
        loss = getattr(losses, name)(reduction="none")
        function = losses.get(loss.fn.__name__)
        np.testing.assert_array_equal(
            function(y_true, y_pred), loss(y_true, y_pred)
        )

    @pytest.mark.parametrize("name, kwargs", CASES)
    def test_config_equals_tf_keras_and_round_trips(self, name, kwargs):
        loss = getattr(losses, name)(reduction="sum", **kwargs)
        peer = getattr(tf_keras.losses, name)(reduction="sum", **kwargs)
        assert loss.get_config() == peer.get_config()
        for legacy in (False, True):
            config = losses.serialize(loss, use_legacy_format=legacy)
            again = losses.deserialize(config)
            assert type(again) is type(loss)
            assert again.get_config() == loss.get_config()
        again = losses.deserialize(tf_keras.losses.serialize(peer))
        assert again.get_config() == loss.get_config()

    @pytest.mark.parametrize("name, kwargs", CASES)
    def test_masked_elements_count_for_nothing(self, name, kwargs):
        y_true, y_pred = make_data(name)
        loss = getattr(losses, name)(**kwargs)
        kept = 4
        expected = value_and_gradient(loss, y_true[:kept], y_pred[:kept])
        y_pred[kept:] = np.nan
        if y_true.dtype.kind == "f":
            y_true[kept:] = np.nan
        mask = np.repeat((np.arange(6) < kept)[:, None], STEPS, axis=1)
        value, gradient = value_and_gradient(loss, y_true, y_pred, mask=mask)
        np.testing.assert_allclose(value, expected[0], 1e-6)
        np.testing.assert_allclose(gradient[:kept], expected[1], 1e-5, 1e-7)
        assert np.all(gradient[kept:] == 0)
        ones = np.ones((6, STEPS), "float32")
        ones[kept:] = np.nan
        weighted, _ = value_and_gradient(loss, y_true, y_pred, ones, mask)
        np.testing.assert_allclose(weighted, expected[0], 1e-6)

    @pytest.mark.parametrize("name", NAMES)
    def test_shapes_are_not_broadcast(self, name):
        loss = getattr(losses, name)()
        y_true = np.ones((8, 1), "int32")
        y_pred = np.full((8, 4), 0.5, "float32")
        if name == "SparseCategoricalCrossentropy":
            y_true = np.ones((8, 3), "int32")
        with pytest.raises(ValueError, match=r"y_true.shape=\(8, .\).*\(8, 4"):
            loss(y_true, y_pred)

        @tf.function(
            input_signature=[
                tf.TensorSpec(None, tf.int32),
                tf.TensorSpec((None, None), tf.float32),
            ]
        )
        def compiled(y_true, y_pred):
            return loss(y_true, y_pred)

        with pytest.raises(tf.errors.InvalidArgumentError):
            compiled(y_true, y_pred)
        spec = tf.TensorSpec((None, 4), tf.float32)
        with pytest.raises(ValueError, match=loss.fn.__name__):
            tf.function(loss).get_concrete_function(
                tf.TensorSpec((None, 3), tf.int32), spec
            )

    @pytest.mark.parametrize("name", NAMES)
    def test_missing_last_axis_is_added(self, name):
        loss = getattr(losses, name)()
        rng = np.random.default_rng(3)
        y_true = rng.integers(0, 1, (8, 1))
        y_pred = rng.uniform(0.1, 0.9, (8, 1)).astype("float32")
        weight = rng.uniform(0, 1, 8).astype("float32")
        expected = loss(y_true, y_pred, weight).numpy()
        assert loss(y_true[:, 0], y_pred, weight).numpy() == expected
        assert loss(y_true[:, 0], y_pred, weight[:, None]).numpy() == expected
        unknown = tf.function(loss).get_concrete_function(
            tf.TensorSpec(None, tf.int64), tf.TensorSpec((None, 1)), weight
        )
        for y in (y_true, y_true[:, 0]):
            got = unknown(tf.constant(y), tf.constant(y_pred), weight)
            np.testing.assert_allclose(got, expected, 1e-6)

    @pytest.mark.parametrize("name", NAMES)
    def test_weights_that_do_not_fit_are_refused(self, name):
        y_true, y_pred = make_data(name)
        with pytest.raises(ValueError, match=r"shape=\(5,\).*\(6, 3\)"):
            getattr(losses, name)()(y_true, y_pred, np.ones(5))

    @pytest.mark.parametrize("name", NAMES)
    def test_mean_with_sample_weight_divides_by_weights(self, name):
        y_true, y_pred = make_data(name)
        loss = getattr(losses, name)(reduction="mean_with_sample_weight")
        values = getattr(losses, name)(reduction="none")(y_true, y_pred)
        weight = np.array([0, 0, 1, 2, 3, 0.5], "float32")
        expected = np.average(
            values, weights=np.repeat(weight, 3).reshape(6, 3)
        )
        np.testing.assert_allclose(loss(y_true, y_pred, weight), expected, 1e-5)
        assert float(loss(y_true, y_pred, weight * 0)) == 0

    @pytest.mark.parametrize("name", NAMES)
    def test_half_precision_stays_finite(self, name):
        y_true, y_pred = make_data(name)
        loss = getattr(losses, name)()
        expected = float(loss(y_true, y_pred))
        for dtype in (tf.float16, tf.bfloat16):
            half = tf.cast(y_pred, dtype)
            value = loss(y_true, half)
            assert value.dtype == tf.float32
            np.testing.assert_allclose(value, expected, rtol=0.02, atol=0.02)
            hard = tf.cast(y_pred > 0.5, dtype)
            assert np.isfinite(float(loss(y_true, hard)))
            assert loss.fn(y_true, hard).dtype == dtype
            assert np.all(
                np.isfinite(tf.cast(loss.fn(y_true, hard), "float32"))
            )

    @pytest.mark.parametrize("name", NAMES)
    def test_ragged_equals_masked(self, name):
        y_true, y_pred = make_data(name)
        lengths = [3, 0, 2, 1, 3, 2]
        mask = np.arange(STEPS) < np.array(lengths)[:, None]
        loss = getattr(losses, name)()
        weight = np.linspace(0.5, 2, 6).astype("float32")
        for w in (None, weight):
            expected, _ = value_and_gradient(loss, y_true, y_pred, w, mask)
            got = loss(
                tf.RaggedTensor.from_tensor(y_true, lengths),
                tf.RaggedTensor.from_tensor(y_pred, lengths),
                w,
            )
            np.testing.assert_allclose(got, expected, 1e-6)

    @pytest.mark.parametrize("name", NAMES)
    def test_replicas_add_up_to_the_global_batch(self, name):
        y_true, y_pred = make_data(name)
        loss = getattr(losses, name)()
        weight = np.linspace(0.5, 2, 6).astype("float32")
        expected, gradient = value_and_gradient(loss, y_true, y_pred, weight)
        strategy = strategies.two_replicas()
        parts = [
            strategy.experimental_distribute_values_from_function(
                lambda c, x=x: tf.constant(
                    x[:4] if c.replica_id_in_sync_group == 0 else x[4:]
                )
            )
            for x in (y_true, y_pred, weight)
        ]

        @tf.function
        def step(*parts):
            def replica(y_true, y_pred, weight):
                with tf.GradientTape() as tape:
                    tape.watch(y_pred)
                    value = loss(y_true, y_pred, weight)
                return value, tape.gradient(value, y_pred)

            return strategy.run(replica, parts)

        value, gradients = step(*parts)
        total = strategy.reduce("SUM", value, axis=None)
        np.testing.assert_allclose(total, expected, 1e-6)
        gradients = np.concatenate(
            strategy.experimental_local_results(gradients)
        )
        np.testing.assert_allclose(gradients, gradient, 1e-5, 1e-7)
