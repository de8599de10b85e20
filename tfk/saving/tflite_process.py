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
"""Converts a SavedModel to TFLite: the program of a process of its own.

TensorFlow's converter may end the process on a graph that it did not expect,
without any Python error; the model that is to be exported must outlive that.

It takes a folder as its only argument, in which `GRAPH` is the SavedModel and
`OPTIONS` says how to convert it, and leaves `RESULT` there, or `ERROR`.
"""

import json
import os
import sys

import numpy as np
import tensorflow as tf

from tfk.saving import eight_bits

GRAPH = "graph"
OPTIONS = "options.json"
SAMPLES = "samples.npz"
RESULT = "model.tflite"
ERROR = "error.txt"


def convert(folder):
    """Returns the content of the file.

    Arguments:
        folder: String.
    """
    with open(os.path.join(folder, OPTIONS), encoding="utf-8") as file:
        options = json.load(file)
    converter = tf.lite.TFLiteConverter.from_saved_model(
        os.path.join(folder, GRAPH), signature_keys=[options["signature"]]
    )
    if options["optimizations"]:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if options["optimizations"] == "float16":
        converter.target_spec.supported_types = [tf.float16]
    samples = os.path.join(folder, SAMPLES)
    if os.path.exists(samples):
        converter.representative_dataset = lambda: _read(samples, options)
        return eight_bits.convert(converter)
    return converter.convert()


def _read(path, options):
    """Yields dicts of the names of inputs to arrays."""
    names = options["inputs"]
    with np.load(path, allow_pickle=False) as samples:
        for index in range(options["samples"]):
            yield {
                name: samples[f"{index}_{position}"]
                for position, name in enumerate(names)
            }


def main(folder):
    """Converts, and returns the exit status.

    Arguments:
        folder: String.
    """
    try:
        content = convert(folder)
    except Exception as error:
        path = os.path.join(folder, ERROR)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{type(error).__name__}: {error}")
        return 1
    with open(os.path.join(folder, RESULT), "wb") as file:
        file.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
