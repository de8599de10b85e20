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
"""Losses and metrics of a compiled model, matched to its outputs.

What `compile` was given becomes one loss and a list of metrics for each
output, once the outputs are known: at `compile` for a functional model, else
before the first step. From then on the outputs' names are the only names.
"""

import re

import numpy as np
import tensorflow as tf

from tfk import losses as losses_lib
from tfk import metrics as metrics_lib
from tfk.data import batches
from tfk.engine import outputs as outputs_lib
from tfk.saving import serialization
from tfk.utils import naming
from tfk.utils import structure

_ACCURACY = ("accuracy", "acc", "Accuracy")
_CROSSENTROPY = ("crossentropy", "ce")


def _as_column(values, y_pred):
    """Gives targets or weights of predictions of rank 2 their second axis.

    Users' losses and metrics count on it: without it, `y_true - y_pred` of
    shapes (n,) and (n, 1) would be (n, n).
    """
    if not (tf.is_tensor(values) and tf.is_tensor(y_pred)):
        return values
    if values.shape.rank == 1 and y_pred.shape.rank == 2:
        return tf.expand_dims(values, -1)
    return values


class LossTracker(metrics_lib.Mean):
    """The running mean of a loss over samples, right for any replicas.

    On each replica a loss is that replica's share of the global batch's loss,
    so shares are added up and weighted by the size of the global batch.
    """

    def update(self, share, batch_size, global_size=None):
        """Takes one replica's share of the loss of a batch.

        Arguments:
            share: Scalar.
            batch_size: The rows of this replica.
            global_size: The rows of all replicas, if they are known already.
        """
        local = tf.cast(batch_size, self.total.dtype)
        share = tf.cast(share, self.total.dtype)
        if global_size is None:
            global_size = losses_lib.reduction.global_sum(local)
        # A share of an empty batch is 0, not NaN.
        share = tf.where(local > 0, share * global_size, 0.0)
        self.total.assign_add(share)
        self.count.assign_add(local)


class CompiledLoss:
    """The loss of a compiled model: one for each output, and their sum.

    Arguments:
        loss: What `compile` was given as `loss`.
        loss_weights: What `compile` was given as `loss_weights`.
        outputs: `Outputs`, if they are known already.
    """

    def __init__(self, loss, loss_weights=None, outputs=None):
        self._user_loss = loss
        self._user_weights = loss_weights
        self._tracker = LossTracker(name="loss")
        self._output_trackers = []
        self._losses = None
        self._weights = None
        self.outputs = None
        for leaf in tf.nest.flatten(loss):
            _check_loss(leaf)
        if outputs is not None:
            self.build(outputs)

    @property
    def built(self):
        """Whether the outputs are known."""
        return self._losses is not None

    def build(self, outputs):
        """Matches losses and weights to the outputs."""
        self.outputs = outputs
        is_one = lambda x: not isinstance(x, (list, tuple, dict))  # noqa: E731
        given = outputs.match(
            self._user_loss, "loss", is_one, must_have_all=True
        )
        self._losses = [_to_loss(loss) for loss in given]
        self._weights = outputs.match(
            self._user_weights, "loss_weights", is_one
        )
        if not outputs.is_single:
            with tf.init_scope():
                self._output_trackers = [
                    None if loss is None else LossTracker(name=f"{name}_loss")
                    for loss, name in zip(self._losses, outputs.names)
                ]

    @property
    def metrics(self):
        """The running means of the total loss and of each output's loss."""
        if self._user_loss is None:
            return [self._tracker]
        return [self._tracker] + [
            tracker for tracker in self._output_trackers if tracker is not None
        ]

    def reset_state(self):
        """Starts the running means anew."""
        for metric in self.metrics:
            metric.reset_state()

    def __call__(
        self, y_true, y_pred, sample_weight=None, regularization_losses=None
    ):
        """Computes the total loss, and keeps the running means.

        Returns:
            A scalar: this replica's share of the loss of the global batch.
        """
        if not self.built:
            self.build(outputs_lib.Outputs(y_pred))
        outputs = self.outputs
        predictions = outputs.flatten_predictions(y_pred)
        targets = outputs.flatten(y_true, "y", self._trained_names)
        sample_weights = outputs.flatten(sample_weight, "sample_weight")
        rows = tf.cast(batches.count_rows([predictions, targets]), tf.float32)
        all_rows = losses_lib.reduction.global_sum(rows)
        total = []
        for index, loss in enumerate(self._losses):
            if loss is None or targets[index] is None:
                continue
            y_pred = predictions[index]
            value = self._output_loss(
                index,
                _as_column(targets[index], y_pred),
                y_pred,
                _as_column(sample_weights[index], y_pred),
            )
            weight = self._weights[index]
            if self._output_trackers:
                self._output_trackers[index].update(value, rows, all_rows)
            total.append(value if weight is None else value * weight)
        if regularization_losses:
            own = [tf.cast(x, tf.float32) for x in regularization_losses]
            total.append(share_of_rows(_sum(own), rows, all_rows))
        if not total:
            return tf.constant(0.0)
        total = [tf.cast(value, total[0].dtype) for value in total]
        value = _sum(total)
        self._tracker.update(value, rows, all_rows)
        return value

    @property
    def _trained_names(self):
        """The names of the outputs that have a loss."""
        pairs = zip(self.outputs.names, self._losses)
        return [name for name, loss in pairs if loss is not None]

    def _output_loss(self, index, y_true, y_pred, sample_weight):
        loss = self._losses[index]
        try:
            _check_are_numbers(y_true, loss)
            with tf.name_scope(_scope_name(self.outputs.names[index])):
                value = loss(y_true, y_pred, sample_weight)
        except (ValueError, TypeError) as error:
            name = getattr(loss, "name", None) or type(loss).__name__
            _explain(error, "loss", name, self.outputs.names[index])
            error.add_note(_described(y_true, y_pred))
            raise
        if value.shape.rank != 0:
            size = tf.cast(tf.size(value), value.dtype)
            value = tf.math.divide_no_nan(
                tf.reduce_sum(value), losses_lib.reduction.global_sum(size)
            )
        return value


def _sum(values):
    """Adds scalars up in their order.

    `tf.add_n` begins with one whose memory is free at that moment, so that its
    rounding may differ from call to call. TensorFlow makes it of `+`, too.
    """
    return values[0] if len(values) == 1 else tf.reduce_sum(tf.stack(values))


def _explain(error, kind, name, output_name):
    """Says first of all in which loss or metric of which output it was."""
    place = f"In the {kind} '{name}' of output '{output_name}'"
    if len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"{place}: {error.args[0]}",)
    else:
        error.add_note(f"{place}.")


def _scope_name(output_name):
    """Returns a scope that tells `op_errors` of which loss an operation is."""
    return "loss_of_" + re.sub(r"[^A-Za-z0-9_.-]", "_", output_name)


def _check_are_numbers(y_true, loss):
    """Refuses strings, which TensorFlow would only fail on in the step."""
    code = getattr(loss, "fn", None) or type(loss)
    if getattr(y_true, "dtype", None) != tf.string:
        return
    if naming.is_own_module(getattr(code, "__module__", None) or ""):
        raise TypeError(
            "The targets must be numbers. Received: y_true of dtype string. "
            "Turn names of classes into numbers first, for instance by "
            "`tfk.layers.StringLookup(num_oov_indices=0)`."
        )


def _described(y_true, y_pred):
    return (
        f"Targets: {structure.describe(y_true)}. Predictions: "
        f"{structure.describe(y_pred)}."
    )


def share_of_rows(loss, rows, all_rows):
    """Scales a mean over a replica's rows to a part of the global mean.

    The parts of all replicas add up to the mean over the rows of all of them;
    what each replica computes alike, such as L2, adds up to itself.

    Arguments:
        loss: Scalar.
        rows: The rows of this replica. Without any it has no mean, and no part.
        all_rows: The rows of all replicas.
    """
    if rows is all_rows:
        return loss
    loss, rows = losses_lib.reduction.without_nan(loss, rows)
    return loss * tf.math.divide_no_nan(rows, all_rows)


def _check_loss(loss):
    """Raises at `compile` for a loss that can't be one."""
    if isinstance(loss, metrics_lib.Metric):
        raise ValueError(
            f"A metric can't serve as a loss. Received: loss={loss!r}. Use a "
            "loss of the same name from `tfk.losses`."
        )
    if isinstance(loss, str):
        losses_lib.get(loss)


def _to_loss(loss):
    if loss is None:
        return None
    found = losses_lib.get(loss)
    if isinstance(found, losses_lib.Loss):
        return found
    if hasattr(found, "call") and hasattr(found, "reduction"):
        return found
    name = getattr(found, "__name__", type(found).__name__)
    return losses_lib.LossFunctionWrapper(found, name=name)


class CompiledMetrics:
    """The metrics of a compiled model: a list for each output.

    Arguments:
        metrics: What `compile` was given as `metrics`.
        weighted_metrics: What it was given as `weighted_metrics`.
        outputs: `Outputs`, if they are known already.
    """

    def __init__(self, metrics=None, weighted_metrics=None, outputs=None):
        self._user_metrics = metrics
        self._user_weighted = weighted_metrics
        self.outputs = outputs
        self._metrics = None
        self._weighted = None
        for leaf in tf.nest.flatten([metrics, weighted_metrics]):
            _check_metric(leaf)
        if outputs is not None:
            self._match(outputs)

    def _match(self, outputs):
        return [
            outputs.match(value, what, _is_flat_list)
            for value, what in (
                (self._user_metrics, "metrics"),
                (self._user_weighted, "weighted_metrics"),
            )
        ]

    @property
    def built(self):
        """Whether the metrics are made."""
        return self._metrics is not None

    def build(self, outputs, y_true, y_pred):
        """Makes the metrics that names stand for, fitting the shapes."""
        self.outputs = outputs
        predictions = outputs.flatten_predictions(y_pred)
        targets = outputs.flatten(y_true, "y")
        plain, weighted = self._own_for_each(self._match(outputs))
        seen = set()
        with tf.init_scope():
            self._metrics = [
                self._make(items, *rest, seen)
                for items, *rest in zip(
                    plain, outputs.names, targets, predictions
                )
            ]
            self._weighted = [
                self._make(items, *rest, seen, {m.name for m in made})
                for items, made, *rest in zip(
                    weighted, self._metrics, outputs.names, targets, predictions
                )
            ]
        _check_distinct([metric.name for metric in self.metrics])

    def _own_for_each(self, matched):
        """Gives each output an object of its own of what is given for all."""
        names = self.outputs.names
        given = self._user_metrics, self._user_weighted
        result = [
            (
                [
                    items,
                    *(
                        [_copy(x, names[0]) for x in _as_list(items)]
                        for items in rest
                    ),
                ]
                if _is_flat_list(value)
                else [items, *rest]
            )
            for value, (items, *rest) in zip(given, matched)
        ]
        objects = [
            metric
            for of_outputs in result
            for items in of_outputs
            for metric in _as_list(items)
            if isinstance(metric, metrics_lib.Metric)
        ]
        for metric in objects:
            if sum(metric is other for other in objects) > 1:
                raise ValueError(
                    "A metric object counts for one output, once. Received: "
                    f"{metric!r} more than once. Make one for each place."
                )
        return result

    def _make(self, items, output_name, y_true, y_pred, seen, taken=()):
        made = []
        prefix = "" if self.outputs.is_single else f"{output_name}_"
        for item in _as_list(items):
            metric = _to_metric(item, y_true, y_pred, output_name)
            if metric is None:
                continue
            is_given = isinstance(item, metrics_lib.Metric)
            if not is_given or (
                id(metric) not in seen and not metric.name.startswith(prefix)
            ):
                metric._name = prefix + metric.name
            if metric.name in taken and id(metric) not in seen:
                own_name = metric.name.removeprefix(prefix)
                metric._name = f"{prefix}weighted_{own_name}"
            seen.add(id(metric))
            made.append(metric)
        return made

    @property
    def metrics(self):
        """All metrics, made ones only once the outputs are known."""
        if not self.built:
            return []
        return [
            metric
            for plain, weighted in zip(self._metrics, self._weighted)
            for metric in (*plain, *weighted)
        ]

    @property
    def given_metrics(self):
        """The metric objects that `compile` was given."""
        return [
            x
            for x in tf.nest.flatten([self._user_metrics, self._user_weighted])
            if isinstance(x, metrics_lib.Metric)
        ]

    def check_xla(self):
        """Raises a `ValueError` for a metric that XLA can't compile."""
        for metric in self.given_metrics:
            if isinstance(metric, metrics_lib.experimental.PyMetric):
                raise ValueError(
                    f"XLA can't compile the metric {metric!r}, which is made "
                    "of Python code. Received: jit_compile=True. Compile the "
                    "model without it."
                )

    def reset_state(self):
        """Starts all metrics anew."""
        for metric in self.metrics or self.given_metrics:
            metric.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes in one batch."""
        if not self.built:
            outputs = self.outputs or outputs_lib.Outputs(y_pred)
            self.build(outputs, y_true, y_pred)
        outputs = self.outputs
        predictions = outputs.flatten_predictions(y_pred)
        measured = [
            name
            for name, *metrics in zip(
                outputs.names, self._metrics, self._weighted
            )
            if any(metrics)
        ]
        targets = outputs.flatten(y_true, "y", measured)
        weights = outputs.flatten(sample_weight, "sample_weight")
        for index, name in enumerate(outputs.names):
            if targets[index] is None:
                continue
            y_pred = predictions[index]
            args = _as_column(targets[index], y_pred), y_pred
            weight = _as_column(weights[index], y_pred)
            for metric in self._metrics[index]:
                _update(metric, name, *args, None)
            for metric in self._weighted[index]:
                _update(metric, name, *args, weight)


def _copy(metric, output_name):
    if not isinstance(metric, metrics_lib.Metric):
        return metric
    copy = type(metric).from_config(metric.get_config())
    # The original may have the name of its output in front, from `compile`.
    copy._name = metric.name.removeprefix(f"{output_name}_")
    return copy


def _check_distinct(names):
    """Raises if one metric would hide another one in the logs."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            "The metrics of a model need names that differ. Received: more "
            f"than one metric named {', '.join(map(repr, twice))}. Give them "
            "another `name`, or each output its own, in a dict."
        )


def _update(metric, output_name, y_true, y_pred, sample_weight):
    try:
        if sample_weight is None:
            metric.update_state(y_true, y_pred)
        else:
            metric.update_state(y_true, y_pred, sample_weight=sample_weight)
    except (ValueError, TypeError) as error:
        _explain(error, "metric", metric.name, output_name)
        error.add_note(_described(y_true, y_pred))
        raise


def _as_list(value):
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _is_flat_list(value):
    """Whether metrics are one list for every output, not a list for each."""
    if isinstance(value, (list, tuple)):
        return not any(isinstance(x, (list, tuple, dict)) for x in value) and (
            not any(x is None for x in value)
        )
    return not isinstance(value, dict)


def _check_metric(metric):
    """Raises at `compile` for a metric that can't be one."""
    if isinstance(metric, losses_lib.Loss):
        raise ValueError(
            f"A loss object can't serve as a metric. Received: {metric!r}. "
            "Use the metric of the same name from `tfk.metrics`, or the "
            "loss's function."
        )
    if isinstance(metric, str):
        if metric not in _ACCURACY + _CROSSENTROPY:
            with naming.preserved_names():
                metrics_lib.get(metric)


def _to_metric(metric, y_true, y_pred, output_name):
    if metric is None or isinstance(metric, metrics_lib.Metric):
        return metric
    name = None
    if isinstance(metric, str) and metric in _ACCURACY + _CROSSENTROPY:
        name = metric
        if y_true is None:
            return None
        resolve = (
            metrics_lib.resolve_accuracy
            if metric in _ACCURACY
            else metrics_lib.resolve_crossentropy
        )
        metric = resolve(y_true.shape, y_pred.shape)
    else:
        if isinstance(metric, str):
            name = metric
        metric = metrics_lib.get(metric)
    if isinstance(metric, metrics_lib.Metric):
        if name is not None and name in _ACCURACY + _CROSSENTROPY:
            metric._name = name
        return metric
    if name is None:
        name = getattr(metric, "__name__", type(metric).__name__)
        name = getattr(metric, "name", name)
    return metrics_lib.MeanMetricWrapper(metric, name=name)


def serialize(value):
    """Returns losses or metrics as the plain data that a file holds."""
    if isinstance(value, dict):
        return {key: serialize(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [serialize(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return serialization.serialize_value(value)
