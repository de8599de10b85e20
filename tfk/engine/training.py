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
"""Training, evaluation and prediction: what a model does with data."""

import contextlib
import numbers
import warnings

import tensorflow as tf

from tfk import callbacks as callbacks_lib
from tfk.callbacks.logs import Logs
from tfk.data import adapters
from tfk.data import batches
from tfk.data import class_weights
from tfk.data import splits
from tfk.distribute import datasets
from tfk.engine import array_steps
from tfk.engine import compiled
from tfk.engine import differentiability
from tfk.engine import executor
from tfk.engine import fit_state
from tfk.engine import input_clock
from tfk.engine import lifting
from tfk.engine import loop
from tfk.engine import on_batch
from tfk.engine import outputs as outputs_lib
from tfk.engine import predictions
from tfk.engine import traces
from tfk.engine import validation as validation_lib
from tfk.engine import weight_view
from tfk.utils import caller
from tfk.utils import interactive_logging
from tfk.utils import progress_bar


class _Unasked(int):
    """A default that differs from the same value of the caller's."""

    def __repr__(self):
        return repr(bool(self))


_SHUFFLE = _Unasked(True)


class Trainer(on_batch.OnBatch, compiled.Compiled):
    """The training side of `tfk.Model`."""

    # The `FitState` while `fit` runs.
    fit_state = None

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
            mode, spec, lambda: self._check_input_spec(spec, mode)
        )
        return [leaf for leaf in wide if leaf is not None]

    @property
    def _traces(self):
        if self._known_traces is None:
            vars(self)["_known_traces"] = traces.Traces(self.name)
        return self._known_traces

    # Functions

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

    def _step_function(self, mode):
        """Returns the step of a mode, `if` and `for` in a user's one mended."""
        if mode == "train":
            self.check_can_train()
        method = getattr(self, f"{mode}_step")
        if self._has_own(f"{mode}_step") and not self.run_eagerly:
            return executor.convert(method)
        return method

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
        name = "predict_function"
        if force or getattr(self, name) is None:
            predict = self._iterator_function(None)
            setattr(self, name, predict)
        return getattr(self, name)

    def _make_function(self, mode, force):
        name = f"{mode}_function"
        if force or getattr(self, name) is None:
            group = self._group_function(mode, None)
            setattr(self, name, lambda iterator: group.run(iterator, 1))
        return getattr(self, name)

    # Preparation

    def _lifts(self, mode):
        """Whether preprocessing is to be moved into sources."""
        wanted = self._lift_preprocessing
        if wanted is None:
            wanted = not self._has_own(f"{mode}_step")
        return bool(wanted) and not self.run_eagerly

    def _prepare(self, spec, mode):
        """Builds model, losses, metrics and optimizer before any trace."""
        if spec is None:
            return
        is_own = self._has_own(f"{mode}_step")
        x, y, _ = batches.unpack_x_y_sample_weight(spec)
        y_pred = None
        if not self.built or not (is_own or self._has_losses_and_metrics()):
            y_pred = self._output_specs(x, mode)
        if mode == "predict":
            return
        if y_pred is not None and not is_own:
            self._build_losses_and_metrics(y, y_pred)
        if mode == "train" and not is_own:
            with self.trainable_as_compiled():
                differentiability.check(self)
            if not isinstance(self.optimizer, list) and self.optimizer:
                self.optimizer.build(self._variables_to_train())

    def _check_input_spec(self, spec, mode):
        """Raises an error if the model can't take such a batch."""
        x, _, _ = batches.unpack_x_y_sample_weight(spec)
        try:
            executor.trace_outputs(lambda x: self(x, training=False), x)
        except Exception:
            # A step of a user's own may call the model on something else.
            if not self._has_own(f"{mode}_step"):
                raise

    def _has_losses_and_metrics(self):
        parts = (self.compiled_loss, self.compiled_metrics)
        return all(part is not None and part.built for part in parts)

    def _build_losses_and_metrics(self, y, y_pred):
        outputs = self._known_outputs() or outputs_lib.Outputs(y_pred)
        if not self.compiled_loss.built:
            self.compiled_loss.build(outputs)
        if not self.compiled_metrics.built:
            self.compiled_metrics.build(outputs, y, y_pred)

    def _output_specs(self, x, mode):
        """Returns symbolic outputs; builds the model where needed."""
        if self.outputs is not None:
            return self._functional_graph.outputs
        if self.built and mode == "predict":
            return None
        try:
            return executor.trace_outputs(
                lambda inputs: self(inputs, training=mode == "train"), x
            )
        except Exception:
            # A step of the user's own may call the model on something else.
            if self._has_own(f"{mode}_step"):
                return None
            raise

    def _weigh_classes(self, source, class_weight):
        if class_weight is None:
            return
        outputs = None
        if source.element_spec is not None:
            x, _, _ = batches.unpack_x_y_sample_weight(source.element_spec)
            outputs = self._described_outputs(self._output_specs(x, "train"))
        source.weigh_classes(class_weight, outputs)

    def _described_outputs(self, y_pred):
        """Returns the names and shapes of the outputs, if they are known."""
        if y_pred is None:
            return None
        outputs = self._known_outputs() or outputs_lib.Outputs(y_pred)
        return [
            class_weights.Output(name, x.shape)
            for name, x in zip(outputs.names, tf.nest.flatten(y_pred))
        ]

    def _open_source(
        self, source, mode, steps, method, passes=1, is_moved=False
    ):
        """Makes a source ready for a run: lifted, prepared, distributed."""
        spec = source.element_spec
        self._prepare(spec, mode)
        if self._lifts(mode):
            # The inputs of the source are preprocessed ones then.
            lifting.cache_rows(self, source, mode == "train", passes)
        repeats = False
        if is_moved:
            # It goes on without end, if it is of arrays.
            repeats = source.num_rows is not None
        elif steps is not None and source.num_rows is not None:
            if source.num_batches != tf.data.INFINITE_CARDINALITY:
                source.dataset = source.dataset.repeat()
            source.num_batches = tf.data.INFINITE_CARDINALITY
        elif steps is None and passes > 1 and loop.can_repeat(source):
            source.dataset = source.dataset.repeat(passes)
            repeats = True
        lifted = None
        if self._lifts(mode):
            lifted = lifting.lift(self, source, mode == "train", passes)
        strategy = self.distribute_strategy
        dataset = source.dataset if lifted is None else lifted.dataset
        numbering = None if lifted is None else lifted.numbering

        def opened(dataset):
            dataset = self._traces.opened_dataset(
                mode,
                dataset,
                lambda: self._check_input_spec(spec, mode),
            )
            return datasets.distribute(dataset, strategy)

        dataset = opened(dataset)

        def open_numbered(positions):
            return opened(numbering.open(positions))

        run = loop.Epochs(
            source, dataset, steps, method, repeats, numbering, open_numbered
        )
        return run, lifted

    @contextlib.contextmanager
    def trainable_as_compiled(self):
        """Within it, layers are as trainable as they were at `compile`.

        So one model can train its part, while a second one, that was compiled
        after the part was frozen, leaves it alone.
        """
        now = [(layer, layer._trainable) for layer in self._changed_trainable()]
        for layer, trainable in now:
            vars(layer)["_trainable"] = not trainable
        try:
            yield
        finally:
            for layer, trainable in now:
                vars(layer)["_trainable"] = trainable

    def _changed_trainable(self):
        """Returns the layers that were frozen or unfrozen since `compile`."""
        before = self._trainable_at_compile
        return [
            layer
            for layer in self._flatten_layers()
            if before.get(id(layer), layer._trainable) != layer._trainable
        ]

    def _variables_to_train(self):
        with self.trainable_as_compiled():
            return self.trainable_variables

    def _warn_if_trainable_changed(self):
        changed = [layer.name for layer in self._changed_trainable()]
        if changed and changed != self._reported_as_changed:
            warnings.warn(
                "`trainable` was changed after `compile`, and takes effect at "
                f"the next `compile`. Changed layers: {changed[:10]}.",
                stacklevel=3,
            )
        vars(self)["_reported_as_changed"] = changed

    # fit

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=_SHUFFLE,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
    ):
        """Trains the model.

        The loss and metrics shown are means over the samples of an epoch, each
        taken with the weights of its step, in training mode: with dropout, and
        with the statistics of the batch. `evaluate` on the same data differs,
        since it takes the final weights, in test mode; `val_loss` is exactly
        what `evaluate` gives on the validation data.

        Arguments:
            x: Arrays, tensors, a nested structure of them, a data frame, a
                `tf.data.Dataset` of `(x, y)` or `(x, y, sample_weight)`, a
                generator, or a `tfk.utils.Sequence`.
            y: Targets, where `x` does not yield them.
            batch_size: Integer: rows in a batch of arrays. Defaults to 32.
            epochs: Integer: the epoch to train up to.
            verbose: 0 is silent, 1 a progress bar, 2 a line for each epoch.
            callbacks: List of `tfk.callbacks.Callback`.
            validation_split: Float: the fraction of the arrays' last rows to
                validate on. They are cut off before any shuffling.
            validation_data: `(x, y)`, `(x, y, sample_weight)` or a dataset to
                validate on after each epoch.
            shuffle: Boolean: whether to draw a new order of the arrays' rows
                in each epoch. A dataset's order is its own; to ask for another
                one is a warning.
            class_weight: Dict of class indices to weights, which multiply
                the sample weights; classes that are not named weigh 1. For
                several outputs a dict by the outputs' names, or a list, of
                such dicts or None. Validation data is not weighed by it.
            sample_weight: Array of weights of the rows, or of each time step
                or pixel; for several outputs a dict or list of arrays.
            initial_epoch: Integer: the epoch to start at.
            steps_per_epoch: Integer: steps in an epoch.
            validation_steps: Integer: validation steps in an epoch.
            validation_batch_size: Integer. Defaults to `batch_size`.
            validation_freq: Integer, or a list of epochs (from 1) to validate
                after.
            max_queue_size: Integer: how many batches of a `Sequence` or
                generator are made ahead.
            workers: Integer: threads or processes for a `Sequence`.
            use_multiprocessing: Boolean: whether they are processes. See
                `tfk.utils.Sequence`.

        Returns:
            A `History`; its `history` holds the logs of each epoch.

        Raises:
            RuntimeError: If the model was not compiled.
            ValueError: If the data does not fit.

        Example:

        >>> model = tfk.Sequential([tfk.layers.Dense(1)])
        >>> model.compile(optimizer="sgd", loss="mse")
        >>> x = np.ones((8, 2))
        >>> history = model.fit(x, np.ones((8, 1)), epochs=2, verbose=0)
        >>> len(history.history["loss"])
        2
        """
        self._check_compiled("fit")
        _check_counts(epochs=epochs, initial_epoch=initial_epoch)
        self._warn_if_trainable_changed()
        if validation_split:
            (x, y, sample_weight), validation_data = (
                splits.train_validation_split(
                    (x, y, sample_weight), validation_split
                )
            )
        with self.distribute_strategy.scope():
            source = adapters.source(
                x,
                y,
                sample_weight,
                batch_size=batch_size,
                shuffle=shuffle,
                steps=steps_per_epoch,
                workers=workers,
                use_multiprocessing=use_multiprocessing,
                max_queue_size=max_queue_size,
            )
            _check_shuffle(shuffle, source)
            self._weigh_classes(source, class_weight)
            passes = max(1, epochs - initial_epoch)
            run, lifted = self._open_source(
                source, "train", steps_per_epoch, "fit", passes
            )
            if not isinstance(callbacks, callbacks_lib.CallbackList):
                callbacks = callbacks_lib.CallbackList(
                    callbacks,
                    add_history=True,
                    add_progbar=verbose != 0,
                    model=self,
                    verbose=interactive_logging.verbosity(verbose),
                    epochs=epochs,
                    steps=run.num_steps,
                )
            validation = None
            if validation_data is not None:
                validation = validation_lib.Validation(
                    self,
                    validation_data,
                    validation_batch_size or batch_size,
                    validation_steps,
                    validation_freq,
                    passes,
                    callbacks,
                    (workers, use_multiprocessing, max_queue_size),
                )

            def open_at(position):
                moved = self._move_run(run, steps_per_epoch, passes, position)
                moved.move_to(position)
                return moved

            fit = fit_state.FitState(
                self, run, callbacks, initial_epoch, open_at
            )
            others = () if validation is None else validation.sources
            with fit, source.running(*others):
                self._fit_epochs(fit, lifted, callbacks, epochs, validation)
        return self.history

    def _move_run(self, run, steps, passes, position):
        """Returns the run over data that begins where the position is."""
        source = run.source
        if source.start_at is None:
            return run
        source.move_to(*run.passes_and_batches(position), position["seed"])
        moved, _ = self._open_source(
            source, "train", steps, "fit", passes, is_moved=True
        )
        return moved

    def _fit_epochs(self, fit, lifted, callbacks, last, validation):
        run, first = fit.run, fit.epoch
        self.stop_training = False
        is_timed = callbacks.wants_times()
        function = self._group_function("train", lifted, run.may_end, is_timed)
        group_size = loop.GroupSize(
            self.steps_per_execution,
            callbacks.wants_every_batch("train"),
            function.group_size,
        )
        times = fit.times

        def on_batch_begin(step):
            callbacks.on_train_batch_begin(step)
            times.switch("steps")

        def on_batch_end(step, logs):
            if is_timed:
                # A device may still be computing them.
                logs.values()
            times.switch("callbacks")
            callbacks.on_train_batch_end(step, logs)
            fit.end_batch(step, logs)

        callbacks.on_train_begin()
        fit.begin(function)
        run = fit.run
        for epoch in fit.epochs(last):
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            times.switch("input")
            iterator = run.iterator()
            times.switch("callbacks")
            done, logs = loop.run_steps(
                function,
                iterator,
                run.num_steps,
                group_size,
                on_batch_begin,
                on_batch_end,
                lambda: self.stop_training,
                run.can_group(),
                fit.begin_epoch(),
            )
            ended = run.ended(done, self.stop_training)
            ended = ended and not self.stop_training
            if logs is None and done > 0:
                # The epoch is resumed after its last step.
                logs = fit.logs
            if logs is None and epoch > first:
                if not ended:
                    _warn_of_used_up_data(epoch, last)
                break
            if logs is None:
                raise ValueError(
                    "The data yielded no batch in an epoch of `fit`. A dataset "
                    "must yield at least one; a generator is used up after "
                    "one pass."
                )
            logs = Logs(logs)
            if validation is not None and validation.is_due(epoch):
                times.switch("validation")
                for name, value in validation.run().items():
                    logs[f"val_{name}"] = value
                times.switch("callbacks")
            callbacks.on_epoch_end(epoch, logs)
            fit.end_epoch(logs)
            if self.stop_training or ended:
                break
        if self.optimizer is not None and not isinstance(self.optimizer, list):
            if last > first and hasattr(
                self.optimizer, "finalize_variable_values"
            ):
                self.optimizer.finalize_variable_values(
                    self._variables_to_train()
                )
        callbacks.on_train_end(fit.logs)

    # evaluate

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
        return_dict=False,
        **kwargs,
    ):
        """Computes loss and metrics in test mode.

        Arguments:
            x: Data, as for `fit`.
            y: Targets, where `x` does not yield them.
            batch_size: Integer: rows in a batch of arrays. Defaults to 32.
            verbose: 0 is silent, 1 a progress bar, 2 a line.
            sample_weight: Array of weights of the rows.
            steps: Integer: how many batches to evaluate.
            callbacks: List of callbacks.
            max_queue_size: As for `fit`.
            workers: As for `fit`.
            use_multiprocessing: As for `fit`.
            return_dict: Boolean: whether to return a dict.
            **kwargs: None are known.

        Returns:
            The loss, a list of the loss and the metrics in the order of
            `metrics_names`, or a dict.
        """
        if kwargs:
            raise TypeError(f"`evaluate` does not take {sorted(kwargs)}.")
        self._check_compiled("evaluate")
        data = self._direct_batch(
            x, y, sample_weight, batch_size, steps, callbacks
        )
        if data is not None:
            bar = _bar_of_one_step(verbose)
            logs = self._run_batch("test", data, reset_metrics=True)
            if bar is not None:
                bar.stateful_metrics.update(logs)
                bar.update(1, list(logs.items()))
            return self._in_order(logs, return_dict)
        with self.distribute_strategy.scope(), contextlib.ExitStack() as stack:
            run = self._array_run(
                "test", x, y, sample_weight, batch_size, steps
            )
            lifted = None
            if run is None:
                source = adapters.source(
                    x,
                    y,
                    sample_weight,
                    batch_size=batch_size,
                    steps=steps,
                    workers=workers,
                    use_multiprocessing=use_multiprocessing,
                    max_queue_size=max_queue_size,
                )
                run, lifted = self._open_source(
                    source, "test", steps, "evaluate"
                )
                stack.enter_context(source.running())
            callbacks = self._callbacks_of_pass(callbacks, verbose, run)
            logs = self._evaluate_once(run, lifted, callbacks)
        return self._in_order(logs, return_dict)

    def _callbacks_of_pass(self, callbacks, verbose, run):
        """Returns the `CallbackList` of one pass over data."""
        if isinstance(callbacks, callbacks_lib.CallbackList):
            return callbacks
        return callbacks_lib.CallbackList(
            callbacks,
            add_progbar=verbose != 0,
            model=self,
            verbose=interactive_logging.verbosity(verbose),
            epochs=1,
            steps=run.num_steps,
        )

    def _array_run(self, mode, x, y, sample_weight, batch_size, steps):
        """Returns an `ArrayRun`, or None where a pipeline has to be made."""
        if steps is not None or not self._runs_directly():
            return None
        if self.jit_compile or self.run_eagerly:
            return None
        if batch_size is None:
            batch_size = adapters.DEFAULT_BATCH_SIZE
        run = array_steps.array_run(x, y, sample_weight, batch_size)
        if run is None:
            return None
        self._prepare(run.element_spec, mode)
        if self.stage_split is not None and self._lifts(mode):
            return None
        if mode == "predict" and not self._rows_function(mode).can_join(run):
            return None
        return run

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

    def _reports_metrics(self, mode):
        """Whether a step returns what `get_metrics_result` gives."""
        return not (
            self._has_own(f"{mode}_step") or self._has_own("compute_metrics")
        )

    def _evaluate_once(self, run, lifted, callbacks):
        if isinstance(run, array_steps.ArrayRun):
            function = self._rows_function("test")
        else:
            function = self._group_function("test", lifted, run.may_end)
        group_size = loop.GroupSize(
            self.steps_per_execution,
            callbacks.wants_every_batch("test"),
            function.group_size,
            run.max_group,
        )
        callbacks.on_test_begin()
        self.reset_metrics()
        done, logs = loop.run_steps(
            function,
            run.iterator(),
            run.num_steps,
            group_size,
            callbacks.on_test_batch_begin,
            callbacks.on_test_batch_end,
            lambda: False,
            run.can_group(),
        )
        run.ended(done)
        if logs is None:
            raise ValueError("The data to evaluate yielded no batch.")
        callbacks.on_test_end(logs)
        return logs

    # predict

    def predict(
        self,
        x,
        batch_size=None,
        verbose="auto",
        steps=None,
        callbacks=None,
        max_queue_size=10,
        workers=1,
        use_multiprocessing=False,
    ):
        """Computes the outputs for all rows of the data.

        Arguments:
            x: Data, as for `fit`.
            batch_size: Integer: rows in a batch of arrays. Defaults to 32.
            verbose: 0 is silent, 1 a progress bar, 2 a line.
            steps: Integer: how many batches to predict.
            callbacks: List of callbacks.
            max_queue_size: As for `fit`.
            workers: As for `fit`.
            use_multiprocessing: As for `fit`.

        Returns:
            NumPy arrays in the structure of the outputs; ragged and sparse
            outputs stay tensors.
        """
        data = self._direct_batch(x, None, None, batch_size, steps, callbacks)
        if data is not None:
            bar = _bar_of_one_step(verbose)
            outputs = self._predict_batch(data)
            if bar is not None:
                bar.update(1)
            return outputs
        with self.distribute_strategy.scope(), contextlib.ExitStack() as stack:
            run = self._array_run("predict", x, None, None, batch_size, steps)
            lifted = None
            if run is None:
                source = adapters.source(
                    x,
                    batch_size=batch_size,
                    steps=steps,
                    workers=workers,
                    use_multiprocessing=use_multiprocessing,
                    max_queue_size=max_queue_size,
                )
                run, lifted = self._open_source(
                    source, "predict", steps, "predict"
                )
                stack.enter_context(source.running())
            callbacks = self._callbacks_of_pass(callbacks, verbose, run)
            return self._predict_batches(run, lifted, callbacks)

    def _predict_batches(self, run, lifted, callbacks):
        collected = []
        if isinstance(run, array_steps.ArrayRun):
            function = self._rows_function("predict")
            # Outputs may be larger than inputs, so it begins with one batch.
            group_size = loop.GroupSize(
                self.steps_per_execution,
                callbacks.wants_every_batch("predict"),
                limit=run.max_group,
            )
        else:
            function = self._iterator_function(lifted)
            group_size = loop.GroupSize(1, every_batch=True)

        def on_end(step, outputs):
            if not collected and isinstance(run, array_steps.ArrayRun):
                most = array_steps.max_group_of(outputs, step + 1)
                group_size.limit = min(group_size.limit, most)
            collected.append(outputs)
            callbacks.on_predict_batch_end(step, {"outputs": outputs})

        callbacks.on_predict_begin()
        done, _ = loop.run_steps(
            function,
            run.iterator(),
            run.num_steps,
            group_size,
            callbacks.on_predict_batch_begin,
            on_end,
            lambda: False,
            run.can_group(),
        )
        run.ended(done)
        if not collected:
            raise ValueError("The data to predict yielded no batch.")
        callbacks.on_predict_end()
        return predictions.to_numpy(predictions.concatenated(collected))

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


def _bar_of_one_step(verbose):
    if verbose == 0:
        return None
    return progress_bar.Progbar(
        1, verbose=interactive_logging.verbosity(verbose)
    )


def _check_counts(**counts):
    """Refuses what is no number, before any work is done."""
    for name, value in counts.items():
        if not isinstance(value, numbers.Real):
            raise TypeError(
                f"`{name}` of `fit` must be an integer. Received: "
                f"{name}={value!r}."
            )


def _check_shuffle(shuffle, source):
    """Warns of an order that was asked for and that the data can't have."""
    if shuffle is _SHUFFLE or not shuffle:
        return
    if source.kind in ("dataset", "iterable"):
        warnings.warn(
            "`shuffle` has no effect on a dataset or generator, whose order is "
            f"its own. Received: shuffle={shuffle!r}. Shuffle rows before they "
            "become batches, as in `dataset.shuffle(1000).batch(32)`.",
            stacklevel=caller.stacklevel(),
        )


def _warn_of_used_up_data(epoch, last):
    warnings.warn(
        f"The data is used up after {epoch} of {last} epochs, and `fit` ends "
        "with it. A generator makes one pass: let it yield the batches of all "
        "epochs and pass `steps_per_epoch`, or give `fit` a dataset or a "
        "`keras.utils.Sequence`.",
        stacklevel=4,
    )
