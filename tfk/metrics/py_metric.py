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
"""Metrics that are written in Python, beside the compiled step."""

import functools
import threading

import tensorflow as tf

from tfk.losses import shapes
from tfk.metrics.metric import Metric

_PYTHON_METHODS = ("update_state", "result", "reset_state")


class PyMetric(Metric):
    """The base class of metrics that compute with NumPy or any other library.

    For what cannot be made of TensorFlow ops, such as the metrics of
    scikit-learn. A subclass keeps its state in attributes, sets them in
    `reset_state`, changes them in `update_state` and returns one number from
    `result`. These methods run in the Python process of the program, with
    eager tensors, also where the step is compiled; so each update waits for
    Python. XLA, and with it a TPU, cannot call them, and neither can another
    process that loads a SavedModel. State in attributes is not saved.

    Arguments:
        name: Optional string. Defaults to the class name in snake case.
        dtype: Optional dtype of the result.
        **kwargs: As of `tfk.metrics.Metric`.

    Example:

    >>> class Median(tfk.metrics.experimental.PyMetric):
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.errors.extend(np.abs(y_true - y_pred))
    ...
    ...     def reset_state(self):
    ...         self.errors = []
    ...
    ...     def result(self):
    ...         return np.median(self.errors)
    >>> metric = Median()
    >>> metric.update_state([1.0, 2.0, 3.0], [1.5, 2.0, 7.0])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype, **kwargs)
        # Replicas update in threads of their own.
        vars(self)["_lock"] = threading.RLock()
        # No state: graphs keep the calls in order by the writes to it.
        with tf.init_scope():
            vars(self)["_self_calls"] = tf.Variable(
                tf.constant(0, tf.int64),
                trainable=False,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
            )
        self.reset_state()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in _PYTHON_METHODS:
            if name in vars(cls):
                setattr(cls, name, _called_from_graphs(vars(cls)[name]))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes one batch into account.

        Arguments:
            y_true: Targets: an eager tensor.
            y_pred: Predictions: an eager tensor.
            sample_weight: Optional weights: an eager tensor.
        """
        raise NotImplementedError(
            f"The metric {type(self).__name__} needs a method `update_state`."
        )

    def result(self):
        """Returns the metric of all batches since the last reset: a number."""
        raise NotImplementedError(
            f"The metric {type(self).__name__} needs a method `result`."
        )

    def reset_state(self):
        """Sets the attributes that hold the state; the constructor calls it."""
        raise NotImplementedError(
            f"The metric {type(self).__name__} needs a method `reset_state`."
        )

    def merge_state(self, metrics):
        """Adds the states of other metrics; a subclass may write it.

        Arguments:
            metrics: Iterable of metrics.
        """
        raise NotImplementedError(
            f"The metric {type(self).__name__} has no method `merge_state`, "
            "which says how its state is added to that of others. Write one."
        )


def _called_from_graphs(method):
    """Makes a method of Python code one that compiled functions can call."""
    returns_number = method.__name__ == "result"

    @functools.wraps(method)
    @tf.autograph.experimental.do_not_convert
    def run(self, *args, **kwargs):
        def in_python(values):
            values = iter(values)
            filled = [None if x is None else next(values) for x in arguments]
            named = dict(zip(kwargs, filled[len(args) :]))
            with self._lock:
                result = method(self, *filled[: len(args)], **named)
            return tf.cast(result, self.dtype) if returns_number else None

        arguments = [*args, *kwargs.values()]
        # `py_function` takes no None: those are put back afterwards.
        given = [shapes.to_tensor(x) for x in arguments if x is not None]
        if tf.executing_eagerly():
            return in_python(given)
        with tf.control_dependencies([self._self_calls.read_value()]):
            output = tf.py_function(
                lambda *values: in_python(values),
                given,
                self.dtype if returns_number else [],
            )
        with tf.control_dependencies([output]):
            self._self_calls.assign_add(1)
        if not returns_number:
            return None
        output.set_shape(())
        return output

    return run
