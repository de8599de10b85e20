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
"""Graphs of plain operations, which runtimes other than TensorFlow can run."""

import contextlib
import contextvars
import dataclasses


@dataclasses.dataclass(frozen=True)
class Traits:
    """What the graphs that are being traced are for.

    Attributes:
        is_portable: Boolean: whether a runtime other than TensorFlow shall run
            them.
        has_arrays: Boolean: whether the runtime has arrays of tensors, of
            which a loop writes one after the other.
        pools_volumes: Boolean: whether the runtime pools along three axes.
        has_integer_tables: Boolean: whether the runtime has tables from
            integers to integers.
        is_in_8_bits: Boolean: whether values will be stored in 8 bits, evenly
            from the lowest to the highest.
    """

    is_portable: bool = False
    has_arrays: bool = True
    pools_volumes: bool = True
    has_integer_tables: bool = True
    is_in_8_bits: bool = False


_TRAITS = contextvars.ContextVar("portable_graph", default=Traits())


@contextlib.contextmanager
def scope(
    has_arrays=False,
    pools_volumes=False,
    has_integer_tables=False,
    is_in_8_bits=False,
):
    """Makes layers keep to plain operations in the graphs traced inside.

    What converters to other formats understand of a loop, for example, is
    less than TensorFlow's kernels do. Layers give the same results, if slower.

    Arguments:
        has_arrays: As in `Traits`.
        pools_volumes: As in `Traits`.
        has_integer_tables: As in `Traits`.
        is_in_8_bits: As in `Traits`.
    """
    traits = Traits(
        True, has_arrays, pools_volumes, has_integer_tables, is_in_8_bits
    )
    token = _TRAITS.set(traits)
    try:
        yield
    finally:
        _TRAITS.reset(token)


def is_wanted():
    """Whether a graph is being traced that another runtime shall run."""
    return _TRAITS.get().is_portable


def has_arrays():
    """Whether the graph that is being traced may write arrays of tensors."""
    return _TRAITS.get().has_arrays


def pools_volumes():
    """Whether the graph that is being traced may pool along three axes."""
    return _TRAITS.get().pools_volumes


def has_integer_tables():
    """Whether the graph that is being traced may look integers up in tables."""
    return _TRAITS.get().has_integer_tables


def is_in_8_bits():
    """Whether values in the graph that is being traced get 8 bits."""
    return _TRAITS.get().is_in_8_bits
