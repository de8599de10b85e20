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
"""The table that `model.summary()` prints."""

import shutil

import numpy as np
import tensorflow as tf


def summary(
    model,
    line_length=None,
    positions=None,
    print_fn=None,
    expand_nested=False,
    show_trainable=False,
    layer_range=None,
):
    """Prints a table of a model's layers; see `Model.summary`."""
    if not model.built:
        raise ValueError(
            f"Model '{model.name}' is not built, so its shapes and weights "
            "are not known. Call it on data, `fit` it or call "
            "`model.build(input_shape)` first."
        )
    print_fn = print_fn or print
    branches = not _is_chain(model)
    titles = ["Layer (type)", "Output Shape", "Param #"]
    default = [0.45, 0.85, 1.0]
    width = line_length or 65
    if branches:
        titles.append("Connected to")
        default = [0.33, 0.55, 0.67, 1.0]
        width = line_length or 98
    if show_trainable:
        titles.append("Trainable")
        default = [x * 0.88 for x in default] + [1.0]
        width = width if line_length else width + 10
    width = min(width, max(60, shutil.get_terminal_size((120, 24)).columns))
    positions = list(positions or default)
    if positions[-1] <= 1:
        positions = [int(width * p) for p in positions]
    print_fn(f'Model: "{model.name}"')
    print_fn("_" * width)
    print_fn(_row(titles, positions))
    print_fn("=" * width)
    lifted = _lifted_layers(model)
    for depth, layer in _rows(model, expand_nested, layer_range):
        marks = " (lifted)" if layer in lifted else ""
        name = f"{layer.name} ({type(layer).__name__}){marks}"
        cells = [" " * depth + name, _output_shape(layer), _count(layer)]
        if branches:
            cells.append(_connections(layer, model) if not depth else "")
        if show_trainable:
            cells.append("Y" if layer.trainable else "N")
        print_fn(_row(cells, positions))
    print_fn("=" * width)
    _print_totals(model, print_fn, lifted)
    print_fn("_" * width)


def _is_chain(model):
    graph = getattr(model, "_functional_graph", None)
    if graph is None or type(model).__name__ == "Sequential":
        return True
    return all(len(node.inputs) <= 1 for node in graph.computing_nodes) and len(
        graph.computing_nodes
    ) == len({id(x) for node in graph.computing_nodes for x in node.inputs})


def _rows(model, expand_nested, layer_range):
    layers = _within(model.layers, layer_range)

    def walk(layers, depth):
        for layer in layers:
            yield depth, layer
            if expand_nested and hasattr(layer, "layers"):
                yield from walk(layer.layers, depth + 1)

    return walk(layers, 0)


def _within(layers, layer_range):
    if layer_range is None:
        return layers
    if len(layer_range) != 2:
        raise ValueError(
            "`layer_range` must hold the names of the first and the last "
            f"layer. Received: layer_range={layer_range!r}."
        )
    first, last = (
        [i for i, x in enumerate(layers) if x.name == name]
        for name in layer_range
    )
    if not first or not last:
        raise ValueError(
            "`layer_range` names a layer that the model lacks. Received: "
            f"layer_range={layer_range!r}; the layers are "
            f"{[layer.name for layer in layers]}."
        )
    low, high = sorted((first[0], last[-1]))
    return layers[low : high + 1]


def _lifted_layers(model):
    split = getattr(model, "stage_split", None)
    if split is None or model._lift_preprocessing is False:
        return set()
    return set(split.layers)


def _row(cells, positions):
    """Lays out one row, on several lines where a cell is too long."""
    widths = [b - a for a, b in zip([0, *positions], positions)]
    columns = [_wrap(cell, w - 1) for cell, w in zip(cells, widths)]
    lines = []
    for i in range(max(len(column) for column in columns)):
        parts = [
            (column[i] if i < len(column) else "").ljust(width)
            for column, width in zip(columns, widths)
        ]
        lines.append("".join(parts).rstrip())
    return "\n".join(lines)


def _wrap(text, width):
    width = max(width, 4)
    lines = []
    for part in str(text).split("\n"):
        while len(part) > width:
            cut = part.rfind(" ", 1, width + 1)
            cut = cut if cut > width // 2 else width
            lines.append(part[:cut].rstrip())
            part = "  " + part[cut:].lstrip()
        lines.append(part)
    return lines


def _output_shape(layer):
    try:
        shape = layer.output_shape
    except (AttributeError, RuntimeError):
        return "?"
    return str(shape)


def _count(layer):
    if not layer.built and not layer.weights:
        return "0 (unused)"
    return f"{sum(int(np.prod(v.shape)) for v in layer.weights):,}"


def _connections(layer, model):
    nodes = set(model._functional_graph.nodes)
    return "\n".join(
        f"{x.node.layer.name}[{x.node.index}][{x.index}]"
        for node in layer.inbound_nodes
        if node in nodes
        for x in node.inputs
    )


def _print_totals(model, print_fn, lifted):
    trainable = _total(model.trainable_weights)
    frozen = _total(model.non_trainable_weights)
    total = tuple(a + b for a, b in zip(trainable, frozen))
    for label, (count, size) in (
        ("Total params", total),
        ("Trainable params", trainable),
        ("Non-trainable params", frozen),
    ):
        print_fn(f"{label}: {count:,} ({_readable(size)})")
    if lifted:
        print_fn(
            f"Layers marked (lifted): {len(lifted)}. `fit`, `evaluate` and "
            "`predict` run them in the input pipeline."
        )


def _total(variables):
    counts = [int(np.prod(v.shape)) for v in variables]
    sizes = [
        c * (v.dtype.size if v.dtype != tf.string else 0)
        for c, v in zip(counts, variables)
    ]
    return sum(counts), sum(sizes)


def _readable(size):
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            return f"{size:.2f} {unit}"
        size /= 1024
    return ""
