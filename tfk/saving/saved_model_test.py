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
"""Tests of exported SavedModels."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.saving import saved_tables
from tfk.testing import models_to_save
from tfk.testing import strategies


def _signature(path):
    loaded = tf.saved_model.load(path)
    # The signature needs `loaded`, which owns the variables.
    return loaded, loaded.signatures["serving_default"]


class ExportTest:
    def test_raw_columns_are_served_without_tfk(self, tmp_path):
        words = np.array([["a"], ["b"], ["c"]])
        look_up = tfk.layers.StringLookup(output_mode="one_hot")
        look_up.adapt(words[:2])
        normal = tfk.layers.Normalization()
        normal.adapt(np.array([[1.0], [3.0]]))
        text = tfk.Input((1,), dtype="string", name="class")
        number = tfk.Input((1,), name="body mass")
        x = tfk.layers.Concatenate()([look_up(text), normal(number)])
        model = tfk.Model(
            {"class": text, "body mass": number},
            {"score": tfk.layers.Dense(1)(x), "x": x},
        )
        path = str(tmp_path / "served")
        model.export(path)
        columns = {
            "class": words,
            "body mass": np.array([[1.0], [2.0], [4.0]], "float32"),
        }
        np.savez(tmp_path / "x.npz", **columns)
        code = f"""
            import sys
            import numpy as np, tensorflow as tf
            columns = dict(np.load({str(tmp_path / "x.npz")!r}))
            columns = {{k: tf.constant(v) for k, v in columns.items()}}
            loaded = tf.saved_model.load({path!r})
            y = loaded.signatures["serving_default"](**columns)
            z = loaded.serve(columns)
            assert set(y) == set(z) == {{"score", "x"}}
            for key in y:
                np.testing.assert_array_equal(y[key], z[key])
            assert "tfk" not in sys.modules
            np.savez({str(tmp_path / "y.npz")!r}, **y)
        """
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            check=True,
            cwd=tmp_path,
        )
        expected = model.predict(columns, verbose=0)
        with np.load(tmp_path / "y.npz") as outputs:
            for key, value in expected.items():
                np.testing.assert_allclose(outputs[key], value, atol=1e-6)

    @pytest.mark.parametrize("name", ["functional", "sequential", "embedding"])
    def test_signature_has_the_names_of_the_model(self, name, tmp_path):
        model = models_to_save.MAKERS[name](tfk)
        path = str(tmp_path / "served")
        model.export(path)
        loaded, signature = _signature(path)
        specs = tf.nest.flatten(model.save_spec()[0][0])
        x = [tf.ones([2, *spec.shape[1:]], spec.dtype) for spec in specs]
        outputs = signature(**dict(zip(model.input_names, x)))
        assert sorted(outputs) == sorted(model.output_names)
        expected = tf.nest.flatten(
            model(tf.nest.pack_sequence_as(model.input, x), training=False)
        )
        for key, value in zip(model.output_names, expected):
            np.testing.assert_allclose(outputs[key], value, rtol=1e-5)

    def test_subclassed_models_serve_what_they_were_called_on(self, tmp_path):
        class Columns(tfk.Model):
            def __init__(self):
                super().__init__()
                self.dense = tfk.layers.Dense(1)

            def call(self, inputs):
                return {"y": self.dense(inputs["a"]) + inputs["b"]}

        model = Columns()
        path = str(tmp_path / "served")
        with pytest.raises(ValueError, match="Call it on data"):
            model.export(path)
        x = {"a": tf.ones((2, 3)), "b": tf.ones((2, 1))}
        expected = model(x)
        model.export(path)
        loaded, signature = _signature(path)
        np.testing.assert_array_equal(signature(**x)["y"], expected["y"])
        single = models_to_save.subclassed(tfk)
        single.export(path)
        loaded, signature = _signature(path)
        x = tf.ones((3, 2))
        np.testing.assert_allclose(
            signature(inputs=x)["output_1"], single(x), rtol=1e-5
        )

    def test_sparse_and_ragged_tensors_are_served_in_parts(self, tmp_path):
        ragged = tfk.Input((None,), ragged=True, dtype="int64", name="r")
        sparse = tfk.Input((4,), sparse=True, name="s")
        outputs = [ragged * 2, tfk.layers.Dense(2, name="d")(sparse)]
        model = tfk.Model([ragged, sparse], outputs)
        path = str(tmp_path / "served")
        model.export(path)
        loaded, signature = _signature(path)
        r = tf.ragged.constant([[1, 2], [], [3]], dtype=tf.int64)
        s = tf.sparse.from_dense(np.eye(3, 4, dtype="float32"))
        parts = signature(
            r_values=r.values,
            r_row_splits=r.row_splits,
            s_indices=s.indices,
            s_values=s.values,
            s_dense_shape=s.dense_shape,
        )
        name = model.output_names[0]
        assert parts[f"{name}_values"].numpy().tolist() == [2, 4, 6]
        assert parts[f"{name}_row_splits"].numpy().tolist() == [0, 2, 2, 3]
        expected = model([r, s])
        np.testing.assert_array_equal(parts["d"], expected[1])
        np.testing.assert_array_equal(loaded.serve([r, s])[1], expected[1])

    def test_dropout_is_off_and_any_number_of_rows_fits(self, tmp_path):
        chain = [
            tfk.Input((8,), 2, name="x"),
            tfk.layers.Dropout(0.9, name="y"),
        ]
        model = tfk.Sequential(chain)
        path = str(tmp_path / "served")
        model.export(path)
        loaded, signature = _signature(path)
        x = tf.ones((5, 8))
        np.testing.assert_array_equal(signature(x=x)["y"], x)
        np.testing.assert_array_equal(loaded.serve(x), x)

    def test_failed_export_leaves_the_earlier_one(self, tmp_path, monkeypatch):
        model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        path = str(tmp_path / "served")
        model.export(path)
        model.export(path)

        def fail(*args, **kwargs):
            raise RuntimeError("disk full")

        with monkeypatch.context() as patch:
            patch.setattr(tf.saved_model, "save", fail)
            with pytest.raises(RuntimeError):
                model.export(path)
        assert os.listdir(tmp_path) == ["served"]
        _signature(path)

    def test_what_else_lies_in_the_folder_stays(self, tmp_path):
        path = tmp_path / "models"
        (path / "1").mkdir(parents=True)
        (path / "1" / "saved_model.pb").write_text("another model")
        model = models_to_save.sequential(tfk)
        model.save(path)
        warm_up = path / "assets.extra" / "tf_serving_warmup_requests"
        warm_up.write_text("requests")
        model.export(path)
        assert warm_up.read_text() == "requests"
        assert os.listdir(path / "1") == ["saved_model.pb"]
        # That of the earlier save would be another model.
        assert not (path / "assets.extra" / "model.keras").exists()
        (tmp_path / "notes").write_text("precious")
        for write in (model.save, model.export):
            with pytest.raises(ValueError, match="there is a file"):
                write(tmp_path / "notes")

    def test_inputs_may_differ_in_capitals_only(self, tmp_path):
        names = ["X", "x", "self"]
        inputs = {name: tfk.Input((1,), name=name) for name in names}
        weighted = [v * 10.0**i for i, v in enumerate(inputs.values())]
        tfk.Model(inputs, tf.add_n(weighted)).export(tmp_path / "served")
        loaded, signature = _signature(str(tmp_path / "served"))
        x = [tf.constant([[float(i)]]) for i in range(3)]
        found = signature(X=x[0], x_=x[1], self_=x[2])
        assert found.popitem()[1].numpy() == 210.0
        (graph,) = saved_tables.read_graph(tmp_path / "served").meta_graphs
        assert set(graph.signature_def["serving_default"].inputs) == set(names)
        assert loaded.serve(dict(zip(names, x))).numpy() == 210.0

    def test_names_of_weights_may_hold_any_letters(self, tmp_path):
        class Named(tfk.layers.Layer):
            def build(self, input_shape):
                names = ["my kernel", "é", "ü", "w:0", "_x/y"]
                self.parts = [self.add_weight(x, (3,)) for x in names]
                super().build(input_shape)

            def call(self, inputs):
                return inputs * tf.add_n(self.parts)

        model = tfk.Sequential([tfk.Input((3,)), Named(name="my layer")])
        rows = np.ones((2, 3), "float32")
        model.export(tmp_path / "served")
        loaded = tf.saved_model.load(tmp_path / "served")
        np.testing.assert_allclose(loaded.serve(rows), model(rows), rtol=1e-6)
        for ending in ("", ".keras", ".h5"):
            path = str(tmp_path / "model") + ending
            with tfk.saving.custom_object_scope({"Named": Named}):
                model.save(path)
                copy = tfk.models.load_model(path)
            np.testing.assert_array_equal(copy(rows), model(rows))

    def test_two_tensors_of_one_name_are_refused(self, tmp_path):
        ragged = tfk.Input((None,), ragged=True, name="x")
        dense = tfk.Input((3,), name="x_values")
        with pytest.raises(ValueError, match="Two inputs.*'x_values' twice"):
            tfk.Model([ragged, dense], dense * 2).export(tmp_path / "served")
        dense = tfk.Input((3,), name="z")
        outputs = {"y": ragged * 2, "y_values": dense * 2}
        with pytest.raises(ValueError, match="Two outputs.*'y_values' twice"):
            tfk.Model([ragged, dense], outputs).export(tmp_path / "served")

    def test_what_a_loaded_program_needs_goes_along(self, tmp_path):
        """Tables of another SavedModel, and generators of random numbers."""

        class Around(tfk.layers.Layer):
            def __init__(self, path):
                super().__init__()
                self.path = path
                self.inner = tf.saved_model.load(path)
                self.noise = {"a": [tf.random.Generator.from_seed(1)]}

            def call(self, inputs):
                found = self.inner.serve(inputs)
                return found, self.noise["a"][0].normal(tf.shape(found))

        words = tfk.Input((), dtype="string", name="words")
        look_up = tfk.layers.StringLookup(vocabulary=["a", "b"])
        inner = tfk.Model(words, look_up(words))
        inner.export(tmp_path / "inner")
        x = tf.constant(["b", "z"])
        layer = tfk.layers.TFSMLayer(str(tmp_path / "inner"))
        tfk.Model(words, layer(words)).export(tmp_path / "outer")
        served = tf.saved_model.load(str(tmp_path / "outer"))
        assert served.serve(x).numpy().tolist() == [2, 0]
        around = Around(str(tmp_path / "inner"))
        tfk.Model(words, around(words)).export(tmp_path / "outer")
        served = tf.saved_model.load(str(tmp_path / "outer"))
        found, first = served.serve(x)
        assert found.numpy().tolist() == [2, 0]
        assert np.all(first != served.serve(x)[1])

    def test_a_call_of_several_arguments_is_served(self, tmp_path):
        path = str(tmp_path / "saved")
        model = Pair()
        x, y = np.ones((2, 4, 3), "float32"), np.ones((2, 2), "float32")
        model(x, weights=y)
        model(x[:, :3], y)
        expected = model(2 * x, y)
        model.save(path)
        again = tfk.models.load_model(path)
        np.testing.assert_allclose(again(2 * x, y), expected, 1e-6)
        loaded, signature = _signature(path)
        found = signature(inputs=tf.constant(2 * x), weights=tf.constant(y))
        np.testing.assert_allclose(found["output_1"], expected, 1e-6)
        found = loaded.serve({"inputs": 2 * x, "weights": y})
        np.testing.assert_allclose(found, expected, 1e-6)
        # Lengths that differed are open.
        found = loaded.serve({"inputs": x[:, :1], "weights": y})
        np.testing.assert_allclose(found, model(x[:, :1], y), 1e-6)

    def test_inputs_before_they_are_cast_to_16_bits_are_taken(self, tmp_path):
        path = str(tmp_path / "saved")
        model = Averaged(2, dtype="mixed_float16")
        x = np.full((2, 3), 0.5, "float32")
        expected = model(x)
        model.export(path)
        loaded, signature = _signature(path)
        (spec,) = signature.structured_input_signature[1].values()
        assert spec.dtype == tf.float32
        found = signature(inputs=tf.constant(x))["output_1"]
        np.testing.assert_array_equal(found, expected)

    def test_shapes_may_be_given(self, tmp_path):
        dense = tfk.layers.Dense(2)

        class Lengths(tfk.Model):
            def call(self, inputs):
                return dense(inputs)

        model = Lengths()
        model.dense = dense
        model(tf.ones((2, 4, 3)))
        path = str(tmp_path / "served")
        spec = tf.TensorSpec((None, None, 3), tf.float32)
        model.export(path, input_signature=spec)
        loaded, signature = _signature(path)
        assert signature(inputs=tf.ones((1, 7, 3)))["output_1"].shape[1] == 7
        with pytest.raises(ValueError, match="format='magic'"):
            model.export(path, format="magic")

    def test_arguments_that_the_first_call_left_out_may_be_given(
        self, tmp_path
    ):
        class Shifted(tfk.Model):
            def call(self, x, shift=None, training=None):
                return x if shift is None else x + shift

        rows = tf.ones((2, 3))
        spec = tf.TensorSpec((None, 3), tf.float32)
        path = str(tmp_path / "served")
        for calls in ([(rows,)], [(rows, rows)]):
            model = Shifted()
            for call in calls:
                model(*call)
            model.export(path, input_signature={"x": spec, "shift": spec})
            _, signature = _signature(path)
            (found,) = signature(x=rows, shift=rows).values()
            np.testing.assert_array_equal(found, 2 * rows)
            model.export(path, input_signature={"x": spec})
            _, signature = _signature(path)
            np.testing.assert_array_equal(signature(x=rows)["output_1"], rows)


@tfk.saving.register_keras_serializable("saved_model_test")
class Averaged(tfk.Model):
    """A model with variables and a training step of its own."""

    def __init__(self, units, decay=0.9, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.decay = decay
        self.dense = tfk.layers.Dense(units)
        self.steps = tf.Variable(0, trainable=False)
        self.best = self.add_weight("best", (), trainable=False)

    def call(self, inputs):
        return self.dense(inputs)

    def train_step(self, data):
        logs = super().train_step(data)
        self.steps.assign_add(1)
        self.best.assign(self.decay * self.best + 1.0)
        return {**logs, "best": self.best}


@tfk.saving.register_keras_serializable("saved_model_test")
class Pair(tfk.Model):
    """A model that takes two arguments."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = tfk.layers.Dense(2)

    def call(self, inputs, weights, training=None):
        return weights * tf.reduce_mean(self.dense(inputs), axis=1)


@tfk.saving.register_keras_serializable("saved_model_test")
class TwoOptimizers(tfk.Model):
    """Two networks, each with an optimizer of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = tfk.Sequential([tfk.layers.Dense(2)])
        self.outer = tfk.Sequential([tfk.layers.Dense(1)])

    def compile(self, first, second):
        super().compile()
        self.first, self.second = first, second

    def get_compile_config(self):
        """Returns what `compile_from_config` needs."""
        optimizers = {"first": self.first, "second": self.second}
        return {
            key: tfk.saving.serialize_keras_object(value)
            for key, value in optimizers.items()
        }

    def compile_from_config(self, config):
        """Compiles the model as it was."""
        self.compile(
            **{
                key: tfk.saving.deserialize_keras_object(value)
                for key, value in config.items()
            }
        )

    def call(self, inputs):
        return self.outer(self.inner(inputs))

    def train_step(self, data):
        with tf.GradientTape(persistent=True) as tape:
            loss = tf.reduce_mean(self(data) ** 2)
        parts = ((self.first, self.inner), (self.second, self.outer))
        for optimizer, part in parts:
            weights = part.trainable_weights
            optimizer.apply_gradients(
                zip(tape.gradient(loss, weights), weights)
            )
        return {"loss": loss}


def _trained(model):
    x, y = models_to_save.functional_data()
    model.compile("adam", {"score": "mse", "size": "mae"}, metrics=["mse"])
    model.fit(x, y, verbose=0)
    return x, y


class SaveTest:
    def test_a_model_comes_back_to_be_trained_and_is_served(self, tmp_path):
        path = str(tmp_path / "saved")
        model = models_to_save.functional(tfk)
        x, y = _trained(model)
        model.save(path)
        again = tfk.models.load_model(path)
        for one, other in zip(
            model.optimizer.variables, again.optimizer.variables
        ):
            np.testing.assert_array_equal(one, other)
        first = model.fit(x, y, verbose=0, shuffle=False).history
        second = again.fit(x, y, verbose=0, shuffle=False).history
        assert first.keys() == second.keys()
        for name in first:
            np.testing.assert_allclose(first[name], second[name], 1e-6)
        loaded, signature = _signature(path)
        assert set(signature.structured_outputs) == {"score", "size"}
        model.load_weights(path)
        expected = model.predict(x, verbose=0)
        tensors = {k: tf.constant(v, tf.float32) for k, v in x.items()}
        for name, value in signature(**tensors).items():
            np.testing.assert_allclose(value, expected[name], 1e-5, 1e-6)
        again.save(path, save_format="tf", include_optimizer=False)
        assert tfk.models.load_model(path).optimizer is None
        assert os.listdir(tmp_path) == ["saved"]

    def test_state_of_an_own_training_step_comes_back(self, tmp_path):
        path = str(tmp_path / "saved")
        model = Averaged(2, decay=0.5)
        model.compile("adam", "mse")
        x, y = np.ones((8, 3)), np.ones((8, 2))
        model.fit(x, y, batch_size=4, epochs=2, verbose=0)
        model.save(path)
        again = tfk.models.load_model(path)
        assert type(again) is Averaged
        assert (again.units, again.decay) == (2, 0.5)
        assert int(again.steps) == 4
        assert float(again.best) == float(model.best) != 0
        first = model.fit(x, y, verbose=0).history
        second = again.fit(x, y, verbose=0).history
        assert first == second

    def test_a_fresh_process_goes_on_and_another_serves(self, tmp_path):
        """The first knows tfk, the second must not."""
        path = str(tmp_path / "saved")
        words = tfk.Input((), dtype="string", name="review")
        vectorize = tfk.layers.TextVectorization(output_sequence_length=4)
        vectorize.adapt(["good film", "bad film", "a\nb \u00df"])
        x = tfk.layers.Embedding(vectorize.vocabulary_size(), 3)(
            vectorize(words)
        )
        x = tfk.layers.Bidirectional(tfk.layers.LSTM(2))(x)
        outputs = {"positive": tfk.layers.Dense(1, "sigmoid")(x)}
        model = tfk.Model(words, outputs)
        model.compile("adam", "binary_crossentropy")
        texts = np.array(["good film", "bad", "unheard of"])
        model.fit(texts, np.array([[1], [0], [0]]), verbose=0)
        model.save(path)
        expected = model.predict(texts, verbose=0)["positive"]
        np.save(tmp_path / "expected.npy", expected)
        start = f"""
            import sys
            import numpy as np, tensorflow as tf
            expected = np.load({str(tmp_path / "expected.npy")!r})
            texts = tf.constant(["good film", "bad", "unheard of"])
        """
        goes_on = f"""
            import tfk
            model = tfk.models.load_model({path!r})
            y = model.predict(texts, verbose=0)["positive"]
            np.testing.assert_allclose(y, expected, 1e-5)
            assert int(model.optimizer.iterations) == 1
            model.fit(texts, np.array([[1], [0], [0]]), verbose=0)
            assert int(model.optimizer.iterations) == 2
            model.save({path!r})
            y = model.predict(texts, verbose=0)["positive"]
            np.save({str(tmp_path / "expected.npy")!r}, y)
        """
        serves = f"""
            for name in ("tfk", "keras", "tf_keras"):
                sys.modules[name] = None
            loaded = tf.saved_model.load({path!r})
            y = loaded.signatures["serving_default"](review=texts)
            np.testing.assert_allclose(y["positive"], expected, 1e-5)
            y = loaded.serve(texts)
            np.testing.assert_allclose(y["positive"], expected, 1e-5)
        """
        for code in (goes_on, serves):
            code = textwrap.dedent(start) + textwrap.dedent(code)
            subprocess.run([sys.executable, "-c", code], check=True)

    def test_two_replicas_save_and_take_over(self, tmp_path):
        path = str(tmp_path / "saved")
        strategy = strategies.two_replicas()
        with strategy.scope():
            model = models_to_save.sequential(tfk)
            model.compile("adam", "mse")
        x, y = np.ones((4, 6, 6, 1), "float32"), np.ones((4, 3))
        model.fit(x, y, verbose=0)
        model.save(path)
        expected = model.predict(x, verbose=0)
        loaded, signature = _signature(path)
        (served,) = signature(image=tf.constant(x)).values()
        np.testing.assert_allclose(served, expected, 1e-5)
        with strategy.scope():
            again = tfk.models.load_model(path)
        np.testing.assert_allclose(again.predict(x, verbose=0), expected, 1e-6)
        again.fit(x, y, verbose=0)
        assert int(again.optimizer.iterations.numpy()) == 2

    def test_optimizers_of_the_users_go_on(self, tmp_path):
        path = str(tmp_path / "saved")
        model = TwoOptimizers()
        model.compile(
            tfk.optimizers.Adam(0.1), tfk.optimizers.RMSprop(0.1, momentum=0.5)
        )
        x = np.ones((4, 2), "float32")
        model.fit(x, epochs=2, verbose=0)
        model.save(path)
        again = tfk.models.load_model(path)
        assert int(again.first.iterations) == 2
        # Before they are built, they write what they were given.
        again.save(str(tmp_path / "m.keras"))
        for loaded in (again, tfk.models.load_model(tmp_path / "m.keras")):
            loaded.fit(x, verbose=0)
        model.fit(x, verbose=0)
        for other in (again, loaded):
            for name in ("first", "second"):
                own = getattr(model, name).variables
                found = getattr(other, name).variables
                for one, two in zip(own, found, strict=True):
                    np.testing.assert_allclose(one, two, 1e-6)
            for one, two in zip(model.get_weights(), other.get_weights()):
                np.testing.assert_allclose(one, two, 1e-6)

    def test_no_optimizer_is_served(self, tmp_path):
        path = str(tmp_path / "saved")
        model = models_to_save.functional(tfk)
        x, y = _trained(model)
        for write in (model.save, model.export):
            write(path)
            shapes = dict(
                tf.train.list_variables(f"{path}/variables/variables")
            )
            kept = [name for name in shapes if not name.startswith("_")]
            assert len(model.weights) <= len(kept)
            assert len(kept) < len(model.optimizer.variables)
        inputs = {
            name: tf.TensorSpec((None, 4), name=name)
            for name in ("first", "second")
        }

        @tf.function(input_signature=[inputs])
        def train(inputs):
            targets = {name: tf.ones((1, 1)) for name in ("score", "size")}
            return model.train_step((inputs, targets))

        # One that trains needs it.
        model.save(path, signatures={"train": train})
        loaded = tf.saved_model.load(path)
        row = {name: tf.ones((1, 4)) for name in inputs}
        before = loaded.serve(row)["score"]
        loaded.signatures["train"](**row)
        assert loaded.serve(row)["score"] != before

    def test_functions_of_the_user_are_served_in_the_place(self, tmp_path):
        path = str(tmp_path / "saved")
        model = models_to_save.sequential(tfk)
        spec = tf.TensorSpec((None, 6, 6, 1), tf.float32, "pixels")

        @tf.function(input_signature=[spec])
        def best(pixels):
            return {"best": tf.argmax(model(pixels), -1)}

        model.save(path, signatures={"best": best}, save_traces=False)
        loaded = tf.saved_model.load(path)
        assert list(loaded.signatures) == ["best"]
        x = tf.ones((2, 6, 6, 1))
        assert loaded.signatures["best"](pixels=x)["best"].shape == (2,)
        assert tfk.models.load_model(path).count_params() > 0

    def test_weights_alone_are_taken_from_it(self, tmp_path):
        path = str(tmp_path / "saved")
        model = models_to_save.functional(tfk)
        model.save(path)
        again = models_to_save.functional(tfk)
        again.load_weights(path)
        for one, other in zip(model.get_weights(), again.get_weights()):
            np.testing.assert_array_equal(one, other)
        with pytest.raises(ValueError, match="do not fit"):
            models_to_save.sequential(tfk).load_weights(path)
        with pytest.raises(ValueError, match="by_name=True"):
            again.load_weights(path, by_name=True)

    def test_what_holds_no_model_is_refused_by_its_signatures(self, tmp_path):
        path = str(tmp_path / "exported")
        models_to_save.functional(tfk).export(path)
        with pytest.raises(ValueError) as caught:
            tfk.models.load_model(path)
        assert "serving_default(first, second) -> score, size" in str(
            caught.value
        )
        assert "TFSMLayer" in str(caught.value)
        with pytest.raises(ValueError, match="no SavedModel"):
            tfk.models.load_model(str(tmp_path))
        (tmp_path / "exported" / "saved_model.pb").write_bytes(b"\xff" * 9)
        with pytest.raises(tfk.errors.CorruptFileError, match="saved_model.pb"):
            tfk.models.load_model(path)

    def test_a_link_to_another_file_is_refused(self, tmp_path):
        path = tmp_path / "saved"
        model = models_to_save.sequential(tfk)
        model.save(path)
        archive = path / "assets.extra" / "model.keras"
        archive.rename(tmp_path / "elsewhere.keras")
        archive.symlink_to(tmp_path / "elsewhere.keras")
        for load in (tfk.models.load_model, model.load_weights):
            with pytest.raises(tfk.errors.UnsafeFileError, match="link"):
                load(path)

    def test_failed_save_leaves_the_earlier_one(self, tmp_path, monkeypatch):
        path = str(tmp_path / "saved")
        model = models_to_save.sequential(tfk)
        model.save(path)
        with pytest.raises(ValueError, match="overwrite=False"):
            model.save(path, overwrite=False)

        def fail(*args, **kwargs):
            raise RuntimeError("disk full")

        with monkeypatch.context() as patch:
            patch.setattr("tfk.saving.keras_archive.save", fail)
            with pytest.raises(RuntimeError):
                model.save(path)
        assert os.listdir(tmp_path) == ["saved"]
        assert tfk.models.load_model(path).count_params() > 0
        lazy = tfk.Sequential([tfk.layers.Dense(1)])
        with pytest.raises(ValueError, match="Call it on data"):
            lazy.save(path)


class PlainSaveTest:
    """`tf.saved_model.save` itself."""

    @pytest.mark.parametrize("steps", [None, 13])
    @pytest.mark.parametrize("kind", ["LSTM", "GRU"])
    def test_recurrent_models_are_saved_with_their_gradients(
        self, kind, steps, tmp_path
    ):
        layer = getattr(tfk.layers, kind)(3)
        inputs = tfk.Input((steps, 2), name="x")
        masked = tfk.layers.Masking()(inputs)
        model = tfk.Model(inputs, tfk.layers.Bidirectional(layer)(masked))
        path = str(tmp_path / "saved")
        tf.saved_model.save(model, path)
        loaded = tf.saved_model.load(path)
        x = np.random.default_rng(0).normal(size=(2, 13, 2)).astype("float32")
        x[0, 4:] = 0.0
        x = tf.constant(x)
        (served,) = loaded.signatures["serving_default"](x=x).values()
        np.testing.assert_allclose(served, model(x), 1e-5, 1e-6)
        gradients = []
        for function in (model, loaded):
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(function(x) ** 2)
            gradients.append(tape.gradient(loss, x))
        np.testing.assert_allclose(*gradients, 1e-4, 1e-6)

    def test_lookups_are_saved_with_models(self, tmp_path):
        look_up = tfk.layers.StringLookup(vocabulary=["a", "b"])
        model = tfk.Sequential([tfk.Input((1,), dtype="string"), look_up])
        outer = tf.Module()
        outer.model = model
        for index, obj in enumerate([model, outer]):
            path = str(tmp_path / str(index))
            tf.saved_model.save(obj, path)
            loaded = tf.saved_model.load(path)
            found = getattr(loaded, "model", loaded).serve(tf.constant([["b"]]))
            np.testing.assert_array_equal(found, [[2]])


class ReusableTest:
    """What is saved is trained on by programs that do not know tfk."""

    @pytest.mark.parametrize("save", ["save", "export", "tensorflow"])
    def test_training_goes_on_as_it_would_have(self, tmp_path, save):
        layers = tfk.layers
        inputs = tfk.Input((4, 3), name="x")
        outputs = layers.Bidirectional(
            layers.LSTM(2, kernel_regularizer=tfk.regularizers.L2(0.3))
        )(inputs)
        outputs = layers.Dense(4, "swish", bias_regularizer="l1")(outputs)
        outputs = layers.BatchNormalization()(outputs)
        model = tfk.Model(inputs, layers.Dense(1)(outputs))
        path = str(tmp_path / "saved")
        if save == "save":
            model.save(path, save_format="tf")
        elif save == "export":
            model.export(path)
        else:
            tf.saved_model.save(model, path)
        loaded = tf.saved_model.load(path)
        assert len(loaded.variables) == len(model.weights)
        assert len(loaded.trainable_variables) == len(model.trainable_weights)
        x = np.random.default_rng(0).normal(size=(5, 4, 3)).astype("float32")
        for training in (False, True):
            if save == "export":
                ways = (loaded.serve, model)
            else:
                ways = (
                    lambda x: loaded(x, training=training),
                    lambda x: model(x, training=training),
                )
            for one, variables in zip(
                ways, (loaded.trainable_variables, model.trainable_variables)
            ):
                with tf.GradientTape() as tape:
                    loss = tf.reduce_sum(one(x) ** 2)
                gradients = tape.gradient(loss, variables)
                for variable, gradient in zip(variables, gradients):
                    variable.assign_sub(0.01 * gradient)
            for one, other in zip(loaded.variables, model.weights):
                np.testing.assert_allclose(one, other, 1e-4, 1e-6)
        if save != "export":
            found = [loss() for loss in loaded.regularization_losses]
            np.testing.assert_allclose(found, model.losses, 1e-5)

    def test_two_replicas_write_it_too(self, tmp_path):
        with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
            model = tfk.Sequential(
                [
                    tfk.Input((3,)),
                    tfk.layers.BatchNormalization(),
                    tfk.layers.Dropout(0.5),
                    tfk.layers.Dense(2, kernel_regularizer="l2"),
                ]
            )
        path = str(tmp_path / "saved")
        model.save(path, save_format="tf")
        loaded = tf.saved_model.load(path)
        x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
        np.testing.assert_allclose(loaded(x), model(x), 1e-5, 1e-6)
        assert loaded(x, training=True).shape == (5, 2)
        assert not np.allclose(loaded.variables[2], model.weights[2])
        (loss,) = loaded.regularization_losses
        np.testing.assert_allclose(loss(), model.losses[0], 1e-5)

    def test_a_model_that_can_not_be_traced_in_training_says_so(self, tmp_path):
        class PredictsOnly(tfk.Model):
            def call(self, inputs, training=False):
                if training:
                    raise NotImplementedError("only predicts")
                return inputs * 2.0

        model = PredictsOnly()
        model(np.ones((1, 3), "float32"))
        path = str(tmp_path / "saved")
        with pytest.warns(UserWarning, match="training=True.*only predicts"):
            model.save(path, save_format="tf")
        loaded = tf.saved_model.load(path)
        np.testing.assert_array_equal(loaded(tf.ones((2, 3))), [[2.0] * 3] * 2)

    def test_losses_that_no_graph_can_hold_are_left_out(self, tmp_path):
        model = tfk.Sequential(
            [
                tfk.Input((3,)),
                tfk.layers.Dense(
                    2,
                    kernel_regularizer=lambda w: float(np.sum(w.numpy())),
                    bias_regularizer=lambda b: None,
                    activity_regularizer=None,
                ),
                tfk.layers.Dense(1, kernel_regularizer="l2"),
            ]
        )
        path = str(tmp_path / "saved")
        with pytest.warns(UserWarning, match="not one of its losses"):
            tf.saved_model.save(model, path)
        loaded = tf.saved_model.load(path)
        found = [loss() for loss in loaded.regularization_losses]
        np.testing.assert_allclose(found, model.losses[-1:], 1e-5)
