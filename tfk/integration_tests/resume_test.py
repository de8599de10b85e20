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
"""Trainings that are interrupted and resumed end as if they had not been.

Here an exception ends them; `resume_killed_test.py` kills processes.
"""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies

ROWS, EPOCHS = 37, 3
BATCHES = -(-ROWS // 5)


class Interrupted(Exception):
    """Raised in the place of a power cut."""


class InterruptAt(tfk.callbacks.Callback):
    """Raises at a moment: (epoch, batch), or (epoch, None) for its end."""

    def __init__(self, moment):
        self.moment = moment
        self.epoch = None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self._check(batch)

    def on_epoch_end(self, epoch, logs=None):
        self._check(None)

    def _check(self, batch):
        if (self.epoch, batch) == self.moment:
            raise Interrupted


def rows():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(ROWS, 6)).astype("float32")
    y = (x[:, :1] * x[:, 1:2] > 0).astype("float32")
    return x, y


def arrays():
    x, y = rows()
    return {"x": x, "y": y, "batch_size": 5, "class_weight": {0: 1.0, 1: 2.0}}


def arrays_with_steps():
    return {**arrays(), "steps_per_epoch": 5}


def ragged_arrays():
    x, y = rows()
    lengths = np.arange(ROWS) % 6 + 1
    ragged = tf.RaggedTensor.from_tensor(x, lengths=lengths)
    return {"x": ragged, "y": y, "batch_size": 5}


def dataset():
    data = tf.data.Dataset.from_tensor_slices(rows())
    return {"x": data.shuffle(20).batch(5).map(lambda x, y: (2 * x, y))}


def dataset_of_unknown_length():
    data = dataset()["x"].filter(lambda x, y: tf.reduce_sum(x) > -1e9)
    return {"x": data}


def endless_dataset():
    data = tf.data.Dataset.from_tensor_slices(rows())
    data = data.shuffle(20).repeat().batch(5).prefetch(2)
    return {"x": data, "steps_per_epoch": 4}


def python_dataset():
    def double(x):
        return 2 * x

    data = tf.data.Dataset.from_tensor_slices(rows())
    data = data.map(lambda x, y: (tf.py_function(double, [x], "float32"), y))
    data = data.map(lambda x, y: (tf.ensure_shape(x, (6,)), y))
    return {"x": data.batch(5)}


def generator():
    x, y = rows()
    x, y = np.tile(x, (4, 1)), np.tile(y, (4, 1))
    batches = ((x[i : i + 5], y[i : i + 5]) for i in range(0, len(x), 5))
    return {"x": batches, "steps_per_epoch": 6}


class Batches(tfk.utils.Sequence):
    """Mixes its rows at the end of each epoch."""

    def __init__(self):
        super().__init__(workers=2)
        self.order = np.arange(ROWS)
        self.generator = np.random.default_rng(3)

    def __len__(self):
        return BATCHES

    def __getitem__(self, index):
        x, y = rows()
        chosen = self.order[5 * index : 5 * index + 5]
        return x[chosen], y[chosen]

    def on_epoch_end(self):
        self.generator.shuffle(self.order)


def sequence():
    return {"x": Batches()}


def dense_model():
    return tfk.Sequential(
        [
            tfk.layers.Dense(8, activation="relu"),
            tfk.layers.BatchNormalization(),
            tfk.layers.Dropout(0.3),
            tfk.layers.Dense(1, activation="sigmoid"),
        ]
    )


def compiled_model(optimizer="adam"):
    model = dense_model()
    model.compile(
        optimizer,
        "binary_crossentropy",
        metrics=["accuracy", tfk.metrics.AUC(name="auc")],
    )
    return model


def ragged_model():
    model = tfk.Sequential(
        [
            tfk.Input((None,), ragged=True),
            tfk.layers.Lambda(lambda x: tf.reduce_sum(x, 1, keepdims=True)),
            tfk.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    return model


def model_of_mixed_precision():
    before = tfk.mixed_precision.global_policy()
    tfk.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = dense_model()
    finally:
        tfk.mixed_precision.set_global_policy(before)
    optimizer = tfk.optimizers.Adam(use_ema=True, gradient_accumulation_steps=3)
    optimizer = tfk.optimizers.LossScaleOptimizer(
        optimizer, initial_scale=2.0**20, dynamic_growth_steps=2
    )
    model.compile(optimizer, "binary_crossentropy")
    return model


class TwoOptimizers(tfk.Model):
    """A step of the user's own, which makes slots when it is traced."""

    def __init__(self):
        super().__init__()
        self.parts = [tfk.layers.Dense(6), tfk.layers.Dense(1)]
        self.noise = tfk.layers.GaussianNoise(0.1)
        self.mean = tfk.metrics.Mean(name="loss")

    def compile(self):
        super().compile()
        self.optimizers = [tfk.optimizers.Adam(), tfk.optimizers.RMSprop()]

    @property
    def metrics(self):
        return [self.mean]

    def train_step(self, data):
        x, y, _ = data
        with tf.GradientTape(persistent=True) as tape:
            hidden = self.parts[0](self.noise(x, training=True))
            loss = tf.reduce_mean((self.parts[1](hidden) - y) ** 2)
        for part, optimizer in zip(self.parts, self.optimizers):
            variables = part.trainable_variables
            gradients = tape.gradient(loss, variables)
            optimizer.apply_gradients(zip(gradients, variables))
        self.mean.update_state(loss)
        return {"loss": self.mean.result()}


def own_step():
    model = TwoOptimizers()
    model.compile()
    return model


def embedding_model():
    model = tfk.Sequential(
        [
            tfk.layers.Lambda(lambda x: tf.cast(10 * tf.abs(x), tf.int32)),
            tfk.layers.Embedding(100, 4),
            tfk.layers.Flatten(),
            tfk.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(tfk.optimizers.RMSprop(momentum=0.5), "binary_crossentropy")
    return model


def model_with_a_lifted_layer():
    inputs = tfk.Input((6,), dtype="string")
    words = tfk.layers.StringLookup(vocabulary=list("012345"))(inputs)
    x = tfk.layers.Flatten()(tfk.layers.Embedding(7, 4)(words))
    inner = tfk.Input((24,))
    block = tfk.Model(inner, tfk.layers.Dropout(0.2)(inner))
    outputs = tfk.layers.Dense(1, activation="sigmoid")(block(x))
    model = tfk.Model(inputs, outputs)
    model.compile("adam", "binary_crossentropy")
    return model


def words():
    x, y = rows()
    x = np.abs(3 * x).astype("int32").astype("U").astype(object)
    return {"x": x, "y": y, "batch_size": 5}


def dataset_of_words():
    data = words()
    data = tf.data.Dataset.from_tensor_slices((data["x"], data["y"]))
    return {"x": data.shuffle(30).batch(5)}


def augmented_model():
    model = tfk.Sequential(
        [
            tfk.Input((4, 3, 3)),
            tfk.layers.RandomFlip(),
            tfk.layers.RandomContrast(0.5, seed=3),
            tfk.layers.Flatten(),
            tfk.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    return model


def images():
    x, y = rows()
    return {
        "x": np.resize(np.abs(x), (len(x), 4, 3, 3)),
        "y": y,
        "batch_size": 5,
    }


def dataset_of_images():
    data = images()
    data = tf.data.Dataset.from_tensor_slices((data["x"], data["y"]))
    return {"x": data.shuffle(30).batch(5)}


def generator_of_images():
    data = images()

    def generate():
        while True:
            for i in range(0, len(data["x"]), 5):
                yield data["x"][i : i + 5], data["y"][i : i + 5]

    return {"x": generate(), "steps_per_epoch": 5}


def stateful_model():
    model = tfk.Sequential(
        [
            tfk.Input(batch_shape=(5, 6)),
            tfk.layers.Reshape((6, 1)),
            tfk.layers.LSTM(3, stateful=True, dropout=0.2),
            tfk.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("sgd", "binary_crossentropy")
    return model


def endless_batches_of_five():
    return {**endless_dataset(), "steps_per_epoch": 5}


# Of each: the model, the data, how often to save, and when to interrupt.
CASES = {
    "arrays": (compiled_model, arrays, 1, [(0, 2), (1, None), (2, 1)]),
    "arrays, epochs": (compiled_model, arrays, "epoch", [(2, 3)]),
    "arrays, steps": (compiled_model, arrays_with_steps, 1, [(2, 2)]),
    "ragged arrays": (ragged_model, ragged_arrays, 1, [(0, 6), (1, None)]),
    "dataset": (compiled_model, dataset, 1, [(1, 2)]),
    "dataset, epochs": (compiled_model, dataset, "epoch", [(1, 2), (2, 3)]),
    "unknown length": (
        compiled_model,
        dataset_of_unknown_length,
        1,
        [(1, 2), (2, None)],
    ),
    "endless dataset": (compiled_model, endless_dataset, 1, [(2, 1)]),
    "dataset of Python": (compiled_model, python_dataset, 1, [(1, 2)]),
    "generator": (compiled_model, generator, 1, [(1, 2)]),
    "sequence": (compiled_model, sequence, 1, [(1, 2)]),
    "mixed precision": (model_of_mixed_precision, arrays, 1, [(1, 3)]),
    "own step": (own_step, arrays, 1, [(1, 2)]),
    "words": (model_with_a_lifted_layer, words, 1, [(1, 2)]),
    "dataset of words": (
        model_with_a_lifted_layer,
        dataset_of_words,
        1,
        [(1, 2)],
    ),
    "images": (augmented_model, images, 1, [(1, 2), (1, None), (2, 1)]),
    "dataset of images": (
        augmented_model,
        dataset_of_images,
        1,
        [(1, 2), (1, None)],
    ),
    "generator of images": (augmented_model, generator_of_images, 1, [(1, 2)]),
    "embedding": (embedding_model, arrays, 1, [(1, 2)]),
    "stateful": (stateful_model, endless_batches_of_five, 1, [(1, 2)]),
    "nadam": (lambda: compiled_model("nadam"), arrays, 1, [(1, 2)]),
}
# Their data can't tell its position.
READ_AGAIN = {"dataset of Python", "generator", "generator of images"}


class Backup(tfk.callbacks.BackupAndRestore):
    """Makes each backup, instead of leaving out some when there are many."""

    def _save(self):
        self._finish_write()
        super()._save()


def callbacks_of(folder, save_freq, interrupt=None):
    made = [
        Backup(folder / "backup", save_freq),
        tfk.callbacks.CSVLogger(folder / "log.csv"),
        tfk.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.7),
    ]
    return made + ([InterruptAt(interrupt)] if interrupt else [])


def train(make_model, make_data, callbacks):
    """Trains in what could be a process of its own; returns what counts."""
    tfk.utils.set_random_seed(5)
    model = make_model()
    if not hasattr(model.optimizer, "learning_rate"):
        callbacks = [
            callback
            for callback in callbacks
            if not isinstance(callback, tfk.callbacks.LearningRateScheduler)
        ]
    history = model.fit(
        epochs=EPOCHS, verbose=0, callbacks=callbacks, **make_data()
    )
    return model.get_weights(), history.history, history.epoch


def assert_equal(found, expected):
    for one, other in zip(found[0], expected[0], strict=True):
        assert one.tobytes() == other.tobytes()
    assert found[1:] == expected[1:]


class ResumeTest:
    @pytest.mark.parametrize("case", CASES)
    def test_ends_as_without_interruption(self, case, tmp_path, recwarn):
        make_model, make_data, save_freq, moments = CASES[case]
        whole, parts = tmp_path / "whole", tmp_path / "parts"
        expected = train(make_model, make_data, callbacks_of(whole, save_freq))
        for moment in moments:
            with pytest.raises(Interrupted):
                callbacks = callbacks_of(parts, save_freq, moment)
                train(make_model, make_data, callbacks)
        found = train(make_model, make_data, callbacks_of(parts, save_freq))
        assert_equal(found, expected)
        logs = [(folder / "log.csv").read_text() for folder in (whole, parts)]
        assert logs[0] == logs[1]
        assert not (parts / "backup").exists()
        reread = [w for w in recwarn if "read again" in str(w.message)]
        assert bool(reread) == (case in READ_AGAIN)

    def test_replicas_go_on_as_they_were(self, tmp_path):
        def make_model():
            with strategies.two_replicas().scope():
                return compiled_model()

        expected = train(make_model, arrays, [])
        with pytest.raises(Interrupted):
            callbacks = [Backup(tmp_path, 1), InterruptAt((1, 3))]
            train(make_model, arrays, callbacks)
        found = train(make_model, arrays, [Backup(tmp_path, 1)])
        assert_equal(found, expected)


class InitialEpochTest:
    def test_the_later_of_both_counts(self, tmp_path):
        x, y = rows()

        def fit(initial_epoch, epochs):
            return compiled_model().fit(
                x,
                y,
                epochs=epochs,
                initial_epoch=initial_epoch,
                verbose=0,
                callbacks=[Backup(tmp_path, delete_checkpoint=False)],
            )

        assert fit(0, 2).epoch == [0, 1]
        assert fit(1, 3).epoch == [0, 1, 2]
        with pytest.warns(UserWarning, match="The backup is of epoch 3, and"):
            assert fit(5, 6).epoch == [5]
        with pytest.warns(UserWarning, match="nothing left to train"):
            assert fit(0, 4).epoch == [5]
