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
"""Loss scaling: small gradients that float16 can hold."""

import warnings

import tensorflow as tf

from tfk.optimizers import gradients as gradient_ops
from tfk.optimizers import loss_scale
from tfk.optimizers import optimizer
from tfk.optimizers import optimizer_state
from tfk.saving import configurable
from tfk.saving import registry
from tfk.saving import serialization
from tfk.utils import caller
from tfk.utils import tf_internal

_INITIAL_SCALE = 2.0**15
_GROWTH_STEPS = 2000


# Of the base class, what makes up a step; all else is the inner optimizer's.
_OF_STEPS = frozenset(
    {"aggregate_gradients", "apply", "apply_gradients", "minimize"}
)


def _leave_rest_to_inner(cls):
    """Delegates to the inner optimizer what a class inherits from the base."""
    for base in (optimizer.Optimizer, optimizer_state.OptimizerState):
        for name, inherited in vars(base).items():
            is_special = name.startswith("__") or name in _OF_STEPS
            if not is_special and name not in vars(cls):
                setattr(cls, name, _of_inner(name, inherited.__doc__))
    return cls


def _of_inner(name, doc):
    def get(self):
        return getattr(self.inner_optimizer, name)

    def put(self, value):
        setattr(self.inner_optimizer, name, value)

    return property(get, put, doc=doc)


@_leave_rest_to_inner
class LossScaleOptimizer(tf_internal.DelegatingTrackable, optimizer.Optimizer):
    """An optimizer around another one, for training in float16.

    Gradients smaller than 6e-8 are zero in float16. So the loss is multiplied
    by a large number, and with it all gradients, which are divided by it
    before the inner optimizer takes them. If the number is too large for a
    batch, gradients become infinite or NaN. Then the step is skipped: nothing
    changes, `iterations` included, but `loss_scale`, which is halved, and
    `skipped_steps`. After `dynamic_growth_steps` steps in a row that were not
    skipped it is doubled.

    `compile` puts it around the optimizer of a model of the policy
    `"mixed_float16"`; `"mixed_bfloat16"` needs none. `fit` and `minimize`
    scale by themselves. A training loop of your own takes the gradients of
    `scale_loss(loss)` and gives them to `apply_gradients`. In the style of
    tf.keras it may also unscale them itself, with `get_unscaled_gradients`,
    to look at them or to clip them; whichever of the two was called last says
    what `apply_gradients` takes.

    What is not listed here (`learning_rate`, `clipnorm`, `beta_1`...) is read
    from, and set on, the inner optimizer. In checkpoints and `.keras` files
    it looks like the inner optimizer, with the loss scale beside.

    Reference:

    - [Micikevicius et al., 2018](https://arxiv.org/abs/1710.03740)

    Arguments:
        inner_optimizer: The optimizer that makes the steps.
        dynamic: Boolean: whether the scale changes. A fixed scale skips no
            steps: gradients that are not finite reach the weights.
        initial_scale: Float: the scale to begin with, 32768 by default; the
            scale for good, and needed, if `dynamic` is False.
        dynamic_growth_steps: Integer: after how many finite steps in a row
            the scale is doubled, 2000 by default. None if `dynamic` is False.
        name: String.
        **kwargs: The arguments of `tfk.optimizers.Optimizer`, which configs of
            Keras 3 list. They belong to the inner optimizer, and may stand
            here with their defaults only.

    Raises:
        TypeError: If `inner_optimizer` is no optimizer, or scales already.
        ValueError: If the other arguments are out of range or do not fit.

    Example:

    >>> variable = tf.Variable(1.0)
    >>> optimizer = tfk.optimizers.LossScaleOptimizer(
    ...     tfk.optimizers.SGD(0.25), initial_scale=1024.0
    ... )
    >>> with tf.GradientTape() as tape:
    ...     scaled_loss = optimizer.scale_loss(variable**2)
    >>> gradient = tape.gradient(scaled_loss, variable)
    >>> gradient.numpy()
    np.float32(2048.0)
    >>> _ = optimizer.apply_gradients([(gradient, variable)])
    >>> variable.numpy()
    np.float32(0.5)
    >>> _ = optimizer.apply_gradients([(np.inf * gradient, variable)])
    >>> variable.numpy(), optimizer.loss_scale.numpy()
    (np.float32(0.5), np.float32(512.0))
    """

    def __init__(
        self,
        inner_optimizer,
        dynamic=True,
        initial_scale=None,
        dynamic_growth_steps=None,
        name=None,
        **kwargs,
    ):
        # Its checkpoint is the inner optimizer's: nothing else is tracked.
        self._self_setattr_tracking = False
        _check_inner(inner_optimizer)
        _check_are_defaults(kwargs)
        self.name = name or type(self).__name__
        self._takes_scaled_gradients = None
        self._loss_scale = _make_loss_scale(
            dynamic, initial_scale, dynamic_growth_steps
        )
        tf_internal.DelegatingTrackable.__init__(self, inner_optimizer)
        if dynamic:
            # The name is that of tf.keras.
            self._track_trackable(
                self._loss_scale, "loss_scale", overwrite=True
            )
        self.inner_optimizer = inner_optimizer

    # The scale

    @property
    def loss_scale(self) -> tf.Tensor:
        """What losses are multiplied by at the moment: a float32 tensor."""
        return self._loss_scale.value

    @property
    def dynamic(self) -> bool:
        """Whether the scale changes."""
        return isinstance(self._loss_scale, loss_scale.DynamicLossScale)

    @property
    def initial_scale(self) -> float:
        """The scale at the beginning."""
        return self._loss_scale.initial_value

    @property
    def dynamic_growth_steps(self):
        """After how many finite steps the scale is doubled, or None."""
        return self._loss_scale.growth_steps

    @property
    def dynamic_counter(self):
        """The finite steps since the scale changed: a variable, or None."""
        return self._loss_scale.good_steps

    @property
    def skipped_steps(self):
        """How many steps were skipped: a variable, or None if it is fixed."""
        return self._loss_scale.skipped_steps

    def scale_loss(self, loss):
        """Multiplies a loss by the scale, to take the gradients of it.

        Arguments:
            loss: Tensor, or a function without arguments that returns one.

        Returns:
            A tensor, or a function that returns one.
        """
        if callable(loss):
            return lambda: self.scale_loss(loss())
        self._takes_scaled_gradients = True
        loss = tf.convert_to_tensor(loss)
        return loss * tf.cast(self.loss_scale, loss.dtype)

    def get_scaled_loss(self, loss):
        """The same as `scale_loss`, by the name in tf.keras."""
        return self.scale_loss(loss)

    def get_unscaled_gradients(self, grads):
        """Divides the gradients of a scaled loss by the scale.

        Arguments:
            grads: List of tensors, `tf.IndexedSlices` and None.

        Returns:
            A list of the gradients of the loss, for `apply_gradients`.
        """
        self._takes_scaled_gradients = False
        return gradient_ops.divide(grads, self.loss_scale)

    # Steps

    def compute_gradients(self, loss, var_list, tape=None):
        """Returns the gradients of a loss, each with its variable.

        The loss is scaled, and the gradients are unscaled.

        Arguments:
            loss: As in `minimize`.
            var_list: As in `minimize`.
            tape: As in `minimize`.

        Returns:
            A list of pairs `(gradient, variable)`.
        """
        pairs = super().compute_gradients(loss, var_list, tape)
        gradients = self.get_unscaled_gradients([g for g, _ in pairs])
        return [(g, v) for g, (_, v) in zip(gradients, pairs)]

    def _prepare(self, gradients, variables):
        if self._takes_scaled_gradients is None:
            self._warn_of_unscaled()
        if self._takes_scaled_gradients:
            return gradient_ops.divide(gradients, self.loss_scale)
        return gradients

    def _warn_of_unscaled(self):
        self._takes_scaled_gradients = False
        warnings.warn(
            f"Optimizer '{self.name}' got gradients of a loss that was not "
            "scaled: small ones may have become zero in float16. Take the "
            "gradients of `optimizer.scale_loss(loss)`, or call "
            "`optimizer.minimize(loss, variables, tape=tape)`.",
            stacklevel=caller.stacklevel(),
        )

    def _commit_once(self, gradients, variables):
        def step(gradients):
            # Users' optimizers may have an `apply_gradients` of their own.
            self.inner_optimizer.apply_gradients(
                list(zip(gradients, variables)),
                skip_gradients_aggregation=True,
            )

        if not self.dynamic:
            step(gradients)
            return
        is_finite = loss_scale.all_finite(gradients)
        if tf.distribute.in_cross_replica_context() or (
            not tf.distribute.has_strategy()
        ):
            self._step_if(is_finite, lambda: step(gradients))
            return

        def merged(strategy, is_finite, gradients):
            if not tf.distribute.in_cross_replica_context():
                self._step_if(is_finite, lambda: step(gradients))
                return
            is_finite = strategy.experimental_local_results(is_finite)[0]
            self._step_if(
                is_finite, lambda: strategy.run(step, args=(gradients,))
            )

        tf_internal.maybe_merge_call(
            merged, tf.distribute.get_strategy(), is_finite, gradients
        )

    def _step_if(self, is_finite, step):
        def make_step():
            step()

        tf.cond(is_finite, make_step, lambda: None)
        self._loss_scale.update(is_finite)

    # The inner optimizer

    def __getattr__(self, name):
        if name.startswith("__") or "inner_optimizer" not in vars(self):
            raise AttributeError(
                f"'{type(self).__name__}' object has no attribute '{name}'"
            )
        return getattr(self.inner_optimizer, name)

    def __setattr__(self, name, value):
        inner = vars(self).get("inner_optimizer")
        is_own = name in vars(self) or hasattr(type(self), name)
        if not is_own and hasattr(inner, name):
            setattr(inner, name, value)
        else:
            super().__setattr__(name, value)

    def save_own_variables(self, store):
        """Writes the state of the inner optimizer into a mapping.

        Arguments:
            store: Dict, or group of a file.
        """
        self.inner_optimizer.save_own_variables(store)

    def load_own_variables(self, store):
        """Reads the state that `save_own_variables` wrote.

        Arguments:
            store: Dict, or group of a file.
        """
        self.inner_optimizer.load_own_variables(store)

    def get_config(self):
        """Returns the constructor arguments that make an equal optimizer."""
        config = {
            "inner_optimizer": serialization.serialize_keras_object(
                self.inner_optimizer
            ),
            "dynamic": self.dynamic,
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }
        if self.name != type(self).__name__:
            # The one of tf.keras has no name.
            config["name"] = self.name
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes an optimizer from the output of `get_config`.

        Arguments:
            config: Dict.
            custom_objects: Dict of names to the classes of inner optimizers.
        """
        with registry.preserved_scopes(custom_objects):
            return super().from_config(config)


def _make_loss_scale(dynamic, initial_scale, growth_steps):
    if not isinstance(dynamic, bool):
        raise TypeError(
            "`dynamic` must be True or False. Received: "
            f"dynamic={dynamic!r}. Pass a scale as `initial_scale`."
        )
    if initial_scale is None and not dynamic:
        raise ValueError(
            "A fixed loss scale needs its value. Received: dynamic=False, "
            "initial_scale=None. Pass `initial_scale`."
        )
    initial_scale = float(
        _INITIAL_SCALE if initial_scale is None else initial_scale
    )
    if not 0 < initial_scale < float("inf"):
        raise ValueError(
            "`initial_scale` must be a positive number. Received: "
            f"initial_scale={initial_scale}."
        )
    if not dynamic:
        if growth_steps is not None:
            raise ValueError(
                "A fixed loss scale does not grow. Received: dynamic=False, "
                f"dynamic_growth_steps={growth_steps!r}. Leave out "
                "`dynamic_growth_steps`, or pass `dynamic=True`."
            )
        return loss_scale.FixedLossScale(initial_scale)
    growth_steps = _GROWTH_STEPS if growth_steps is None else growth_steps
    if int(growth_steps) != growth_steps or growth_steps < 1:
        raise ValueError(
            "`dynamic_growth_steps` must be a positive integer. Received: "
            f"dynamic_growth_steps={growth_steps!r}."
        )
    return loss_scale.DynamicLossScale(initial_scale, int(growth_steps))


def _check_inner(inner):
    if not isinstance(inner, optimizer.Optimizer):
        raise TypeError(
            "`inner_optimizer` must be an optimizer, such as "
            "`tfk.optimizers.Adam()`. Received: "
            f"inner_optimizer={inner!r} (of type {type(inner).__name__})."
        )
    if isinstance(inner, LossScaleOptimizer):
        raise TypeError(
            "A LossScaleOptimizer can't wrap another one. Received: "
            f"inner_optimizer={inner!r}. Wrap its `inner_optimizer`."
        )
    if inner.loss_scale_factor:
        raise ValueError(
            "Only one of the two optimizers can scale the loss. Received: an "
            "inner optimizer with loss_scale_factor="
            f"{inner.loss_scale_factor}. Leave that out, and pass "
            "`initial_scale` instead."
        )


def _check_are_defaults(kwargs):
    known = configurable.constructor_parameters(optimizer.Optimizer)
    unknown = sorted(set(kwargs) - set(known))
    if unknown:
        raise TypeError(
            f"`LossScaleOptimizer` does not know the arguments {unknown}. "
            f"Received: {kwargs}."
        )
    for name, value in kwargs.items():
        if value is not None and value != known[name].default:
            raise ValueError(
                f"`{name}` belongs to the inner optimizer. Received: "
                f"{name}={value!r} for a LossScaleOptimizer. Pass it to "
                "`inner_optimizer`."
            )
