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
"""What an optimizer keeps between steps, and what files hold of it."""

import contextlib
import warnings

import numpy as np
import tensorflow as tf

from tfk import config as tfk_config
from tfk.optimizers import awaited_state
from tfk.optimizers import slots
from tfk.saving import stores
from tfk.utils import tf_internal


class VariableList(list):
    """A list that old code may also call."""

    def __call__(self):
        return self


class OptimizerState(tf_internal.AutoTrackable):
    """The variables of an optimizer: the iteration count and the slots.

    Checkpoints and files hold them in the order in which they are made.

    Arguments:
        name: String: the scope of the variables' names.
    """

    # State that was read before the slots were made.
    _awaited = None

    def __init__(self, name):
        self.name = name
        self._variables = []
        # A plain attribute: checkpoints would look into a tracked dict.
        self._index = self._no_dependency(slots.VariableIndex())
        self._built_for = self._no_dependency([])
        self._built = False
        self._create_iteration_variable()

    @property
    def variables(self) -> VariableList:
        """The iteration count and the slots, in the order of saved files."""
        if tf.executing_eagerly():
            self._settle()
        return VariableList(self._variables)

    @property
    def weights(self) -> VariableList:
        """The same as `variables`."""
        return self.variables

    @property
    def built(self) -> bool:
        """Whether the slots exist."""
        return bool(self._index)

    @property
    def iterations(self) -> tf.Variable:
        """How many steps have been applied: an int64 variable."""
        return self._iterations

    @iterations.setter
    def iterations(self, variable):
        if self.built:
            raise RuntimeError(
                "`iterations` can only be replaced before the optimizer is "
                f"built. Received: iterations={variable} for optimizer "
                f"'{self.name}'. Use `optimizer.iterations.assign(...)` to "
                "change its value."
            )
        self._iterations = variable
        self._variables[0] = variable

    def _create_iteration_variable(self):
        with tf.init_scope():
            self._iterations = tf_internal.make_variable(
                0,
                name="iteration",
                dtype=tf.int64,
                trainable=False,
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
            )
        self._variables.append(self._iterations)

    def add_variable(self, shape, dtype=None, initializer="zeros", name=None):
        """Makes a variable of the optimizer that belongs to no weight.

        Arguments:
            shape: Shape of the variable.
            dtype: Type of the variable; `tfk.config.floatx()` by default.
            initializer: `"zeros"`, `"ones"`, or a function of shape and dtype.
            name: String.
        """
        initializer = _initializer(initializer)
        dtype = tf.as_dtype(dtype or tfk_config.floatx())
        variable = tf_internal.make_variable(
            lambda: initializer(shape=shape, dtype=dtype),
            name=name,
            dtype=dtype,
            trainable=False,
            shape=shape,
        )
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self,
        model_variable=None,
        variable_name=None,
        shape=None,
        initial_value=None,
        *,
        reference_variable=None,
        name=None,
        initializer=None,
    ):
        """Makes a slot: a variable that goes with a variable of the model.

        Arguments:
            model_variable: The variable of the model.
            variable_name: String: the slot's name, such as `"momentum"`.
            shape: Shape of the slot; that of `model_variable` by default.
            initial_value: Initial value; zeros by default.
            reference_variable: The same as `model_variable`, in Keras 3.
            name: The same as `variable_name`, in Keras 3.
            initializer: `"zeros"`, `"ones"`, or a function of shape and dtype,
                in place of `initial_value`.

        Returns:
            The slot, of the type and on the devices of `model_variable`.
        """
        if model_variable is None:
            model_variable = reference_variable
        variable_name = variable_name or name or "slot"
        if initializer is not None:
            initial_value = _initializer(initializer)(
                model_variable.shape if shape is None else shape,
                model_variable.dtype,
            )
        slot = self._make_beside(
            model_variable, variable_name, shape, initial_value
        )
        self._variables.append(slot)
        return slot

    def add_optimizer_variables(
        self, trainable_variables, name, initializer="zeros"
    ):
        """Makes slots for several variables, as Keras 3 does.

        Arguments:
            trainable_variables: List of variables of the model.
            name: String, or list of strings: the names of the slots.
            initializer: `"zeros"`, `"ones"`, or a function of shape and dtype;
                or a list with one for each name.

        Returns:
            The list of slots, or for a list of names a tuple of such lists.
        """
        if isinstance(name, str):
            name, initializer = [name], [initializer]
            return self._add_each(trainable_variables, name, initializer)[0]
        if not isinstance(initializer, (list, tuple)):
            initializer = [initializer] * len(name)
        return self._add_each(trainable_variables, name, initializer)

    def _add_each(self, variables, names, initializers):
        made = [
            [
                self.add_variable_from_reference(
                    variable, name, initializer=initializer
                )
                for name, initializer in zip(names, initializers, strict=True)
            ]
            for variable in variables
        ]
        return tuple([of_one[i] for of_one in made] for i in range(len(names)))

    def assign(self, variable, value):
        """Sets a variable, for rules written for Keras 3.

        Arguments:
            variable: A variable of the model or of the optimizer.
            value: Tensor.
        """
        variable.assign(tf.cast(value, variable.dtype))

    def assign_add(self, variable, value):
        """Adds to a variable, for rules written for Keras 3.

        Arguments:
            variable: A variable of the model or of the optimizer.
            value: Tensor, or `tf.IndexedSlices`.
        """
        if isinstance(value, tf.IndexedSlices):
            variable.scatter_add(value)
        else:
            variable.assign_add(tf.cast(value, variable.dtype))

    def assign_sub(self, variable, value):
        """Subtracts from a variable, for rules written for Keras 3.

        Arguments:
            variable: A variable of the model or of the optimizer.
            value: Tensor, or `tf.IndexedSlices`.
        """
        if isinstance(value, tf.IndexedSlices):
            variable.scatter_sub(value)
        else:
            variable.assign_sub(tf.cast(value, variable.dtype))

    def _make_beside(self, model_variable, variable_name, shape, initial_value):
        """Makes what a slot is, without making it part of the state."""
        model_variable = slots.raw(model_variable)
        if initial_value is None:
            shape = model_variable.shape if shape is None else shape
            initial_value = tf.zeros(shape, model_variable.dtype)
        elif shape is not None:
            initial_value = tf.broadcast_to(
                tf.cast(initial_value, model_variable.dtype), shape
            )
        name = f"{variable_name}/{model_variable.name.split(':')[0]}"
        # The final slash starts from the root, whatever scope is open.
        with _beside(model_variable), tf.name_scope(f"{self.name}/"):
            return tf_internal.make_variable(
                initial_value,
                name=name,
                dtype=model_variable.dtype,
                trainable=False,
            )

    @property
    def _index_dict(self):
        # For rules written for tf.keras, which keep lists of slots.
        return self._index

    def _var_key(self, variable):
        return slots.variable_key(variable)

    def _get_variable_index(self, variable):
        # For rules written for Keras 3, which do so, too.
        return self._index[slots.variable_key(variable)]

    def get_weights(self):
        """Returns the values of `variables` as NumPy arrays."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights):
        """Sets the values of `variables`.

        Arguments:
            weights: List of arrays or variables in the order of `variables`.

        Raises:
            ValueError: If their number or a shape differs, as for an optimizer
                that is not built.
        """
        if len(weights) != len(self._variables):
            raise ValueError(
                f"Optimizer '{self.name}' has {len(self._variables)} "
                f"variables. Received: {len(weights)} weights. Call "
                "`optimizer.build(variables)` first if it is not built."
            )
        for variable, weight in zip(self.variables, weights):
            if variable.shape != np.shape(weight):
                raise ValueError(
                    f"The shapes of '{variable.name}' and its new value "
                    f"differ. Received: weight of shape {np.shape(weight)} for "
                    f"a variable of shape {variable.shape}."
                )
            variable.assign(weight)
        self._derive_state()

    def save_own_variables(self, store):
        """Writes the state into a mapping of strings to arrays.

        Arguments:
            store: Dict, or group of a file.
        """
        if self._awaited is not None:
            for key, array in self._awaited.arrays.items():
                store[key] = array
            return
        for i, variable in enumerate(self.variables):
            stores.put(store, str(i), variable)

    def load_when_built(self, arrays):
        """Takes state over as soon as there are variables for it.

        Arguments:
            arrays: Mapping of names to arrays, as for `load_own_variables`.
        """
        self._awaited = self._no_dependency(
            awaited_state.AwaitedState(dict(arrays))
        )
        count = self._awaited.arrays.get("0")
        if np.shape(count) == ():
            self._iterations.assign(count)

    def _take_awaited(self):
        """Is called whenever variables were made."""
        if self._awaited is not None and self._awaited.give(
            self, self._variables
        ):
            self._awaited = None
            with tf.init_scope():
                self._derive_state()

    def load_own_variables(self, store):
        """Reads the state that `save_own_variables` wrote.

        State that is of another number of variables is left alone, with a
        warning: training then starts with a fresh optimizer.

        Arguments:
            store: Dict, or group of a file.
        """
        if len(store) != len(self._variables):
            warnings.warn(
                f"The state of optimizer '{self.name}' is not loaded: it has "
                f"{len(self._variables)} variables, and {len(store)} are "
                "saved. Build it for the same variables, in the same order.",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(self.variables):
            variable.assign(store[str(i)])
        self._derive_state()

    def _settle(self):
        """Brings `variables` to their values, where a rule puts that off."""

    def _derive_state(self):
        """Sets what follows from `variables`, after these were set."""

    def _trackable_children(self, save_type="checkpoint", **kwargs):
        # What TensorFlow's checkpoints and SavedModels are made of.
        if tf.executing_eagerly():
            self._settle()
        return super()._trackable_children(save_type, **kwargs)


def _initializer(initializer):
    if not isinstance(initializer, str):
        return initializer
    return {
        "zeros": tf.zeros_initializer,
        "ones": tf.ones_initializer,
    }[initializer]()


@contextlib.contextmanager
def _beside(variable):
    """Variables made within it live where `variable` lives."""
    current = tf.distribute.get_strategy()
    strategy = getattr(variable, "distribute_strategy", None) or current
    with contextlib.ExitStack() as stack:
        if strategy is not current:
            stack.enter_context(strategy.scope())
        if strategy.extended.variable_created_in_scope(variable):
            beside = strategy.extended.colocate_vars_with(variable)
            stack.enter_context(beside)
        yield
