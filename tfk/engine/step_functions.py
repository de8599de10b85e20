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
"""Compiled functions of a model's steps: made when needed, then kept."""

import contextlib

from tfk.engine import array_steps
from tfk.engine import executor
from tfk.engine import input_clock
from tfk.engine import preparation
from tfk.engine import traces
from tfk.engine import weight_view


class StepFunctions:
    """The side of a `Trainer` that compiles its steps."""

    _main_graph = None
    _state_versions = ()
    _num_exchanges = 0
    _known_traces = None

    # Traces

    @property
    def trace_counts(self):
        """How often the steps were traced since `compile`.

        A dict of `"train"`, `"test"` and `"predict"` to numbers. TensorFlow
        traces a step, that is, makes a graph of it, for each kind of data,
        which takes longer than many steps. Two or three traces of a kind of
        step are usual: a size that changes from batch to batch, or from call
        to call, is left open from its second value on. If there are more, the
        data changes its structure, a dtype or the number of its axes.
        """
        return self._traces.counts()

    def note_trace(self, mode, spec):
        """Counts a trace.

        Arguments:
            mode: String: "train", "test" or "predict".
            spec: Structure of `tf.TypeSpec`: the batch that it is for.
        """
        self._traces.note(mode, spec)

    def opened_spec(self, mode, spec):
        """Returns specs that leave open what differs between calls.

        Arguments:
            mode: String: "train", "test" or "predict".
            spec: Structure of `tf.TypeSpec`, or None for nothing: a batch.

        Returns:
            A list of the leaves of the structure that are there.

        Raises:
            ValueError: If the model can't take such a batch.
        """
        wide = self._traces.opened(
            mode, spec, lambda: preparation.check_inputs(self, spec, mode)
        )
        return [leaf for leaf in wide if leaf is not None]

    @property
    def _traces(self):
        if self._known_traces is None:
            vars(self)["_known_traces"] = traces.Traces(self.name)
        return self._known_traces

    # The store

    def reset_functions(self):
        """Forgets the compiled functions; they are made anew when needed."""
        vars(self)["_functions"] = {}
        self.train_function = None
        self.test_function = None
        self.predict_function = None

    def _compiled_functions(self):
        """Returns the compiled functions, none of which holds old state.

        Learned state of preprocessing layers can be a constant in them, and a
        weight may have been exchanged for a quantised one.
        """
        num_exchanges = weight_view.num_exchanges()
        if self._num_exchanges != num_exchanges or any(
            x._state_version != seen for x, seen in self._state_versions
        ):
            self.reset_functions()
            vars(self)["_num_exchanges"] = num_exchanges
        if not self._functions:
            vars(self)["_state_versions"] = [
                (layer, layer._state_version)
                for layer in self._flatten_layers()
                if hasattr(layer, "_state_version")
            ]
        return self._functions

    # What is in it

    def _function_over(self, mode, run, is_timed=False):
        """Returns the compiled function that runs steps over data.

        Arguments:
            mode: String: "train", "test" or "predict".
            run: `Epochs` or `ArrayRun`: the data.
            is_timed: Boolean: whether to tell what waits for input.
        """
        if isinstance(run, array_steps.ArrayRun):
            return self._rows_function(mode)
        if mode == "predict":
            return self._iterator_function(run.lifted)
        return self._group_function(mode, run.lifted, run.may_end, is_timed)

    def _group_function(self, mode, lifted, may_end=True, is_timed=False):
        """Returns the compiled function that runs steps of one kind."""
        functions = self._compiled_functions()
        main = None if lifted is None else lifted.main
        numbering = None if lifted is None else lifted.numbering
        key = (mode, None if main is None else id(main), may_end, is_timed)
        if numbering is not None:
            key += numbering.key
        if key not in functions:
            functions[key] = executor.GroupFunction(
                self,
                self._step_function(mode),
                self._reports_metrics(mode),
                main,
                may_end,
                numbering,
                mode,
            )
            if is_timed:
                functions[key].input_clock = input_clock.InputClock()
        return functions[key]

    def _iterator_function(self, lifted):
        """Returns the function that predicts the next batch of an iterator."""
        functions = self._compiled_functions()
        main = None if lifted is None else lifted.main
        key = ("predict", None if main is None else id(main))
        if key not in functions:
            functions[key] = executor.PredictFunction(
                self, self._step_function("predict"), main
            )
        return functions[key]

    def _rows_function(self, mode):
        """Returns the compiled function of one kind of step over arrays."""
        functions = self._compiled_functions()
        key = (mode, "rows")
        if key not in functions:
            step = self._step_function(mode)
            functions[key] = (
                array_steps.PredictFunction(self, step)
                if mode == "predict"
                else array_steps.TestFunction(
                    self, step, self._reports_metrics(mode)
                )
            )
        return functions[key]

    def _step_function(self, mode):
        """Returns the step of a mode, `if` and `for` in a user's one mended."""
        if mode == "train":
            self.check_can_train()
        method = getattr(self, f"{mode}_step")
        if self._has_own(f"{mode}_step") and not self.run_eagerly:
            return executor.convert(method)
        return method

    def _reports_metrics(self, mode):
        """Whether a step returns what `get_metrics_result` gives."""
        return not (
            self._has_own(f"{mode}_step") or self._has_own("compute_metrics")
        )

    @contextlib.contextmanager
    def running(self, main):
        """Within it, calls of the model run its main part only.

        Arguments:
            main: `Graph` of the part after the preprocessing, or None.
        """
        before = self._main_graph
        vars(self)["_main_graph"] = main
        try:
            yield
        finally:
            vars(self)["_main_graph"] = before

    # For loops of the user's own

    def make_train_function(self, force=False):
        """Returns a function that trains on one batch of an iterator.

        Arguments:
            force: Boolean: whether to make it anew.
        """
        return self._make_function("train", force)

    def make_test_function(self, force=False):
        """Returns a function that evaluates one batch of an iterator.

        Arguments:
            force: Boolean: whether to make it anew.
        """
        return self._make_function("test", force)

    def make_predict_function(self, force=False):
        """Returns a function that predicts one batch of an iterator.

        Arguments:
            force: Boolean: whether to make it anew.
        """
        return self._make_function("predict", force)

    def _make_function(self, mode, force):
        name = f"{mode}_function"
        if force or getattr(self, name) is None:
            if mode == "predict":
                function = self._iterator_function(None)
            else:
                group = self._group_function(mode, None)

                def function(iterator):
                    return group.run(iterator, 1)

            setattr(self, name, function)
        return getattr(self, name)
