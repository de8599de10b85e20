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
"""PreprocessingStage: preprocessing layers that are adapted together."""

from tfk.engine import cascade
from tfk.engine.model import Model
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.engine.sequential import Sequential


class PreprocessingStage(Sequential, PreprocessingLayer):
    """Preprocessing layers in a row, or in a graph, as one layer.

    One `adapt` lets all of them learn, each from the outputs of those before.
    Use the stage in a model, whose `fit` then runs it in the input pipeline,
    or map it over a dataset yourself: of elements `(x, y)` it changes `x`.

    Layers of any other kind may stand among them. They are frozen: neither
    `adapt` nor the training of a model around the stage changes their weights.
    Stages and models can be nested.

    Arguments:
        layers: List of layers, each of which takes what the one before gives.
        name: String: the name of the stage.
        inputs: Symbolic tensor, or a structure of them, in place of `layers`.
        outputs: The same: what layers make of `inputs`.

    Call arguments:
        inputs: What the first layer takes, or values of `inputs`.
        *others: More positional arguments, such as the targets that
            `Dataset.map` passes, are given back after the outputs.
        training: Boolean: whether random layers change their inputs.

    Example:

    >>> stage = tfk.layers.PreprocessingStage(
    ...     [tfk.layers.Rescaling(0.1), tfk.layers.Normalization()]
    ... )
    >>> stage.adapt(np.array([[10.0], [30.0]]))
    >>> stage(np.array([[50.0]])).numpy()
    array([[3.]], dtype=float32)

    With a graph, mapped over pairs of inputs and targets:

    >>> words = tfk.Input(shape=(1,), dtype="string")
    >>> lookup = tfk.layers.StringLookup()
    >>> stage = tfk.layers.PreprocessingStage(
    ...     inputs=words,
    ...     outputs=tfk.layers.CategoryEncoding(3, "one_hot")(lookup(words)),
    ... )
    >>> stage.adapt([["a"], ["b"], ["b"]])
    >>> dataset = tf.data.Dataset.from_tensor_slices(([["b"]], [7])).batch(1)
    >>> for x, y in dataset.map(stage):
    ...     print(x.numpy(), y.numpy())
    [[0. 1. 0.]] [7]
    """

    # The layers in a row; none if the stage has a graph.
    _chain = ()

    _is_inferred = False

    def __init__(self, layers=None, name=None, *, inputs=None, outputs=None):
        if (layers is None) == (outputs is None):
            raise ValueError(
                "A PreprocessingStage is made of a list of `layers`, or of "
                f"`inputs` and `outputs`. Received: layers={layers!r}, "
                f"inputs={inputs!r}, outputs={outputs!r}."
            )
        if layers is not None:
            super().__init__(layers, name=name)
        else:
            Model.__init__(self, inputs=inputs, outputs=outputs, name=name)
        self._freeze()

    @property
    def _is_chain(self):
        return bool(self._chain)

    # What differs between the two forms: a graph is as in `Model`.

    @property
    def layers(self):
        """The layers, in order."""
        return super().layers if self._is_chain else Model.layers.fget(self)

    def compute_output_shape(self, input_shape):
        if self._is_chain:
            return super().compute_output_shape(input_shape)
        return Model.compute_output_shape(self, input_shape)

    def get_config(self):
        """Returns what `from_config` needs to make an equal stage."""
        if self._is_chain:
            return super().get_config()
        return Model.get_config(self)

    def _is_plain_functional(self):
        return not self._is_chain

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes a stage from the output of `get_config`.

        Arguments:
            config: Dict.
            custom_objects: Dict of names to classes and functions.
        """
        if "output_layers" in config:
            return super(Sequential, cls).from_config(config, custom_objects)
        return super().from_config(config, custom_objects)

    # Frozen layers

    @property
    def _trainable(self):
        return False

    @_trainable.setter
    def _trainable(self, value):
        """Takes no notice: nothing in a stage is trained."""

    def _freeze(self):
        for layer in self._flatten_layers(include_self=False):
            is_other = not isinstance(layer, PreprocessingLayer)
            if is_other and (layer.weights or not layer.built):
                vars(layer)["_trainable"] = False

    # Calling

    def __call__(self, inputs, *others, **kwargs):
        if len(others) == 1 and isinstance(others[0], (bool, type(None))):
            kwargs["training"], others = others[0], ()
        outputs = super().__call__(inputs, **kwargs)
        if not others:
            return outputs
        if isinstance(outputs, list):
            outputs = tuple(outputs)  # `Dataset.map` would stack a list.
        return outputs, *others

    def call(self, inputs, training=None, mask=None):
        """Runs the layers.

        Arguments:
            inputs: Tensor or structure of tensors.
            training: Boolean: whether random layers change their inputs.
            mask: Mask of the inputs.
        """
        # A model around may have set all its layers trainable since.
        self._freeze()
        return super().call(inputs, training=training, mask=mask)

    def _build_once(self, inputs):
        # No graph is recorded: shapes may change with what layers learn.
        self._record_specs(inputs)
        self.built = True

    def build_from_config(self, config):
        """Makes weights anew; those of a chain come with its layers.

        Arguments:
            config: What `get_build_config` returned.
        """
        if config is not None:
            super().build_from_config(config)

    # Learning

    @property
    def _learning_layers(self):
        return cascade.learning_layers(self)

    @property
    def _learns(self):
        return bool(self._learning_layers)

    @property
    def is_adapted(self):
        """Whether all layers that learn have learned."""
        return all(layer.is_adapted for layer in self._learning_layers)

    def reset_state(self):
        """Forgets what the layers have collected."""
        for layer in self._learning_layers:
            layer.reset_state()

    def _num_categories(self):
        layers = self.layers if self._is_chain else []
        last = layers[-1] if layers else None
        if isinstance(last, PreprocessingLayer):
            return last._num_categories()
        return None
