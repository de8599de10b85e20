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
"""UpdateEmbeddingCallback: renews the vocabulary of an embedding in `fit`."""

import time

from tfk.callbacks.callback import Callback


class UpdateEmbeddingCallback(Callback):
    """Lets a `DynamicEmbedding` renew its vocabulary now and then.

    Use it to train on terms that come and go, such as those of a stream.

    Arguments:
        dynamic_embedding_layer: A `tfk.layers.experimental.DynamicEmbedding`.
        interval: How many seconds are to pass between two updates.

    Raises:
        TypeError: If the layer is of another kind.
        ValueError: If `interval` is not positive.

    Example:

    >>> layer = tfk.layers.experimental.DynamicEmbedding(2, 8, ["ant", "bee"])
    >>> update = tfk.callbacks.experimental.UpdateEmbeddingCallback(layer, 60)

    In tf.keras a thread makes the update, in the midst of a step of training.
    Here it is made between two steps.
    """

    def __init__(self, dynamic_embedding_layer, interval):
        if not hasattr(dynamic_embedding_layer, "update_embeddings"):
            raise TypeError(
                "`UpdateEmbeddingCallback` needs a `DynamicEmbedding` layer. "
                f"Received: dynamic_embedding_layer={dynamic_embedding_layer!r}"
                "."
            )
        if not interval > 0:
            raise ValueError(
                "`interval` of `UpdateEmbeddingCallback` must be a positive "
                f"number of seconds. Received: interval={interval!r}."
            )
        self.dynamic_embedding_layer = dynamic_embedding_layer
        self.interval = interval
        self._last = None

    def wants_every_batch(self, mode):
        return False

    def on_train_begin(self, logs=None):
        self._last = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() - self._last >= self.interval:
            self.on_interval()
            self._last = time.monotonic()

    def on_interval(self):
        """Renews the vocabulary."""
        strategy = self.model.distribute_strategy
        self.dynamic_embedding_layer.update_embeddings(strategy)
