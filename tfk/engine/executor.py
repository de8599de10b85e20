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
from tfk.engine import op_errors
from tfk.engine import symbolic
from tfk.engine import xla
from tfk.utils import structure
from tfk.utils import tf_internal

_MIRRORED = (
    tf.distribute.MirroredStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
)


class _IteratorFunction:
    """Base of functions that run steps on the batches of an iterator.

    Its first call compiles it, and settles whether XLA takes part.
    """

    def __init__(self, model, step, main):
        self._model = model
        self._strategy = model.distribute_strategy
        self._step = self._plain_step = step
        self._main = main
        self._is_eager = model.run_eagerly
        self._jit_compile = model.jit_compile
        self._compiled = None

    @property
    def _is_settled(self):
        return self._compiled is not None and self._jit_compile != "auto"

    def _settle(self, run):
        """Compiles and runs a function, where needed a second time."""

        def attempt(jit_compile):
            self._compile(jit_compile)
            return run()

        result, self._jit_compile = xla.first_call(
            attempt, self._jit_compile, self._model
        )
        return result

    def _compile(self, jit_compile):
        self._step = self._plain_step
        if jit_compile:
            self._step = tf.function(
                self._plain_step, jit_compile=True, autograph=False
            )
        self._compiled = tf.function(self._trace, autograph=False)


class GroupFunction(_IteratorFunction):
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
        numbering: The `Numbering` of what random layers of the preprocessing
            have met, or None.
    """

    def __init__(
        self,
        model,
        step,
        reports_metrics,
        main=None,
        may_end=False,
        numbering=None,
    ):
        step = step if reports_metrics else self._telling_own_logs(step)
        super().__init__(model, step, main)
        # How many steps the loop found it good to run in one call.
        self.group_size = 1
        self._may_end = may_end
        self._numbering = numbering
        self._noted, self._own_names = {}, set()
        self._reports_metrics = reports_metrics
        self.trace_count = 0
        # An `InputClock` for runs that are timed.
        self.input_clock = None
        # The graph that was traced last.
        self.graph = None

    def run(self, iterator, num_steps):
        """Runs some steps and returns the logs after the last one.

        Arguments:
            iterator: Iterator of a dataset.
            num_steps: Integer, at least 1.

        Raises:
            tf.errors.OutOfRangeError: If the iterator has no more batches.
        """
        if self._is_eager:
            return Logs(self._run_eagerly(iterator, num_steps))
        try:
            if self._is_settled:
                num_steps = tf.constant(num_steps, tf.int64)
                logs = self._compiled(iterator, num_steps)
            else:
                logs = self._first_run(iterator, num_steps)
        except tf.errors.OpError as error:
            op_errors.explain_step(error, self._model)
            raise
        return Logs(logs)

    def _run_eagerly(self, iterator, num_steps):
        if self.input_clock is not None:
            iterator = self.input_clock.watch(iterator)
        with self._model.trainable_as_compiled():
            for _ in range(num_steps):
                logs = self._one_step(next(iterator))
        if self._reports_metrics:
            return self._model.get_metrics_result()
        return logs

    def _first_run(self, iterator, num_steps):
        num_steps = tf.constant(num_steps, tf.int64)
        if self._jit_compile != "auto":
            return self._settle(lambda: self._compiled(iterator, num_steps))
        batch = _NextBatch(iterator)
        go_back = self._numbering and self._numbering.way_back()

        def run():
            if go_back:
                # XLA may have refused the step, when this had moved on.
                go_back()
            return batch.run(self._trace_batch)

        logs = self._settle(run)
        if num_steps == 1:
            return logs
        return self._compiled(iterator, num_steps - 1)

    def make_variables(self, iterator):
        """Makes what the steps make when they are traced for the first time.

        Arguments:
            iterator: Iterator of the dataset. Eager steps use up a batch.
        """
        if self._is_eager:
            self.run(iterator, 1)
        else:
            one = tf.constant(1, tf.int64)
            function = tf.function(self._trace, autograph=False)
            function.get_concrete_function(iterator, one)

    def _trace(self, iterator, num_steps):
        self.trace_count += 1
        self.graph = tf.compat.v1.get_default_graph()
        if self.input_clock is not None:
            iterator = self.input_clock.watch(iterator)
        model = self._model
        with model.running(self._main), model.trainable_as_compiled():
            if self._reports_metrics:
                self._loop(iterator, tf.zeros((), tf.int64), num_steps, ())
                return model.get_metrics_result()
            logs = self._one_step(next(iterator))
            return self._loop(iterator, tf.ones((), tf.int64), num_steps, logs)

    def _trace_batch(self, data):
        model = self._model
        with model.running(self._main), model.trainable_as_compiled():
            logs = self._one_step(data)
            return model.get_metrics_result() if self._reports_metrics else logs

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
        if self._numbering is not None:
            self._numbering.advance(_parts_of(data, strategy))
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
                "A step (`train_step` or `test_step`) must return a dict of "
                f"names to values. Received: {logs!r}. End it with `return "
                "{'loss': loss}`, or `return self.get_metrics_result()`."
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


def _parts_of(data, strategy):
    """Returns what each of the replicas takes of a batch."""
    present = [x for x in tf.nest.flatten(data) if x is not None]
    results = map(strategy.experimental_local_results, present)
    return list(zip(*results, strict=True))


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
        self._jit_compile = model.jit_compile
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
        try:
            return self._run(key, data, flat)
        except tf.errors.OpError as error:
            op_errors.explain_step(error, self._model)
            raise

    def _run(self, key, data, flat):
        entry = self._functions.get(key)
        if entry is not None and all(map(_fits, entry[0], flat)):
            return entry[1](*flat)

        def first_call(jit_compile):
            return self._trace(key, entry, data, flat, jit_compile)(*flat)

        result, self._jit_compile = xla.first_call(
            first_call, self._jit_compile, self._model
        )
        return result

    def _trace(self, key, entry, data, flat, jit_compile):
        specs = [open_spec(structure.spec_of(x)) for x in flat]
        if entry is not None:
            specs = [
                old.most_specific_common_supertype([new]) or new
                for old, new in zip(entry[0], specs)
            ]
        self.trace_count += 1

        def run(batch):
            with self._model.trainable_as_compiled():
                return self._step(batch)

        concrete = _trace_flat(run, data, specs, jit_compile)
        self._functions[key] = (specs, concrete)
        return concrete


class _NextBatch:
    """The next batch of an iterator, to run functions on.

    They are traced for any batch of the iterator, so that what they call serves
    a loop over the iterator, too.
    """

    def __init__(self, iterator):
        self._data = next(iterator)
        specs = tf.nest.flatten(iterator.element_spec)
        pairs = zip(specs, tf.nest.flatten(self._data), strict=True)
        there = [(spec, x) for spec, x in pairs if x is not None]
        self._specs = [spec for spec, _ in there]
        self._flat = [x for _, x in there]

    def run(self, function):
        return _trace_flat(function, self._data, self._specs)(*self._flat)


def _trace_flat(function, data, specs, jit_compile=False):
    """Traces a function of a structure of tensors.

    Arguments:
        function: The function.
        data: The structure, in which None stands for nothing.
        specs: List of the `tf.TypeSpec` of what else is in it.
        jit_compile: Boolean: whether XLA compiles it.

    Returns:
        A concrete function of the tensors, without the structure.
    """
    template = tf.nest.map_structure(lambda x: x is not None, data)

    def run(*flat):
        values = iter(flat)
        return function(
            tf.nest.map_structure(
                lambda is_there: next(values) if is_there else None, template
            )
        )

    return tf.function(
        run, autograph=False, jit_compile=jit_compile or None
    ).get_concrete_function(*specs)


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


def open_spec(spec):
    """Returns a spec for any number of rows.

    Arguments:
        spec: `tf.TypeSpec`.
    """
    return with_rows(spec, None)


def with_rows(spec, rows):
    """Returns a spec for a number of rows.

    Arguments:
        spec: `tf.TypeSpec`.
        rows: Integer, or None for any number.
    """
    shape = getattr(spec, "shape", None)
    if shape is None:
        return spec
    if shape.rank:
        shape = tf.TensorShape([rows]).concatenate(shape[1:])
    if type(spec) is tf.TensorSpec:
        return tf.TensorSpec(shape, spec.dtype)
    if isinstance(spec, tf.SparseTensorSpec):
        return tf.SparseTensorSpec(shape, spec.dtype)
    if isinstance(spec, tf.RaggedTensorSpec):
        return tf.RaggedTensorSpec(
            shape, spec.dtype, spec.ragged_rank, spec.row_splits_dtype
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


class PredictFunction(_IteratorFunction):
    """Predicts the next batch of an iterator.

    Arguments:
        model: The model.
        step: Function of one batch.
        main: `Graph` of the model's part after the preprocessing that the
            data has gone through already, or None.
    """

    def __init__(self, model, step, main=None):
        super().__init__(model, step, main)

    def __call__(self, iterator):
        if self._is_eager:
            return self._predict(next(iterator))
        try:
            return self._run(iterator)
        except tf.errors.OpError as error:
            op_errors.explain_step(error, self._model)
            raise

    def _run(self, iterator):
        if self._is_settled:
            return self._compiled(iterator)
        if self._jit_compile != "auto":
            return self._settle(lambda: self._compiled(iterator))
        batch = _NextBatch(iterator)
        return self._settle(lambda: batch.run(self._predict))

    def _trace(self, iterator):
        return self._predict(next(iterator))

    def _predict(self, data):
        with self._model.running(self._main):
            if runs_in_place(self._strategy):
                return self._step(data)
            outputs = self._strategy.run(self._step, args=(data,))
        parts = self._strategy.experimental_local_results
        return tf.nest.map_structure(lambda x: _joined(parts(x)), outputs)


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
