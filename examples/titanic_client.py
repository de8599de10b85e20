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
"""Predicts from raw columns with exported models: TensorFlow, and no tfk.

`titanic.py` and `movie_reviews.py` start it, with the paths of two JSON files:
the request that they wrote, and the answer that they wait for.
"""

import json
import pathlib
import sys

import numpy as np
import tensorflow as tf


def predict(directory, columns):
    """Runs the default signature of a SavedModel.

    Arguments:
        directory: String: path of the SavedModel.
        columns: Dict of names to lists of rows.

    Returns:
        The predictions, as nested lists.
    """
    loaded = tf.saved_model.load(directory)
    serve = loaded.signatures["serving_default"]
    tensors = {name: to_tensor(rows) for name, rows in columns.items()}
    (predictions,) = serve(**tensors).values()
    return predictions.numpy().tolist()


def to_tensor(rows):
    """Makes a tensor of raw values: strings, 64-bit integers or floats."""
    array = np.array(rows)
    return tf.constant(array, tf.float32 if array.dtype.kind == "f" else None)


def main():
    """Reads the request, predicts, and writes the answer."""
    request_path, answer_path = map(pathlib.Path, sys.argv[1:])
    request = json.loads(request_path.read_text())
    answer = {
        name: predict(directory, request["columns"])
        for name, directory in request["exports"].items()
    }
    if "tfk" in sys.modules:
        sys.exit("FAILED: this process was to do without tfk")
    answer_path.write_text(json.dumps(answer))
    print(f"predicted with {list(answer)}, TensorFlow {tf.__version__}, no tfk")


if __name__ == "__main__":
    main()
