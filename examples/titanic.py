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
"""Who survived the Titanic: from raw columns to predictions without tfk.

Workflow 2 of the RFC "Keras categorical inputs" on the real table: strings,
integers and numbers go into the model as they stand in the file, and the model
holds their preprocessing. A linear model and a wide-and-deep one are trained,
tested on passengers that were held out, saved, loaded, and exported; at last
another process, which has TensorFlow but not tfk, predicts from raw columns.

    python examples/titanic.py --epochs 20
"""

import argparse
import csv
import dataclasses
import json
import pathlib
import subprocess
import sys

import numpy as np
import tensorflow as tf

import tfk as keras
from tfk import layers

HERE = pathlib.Path(__file__).resolve().parent
SEED = 1912

STRINGS = ("sex", "class", "deck", "embark_town", "alone")
INTEGERS = ("sibsp", "parch")
NUMBERS = ("age", "fare")


# The data


def read_passengers(path=HERE / "data" / "titanic.csv"):
    """Reads the table: a dict of raw columns, and who survived."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def column(key, convert):
        return np.array([[convert(row[key])] for row in rows])

    columns = {key: column(key, lambda x: x or "unknown") for key in STRINGS}
    columns |= {key: column(key, int) for key in INTEGERS}
    columns |= {
        key: column(key, lambda x: float(x or "nan")) for key in NUMBERS
    }
    return columns, column("survived", int)


def hold_out(columns, survived):
    """Holds out a fifth of those who survived, and a fifth of the others.

    Returns:
        The training part and the held-out part, each `(columns, survived)`.
    """
    generator = np.random.default_rng(SEED)
    is_held_out = np.zeros(len(survived), bool)
    for outcome in (0, 1):
        rows = generator.permutation(np.flatnonzero(survived == outcome))
        is_held_out[rows[: len(rows) // 5]] = True
    train, test = (
        ({key: x[part] for key, x in columns.items()}, survived[part])
        for part in (~is_held_out, is_held_out)
    )
    median_age = np.nanmedian(train[0]["age"])
    for x, _ in (train, test):
        x["age"] = np.where(np.isnan(x["age"]), median_age, x["age"])
    return train, test


# The preprocessing, which is part of the models


@dataclasses.dataclass
class Features:
    """Symbolic tensors that the models start from.

    Attributes:
        inputs: Dict of the raw columns.
        numbers: List of normalised numbers.
        categories: Dict of columns to category indices and their number.
        crossed: The sparse encoding of age x sex.
    """

    inputs: dict
    numbers: list
    categories: dict
    crossed: object


def preprocess(train):
    """Makes the preprocessing layers, adapted to the training part."""
    dtypes = (
        dict.fromkeys(STRINGS, tf.string)
        | dict.fromkeys(INTEGERS, tf.int64)
        | dict.fromkeys(NUMBERS, tf.float32)
    )
    inputs = {
        key: keras.Input(shape=(1,), dtype=dtype, name=key)
        for key, dtype in dtypes.items()
    }
    numbers = []
    for key in NUMBERS:
        normalization = layers.Normalization(name=f"normalize_{key}")
        normalization.adapt(train[key])
        numbers.append(normalization(inputs[key]))
    categories = {}
    for key in STRINGS + INTEGERS:
        kind = layers.StringLookup if key in STRINGS else layers.IntegerLookup
        lookup = kind(name=f"lookup_{key}")
        lookup.adapt(train[key])
        categories[key] = (lookup(inputs[key]), lookup.vocabulary_size())
    return Features(inputs, numbers, categories, cross_age_and_sex(inputs))


def cross_age_and_sex(inputs, num_bins=100):
    """Encodes the pairs of a decade of age and a sex."""
    decade = tf.cast(inputs["age"] // 10, tf.int64)
    pair = layers.CategoryCrossing(name="cross_age_x_sex")(
        [decade, inputs["sex"]]
    )
    bin_index = layers.Hashing(num_bins, name="hash_age_x_sex")(pair)
    return encode(bin_index, num_bins, "age_x_sex")


def encode(indices, num_categories, key):
    """Encodes category indices as sparse vectors of counts."""
    encoding = layers.CategoryEncoding(
        num_categories, output_mode="count", sparse=True, name=f"encode_{key}"
    )
    return encoding(indices)


def wide_features(features):
    """Returns what a linear model takes: numbers and sparse encodings."""
    encoded = [
        encode(indices, size, key)
        for key, (indices, size) in features.categories.items()
    ]
    return [*features.numbers, *encoded, features.crossed]


def deep_features(features):
    """Returns what dense layers take: numbers and embeddings, joined."""
    embedded = [
        layers.Embedding(size, 4, name=f"embed_{key}")(indices)
        for key, (indices, size) in features.categories.items()
    ]
    vectors = [layers.Flatten()(vector) for vector in embedded]
    return layers.Concatenate()([*features.numbers, *vectors])


# The models


def make_linear(features, **compile_arguments):
    """Makes the linear model."""
    linear = keras.experimental.LinearModel(activation="sigmoid")
    model = keras.Model(
        features.inputs, linear(wide_features(features)), name="linear"
    )
    return compiled(model, keras.optimizers.Ftrl(0.1), **compile_arguments)


def make_wide_deep(features, **compile_arguments):
    """Makes the wide-and-deep model."""
    deep = keras.Sequential(
        [
            layers.Dense(32, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1),
        ],
        name="deep",
    )
    wide_deep = keras.experimental.WideDeepModel(
        keras.experimental.LinearModel(), deep, activation="sigmoid"
    )
    outputs = wide_deep([wide_features(features), deep_features(features)])
    model = keras.Model(features.inputs, outputs, name="wide_deep")
    return compiled(model, keras.optimizers.Adam(0.003), **compile_arguments)


def compiled(model, optimizer, **compile_arguments):
    """Compiles a model for a yes-or-no question, and returns it."""
    model.compile(
        optimizer,
        loss="binary_crossentropy",
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
        **compile_arguments,
    )
    return model


MODELS = {"linear": make_linear, "wide_deep": make_wide_deep}


# What is shown and checked


def check(is_right, what):
    """Says that something holds, or ends the program."""
    if not is_right:
        raise SystemExit(f"FAILED: {what}")
    print(f"ok: {what}")


def compare_lifting(make_model, features, train, lifted_losses):
    """Checks that preprocessing in the input pipeline changes no loss.

    Arguments:
        make_model: Function that makes the model.
        features: `Features`.
        train: The training part.
        lifted_losses: The losses of the first epochs of a `fit` that ran the
            preprocessing in the input pipeline, as `fit` does by default.
    """
    keras.utils.set_random_seed(SEED)
    model = make_model(features, lift_preprocessing=False)
    history = model.fit(*train, epochs=len(lifted_losses), verbose=0)
    losses = history.history["loss"]
    print(f"losses with lifted preprocessing:    {lifted_losses}")
    print(f"losses with preprocessing in steps:  {losses}")
    check(
        np.allclose(losses, lifted_losses, rtol=1e-6, atol=0),
        f"{model.name}: lifted and unlifted losses are equal",
    )


def save_and_load(model, x, path):
    """Checks that a saved model predicts as before."""
    model.save(path)
    loaded = keras.models.load_model(path)
    check(
        np.array_equal(
            loaded.predict(x, verbose=0), model.predict(x, verbose=0)
        ),
        f"{model.name}: {path.name}, loaded again, predicts the same",
    )


def predict_elsewhere(exports, x, directory):
    """Predicts with exported models in a process without tfk.

    Arguments:
        exports: Dict of names to the directories of SavedModels.
        x: Dict of raw columns.
        directory: Where the files for the other process are written.

    Returns:
        A dict of the names to arrays of predictions.
    """
    request, answer = directory / "request.json", directory / "answer.json"
    columns = {key: column.tolist() for key, column in x.items()}
    exports = {name: str(path) for name, path in exports.items()}
    request.write_text(json.dumps({"columns": columns, "exports": exports}))
    client = HERE / "titanic_client.py"
    subprocess.run([sys.executable, client, request, answer], check=True)
    answers = json.loads(answer.read_text())
    return {name: np.array(answers[name]) for name in exports}


def run(epochs, directory):
    """Runs the whole job.

    Arguments:
        epochs: Integer: epochs to train each model.
        directory: Path: where models are written.

    Returns:
        A dict of the models' names to their held-out metrics.
    """
    directory.mkdir(parents=True, exist_ok=True)
    train, test = hold_out(*read_passengers())
    print(f"{len(train[1])} passengers to learn from, {len(test[1])} held out")
    features = preprocess(train[0])

    results, predictions, exports = {}, {}, {}
    for name, make_model in MODELS.items():
        print(f"\n--- {name} ---")
        keras.utils.set_random_seed(SEED)
        model = make_model(features)
        model.summary()
        history = model.fit(*train, epochs=epochs)
        results[name] = model.evaluate(*test, verbose=0, return_dict=True)
        predictions[name] = model.predict(test[0], verbose=0)
        compare_lifting(
            make_model, features, train, history.history["loss"][:2]
        )
        save_and_load(model, test[0], directory / f"{name}.keras")
        exports[name] = directory / name
        model.export(exports[name])

    print("\n--- a process with TensorFlow and without tfk ---", flush=True)
    served = predict_elsewhere(exports, test[0], directory)
    for name, expected in predictions.items():
        difference = np.max(np.abs(served[name] - expected))
        check(
            difference <= 1e-6,
            f"{name}: predictions differ by {difference:.1g}, at most 1e-6",
        )

    print(f"\n--- on {len(test[1])} passengers that were held out ---")
    for name, logs in results.items():
        print(f"{name:10} accuracy {logs['accuracy']:.3f}", end="  ")
        print(f"AUC {logs['auc']:.3f}")
    return results


def main():
    """Reads the command line and runs the job."""
    parser = argparse.ArgumentParser(
        description="Trains, saves and serves models of Titanic passengers."
    )
    parser.add_argument(
        "--epochs", type=int, default=20, help="epochs to train each model"
    )
    parser.add_argument(
        "--output",
        type=pathlib.Path,
        default=HERE / "output" / "titanic",
        help="directory for the models",
    )
    arguments = parser.parse_args()
    run(arguments.epochs, arguments.output)


if __name__ == "__main__":
    main()
