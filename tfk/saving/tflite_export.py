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
"""Models for LiteRT (TensorFlow Lite), on phones and small devices."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import tensorflow as tf

from tfk.saving import files
from tfk.saving import format_limits
from tfk.saving import new_axes
from tfk.saving import saved_model
from tfk.saving import saved_tables
from tfk.saving import servable
from tfk.saving import tflite_process
from tfk.saving import whole_precision
from tfk.utils import portable_graph

FORMAT = "tflite"
OPTIONS = frozenset({"optimizations", "representative_data"})

_OPTIMIZATIONS = (None, "float16", "int8")
_MOST_SAMPLES = 500
# Of what the converter prints, the part that an error repeats.
_LAST_CHARACTERS = 2000


def export(
    model,
    path,
    input_signature=None,
    optimizations=None,
    representative_data=None,
):
    """Writes a file for LiteRT.

    Its signature `serving_default` takes the inputs by their names, with any
    number of rows, and gives the outputs by theirs. Layers of a mixed policy
    compute in float32 there.

    Arguments:
        model: A model that was built.
        path: String: the file to make or to replace.
        input_signature: Structure of `tf.TypeSpec` of the inputs; by default
            what the model says.
        optimizations: None; `"float16"`, which halves the file; or `"int8"`,
            which stores weights in 8 bits and, given `representative_data`,
            computes in 8 bits, too. Inputs and outputs stay as they are.
        representative_data: Arrays as the model takes them, or an iterable of
            batches of them, such as a `tf.data.Dataset`: some hundred rows like
            those that the model will meet. From them the ranges of all values
            between the layers are learned.

    Raises:
        ValueError: If the format lacks an operation that a layer needs.
        RuntimeError: If TensorFlow's converter crashed.
    """
    _check_options(optimizations, representative_data)
    format_limits.check_size(model, FORMAT)
    with tempfile.TemporaryDirectory() as folder:
        graph = os.path.join(folder, tflite_process.GRAPH)
        with (
            portable_graph.scope(is_in_8_bits=representative_data is not None),
            whole_precision.computing_in_float32(model),
        ):
            saved_model.export(model, graph, input_signature)
        new_axes.split(graph)
        specs = input_signature
        if specs is None:
            specs = servable.input_specs(model)
        names = servable.input_names(model, specs)
        options = {
            "signature": saved_model.SIGNATURE,
            "optimizations": optimizations,
            "inputs": names,
        }
        if representative_data is not None:
            samples = _samples(
                representative_data, names, tf.nest.flatten(specs)
            )
            np.savez(os.path.join(folder, tflite_process.SAMPLES), **samples)
            options["samples"] = len(samples) // len(names)
        with open(os.path.join(folder, tflite_process.OPTIONS), "w") as file:
            json.dump(options, file)
        _convert(model, folder)
        with files.replacing(path) as temporary:
            shutil.copy(os.path.join(folder, tflite_process.RESULT), temporary)


def _check_options(optimizations, representative_data):
    if optimizations not in _OPTIMIZATIONS:
        raise ValueError(
            "`optimizations` says how a TFLite file stores numbers: "
            f"{', '.join(map(repr, _OPTIMIZATIONS))}. Received: "
            f"optimizations={optimizations!r}."
        )
    if representative_data is not None and optimizations != "int8":
        raise ValueError(
            "`representative_data` is what ranges for 8 bits are learned from. "
            f"Received: optimizations={optimizations!r}. Pass "
            "optimizations='int8', or leave the data out."
        )


# Representative data


def _samples(data, names, specs):
    """Returns a dict of `"{sample}_{input}"` to arrays."""
    for name, spec in zip(names, specs):
        if not isinstance(spec, tf.TensorSpec):
            raise ValueError(
                "Ranges for 8 bits are learned from dense inputs only. "
                f"Received: input '{name}', which is {spec}. Leave "
                "`representative_data` out."
            )
    samples = {}
    batches = itertools.islice(_batches(data, names), _MOST_SAMPLES)
    for index, batch in enumerate(batches):
        for position, (value, spec) in enumerate(zip(batch, specs)):
            value = np.asarray(value)
            if not spec.shape.is_compatible_with(value.shape):
                raise ValueError(
                    "`representative_data` is not what the model takes. "
                    f"Received: shape {value.shape} for {spec}."
                )
            dtype = spec.dtype.as_numpy_dtype
            samples[f"{index}_{position}"] = value.astype(dtype)
    if not samples:
        raise ValueError(
            "`representative_data` holds no row. Received: "
            f"representative_data={data!r}."
        )
    return samples


def _batches(data, names):
    """Yields lists of arrays, with one row each if all are in memory."""
    if isinstance(data, (np.ndarray, tf.Tensor, list, tuple, dict)):
        flat = [np.asarray(value) for value in _flat(data, names)]
        for row in range(min(len(value) for value in flat)):
            yield [value[row : row + 1] for value in flat]
        return
    for batch in data:
        # As in `fit`: inputs, targets and weights.
        yield _flat(batch[0] if isinstance(batch, tuple) else batch, names)


def _flat(batch, names):
    """Returns the arrays of a batch in the order of the inputs."""
    if isinstance(batch, dict) and set(names) <= set(batch):
        return [batch[name] for name in names]
    flat = tf.nest.flatten(batch)
    if len(flat) != len(names):
        raise ValueError(
            "`representative_data` must be what the model takes, without "
            f"targets. Received: {len(flat)} arrays for {len(names)} inputs: "
            f"{names}."
        )
    return flat


# The converter


def _convert(model, folder):
    """Runs the converter, and raises what it says."""
    status, output = _run(folder)
    if status == 0:
        return
    error = os.path.join(folder, tflite_process.ERROR)
    if not os.path.exists(error):
        raise RuntimeError(
            f"TensorFlow's converter crashed on model '{model.name}'. Received:"
            f" exit status {status}. The model is unharmed; export its parts "
            "to see which layer it is. The converter's last words: "
            f"{output[-_LAST_CHARACTERS:]}"
        )
    with open(error, encoding="utf-8") as file:
        message = file.read()
    raise _error(model, folder, message)


def _run(folder):
    """Runs the converter in another process.

    Returns:
        The exit status, and what was printed.
    """
    environment = {
        **os.environ,
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    process = subprocess.run(
        [sys.executable, "-P", tflite_process.__file__, folder],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        errors="replace",
    )
    return process.returncode, process.stdout


def _error(model, folder, message):
    """Returns what to raise for a message of the converter."""
    operations = set(re.findall(r"'tf\.(\w+)' op", message))
    if not operations:
        return RuntimeError(
            f"Model '{model.name}' could not be converted to TFLite. The "
            f"converter says: {message[-_LAST_CHARACTERS:]}"
        )
    names = re.findall(r'"([^"@]+)@?[^"]*"', message)
    if "HashTableV2" in operations:
        names += _lookups(os.path.join(folder, tflite_process.GRAPH))
    return format_limits.unsupported(model, FORMAT, operations, names)


def _lookups(path):
    """Returns the names of lookups in tables that TFLite does not know.

    A table has no scope of its own. TFLite's go from strings to integers or
    back.
    """
    graph = saved_tables.read_graph(path).meta_graphs[0].graph_def
    return [
        node.name
        for function in graph.library.function
        for node in function.node_def
        if node.op == "LookupTableFindV2"
        and node.attr["Tin"].type == node.attr["Tout"].type
    ]
