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
"""Files of models whose class has a `compile` of its own.

As with constructors, the signature says what to keep: an argument is read back
from the attribute of its name, unless it was handed on to the `compile` above.
"""

import inspect
import warnings

from tfk.saving import serialization
from tfk.utils import caller
from tfk.utils import signatures

_MISSING = object()


def get_config(model, arguments, above):
    """Returns the arguments of a model's own `compile` as plain data.

    Arguments:
        model: A model that is compiled.
        arguments: Dict of what its `compile` handed on to the one above.
        above: The parameters of that one, by their names.

    Returns:
        A dict, or None if an argument is not known, of which a save warns.
    """
    found, unknown = {}, []
    handed_on = {
        name: value
        for name, value in arguments.items()
        if value is not None and value is not above[name].default
    }
    parameters = signatures.parameters(type(model).compile)
    for name, parameter in list(parameters.items())[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            found = {**handed_on, **found}
        elif name in handed_on:
            found[name] = handed_on[name]
        elif name in above and name != "optimizer":
            # An attribute of this name would be another thing.
            if name == "loss" or parameter.default is parameter.empty:
                unknown.append(name)
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            value = getattr(model, name, getattr(model, f"_{name}", _MISSING))
            if value is _MISSING or inspect.ismethod(value):
                unknown.append(name)
            found[name] = value
    if unknown:
        _warn(model, f"{unknown} can't be read back")
        return None
    try:
        return serialization.serialize_keras_object(found)
    except (NotImplementedError, TypeError) as error:
        _warn(model, str(error))
        return None


def _warn(model, reason):
    if serialization.is_checking():
        name = type(model).__name__
        warnings.warn(
            "A program that loads the model can't compile it: of the arguments "
            f"of `{name}.compile`, {reason}. Keep each under its name, as in "
            "`self.x = x`, or write `get_compile_config` and "
            "`compile_from_config`.",
            stacklevel=caller.stacklevel(),
        )


def compile_from_config(model, config):
    """Compiles a model with what `get_config` returned, if that can be done.

    Arguments:
        model: A model.
        config: Dict.
    """
    try:
        model.compile(**serialization.deserialize_arguments(config))
    except (TypeError, ValueError) as error:
        warnings.warn(
            "The model has a `compile` of its own and can't be compiled "
            f"from the file ({error}). Write `get_compile_config` and "
            "`compile_from_config`, or compile it after loading.",
            stacklevel=caller.stacklevel(),
        )
