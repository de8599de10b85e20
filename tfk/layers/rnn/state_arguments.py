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
"""Initial states and constants, as arguments or behind the inputs in a list.

`layer(x, initial_state=[h, c])` and `layer([x, h, c])` are the same. Calls on
symbolic tensors are recorded in the second form, as files of Keras hold it.
"""

import tensorflow as tf

from tfk.engine import symbolic
from tfk.engine.layer import Layer
from tfk.layers.rnn import cells
from tfk.saving import registry
from tfk.utils import structure


class TakesStates(Layer):
    """A layer that can be called with initial states and constants."""

    _num_constants = None

    def __call__(self, inputs, initial_state=None, constants=None, **kwargs):
        """Runs the layer.

        Arguments:
            inputs: Tensor, or a structure of tensors that is no list. A list
                holds the inputs, the initial states and the constants.
            initial_state: List of tensors, or None for the default.
            constants: List of tensors that each time step gets, or None.
            **kwargs: Further arguments of `call`.
        """
        inputs, states, constants = self._split(
            inputs, initial_state, constants
        )
        extra = [*(states or ()), *(constants or ())]
        if constants:
            vars(self)["_num_constants"] = len(constants)
        if symbolic.contains(extra):
            kwargs = {k: v for k, v in kwargs.items() if v is not None}
            return self._record(([inputs, *extra],), kwargs)
        if states is not None:
            kwargs["initial_state"] = states
        if constants is not None:
            kwargs["constants"] = constants
        return super().__call__(inputs, **kwargs)

    def _split(self, inputs, states, constants):
        """Returns inputs, states and constants, each list None if missing."""
        if not isinstance(inputs, list) or not _holds_tensors(inputs):
            states = None if states is None else cells.as_list(states)
            if constants is not None:
                constants = cells.as_list(constants)
            return inputs, states, constants
        if (states is not None or constants is not None) and len(inputs) > 1:
            raise ValueError(
                f"Layer '{self.name}' takes initial states and constants as "
                "arguments or in the list of the inputs, not both. Received: "
                f"inputs={structure.describe(inputs)}, initial_state="
                f"{structure.describe(states)}, constants="
                f"{structure.describe(constants)}."
            )
        if len(inputs) == 1:
            return self._split(inputs[0], states, constants)
        inputs, *rest = inputs
        count = len(rest) - (self._num_constants or 0)
        return inputs, rest[:count] or None, rest[count:] or None

    def get_config(self):
        config = super().get_config()
        if self._num_constants is not None:
            config["num_constants"] = self._num_constants
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes a layer from the output of `get_config`.

        Arguments:
            config: Dict of constructor arguments.
            custom_objects: Optional dict of names to classes of your own.
        """
        config = dict(config)
        num_constants = config.pop("num_constants", None)
        with registry.custom_object_scope(custom_objects or {}):
            layer = super().from_config(config)
        if num_constants is not None:
            vars(layer)["_num_constants"] = num_constants
        return layer


def _holds_tensors(items):
    """Whether a list holds tensors or arrays, and not plain numbers."""
    return all(
        hasattr(x, "shape") or isinstance(x, (tuple, dict)) or _is_list(x)
        for x in items
    )


def _is_list(x):
    return isinstance(x, list) and bool(x) and _holds_tensors(x)


def shape_of_inputs(input_shape):
    """Returns the shape of the inputs, without those of states behind it.

    Arguments:
        input_shape: Shape of the inputs, or a list of it and the shapes of
            initial states and constants.
    """
    if isinstance(input_shape, list) and not structure.is_shape(input_shape):
        input_shape = input_shape[0]
    return structure.map_shapes(tf.TensorShape, input_shape)
