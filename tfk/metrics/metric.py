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
"""What every metric is: variables, and how to update, read and reset them."""

import math

import numpy as np
import tensorflow as tf

from tfk import config
from tfk import initializers
from tfk.saving import budget
from tfk.saving import stores
from tfk.saving.configurable import Configurable
from tfk.utils import naming
from tfk.utils import tf_internal

_IGNORED_ARGUMENTS = ("trainable", "dynamic", "autocast")


class Metric(tf_internal.AutoTrackable, Configurable):
    """The base class of metrics: subclass it to measure something new.

    A subclass makes its variables with `add_weight`, changes them in
    `update_state` and computes a number from them in `result`. Both must be
    made of TensorFlow ops, as they run inside `tf.function`.

    Arguments:
        name: Optional string. Defaults to the class name in snake case.
        dtype: Optional dtype of variables and results. Defaults to
            `tfk.backend.floatx()`.
        **kwargs: `trainable`, `dynamic` and `autocast`, which older code
            passes on, are accepted and do nothing.

    Example:

    >>> class Count(tfk.metrics.Metric):
    ...     def __init__(self, name="count", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.total = self.add_weight("total")
    ...
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.total.assign_add(tf.cast(tf.size(y_true), self.dtype))
    ...
    ...     def result(self):
    ...         return self.total
    >>> metric = Count()
    >>> metric.update_state([1, 2, 3], [1, 2, 3])
    >>> float(metric.result())
    3.0

    Under a `tf.distribute` strategy each replica updates its own copy of the
    variables, and `result`, called outside of the replicas, sees their sums.

    Sums in float32 stop growing once they are 2**24 times as large as what is
    added: a count that grows by 32 for each batch, after 2**29 samples. Pass
    `dtype="float64"` to measure more than that, or time steps of tiny weight.
    """

    stateful = True
    # Arguments that bases take in any number belong to no config.
    _unsaved_arguments = ("kwargs",)

    def __init__(self, name=None, dtype=None, **kwargs):
        unknown = [key for key in kwargs if key not in _IGNORED_ARGUMENTS]
        if unknown:
            raise TypeError(
                f"Unknown arguments of the metric {type(self).__name__}: "
                f"{unknown}. Received: kwargs={kwargs}."
            )
        default_name = naming.to_snake_case(type(self).__name__)
        self._name = name or naming.unique_name(default_name)
        dtype = config.floatx() if dtype is None else dtype
        dtype = getattr(dtype, "variable_dtype", dtype)
        self._dtype = tf.as_dtype(dtype).name

    @property
    def name(self):
        """The name under which results are shown."""
        return self._name

    @property
    def dtype(self):
        """The dtype of variables and results, as a string."""
        return self._dtype

    def __call__(self, *args, **kwargs):
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"

    def update_state(self, *args, **kwargs):
        """Takes one more batch into account.

        Arguments:
            *args: What the metric is computed from; for most metrics
                `(y_true, y_pred, sample_weight=None)`.
            **kwargs: The same by name.
        """
        raise NotImplementedError(
            f"The metric {type(self).__name__} needs a method `update_state`."
        )

    def result(self):
        """Returns the metric of all batches since the last reset."""
        raise NotImplementedError(
            f"The metric {type(self).__name__} needs a method `result`."
        )

    def reset_state(self):
        """Sets all variables to zero, for the next epoch or evaluation."""
        if type(self).reset_states is not Metric.reset_states:
            # Code for TensorFlow 2.4 and older overrides the old name.
            self.reset_states()
            return
        for variable in self.variables:
            variable.assign(tf.zeros_like(variable))

    def reset_states(self):
        """The old name of `reset_state`."""
        self.reset_state()

    def merge_state(self, metrics):
        """Adds the states of other metrics to this one.

        Arguments:
            metrics: Iterable of metrics that are configured in the same way,
                such as those of other workers.

        Raises:
            ValueError: If a metric has other variables.

        Example:

        >>> first, second = tfk.metrics.Mean(), tfk.metrics.Mean()
        >>> first.update_state([1.0])
        >>> second.update_state([3.0])
        >>> first.merge_state([second])
        >>> float(first.result())
        2.0
        """
        for metric in metrics:
            shapes = [tuple(v.shape) for v in metric.variables]
            if not self._fits_state(shapes) and metric._awaits_first_batch():
                # Nothing was measured with it.
                continue
            if not self._fits_state(shapes):
                raise ValueError(
                    f"The state of {metric!r} can't be merged into {self!r}: "
                    f"their variables differ. Received: shapes {shapes}, "
                    f"expected {[tuple(v.shape) for v in self.variables]}."
                )
            for variable, other in zip(self.variables, metric.variables):
                variable.assign_add(tf.convert_to_tensor(other))

    def add_weight(
        self,
        name,
        shape=(),
        aggregation=tf.VariableAggregation.SUM,
        synchronization=tf.VariableSynchronization.ON_READ,
        initializer=None,
        dtype=None,
    ):
        """Makes a variable of the metric, filled with zeros by default.

        Arguments:
            name: String.
            shape: Shape: a tuple or list of integers.
            aggregation: `tf.VariableAggregation`: how the copies of several
                replicas become one value.
            synchronization: `tf.VariableSynchronization`: when they do.
            initializer: Optional initializer or its name.
            dtype: Optional dtype. Defaults to the metric's.

        Returns:
            A `tf.Variable`.
        """
        initializer = initializers.get(initializer or "zeros")
        dtype = tf.as_dtype(dtype or self.dtype)
        shape = tuple(tf.TensorShape(shape).as_list())
        size = math.prod(shape) * dtype.size
        budget.spend(size, f"{self.name}/{name}", "a variable")
        # Lifted out of the function that is being traced, if any.
        with tf.init_scope():
            variable = tf_internal.make_variable(
                lambda: initializer(shape, dtype=dtype),
                trainable=False,
                name=name,
                shape=shape,
                dtype=dtype,
                aggregation=aggregation,
                synchronization=synchronization,
            )
        # Past the tracking of attributes: the subclass gives it its name.
        vars(self).setdefault("_added_variables", []).append(variable)
        return variable

    @property
    def variables(self):
        """All variables, those of metrics inside this one included."""
        found = {id(v): v for v in vars(self).get("_added_variables", ())}
        for key, value in vars(self).items():
            if key != "_added_variables" and not key.startswith("_self_"):
                found.update((id(v), v) for v in _variables_in(value))
        return list(found.values())

    @property
    def weights(self):
        """The same as `variables`."""
        return self.variables

    @property
    def non_trainable_variables(self):
        """The same as `variables`: nothing in a metric is trained."""
        return self.variables

    @property
    def non_trainable_weights(self):
        """The same as `variables`: nothing in a metric is trained."""
        return self.variables

    @property
    def trainable_variables(self):
        """An empty list."""
        return []

    @property
    def trainable_weights(self):
        """An empty list."""
        return []

    def save_own_variables(self, store):
        """Writes the values of the variables into a dict-like store."""
        for i, variable in enumerate(self.variables):
            stores.put(store, str(i), variable)

    def load_own_variables(self, store):
        """Reads the variables back from a store.

        Raises:
            ValueError: If the store holds another number of variables, or
                variables of other shapes.
        """
        values = [store[str(i)] for i in range(len(store.keys()))]
        shapes = [tuple(value.shape) for value in map(np.asarray, values)]
        if not self._fits_state(shapes):
            own = [tuple(v.shape) for v in self.variables]
            raise ValueError(
                f"The metric {self.name} has {len(own)} variables of shapes "
                f"{own}, but the file holds {len(shapes)} of shapes {shapes}."
            )
        for variable, value in zip(self.variables, values):
            variable.assign(value)

    def _fits_state(self, shapes):
        """Whether a state of these shapes is one of this metric.

        Metrics that make variables in their first update make them for it.
        """
        if shapes and self._awaits_first_batch():
            self._build_for_state(shapes)
        return shapes == [tuple(v.shape) for v in self.variables]

    def _awaits_first_batch(self):
        """Whether variables are still to be made in the first update."""
        return False

    def _build_for_state(self, shapes):
        """Makes the variables of a state, unless it is one without them."""


def _variables_in(value):
    if isinstance(value, tf.Variable):
        yield value
    elif isinstance(value, Metric):
        yield from value.variables
    elif isinstance(value, dict):
        for item in value.values():
            yield from _variables_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _variables_in(item)
