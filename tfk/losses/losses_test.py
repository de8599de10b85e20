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

import dataclasses
from typing import Callable

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import losses
from tfk import metrics
from tfk.losses import family
from tfk.testing import strategies

BATCH, STEPS, CLASSES = 6, 3, 4
REDUCTIONS = ("auto", "sum", "none", "mean", "mean_with_sample_weight")


def _numbers(rng, shape):
    return rng.uniform(0.1, 2, shape), rng.uniform(0.1, 2, shape)


def _labels(rng, shape):
    return rng.integers(0, 2, shape), rng.uniform(0.02, 0.98, shape)


def _one_hot(rng, shape):
    labels, chances = _classes(rng, shape)
    return np.eye(shape[-1])[labels], chances


def _classes(rng, shape):
    scores = np.exp(rng.normal(size=shape))
    labels = rng.integers(0, shape[-1], shape[:-1])
    return labels, scores / scores.sum(-1, keepdims=True)


def _embeddings(rng, shape):
    vectors = rng.normal(size=(shape[0], shape[-1]))
    labels = rng.integers(0, 2, shape[0])
    return labels, vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _sequences(rng, shape):
    labels = rng.integers(0, shape[-1], (shape[0], 2))
    return labels, rng.normal(size=(shape[0], 5, shape[-1]))


@dataclasses.dataclass(frozen=True)
class Row:
    """A loss with a maker of data and the arguments to try.

    Arguments:
        data: Function of a generator and a shape: `(y_true, y_pred)`.
        variants: Tuple of dicts of arguments.
        weights: Tuple: the shape of weights and masks of single values.
        whole: Boolean: whether the first variant has one value for the batch.
        labels: Boolean: whether targets are class numbers.
    """

    data: Callable
    variants: tuple = ({},)
    weights: tuple = (BATCH, STEPS)
    whole: bool = False
    labels: bool = False


TABLE = {
    "BinaryCrossentropy": Row(
        _labels, ({}, {"from_logits": True}, {"label_smoothing": 0.2})
    ),
    "BinaryFocalCrossentropy": Row(
        _labels, ({}, {"apply_class_balancing": True}, {"from_logits": True})
    ),
    "CTC": Row(_sequences, weights=(BATCH,), labels=True),
    "CategoricalCrossentropy": Row(
        _one_hot, ({}, {"from_logits": True}, {"label_smoothing": 0.2})
    ),
    "CategoricalFocalCrossentropy": Row(
        _one_hot, ({}, {"from_logits": True, "gamma": 1.5})
    ),
    "CategoricalGeneralizedCrossEntropy": Row(
        _classes, ({}, {"q": 0.9}), labels=True
    ),
    "CategoricalHinge": Row(_one_hot),
    "Circle": Row(
        _embeddings, ({"gamma": 2.0},), weights=(BATCH,), labels=True
    ),
    "CosineSimilarity": Row(_numbers),
    "Dice": Row(_labels, ({}, {"axis": -1}), whole=True),
    "Hinge": Row(_labels),
    "Huber": Row(_numbers, ({}, {"delta": 0.3})),
    "KLDivergence": Row(_one_hot),
    "LogCosh": Row(_numbers),
    "MeanAbsoluteError": Row(_numbers),
    "MeanAbsolutePercentageError": Row(_numbers),
    "MeanSquaredError": Row(_numbers),
    "MeanSquaredLogarithmicError": Row(_numbers),
    "Poisson": Row(_numbers),
    "SparseCategoricalCrossentropy": Row(
        _classes,
        ({}, {"from_logits": True}, {"ignore_class": 1}),
        labels=True,
    ),
    "SquaredHinge": Row(_labels),
    "Tversky": Row(_labels, ({"alpha": 0.8}, {"axis": -1}), whole=True),
}
NAMES = list(TABLE)
IN_TF_KERAS = [name for name in NAMES if hasattr(tf_keras.losses, name)]
every_loss = pytest.mark.parametrize("name", NAMES)


def make_data(name, shape=(BATCH, STEPS, CLASSES)):
    y_true, y_pred = TABLE[name].data(np.random.default_rng(7), shape)
    if y_true.dtype.kind == "f" or not TABLE[name].labels:
        y_true = y_true.astype("float32")
    return y_true, y_pred.astype("float32")


def make_all(name, **kwargs):
    """Returns the loss with each of the arguments to try."""
    return [
        getattr(losses, name)(**variant, **kwargs)
        for variant in TABLE[name].variants
    ]


def make_weights(name):
    """Returns weights of samples and of single values."""
    shape = TABLE[name].weights
    single = np.linspace(0, 2, int(np.prod(shape))).reshape(shape)
    return [w.astype("float32") for w in (np.linspace(0, 2, BATCH), single)]


def value_and_gradient(loss, y_true, y_pred, sample_weight=None, mask=None):
    y_pred = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        # Not on the tensor itself, where the next call would find it.
        seen = tf.identity(y_pred)
        if mask is not None:
            seen._keras_mask = tf.convert_to_tensor(mask)
        value = loss(y_true, seen, sample_weight)
    return value, tape.gradient(value, y_pred)


compiled = tf.function(value_and_gradient)


def shape_pairs(name):
    """Returns pairs of shapes that fit, and pairs that do not.

    The first of those that do not is seen while tracing even if the batch size
    is unknown; the second has ranks that would fit.
    """
    if name == "CTC":
        return [((8, 2), (8, 5, 4))], [
            ((8,), (8, 5, 4)),
            ((7, 2), (8, 5, 4)),
            ((1, 2), (8, 5, 4)),
            ((8, 2), (8, 4)),
        ]
    if TABLE[name].labels:
        return [((8,), (8, 4)), ((8, 1), (8, 4))], [
            ((8, 3), (8, 4)),
            ((7,), (8, 4)),
            ((8, 4), (8, 4)),
            ((1,), (8, 4)),
            ((), (8, 4)),
        ]
    return [((8,), (8, 1)), ((8, 1), (8,)), ((8, 3, 1), (8, 3))], [
        ((8, 1), (8, 4)),
        ((8, 4), (8, 1)),
        ((8,), (8, 4)),
        ((4,), (8, 4)),
        ((1, 4), (8, 4)),
        ((8, 4), (1, 4)),
        ((), (8,)),
        ((8, 1, 1), (8,)),
        ((8, 3, 4), (8, 4)),
    ]


def make_ones(name, shapes):
    dtype = "int32" if TABLE[name].labels else "float32"
    return np.ones(shapes[0], dtype), np.full(shapes[1], 0.5, "float32")


class EveryLossTest:
    def test_table_has_every_loss(self):
        assert sorted(TABLE) == sorted(family.CLASSES)

    @pytest.mark.parametrize("name", IN_TF_KERAS)
    def test_values_and_gradients_equal_tf_keras(self, name):
        y_true, y_pred = make_data(name)
        samples, steps = make_weights(name)
        for variant in TABLE[name].variants:
            for weight in (None, 0.5, samples[:, None], steps):
                for reduction in ("auto", "sum", "none"):
                    own, peer = (
                        getattr(module, name)(reduction=reduction, **variant)
                        for module in (losses, tf_keras.losses)
                    )
                    np.testing.assert_allclose(
                        own(y_true, y_pred, weight),
                        peer(y_true, y_pred, weight),
                        rtol=1e-5,
                        atol=1e-6,
                    )
                got = value_and_gradient(own, y_true, y_pred, weight)
                expected = value_and_gradient(peer, y_true, y_pred, weight)
                np.testing.assert_allclose(got[1], expected[1], 1e-4, 1e-6)

    @every_loss
    def test_function_equals_class(self, name):
        y_true, y_pred = make_data(name)
        for loss in make_all(name, reduction="none"):
            function = losses.get(loss.fn.__name__)
            kwargs = {k: getattr(loss, k) for k in loss._fn_kwargs}
            np.testing.assert_array_equal(
                function(y_true, y_pred, **kwargs), loss(y_true, y_pred)
            )

    @every_loss
    def test_config_round_trips(self, name):
        for loss in make_all(name, reduction="sum"):
            assert "dtype" not in loss.get_config()
            for legacy in (False, True):
                config = losses.serialize(loss, use_legacy_format=legacy)
                again = losses.deserialize(config)
                assert type(again) is type(loss)
                assert again.get_config() == loss.get_config()

    @pytest.mark.parametrize("name", IN_TF_KERAS)
    def test_config_is_that_of_tf_keras(self, name):
        for variant in TABLE[name].variants:
            peer = getattr(tf_keras.losses, name)(reduction="sum", **variant)
            config = peer.get_config()
            assert (
                getattr(losses, name)(reduction="sum", **variant).get_config()
                == config
            )
            again = losses.deserialize(tf_keras.losses.serialize(peer))
            assert again.get_config() == config

    @every_loss
    def test_dtype_is_that_of_the_result(self, name):
        y_true, y_pred = make_data(name)
        (plain, *_), (wide, *_) = make_all(name), make_all(
            name, dtype="float64"
        )
        assert wide.get_config()["dtype"] == "float64"
        wide = losses.deserialize(losses.serialize(wide))
        value = wide(y_true, y_pred)
        assert value.dtype == tf.float64
        np.testing.assert_allclose(value, plain(y_true, y_pred), 1e-5)
        half = make_all(name, dtype="mixed_bfloat16")[0](y_true, y_pred)
        assert half.dtype == tf.bfloat16
        np.testing.assert_allclose(tf.cast(half, "float32"), value, 0.05)

    @every_loss
    def test_masked_elements_count_for_nothing(self, name):
        rng = np.random.default_rng(2)
        y_true, y_pred = make_data(name)
        for weight in (None, make_weights(name)[1]):
            kept = rng.permutation(np.arange(np.prod(TABLE[name].weights)) > 6)
            kept = kept[: np.prod(TABLE[name].weights)]
            if TABLE[name].weights == (BATCH,):
                kept = np.array([True, True, False, True, True, False])
            kept = kept.reshape(TABLE[name].weights)
            hidden = [y.copy() for y in (y_true, y_pred)]
            hidden[1][~kept] = np.nan
            hidden[1][~kept, ..., 0] = np.inf
            if y_true.dtype.kind == "f":
                hidden[0][~kept] = np.nan
            removed = [y_true[kept], y_pred[kept], None]
            if weight is not None:
                removed[2] = weight[kept]
                weight = np.where(kept, weight, np.nan)
            for reduction in REDUCTIONS:
                for loss in make_all(name, reduction=reduction):
                    got = value_and_gradient(loss, *hidden, weight, kept)
                    wanted = value_and_gradient(loss, *removed)
                    self._compare(got, wanted, kept)
            loss = make_all(name)[0]
            self._compare(
                compiled(loss, *hidden, weight, kept),
                value_and_gradient(loss, *removed),
                kept,
            )

    def _compare(self, got, wanted, kept):
        value, gradient = got
        if value.shape.rank:
            assert np.all(value[~kept] == 0)
            value = value[kept]
        np.testing.assert_allclose(value, wanted[0], 1e-5, 1e-6)
        np.testing.assert_allclose(gradient[kept], wanted[1], 1e-5, 1e-6)
        assert np.all(gradient[~kept] == 0)

    @every_loss
    def test_everything_masked_gives_zero(self, name):
        y_true, y_pred = make_data(name)
        kept = np.zeros(TABLE[name].weights, "bool")
        for loss in make_all(name):
            value, gradient = value_and_gradient(
                loss, y_true, y_pred * np.nan, None, kept
            )
            assert float(value) == 0
            assert not np.any(gradient)

    @every_loss
    def test_shapes_are_not_broadcast(self, name):
        fits, refused = shape_pairs(name)
        for loss in make_all(name, reduction="none"):
            for pair in fits:
                loss(*make_ones(name, pair))
            for pair in refused:
                for function in (loss, loss.call):
                    with pytest.raises(ValueError, match=loss.fn.__name__) as e:
                        function(*make_ones(name, pair))
                    assert all(str(shape) in str(e.value) for shape in pair)
        specs = [tf.TensorSpec((None, *shape[1:])) for shape in refused[0]]
        with pytest.raises(ValueError, match=loss.fn.__name__):
            tf.function(loss).get_concrete_function(*specs)
        specs = [tf.TensorSpec((None,) * len(shape)) for shape in refused[1]]
        unknown = tf.function(loss, input_signature=specs)
        with pytest.raises(tf.errors.InvalidArgumentError):
            unknown(*map(tf.ones, refused[1]))

    @every_loss
    def test_missing_last_axis_is_added(self, name):
        if name == "CTC":
            pytest.skip("has no such axis")
        rng = np.random.default_rng(3)
        y_true = rng.integers(0, 1, (8, 1))
        y_pred = rng.uniform(0.1, 0.9, (8, 1)).astype("float32")
        weight = rng.uniform(0, 1, 8).astype("float32")
        loss, *_ = make_all(name)
        expected = loss(y_true, y_pred, weight[:, None]).numpy()
        assert loss(y_true[:, 0], y_pred, weight[:, None]).numpy() == expected
        if not TABLE[name].labels:
            got = loss(y_true, y_pred[:, 0], weight[:, None]).numpy()
            assert got == expected
        assert loss(y_true[:, 0], y_pred, weight).numpy() == expected
        unknown = tf.function(loss).get_concrete_function(
            tf.TensorSpec(None, tf.int64), tf.TensorSpec((None, 1)), weight
        )
        for y in (y_true, y_true[:, 0]):
            got = unknown(tf.constant(y), tf.constant(y_pred), weight)
            np.testing.assert_allclose(got, expected, 1e-6)

    @every_loss
    def test_weights_that_do_not_fit_are_refused(self, name):
        data = make_data(name)
        with pytest.raises(ValueError, match=r"shape=\(5,\).*\(6,"):
            make_all(name)[-1](*data, np.ones(5))

    @every_loss
    def test_mean_with_sample_weight_is_the_metrics_mean(self, name):
        data = make_data(name)
        samples, single = make_weights(name)
        for kwargs in TABLE[name].variants:
            make = getattr(losses, name)
            values = make(**kwargs, reduction="none")(*data).numpy()
            loss = make(**kwargs, reduction="mean_with_sample_weight")
            for weight in (samples, single):
                value = loss(*data, weight)
                arguments = {k: getattr(loss, k) for k in loss._fn_kwargs}
                metric = metrics.MeanMetricWrapper(loss.fn, **arguments)
                metric.update_state(*data, weight)
                np.testing.assert_allclose(value, metric.result(), 1e-6)
                if name in dir(metrics) and name != "CosineSimilarity":
                    metric = getattr(metrics, name)(**kwargs)
                    metric.update_state(*data, weight)
                    np.testing.assert_allclose(value, metric.result(), 1e-6)
                if "ignore_class" in kwargs:
                    continue
                if weight.ndim < values.ndim:
                    weight = np.repeat(weight[:, None], STEPS, 1)
                all_values = values * np.ones_like(weight)
                expected = np.average(all_values, weights=weight)
                np.testing.assert_allclose(value, expected, 1e-5)

    @every_loss
    def test_weights_of_zero_give_zero(self, name):
        data = make_data(name)
        for reduction in REDUCTIONS:
            for loss in make_all(name, reduction=reduction):
                for weight in (0.0, *make_weights(name)):
                    value, gradient = value_and_gradient(
                        loss, *data, np.zeros_like(weight)
                    )
                    assert not np.any(value) and not np.any(gradient)

    @every_loss
    def test_half_precision_stays_finite(self, name):
        y_true, y_pred = make_data(name)
        for loss in make_all(name):
            expected = float(loss(y_true, y_pred))
            for dtype in (tf.float16, tf.bfloat16):
                half = tf.cast(y_pred, dtype)
                value, gradient = value_and_gradient(loss, y_true, half)
                assert value.dtype == tf.float32
                assert gradient.dtype == dtype
                np.testing.assert_allclose(value, expected, 0.02, 0.02)
                hard = tf.cast(y_pred > 0.5, dtype)
                assert np.isfinite(float(loss(y_true, hard)))
                values = loss.call(y_true, hard)
                assert values.dtype == dtype
                assert np.all(np.isfinite(tf.cast(values, "float32")))

    @every_loss
    def test_ragged_equals_masked(self, name):
        if name == "Circle":
            pytest.skip("has one vector for each sample")
        y_true, y_pred = make_data(name)
        lengths = [3, 0, 2, 1, 3, 2]
        mask = np.arange(y_pred.shape[1]) < np.array(lengths)[:, None]
        for loss in make_all(name):
            for w in (None, make_weights(name)[0] + 0.5):
                if TABLE[name].whole and loss.axis is None:
                    w = None
                expected, _ = value_and_gradient(loss, y_true, y_pred, w, mask)
                ragged_pred = tf.RaggedTensor.from_tensor(y_pred, lengths)
                ragged_true = tf.RaggedTensor.from_tensor(y_true, lengths)
                if name == "CTC":
                    ragged_true = tf.RaggedTensor.from_tensor(y_true, padding=0)
                got = loss(ragged_true, ragged_pred, w)
                np.testing.assert_allclose(got, expected, 1e-6)

    @pytest.mark.parametrize("rows, weighted", [(3, True), (4, False)])
    def test_replicas_add_up_to_the_global_batch(self, rows, weighted):
        strategy = strategies.two_replicas()
        objects, data, expected = [], [], []
        for name in NAMES:
            args = [y[:4] for y in make_data(name)]
            if weighted:
                args.append(make_weights(name)[1][:4])
                args.append(np.ones(args[-1].shape, "bool"))
                args[-1][1] = False
            for loss in make_all(name):
                objects.append(loss)
                data.append(tuple(args))
                expected.append(value_and_gradient(loss, *args))

        def part(array):
            return strategy.experimental_distribute_values_from_function(
                lambda context: tf.constant(
                    array[rows:]
                    if context.replica_id_in_sync_group
                    else array[:rows]
                )
            )

        def replica(data):
            return [
                value_and_gradient(loss, *args)
                for loss, args in zip(objects, data)
            ]

        # One function for all: tracing them one by one takes a minute.
        parts = [tuple(map(part, args)) for args in data]
        run = tf.function(lambda data: strategy.run(replica, (data,)))
        for loss, got, wanted in zip(objects, run(parts), expected):
            value = strategy.reduce("SUM", got[0], axis=None)
            np.testing.assert_allclose(
                value, wanted[0], 1e-5, 1e-6, err_msg=loss.name
            )
            gradient = np.concatenate(
                strategy.experimental_local_results(got[1])
            )
            np.testing.assert_allclose(
                gradient, wanted[1], 1e-4, 1e-6, err_msg=loss.name
            )
