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
"""What tfk writes, served as TensorFlow Serving does it, without tfk.

One process loads the SavedModels of all tests: by their signatures alone, in a
session, with requests as protocol buffers and the command line's tool.
"""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf

import tfk

_SERVER = """
import contextlib, importlib.util, io, json, sys
for name in ("tfk", "keras", "tf_keras"):
    sys.modules[name] = None
import numpy as np
import tensorflow as tf
from tensorflow.python.tools import saved_model_cli

folder = sys.argv[1]
HAS_PROTOS = importlib.util.find_spec("tensorflow_serving") is not None


class Server:
    '''Loads a model by what serving looks at: signatures, tags, a session.'''

    def __init__(self, name):
        self.session = tf.compat.v1.Session(graph=tf.Graph())
        with self.session.graph.as_default():
            meta = tf.compat.v1.saved_model.load(
                self.session, ["serve"], f"{folder}/{name}"
            )
        self.signatures = meta.signature_def

    def run(self, signature, inputs):
        found = self.signatures[signature]
        assert set(inputs) == set(found.inputs), (inputs, found.inputs)
        outputs = {key: info.name for key, info in found.outputs.items()}
        feed = {found.inputs[k].name: v for k, v in inputs.items()}
        return self.session.run(outputs, feed)

    def predict(self, signature, inputs):
        if not HAS_PROTOS:
            return self.run(signature, inputs)
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest()
        request.model_spec.signature_name = signature
        for key, value in inputs.items():
            request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
        # What comes over the wire.
        request = predict_pb2.PredictRequest.FromString(
            request.SerializeToString()
        )
        arrays = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        response = predict_pb2.PredictResponse()
        found = self.run(request.model_spec.signature_name, arrays)
        for key, value in found.items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return {k: tf.make_ndarray(v) for k, v in response.outputs.items()}

    def classify(self, signature, examples):
        if HAS_PROTOS:
            from tensorflow_serving.apis import classification_pb2

            request = classification_pb2.ClassificationRequest()
            request.input.example_list.examples.extend(examples)
            examples = request.input.example_list.examples
        assert (
            self.signatures[signature].method_name
            == "tensorflow/serving/classify"
        )
        texts = [example.SerializeToString() for example in examples]
        return self.run(signature, {"inputs": np.array(texts, object)})


def command_line(*arguments):
    sys.argv = ["saved_model_cli", *arguments]
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        with contextlib.suppress(SystemExit):
            saved_model_cli.main()
    return shown.getvalue()


def show(values):
    return {
        key: np.array(value).astype(str).tolist()
        if np.array(value).dtype.kind in "OSU" else np.array(value).tolist()
        for key, value in values.items()
    }


report = {"has_protos": HAS_PROTOS}
columns = {
    "class": np.array([["a"], ["b"], ["zzz"]], object),
    "body mass": np.array([[1.0], [3.0], [5.0]], np.float32),
}
server = Server("columns")
report["columns"] = show(server.predict("serving_default", columns))
rows = {key: value[:1] for key, value in columns.items()}
report["one row"] = show(server.predict("serving_default", rows))
review = {"review": np.array(["good film", "bad"], object)}
server = Server("text")
report["text"] = show(server.predict("serving_default", review))
report["best"] = show(server.predict("best", review))
example = tf.train.Example()
example.features.feature["review"].bytes_list.value.append(b"good film")
report["classify"] = show(server.classify("classify", [example]))
server = Server("sequences")
for length in (3, 8):
    x = np.ones((2, length, 2), np.float32)
    found = server.predict("serving_default", {"x": x})
    report[f"length {length}"] = show(found)
report["shown"] = command_line(
    "show", "--dir", f"{folder}/columns", "--tag_set", "serve",
    "--signature_def", "serving_default",
)
np.savez(f"{folder}/x.npz", x=np.ones((1, 4, 2), np.float32))
report["run"] = command_line(
    "run", "--dir", f"{folder}/sequences", "--tag_set", "serve",
    "--signature_def", "serving_default",
    "--inputs", f"x={folder}/x.npz[x]", "--outdir", folder, "--overwrite",
)
report["run_output"] = np.load(f"{folder}/y.npy").tolist()
with open(f"{folder}/report.json", "w") as file:
    json.dump(report, file)
"""


def _columns():
    text = tfk.Input((1,), dtype="string", name="class")
    number = tfk.Input((1,), name="body mass")
    look_up = tfk.layers.StringLookup(
        vocabulary=["a", "b"], output_mode="one_hot"
    )
    normal = tfk.layers.Normalization()
    normal.adapt(np.array([[1.0], [3.0]]))
    x = tfk.layers.Concatenate()([look_up(text), normal(number)])
    score = tfk.layers.Dense(1)(x)
    return tfk.Model(
        {"class": text, "body mass": number}, {"score": score, "size": x}
    )


def _text():
    review = tfk.Input((), dtype="string", name="review")
    vectorize = tfk.layers.TextVectorization(output_sequence_length=4)
    vectorize.adapt(["good film", "bad film"])
    x = tfk.layers.Embedding(vectorize.vocabulary_size(), 3)(vectorize(review))
    x = tfk.layers.GlobalAveragePooling1D()(x)
    x = tfk.layers.Dense(3, "softmax", name="probability")(x)
    return tfk.Model(review, x)


def _sequences():
    x = tfk.Input((None, 2), name="x")
    y = tfk.layers.LSTM(3, return_sequences=True)(x)
    y = tfk.layers.MultiHeadAttention(2, 2)(y, y)
    y = tfk.layers.GRU(2, name="y")(y)
    return tfk.Model(x, y)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The models, and what the server answered."""
    folder = tmp_path_factory.mktemp("served")
    models = {
        "columns": _columns(),
        "text": _text(),
        "sequences": _sequences(),
    }
    models["columns"].export(folder / "columns")
    models["sequences"].save(folder / "sequences")
    labels = ["bad", "good", "neither"]
    archive = tfk.export.ExportArchive()
    archive.add_endpoint("serve", models["text"])
    archive.add_classify_endpoint("best", models["text"], labels, top_k=1)
    archive.add_classify_endpoint(
        "classify", models["text"], labels, from_examples=True
    )
    archive.write_out(folder / "text")
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_SERVER), str(folder)],
        check=True,
        cwd=folder,
    )
    report = json.loads((folder / "report.json").read_text())
    return models, report


class ServingTest:
    def test_columns_are_taken_and_given_by_name(self, served):
        models, report = served
        columns = {
            "class": tf.constant([["a"], ["b"], ["zzz"]]),
            "body mass": tf.constant([[1.0], [3.0], [5.0]]),
        }
        expected = models["columns"].predict(columns, verbose=0)
        assert set(report["columns"]) == {"score", "size"}
        for name, value in expected.items():
            np.testing.assert_allclose(report["columns"][name], value, 1e-5)
            np.testing.assert_allclose(
                report["one row"][name], value[:1], 1e-5, 1e-6
            )

    def test_raw_strings_are_taken(self, served):
        models, report = served
        texts = tf.constant(["good film", "bad"])
        expected = models["text"].predict(texts, verbose=0)
        np.testing.assert_allclose(
            report["text"]["probability"], expected, 1e-5
        )

    def test_the_best_label_comes_with_its_score(self, served):
        models, report = served
        texts = tf.constant(["good film", "bad"])
        expected = models["text"].predict(texts, verbose=0)
        labels = np.array(["bad", "good", "neither"])
        best = labels[np.argmax(expected, -1)][:, np.newaxis]
        np.testing.assert_array_equal(_text_of(report["best"]), best)
        order = np.argsort(-expected[:1], -1)
        np.testing.assert_array_equal(
            _text_of(report["classify"]), labels[order]
        )

    def test_batches_and_sequences_are_of_any_length(self, served):
        models, report = served
        for length in (3, 8):
            x = tf.ones((2, length, 2))
            np.testing.assert_allclose(
                report[f"length {length}"]["y"], models["sequences"](x), 1e-4
            )

    def test_the_command_line_shows_and_runs(self, served):
        models, report = served
        for name in ("inputs['body mass']", "inputs['class']", "DT_STRING"):
            assert name in report["shown"]
        assert "outputs['score']" in report["shown"]
        np.testing.assert_allclose(
            report["run_output"], models["sequences"](tf.ones((1, 4, 2))), 1e-4
        )

    def test_requests_went_through_protocol_buffers(self, served):
        _, report = served
        if not report["has_protos"]:
            pytest.skip("tensorflow-serving-api is not installed")


def _text_of(report):
    return np.char.replace(
        np.char.replace(report["classes"], "b'", ""), "'", ""
    )
