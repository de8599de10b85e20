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
"""Is a film review kind? From raw text to predictions without tfk.

The model takes the sentences as they stand in the files: it holds the splitting
into words and pairs of words, and its vocabulary. `fit` runs that part in the
input pipeline. The model is tested on sentences that were held out, saved,
loaded, and exported; at last another process, which has TensorFlow but not
tfk, judges raw sentences.

    python examples/movie_reviews.py --epochs 4
"""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy as np

import tfk as keras
from tfk import layers

HERE = pathlib.Path(__file__).resolve().parent
SEED = 2005

SENTENCES = [
    "a warm , funny and beautifully acted film",
    "dull , predictable and far too long",
]


def read_reviews(folder=HERE / "data" / "movie_reviews"):
    """Reads the sentences, and whether each is kind (1) or not (0)."""
    texts, labels = [], []
    for label, name in enumerate(("rt-polarity.neg", "rt-polarity.pos")):
        text = (folder / name).read_text(encoding="windows-1252")
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        texts += lines
        labels += [label] * len(lines)
    return np.array(texts, object), np.array(labels, "float32")


def hold_out(texts, labels):
    """Holds out a fifth; returns both parts, each `(texts, labels)`."""
    order = np.random.default_rng(SEED).permutation(len(texts))
    test, train = np.split(order, [len(order) // 5])
    return (texts[train], labels[train]), (texts[test], labels[test])


def make_model(texts, **compile_arguments):
    """Makes a model that takes raw text, with the vocabulary of some texts."""
    vectorization = layers.TextVectorization(
        max_tokens=20_000, ngrams=2, output_sequence_length=80
    )
    vectorization.adapt(texts)
    inputs = keras.Input(shape=(1,), dtype="string", name="review")
    x = vectorization(inputs)
    # The number of words is that of the layer before.
    x = layers.Embedding(output_dim=16, mask_zero=True)(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(0.3)(x)
    outputs = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs, name="reviews")
    model.compile(
        keras.optimizers.Adam(0.005),
        loss="binary_crossentropy",
        metrics=["accuracy"],
        **compile_arguments,
    )
    return model


def check(is_right, what):
    """Says that something holds, or ends the program."""
    if not is_right:
        raise SystemExit(f"FAILED: {what}")
    print(f"ok: {what}")


def predict_elsewhere(export, sentences, directory):
    """Judges sentences with an exported model, in a process without tfk.

    Arguments:
        export: Path of a SavedModel.
        sentences: List of strings.
        directory: Path where the files for the other process are written.
    """
    request, answer = directory / "request.json", directory / "answer.json"
    columns = {"review": [[sentence] for sentence in sentences]}
    exports = {"reviews": str(export)}
    request.write_text(json.dumps({"columns": columns, "exports": exports}))
    client = HERE / "titanic_client.py"
    subprocess.run([sys.executable, client, request, answer], check=True)
    return np.array(json.loads(answer.read_text())["reviews"])


def run(epochs, directory):
    """Runs the whole job.

    Arguments:
        epochs: Integer: epochs to train.
        directory: Path: where models are written.

    Returns:
        The loss and accuracy on the sentences that were held out.
    """
    directory.mkdir(parents=True, exist_ok=True)
    train, test = hold_out(*read_reviews())
    print(f"{len(train[1])} sentences to learn from, {len(test[1])} held out")
    keras.utils.set_random_seed(SEED)
    model = make_model(train[0])
    model.summary()
    model.fit(*train, batch_size=64, epochs=epochs)
    result = model.evaluate(*test, verbose=0, return_dict=True)

    path = directory / "reviews.keras"
    model.save(path)
    loaded = keras.models.load_model(path)
    sentences = np.array(SENTENCES, object)
    expected = model.predict(sentences, verbose=0)
    check(
        np.array_equal(loaded.predict(sentences, verbose=0), expected),
        f"{path.name}, loaded again, predicts the same",
    )
    model.export(directory / "reviews")
    print("\n--- a process with TensorFlow and without tfk ---", flush=True)
    served = predict_elsewhere(directory / "reviews", SENTENCES, directory)
    for sentence, (score,) in zip(SENTENCES, served):
        print(f"{score:.2f}  {sentence}")
    check(np.allclose(served, expected, atol=1e-6), "it predicts the same, too")
    print(f"\nheld-out accuracy {result['accuracy']:.3f}")
    return result


def main():
    """Reads the command line and runs the job."""
    parser = argparse.ArgumentParser(
        description="Trains, saves and serves a model of film reviews."
    )
    parser.add_argument(
        "--epochs", type=int, default=4, help="epochs to train the model"
    )
    parser.add_argument(
        "--output",
        type=pathlib.Path,
        default=HERE / "output" / "movie_reviews",
        help="directory for the model",
    )
    arguments = parser.parse_args()
    run(arguments.epochs, arguments.output)


if __name__ == "__main__":
    main()
