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
"""A few traces serve data of any size: need 19 of the users."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies

NUM_SIZES, MOST = 100, 3


def perceptron():
    model = tfk.Sequential(
        [
            tfk.Input((3,)),
            tfk.layers.Dense(4, activation="relu"),
            tfk.layers.BatchNormalization(),
            tfk.layers.Dense(3, activation="softmax"),
        ]
    )
    return model, lambda rows, _: (numbers(rows, 3), classes(rows))


def recurrent():
    model = tfk.Sequential(
        [
            tfk.Input((None, 2)),
            tfk.layers.LSTM(3),
            tfk.layers.Dropout(0.1),
            tfk.layers.Dense(3, activation="softmax"),
        ]
    )
    return model, lambda rows, length: (
        numbers(rows, length, 2),
        classes(rows),
    )


def masked():
    """Targets are as long as the inputs."""
    model = tfk.Sequential(
        [
            tfk.layers.Embedding(5, 4, mask_zero=True),
            tfk.layers.GRU(3, return_sequences=True),
            tfk.layers.Dense(3, activation="softmax"),
        ]
    )
    return model, lambda rows, length: (
        tokens(rows, length),
        classes(rows, length),
    )


def with_dicts():
    inputs = {
        "table": tfk.Input((3,), name="table"),
        "words": tfk.Input((None,), dtype="int64", name="words"),
    }
    words = tfk.layers.Embedding(5, 4, mask_zero=True)(inputs["words"])
    words = tfk.layers.GlobalAveragePooling1D()(words)
    both = tfk.layers.Concatenate()([inputs["table"], words])
    outputs = tfk.layers.Dense(3, activation="softmax")(both)
    return tfk.Model(inputs, outputs), lambda rows, length: (
        {"table": numbers(rows, 3), "words": tokens(rows, length)},
        classes(rows),
    )


class Subclassed(tfk.Model):
    def __init__(self):
        super().__init__()
        self.layer = tfk.layers.SimpleRNN(3)
        self.head = tfk.layers.Dense(3, activation="softmax")

    def call(self, inputs):
        return self.head(self.layer(inputs))


def subclassed():
    return Subclassed(), lambda rows, length: (
        numbers(rows, length, 2),
        classes(rows),
    )


MODELS = [perceptron, recurrent, masked, with_dicts, subclassed]


def numbers(*shape):
    return np.random.normal(size=shape).astype("float32")


def classes(*shape):
    return np.random.randint(0, 3, shape)


def tokens(*shape):
    return np.random.randint(0, 5, shape)


def batches(make_batch, count=NUM_SIZES):
    """Returns batches of random sizes and lengths."""
    sizes = np.random.randint(1, 30, (count, 2))
    return [make_batch(rows, length) for rows, length in sizes]


class Batches(tfk.utils.Sequence):
    def __init__(self, items):
        super().__init__()
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


def in_dataset(items):
    def spec_of(x):
        sizes = [None] * (x.ndim - 1) + [x.shape[-1]]
        is_table = x.dtype == np.float32
        return tf.TensorSpec(sizes if is_table else [None] * x.ndim, x.dtype)

    spec = tf.nest.map_structure(spec_of, items[0])
    return tf.data.Dataset.from_generator(
        lambda: iter(items), output_signature=spec
    )


SOURCES = {"dataset": in_dataset, "generator": iter, "sequence": Batches}


def compiled(make, **kwargs):
    model, make_batch = make()
    model.compile(
        "sgd",
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        weighted_metrics=["sparse_categorical_crossentropy"],
        **kwargs,
    )
    return model, make_batch


def check(model, modes=("train", "test", "predict")):
    for mode in modes:
        assert 0 < model.trace_counts[mode] <= MOST, model.trace_counts


class TracesTest:
    @pytest.mark.parametrize("kind", SOURCES)
    @pytest.mark.parametrize("make", MODELS)
    def test_batches_of_any_size(self, make, kind):
        model, make_batch = compiled(make)
        items, source = batches(make_batch), SOURCES[kind]
        for part in (items[:60], items[60:]):
            model.fit(source(part), verbose=0, class_weight={0: 2.0})
            model.evaluate(source(part), verbose=0)
            if make != masked:  # Its outputs can't be joined.
                model.predict(source(part), verbose=0)
        check(model, ("train", "test"))
        assert model.trace_counts["predict"] <= MOST

    @pytest.mark.parametrize("make", MODELS)
    def test_single_batches_of_any_size(self, make):
        model, make_batch = compiled(make)
        for x, y in batches(make_batch):
            model.train_on_batch(x, y)
            model.test_on_batch(x, y)
            model.predict_on_batch(x)
        check(model)

    @pytest.mark.parametrize("make", MODELS)
    def test_arrays_of_any_size(self, make):
        model, make_batch = compiled(make)
        for i, (x, y) in enumerate(batches(make_batch)):
            size = np.random.randint(1, 8)
            if i % 5 == 0:
                model.fit(x, y, batch_size=size, verbose=0)
            model.evaluate(x, y, batch_size=size, verbose=0)
            model.predict(x, batch_size=size, verbose=0)
        check(model)

    def test_replicas(self):
        with strategies.two_replicas().scope():
            model, make_batch = compiled(recurrent)
        items = batches(make_batch, 12)
        model.fit(in_dataset(items), verbose=0)
        for x, y in items[:4]:
            model.fit(x, y, batch_size=8, verbose=0)
            model.evaluate(x, y, batch_size=8, verbose=0)
            model.predict(x, batch_size=8, verbose=0)
        check(model)

    def test_lifted_preprocessing(self):
        layer = tfk.layers.TextVectorization(vocabulary=["a", "b", "c"])
        model = tfk.Sequential(
            [
                tfk.Input((), dtype="string"),
                layer,
                tfk.layers.Embedding(5, 3, mask_zero=True),
                tfk.layers.LSTM(2),
                tfk.layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        for length in range(1, 7):
            x = np.array(
                [" ".join("abc"[: i % 3 + 1] * length) for i in range(9)]
            )
            data = tf.data.Dataset.from_tensor_slices((x, np.ones(9))).batch(4)
            model.fit(data, verbose=0)
            model.evaluate(data, verbose=0)
            model.predict(data, verbose=0)
        check(model)

    def test_static_shapes_that_differ_between_datasets(self):
        model, make_batch = compiled(recurrent)
        for length in np.random.randint(1, 30, 10):
            data = tf.data.Dataset.from_tensor_slices(make_batch(12, length))
            data = data.shuffle(12).batch(int(length % 4 + 1), True)
            model.fit(data, validation_data=data, verbose=0)
            model.predict(data, verbose=0)
        check(model)

    def test_validation_and_further_calls_trace_nothing_anew(self):
        model, make_batch = compiled(perceptron)
        x, y = make_batch(20, 0)
        for _ in range(3):
            model.fit(
                x, y, validation_data=(x, y), batch_size=6, epochs=3, verbose=0
            )
            model.evaluate(x, y, batch_size=6, verbose=0)
        assert model.trace_counts == {"train": 1, "test": 1, "predict": 0}


class CounterTest:
    def test_counts_since_compile(self):
        model, make_batch = perceptron()
        x, y = make_batch(4, 0)
        model.predict_on_batch(x)
        assert model.trace_counts == {"train": 0, "test": 0, "predict": 1}
        model.compile("sgd", "sparse_categorical_crossentropy")
        assert set(model.trace_counts.values()) == {0}
        model.train_on_batch(x, y)
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.train_on_batch(x, y)
        assert model.trace_counts["train"] == 1

    def test_many_models_are_nothing_to_warn_of(self, caplog):
        for _ in range(8):
            model, make_batch = compiled(perceptron)
            x, _ = make_batch(8, 0)
            data = tf.data.Dataset.from_tensor_slices(x).batch(4)
            model.predict(data, verbose=0)
        assert "retracing" not in caplog.text

    def test_functions_that_are_made_anew_count(self):
        layer = tfk.layers.Normalization()
        layer.adapt(numbers(4, 2))
        model = tfk.Sequential([tfk.Input((2,)), layer, tfk.layers.Dense(1)])
        model.compile("sgd", "mse")
        for _ in range(2):
            model.predict_on_batch(numbers(4, 2))
            layer.adapt(numbers(4, 2))
        assert model.trace_counts["predict"] == 2

    def test_data_of_many_kinds_is_reported_once(self):
        model, _ = perceptron()
        x, dtypes = np.ones((2, 3)), ["int8", "int16", "int32", "int64"]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for dtype in dtypes:
                model.predict_on_batch(tf.constant(x, dtype))
        with pytest.warns(UserWarning) as found:
            for dtype in ("uint8", "uint16", "uint32", "float64"):
                model.predict_on_batch(tf.constant(x, dtype))
        assert len(found) == 1
        words = str(found[0].message)
        assert "The predict step of model 'sequential" in words
        assert "`x` is a tensor of uint16 with the shape" in words
        assert "and was a tensor of uint8" in words

    @pytest.mark.parametrize("make", [perceptron, subclassed])
    @pytest.mark.parametrize("method", ["fit", "predict", "train_on_batch"])
    def test_a_wrong_size_is_an_error_and_not_left_open(self, make, method):
        model, make_batch = compiled(make)
        x, y = make_batch(4, 5)
        arguments = () if method == "predict" else (y,)
        kwargs = {} if "batch" in method else {"verbose": 0, "batch_size": 3}
        getattr(model, method)(x, *arguments, **kwargs)
        counts = model.trace_counts
        wrong = np.concatenate([x, x], axis=-1)
        for _ in range(2):
            with pytest.raises(ValueError, match="must have|expects"):
                getattr(model, method)(wrong, *arguments, **kwargs)
        getattr(model, method)(x, *arguments, **kwargs)
        assert model.trace_counts == counts


class Own(tfk.Model):
    """Counts how often its step is traced."""

    def __init__(self):
        super().__init__()
        self.dense = tfk.layers.Dense(1)
        self.scale = None
        self.num_traces = 0
        self.makes_variables = False

    def call(self, inputs):
        return self.dense(inputs)

    def train_step(self, data):
        self.num_traces += 1
        x, y = data
        if self.makes_variables and self.scale is None:
            self.scale = tf.Variable(tf.zeros((2,)) + 1, trainable=False)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        if self.makes_variables:
            self.scale.assign([3.0, 4.0])
        return {
            **self.compute_metrics(x, y, y_pred, None),
            "last": y[-1, 0],
            "rows": tf.shape(x)[0],
            "word": tf.constant("word"),
        }


class OwnStepTest:
    def test_is_traced_once(self):
        model = Own()
        model.compile("adam", "mse", metrics=["mae"])
        x, y = numbers(20, 3), np.arange(20.0)[:, np.newaxis]
        logs = model.fit(
            x, y, batch_size=8, epochs=2, shuffle=False, verbose=0
        ).history
        assert model.num_traces == model.trace_counts["train"] == 1
        assert logs["last"] == [19.0, 19.0] and logs["rows"] == [4, 4]
        assert set(logs) == {"loss", "mae", "last", "rows", "word"}
        assert logs["loss"][1] < logs["loss"][0]

    def test_may_make_variables(self):
        model = Own()
        model.makes_variables = True
        model.compile("sgd", "mse")
        data = tf.data.Dataset.from_tensors((numbers(4, 3), numbers(4, 1)))
        model.fit(data.repeat(5), epochs=2, verbose=0)
        assert model.scale.numpy().tolist() == [3.0, 4.0]
        assert int(model.optimizer.iterations) == 10

    def test_on_replicas(self):
        with strategies.two_replicas().scope():
            model = Own()
            model.compile("adam", "mse", metrics=["mae"])
        x, y = numbers(20, 3), np.arange(20.0)[:, np.newaxis]
        model.fit(x, y, batch_size=8, epochs=2, verbose=0)
        # Each replica traces the step.
        assert model.num_traces == 2 and model.trace_counts["train"] == 1
