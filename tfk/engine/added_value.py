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
"""Layers that stand in a graph for `add_loss` and `add_metric` of its model.

Their names and arguments are those that Keras writes in files.
"""

from tfk.engine.layer import Layer
from tfk.saving import registry


class AddLoss(Layer):
    """Adds a value to the losses of the model that it is in.

    Made by `Model.add_loss`, not by users.

    Arguments:
        unconditional: Boolean: kept for Keras' files.
        **kwargs: Further arguments of `tfk.layers.Layer`.
    """

    def __init__(self, unconditional=False, **kwargs):
        super().__init__(**kwargs)
        self.unconditional = unconditional

    def call(self, inputs):
        """Returns the value."""
        self.add_loss(inputs)
        return inputs


class AddMetric(Layer):
    """Reports a value with the metrics of the model that it is in.

    Made by `Model.add_metric`, not by users.

    Arguments:
        aggregation: String: how batches are joined: always by their mean.
        metric_name: String.
        **kwargs: Further arguments of `tfk.layers.Layer`.
    """

    def __init__(self, aggregation=None, metric_name=None, **kwargs):
        super().__init__(**kwargs)
        self.aggregation = aggregation
        self.metric_name = metric_name

    def call(self, inputs):
        """Returns the value."""
        self.add_metric(inputs, name=self.metric_name)
        return inputs


registry.add_builtins(
    "keras.layers", {"AddLoss": AddLoss, "AddMetric": AddMetric}
)
