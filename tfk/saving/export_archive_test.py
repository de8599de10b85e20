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
"""Tests of SavedModels with endpoints of the user's choice."""

import numpy as np
import pytest
import tensorflow as tf

import tfk


def _classifier(names=("x",)):
    inputs = [tfk.Input((3,), name=name) for name in names]
    x = inputs[0] if len(inputs) == 1 else tfk.layers.Add()(inputs)
    x = tfk.layers.Dense(4)(x)
    return tfk.Model(inputs, tfk.layers.Softmax(name="scores")(x))


def _written(archive, tmp_path):
    path = str(tmp_path / "archive")
    archive.write_out(path)
    return tf.saved_model.load(path)


class ExportArchiveTest:
    def test_several_endpoints_are_served(self, tmp_path):
        model = _classifier(("first column", "x"))
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)

        @tf.function(input_signature=[tf.TensorSpec((None, 3), name="only")])
        def squared(x):
            return {"squared": x**2}

        @tf.function
        def doubled(x):
            return 2 * x

        doubled(tf.ones((1, 3)))
        archive = tfk.export.ExportArchive()
        archive.add_endpoint("serve", model)
        archive.add_endpoint("squared", squared)
        archive.add_endpoint("doubled", doubled)
        archive.add_endpoint(
            "both",
            lambda columns, scale: (columns["a"] * scale, columns["b"]),
            input_signature=[
                {"a": tf.TensorSpec((None,)), "b": tf.TensorSpec((None,))},
                tf.TensorSpec(()),
            ],
        )
        archive.track_and_add_endpoint(
            "trained", model.layers[-2], [tfk.Input((3,), name="z")]
        )
        archive.add_variable_collection(
            "optimizer_variables", model.optimizer.variables
        )
        loaded = _written(archive, tmp_path)
        names = {"serve", "squared", "doubled", "both", "trained"}
        assert set(loaded.signatures) == {*names, "serving_default"}
        x = np.float32([[1, 2, 3]])
        columns = {"first column": tf.constant(x), "x": tf.constant(x)}
        expected = model.predict(columns, verbose=0)
        for name in ("serve", "serving_default"):
            (found,) = loaded.signatures[name](**columns).items()
            assert found[0] == "scores"
            np.testing.assert_allclose(found[1], expected, 1e-5)
        np.testing.assert_allclose(loaded.serve(columns), expected, 1e-5)
        only = loaded.signatures["squared"](only=tf.constant(x))
        np.testing.assert_allclose(only["squared"], x**2)
        np.testing.assert_allclose(loaded.doubled(tf.constant(x)), 2 * x)
        two = loaded.signatures["both"](
            a=tf.ones(3), b=tf.zeros(3), scale=tf.constant(4.0)
        )
        np.testing.assert_array_equal(two["output_0"], 4 * np.ones(3))
        np.testing.assert_array_equal(two["output_1"], np.zeros(3))
        z = loaded.signatures["trained"](z=tf.constant(x))["output_0"]
        np.testing.assert_allclose(z, model.layers[-2](x), 1e-6)
        assert len(loaded.optimizer_variables) == len(model.optimizer.variables)
        assert len(loaded.trainable_variables) == 2
        layer = tfk.layers.TFSMLayer(
            str(tmp_path / "archive"), call_endpoint="serve"
        )
        np.testing.assert_allclose(layer(columns), expected, 1e-5)

    def test_classes_come_with_labels_and_scores(self, tmp_path):
        model = _classifier(("size", "x"))
        archive = tfk.export.ExportArchive()
        labels = ["ant", "bee", "cat", "dog"]
        archive.add_classify_endpoint("predict", model, labels, top_k=2)
        archive.add_classify_endpoint("all", model)
        archive.add_classify_endpoint(
            "classify", model, labels, from_examples=True
        )
        loaded = _written(archive, tmp_path)
        x = {"size": np.ones((2, 3), "float32"), "x": np.eye(2, 3) * 9}
        x = {key: tf.constant(value, tf.float32) for key, value in x.items()}
        scores = model.predict(x, verbose=0)
        order = np.argsort(-scores, axis=-1)
        found = loaded.signatures["predict"](**x)
        assert set(found) == {"classes", "scores"}
        expected = np.array(labels, "S")[order[:, :2]]
        np.testing.assert_array_equal(found["classes"], expected)
        np.testing.assert_allclose(
            found["scores"], np.sort(scores)[:, :-3:-1], 1e-5
        )
        found = loaded.signatures["all"](**x)["classes"]
        np.testing.assert_array_equal(found.numpy().astype(int), order)
        examples = [
            tf.train.Example(
                features=tf.train.Features(
                    feature={
                        key: tf.train.Feature(
                            float_list=tf.train.FloatList(value=value[row])
                        )
                        for key, value in x.items()
                    }
                )
            ).SerializeToString()
            for row in range(2)
        ]
        found = loaded.signatures["classify"](inputs=tf.constant(examples))
        np.testing.assert_array_equal(
            found["classes"], np.array(labels, "S")[order]
        )

    def test_scores_have_32_bits(self, tmp_path):
        """TensorFlow Serving answers requests to classify with no others."""
        x = tfk.Input((3,), name="x", dtype="float16")
        y = tfk.layers.Dense(2, dtype="float16")(x)
        archive = tfk.export.ExportArchive()
        archive.add_classify_endpoint("classify", tfk.Model(x, y))
        loaded = _written(archive, tmp_path)
        found = loaded.signatures["classify"](x=tf.ones((1, 3), tf.float16))
        assert found["scores"].dtype == tf.float32

    def test_examples_hold_sparse_columns_and_words(self, tmp_path):
        words = tfk.Input((None,), dtype="string", ragged=True, name="words")
        count = tfk.Input((1,), dtype="int32", name="count")
        look_up = tfk.layers.StringLookup(
            vocabulary=["a", "b"], output_mode="count"
        )
        x = look_up(words) + tf.cast(count, tf.float32)
        model = tfk.Model([words, count], x)
        archive = tfk.export.ExportArchive()
        archive.add_classify_endpoint("classify", model, from_examples=True)
        loaded = _written(archive, tmp_path)
        example = tf.train.Example()
        feature = example.features.feature
        feature["words"].bytes_list.value.extend([b"b", b"b", b"z"])
        feature["count"].int64_list.value.append(5)
        found = loaded.classify(tf.constant([example.SerializeToString()]))
        np.testing.assert_array_equal(found["scores"], [[7, 6, 5]])

    def test_bad_arguments_are_told(self, tmp_path):
        archive = tfk.export.ExportArchive()
        model = _classifier()
        with pytest.raises(ValueError, match="nothing to export"):
            archive.write_out(str(tmp_path / "a"))
        with pytest.raises(ValueError, match="resource=3"):
            archive.track(3)
        with pytest.raises(ValueError, match="'d'.*no weights yet"):
            archive.track(tfk.layers.Dense(1, name="d"))
        with pytest.raises(ValueError, match="name='two words'"):
            archive.add_endpoint("two words", model)
        archive.add_endpoint("serve", model)
        with pytest.raises(ValueError, match="Taken are.*'serve'"):
            archive.add_endpoint("serve", model)
        with pytest.raises(ValueError, match="input_signature"):
            archive.add_endpoint("f", lambda x: x)
        with pytest.raises(ValueError, match="Received: 'x' in it"):
            archive.add_endpoint("f", lambda x: x, ["x"])
        with pytest.raises(ValueError, match="names of their own"):
            spec = tf.TensorSpec((), name="x")
            archive.add_endpoint("f", lambda a, b: a, [spec, spec])
        with pytest.raises(ValueError, match="fn=3"):
            archive.add_endpoint("f", 3, [])
        with pytest.raises(ValueError, match="list of variables"):
            archive.add_variable_collection("v", [1])
        with pytest.raises(ValueError, match="need a label each.*3 labels"):
            archive.add_classify_endpoint("f", model, list("abc"))
        with pytest.raises(ValueError, match="top_k=5"):
            archive.add_classify_endpoint("f", model, list("abcd"), 5)
        archive = tfk.export.ExportArchive()
        hidden = _classifier()
        archive.add_endpoint(
            "serve", lambda x: hidden(x), [tf.TensorSpec((None, 3))]
        )
        with pytest.raises(ValueError, match="archive.track"):
            archive.write_out(str(tmp_path / "a"))
        archive.track(hidden)
        archive.write_out(str(tmp_path / "a"))
