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
function.
"""

import contextlib
import functools

import tensorflow as tf

from tfk.callbacks.logs import Logs
from tfk.data import batches
from tfk.engine import batch_specs
from tfk.engine import element_stream
from tfk.engine import op_errors
from tfk.engine import tracing
from tfk.engine import trainability
from tfk.engine import xla
from tfk.utils import tf_internal

_MIRRORED = (
    tf.distribute.MirroredStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
)


class _IteratorFunction:
    """Base of functions that run steps on the batches of an iterator.

    Its first call compiles it, and settles whether XLA takes part.
    """

    def __init__(self, model, step, main, mode):
        self._model = model
        self._mode = mode
        self._strategy = model.distribute_strategy
        self._step = self._plain_step = step
        self._main = main
        self._is_eager = model.run_eagerly
        self._jit_compile = model.jit_compile
        self._compiled = None
        self.trace_count = 0

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

    def _on_replicas(self, step, data):
        """Runs a step in each replica.

        Layers that draw random numbers for elements draw what one replica
        alone would. Workers of several machines know their own rows only.
        """
        strategy, streams = self._strategy, ()
        if type(strategy) is tf.distribute.MirroredStrategy:
            streams = element_stream.streams_of(self._model)
        if streams:
            rows = map(batches.count_rows, _parts_of(data, strategy))
            step = element_stream.Share(list(rows)).run(step)
        results = strategy.run(step, args=(data,))
        for stream in streams:
            stream.follow_first_replica()
        return results

    def _compile(self, jit_compile):
        self._step = self._plain_step
        if jit_compile:
            self._step = tf.function(
                self._plain_step, jit_compile=True, autograph=False
            )
        # TensorFlow warns of functions of the same code that are traced often,
        # though each is of a model of its own.
        trace = functools.partial(self._trace)
        self._compiled = tf.function(trace, autograph=False)

    def _note_trace(self, spec):
        self.trace_count += 1
        self._model.note_trace(self._mode, spec)


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
        mode: String: "train" or "test".
    """

    def __init__(
        self,
        model,
        step,
        reports_metrics,
        main=None,
        may_end=False,
        numbering=None,
        mode="train",
    ):
        step = step if reports_metrics else self._telling_own_logs(step)
        super().__init__(model, step, main, mode)
        # How many steps the loop found it good to run in one call.
        self.group_size = 1
        self._may_end = may_end
        self._numbering = numbering
        self._noted, self._own_names = {}, set()
        self._reports_metrics = reports_metrics
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
        with trainability.as_compiled(self._model):
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
        self._note_trace(iterator.element_spec)
        return self._trace_steps(iterator, num_steps)

    def _trace_steps(self, iterator, num_steps):
        self.graph = tf.compat.v1.get_default_graph()
        if self.input_clock is not None:
            iterator = self.input_clock.watch(iterator)
        model = self._model
        with model.running(self._main), trainability.as_compiled(model):
            try:
                with _without_new_variables():
                    logs = self._loop(iterator, num_steps)
            except _NewVariable:
                # They can't be made in a loop, but in a step before it.
                logs = self._one_step(self._next(iterator, 0))
                logs = self._loop(iterator, num_steps, logs, first=1)
            return model.get_metrics_result() if self._reports_metrics else logs

    def _trace_batch(self, data):
        self._note_trace(batch_specs.of_batch(data))
        model = self._model
        with model.running(self._main), trainability.as_compiled(model):
            logs = self._one_step(data)
            return model.get_metrics_result() if self._reports_metrics else logs

    def _loop(self, iterator, num_steps, logs=None, first=0):
        """Runs steps in a loop.

        What the logs are is found out while the loop is traced, so that a step
        is traced once. A tensor stands for them there that can hold any others.

        Arguments:
            iterator: Iterator of a dataset.
            num_steps: Integer tensor.
            logs: The logs if there are no steps; None if there is one, at
                least.
            first: Integer: the step to begin with.

        Returns:
            The logs of the last step.
        """
        template = logs

        def body(done, last):
            nonlocal template
            logs = self._one_step(self._next(iterator, done))
            if not self._reports_metrics:
                template, last = logs, _wrapped(logs)
            return done + 1, last

        before = ()
        if not self._reports_metrics:
            before = _wrapped(logs) if logs else tf.raw_ops.OptionalNone()
        _, last = tf.while_loop(
            lambda done, last: done < num_steps,
            body,
            (tf.constant(first, tf.int64), before),
            parallel_iterations=1,
        )
        return () if self._reports_metrics else _unwrapped(last, template)

    def _next(self, iterator, step):
        """Returns the batch of a step, counted from the start of the call."""
        del step
        return next(iterator)

    def _one_step(self, data):
        strategy = self._strategy
        if self._numbering is not None:
            self._numbering.advance(_parts_of(data, strategy))
        if tf_internal.runs_in_place(strategy):
            return self._step_on(data)
        if self._reports_metrics:
            self._on_replicas(self._step_on, data)
            return ()
        with _noted_results(self._model.metrics) as self._noted:
            logs, *weighted = self._on_replicas(self._weighted_step, data)
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
        check_logs(logs)
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


def check_logs(logs):
    """Raises an error unless a step has returned a dict.

    Arguments:
        logs: What it returned.
    """
    if not isinstance(logs, dict):
        raise ValueError(
            "A step (`train_step` or `test_step`) must return a dict of "
            f"names to values. Received: {logs!r}. End it with `return "
            "{'loss': loss}`, or `return self.get_metrics_result()`."
        )


def _wrapped(logs):
    """Makes one tensor that holds all of the logs, whatever they are."""
    flat = tf.nest.flatten(logs)
    # It must hold something.
    return tf.raw_ops.OptionalFromValue(components=[tf.constant(0), *flat])


def _unwrapped(wrapped, template):
    """Returns the logs that are in it, which are like those of a template."""
    flat = [tf.constant(0), *tf.nest.flatten(template)]
    _, *values = tf.raw_ops.OptionalGetValue(
        optional=wrapped,
        output_types=[x.dtype for x in flat],
        output_shapes=[x.shape for x in flat],
    )
    return tf.nest.pack_sequence_as(template, values)


class _NewVariable(Exception):
    """Tells that a variable is being made."""


def _without_new_variables():
    """Within it, the graph's code gets an exception where it makes one.

    Those that are made outside of the graph, by `tf.init_scope`, as slots and
    metrics are, are none of its concern; TensorFlow would trace the function
    a second time.
    """

    def create(next_creator, **kwargs):
        if not tf.executing_eagerly():
            raise _NewVariable
        kwargs["experimental_enable_variable_lifting"] = False
        return next_creator(**kwargs)

    return tf.variable_creator_scope(create)


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
        return tracing.trace_flat(function, self._data, self._specs)(
            *self._flat
        )


class PredictFunction(_IteratorFunction):
    """Predicts the next batch of an iterator.

    Arguments:
        model: The model.
        step: Function of one batch.
        main: `Graph` of the model's part after the preprocessing that the
            data has gone through already, or None.
    """

    def __init__(self, model, step, main=None):
        super().__init__(model, step, main, "predict")
        self.group_size = 1

    def run(self, iterator, num_steps):
        """Predicts one batch.

        Arguments:
            iterator: Iterator of a dataset.
            num_steps: Integer: 1.
        """
        del num_steps
        return self(iterator)

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
        return self._settle(lambda: batch.run(self._trace_batch))

    def _trace(self, iterator):
        self._note_trace(iterator.element_spec)
        return self._predict(next(iterator))

    def _trace_batch(self, data):
        self._note_trace(batch_specs.of_batch(data))
        return self._predict(data)

    def _predict(self, data):
        with self._model.running(self._main):
            if runs_in_place(self._strategy):
                return self._step(data)
            outputs = self._on_replicas(self._step, data)
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
