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
"""Single batches of arrays: no dataset, no threads, little Python."""

import numpy as np
import tensorflow as tf

from tfk.callbacks.logs import Logs
from tfk.data import adapters
from tfk.data import arrays
from tfk.data import batches
from tfk.data import class_weights
from tfk.engine import batch_function
from tfk.engine import batch_specs
from tfk.engine import executor
from tfk.engine import opened_data
from tfk.engine import predictions
from tfk.engine import preparation
from tfk.metrics import Metric
from tfk.utils import structure


class OnBatch:
    """The side of a `Trainer` that runs one step on arrays."""

    def train_on_batch(
        self,
        x,
        y=None,
        sample_weight=None,
        class_weight=None,
        reset_metrics=True,
        return_dict=False,
    ):
        """Trains on one batch of arrays.

        Arguments:
            x: Arrays or tensors.
            y: Targets.
            sample_weight: Weights of the rows.
            class_weight: Dict of class indices to weights.
            reset_metrics: Boolean: whether the metrics are of this batch only.
            return_dict: Boolean: whether to return a dict.

        Returns:
            The loss, a list of the loss and the metrics, or a dict.
        """
        self._check_compiled("train_on_batch")
        data = x, y, sample_weight
        logs = self._on_batch("train", data, class_weight, reset_metrics)
        return self._in_order(logs, return_dict)

    def test_on_batch(
        self,
        x,
        y=None,
        sample_weight=None,
        reset_metrics=True,
        return_dict=False,
    ):
        """Evaluates one batch of arrays.

        Arguments:
            x: Arrays or tensors.
            y: Targets.
            sample_weight: Weights of the rows.
            reset_metrics: Boolean: whether the metrics are of this batch only.
            return_dict: Boolean: whether to return a dict.

        Returns:
            The loss, a list of the loss and the metrics, or a dict.
        """
        self._check_compiled("test_on_batch")
        logs = self._on_batch(
            "test", (x, y, sample_weight), None, reset_metrics
        )
        return self._in_order(logs, return_dict)

    def predict_on_batch(self, x):
        """Computes the outputs for one batch of arrays.

        Arguments:
            x: Arrays or tensors.

        Returns:
            NumPy arrays in the structure of the outputs.
        """
        if not self._runs_directly():
            rows = batches.number_of_rows({"x": arrays.to_arrays(x)})
            return self.predict(x, batch_size=rows, verbose=0)
        return self._predict_batch(arrays.as_single_batch(x))

    def _on_batch(self, mode, data, class_weight, reset_metrics):
        """Runs a step on arrays.

        Arguments:
            mode: String: "train" or "test".
            data: Tuple of `x`, `y` and `sample_weight`.
            class_weight: Dict of class indices to weights, or None.
            reset_metrics: Boolean: whether the metrics start anew.

        Returns:
            The logs.
        """
        if self._runs_directly():
            batch = arrays.as_single_batch(*data)
            if class_weight is not None:
                batch = self._weighed(batch, class_weight)
            return self._run_batch(mode, batch, reset_metrics)
        rows = batches.number_of_rows(arrays.to_arrays(data[0]))
        with self.distribute_strategy.scope():
            source = adapters.source(*data, rows)
            opened_data.weigh_classes(self, source, class_weight)
            run = opened_data.open_source(self, source, mode, None, mode)
            function = self._group_function(mode, run.lifted)
            if reset_metrics:
                self.reset_metrics()
            return function.run(run.iterator(), 1)

    def _weighed(self, batch, class_weight):
        """Multiplies the weights of classes into those of the samples."""
        spec = batch_specs.of_batch(batch)
        x, y, _ = batches.unpack_x_y_sample_weight(spec)
        functions = self._compiled_functions()
        opened = map(batch_specs.open_spec, tf.nest.flatten(x))
        key = ("outputs", *structure.paths(x), *opened)
        if key not in functions:
            # To find them out may take a trace.
            functions[key] = preparation.described_outputs(self, spec)
        return class_weights.weigher(class_weight, y, functions[key])(*batch)

    def _run_batch(self, mode, data, reset_metrics):
        """Runs a step on tensors.

        Arguments:
            mode: String: "train" or "test".
            data: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)` of tensors.
            reset_metrics: Boolean: whether the metrics start anew.

        Returns:
            The logs.
        """
        functions = self._compiled_functions()
        if (mode, "prepared") not in functions:
            preparation.prepare(self, batch_specs.of_batch(data), mode)
            functions[mode, "prepared"] = True
        in_graph = reset_metrics and self._resets_in_graph()
        if reset_metrics and not in_graph:
            self.reset_metrics()
        logs = self._batch_function(mode, in_graph)(data)
        executor.check_logs(logs)
        return Logs(logs)

    def _batch_function(self, mode, resets=False):
        """Returns the compiled function that runs one step on one batch.

        Arguments:
            mode: String: "train", "test" or "predict".
            resets: Boolean: whether it starts the metrics anew before.
        """
        functions = self._compiled_functions()
        key = (mode, "batch", resets)
        if key not in functions:
            step = self._step_function(mode)
            functions[key] = batch_function.BatchFunction(
                self, self._resetting(step) if resets else step, mode
            )
        return functions[key]

    def _resetting(self, step):
        """Lets a step start with metrics that are reset."""

        def reset_and_step(data):
            before = self._variables_of_metrics()
            self.reset_metrics()
            logs = step(data)
            if self._variables_of_metrics() != before:
                # What is made in the step is not reset by its graph.
                self._functions["resets"] = False
            return logs

        return reset_and_step

    def _resets_in_graph(self):
        """Whether metrics may be reset by the graph of a step.

        That takes a fifth of the time. It can't be done for metrics that are
        reset in a way of their own, which need not be made for graphs.
        """
        functions = self._functions
        if "resets" not in functions:
            functions["resets"] = not (
                self._has_own_metrics() or self.run_eagerly
            ) and all(map(_resets_variables, self.metrics))
        return functions["resets"]

    def _has_own_metrics(self):
        """Whether a user's class says what the metrics are."""
        return any(map(self._has_own, ("reset_metrics", "metrics")))

    def _variables_of_metrics(self):
        return {id(v) for metric in self.metrics for v in metric.variables}

    def _predict_batch(self, data):
        """Returns the outputs for tensors, as NumPy arrays."""
        if not self.built:
            preparation.prepare(self, batch_specs.of_batch(data), "predict")
        return predictions.to_numpy(self._batch_function("predict")(data))

    def _in_order(self, logs, return_dict):
        """Returns what `evaluate` and its like return of logs."""
        if return_dict:
            return dict(logs)
        names = tuple(logs)
        orders = self._functions.setdefault("orders", {})
        if names not in orders:
            known = [name for name in self.metrics_names if name in names]
            orders[names] = known + [x for x in names if x not in known]
        values = [logs[name] for name in orders[names]]
        return values[0] if len(values) == 1 else values

    def _runs_directly(self):
        """Whether steps run here, and not on the devices of a strategy."""
        return executor.runs_in_place(self.distribute_strategy)

    def _direct_batch(self, x, y, sample_weight, batch_size, steps, callbacks):
        """Returns small arrays as one batch, or None if they need a dataset."""
        if steps is not None or callbacks or not self._runs_directly():
            return None
        limit = (
            adapters.DEFAULT_BATCH_SIZE if batch_size is None else batch_size
        )
        if type(x) is np.ndarray:
            if x.ndim == 0 or not 0 < x.shape[0] <= limit:
                return None
        elif not arrays.is_in_memory(x) or (
            batches.number_of_rows({"x": arrays.to_arrays(x)}) > limit
        ):
            return None
        return arrays.as_single_batch(x, y, sample_weight)


def _resets_variables(metric):
    """Whether to reset a metric is to set its variables to zero."""
    kind = type(metric)
    return (
        kind.reset_state is Metric.reset_state
        and kind.reset_states is Metric.reset_states
        and not metric._awaits_first_batch()
    )
