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
"""Layers as plain data."""

from tfk.engine.layer import Layer
from tfk.saving import serialization


def serialize(layer, use_legacy_format=False):
    """Returns the config from which `deserialize` makes the layer again.

    Arguments:
        layer: A layer.
        use_legacy_format: Boolean: whether to leave out the module, as
            TensorFlow 2.12 and older did.

    Example:

    >>> tfk.layers.serialize(tfk.layers.Flatten())["class_name"]
    'Flatten'
    """
    config = serialization.serialize_keras_object(layer)
    if use_legacy_format:
        return {key: config[key] for key in ("class_name", "config")}
    return config


def deserialize(config, custom_objects=None, use_legacy_format=False):
    """Makes a layer from what `serialize` returned.

    Arguments:
        config: Dict.
        custom_objects: Optional dict of names to classes of your own.
        use_legacy_format: Boolean: both formats are read in any case.

    Raises:
        ValueError: If the config names an unknown layer.
    """
    del use_legacy_format
    if isinstance(config, Layer):
        return config
    return serialization.deserialize_keras_object(
        config, custom_objects, serialization.in_safe_mode()
    )
