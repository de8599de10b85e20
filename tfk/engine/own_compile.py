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

from tfk.saving import plain_json
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
    try:
        found, unknown = _read_back(model, arguments, above)
        if not unknown:
            plain = serialization.serialize_keras_object(found)
            plain_json.dumps(plain, "one")
            return plain
        reason = f"{unknown} can't be read back"
    except Exception as error:
        # Of properties and a `get_config` of the user's own.
        reason = str(error).removesuffix(".")
    _warn(model, reason)
    return None


def _read_back(model, arguments, above):
    """Returns a dict of the arguments, and a list of those not known."""
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
    return found, unknown


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


def compile_from_config(model, config, compile_above):
    """Compiles a model with what `get_config` returned, if that can be done.

    What the model's `compile` handed on when it was saved, it may have made of
    its arguments: it is not to be made of these a second time.

    Arguments:
        model: A model.
        config: Dict.
        compile_above: The `compile` that the model's own one extends.
    """
    try:
        arguments = serialization.deserialize_arguments(config)
        model.compile(**arguments)
        made = model._compile_config
        handed_on = {k: v for k, v in arguments.items() if k in made}
        if any(made[k] is not v for k, v in handed_on.items()):
            lifts = model._lift_preprocessing
            compile_above(
                model, **{**made, **handed_on}, lift_preprocessing=lifts
            )
    except Exception as error:
        # What the user's code does with what went through a file.
        warnings.warn(
            "The model has a `compile` of its own and can't be compiled "
            f"from the file ({error!r}). Write `get_compile_config` and "
            "`compile_from_config`, or compile it after loading.",
            stacklevel=caller.stacklevel(),
        )
