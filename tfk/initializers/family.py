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
"""Initializers by name: strings, configs and back."""

from tfk.initializers import drawn
from tfk.initializers import filled
from tfk.initializers import orthonormal
from tfk.initializers import scaled_by_fan
from tfk.saving import object_family

_FAMILY = object_family.ObjectFamily(
    "initializer",
    "keras.initializers",
    {
        "Constant": filled.Constant,
        "constant": filled.Constant,
        "GlorotNormal": scaled_by_fan.GlorotNormal,
        "glorot_normal": scaled_by_fan.GlorotNormal,
        "GlorotUniform": scaled_by_fan.GlorotUniform,
        "glorot_uniform": scaled_by_fan.GlorotUniform,
        "HeNormal": scaled_by_fan.HeNormal,
        "he_normal": scaled_by_fan.HeNormal,
        "HeUniform": scaled_by_fan.HeUniform,
        "he_uniform": scaled_by_fan.HeUniform,
        "Identity": filled.Identity,
        "identity": filled.Identity,
        "LecunNormal": scaled_by_fan.LecunNormal,
        "lecun_normal": scaled_by_fan.LecunNormal,
        "LecunUniform": scaled_by_fan.LecunUniform,
        "lecun_uniform": scaled_by_fan.LecunUniform,
        "Ones": filled.Ones,
        "ones": filled.Ones,
        "one": filled.Ones,
        "Orthogonal": orthonormal.Orthogonal,
        "orthogonal": orthonormal.Orthogonal,
        "RandomNormal": drawn.RandomNormal,
        "random_normal": drawn.RandomNormal,
        "normal": drawn.RandomNormal,
        "RandomUniform": drawn.RandomUniform,
        "random_uniform": drawn.RandomUniform,
        "uniform": drawn.RandomUniform,
        "TruncatedNormal": drawn.TruncatedNormal,
        "truncated_normal": drawn.TruncatedNormal,
        "VarianceScaling": scaled_by_fan.VarianceScaling,
        "variance_scaling": scaled_by_fan.VarianceScaling,
        "Zeros": filled.Zeros,
        "zeros": filled.Zeros,
        "zero": filled.Zeros,
    },
)


def serialize(initializer, use_legacy_format=False):
    """Returns the config from which `deserialize` makes an equal initializer.

    Arguments:
        initializer: `Initializer` object, or a function of shape and dtype.
        use_legacy_format: Boolean: whether to write the format of Keras before
            version 2.12.

    Returns:
        A dict; a string for a built-in function.

    Example:

    >>> config = tfk.initializers.serialize(tfk.initializers.Constant(3))
    >>> config["class_name"], config["config"]
    ('Constant', {'value': 3})
    """
    return _FAMILY.serialize(initializer, use_legacy_format)


def deserialize(config, custom_objects=None, use_legacy_format=False):
    """Returns the initializer that a config describes.

    Arguments:
        config: Dict made by `serialize`, or a name.
        custom_objects: Dict of names to classes and functions of yours.
        use_legacy_format: Boolean. Both formats are recognised anyway.

    Returns:
        An initializer.

    Raises:
        ValueError: If the config names something unknown.

    Example:

    >>> config = tfk.initializers.serialize(tfk.initializers.Constant(3))
    >>> tfk.initializers.deserialize(config).value
    3
    """
    return _FAMILY.deserialize(config, custom_objects, use_legacy_format)


def get(identifier):
    """Returns the initializer that a layer's argument stands for.

    Arguments:
        identifier: None, a name, a config, a class, or an initializer, which
            is returned as it is.

    Returns:
        An initializer, or None.

    Raises:
        ValueError: If the name is unknown.
        TypeError: If the identifier is none of these.

    Example:

    >>> type(tfk.initializers.get("he_normal")).__name__
    'HeNormal'
    """
    return _FAMILY.get(identifier)
