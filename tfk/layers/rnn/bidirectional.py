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
"""Runs a recurrent layer over sequences in both directions."""

import tensorflow as tf

from tfk.engine.layer import Layer
from tfk.layers.rnn import state_arguments
from tfk.layers.wrapper import Wrapper
from tfk.saving import serialization
from tfk.utils import structure

_MERGE_MODES = ("sum", "mul", "concat", "ave", None)


class Bidirectional(state_arguments.TakesStates, Wrapper):
    """Runs a recurrent layer forwards and another one backwards.

    Each step then knows what comes after it as well as what came before,
    which helps wherever whole sequences are at hand, as in text. With
    `return_sequences`, the outputs of masked steps are zero.

    Arguments:
        layer: A recurrent layer: `LSTM`, `GRU`, `SimpleRNN`, `RNN`, or one
            that has `go_backwards`, `return_sequences` and `return_state`.
            It stays as it is: layers of its config are made.
        merge_mode: How the outputs of both are put together: `"concat"`,
            `"sum"`, `"mul"`, `"ave"` (the mean), or None for a list of both.
        weights: List of arrays to begin with: those of the forward layer,
            then those of the backward layer.
        backward_layer: A recurrent layer for the way back, with the opposite
            `go_backwards`; one with the arguments of `layer` by default.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Call arguments:
        inputs: Tensor, dense or ragged. A list holds the inputs, the initial
            states and the constants.
        training: Boolean: the mode.
        mask: Boolean tensor of shape `(batch_size, steps)`, or None.
        initial_state: List of tensors: the states of the forward layer, then
            those of the backward layer.
        constants: List of tensors that the cells get at each step.

    Input shape:
        That of the layer.

    Output shape:
        That of the layer, with twice the size on the last axis for
        `"concat"`. With `return_state`, a list with the last states behind it:
        those of the forward layer, then those of the backward layer.

    Raises:
        ValueError: If `merge_mode` is unknown, or the layers don't go together.
        TypeError: If a layer is none.

    Example:

    >>> layer = tfk.layers.Bidirectional(tfk.layers.LSTM(4))
    >>> layer(tf.ones((2, 3, 5))).shape
    TensorShape([2, 8])
    """

    supports_masking = True

    def __init__(
        self,
        layer,
        merge_mode="concat",
        weights=None,
        backward_layer=None,
        **kwargs,
    ):
        super().__init__(layer, weights=weights, **kwargs)
        if merge_mode not in _MERGE_MODES:
            raise ValueError(
                f"`merge_mode` of layer '{self.name}' (of type "
                f"{type(self).__name__}) must be one of {_MERGE_MODES}. "
                f"Received: merge_mode={merge_mode!r}."
            )
        for argument in ("go_backwards", "return_sequences", "return_state"):
            if not hasattr(layer, argument):
                raise ValueError(
                    "`layer` of Bidirectional must be a recurrent layer, with "
                    f"`{argument}`. Received: layer={layer!r}."
                )
        self.merge_mode = merge_mode
        self.forward_layer = _made_again(layer, f"forward_{layer.name}")
        vars(self)["_self_backward_config"] = None
        if backward_layer is None:
            self.backward_layer = _made_again(
                layer,
                f"backward_{layer.name}",
                go_backwards=not layer.go_backwards,
            )
        else:
            self._check_backward(backward_layer)
            config = serialization.serialize_keras_object(backward_layer)
            vars(self)["_self_backward_config"] = config
            # Under a name of its own, as both layers may have the same.
            vars(backward_layer)["_name"] = f"backward_{backward_layer.name}"
            self.backward_layer = backward_layer
        self._num_constants = getattr(layer, "_num_constants", None)
        if self.return_sequences:
            # What one direction repeats would be added to what the other saw.
            for one in (self.forward_layer, self.backward_layer):
                one.zero_output_for_mask = True

    def _check_backward(self, backward_layer):
        if not isinstance(backward_layer, Layer):
            raise TypeError(
                "`backward_layer` of Bidirectional must be a layer. Received: "
                f"backward_layer={backward_layer!r}."
            )
        own = self.forward_layer
        wanted = {"go_backwards": not own.go_backwards}
        for argument in ("stateful", "return_sequences", "return_state"):
            wanted[argument] = getattr(own, argument)
        for argument, value in wanted.items():
            received = getattr(backward_layer, argument, None)
            if received != value:
                raise ValueError(
                    f"`backward_layer` of Bidirectional must have {argument}="
                    f"{value}, to go with `layer`. Received: a layer with "
                    f"{argument}={received}."
                )

    # The layer that was given is no part of the state: layers of its config
    # are. The name is one that the walks over attributes leave out.

    @property
    def layer(self):
        """The layer that was given. The weights are those of two others."""
        return self._self_layer

    @layer.setter
    def layer(self, value):
        vars(self)["_self_layer"] = value

    _unsaved_arguments = Wrapper._unsaved_arguments + (
        "weights",
        "backward_layer",
    )

    def get_config(self):
        config = super().get_config()
        if self._self_backward_config is not None:
            config["backward_layer"] = self._self_backward_config
        return config

    @property
    def return_sequences(self):
        """Whether the outputs of all steps are returned."""
        return self.forward_layer.return_sequences

    @property
    def return_state(self):
        """Whether the last states are returned as well."""
        return self.forward_layer.return_state

    @property
    def stateful(self):
        """Whether states are kept from one batch to the next."""
        return self.forward_layer.stateful

    @property
    def activity_regularizer(self):
        """None: each of the two layers regularizes its own outputs."""
        return None

    @property
    def constraints(self):
        """Dict of what the two layers list as their `constraints`."""
        found = {}
        for layer in (self.forward_layer, self.backward_layer):
            found.update(getattr(layer, "constraints", {}))
        return found

    @property
    def _time_axis(self):
        return 0 if getattr(self.forward_layer, "time_major", False) else 1

    def build(self, input_shape):
        """Builds both layers."""
        input_shape = state_arguments.shape_of_inputs(input_shape)
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer._build_with(input_shape)
        self.built = True

    def call(
        self,
        inputs,
        training=None,
        mask=None,
        initial_state=None,
        constants=None,
    ):
        """Runs both layers and puts their outputs together."""
        kwargs = {"training": training, "mask": mask, "constants": constants}
        kwargs = {k: v for k, v in kwargs.items() if v is not None}
        results = []
        for layer, states in zip(
            (self.forward_layer, self.backward_layer),
            self._halves(initial_state),
        ):
            given = {} if states is None else {"initial_state": states}
            results.append(layer(inputs, **given, **kwargs))
        if not self.return_state:
            return self._merged(*results)
        (forward, *states), (backward, *backward_states) = results
        merged = self._merged(forward, backward)
        merged = [merged] if self.merge_mode else merged
        return [*merged, *states, *backward_states]

    def _halves(self, states):
        if states is None:
            return None, None
        half, rest = divmod(len(states), 2)
        if rest:
            raise ValueError(
                f"Layer '{self.name}' takes an even number of initial states: "
                "those of the forward layer, then those of the backward "
                "layer. Received: initial_state="
                f"{structure.describe(states)}."
            )
        return states[:half], states[half:]

    def _merged(self, forward, backward):
        if self.return_sequences:
            backward = tf.nest.map_structure(
                lambda x: tf.reverse(x, [self._time_axis]), backward
            )
        if self.merge_mode is None:
            return [forward, backward]
        return tf.nest.map_structure(self._merge, forward, backward)

    def _merge(self, forward, backward):
        if self.merge_mode == "concat":
            return tf.concat([forward, backward], -1)
        if self.merge_mode == "mul":
            return forward * backward
        total = forward + backward
        return total if self.merge_mode == "sum" else total / 2

    def compute_output_shape(self, input_shape):
        """Returns the shape of the outputs, or a list of shapes.

        Arguments:
            input_shape: Shape of the inputs, or a list of shapes.
        """
        shape = self.forward_layer.compute_output_shape(input_shape)
        backward = self.backward_layer.compute_output_shape(input_shape)
        states = []
        if self.return_state:
            (shape, *states), (backward, *others) = shape, backward
            states += others
        if self.merge_mode is None:
            return [shape, backward, *states]
        if self.merge_mode == "concat":
            shape = structure.map_shapes(
                lambda s: s[:-1].concatenate(
                    None if s[-1] is None else 2 * s[-1]
                ),
                shape,
            )
        return [shape, *states] if self.return_state else shape

    def compute_mask(self, inputs, mask=None):
        """Returns the mask of the inputs for the outputs of all steps.

        Arguments:
            inputs: The inputs of the call.
            mask: The mask of the inputs.
        """
        masks = [
            layer.compute_mask(inputs, mask)
            for layer in (self.forward_layer, self.backward_layer)
        ]
        if not self.return_state:
            return masks if self.merge_mode is None else masks[0]
        (forward, *states), (backward, *others) = masks
        first = [forward, backward] if self.merge_mode is None else [forward]
        return [*first, *states, *others]

    def reset_states(self, states=None):
        """Sets the states of stateful layers, to zero or to others.

        Arguments:
            states: List of arrays: those of the forward layer, then those of
                the backward layer. None for zeros.
        """
        halves = self._halves(None if states is None else list(states))
        self.forward_layer.reset_states(halves[0])
        self.backward_layer.reset_states(halves[1])

    def reset_state(self):
        """Sets the states to what they began with: `reset_states()`."""
        self.reset_states()


def _made_again(layer, name, **arguments):
    """Makes a layer of the config of another one.

    Arguments:
        layer: A layer.
        name: String: the name of the new one.
        **arguments: What else differs.
    """
    return serialization.copy_of(layer, name=name, **arguments)
