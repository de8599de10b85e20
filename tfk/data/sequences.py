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
"""Sequences of different lengths as one array."""

import numpy as np


def pad_sequences(
    sequences,
    maxlen=None,
    dtype="int32",
    padding="pre",
    truncating="pre",
    value=0.0,
):
    """Brings sequences to one length, by padding short and cutting long ones.

    Turns a list of `num_samples` lists of integers into an array of shape
    `(num_samples, maxlen)`, as layers for text and time series take it.

    Arguments:
        sequences: List of sequences; each is a list or array of time steps.
        maxlen: Length of the result; that of the longest sequence by default.
        dtype: Type of the result. For strings of different lengths: `object`.
        padding: `"pre"` or `"post"`: where padding goes.
        truncating: `"pre"` or `"post"`: where steps are removed.
        value: What stands in padded places.

    Returns:
        NumPy array of shape `(num_samples, maxlen, ...)`.

    Raises:
        ValueError: For arguments that are none of the above, and for time
            steps of different shapes.

    Example:

    >>> from tfk.data import sequences
    >>> sequences.pad_sequences([[1], [2, 3], [4, 5, 6]], padding="post")
    array([[1, 0, 0],
           [2, 3, 0],
           [4, 5, 6]], dtype=int32)
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(
                f"`{name}` must be 'pre' or 'post'. Received: {name}={side!r}."
            )
    lengths = _lengths(sequences)
    step_shape = _step_shape(sequences, lengths)
    _check_value(value, dtype)
    if maxlen is None:
        maxlen = max(lengths, default=0)
    result = np.full((len(lengths), maxlen) + step_shape, value, dtype)
    for row, (sequence, length) in enumerate(zip(sequences, lengths)):
        kept = min(length, maxlen)
        if kept:
            steps = sequence[-kept:] if truncating == "pre" else sequence[:kept]
            place = slice(-kept, None) if padding == "pre" else slice(kept)
            result[row, place] = np.asarray(steps, dtype)
    return result


def _lengths(sequences):
    if not hasattr(sequences, "__len__"):
        raise ValueError(
            "`sequences` must be a list of sequences. Received: "
            f"sequences={sequences!r}."
        )
    lengths = []
    for index, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise ValueError(
                "`sequences` must be a list of sequences. Received an entry "
                f"without a length: sequences[{index}]={sequence!r}."
            )
        lengths.append(len(sequence))
    return lengths


def _step_shape(sequences, lengths):
    """Returns the shape of one time step, the same in all sequences."""
    expected = None
    for index, (sequence, length) in enumerate(zip(sequences, lengths)):
        if not length:
            continue
        shape = np.shape(sequence)[1:]
        if expected is None:
            expected = shape
        if shape != expected:
            raise ValueError(
                "All time steps must have one shape. Received: steps of shape "
                f"{shape} in sequences[{index}], after steps of shape "
                f"{expected}."
            )
    return expected or ()


def _check_value(value, dtype):
    is_text = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and dtype is not object and not is_text:
        raise ValueError(
            f"`value` is a string and `dtype` is {dtype}. Received: "
            f"value={value!r}. Pass `dtype=object` for strings."
        )
