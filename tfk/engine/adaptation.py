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
"""The side of a layer that has to do with adapters of the layers below it.

Adapters exchange the weights of layers from outside (`tfk.adapters`). What a
layer with an adapter is like stands in its config. But composite layers make
the layers inside of them anew, from arguments of their own, so that a file
has to say which of those had adapters. It does so next to the config, under
the paths that weights have in files.
"""

import tensorflow as tf

from tfk.engine import weight_view
from tfk.saving import weight_tree
from tfk.utils import tf_internal


class Adaptation(tf_internal.NamedChildren):
    """The side of a `Layer` that finds and restores adapters below it."""

    _pending_adapters = None

    def quantize(self, mode="int8", only=None):
        """Keeps the large weights in 8 bits, this layer's and those below.

        They take a quarter of the memory, are as good as before for
        predictions, and are not trained any more. See `tfk.adapters.int8`.

        Arguments:
            mode: String: `"int8"`.
            only: Function of a layer that says whether to quantise it. By
                default all are whose weights can be.

        Raises:
            ValueError: If the mode is not known, a layer is not built or is
                quantised already, or there is none to quantise.

        Example:

        >>> model = tfk.Sequential([tfk.Input((4,)), tfk.layers.Dense(2)])
        >>> model.quantize("int8")
        >>> [(w.dtype.name, w.shape) for w in model.weights]
        [('float32', TensorShape([2])), ('int8', TensorShape([4, 2])),
         ('float32', TensorShape([1, 2]))]
        """
        if mode != "int8":
            raise ValueError(
                f"The `mode` of `quantize` must be 'int8'. Received: "
                f"mode={mode!r}."
            )
        layers = adaptable_layers(self, only)
        for layer in layers:
            layer._check_can_quantize()
        for layer in layers:
            layer._quantize_own(mode)

    def check_can_train(self):
        """Raises if a weight that would be trained is quantised.

        Raises:
            ValueError: Naming the layer.
        """
        for layer in self._flatten_layers():
            layer._check_own_can_train()

    def _check_own_can_train(self):
        """Layers whose weights can be quantised override it."""

    # Files

    def get_adapter_config(self):
        """Returns which layers below have adapters that no config says.

        Returns:
            A dict of paths to dicts of arguments, or None.
        """
        found = {}
        # Most layers have none below, and the walk takes time.
        if not any(map(_has_adapters, self._flatten_layers(False))):
            return None
        for path, item in weight_tree.walk(self):
            if path and _has_adapters(item):
                found[path] = item._adapter_arguments()
        return found or None

    def adapt_from_config(self, config):
        """Gives the layers below the adapters of `get_adapter_config`.

        A layer that is not built yet does so once it is.

        Arguments:
            config: Dict of paths to dicts of arguments.
        """
        vars(self)["_pending_adapters"] = config
        if self.built:
            self._adapt_pending()

    def _adapt_pending(self):
        config = vars(self).pop("_pending_adapters", None)
        if config is None:
            return
        layers = dict(weight_tree.walk(self))
        for path, arguments in config.items():
            layer = layers.get(path)
            if not hasattr(layer, "_attach_adapters"):
                raise ValueError(
                    f"Layer '{self.name}' (of type {type(self).__name__}) was "
                    f"saved with adapters of a layer at '{path}', and has no "
                    "such layer that takes any. Received: "
                    f"adapter_config={config}."
                )
            layer._attach_adapters(arguments)

    # Checkpoints

    def _named_children(self):
        """Returns the variables that stand behind views."""
        return {
            path: variable
            for name, value in vars(self).items()
            if isinstance(value, weight_view.WeightView)
            for path, variable in weight_view.named_variables(name, value)
        }


def adaptable_layers(layer, only=None):
    """Returns the layers with a weight that adapters can take hold of.

    Arguments:
        layer: A model or layer, which may itself be one of them.
        only: Function of a layer that says whether to take it, or None.

    Raises:
        ValueError: If there is none, or one is not built.
    """
    if not isinstance(layer, tf.Module):
        raise TypeError(
            f"Adapters are for layers and models. Received: {layer!r}."
        )
    found = [
        x
        for x in layer._flatten_layers()
        if getattr(x, "_takes_adapters", False) and (only is None or only(x))
    ]
    if not found:
        built = "" if layer.built else " It is not built yet: call it on data."
        raise ValueError(
            f"'{layer.name}' (of type {type(layer).__name__}) has no layers "
            f"that take adapters, such as `Dense` or `Embedding`.{built} "
            f"Received: only={only!r}."
        )
    for x in found:
        if not x.built:
            raise ValueError(
                f"Layer '{x.name}' (of type {type(x).__name__}) has no weights "
                "yet, which an adapter could take hold of. Call it on data, or "
                "`build` it, first."
            )
    return found


def _has_adapters(item):
    return bool(getattr(item, "_adapter_arguments", dict)())
