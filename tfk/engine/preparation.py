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
"""Models, losses, metrics and optimizers, built before a step is traced."""

import tensorflow as tf

from tfk.data import batches
from tfk.data import class_weights
from tfk.engine import differentiability
from tfk.engine import outputs as outputs_lib
from tfk.engine import tracing
from tfk.engine import trainability


def prepare(model, spec, mode):
    """Builds what a model's steps need.

    Arguments:
        model: The model.
        spec: Structure of `tf.TypeSpec`: a batch; None if it is not known.
        mode: String: "train", "test" or "predict".
    """
    if spec is None:
        return
    is_own = model._has_own(f"{mode}_step")
    x, y, _ = batches.unpack_x_y_sample_weight(spec)
    y_pred = None
    if not model.built or not (is_own or _has_losses_and_metrics(model)):
        y_pred = _output_specs(model, x, mode)
    if mode == "predict":
        return
    if y_pred is not None and not is_own:
        _build_losses_and_metrics(model, y, y_pred)
    if mode == "train" and not is_own:
        with trainability.as_compiled(model):
            differentiability.check(model)
        if not isinstance(model.optimizer, list) and model.optimizer:
            model.optimizer.build(trainability.variables(model))


def _has_losses_and_metrics(model):
    parts = (model.compiled_loss, model.compiled_metrics)
    return all(part is not None and part.built for part in parts)


def _build_losses_and_metrics(model, y, y_pred):
    outputs = model._known_outputs() or outputs_lib.Outputs(y_pred)
    if not model.compiled_loss.built:
        model.compiled_loss.build(outputs)
    if not model.compiled_metrics.built:
        model.compiled_metrics.build(outputs, y, y_pred)


def _output_specs(model, x, mode):
    """Returns symbolic outputs; builds the model where needed."""
    if model.outputs is not None:
        return model._functional_graph.outputs
    if model.built and mode == "predict":
        return None
    return _traced(model, x, mode, training=mode == "train")


def _traced(model, x, mode, training):
    """Calls a model on specs and returns symbolic outputs.

    They are None if the model can't take such inputs, and a step of the user's
    own, which may call it on something else, does not say that it should.
    """
    try:
        return tracing.trace_outputs(
            lambda inputs: model(inputs, training=training), x
        )
    except Exception:
        if model._has_own(f"{mode}_step"):
            return None
        raise


def check_inputs(model, spec, mode):
    """Raises an error if a model can't take such a batch.

    Arguments:
        model: The model.
        spec: Structure of `tf.TypeSpec`: the batch.
        mode: String: "train", "test" or "predict".
    """
    x, _, _ = batches.unpack_x_y_sample_weight(spec)
    _traced(model, x, mode, training=False)


def described_outputs(model, spec):
    """Returns the names and shapes of the outputs in training.

    Arguments:
        model: The model.
        spec: Structure of `tf.TypeSpec`: a batch.

    Returns:
        A list of `class_weights.Output`, or None if they are not known.
    """
    x, _, _ = batches.unpack_x_y_sample_weight(spec)
    y_pred = _output_specs(model, x, "train")
    if y_pred is None:
        return None
    outputs = model._known_outputs() or outputs_lib.Outputs(y_pred)
    return [
        class_weights.Output(name, x.shape)
        for name, x in zip(outputs.names, tf.nest.flatten(y_pred))
    ]
