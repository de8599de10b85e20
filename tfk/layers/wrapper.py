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
"""The base class of layers around another layer."""

import contextlib

from tfk.engine.layer import Layer
from tfk.saving import registry


class Wrapper(Layer):
    """A layer that changes how another layer is run.

    Subclass it and write `call`, which runs `self.layer`. The weights are
    those of the layer inside, which is built along with the wrapper.

    Arguments:
        layer: The layer inside.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`.

    Raises:
        TypeError: If `layer` is not a layer.

    Example:

    >>> class Twice(tfk.layers.Wrapper):
    ...     def call(self, inputs):
    ...         return self.layer(self.layer(inputs))
    >>> layer = Twice(tfk.layers.Rescaling(3.0))
    >>> layer(tf.constant([1.0])).numpy()
    array([9.], dtype=float32)
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise TypeError(
                f"`layer` of {type(self).__name__} must be a layer. Received: "
                f"layer={layer!r}."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        """Builds the layer inside, for the same inputs.

        Arguments:
            input_shape: `tf.TensorShape` of the inputs, or a structure.
        """
        if not self.layer.built:
            # As in tf.keras, the weights are named after the wrapper.
            self.layer._build_with(input_shape, contextlib.nullcontext())
        self.built = True

    @property
    def activity_regularizer(self):
        """The regularizer of the outputs of the layer inside, or None."""
        return self.layer.activity_regularizer

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes a wrapper from the output of `get_config`.

        Arguments:
            config: Dict of constructor arguments.
            custom_objects: Optional dict of names to classes of your own.
        """
        with registry.custom_object_scope(custom_objects or {}):
            return super().from_config(config)
