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
"""Applies a layer to every time step."""

import tensorflow as tf

from tfk.layers.rnn import loop
from tfk.layers.wrapper import Wrapper
from tfk.utils import structure


class TimeDistributed(Wrapper):
    """Applies a layer to every time step of its inputs.

    For layers that know no time, such as `Conv2D` over the frames of a video.
    The weights are the same for all steps. All steps go through the layer at
    once, as one batch. (`Dense` treats all steps alike by itself.)

    Arguments:
        layer: A layer.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor, dense or ragged, or a structure of tensors.
        training: Boolean: the mode.
        mask: Boolean tensor of shape `(batch_size, steps)`, or None. A layer
            that takes a mask gets that of each time step.

    Input shape:
        `(batch_size, steps, ...)`.

    Output shape:
        `(batch_size, steps, ...)`; ragged if the input is.

    Raises:
        TypeError: If `layer` is not a layer.
        ValueError: If an input has no axis of time steps.

    Example:

    >>> frames = tf.ones((2, 10, 28, 28, 3))
    >>> layer = tfk.layers.TimeDistributed(tfk.layers.Conv2D(8, 3))
    >>> layer(frames).shape
    TensorShape([2, 10, 26, 26, 8])
    """

    supports_masking = True

    def build(self, input_shape):
        """Builds the layer inside, for the inputs of one time step."""
        input_shape = structure.map_shapes(tf.TensorShape, input_shape)
        super().build(structure.map_shapes(self._shape_of_step, input_shape))

    def _shape_of_step(self, shape):
        shape = tf.TensorShape(shape)
        if shape.rank is None or shape.rank < 2:
            raise ValueError(
                f"Layer '{self.name}' (of type TimeDistributed) takes inputs "
                "of shape (batch_size, steps, ...). Received: inputs of shape "
                f"{shape}."
            )
        return tf.TensorShape(shape[:1]).concatenate(shape[2:])

    def compute_output_shape(self, input_shape):
        """Returns the shape of the outputs.

        Arguments:
            input_shape: Shape of the inputs, or a structure of shapes.
        """
        input_shape = structure.map_shapes(tf.TensorShape, input_shape)
        shapes = self.layer.compute_output_shape(
            structure.map_shapes(self._shape_of_step, input_shape)
        )
        steps = structure.first_shape(input_shape)[1]
        return structure.map_shapes(
            lambda shape: tf.TensorShape([shape[0], steps, *shape[1:]]),
            structure.map_shapes(tf.TensorShape, shapes),
        )

    def call(self, inputs, training=None, mask=None):
        """Applies the layer to all steps."""
        flat = tf.nest.flatten(inputs)
        if any(isinstance(x, tf.RaggedTensor) for x in flat):
            return self._of_ragged(inputs, training)
        if self.layer.stateful:
            return self._step_by_step(inputs, training)
        merged = tf.nest.map_structure(_merge_axes, inputs)
        arguments = self._arguments(training)
        if mask is not None and self._takes_mask:
            arguments["mask"] = _merged_mask(mask)
        outputs = self.layer(merged, **arguments)
        return tf.nest.map_structure(lambda y: _split_axes(y, flat[0]), outputs)

    @property
    def _takes_mask(self):
        return self.layer._call_arguments.takes_mask

    def _arguments(self, training):
        takes = self.layer._call_arguments.names_training
        return {"training": training} if takes else {}

    def _of_ragged(self, inputs, training):
        """Applies the layer to the steps of all rows, and splits them again."""
        first = tf.nest.flatten(inputs)[0]
        values = tf.nest.map_structure(lambda x: x.values, inputs)
        outputs = self.layer(values, **self._arguments(training))
        return tf.nest.map_structure(
            lambda y: tf.RaggedTensor.from_row_splits(
                y, first.row_splits, validate=False
            ),
            outputs,
        )

    def _step_by_step(self, inputs, training):
        """Applies a layer that remembers what it saw to one step at a time."""

        def step(inputs, states):
            return self.layer(inputs, **self._arguments(training)), states

        return loop.run(step, inputs, [])[1]

    def compute_mask(self, inputs, mask=None):
        """Returns the mask of the outputs, for all steps.

        It is that of the layer inside where it makes or changes one, with the
        axis of time steps put in; else that of the inputs.

        Arguments:
            inputs: The inputs of the call.
            mask: The mask of the inputs, or None.
        """
        flat = tf.nest.flatten(inputs)
        if any(isinstance(x, tf.RaggedTensor) for x in flat):
            return None
        made = None
        if self.layer.supports_masking:
            merged = tf.nest.map_structure(_merge_axes, inputs)
            made = self.layer.compute_mask(merged, _merged_mask(mask))
        if all(m is None for m in tf.nest.flatten(made)):
            return _mask_of_steps(mask)
        return tf.nest.map_structure(
            lambda m: None if m is None else _split_axes(m, flat[0]), made
        )


def _merged_mask(mask):
    if mask is None:
        return None
    return tf.nest.map_structure(
        lambda m: None if m is None else _merge_axes(m), mask
    )


def _mask_of_steps(mask):
    """Returns which steps hold anything, of the first mask of a structure."""
    masks = [m for m in tf.nest.flatten(mask) if m is not None]
    if not masks:
        return None
    return tf.reduce_any(masks[0], list(range(2, masks[0].shape.rank)))


def _merge_axes(x):
    """Makes one axis of batch and time steps."""
    batch, steps = x.shape[:2]
    count = None if None in (batch, steps) else batch * steps
    shape = [-1 if count is None else count, *_sizes(x)[2:]]
    merged = tf.reshape(x, shape)
    merged.set_shape(tf.TensorShape([count]).concatenate(x.shape[2:]))
    return merged


def _split_axes(y, inputs):
    """Makes two axes, as the inputs have them, of one for batch and steps."""
    split = tf.reshape(y, [*_sizes(inputs)[:2], *_sizes(y)[1:]])
    split.set_shape(inputs.shape[:2].concatenate(y.shape[1:]))
    return split


def _sizes(x):
    """Returns the sizes of a tensor: integers where they are known."""
    sizes = x.shape.as_list()
    if None not in sizes:
        return sizes
    dynamic = tf.unstack(tf.shape(x), x.shape.rank)
    return [d if s is None else s for s, d in zip(sizes, dynamic)]
