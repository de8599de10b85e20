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

import difflib

import numpy as np
import tensorflow as tf

from tfk import losses as losses_lib
from tfk import metrics as metrics_lib
from tfk.data import batches
from tfk.saving import serialization
from tfk.utils import naming
from tfk.utils import structure

_ACCURACY = ("accuracy", "acc", "Accuracy")
_CROSSENTROPY = ("crossentropy", "ce")


class Outputs:
    """The outputs of a model: their structure, and a name for each.

    Arguments:
        outputs: The (symbolic) outputs, or their structure.
        names: List of names of the flat outputs. Derived by default.
    """

    def __init__(self, outputs, names=None):
        self.structure = _template(outputs)
        self.names = list(names or default_names(outputs))

    @property
    def is_single(self):
        """Whether there is one output, not in a structure."""
        return len(self.names) == 1

    def match(self, value, what, is_leaf, must_have_all=False):
        """Gives each output its part of a value.

        Arguments:
            value: None; one value for all outputs; a list in the order of
                the outputs; or a dict keyed by the outputs' names.
            what: String: the argument's name, for messages.
            is_leaf: Function that says whether a value is for one output.
            must_have_all: Boolean: whether a dict must have every name.

        Returns:
            A list with a value, or None, for each output.
        """
        if value is None:
            return [None] * len(self.names)
        if isinstance(value, dict):
            needed = self.names if must_have_all else ()
            return self.match_dict(value, what, needed)
        if is_leaf(value):
            return [value] * len(self.names)
        if isinstance(self.structure, dict) and isinstance(
            value, (list, tuple)
        ):
            if len(self.names) > 1:
                raise ValueError(
                    f"The outputs of the model are a dict, so `{what}` must be "
                    f"a dict with the keys {self.names}. Received: "
                    f"{what}={structure.describe(value)}."
                )
        flat = list(value)
        if len(flat) != len(self.names):
            raise ValueError(
                f"The model has {len(self.names)} outputs ({self.names}), so "
                f"`{what}` must have as many entries. Received: "
                f"{len(flat)} entries: {structure.describe(value)}."
            )
        return flat

    def match_dict(self, value, what, needed=()):
        """Gives each output the value of its name, or None.

        Arguments:
            value: Dict keyed by the outputs' names.
            what: String: the argument's name, for messages.
            needed: Names that must be there.
        """
        flat = _flatten_keys(value, self.names)
        unknown = [key for key in flat if key not in self.names]
        missing = [name for name in needed if name not in flat]
        if unknown or missing:
            hint = ""
            if missing and not unknown:
                hint = (
                    f" {missing} must be there too. Give an output that takes "
                    "no part the value None as its loss, and no metrics."
                )
            for key in unknown[:1]:
                close = difflib.get_close_matches(str(key), self.names, n=1)
                hint = f" Did you mean {close[0]!r}?" if close else hint
            raise ValueError(
                f"The keys of `{what}` must be the names of the model's "
                f"outputs. Received: {what} with the keys "
                f"{sorted(map(str, flat))}; the outputs are "
                f"{sorted(self.names)}.{hint}"
            )
        return [flat.get(name) for name in self.names]


def _template(outputs):
    if isinstance(outputs, dict):
        return {key: _template(value) for key, value in outputs.items()}
    if isinstance(outputs, (list, tuple)):
        return [_template(value) for value in outputs]
    return None


def _flatten_keys(value, names, prefix=""):
    """Opens nested dicts, so that `{"a": {"b": 1}}` is `{"a/b": 1}`."""
    flat = {}
    for key, item in value.items():
        path = f"{prefix}{key}"
        opens = isinstance(item, dict) and path not in names
        if opens and any(name.startswith(path + "/") for name in names):
            flat.update(_flatten_keys(item, names, path + "/"))
        else:
            flat[path] = item
    return flat


def default_names(outputs):
    """Names outputs after their keys, or "output_1", "output_2"..."""
    if isinstance(outputs, dict):
        return structure.paths(outputs)
    count = len(tf.nest.flatten(outputs))
    if any(isinstance(x, dict) for x in tf.nest.flatten([outputs])):
        return structure.paths(outputs)
    return [f"output_{i + 1}" for i in range(count)]


def flatten(value, outputs, what, needed=()):
    """Gives each output its target or sample weight.

    Arguments:
        value: Structure of tensors.
        outputs: `Outputs` of the model.
        what: String, for messages.
        needed: Names of outputs that a dict must have.
    """
    if value is None:
        return [None] * len(outputs.names)
    if isinstance(value, dict):
        return outputs.match_dict(value, what, needed)
    if isinstance(value, (list, tuple)):
        flat = tf.nest.flatten(value)
        if len(flat) == len(outputs.names):
            return flat
        raise ValueError(
            f"The model has {len(outputs.names)} outputs ({outputs.names}), "
            f"and `{what}` has {len(flat)} parts. Received: {what}="
            f"{structure.describe(value)}."
        )
    if len(outputs.names) > 1:
        if what == "sample_weight":
            return [value] * len(outputs.names)
        raise ValueError(
            f"The model has {len(outputs.names)} outputs ({outputs.names}), so "
            f"`{what}` must be a dict or a list with one entry for each. "
            f"Received: {what}={structure.describe(value)}."
        )
    return [value]


def _predictions(y_pred, outputs):
    """Returns the flat outputs in the order of their names."""
    flat = tf.nest.flatten(y_pred)
    if len(flat) != len(outputs.names):
        raise ValueError(
            f"The model gave {len(flat)} outputs, where {len(outputs.names)} "
            f"({outputs.names}) were expected."
        )
    return flat


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
            self.build(Outputs(y_pred))
        outputs = self.outputs
        predictions = _predictions(y_pred, outputs)
        targets = flatten(y_true, outputs, "y", self._trained_names)
        sample_weights = flatten(sample_weight, outputs, "sample_weight")
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
            total.append(share_of_rows(tf.add_n(own), rows, all_rows))
        if not total:
            return tf.constant(0.0)
        total = [tf.cast(value, total[0].dtype) for value in total]
        value = tf.add_n(total) if len(total) > 1 else total[0]
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


def _explain(error, kind, name, output_name):
    """Says first of all in which loss or metric of which output it was."""
    place = f"In the {kind} '{name}' of output '{output_name}'"
    if len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"{place}: {error.args[0]}",)
    else:
        error.add_note(f"{place}.")


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
        predictions = _predictions(y_pred, outputs)
        targets = flatten(y_true, outputs, "y")
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
            outputs = self.outputs or Outputs(y_pred)
            self.build(outputs, y_true, y_pred)
        outputs = self.outputs
        predictions = _predictions(y_pred, outputs)
        measured = [
            name
            for name, *metrics in zip(
                outputs.names, self._metrics, self._weighted
            )
            if any(metrics)
        ]
        targets = flatten(y_true, outputs, "y", measured)
        weights = flatten(sample_weight, outputs, "sample_weight")
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
