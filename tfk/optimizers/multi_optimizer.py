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
"""MultiOptimizer: another optimizer for some of the variables."""

import collections.abc
import re
import warnings

from tfk.optimizers import optimizer as optimizer_lib
from tfk.optimizers import slots
from tfk.saving import configurable
from tfk.saving import registry
from tfk.saving import serialization
from tfk.utils import caller

_NONE_GIVEN = object()


class OptimizerMap(configurable.Configurable, collections.abc.MutableMapping):
    """A dict that tells which optimizer a variable follows, by its name.

    Keys are regular expressions. A variable follows the optimizer whose key
    matches all of its name, such as `".*embeddings"` or `"head/.*"`, else the
    default one.

    Arguments:
        default_optimizer: The optimizer of all other variables.
        optimizer_map: Dict of regular expressions to optimizers.

    Raises:
        ValueError: When it is called or read, if keys of different optimizers
            match one name.

    Example:

    >>> optimizers = tfk.optimizers.OptimizerMap(tfk.optimizers.Adam())
    >>> optimizers[".*embeddings"] = tfk.optimizers.Adagrad()
    >>> optimizers["tokens/embeddings"].name
    'Adagrad'
    >>> optimizers(tf.Variable(0.0, name="dense/kernel")).name
    'Adam'
    """

    def __init__(self, default_optimizer, optimizer_map=None):
        _check_is_optimizer(default_optimizer, "default_optimizer")
        self.default_optimizer = default_optimizer
        self._optimizers = {}
        self.update(optimizer_map or {})

    def __call__(self, variable):
        """Returns the optimizer of a variable.

        Arguments:
            variable: A variable.
        """
        return self[_name(variable)]

    def __getitem__(self, key):
        if key in self._optimizers:
            return self._optimizers[key]
        found = [
            pattern
            for pattern in self._optimizers
            if re.fullmatch(pattern, key)
        ]
        if len({id(self._optimizers[pattern]) for pattern in found}) > 1:
            raise ValueError(
                f"Keys of different optimizers match '{key}': {found}. "
                f"Received: optimizer_map with the keys {list(self)}. Write "
                "keys of which one at most matches each variable's name."
            )
        if found:
            return self._optimizers[found[0]]
        return self.default_optimizer

    def _warn_of_parts(self, variables):
        """Warns of keys that match a part of a name, and no whole one."""
        names = [_name(variable) for variable in variables]
        for key in self._optimizers:
            found = [name for name in names if re.search(key, name)]
            if found and not any(re.fullmatch(key, name) for name in found):
                warnings.warn(
                    f"The key '{key}' of an `OptimizerMap` is a part of "
                    f"'{found[0]}', but matches no whole name of a variable, "
                    f"and is of no use. Write '.*{key}.*' to match parts.",
                    stacklevel=caller.stacklevel(),
                )

    def __setitem__(self, key, optimizer):
        _check_is_optimizer(optimizer, f"optimizer_map[{key!r}]")
        self._optimizers[key] = optimizer

    def __delitem__(self, key):
        del self._optimizers[key]

    def __contains__(self, key):
        return key in self._optimizers

    def __iter__(self):
        return iter(self._optimizers)

    def __len__(self):
        return len(self._optimizers)

    def get(self, key, default=None):
        """Returns the optimizer of exactly this key, or `default`.

        Arguments:
            key: String.
            default: What to return where there is none.
        """
        return self._optimizers.get(key, default)

    def pop(self, key, default=_NONE_GIVEN):
        """Removes a key, and returns its optimizer.

        Arguments:
            key: String.
            default: What to return where there is none; without it a missing
                key is an error.
        """
        if default is _NONE_GIVEN:
            return self._optimizers.pop(key)
        return self._optimizers.pop(key, default)

    def setdefault(self, key, default=None):
        """Returns the optimizer of exactly this key, after setting it if new.

        Arguments:
            key: String.
            default: The optimizer to set where there is none.
        """
        if key not in self:
            self[key] = default
        return self._optimizers[key]

    @property
    def optimizers(self):
        """The different optimizers, the default one first."""
        every = [self.default_optimizer, *self._optimizers.values()]
        return list({id(optimizer): optimizer for optimizer in every}.values())

    def get_config(self):
        """Returns the constructor's arguments, as Keras 3 does.

        If an optimizer has several keys, it is their list, and the place in it
        of each key.
        """
        optimizers = self.optimizers
        if len(optimizers) == 1 + len(self):
            return {
                "default_optimizer": serialization.serialize_value(
                    self.default_optimizer
                ),
                "optimizer_map": serialization.serialize_value(
                    self._optimizers
                ),
            }
        places = {id(optimizer): i for i, optimizer in enumerate(optimizers)}
        return {
            "optimizers": serialization.serialize_value(optimizers),
            "optimizer_map": {
                key: places[id(optimizer)]
                for key, optimizer in self._optimizers.items()
            },
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes a map from the output of `get_config`.

        Arguments:
            config: Dict, or one of the constructor's arguments.
            custom_objects: Dict of names to the classes of optimizers.
        """
        with registry.preserved_scopes(custom_objects):
            config = serialization.deserialize_arguments(config)
        if "optimizers" not in config:
            return cls(**config)
        optimizers = config["optimizers"]
        places = config["optimizer_map"]
        return cls(
            optimizers[0], {key: optimizers[i] for key, i in places.items()}
        )


class MultiOptimizer(optimizer_lib.Optimizer):
    """Trains some variables with one optimizer and others with another.

    For instance embeddings with `Adagrad` and the rest with `AdamW`, or a
    pretrained part at a lower learning rate. Each optimizer clips, decays,
    averages and accumulates the gradients of its own variables.

    Arguments:
        optimizer_map: An `OptimizerMap`, or a function that takes a variable
            and returns its optimizer.
        loss_scale_factor: Float: what `scale_loss` multiplies the loss by. It
            can't be set in the optimizers themselves.
        name: String.

    Example:

    >>> model = tfk.Sequential(
    ...     [tfk.layers.Dense(2, name="body"), tfk.layers.Dense(1, name="head")]
    ... )
    >>> optimizer = tfk.optimizers.MultiOptimizer(
    ...     tfk.optimizers.OptimizerMap(
    ...         tfk.optimizers.SGD(0.0), {"head/.*": tfk.optimizers.Adam(0.1)}
    ...     )
    ... )
    >>> model.compile(optimizer, "mse")
    >>> _ = model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    >>> [type(each).__name__ for each in optimizer.optimizers]
    ['SGD', 'Adam']
    """

    _is_in_tf_keras = False

    def __init__(self, optimizer_map, loss_scale_factor=None, name=None):
        super().__init__(
            name=name or "MultiOptimizer", loss_scale_factor=loss_scale_factor
        )
        if not callable(optimizer_map):
            raise TypeError(
                "`optimizer_map` must be an `OptimizerMap` or a function of a "
                f"variable. Received: optimizer_map={optimizer_map!r}."
            )
        self._optimizers = []
        self._optimizer_of = slots.SlotTable()
        self._exclusions = self._no_dependency({})
        self.optimizer_map = optimizer_map
        for optimizer in getattr(optimizer_map, "optimizers", ()):
            self._add_optimizer(optimizer)

    def _add_optimizer(self, optimizer):
        if any(optimizer is known for known in self._optimizers):
            return
        _check_is_optimizer(optimizer, "optimizer_map")
        if optimizer.loss_scale_factor or hasattr(optimizer, "inner_optimizer"):
            raise ValueError(
                "An optimizer in a `MultiOptimizer` can't scale the loss. "
                f"Received: optimizer '{optimizer.name}'. Scale it in the "
                "`MultiOptimizer`, or put that into a `LossScaleOptimizer`."
            )
        self._optimizers.append(optimizer)

    @property
    def optimizers(self):
        """The optimizers, the default one first.

        With a function as `optimizer_map`, those that it has returned.
        """
        return list(self._optimizers)

    @property
    def learning_rate(self):
        """The learning rate of the first optimizer; see `optimizers`."""
        if not self._optimizers:
            raise ValueError(
                f"Optimizer '{self.name}' is not built, and does not know its "
                "optimizers. Call `optimizer.build(variables)` first."
            )
        return self._optimizers[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self._optimizers[0].learning_rate = value

    lr = learning_rate

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Names variables that weight decay leaves alone.

        Arguments:
            var_list: Variables.
            var_names: Strings: regular expressions; a variable whose name
                contains a match is left alone.
        """
        super().exclude_from_weight_decay(var_list, var_names)
        self._exclusions = self._no_dependency(
            {"var_list": var_list, "var_names": var_names}
        )

    # State

    def _create_slots(self, variables):
        if isinstance(self.optimizer_map, OptimizerMap):
            self.optimizer_map._warn_of_parts(variables)
        groups = {}
        for variable in variables:
            optimizer = self.optimizer_map(variable)
            self._add_optimizer(optimizer)
            self._optimizer_of.put(variable, "is", optimizer)
            groups.setdefault(id(optimizer), []).append(variable)
        for optimizer in self._optimizers:
            if id(optimizer) in groups:
                self._build(optimizer, groups[id(optimizer)])

    def _build(self, optimizer, variables):
        if self._exclusions and not optimizer.built:
            optimizer.exclude_from_weight_decay(**self._exclusions)
        optimizer.build(variables)
        known = {id(variable) for variable in self._variables}
        self._variables.extend(
            v for v in optimizer.variables if id(v) not in known
        )

    def _derive_state(self):
        for optimizer in self._optimizers:
            optimizer._derive_state()

    # A step

    def _groups(self, variables):
        """Yields each optimizer, and the places of its variables."""
        owners = [self._optimizer_of.of(v)["is"] for v in variables]
        for optimizer in self._optimizers:
            places = [i for i, o in enumerate(owners) if o is optimizer]
            if places:
                yield optimizer, places

    def _prepare(self, gradients, variables):
        gradients, _ = super()._prepare(gradients, variables)
        return [
            optimizer._prepare(
                [gradients[i] for i in places], [variables[i] for i in places]
            )
            for optimizer, places in self._groups(variables)
        ]

    def _commit(self, update, ready, variables):
        for (optimizer, places), own in zip(self._groups(variables), ready):
            optimizer._commit(update, own, [variables[i] for i in places])
        self._iterations.assign_add(1)

    # Averages of the weights

    def _averaging(self, var_list):
        variables = [slots.raw(v) for v in var_list]
        for optimizer, places in self._groups(variables):
            yield optimizer, [variables[i] for i in places]

    @property
    def _keeps_averages(self):
        return any(optimizer._keeps_averages for optimizer in self._optimizers)

    @property
    def holds_averages(self) -> bool:
        """Whether the weights are averages: after `swap_averages`."""
        return any(optimizer.holds_averages for optimizer in self._optimizers)

    def swap_averages(self, var_list=None):
        """Exchanges variables and averages, in each optimizer that has some.

        Arguments:
            var_list: The variables; by default all that the optimizer was built
                for.
        """
        if not self._keeps_averages:
            super().swap_averages(var_list)
        holding = self.holds_averages
        for optimizer, variables in self._averaging(
            var_list or self._built_for
        ):
            # One may hold its averages alone: ScheduleFreeAdamW after `fit`.
            if optimizer._keeps_averages and (
                optimizer.holds_averages == holding
            ):
                optimizer.swap_averages(variables)

    def finalize_variable_values(self, var_list):
        """Sets variables to the averages that their optimizers keep.

        Arguments:
            var_list: The variables to set.
        """
        for optimizer, variables in self._averaging(var_list):
            optimizer.finalize_variable_values(variables)


def _name(variable):
    return slots.raw(variable).name.split(":")[0]


def _check_is_optimizer(optimizer, argument):
    if not isinstance(optimizer, optimizer_lib.Optimizer):
        raise TypeError(
            f"`{argument}` must be an optimizer. Received: "
            f"{argument}={optimizer!r}."
        )
