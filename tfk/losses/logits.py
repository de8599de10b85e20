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
"""Logits that an activation left on its output.

`sigmoid` and `softmax` keep their inputs on what they return
(`_keras_logits`), so that a crossentropy of probabilities can be computed from
the logits, without loss of precision. In a graph the inputs of TensorFlow's own
ops, such as `tf.nn.softmax`, are found by the op.
"""

import warnings

import tensorflow as tf

_ACTIVATION_OF_OP = {"Sigmoid": "sigmoid", "Softmax": "softmax"}
_ATTRIBUTES = ("_keras_logits", "_keras_logits_activation")


def behind(y_pred, activation):
    """Returns the logits that an activation made predictions of, or None.

    Arguments:
        y_pred: Tensor.
        activation: String: `"sigmoid"` or `"softmax"`. Logits that went
            through another activation are none of the loss's business.
    """
    logits = _logits_of(y_pred)
    if logits is None or _activation_of(y_pred) not in (None, activation):
        return None
    return logits


def find(y_pred, from_logits, activation, axis, name):
    """Returns the logits of predictions, or None if there are none.

    Arguments:
        y_pred: Tensor.
        from_logits: Boolean: whether a loss was told that they are logits.
        activation: String: `"sigmoid"` or `"softmax"`.
        axis: Integer: the axis of the classes.
        name: String: the loss, for messages.
    """
    last = axis in (-1, (y_pred.shape.rank or 0) - 1)
    found = behind(y_pred, activation) if last else None
    if found is not None and from_logits:
        warnings.warn(
            f"`{name}` takes logits here, but the predictions are the output "
            f"of a {activation}; the logits before it are used. Remove the "
            "activation, or `from_logits=True`.",
            stacklevel=2,
        )
    if found is not None:
        return found
    return y_pred if from_logits else None


def carry_over(source, target, function):
    """Gives what was made of predictions the logits made in the same way.

    Arguments:
        source: Tensor: predictions.
        target: Tensor made of `source`.
        function: What was done to `source`, for its logits.
    """
    logits = _logits_of(source)
    if logits is not None and target is not source:
        target._keras_logits = function(logits)
        target._keras_logits_activation = _activation_of(source)


def _logits_of(y_pred):
    kept = getattr(y_pred, "_keras_logits", None)
    if kept is None and tf.is_symbolic_tensor(y_pred):
        if y_pred.op.type in _ACTIVATION_OF_OP:
            return y_pred.op.inputs[0]
    return kept


def _activation_of(y_pred):
    named = getattr(y_pred, "_keras_logits_activation", None)
    if named is not None or not tf.is_symbolic_tensor(y_pred):
        return named
    return _ACTIVATION_OF_OP.get(y_pred.op.type)
