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
"""TFLite graphs in 8 bits, but for the operations that need more.

What a normalization divides by is the root of a mean of squares. Rounded to 256
steps, it is wrong by a tenth where it is small; the sums around it lose the
small values beside the large ones. A loop takes what it made in one step to the
next, and errors add up. One-hot vectors would be filled with a zero of another
scale, which stands for 0.5. These operations stay in 32 bits: they take little
time, while the products of matrices are where 8 bits pay.
"""

from tfk.utils import tf_internal

# Where a normalization is recognized: those of batches are part of the
# convolutions before them by then.
_ROOTS = frozenset({"DIV", "RSQRT", "SQRT"})
# What belongs to it, as far as one leads to the other.
_AROUND = _ROOTS | {
    "ADD",
    "BROADCAST_TO",
    "MAXIMUM",
    "MEAN",
    "MINIMUM",
    "MUL",
    "NEG",
    "RESHAPE",
    "SQUARE",
    "SQUARED_DIFFERENCE",
    "SUB",
    "SUM",
    "TILE",
}
# What the quantizer makes wrong by itself.
_WRONG = frozenset({"ONE_HOT"})
# What of a loop is in 8 bits.
_PRODUCTS = frozenset(
    {"BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
)


def convert(converter):
    """Returns the content of a TFLite file.

    Arguments:
        converter: `tf.lite.TFLiteConverter` with optimizations and
            representative data.
    """
    calibrated = tf_internal.calibrated_tflite(converter)
    main, *loops = tf_internal.tflite_graphs(calibrated)
    whole = normalizations(main)
    whole += [name for kind, name, *_ in main if kind in _WRONG]
    for graph in loops:
        whole += [name for kind, name, *_ in graph if kind not in _PRODUCTS]
    return tf_internal.quantized_tflite(calibrated, whole)


def normalizations(operations):
    """Returns the names of the operations that normalize.

    Arguments:
        operations: List of `(kind, name, inputs, outputs)`: what an operation
            does, its name, and lists of the numbers of tensors.
    """
    neighbours = _neighbours(operations)
    found = set()
    waiting = [i for i, x in enumerate(operations) if x[0] in _ROOTS]
    while waiting:
        place = waiting.pop()
        if place not in found and operations[place][0] in _AROUND:
            found.add(place)
            waiting.extend(neighbours[place])
    return [operations[place][1] for place in sorted(found)]


def _neighbours(operations):
    """Returns the places of operations that share a tensor, for each one."""
    makers = {
        tensor: place
        for place, (*_, outputs) in enumerate(operations)
        for tensor in outputs
    }
    neighbours = [[] for _ in operations]
    for place, (_, _, inputs, _) in enumerate(operations):
        for maker in [makers[tensor] for tensor in inputs if tensor in makers]:
            neighbours[place].append(maker)
            neighbours[maker].append(place)
    return neighbours
