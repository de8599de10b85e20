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
"""How often the steps of a model are traced, and what keeps that rare."""

import warnings

import tensorflow as tf

from tfk.utils import caller
from tfk.utils import structure
from tfk.utils import tf_internal

# So many traces of one kind of step are no accident.
_MANY = 6


class Traces:
    """Counts the traces of a model's steps, and keeps them few.

    TensorFlow traces a step, that is, makes a graph of it, for each kind of
    data: structure, dtypes and shapes. Here a size that differs from what was
    seen before is left open from then on, so that two or three traces serve
    data of any size.

    Arguments:
        name: String: the name of the model, for messages.
    """

    def __init__(self, name):
        self._name = name
        self._counts = dict.fromkeys(("train", "test", "predict"), 0)
        self._open_specs = {}
        self._last = {}

    def counts(self):
        """Returns a dict of the kinds of steps to how often each was traced."""
        return dict(self._counts)

    def note(self, mode, spec):
        """Takes note of a trace, and warns once if there are many.

        Arguments:
            mode: String: "train", "test" or "predict".
            spec: Structure of `tf.TypeSpec`: the batch.
        """
        self._counts[mode] += 1
        described = _described(spec)
        before, self._last[mode] = self._last.get(mode, {}), described
        if self._counts[mode] == _MANY:
            self._tell(mode, before, described)

    def _tell(self, mode, before, now):
        changes = [
            f"`{name}` is {now.get(name, 'missing')} and was "
            f"{before.get(name, 'missing')}"
            for name in {**before, **now}
            if before.get(name) != now.get(name)
        ]
        if not changes:
            return
        warnings.warn(
            f"The {mode} step of model '{self._name}' was traced "
            f"{_MANY} times, each time for data of another kind, which takes "
            f"longer than many steps. Received: {'; '.join(changes[:5])}. Let "
            "all data have one structure, and each array one dtype and rank.",
            stacklevel=caller.stacklevel(),
        )

    def opened(self, mode, spec, check):
        """Returns specs that leave open what differs between calls.

        Arguments:
            mode: String: "train", "test" or "predict".
            spec: Structure of `tf.TypeSpec`: the batch that steps are about
                to run on. None stands for nothing.
            check: Function that raises if the model can't take the data. It
                is called where a size is about to be left open.

        Returns:
            A list of the leaves of the structure.
        """
        flat = tf.nest.flatten(spec)
        key = (mode, _kind_of(spec, flat))
        seen = self._open_specs.get(key)
        if seen is not None:
            flat = _join(seen, flat)
            if flat != seen:
                check()
        self._open_specs[key] = flat
        return flat

    def opened_dataset(self, mode, dataset, check):
        """Returns a dataset whose spec leaves open what differs between calls.

        Arguments:
            mode: As for `opened`.
            dataset: What the steps will run over. Other things than a
                `tf.data.Dataset` are returned as they are.
            check: As for `opened`.
        """
        if not isinstance(dataset, tf.data.Dataset):
            return dataset
        spec = dataset.element_spec
        wide = self.opened(mode, spec, check)
        if wide == tf.nest.flatten(spec):
            return dataset
        wide = tf.nest.pack_sequence_as(spec, wide)
        return tf_internal.WiderDataset(dataset, wide)


def _kind_of(spec, flat):
    """Tells apart what needs a trace of its own, whatever its sizes."""
    kinds = tuple(
        (type(x), getattr(x, "dtype", None), _rank_of(x)) for x in flat
    )
    return tuple(structure.paths(spec)), kinds


def _rank_of(x):
    shape = getattr(x, "shape", None)
    return None if shape is None else shape.rank


def _join(specs, others):
    return [
        spec and (spec.most_specific_common_supertype([other]) or other)
        for spec, other in zip(specs, others, strict=True)
    ]


def _described(spec):
    """Returns a dict of the parts of a batch to what they are, in words."""
    if not (isinstance(spec, tuple) and len(spec) <= 3):
        spec = (spec,)
    parts = zip(("x", "y", "sample_weight"), spec)
    return {
        "/".join(filter(None, (name, path))): _in_words(leaf)
        for name, part in parts
        for path, leaf in zip(structure.paths(part), tf.nest.flatten(part))
        if leaf is not None
    }


def _in_words(spec):
    if type(spec) is tf.TensorSpec:
        return f"a tensor of {spec.dtype.name} with the shape {spec.shape}"
    return repr(spec)
