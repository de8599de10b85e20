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
"""The base class of optimizers: everything but the update rule."""

import inspect
import re
from typing import Any
from typing import Iterable
from typing import Optional

import tensorflow as tf

from tfk import config as tfk_config
from tfk.optimizers import accumulation
from tfk.optimizers import gradients as gradient_ops
from tfk.optimizers import optimizer_state
from tfk.optimizers import scalars
from tfk.optimizers import schedules
from tfk.optimizers import slots
from tfk.saving import configurable
from tfk.utils import naming
from tfk.utils import tf_internal

_MIRRORED = (
    tf.distribute.MirroredStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
)

_KERAS_3_ARGUMENTS = ("gradient_accumulation_steps", "loss_scale_factor")


class Optimizer(optimizer_state.OptimizerState, configurable.Configurable):
    """Base class of optimizers, and of your own update rules.

    One call of `apply_gradients` does, in this order: leave out variables
    without a gradient, sum over replicas, average with the gradients kept from
    the calls before (`gradient_accumulation_steps`), clip, decay weights,
    update, average the weights (`use_ema`), apply the variables' constraints.

    To write a rule, subclass it with `build`, which makes the slots, and
    `update_step`, which changes one variable. Rules for Keras 3, whose
    `update_step` has a third argument `learning_rate`, run as well.

    Arguments:
        name: String: the name of the optimizer and the scope of its variables.
            Defaults to the name of the class.
        weight_decay: Float: the share of each weight, times the learning rate,
            that is taken off in each step. None or 0 for no decay.
        clipnorm: Float: the norm to which each variable's gradient is bounded.
        clipvalue: Float: the bound of the absolute value of each element of
            the gradients.
        global_clipnorm: Float: the norm to which all gradients together are
            bounded. Not both it and `clipnorm`.
        use_ema: Boolean: whether to keep an exponential moving average of the
            weights. `finalize_variable_values` sets the weights to it. It
            starts from the initial weights, as in tf.keras; in Keras 3 from
            those after the first step.
        ema_momentum: Float in [0, 1]: the average's share of its old value.
        ema_overwrite_frequency: Integer: every so many steps the weights are
            set to their averages. None for never.
        jit_compile: Boolean: kept for Keras' sake. Whether XLA compiles an
            update is decided for the whole step, in `Model.compile`.
        gradient_accumulation_steps: Integer: how many calls of
            `apply_gradients` make one step. The gradients of the calls before
            the last are kept, and the step takes their mean: large batches for
            little memory. Sparse gradients become dense. Schedules count
            calls, everything else counts steps. None for 1.
        loss_scale_factor: Float: what `minimize`, or your own call of
            `scale_loss`, multiplies the loss by, and `apply_gradients` divides
            the gradients by. See also `LossScaleOptimizer`.
        learning_rate: Float, or a schedule. Rules may also take care of it
            themselves, as in the example.
        **kwargs: `lr` and `decay`, the names of old Keras for the learning
            rate and for its decay with 1 / (1 + decay * step).

    Example:

    >>> class SignDescent(tfk.optimizers.Optimizer):
    ...     def __init__(self, learning_rate=0.1, name="SignDescent", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self._learning_rate = self._build_learning_rate(learning_rate)
    ...
    ...     def update_step(self, gradient, variable):
    ...         variable.assign_sub(self.learning_rate * tf.sign(gradient))
    >>> variable = tf.Variable([1.0, 2.0])
    >>> optimizer = SignDescent()
    >>> _ = optimizer.apply_gradients([(tf.constant([5.0, -3.0]), variable)])
    >>> variable.numpy()
    array([0.9, 2.1], dtype=float32)
    """

    _unsaved_arguments = ("learning_rate",)
    # Attributes that change in training, and are no variables.
    _flags_of_training = ("_holds_averages",)
    # Whether tf.keras has the class, whose configs hold what Keras 3 refuses.
    _is_in_tf_keras = True

    def __init__(
        self,
        name: Optional[str] = None,
        weight_decay: Optional[float] = 0,
        clipnorm: Optional[float] = None,
        clipvalue: Optional[float] = None,
        global_clipnorm: Optional[float] = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: Optional[int] = None,
        jit_compile: bool = True,
        gradient_accumulation_steps: Optional[int] = None,
        loss_scale_factor: Optional[float] = None,
        learning_rate: Any = None,
        **kwargs,
    ):
        super().__init__(name or type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.jit_compile = jit_compile
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.loss_scale_factor = loss_scale_factor
        self._check_arguments()
        self._take_old_arguments(kwargs)
        self._excluded_keys = frozenset()
        self._excluded_names = ()
        self._slots = slots.SlotTable()
        self._averages = slots.SlotTable()
        self._accumulator = accumulation.Accumulator(
            gradient_accumulation_steps
        )
        self._holds_averages = False
        self._passes_learning_rate = _count_required(self.update_step) > 2
        self._learning_rate = None
        if learning_rate is not None:
            self._learning_rate = self._build_learning_rate(learning_rate)

    def _check_arguments(self):
        for name in ("clipnorm", "clipvalue", "global_clipnorm"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(
                    f"`{name}` must not be negative. Received: {name}={value} "
                    f"in optimizer '{self.name}'."
                )
        if self.clipnorm is not None and self.global_clipnorm is not None:
            raise ValueError(
                "At most one of `clipnorm` and `global_clipnorm` can be set. "
                f"Received: clipnorm={self.clipnorm}, "
                f"global_clipnorm={self.global_clipnorm}."
            )
        steps = self.gradient_accumulation_steps
        if steps is not None and (not isinstance(steps, int) or steps < 1):
            raise ValueError(
                "`gradient_accumulation_steps` must be a positive integer or "
                f"None. Received: gradient_accumulation_steps={steps!r}."
            )
        if not self.use_ema:
            return
        if not 0 <= self.ema_momentum <= 1:
            raise ValueError(
                "`ema_momentum` must be in the range [0, 1]. Received: "
                f"ema_momentum={self.ema_momentum}."
            )
        frequency = self.ema_overwrite_frequency
        if frequency is not None and (
            not isinstance(frequency, int) or frequency < 1
        ):
            raise ValueError(
                "`ema_overwrite_frequency` must be a positive integer or "
                f"None. Received: ema_overwrite_frequency={frequency!r}."
            )

    def _take_old_arguments(self, kwargs):
        kwargs.pop("is_legacy_optimizer", None)
        self._old_learning_rate = kwargs.pop("lr", None)
        self._old_decay = kwargs.pop("decay", None)
        if kwargs:
            known = configurable.constructor_parameters(type(self))
            hint = naming.did_you_mean(min(kwargs), known)
            raise TypeError(
                f"`{type(self).__name__}` does not know the arguments "
                f"{sorted(kwargs)}.{hint} Received: {kwargs}."
            )

    # Learning rate

    @property
    def learning_rate(self):
        """The learning rate: a variable; set it to a number or a schedule.

        Under a schedule it is the rate of the latest step.
        """
        if self._learning_rate is None:
            raise ValueError(
                f"Optimizer '{self.name}' has no learning rate. Set "
                "`self._learning_rate = "
                "self._build_learning_rate(learning_rate)` in its `__init__`."
            )
        if callable(self._learning_rate):
            return self._current_learning_rate
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        current = self._learning_rate
        if current is None or callable(value):
            self._learning_rate = self._build_learning_rate(value)
        elif callable(current):
            raise TypeError(
                f"The learning rate of optimizer '{self.name}' follows "
                f"{current} and can't be set to a number. Received: "
                f"learning_rate={value}. Construct the optimizer with a "
                "number, or set another schedule."
            )
        else:
            current.assign(value)

    lr = learning_rate

    def _build_learning_rate(self, learning_rate):
        """Returns what to keep as `self._learning_rate`."""
        if self._old_learning_rate is not None:
            learning_rate = self._old_learning_rate
            self._old_learning_rate = None
        if self._old_decay:
            learning_rate = schedules.InverseTimeDecay(
                learning_rate, decay_steps=1, decay_rate=self._old_decay
            )
            self._old_decay = None
        with tf.init_scope():
            if not callable(learning_rate):
                return _learning_rate_variable(learning_rate, "learning_rate")
            self._current_learning_rate = _learning_rate_variable(
                self._scheduled_rate(learning_rate, calls_before=0),
                "current_learning_rate",
            )
        return learning_rate

    def _scheduled_rate(self, schedule, calls_before):
        """Returns the rate of a schedule.

        Arguments:
            schedule: Schedule, or function without arguments.
            calls_before: How many calls of this step came before this one.
        """
        if isinstance(schedule, schedules.LearningRateSchedule):
            calls = self._iterations * (self.gradient_accumulation_steps or 1)
            return schedule(calls + calls_before)
        return schedule()

    def _compute_current_learning_rate(self):
        if callable(self._learning_rate):
            calls_before = (self.gradient_accumulation_steps or 1) - 1
            rate = self._scheduled_rate(self._learning_rate, calls_before)
            variable = self._current_learning_rate
            variable.assign(tf.cast(rate, variable.dtype))

    # Slots

    def build(self, var_list: Iterable[tf.Variable]):
        """Makes the slots of variables; those of known variables stay.

        `apply_gradients` calls it at its first step. Call it yourself when the
        slots have to exist before (to load them), or when the optimizer gets
        further variables.

        Arguments:
            var_list: The variables that the optimizer is going to update.
        """
        new = self._index.unknown([slots.raw(v) for v in var_list])
        if not new:
            return
        self._index.add(new)
        self._built_for.extend(new)
        if self.use_ema:
            for variable in new:
                average = self.add_variable_from_reference(
                    variable, "average", initial_value=variable
                )
                self._averages.put(variable, "average", average)
        self._create_slots(new)
        self._accumulator.build(self, new)
        self._take_awaited()

    def _create_slots(self, variables):
        """Makes a rule's slots; overridden by rules that have some."""

    def _ensure_built(self, variables):
        if not self.built:
            with tf.init_scope():
                self.build(variables)
            return
        unknown = self._index.unknown(variables)
        if unknown:
            raise ValueError(
                f"Optimizer '{self.name}' was built for other variables and "
                f"does not know {', '.join(v.name for v in unknown)}. Call "
                "`optimizer.build(variables)` with all variables before "
                "training, or use a new optimizer for these."
            )

    # Gradients

    def minimize(self, loss, var_list, tape=None):
        """Computes the gradients of a loss and applies them.

        Arguments:
            loss: A function without arguments that returns the loss, or, with
                `tape`, the loss itself.
            var_list: The variables to update, or a function that returns them.
            tape: The `tf.GradientTape` in which `loss` was computed.

        Returns:
            The number of steps made so far.

        Example:

        >>> variable = tf.Variable(3.0)
        >>> optimizer = tfk.optimizers.SGD(learning_rate=0.25)
        >>> _ = optimizer.minimize(lambda: variable**2, [variable])
        >>> variable.numpy()
        np.float32(1.5)
        """
        return self.apply_gradients(
            self.compute_gradients(loss, var_list, tape)
        )

    def compute_gradients(self, loss, var_list, tape=None):
        """Returns the gradients of a loss, each with its variable.

        Arguments:
            loss: As in `minimize`.
            var_list: As in `minimize`.
            tape: As in `minimize`.

        Returns:
            A list of pairs `(gradient, variable)`.
        """
        if not callable(loss) and tape is None:
            raise ValueError(
                "A loss that is a tensor needs the tape that recorded it. "
                f"Received: loss={loss}, tape=None. Pass `tape`, or pass the "
                "loss as a function."
            )
        if callable(loss):
            with tape if tape is not None else tf.GradientTape() as tape:
                if not callable(var_list):
                    tape.watch([slots.raw(v) for v in var_list])
                loss = self.scale_loss(loss())
        else:
            with tape:
                loss = self.scale_loss(loss)
        if callable(var_list):
            var_list = var_list()
        var_list = [slots.raw(v) for v in var_list]
        return list(zip(tape.gradient(loss, var_list), var_list))

    def scale_loss(self, loss):
        """Returns the loss whose gradients `apply_gradients` takes.

        To be called in a training loop of your own, between the loss and its
        gradients. It is the loss itself unless the optimizer scales losses.

        Arguments:
            loss: Tensor.
        """
        if not self.loss_scale_factor:
            return loss
        return loss * tf.cast(self.loss_scale_factor, loss.dtype)

    def aggregate_gradients(self, grads_and_vars):
        """Sums gradients over the replicas of the current strategy.

        Arguments:
            grads_and_vars: List of pairs `(gradient, variable)`.

        Returns:
            A list of such pairs, those without a gradient left out.
        """
        pairs = gradient_ops.without_empty(list(grads_and_vars))
        summed = gradient_ops.sum_over_replicas([g for g, _ in pairs])
        return [(g, v) for g, (_, v) in zip(summed, pairs)]

    def apply_gradients(
        self,
        grads_and_vars,
        name: Optional[str] = None,
        skip_gradients_aggregation: bool = False,
        **kwargs,
    ) -> Any:
        """Makes one step: changes the variables by their gradients.

        Arguments:
            grads_and_vars: Iterable of pairs `(gradient, variable)`.
            name: String: the scope of the operations.
            skip_gradients_aggregation: Boolean: whether the gradients are
                already summed over replicas.
            **kwargs: `experimental_aggregate_gradients`: the older name, for
                the opposite, of `skip_gradients_aggregation`.

        Returns:
            The number of steps made so far: the variable `iterations`.
        """
        aggregate = kwargs.pop("experimental_aggregate_gradients", True)
        if kwargs:
            raise TypeError(
                "`apply_gradients` does not know the arguments "
                f"{sorted(kwargs)}."
            )
        pairs = [(g, slots.raw(v)) for g, v in grads_and_vars]
        if not pairs:
            return self._iterations
        with tf.name_scope(name or self.name):
            self._ensure_built([v for _, v in pairs])
            pairs = gradient_ops.without_empty(pairs)
            variables = [v for _, v in pairs]
            gradients = [g for g, _ in pairs]
            if aggregate and not skip_gradients_aggregation:
                gradients = gradient_ops.sum_over_replicas(gradients)
            self._commit_once(self._prepare(gradients, variables), variables)
        return self._iterations

    def apply(self, grads, trainable_variables=None):
        """Makes one step, as `apply_gradients` does, from two lists.

        Arguments:
            grads: List of gradients.
            trainable_variables: List of their variables; by default those that
                the optimizer was built for.
        """
        if trainable_variables is None:
            trainable_variables = self._built_for
        self.apply_gradients(list(zip(grads, trainable_variables, strict=True)))

    def _prepare(self, gradients, variables):
        """Computes, in each replica, what `_commit` takes; changes nothing.

        Arguments:
            gradients: List of tensors and `tf.IndexedSlices`: sums over the
                replicas.
            variables: Their variables.

        Returns:
            A structure of tensors.
        """
        if self.loss_scale_factor:
            gradients = gradient_ops.divide(gradients, self.loss_scale_factor)
        clipped = gradient_ops.clip(
            self._accumulator.means(gradients, variables),
            self.clipvalue,
            self.clipnorm,
            self.global_clipnorm,
        )
        return gradients, clipped

    def _commit(self, update, ready, variables):
        """Changes variables and state, once for all replicas.

        Arguments:
            update: Function of a variable, a function and its arguments, that
                calls the function for each copy of the variable.
            ready: What `_prepare` returned.
            variables: The variables.
        """
        gradients, clipped = ready
        self._accumulator.commit(
            update,
            gradients,
            variables,
            lambda: self._update_all(update, clipped, variables),
        )

    def _commit_once(self, ready, variables):
        if not tf.distribute.has_strategy():
            self._commit(_call, ready, variables)
            return

        def merged(strategy, ready):
            _check_made_in_scope(strategy, variables)

            def update(variable, function, *args):
                strategy.extended.update(variable, function, args, group=False)

            self._commit(update, ready, variables)

        strategy = tf.distribute.get_strategy()
        if tf.distribute.in_cross_replica_context():
            merged(strategy, ready)
        else:
            tf_internal.maybe_merge_call(merged, strategy, ready)

    def _update_all(self, update, gradients, variables):
        self._compute_current_learning_rate()
        self._begin_step()
        try:
            for gradient, variable in zip(gradients, variables):
                if self._use_weight_decay(variable):
                    update(variable, self._decay_weights)
                update(variable, self._update_variable, gradient)
        finally:
            self._end_step()
        if self.use_ema:
            self._average_weights(update, variables)
        for variable in variables:
            if variable.constraint is not None:
                update(variable, _constrain, variable.constraint)
        self._iterations.assign_add(1)

    def _begin_step(self):
        """Called before the updates of a step."""

    def _end_step(self):
        """Called after the updates of a step."""

    def _update_variable(self, variable, gradient):
        # Rules count on rows that stand once.
        self._call_rule(gradient_ops.sum_duplicates(gradient), variable)

    def _call_rule(self, gradient, variable):
        if self._passes_learning_rate:
            rate = tf.convert_to_tensor(self.learning_rate)
            self.update_step(gradient, variable, rate)
        else:
            self.update_step(gradient, variable)

    def update_step(self, gradient, variable):
        """Changes one variable by its gradient: the rule. To be overridden.

        Arguments:
            gradient: Tensor, or `tf.IndexedSlices` whose indices are unique.
            variable: The variable, or its part on one replica.
        """
        raise NotImplementedError(
            f"`{type(self).__name__}` needs an `update_step(self, gradient, "
            "variable)` that changes the variable."
        )

    # Weight decay

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Names variables that weight decay leaves alone.

        Arguments:
            var_list: Variables.
            var_names: Strings: regular expressions; a variable whose name
                contains a match is left alone.

        Raises:
            ValueError: If the optimizer is built already.

        Example:

        >>> optimizer = tfk.optimizers.AdamW()
        >>> optimizer.exclude_from_weight_decay(var_names=["bias", "gamma"])
        """
        if self.built:
            raise ValueError(
                "`exclude_from_weight_decay` has to be called before the "
                f"optimizer is built. Received: var_list={var_list}, "
                f"var_names={var_names} for optimizer '{self.name}', which is."
            )
        self._excluded_keys = frozenset(map(slots.variable_key, var_list or ()))
        self._excluded_names = tuple(var_names or ())

    def _use_weight_decay(self, variable):
        if not self._weight_decay_of(variable):
            return False
        if slots.variable_key(variable) in self._excluded_keys:
            return False
        return not any(
            re.search(pattern, variable.name)
            for pattern in self._excluded_names
        )

    def _weight_decay_of(self, variable):
        return self.weight_decay

    def _decay_weights(self, variable):
        rate = scalars.scalar(self.learning_rate, variable.dtype)
        decay = scalars.scalar(self._weight_decay_of(variable), variable.dtype)
        variable.assign_sub(variable * (decay * rate))

    # Moving average of the weights

    def _average_weights(self, update, variables):
        for variable in variables:
            update(variable, self._move_average)
        if self.ema_overwrite_frequency is None:
            return

        def overwrite():
            for variable in variables:
                update(variable, self._take_average)

        step = self._iterations + 1
        tf.cond(
            step % self.ema_overwrite_frequency == 0, overwrite, lambda: None
        )

    def _move_average(self, variable):
        average = self._averages.of(variable)["average"]
        momentum = scalars.scalar(self.ema_momentum, variable.dtype)
        average.assign(momentum * average + (1 - momentum) * variable)

    def _take_average(self, variable):
        variable.assign(self._averages.of(variable)["average"])

    def finalize_variable_values(self, var_list):
        """Sets variables to their moving averages; for the end of training.

        Without `use_ema` it does nothing.

        Arguments:
            var_list: The variables to set.
        """
        if not self.use_ema:
            return
        for variable in map(slots.raw, var_list):
            average = self._averages.of(variable)["average"]
            if self._holds_averages:
                average.assign(variable)
            else:
                variable.assign(average)
        self._holds_averages = False

    @property
    def _keeps_averages(self):
        return self.use_ema

    @property
    def holds_averages(self) -> bool:
        """Whether the weights are averages: after `swap_averages`."""
        return self._holds_averages

    def swap_averages(self, var_list=None):
        """Exchanges variables and their moving averages.

        To evaluate or save the averages while training goes on: call it
        before, and again before the next step. The callback `SwapEMAWeights`
        does so in `fit`.

        Arguments:
            var_list: The variables; by default all that the optimizer was built
                for.

        Raises:
            ValueError: If the optimizer keeps no averages.
        """
        if not self.use_ema:
            raise ValueError(
                f"Optimizer '{self.name}' keeps no averages of the weights. "
                "Received: use_ema=False. Construct it with `use_ema=True`."
            )
        for variable in map(slots.raw, var_list or self._built_for):
            average = self._averages.of(variable)["average"]
            slots.update_copies(variable, _exchange, average)
        self._holds_averages = not self._holds_averages

    def get_config(self):
        """Returns the constructor arguments that make an equal optimizer."""
        config = super().get_config()
        parameters = configurable.constructor_parameters(type(self))
        if "learning_rate" in parameters and self._learning_rate is not None:
            config["learning_rate"] = self._serialize_hyperparameter(
                self._learning_rate
            )
        if self._is_in_tf_keras:
            config["is_legacy_optimizer"] = False
        elif config.get("jit_compile"):
            del config["jit_compile"]
        for name in _KERAS_3_ARGUMENTS:
            # Files without them open in tf_keras, too.
            if config.get(name) is None:
                config.pop(name, None)
        return config

    def _serialize_hyperparameter(self, value):
        if isinstance(value, schedules.LearningRateSchedule):
            return schedules.serialize(value)
        if isinstance(value, tf.Variable):
            with tf.init_scope():
                return value.numpy().item()
        return value() if callable(value) else value

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes an optimizer from the output of `get_config`.

        Arguments:
            config: Dict.
            custom_objects: Dict of names to the classes of schedules.
        """
        config = dict(config)
        config.pop("is_legacy_optimizer", None)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = schedules.deserialize(
                config["learning_rate"], custom_objects
            )
        return super().from_config(config)


def _count_required(function):
    """Returns how many arguments a function can't do without."""
    return sum(
        parameter.default is parameter.empty
        and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        for parameter in inspect.signature(function).parameters.values()
    )


def _call(variable, function, *args):
    function(variable, *args)


def _exchange(variable, other):
    value = tf.identity(variable)
    variable.assign(other)
    other.assign(value)


def _constrain(variable, constraint):
    variable.assign(constraint(variable))


def _learning_rate_variable(value, name):
    if isinstance(value, str):
        raise TypeError(
            "`learning_rate` must be a number or a schedule. Received: "
            f"learning_rate={value!r}."
        )
    return tf.Variable(
        tf.cast(value, tfk_config.floatx()),
        name=name,
        trainable=False,
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )


def _check_made_in_scope(strategy, variables):
    if not isinstance(strategy, _MIRRORED):
        return
    for variable in variables:
        if not isinstance(variable, tf.distribute.DistributedValues):
            raise ValueError(
                f"Variable '{variable.name}' was made outside of the scope of "
                f"the strategy in use. Received: strategy={strategy}. Make "
                "the model and the optimizer within `strategy.scope()`."
            )
