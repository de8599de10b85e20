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
"""Tests of lifting: preprocessing in the pipeline changes no number."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies

ROWS = 11
COLUMNS = {
    "city": np.array([[c] for c in "abzabbaczba"]),
    "size": np.linspace(0, 3, 2 * ROWS).reshape(ROWS, 2).astype("float32"),
}
Y = np.linspace(-1, 2, ROWS).reshape(ROWS, 1).astype("float32")
WEIGHTS = np.linspace(0.5, 2, ROWS).astype("float32")


def stage():
    """Makes the inputs, and what comes of them before any weights."""
    city = tfk.Input((1,), dtype="string", name="city")
    size = tfk.Input((2,), name="size")
    lookup = tfk.layers.StringLookup(
        vocabulary=["a", "b"], output_mode="one_hot"
    )
    return {"city": city, "size": size}, lookup(city), size


def functional():
    inputs, city, size = stage()
    h = tfk.layers.Concatenate()([city, tfk.layers.Rescaling(0.5)(size)])
    h = tfk.layers.Dropout(0.2, seed=1)(tfk.layers.Dense(4)(h))
    return tfk.Model(inputs, tfk.layers.Dense(1, kernel_regularizer="l2")(h))


def branches():
    """One input is used before and after the cut, and by two branches."""
    inputs, city, size = stage()
    scale = tfk.layers.Rescaling(0.5)
    first = tfk.layers.Dense(2)(scale(size))
    second = tfk.layers.Dense(2)(scale(size * 2.0))
    third = tfk.layers.Dense(2)(size)
    h = tfk.layers.Concatenate()([first, second, third, city])
    return tfk.Model(inputs, tfk.layers.Dense(1)(h))


def nested():
    inputs, city, size = stage()
    prepare = tfk.Model(
        inputs, {"c": city, "s": tfk.layers.Rescaling(0.5)(size)}
    )
    city, size = tfk.Input((1,), dtype="string"), tfk.Input((2,))
    outer = {"city": city, "size": size}
    h = prepare(outer)
    dense = tfk.layers.Dense(3)
    h = tfk.layers.Concatenate()([h["c"], dense(h["s"]), dense(h["s"] + 1.0)])
    return tfk.Model(outer, tfk.layers.Dense(1)(h))


def sequential():
    return tfk.Sequential(
        [
            tfk.Input((2,), name="size"),
            tfk.layers.Rescaling(0.5),
            tfk.layers.Dense(3, activation="tanh"),
            tfk.layers.Dense(1),
        ]
    )


def data_for(model):
    return COLUMNS if len(model.inputs) == 2 else COLUMNS["size"]


def run(build, lift, kind="arrays", strategy=None, step_class=None):
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        tfk.utils.set_random_seed(7)
        model = build()
        if step_class is not None:
            model = step_class(model.inputs, model.outputs[0])
        model.compile("adam", "mse", metrics=["mae"], lift_preprocessing=lift)
    x, batch, steps = data_for(model), {"batch_size": 4}, None
    rows = (x, Y, WEIGHTS)
    if kind == "dataset":
        rows = (tf.data.Dataset.from_tensor_slices((x, Y, WEIGHTS)).batch(4),)
        batch = {}
    elif kind == "generator":

        def generate():
            while True:
                for i in (0, 4, 8):
                    yield tf.nest.map_structure(
                        lambda v: v[i : i + 4], (x, Y, WEIGHTS)
                    )

        rows, batch, steps = (generate(),), {}, 3
    if len(rows) == 3:
        batch["sample_weight"] = rows[2]
        rows = rows[:2]
    history = model.fit(
        *rows,
        epochs=2,
        shuffle=False,
        verbose=0,
        validation_data=(x, Y, WEIGHTS),
        steps_per_epoch=steps,
        **batch,
    )
    if kind == "generator":
        rows = (generate(),)
    evaluated = model.evaluate(*rows, verbose=0, steps=steps, **batch)
    predicted = model.predict(x, batch_size=4, verbose=0)
    called = model(tf.nest.map_structure(tf.constant, x))
    np.testing.assert_allclose(predicted, called, rtol=1e-5, atol=1e-6)
    return model, [*history.history.values(), evaluated, predicted]


def assert_equal(one, two, rtol=1e-6):
    for a, b in zip(one, two):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-6)


class LiftedEqualsUnliftedTest:
    @pytest.mark.parametrize(
        "build", [functional, branches, nested, sequential]
    )
    def test_models(self, build):
        model, lifted = run(build, True)
        assert model.stage_split is not None
        assert_equal(lifted, run(build, False)[1])

    @pytest.mark.parametrize("kind", ["dataset", "generator"])
    def test_kinds_of_data(self, kind):
        assert_equal(
            run(functional, True, kind)[1], run(functional, False, kind)[1]
        )

    @pytest.mark.parametrize("shape", ((), (1,)))
    def test_generators_that_say_no_shapes(self, shape):
        lookup = tfk.layers.TextVectorization(vocabulary=["a", "b"])
        x = tfk.Input(shape, dtype="string")
        h = tfk.layers.Embedding(4, 2)(lookup(x))
        h = tfk.layers.GlobalAveragePooling1D()(h)
        model = tfk.Model(x, tfk.layers.Dense(1)(h))
        texts = np.array(["a b", "b", "c a", "a"])
        losses = []
        weights = model.get_weights()
        for lift in (False, True):
            for rows in (texts, texts[:, np.newaxis]):
                data = tf.data.Dataset.from_generator(
                    lambda rows=rows: iter([(rows, np.ones((4, 1)))]),
                    output_types=(tf.string, tf.float32),
                )
                model.set_weights(weights)
                model.compile("sgd", "mse", lift_preprocessing=lift)
                run = model.fit(data, epochs=2, verbose=0)
                losses.append(run.history["loss"])
        np.testing.assert_allclose(losses, losses[:1] * 4, rtol=1e-6)

    def test_two_replicas(self):
        strategy = tf.distribute.MirroredStrategy(
            ["CPU:0", "CPU:1"],
            cross_device_ops=tf.distribute.ReductionToOneDevice(),
        )
        lifted = run(branches, True, strategy=strategy)[1]
        assert_equal(lifted, run(branches, False, strategy=strategy)[1])
        assert_equal(lifted, run(branches, True)[1], rtol=1e-4)

    def test_random_preprocessing_is_in_the_mode_of_the_run(self):
        seen = []

        class Noise(tfk.layers.PreprocessingLayer):
            def call(self, inputs, training=None):
                seen.append((training, tf.executing_eagerly()))
                return inputs + (1.0 if training else 0.0)

        x = tfk.Input((2,))
        model = tfk.Model(
            x, tfk.layers.Dense(1, kernel_initializer="ones")(Noise()(x))
        )
        model.compile(tfk.optimizers.SGD(0.0), "mae")
        zeros, target = np.zeros((8, 2)), np.zeros((8, 1))
        seen.clear()
        losses = model.fit(zeros, target, batch_size=4, verbose=0).history
        assert losses["loss"] == [2.0]
        assert model.evaluate(zeros, target, batch_size=4, verbose=0) == 0.0
        assert not model.predict(zeros, batch_size=4, verbose=0).any()


class WhatIsLiftedTest:
    def count_traces(self, model, **compile_arguments):
        """Says where `Probe` layers ran in `fit`: in the pipeline or not."""
        model.compile("sgd", "mse", **compile_arguments)
        Probe.places.clear()
        model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=4, verbose=0)
        return set(Probe.places)

    def probed(self, cls=None):
        x = tfk.Input((2,))
        outputs = tfk.layers.Dense(1)(Probe()(x))
        return (cls or tfk.Model)(x, outputs)

    def test_by_default_and_on_demand(self):
        assert self.count_traces(self.probed()) == {"pipeline"}
        assert self.count_traces(self.probed(), lift_preprocessing=False) == {
            "step"
        }
        assert self.count_traces(self.probed(), run_eagerly=True) == {"step"}

    def test_a_step_of_ones_own_is_lifted_only_if_asked(self):
        class Own(tfk.Model):
            def train_step(self, data):
                return super().train_step(data)

        assert self.count_traces(self.probed(Own)) == {"step"}
        assert self.count_traces(self.probed(Own), lift_preprocessing=True) == {
            "pipeline"
        }

    def test_a_lifted_step_of_ones_own_gives_the_same(self):
        class Own(tfk.Model):
            def train_step(self, data):
                x, y, weight = data
                with tf.GradientTape() as tape:
                    y_pred = self(x, training=True)
                    loss = self.compute_loss(x, y, y_pred, weight)
                self.optimizer.minimize(
                    loss, self.trainable_variables, tape=tape
                )
                return self.compute_metrics(x, y, y_pred, weight)

        lifted = run(functional, True, step_class=Own)[1]
        assert_equal(lifted, run(functional, False, step_class=Own)[1])
        assert_equal(lifted, run(functional, False)[1])

    def test_the_model_is_whole_again_after_an_error(self):
        model = self.probed()
        model.compile("sgd", "mse")
        with pytest.raises(ValueError):
            model.fit(np.ones((8, 2)), np.ones((8, 3)), verbose=0)
        assert model._main_graph is None
        assert model(np.ones((1, 2))).shape == (1, 1)


class Probe(tfk.layers.PreprocessingLayer):
    """Takes note of the kind of function in which it is traced."""

    places = []

    def call(self, inputs):
        if tf.executing_eagerly():
            self.places.append("step")
        else:
            name = tf.compat.v1.get_default_graph().name
            if name != "scratch":
                is_lifted = "preprocess" in name or "Dataset" in name
                self.places.append("pipeline" if is_lifted else "step")
        return inputs * 1.0


class WholeModelTest:
    def test_summary_marks_what_is_lifted(self):
        lines = []
        model = functional()
        model.summary(print_fn=lines.append)
        marked = [line for line in lines if "(lifted)" in line]
        assert len(marked) == 3 and "Layers marked (lifted): 2" in marked[-1]
        model.compile(lift_preprocessing=False)
        lines.clear()
        model.summary(print_fn=lines.append)
        assert not any("(lifted)" in line for line in lines)

    def test_the_exported_model_begins_at_the_inputs(self, tmp_path):
        inputs, city, size = stage()
        h = tfk.layers.Concatenate()([city, tfk.layers.Rescaling(0.5)(size)])
        model = tfk.Model(inputs, tfk.layers.Dense(1)(h))
        model.compile("adam", "mse")
        model.fit(COLUMNS, Y, verbose=0)
        wanted = model.predict(COLUMNS, verbose=0)
        model.export(str(tmp_path / "exported"))
        loaded = tf.saved_model.load(str(tmp_path / "exported"))
        found = loaded.serve({k: tf.constant(v) for k, v in COLUMNS.items()})
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


class AdaptedAgainTest:
    def test_new_state_is_used_everywhere(self):
        lookup = tfk.layers.StringLookup()
        lookup.adapt(np.array(["a", "b", "b"]))
        normalize = tfk.layers.Normalization()
        normalize.adapt(np.array([[0.0], [2.0]]))
        city = tfk.Input((1,), dtype="string")
        size = tfk.Input((1,))
        index = tf.cast(lookup(city), "float32")
        dense = tfk.layers.Dense(1, kernel_initializer="ones")
        model = tfk.Model(
            [city, size], dense(tf.concat([index, normalize(size)], 1))
        )
        model.compile(tfk.optimizers.SGD(0.0), "mae")
        x = [np.array([["a"], ["c"]] * 20), np.full((40, 1), 4.0)]
        zeros = np.zeros((40, 1))

        def results():
            few = [part[:2] for part in x]
            return [
                model.predict(few, verbose=0).ravel().tolist(),
                model.predict(x, batch_size=20, verbose=0)[:2].ravel().tolist(),
                model(tf.nest.map_structure(tf.constant, few))
                .numpy()
                .ravel()
                .tolist(),
                2 * model.evaluate(x, zeros, batch_size=20, verbose=0),
                2 * model.evaluate(few, zeros[:2], verbose=0),
                2 * model.fit(x, zeros, verbose=0).history["loss"][0],
            ]

        # Indices are 0 for the unknown "c" and 2, then 1 for "a".
        assert results() == [[5.0, 3.0]] * 3 + [8.0] * 3
        normalize.adapt(np.array([[0.0], [4.0]]))
        lookup.adapt(np.array(["a", "a", "d"]))
        assert results() == [[2.0, 1.0]] * 3 + [3.0] * 3


IMAGES = np.random.default_rng(1).uniform(0, 255, (ROWS, 4, 3, 3))
IMAGES = IMAGES.astype("float32")


def augmented(seed=3, strategy=None):
    """Makes a model with random layers, one of which is called twice."""
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        tfk.utils.set_random_seed(7)
        images = tfk.Input((4, 3, 3))
        flip = tfk.layers.RandomFlip(seed=seed)
        h = tfk.layers.RandomBrightness(0.3, seed=seed)(flip(images / 2.0))
        h = tfk.layers.Flatten()(flip(h) - h)
        h = tfk.layers.Dropout(0.2, seed=1)(h / 255.0)
        return tfk.Model(images, tfk.layers.Dense(1)(h))


def augmented_fit(lift, kind="arrays", seed=3, strategy=None, epochs=3):
    model = augmented(seed, strategy)
    model.compile("adam", "mse", lift_preprocessing=lift)
    data = {"x": IMAGES, "y": Y, "batch_size": 4, "shuffle": False}
    if kind == "dataset":
        rows = tf.data.Dataset.from_tensor_slices((IMAGES, Y))
        data = {"x": rows.filter(lambda x, y: True).batch(4)}
    elif kind == "endless":
        rows = tf.data.Dataset.from_tensor_slices((IMAGES, Y))
        data = {"x": rows.batch(4).repeat(), "steps_per_epoch": 2}
    history = model.fit(epochs=epochs, verbose=0, validation_split=0, **data)
    found = model.evaluate(IMAGES, Y, verbose=0, batch_size=4)
    states = [s.position().numpy() for s in streams_of(model)]
    return [*history.history["loss"], found, *model.get_weights(), *states]


def drawn_in_fit(lift, batch_size, strategy=None):
    """Returns all images as layers made them, and where streams stand then.

    One row is a clip of two images, and one layer has a seed in its call.
    """
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        keep = Keep()
        x = tfk.Input((2, 4, 3, 3))
        flip = tfk.layers.RandomFlip(seed=3)
        h = tfk.layers.RandomBrightness(0.3, seed=4)(
            flip(flip(tf.reshape(x, (-1, 4, 3, 3)))), seed=tf.constant([1, 2])
        )
        h = keep(tf.reshape(h, (-1, 72)))
        model = tfk.Model(x, tfk.layers.Dense(1)(h))
        model.compile("sgd", "mse", lift_preprocessing=lift)
    clips = np.stack([IMAGES, IMAGES], 1)
    fit = {"shuffle": False, "verbose": 0, "epochs": 2}
    model.fit(clips, Y, batch_size=batch_size, **fit)
    # Replicas may run at the same time; the first values tell rows apart.
    kept = np.concatenate(keep.seen)
    states = [s.position().numpy() for s in streams_of(model)]
    return [kept[np.lexsort(kept.T)], *states]


class Keep(tfk.layers.Layer):
    """Keeps what runs through it."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def call(self, inputs):
        tf.numpy_function(lambda x: self.seen.append(x), [inputs], [])
        return inputs


def streams_of(model):
    return [
        layer.element_stream
        for layer in model.layers
        if hasattr(layer, "element_stream")
    ]


def assert_same(one, two):
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


class RandomLayersTest:
    @pytest.mark.parametrize("kind", ["arrays", "dataset", "endless"])
    def test_lifted_equals_unlifted_bit_for_bit(self, kind):
        lifted = augmented_fit(True, kind)
        assert_same(lifted, augmented_fit(False, kind))
        assert_same(lifted, augmented_fit(True, kind))
        assert lifted[0] != augmented_fit(True, kind, seed=4)[0]

    @pytest.mark.parametrize("batch_size", [4, 5])
    def test_replicas_draw_what_one_alone_does(self, batch_size):
        # The last batches are of 3 rows and of 1: a replica may have none.
        with_two = [
            drawn_in_fit(lift, batch_size, strategies.two_replicas())
            for lift in (True, False)
        ]
        assert_same(*with_two)
        assert_same(with_two[0], drawn_in_fit(True, batch_size))
        assert_same(with_two[0], drawn_in_fit(False, batch_size))

    def test_rows_that_replicas_can_not_share_are_not_lifted(self):
        clips = np.stack([IMAGES, IMAGES], 1)
        rows = tf.data.Dataset.from_tensor_slices((clips, Y)).batch(5)
        arrays = {"x": clips, "y": Y, "batch_size": 5, "shuffle": False}
        losses = []
        for lift in (tfk.utils.LiftOptions("memory"), False):
            with strategies.two_replicas().scope():
                x = tfk.Input((2, 4, 3, 3))
                frames = tf.reshape(x, (-1, 4, 3, 3))
                frames = tfk.layers.RandomFlip(seed=3)(frames)
                h = tfk.layers.GlobalAveragePooling2D()(frames)
                h = tf.reshape(h, (-1, 6))
                outputs = tfk.layers.Dense(1, kernel_initializer="ones")(h)
                model = tfk.Model(x, outputs)
                model.compile("sgd", "mse", lift_preprocessing=lift)
            for data in (arrays, {"x": rows}):
                history = model.fit(**data, epochs=2, verbose=0).history
                losses.append(history["loss"])
        assert losses[:2] == losses[2:]

    def test_replicas_train_on_the_same_lifted_or_not(self):
        strategy = strategies.two_replicas()
        lifted = augmented_fit(True, strategy=strategy, epochs=2)
        assert_same(lifted, augmented_fit(False, strategy=strategy, epochs=2))
        assert lifted[-1][0] == 2 * ROWS

    def test_a_second_fit_goes_on(self):
        for lift in (True, False):
            model = augmented()
            model.compile("sgd", "mse", lift_preprocessing=lift)
            fit = dict(batch_size=4, verbose=0, shuffle=False)
            found = [
                model.fit(IMAGES, Y, **fit).history["loss"][0] for _ in "ab"
            ]
            if lift:
                wanted = found
        assert found == wanted and found[0] != found[1]
