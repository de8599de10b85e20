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
"""What `compile` says, and the steps that it decides."""

import types
import warnings

import numpy as np
import tensorflow as tf

from tfk import losses as losses_lib
from tfk import metrics as metrics_lib
from tfk import optimizers
from tfk.data import batches
from tfk.engine import compile as compile_lib
from tfk.engine import dropped_models
from tfk.engine import executor
from tfk.engine import lift_options
from tfk.engine import outputs as outputs_lib
from tfk.engine import own_compile
from tfk.engine import trainability
from tfk.engine import unknown_weights
from tfk.engine import xla
from tfk.saving import serialization
from tfk.utils import caller
from tfk.utils import signatures


def _checked_steps(steps):
    if steps is None or steps == "auto":
        return "auto"
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise ValueError(
            "`steps_per_execution` must be a positive integer or 'auto'. "
            f"Received: steps_per_execution={steps!r}."
        )
    return int(steps)


def _revive(value, family):
    """Makes losses, metrics or an optimizer of what a file says."""
    if isinstance(value, dict) and serialization.is_serialized_object(value):
        return family.deserialize(value)
    if isinstance(value, dict):
        return {key: _revive(item, family) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_revive(item, family) for item in value]
    return value


def _zero_without_rows(pairs, x):
    """Returns gradients, which are 0 and never NaN for a batch without rows.

    A batch with fewer rows than there are replicas leaves some with none, and
    the mean over no rows is NaN, its gradient too.
    """
    given = [(g, v) for g, v in pairs if g is not None]
    if not given:
        return pairs
    gradients = [g for g, _ in given]
    gradients = tf.cond(
        tf.cast(batches.count_rows(x), tf.int64) > 0,
        lambda: gradients,
        lambda: [_zeros_like(gradient) for gradient in gradients],
    )
    missing = [(g, v) for g, v in pairs if g is None]
    return [(g, v) for g, (_, v) in zip(gradients, given)] + missing


def _zeros_like(gradient):
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(
            tf.zeros_like(gradient.values),
            gradient.indices,
            gradient.dense_shape,
        )
    return tf.zeros_like(gradient)


class Compiled:
    """The side of a `Model` that `compile` sets up: losses, metrics, steps."""

    _is_compiled = False
    _compile_config = None
    _lift_preprocessing = None
    _run_eagerly = None
    _jit_compile = None
    _refused_by_xla = frozenset()
    _steps_per_execution = "auto"
    _trainable_at_compile = types.MappingProxyType({})
    _reported_as_changed = ()
    compiled_loss = None
    compiled_metrics = None
    optimizer = None
    loss = None
    stop_training = False
    history = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        own_compile.note_arguments(cls, Compiled.compile)

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        metrics=None,
        loss_weights=None,
        weighted_metrics=None,
        run_eagerly=None,
        steps_per_execution=None,
        jit_compile=None,
        pss_evaluation_shards=0,
        **kwargs,
    ):
        """Says how the model is trained.

        Arguments:
            optimizer: An optimizer or its name. A model of the policy
                `"mixed_float16"` puts a `LossScaleOptimizer` around it.
            loss: A loss, its name, or a function of `(y_true, y_pred)`; for
                several outputs a list, or a dict keyed by the outputs' names.
                An output that takes no part has the loss None.
            metrics: List of metrics, names or functions; for several outputs
                a list of lists, or a dict.
            loss_weights: List or dict of numbers to weigh the outputs' losses.
            weighted_metrics: Like `metrics`, for metrics that are weighted by
                `sample_weight`.
            run_eagerly: Boolean: whether to run Python step by step, to look
                for mistakes.
            steps_per_execution: Integer: steps that run in one call. By
                default the number adapts to the time that steps take, and is 1
                if a callback has a batch hook.
            jit_compile: Boolean: whether XLA compiles the steps, which it does
                not by default. With `"auto"` it compiles each kind of step
                that it can compile as a whole; others run without it, and a
                warning says which operation of which layer is in the way.
                Under a mirrored strategy with CPUs it can't compile any, and
                a warning says so.
            pss_evaluation_shards: Accepted for compatibility.
            **kwargs: `lift_preprocessing`: boolean: whether `fit`, `evaluate`
                and `predict` move the model's preprocessing layers into the
                input pipeline; or `tfk.utils.LiftOptions`, with which they do.
                Defaults to True, unless the model has a `train_step` of its
                own. `sample_weight_mode` is accepted for compatibility: the
                shape of `sample_weight` says it.

        Example:

        >>> model = tfk.Sequential([tfk.layers.Dense(1)])
        >>> model.compile(optimizer="adam", loss="mse", metrics=["mae"])
        """
        lift_preprocessing = kwargs.pop("lift_preprocessing", None)
        kwargs.pop("experimental_run_tf_function", None)
        # The shape of `sample_weight` says it.
        kwargs.pop("sample_weight_mode", None)
        if kwargs:
            raise TypeError(
                f"`compile` does not take {sorted(kwargs)}. Received: {kwargs}."
                " Arguments of the optimizer are given to its class, as in "
                "`tfk.optimizers.Adam(learning_rate=0.001)`."
            )
        xla.check_jit_compile(jit_compile)
        lift_options.check(lift_preprocessing)
        dropped_models.note_new_model(self.variables if self.built else ())
        self._check_scope()
        vars(self)["_compile_config"] = {
            "optimizer": optimizer,
            "loss": loss,
            "metrics": metrics,
            "loss_weights": loss_weights,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        with self.distribute_strategy.scope():
            self.optimizer = self._get_optimizer(optimizer)
            outputs = self._known_outputs()
            vars(self).update(
                loss=loss,
                compiled_loss=compile_lib.CompiledLoss(
                    loss, loss_weights, outputs
                ),
                compiled_metrics=compile_lib.CompiledMetrics(
                    metrics, weighted_metrics, outputs
                ),
            )
        vars(self).update(
            _run_eagerly=run_eagerly,
            _jit_compile=jit_compile,
            _refused_by_xla=set(),
            _known_traces=None,
            _steps_per_execution=_checked_steps(steps_per_execution),
            _lift_preprocessing=lift_preprocessing,
            _is_compiled=True,
            _trainable_at_compile=trainability.of_layers(self),
        )
        self.reset_functions()
        if self.jit_compile is True:
            self.compiled_metrics.check_xla()
        if self._jit_compile and not self.jit_compile:
            warnings.warn(
                "XLA can't compile steps under a mirrored strategy that is "
                "not of GPUs alone; they run without it. Received: "
                f"jit_compile={jit_compile!r} under "
                f"{self.distribute_strategy}.",
                stacklevel=caller.stacklevel(),
            )

    def _check_scope(self):
        """Model and optimizer belong to one strategy."""
        if not tf.distribute.has_strategy():
            return
        strategy = tf.distribute.get_strategy()
        if strategy is not self.distribute_strategy:
            raise ValueError(
                f"Model '{self.name}' was made outside of the scope of the "
                f"strategy that `compile` is called in. Received: {strategy}. "
                "Make the model and call `compile` within the same "
                "`strategy.scope()`."
            )

    def _get_optimizer(self, optimizer):
        if isinstance(optimizer, (list, tuple)):
            return [self._get_optimizer(item) for item in optimizer]
        optimizer = optimizers.get(optimizer)
        if self.dtype_policy.name != "mixed_float16":
            return optimizer
        if isinstance(optimizer, optimizers.LossScaleOptimizer):
            return optimizer
        if not isinstance(optimizer, optimizers.Optimizer):
            return optimizer
        return optimizers.LossScaleOptimizer(optimizer)

    def _known_outputs(self):
        if self.outputs is None:
            return None
        return outputs_lib.Outputs(
            self._functional_graph.outputs, self.output_names
        )

    def train_step(self, data):
        """Trains on one batch. Override it to train in your own way.

        Arguments:
            data: What the dataset yields: a structure of tensors.

        Returns:
            A dict of names to values, shown by `fit`.
        """
        x, y, sample_weight = batches.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            unknown_weights.warn_of_unknown(self, tape)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
        self._check_has_loss(y)
        self._minimize(loss, tape, x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _minimize(self, loss, tape, x):
        variables = self.trainable_variables
        if self.distribute_strategy.num_replicas_in_sync == 1:
            self.optimizer.minimize(loss, variables, tape=tape)
            return
        pairs = self.optimizer.compute_gradients(loss, variables, tape)
        self.optimizer.apply_gradients(_zero_without_rows(pairs, x))

    def test_step(self, data):
        """Evaluates one batch. Override it to evaluate in your own way.

        Arguments:
            data: What the dataset yields: a structure of tensors.

        Returns:
            A dict of names to values.
        """
        x, y, sample_weight = batches.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        self._check_has_targets(y)
        self.compute_loss(x, y, y_pred, sample_weight)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data):
        """Predicts one batch. Override it to predict in your own way.

        Arguments:
            data: What the dataset yields: a structure of tensors.

        Returns:
            The predictions.
        """
        x, _, _ = batches.unpack_x_y_sample_weight(data)
        return self(x, training=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        """Computes the total loss of a batch.

        Arguments:
            x: The inputs.
            y: The targets.
            y_pred: The model's outputs.
            sample_weight: The sample weights.

        Returns:
            A scalar: the compiled loss and the layers' own losses.
        """
        del x
        return self.compiled_loss(
            y, y_pred, sample_weight, regularization_losses=self.losses
        )

    def compute_metrics(self, x, y, y_pred, sample_weight):
        """Updates the compiled metrics with a batch.

        Arguments:
            x: The inputs.
            y: The targets.
            y_pred: The model's outputs.
            sample_weight: The sample weights.

        Returns:
            A dict of the metrics' names to their results.
        """
        del x
        self.compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self):
        """Returns the metrics' names and results as a dict."""
        results = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):
                results.update(result)
            else:
                results[metric.name] = result
        return results

    def _check_has_loss(self, y):
        if self.loss is None:
            if self.losses or self._has_own("compute_loss"):
                return
            raise ValueError(
                "The model has no loss to make small. Pass one to `compile`, "
                "for instance `loss='mse'`, or call `add_loss` in a layer."
            )
        self._check_has_targets(y)

    def _check_has_targets(self, y):
        if self.loss is None or self._has_own("compute_loss"):
            return
        if y is None:
            raise ValueError(
                f"The model was compiled with loss={self.loss!r}, which needs "
                "targets. Received: data without targets. Pass `y`, or let "
                "the dataset yield `(x, y)`."
            )

    def _has_own(self, method):
        """Whether a user's class overrides a method."""
        if method in vars(self):
            return True
        return getattr(type(self), method) is not getattr(Compiled, method)

    @property
    def run_eagerly(self):
        """Whether steps run as Python, one by one."""
        if any(layer.dynamic for layer in self._flatten_layers()):
            return True
        return bool(self._run_eagerly) or tf.config.functions_run_eagerly()

    @run_eagerly.setter
    def run_eagerly(self, value):
        vars(self)["_run_eagerly"] = value
        self.reset_functions()

    @property
    def jit_compile(self):
        """Whether XLA compiles the steps: a boolean, or `"auto"`."""
        if not self._jit_compile:
            return False
        if not executor.can_compile(self.distribute_strategy):
            return False
        return "auto" if self._jit_compile == "auto" else True

    @jit_compile.setter
    def jit_compile(self, value):
        xla.check_jit_compile(value)
        vars(self)["_jit_compile"] = value
        self.reset_functions()

    @property
    def steps_per_execution(self):
        """How many steps run in one call: an integer or "auto"."""
        return self._steps_per_execution

    @steps_per_execution.setter
    def steps_per_execution(self, value):
        vars(self)["_steps_per_execution"] = _checked_steps(value)

    @property
    def metrics(self):
        """The metrics of `compile` and those of the layers.

        Override it to list metrics that a `train_step` of your own updates,
        so that they are started anew in each epoch.
        """
        found = []
        if self._is_compiled:
            if self.compiled_loss is not None and not self._skips_loss():
                found += self.compiled_loss.metrics
            if self.compiled_metrics is not None:
                found += self.compiled_metrics.metrics
        seen = {id(metric) for metric in found}
        for layer in self._flatten_layers():
            for item in layer._tracked_items():
                if isinstance(item, metrics_lib.Metric):
                    if id(item) not in seen:
                        seen.add(id(item))
                        found.append(item)
        return found

    def _skips_loss(self):
        """Whether the compiled loss takes no part in a user's own step."""
        return self.loss is None and (
            self._has_own("train_step") or self._has_own("compute_loss")
        )

    @property
    def metrics_names(self):
        """The names of what `evaluate` returns, in order."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self):
        """Starts all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def _check_compiled(self, method):
        if not self._is_compiled:
            raise RuntimeError(
                f"The model must be compiled before `{method}`. Call "
                "`model.compile(optimizer, loss)` first."
            )

    def get_compile_config(self):
        """Returns the arguments of `compile` as plain data, for saving."""
        if not self._is_compiled or self._compile_config is None:
            return None
        if self._has_own("compile"):
            above = signatures.parameters(Compiled.compile)
            own = own_compile.get_config(self, above)
            if own is not None:
                return own
        config = dict(self._compile_config)
        # The optimizer as it is now: its learning rate may have been changed,
        # and a model that is read back is of the policy of its reader.
        config["optimizer"] = self.optimizer
        return {
            key: compile_lib.serialize(value) for key, value in config.items()
        }

    def compile_from_config(self, config):
        """Compiles with what `get_compile_config` returned.

        Arguments:
            config: Dict.
        """
        if self._has_own("compile"):
            own_compile.compile_from_config(self, config, Compiled.compile)
            return
        config = dict(config)
        known = {
            key: config.get(key)
            for key in (
                "optimizer",
                "loss",
                "metrics",
                "loss_weights",
                "weighted_metrics",
                "run_eagerly",
                "steps_per_execution",
                "jit_compile",
            )
            if key in config
        }
        for key, family in (
            ("optimizer", optimizers),
            ("loss", losses_lib),
            ("metrics", metrics_lib),
            ("weighted_metrics", metrics_lib),
        ):
            if key in known:
                known[key] = _revive(known[key], family)
        self.compile(**known)
        if serialization.current_path():
            # The weights are not read yet, and slots may begin with them.
            return
        if self.built and isinstance(self.optimizer, optimizers.Optimizer):
            self.optimizer.build(self.trainable_variables)
