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
"""A SavedModel as a layer."""

import tensorflow as tf

from tfk.engine.layer import Layer
from tfk.saving import errors
from tfk.saving import serialization
from tfk.utils import structure


class TFSMLayer(Layer):
    """Runs a function of a SavedModel, wherever it comes from.

    Use it to take a trained model whose Python code is not at hand, from TF Hub
    for instance, into a new one. Its variables are weights of the layer. What a
    SavedModel computes in inference only, `Model.export` writes no other, can
    be trained on only where the function was made for it.

    Arguments:
        filepath: String: the folder of the SavedModel.
        call_endpoint: String: the function that runs: an attribute of what was
            saved, or one of its signatures ("serving_default" is usual).
        call_training_endpoint: String: the function that runs with
            `training=True`. By default the same one.
        trainable: Boolean: whether training changes the variables.
        name: String: the layer's name.
        dtype: The layer's dtype. Inputs are passed on as they are.

    Call arguments:
        inputs: What the function takes. For a signature of several inputs, a
            dict of their names.
        training: Boolean: training or inference mode.
        **kwargs: Passed on.

    Output shape:
        What the function returns; a dict if it is a signature.

    Raises:
        ValueError: If there is no such function.

    Example:

    >>> import tempfile
    >>> path = tempfile.mkdtemp()
    >>> model = tfk.Sequential([tfk.Input((3,)), tfk.layers.Dense(2)])
    >>> model.export(path)
    >>> layer = tfk.layers.TFSMLayer(path, call_endpoint="serve")
    >>> layer(tf.ones((1, 3))).shape
    TensorShape([1, 2])

    A SavedModel is a program, which can read and write files, and a damaged
    one can end the process. A model's file that says where one lies loads with
    `safe_mode=False` only.
    """

    def __init__(
        self,
        filepath,
        call_endpoint="serve",
        call_training_endpoint=None,
        trainable=True,
        name=None,
        dtype=None,
    ):
        super().__init__(
            trainable=trainable, name=name, dtype=dtype, autocast=False
        )
        self.filepath = str(filepath)
        self.call_endpoint = call_endpoint
        self.call_training_endpoint = call_training_endpoint
        self._saved = tf.saved_model.load(self.filepath)
        self._infer = self._train = self._endpoint(call_endpoint)
        if call_training_endpoint is not None:
            self._train = self._endpoint(call_training_endpoint)
        self.endpoint_variables = _variables_of([self._infer, self._train])
        self.built = True

    def _endpoint(self, name):
        saved = self._saved
        signatures = getattr(saved, "signatures", {})
        function = getattr(saved, name, None)
        if callable(function):
            return function
        if name in signatures:
            return _by_keyword(signatures[name])
        found = sorted(
            {
                key
                for key in dir(saved)
                if key[0] != "_" and callable(getattr(saved, key, None))
            }
            | set(signatures)
        )
        raise ValueError(
            f"The SavedModel of layer '{self.name}' (of type TFSMLayer) has no "
            f"endpoint {name!r}. Received: filepath={self.filepath!r}. Choose "
            f"one of {found}."
        )

    def call(self, inputs, training=False, **kwargs):
        """Runs the function."""
        return (self._train if training else self._infer)(inputs, **kwargs)

    @classmethod
    def from_config(cls, config, custom_objects=None, safe_mode=None):
        """Makes the layer again, if files may be run as programs.

        Arguments:
            config: Dict of constructor arguments.
            custom_objects: Ignored.
            safe_mode: Boolean: whether to refuse. By default as whatever loads
                the config says; it refuses if nothing does.

        Raises:
            tfk.errors.UnsafeFileError: In safe mode.
        """
        del custom_objects
        if serialization.in_safe_mode() if safe_mode is None else safe_mode:
            raise errors.UnsafeFileError(
                f"Layer '{config.get('name')}' (of type TFSMLayer) would run "
                "the SavedModel that its config names, which could do anything "
                f"on this machine. Received: filepath={config['filepath']!r}. "
                "If you trust it as much as you would trust a program, load "
                "with `safe_mode=False`."
            )
        return cls(**config)


def _by_keyword(signature):
    """Returns a function of one argument, or a dict, for a signature."""
    names = sorted(signature.structured_input_signature[1])

    def function(inputs, **kwargs):
        if not isinstance(inputs, dict):
            flat = tf.nest.flatten(inputs)
            if len(flat) != 1 or len(names) != 1:
                raise ValueError(
                    f"A signature of {len(names)} inputs takes a dict of their "
                    f"names, {names}: it knows no order. Received: "
                    f"inputs={structure.describe(inputs)}."
                )
            inputs = dict(zip(names, flat))
        return signature(**inputs, **kwargs)

    function.variables = signature.variables
    return function


def _variables_of(functions):
    found = {}
    for function in functions:
        for concrete in getattr(function, "concrete_functions", [function]):
            for variable in concrete.variables:
                found[id(variable)] = variable
    return list(found.values())
