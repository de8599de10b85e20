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
"""What layers add to the loss and to the metrics of a model."""

import functools

import tensorflow as tf

from tfk import losses as losses_lib
from tfk.data import batches
from tfk.engine import call_context
from tfk.metrics import Mean
from tfk.utils import tf_internal


def _is_in_reach(value):
    """Whether a value may be used here: eager, or of the graph in force."""
    if isinstance(value, tf_internal.EagerTensor) or not tf.is_tensor(value):
        return True
    return (
        not tf.executing_eagerly()
        and value.graph is tf.compat.v1.get_default_graph()
    )


def _with_weight(value, context):
    """Returns a value and its weight: a scalar weighs as much as its rows."""
    value = losses_lib.shapes.to_tensor(value)
    if context is None or context.inputs is None or value.shape.rank != 0:
        return value, None
    value = tf.cast(value, tf.float32)
    return losses_lib.reduction.without_nan(
        value, batches.count_rows(context.inputs)
    )


class AddedLosses:
    """The side of a `Layer` that adds losses and metrics of its own."""

    _call_losses = None
    _call_id = 0

    def add_loss(self, losses, **kwargs):
        """Adds values to what training makes small.

        Call it in `call` with tensors, or on a functional model with symbolic
        tensors, or anywhere with functions of no arguments.

        Arguments:
            losses: A scalar tensor, a function without arguments that returns
                one, or a list of them.
            **kwargs: `inputs`, ignored, as old code passes it.
        """
        kwargs.pop("inputs", None)
        if kwargs:
            raise TypeError(
                f"`add_loss` does not take {sorted(kwargs)}. Received: "
                f"{kwargs}."
            )
        context = call_context.current()
        for loss in tf.nest.flatten(losses):
            if callable(loss) and not tf.is_tensor(loss):
                vars(self).setdefault("_loss_functions", []).append(loss)
            elif context is None:
                raise ValueError(
                    f"`add_loss` of layer '{self.name}' was given a value "
                    "outside of `call`. Pass a function without arguments "
                    "that computes it from the weights."
                )
            else:
                self._keep_loss(context, loss)

    def _keep_loss(self, context, loss):
        if context.is_recording:
            context.adds_values = True
            return
        kept = self._call_losses
        if kept is None or kept[0] != context.id:
            kept = (context.id, [])
            vars(self)["_call_losses"] = kept
        kept[1].append(loss)

    def _add_activity_loss(self, outputs):
        context = call_context.current()
        if context.is_recording:
            context.adds_values = True
            return
        with tf.name_scope("ActivityRegularizer"):
            for output in tf.nest.flatten(outputs):
                batch_size = tf.cast(tf.shape(output)[0], output.dtype)
                loss = self._activity_regularizer(output)
                self._keep_loss(
                    context, tf.math.divide_no_nan(loss, batch_size)
                )

    @property
    def losses(self):
        """Regularisation losses, and what the latest call added."""
        layers = list(self._flatten_layers())
        collected = [
            loss
            for loss_id, losses in self._latest_call_losses(layers)
            for loss in losses
        ]
        of_weights = [function() for function in self._weight_losses()]
        return collected + [loss for loss in of_weights if loss is not None]

    def _weight_losses(self):
        """Returns functions without arguments, of the losses of weights."""
        found = []
        for layer in self._flatten_layers():
            found += [
                functools.partial(regularizer, variable)
                for variable, regularizer in vars(layer).get("_regularized", ())
            ]
            found += vars(layer).get("_loss_functions", ())
        return found

    def _latest_call_losses(self, layers):
        kept = [x._call_losses for x in layers if x._call_losses is not None]
        context = call_context.current()
        latest = self._call_id if context is None else context.id
        latest = max([latest, *(call_id for call_id, _ in kept)])
        kept = [pair for pair in kept if pair[0] == latest]
        return [
            (call_id, [x for x in values if _is_in_reach(x)])
            for call_id, values in kept
        ]

    def add_metric(self, value, name=None, **kwargs):
        """Reports a value with the metrics of the model.

        Arguments:
            value: A tensor; its running mean is reported. A scalar counts for
                all rows of the batch, so that a small last batch counts less.
            name: String.
            **kwargs: `aggregation`, ignored: the mean is the only one.
        """
        kwargs.pop("aggregation", None)
        if kwargs:
            raise TypeError(
                f"`add_metric` does not take {sorted(kwargs)}. Received: "
                f"{kwargs}."
            )
        if name is None:
            raise ValueError(
                f"`add_metric` of layer '{self.name}' needs a `name`."
            )
        context = call_context.current()
        if context is not None and context.is_recording:
            context.adds_values = True
            return
        metrics = vars(self).setdefault("_added_metrics", {})
        if name not in metrics:
            with tf.init_scope():
                metrics[name] = Mean(name=name)
        metrics[name].update_state(*_with_weight(value, context))

    def add_update(self, updates):
        """Accepted for old code: assignments in `call` run by themselves."""
        for update in tf.nest.flatten(updates):
            if callable(update):
                update()

    @property
    def updates(self):
        """Always empty: assignments in `call` run by themselves."""
        return []
