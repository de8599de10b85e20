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
"""The one builder of in-graph functions that run steps.

A `GroupFunction` runs many training or test steps in one call of a compiled
function; a `BatchFunction` runs one step on one batch of any size.
"""

import contextlib
import functools

import tensorflow as tf

from tfk.callbacks.logs import Logs
from tfk.data import batches
from tfk.engine import call_context
from tfk.engine import symbolic
from tfk.utils import structure
from tfk.utils import tf_internal

_MIRRORED = (
    tf.distribute.MirroredStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
)


class GroupFunction:
    """Runs any number of steps over an iterator in one call.

    The number of steps is a tensor, so that a short last group traces nothing
    anew. Where the model reports its metrics, they are computed once after
    the steps, not in each.

    Arguments:
        model: The model.
        step: Function of one batch: the model's `train_step` or `test_step`.
        reports_metrics: Boolean: whether the step returns just what
            `model.get_metrics_result()` gives, and may leave it out.
        main: `Graph` of the model's part after the preprocessing that the
            data has gone through already, or None.
        may_end: Boolean: whether the data may end before the steps do.
    """

    def __init__(self, model, step, reports_metrics, main=None, may_end=False):
        # How many steps the loop found it good to run in one call.
        self.group_size = 1
        self._may_end = may_end
        self._model = model
        self._strategy = model.distribute_strategy
        self._step = step if reports_metrics else self._telling_own_logs(step)
        self._noted, self._own_names = {}, set()
        self._main = main
        self._reports_metrics = reports_metrics
        self._is_eager = model.run_eagerly
        self.trace_count = 0
        self._compiled = None if self._is_eager else self._compile()

    def run(self, iterator, num_steps):
        """Runs some steps and returns the logs after the last one.

        Arguments:
            iterator: Iterator of a dataset.
            num_steps: Integer, at least 1.

        Raises:
            tf.errors.OutOfRangeError: If the iterator has no more batches.
        """
        if self._is_eager:
            with self._model.trainable_as_compiled():
                for _ in range(num_steps):
                    logs = self._one_step(next(iterator))
            if self._reports_metrics:
                logs = self._model.get_metrics_result()
        else:
            logs = self._compiled(iterator, tf.constant(num_steps, tf.int64))
        return Logs(logs)

    def _compile(self):
        step = self._step
        if self._model.jit_compile:
            step = tf.function(step, jit_compile=True, autograph=False)
            self._step = step

        def trace(iterator, num_steps):
            self.trace_count += 1
            model = self._model
            with model.running(self._main), model.trainable_as_compiled():
                return run_group(iterator, num_steps)

        def run_group(iterator, num_steps):
            if self._reports_metrics:
                self._loop(iterator, tf.zeros((), tf.int64), num_steps, ())
                return self._model.get_metrics_result()
            logs = self._one_step(next(iterator))
            one = tf.ones((), tf.int64)
            return self._loop(iterator, one, num_steps, logs)

        return tf.function(trace, autograph=False)

    def _loop(self, iterator, done, num_steps, logs):
        def body(done, logs):
            new_logs = self._one_step(next(iterator))
            return done + 1, logs if self._reports_metrics else new_logs

        _, logs = tf.while_loop(
            lambda done, logs: done < num_steps,
            body,
            (done, logs),
            parallel_iterations=1,
        )
        return logs

    def _one_step(self, data):
        strategy = self._strategy
        if tf_internal.runs_in_place(strategy):
            return self._step_on(data)
        if self._reports_metrics:
            strategy.run(self._step_on, args=(data,))
            return ()
        with _noted_results(self._model.metrics) as self._noted:
            logs, *weighted = strategy.run(self._weighted_step, args=(data,))
        self._noted = {}
        return self._with_metric_results(self._averaged(logs, *weighted))

    def _telling_own_logs(self, step):
        """Lets a step tell logs that are its own from metrics' results."""

        def step_and_tell(data):
            logs = step(data)
            for name, results in self._noted.items():
                if isinstance(logs, dict) and name in logs:
                    if not any(logs[name] is result for result in results):
                        self._own_names.add(name)
            return logs

        return step_and_tell

    def _weighted_step(self, data):
        """Returns the logs, those times the rows of the batch, and the rows."""
        logs = self._step_on(data)
        rows = tf.cast(batches.count_rows(data), tf.float32)
        weighted = tf.nest.map_structure(lambda x: _times_rows(x, rows), logs)
        return logs, weighted, rows

    def _averaged(self, logs, weighted, rows):
        """Averages over the replicas, each of which weighs as its rows."""
        strategy = self._strategy
        is_alone = strategy.num_replicas_in_sync == 1
        total = functools.partial(
            strategy.reduce, tf.distribute.ReduceOp.SUM, axis=None
        )

        def average(value, weighted):
            first = strategy.experimental_local_results(value)[0]
            if is_alone or not _can_average(first):
                return first
            mean = total(weighted) / tf.cast(all_rows, _wide_dtype(first))
            if first.dtype.is_integer:
                mean = tf.round(mean)
            return tf.cast(mean, first.dtype)

        all_rows = 1 if is_alone else total(rows)
        return tf.nest.map_structure(average, logs, weighted)

    def _step_on(self, data):
        if not self._may_end:
            return self._checked(self._step(data))
        # Without the dependency, the failed read at the end of the data would
        # still count as a step in what does not depend on it: the optimizer's
        # number of iterations.
        with tf.control_dependencies(
            tf.nest.flatten(data, expand_composites=True)
        ):
            return self._checked(self._step(data))

    def _checked(self, logs):
        if self._reports_metrics:
            return ()
        if not isinstance(logs, dict):
            raise ValueError(
                "A step must return a dict of names to values, such as "
                f"`{{'loss': loss}}`. Received: {logs!r}."
            )
        return {
            name: tf.nest.map_structure(tf.convert_to_tensor, value)
            for name, value in logs.items()
        }

    def _with_metric_results(self, logs):
        """Reads logs that are metrics' results from all replicas together."""
        results = self._model.get_metrics_result()
        replaced = results.keys() - self._own_names
        replaced = {name for name in replaced if tf.is_tensor(logs.get(name))}
        return {
            name: (
                tf.cast(results[name], value.dtype)
                if name in replaced
                else value
            )
            for name, value in logs.items()
        }


@contextlib.contextmanager
def _noted_results(metrics):
    """Within it, a dict takes note of all that the metrics give as results.

    Their names, or the keys of their results, lead to lists of tensors.
    """
    noted = {metric.name: [] for metric in metrics}

    def noting(metric, result):
        def result_and_note():
            value = result()
            named = value if isinstance(value, dict) else {metric.name: value}
            for name, tensor in named.items():
                noted.setdefault(name, []).append(tensor)
            return value

        return result_and_note

    metrics = [m for m in metrics if "result" not in vars(m)]
    for metric in metrics:
        vars(metric)["result"] = noting(metric, metric.result)
    try:
        yield noted
    finally:
        for metric in metrics:
            vars(metric).pop("result", None)


def _can_average(value):
    is_number = value.dtype.is_floating or value.dtype.is_integer
    return is_number and value.shape.is_fully_defined()


def _wide_dtype(value):
    return tf.float64 if value.dtype.size > 2 else tf.float32


def _times_rows(value, rows):
    """Multiplies a replica's value by its rows; without rows it has none."""
    if not _can_average(value):
        return rows
    dtype = _wide_dtype(value)
    value = tf.where(rows > 0, tf.cast(value, dtype), tf.zeros((), dtype))
    return value * tf.cast(rows, dtype)


class BatchFunction:
    """Runs one step on one batch, compiled once for all batch sizes.

    An axis whose size changes from call to call is left open from then on, so
    that a few traces serve every size.

    Arguments:
        model: The model.
        step: Function of one batch.
    """

    def __init__(self, model, step):
        self._model = model
        self._step = step
        self._is_eager = model.run_eagerly
        self._functions = {}
        self.trace_count = 0

    def __call__(self, data):
        if self._is_eager:
            with self._model.trainable_as_compiled():
                return self._step(data)
        if type(data) is tf_internal.EagerTensor:
            key = (data.dtype, data.shape.rank)
            flat = (data,)
        else:
            flat = tf.nest.flatten(data)
            key = _key(data, flat)
            flat = [x for x in flat if x is not None]
        entry = self._functions.get(key)
        if entry is not None and all(map(_fits, entry[0], flat)):
            return entry[1](*flat)
        return self._trace(key, entry, data, flat)(*flat)

    def _trace(self, key, entry, data, flat):
        specs = [open_spec(structure.spec_of(x)) for x in flat]
        if entry is not None:
            specs = [
                old.most_specific_common_supertype([new]) or new
                for old, new in zip(entry[0], specs)
            ]
        self.trace_count += 1

        template = tf.nest.map_structure(lambda x: x is not None, data)

        def run(*flat):
            values = iter(flat)
            batch = tf.nest.map_structure(
                lambda is_there: next(values) if is_there else None, template
            )
            with self._model.trainable_as_compiled():
                return self._step(batch)

        function = tf.function(
            run, autograph=False, jit_compile=self._model.jit_compile or None
        )
        concrete = function.get_concrete_function(*specs)
        self._functions[key] = (specs, concrete)
        return concrete


def _key(data, flat):
    """Tells apart what needs a function of its own, whatever its sizes."""
    kinds = tuple(
        None if x is None else (type(x), x.dtype, x.shape.rank) for x in flat
    )
    return tuple(structure.paths(data)), kinds


def _fits(spec, x):
    if type(spec) is tf.TensorSpec:
        return spec.shape.is_compatible_with(x.shape)
    return spec.is_compatible_with(x)


def _open_batch(shape):
    if shape.rank is None or shape.rank == 0:
        return shape
    return tf.TensorShape([None]).concatenate(shape[1:])


def open_spec(spec):
    """Returns a spec for any number of rows.

    Arguments:
        spec: `tf.TypeSpec`.
    """
    shape = getattr(spec, "shape", None)
    if shape is None:
        return spec
    if type(spec) is tf.TensorSpec:
        return tf.TensorSpec(_open_batch(shape), spec.dtype)
    if isinstance(spec, tf.SparseTensorSpec):
        return tf.SparseTensorSpec(_open_batch(shape), spec.dtype)
    if isinstance(spec, tf.RaggedTensorSpec):
        return tf.RaggedTensorSpec(
            _open_batch(shape),
            spec.dtype,
            spec.ragged_rank,
            spec.row_splits_dtype,
        )
    return spec


def placeholders(spec):
    """Makes placeholders for a structure of specs, the batch axis open."""
    return tf.nest.map_structure(
        lambda s: symbolic.placeholder(symbolic.KerasTensor(open_spec(s))),
        spec,
    )


def trace_outputs(function, spec):
    """Finds out what a function gives on a spec, leaving nothing behind.

    Arguments:
        function: Function of a structure of tensors. Variables that it makes
            stay.
        spec: Structure of `tf.TypeSpec`.

    Returns:
        The structure of outputs, as symbolic tensors.
    """
    with call_context.recording():
        with tf_internal.scratch_graph("scratch").as_default():
            outputs = function(placeholders(spec))
    return tf.nest.map_structure(symbolic.from_output, outputs)


def predict_function(model, step, main=None):
    """Returns a function that predicts the next batch of an iterator.

    Arguments:
        model: The model.
        step: Function of one batch.
        main: `Graph` of the model's part after the preprocessing that the
            data has gone through already, or None.
    """
    strategy = model.distribute_strategy

    def predict(iterator):
        with model.running(main):
            return predict_next(iterator)

    def predict_next(iterator):
        data = next(iterator)
        if runs_in_place(strategy):
            return step(data)
        outputs = strategy.run(step, args=(data,))
        return tf.nest.map_structure(
            lambda x: _joined(strategy.experimental_local_results(x)), outputs
        )

    if model.run_eagerly:
        return predict
    if model.jit_compile:
        step = tf.function(step, jit_compile=True, autograph=False)
    return tf.function(predict, autograph=False)


def _joined(parts):
    """Joins the outputs of the replicas, in the order of the rows."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], tf.SparseTensor):
        return tf.sparse.concat(0, list(parts))
    return tf.concat(list(parts), axis=0)


def can_compile(strategy):
    """Whether XLA can compile the steps of a strategy's replicas.

    From within compiled code, mirrored replicas can add up their gradients
    and losses on GPUs only.
    """
    if not isinstance(strategy, _MIRRORED):
        return True
    devices = map(tf.DeviceSpec.from_string, strategy.extended.worker_devices)
    return all(device.device_type == "GPU" for device in devices)


def runs_in_place(strategy):
    """Whether steps run without `strategy.run`, as with no strategy."""
    return tf_internal.runs_in_place(strategy)


def convert(function):
    """Lets Python `if` and `for` over tensors work in a user's step."""
    return tf_internal.convert_control_flow(function)
