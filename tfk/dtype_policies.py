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
"""Dtype policies: in which type a layer computes and keeps its weights."""

import tensorflow as tf

from tfk import config
from tfk.saving import configurable
from tfk.saving import registry
from tfk.saving import serialization

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
_global_policy = None


class Policy(configurable.Configurable):
    """Says in which type a layer computes and in which it keeps its weights.

    Mixed policies compute in 16 bits and keep the weights in `float32`, which
    trains faster on accelerators that have 16-bit units and takes less memory.
    See [Mixed precision training](https://arxiv.org/abs/1710.03740).

    Arguments:
        name: String: a dtype (`"float32"`), used for both, or
            `"mixed_float16"` or `"mixed_bfloat16"`.

    Example:

    >>> policy = tfk.mixed_precision.Policy("mixed_bfloat16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('bfloat16', 'float32')
    """

    def __init__(self, name):
        if isinstance(name, tf.DType):
            name = name.name
        if not isinstance(name, str):
            raise TypeError(
                "The `name` of a policy must be a string such as 'float32' "
                f"or 'mixed_bfloat16'. Received: name={name!r}."
            )
        self._name = name
        self._compute_dtype, self._variable_dtype = _dtypes_of(name)

    @property
    def name(self):
        """The policy's name."""
        return self._name

    @property
    def compute_dtype(self):
        """The dtype that layers compute in, as a string."""
        return self._compute_dtype

    @property
    def variable_dtype(self):
        """The dtype of the weights, as a string."""
        return self._variable_dtype

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes a policy from the output of `get_config`.

        Arguments:
            config: Dict.
            custom_objects: Ignored: a policy holds no objects.
        """
        del custom_objects
        return super().from_config(config)

    def __eq__(self, other):
        return isinstance(other, Policy) and self.name == other.name

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f'<Policy "{self.name}">'


def _dtypes_of(name):
    if name in _MIXED:
        return _MIXED[name], "float32"
    try:
        dtype = tf.as_dtype(name).name
    except TypeError as error:
        raise ValueError(
            "A dtype policy is named after a dtype, or is 'mixed_float16' or "
            f"'mixed_bfloat16'. Received: {name!r}."
        ) from error
    return dtype, dtype


def global_policy():
    """Returns the policy of layers that are given none.

    Example:

    >>> tfk.mixed_precision.global_policy()
    <Policy "float32">
    """
    return _global_policy or _named(config.floatx())


def set_global_policy(policy):
    """Sets the policy of layers that are given none.

    Arguments:
        policy: A `Policy`, its name, or None for the default float type.
    """
    global _global_policy
    _global_policy = None if policy is None else get_policy(policy)


def get_policy(identifier):
    """Returns the policy that a layer's `dtype` argument stands for.

    Arguments:
        identifier: None (the global policy), a `Policy`, a dtype, a name, or
            a policy's config.
    """
    if identifier is None:
        return global_policy()
    if isinstance(identifier, Policy):
        return identifier
    if isinstance(identifier, dict):
        return serialization.deserialize_keras_object(identifier)
    if isinstance(identifier, str):
        return _named(identifier)
    return _named(tf.as_dtype(identifier).name)


_policies = {}


def _named(name):
    if name not in _policies:
        _policies[name] = Policy(name)
    return _policies[name]


def serialize(policy):
    """Returns a plain dtype's name, or the config of a mixed policy."""
    if policy.name in _MIXED:
        return serialization.serialize_keras_object(policy)
    return policy.name


# The name in Keras 3.
DTypePolicy = Policy

registry.add_builtins(
    "keras.mixed_precision", {"Policy": Policy, "DTypePolicy": DTypePolicy}
)
