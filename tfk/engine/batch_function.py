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
"""A compiled step for single batches of any size."""

import tensorflow as tf

from tfk.engine import batch_specs
from tfk.engine import op_errors
from tfk.engine import tracing
from tfk.engine import trainability
from tfk.engine import xla
from tfk.utils import structure
from tfk.utils import tf_internal


class BatchFunction:
    """Runs one step on one batch, compiled once for all batch sizes.

    An axis whose size changes from call to call is left open from then on, so
    that a few traces serve every size.

    Arguments:
        model: The model.
        step: Function of one batch.
        mode: String: "train", "test" or "predict".
    """

    def __init__(self, model, step, mode="train"):
        self._model = model
        self._mode = mode
        self._step = step
        self._is_eager = model.run_eagerly
        self._jit_compile = model.jit_compile
        self._functions = {}
        self.trace_count = 0

    def __call__(self, data):
        if self._is_eager:
            with trainability.as_compiled(self._model):
                return self._step(data)
        key, flat = _key_and_leaves(data)
        try:
            return self._run(key, data, flat)
        except tf.errors.OpError as error:
            op_errors.explain_step(error, self._model)
            raise

    def prepare(self, data):
        """Traces the step for such a batch, unless that has been done.

        Arguments:
            data: A batch.
        """
        key, flat = _key_and_leaves(data)
        entry = self._functions.get(key)
        if not _serves(entry, flat):
            self._trace(key, data, flat, self._jit_compile is True)

    def _run(self, key, data, flat):
        entry = self._functions.get(key)
        if _serves(entry, flat):
            return entry[1](*flat)

        def first_call(jit_compile):
            return self._trace(key, data, flat, jit_compile)(*flat)

        result, self._jit_compile = xla.first_call(
            first_call, self._jit_compile, self._model
        )
        return result

    def _trace(self, key, data, flat, jit_compile):
        specs = [batch_specs.open_spec(structure.spec_of(x)) for x in flat]
        batch = tf.nest.map_structure(
            batch_specs.open_spec, batch_specs.of_batch(self._batch_of(data))
        )
        wide = self._model.opened_spec(self._mode, batch)
        # What else there is comes first.
        specs[len(specs) - len(wide) :] = wide
        self.trace_count += 1

        def run(batch):
            spec = batch_specs.of_batch(self._batch_of(batch))
            self._model.note_trace(self._mode, spec)
            with trainability.as_compiled(self._model):
                return self._step(batch)

        concrete = tracing.trace_flat(run, data, specs, jit_compile)
        self._functions[key] = (specs, concrete)
        return concrete

    def _batch_of(self, data):
        """Returns the batch, or batches in one, in what the step is given."""
        return data


def _key_and_leaves(data):
    """Returns what tells functions apart, whatever the sizes, and tensors."""
    if _is_plain(data):
        return (data.dtype, data.shape.rank), (data,)
    if type(data) is tuple and all(map(_is_plain, data)):
        return tuple((x.dtype, x.shape.rank) for x in data), data
    flat = tf.nest.flatten(data)
    kinds = tuple(
        None if x is None else (type(x), x.dtype, x.shape.rank) for x in flat
    )
    key = tuple(structure.paths(data)), kinds
    return key, [x for x in flat if x is not None]


def _is_plain(x):
    return type(x) is tf_internal.EagerTensor


def _serves(entry, flat):
    """Whether what was traced before is for tensors of these sizes."""
    return entry is not None and all(map(_fits, entry[0], flat))


def _fits(spec, x):
    if type(spec) is tf.TensorSpec:
        return spec.shape.is_compatible_with(x.shape)
    return spec.is_compatible_with(x)
