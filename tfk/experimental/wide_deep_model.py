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
"""The wide and deep model."""

import tensorflow as tf

from tfk import activations
from tfk.data import batches
from tfk.engine.model import Model
from tfk.saving import registry


class WideDeepModel(Model):
    """The sum of a linear and a deep model, trained together.

    The wide, linear part learns which combinations of features count by
    themselves, and the deep part what such combinations have in common. For
    recommendation, ranking, and tables with many categories.

    Each part may have an optimizer of its own, as in the paper, which trains
    the wide one with FTRL: `compile(optimizer=[wide, deep])`.

    Paper: [Wide & Deep Learning for Recommender
    Systems](https://arxiv.org/abs/1606.07792) (Cheng et al., 2016).

    Arguments:
        linear_model: The wide part: a `LinearModel`, or another model whose
            outputs have the shape of the deep part's.
        dnn_model: The deep part: a model.
        activation: Activation function of the sum, or its name. None for the
            plain sum.
        **kwargs: Further arguments of `tfk.Model`.

    Call arguments:
        inputs: Inputs of both parts alike; or a list or tuple of just two
            entries, of which the wide part gets the first and the deep part
            the second.

    Raises:
        ValueError: If the model is trained with a number of optimizers other
            than one or two.

    Example:

    >>> wide = tfk.experimental.LinearModel()
    >>> deep = tfk.Sequential(
    ...     [tfk.layers.Dense(16, activation="relu"), tfk.layers.Dense(1)]
    ... )
    >>> model = tfk.experimental.WideDeepModel(wide, deep, "sigmoid")
    >>> model.compile(["ftrl", "adam"], "binary_crossentropy")
    >>> x = [np.eye(8), np.ones((8, 3))]
    >>> history = model.fit(x, np.ones((8, 1)), epochs=2, verbose=0)
    >>> model.predict(x, verbose=0).shape
    (8, 1)
    """

    def __init__(self, linear_model, dnn_model, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.linear_model = linear_model
        self.dnn_model = dnn_model
        self.activation = activations.get(activation)

    def call(self, inputs, training=None):
        """Computes the outputs."""
        del training  # The parts inherit it from the call.
        wide_inputs = deep_inputs = inputs
        if isinstance(inputs, (list, tuple)) and len(inputs) == 2:
            wide_inputs, deep_inputs = inputs
        return tf.nest.map_structure(
            lambda wide, deep: self.activation(wide + deep),
            self.linear_model(wide_inputs),
            self.dnn_model(deep_inputs),
        )

    def train_step(self, data):
        """Trains on one batch, each part with its optimizer.

        Arguments:
            data: What the dataset yields: a structure of tensors.

        Returns:
            A dict of names to values.
        """
        optimizers = self.optimizer
        if not isinstance(optimizers, (list, tuple)):
            return super().train_step(data)
        if len(optimizers) != 2:
            raise ValueError(
                f"Model '{self.name}' (of type WideDeepModel) takes one "
                "optimizer, or two: that of `linear_model` and that of "
                f"`dnn_model`. Received: optimizer={optimizers}."
            )
        x, y, sample_weight = batches.unpack_x_y_sample_weight(data)
        # Persistent, as each optimizer computes, and may scale, its gradients.
        with tf.GradientTape(persistent=True) as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
        self._check_has_loss(y)
        for optimizer, variables in zip(optimizers, self._variables_of_parts()):
            optimizer.minimize(loss, variables, tape=tape)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _variables_of_parts(self):
        return (
            self.linear_model.trainable_variables,
            self.dnn_model.trainable_variables,
        )

    def compile_from_config(self, config):
        """Compiles with what `get_compile_config` returned.

        Arguments:
            config: Dict.
        """
        super().compile_from_config(config)
        if self.built and isinstance(self.optimizer, (list, tuple)):
            # The file may hold their slots.
            for optimizer, variables in zip(
                self.optimizer, self._variables_of_parts()
            ):
                optimizer.build(variables)


registry.add_builtins("keras.experimental", {"WideDeepModel": WideDeepModel})
