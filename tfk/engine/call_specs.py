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
"""What a model without a graph was first called on, as plain data.

A model is built by a call. To build it again from a file takes the shapes and
dtypes of all tensors of that call, not of the first argument alone.
"""

import tensorflow as tf

from tfk.saving import serialization

_SPEC = "TensorSpec"
_MODES = ("training", "mask")
_PLAIN = (str, bool, int, float, type(None))


def of_call(args, kwargs):
    """Returns the specs of the arguments of a call, or None.

    Arguments:
        args: Tuple of the first argument, and of those that have no name.
        kwargs: Dict of the other arguments.

    Returns:
        A pair: the first argument, and a dict of the others, with specs in the
        place of tensors. None if they can't all be told in a file.
    """
    kwargs = {k: v for k, v in kwargs.items() if k not in _MODES}
    if len(args) != 1:
        return None
    try:
        specs = tf.nest.map_structure(_spec_of, (args[0], kwargs))
    except TypeError:
        return None
    is_known = all(
        type(spec) is tf.TensorSpec or isinstance(spec, _PLAIN)
        for spec in tf.nest.flatten(specs)
    )
    return specs if is_known else None


def _spec_of(value):
    if isinstance(value, _PLAIN):
        return value
    return tf.type_spec_from_value(value)


def serialize(specs):
    """Returns specs as data that JSON can hold.

    Arguments:
        specs: What `of_call` returned.
    """
    return [_plain(specs[0]), _plain(specs[1])]


def _plain(value):
    if isinstance(value, tf.TensorSpec):
        shape = None if value.shape.rank is None else value.shape.as_list()
        config = {"shape": shape, "dtype": value.dtype.name}
        return {"class_name": _SPEC, "config": config}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def deserialize(config):
    """Returns the specs that `serialize` described.

    Arguments:
        config: List.

    Raises:
        ValueError: If it describes no call.
    """
    if (
        not isinstance(config, (list, tuple))
        or len(config) != 2
        or not isinstance(config[1], dict)
    ):
        raise ValueError(
            "A call is described by its first argument and a dict of the "
            f"others. Received: {config!r}."
        )
    return _revived(config[0]), _revived(config[1])


def of_tensors(specs):
    """Returns the list of the specs of tensors, among those of a call.

    Arguments:
        specs: What `of_call` returned.
    """
    return [x for x in tf.nest.flatten(specs) if isinstance(x, tf.TensorSpec)]


def run(model, specs, tensors):
    """Calls a model.

    Arguments:
        model: Function.
        specs: What `of_call` returned.
        tensors: List of tensors in the places of `of_tensors(specs)`.
    """
    given = iter(tensors)
    values = [
        next(given) if isinstance(x, tf.TensorSpec) else x
        for x in tf.nest.flatten(specs)
    ]
    first, more = tf.nest.pack_sequence_as(specs, values)
    return model(first, **more)


def _revived(value):
    if serialization.is_serialized_object(value):
        config = value["config"]
        return tf.TensorSpec(config["shape"], tf.as_dtype(config["dtype"]))
    if isinstance(value, dict):
        return {key: _revived(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_revived(item) for item in value]
    return value


def needs_more(arguments):
    """Whether a call needs more than its first argument.

    Arguments:
        arguments: `CallArguments`.
    """
    return any(
        parameter.default is parameter.empty
        and parameter.name not in _MODES
        and parameter.kind
        not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        for parameter in arguments.parameters[1:]
    )
