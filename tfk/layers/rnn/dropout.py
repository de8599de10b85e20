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
"""Dropout that stays the same over all time steps of a sequence.

Dropping other values at each step would wash out what the states remember.
See [Gal and Ghahramani, 2016](https://arxiv.org/abs/1512.05287).
"""

import tensorflow as tf

from tfk.engine import random_stream
from tfk.engine.layer import Layer
from tfk.layers import regularization
from tfk.utils import checks
from tfk.utils import tf_internal

_INPUTS, _STATES = "inputs", "states"


class DropoutCell(Layer):
    """A cell with dropout of its inputs and of its states.

    The masks are drawn once and kept until they are reset, which `RNN` does
    around each sequence. Who runs a cell by hand calls `reset_dropout_mask`
    and `reset_recurrent_dropout_mask` before each sequence.

    Arguments:
        dropout: Float from 0 to 1: the share of inputs that is set to 0.
        recurrent_dropout: Float from 0 to 1: the share of states.
        seed: Integer, which gives the same choices in each run, or None.
    """

    def __init__(self, dropout=0.0, recurrent_dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.dropout = checks.share("dropout", dropout, self.name)
        self.recurrent_dropout = checks.share(
            "recurrent_dropout", recurrent_dropout, self.name
        )
        self.seed = seed
        if self.dropout or self.recurrent_dropout:
            self.random_stream = random_stream.RandomStream(seed)
        self._keep_masks({})

    def _keep_masks(self, masks):
        # A plain attribute: tensors are nothing for checkpoints.
        vars(self)["_self_masks"] = masks

    # tf.keras's files don't hold it, and its constructors take it.
    _unsaved_arguments = Layer._unsaved_arguments + ("seed",)

    def get_config(self):
        config = super().get_config()
        if self.seed is not None:
            config["seed"] = self.seed
        return config

    def get_dropout_mask_for_cell(self, inputs, training, count=1):
        """Returns what inputs are multiplied with.

        Arguments:
            inputs: Tensor of the inputs of one time step.
            training: Boolean or boolean tensor: the mode.
            count: Integer: how many masks to draw.

        Returns:
            A tensor, a list of `count` of them if it is above 1, or None
            outside of training and without dropout.
        """
        return self._mask(_INPUTS, self.dropout, inputs, training, count)

    def get_recurrent_dropout_mask_for_cell(self, inputs, training, count=1):
        """Returns what states are multiplied with.

        Arguments:
            inputs: Tensor of a state.
            training: Boolean or boolean tensor: the mode.
            count: Integer: how many masks to draw.

        Returns:
            A tensor, a list of `count` of them if it is above 1, or None
            outside of training and without dropout.
        """
        rate = self.recurrent_dropout
        return self._mask(_STATES, rate, inputs, training, count)

    def reset_dropout_mask(self):
        """Forgets the masks of the inputs, so that new ones are drawn."""
        self._forget(_INPUTS)

    def reset_recurrent_dropout_mask(self):
        """Forgets the masks of the states, so that new ones are drawn."""
        self._forget(_STATES)

    def _forget(self, kind):
        masks = self._self_masks
        self._keep_masks({k: v for k, v in masks.items() if k[0] != kind})

    def _mask(self, kind, rate, x, training, count):
        if not rate or training is None or training is False:
            return None
        masks = self._self_masks.get((kind, count))
        if masks is None or not _fits(masks[0], x):
            masks = [self._draw(rate, x, training) for _ in range(count)]
            self._keep_masks({**self._self_masks, (kind, count): masks})
        return masks[0] if count == 1 else list(masks)

    def _draw(self, rate, x, training):
        ones = tf.ones_like(x)

        def draw():
            dtype = tf.float64 if x.dtype == tf.float64 else tf.float32
            noise = self.random_stream.uniform(tf.shape(x), dtype)
            return regularization.drop(ones, noise, rate)

        mask = regularization.when(training, draw, ones)
        mask.set_shape(x.shape)
        return mask


def reset_masks(cell):
    """Makes a cell, and those inside it, draw new dropout masks."""
    if not isinstance(cell, Layer):
        return
    for layer in cell._flatten_layers():
        for name in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
            reset = getattr(layer, name, None)
            if reset is not None:
                reset()


def _fits(mask, x):
    """Whether a mask can be used here and now, for an input like `x`."""
    if not mask.shape.is_compatible_with(x.shape):
        return False
    if isinstance(mask, tf_internal.EagerTensor):
        return True
    graph = tf.compat.v1.get_default_graph()
    while graph is not None and graph is not mask.graph:
        graph = getattr(graph, "outer_graph", None)
    return graph is not None
