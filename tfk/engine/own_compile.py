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

Such a method notes its arguments, so that a save knows them, whatever became
of them. What is kept as an attribute of its name is read from there, as it may
have been changed since.
"""

import contextlib
import copy
import functools
import inspect
import warnings
import weakref

from tfk.saving import plain_json
from tfk.saving import serialization
from tfk.utils import caller
from tfk.utils import signatures

# Keys that no parameter can have: for what `*args` takes, and for an optimizer
# that was made of other arguments.
_ARGS = "*"
_OPTIMIZER = "*optimizer"
_MISSING = object()
_noting = weakref.WeakSet()


# Compiling


def note_arguments(cls, above):
    """Has the `compile` of a class note its arguments, if it is a user's.

    Arguments:
        cls: A class of models.
        above: The `compile` of all models.
    """
    method = cls.compile
    if method is above or not inspect.isfunction(method) or method in _noting:
        return

    @functools.wraps(method)
    def compile(self, *args, **kwargs):
        result = method(self, *args, **kwargs)
        # Of several that call each other, the outermost is the last one here.
        vars(self)["_own_compile"] = None
        with contextlib.suppress(TypeError):  # Of signatures that aren't true.
            vars(self)["_own_compile"] = _Call(self, compile, args, kwargs)
        return result

    _noting.add(compile)
    cls.compile = compile


class _Call:
    """A call of a model's own `compile`, which the model keeps.

    Arguments:
        model: The model.
        method: The function.
        args: Tuple of the arguments without names.
        kwargs: Dict of the others.
    """

    def __init__(self, model, method, args, kwargs):
        self.method = method
        bound = inspect.signature(method).bind(None, *args, **kwargs)
        self._passed = set(bound.arguments)
        bound.apply_defaults()
        _, *self._arguments = bound.arguments.items()
        self._kinds = {k: v.kind for k, v in bound.signature.parameters.items()}
        self._attributes = {
            name: attribute
            for name, value in self._arguments
            for attribute in (f"_{name}", name)
            if _is_kept(vars(model).get(attribute, _MISSING), value)
        }

    def arguments(self, model, above):
        """Returns a dict of what would compile the model as it is now.

        Arguments:
            model: The model.
            above: The parameters of the `compile` of all models.
        """
        found = {}
        for name, value in self._arguments:
            kind = self._kinds[name]
            attribute = self._attributes.get(name)
            if kind is inspect.Parameter.VAR_KEYWORD:
                found.update(value)
            elif kind is inspect.Parameter.VAR_POSITIONAL:
                found.update({_ARGS: list(value)} if value else {})
            elif name not in above and attribute in vars(model):
                found[name] = vars(model)[attribute]
            elif name in self._passed or name == "optimizer":
                found[name] = value
        return found


def _is_kept(kept, value):
    """Whether an attribute is an argument, or what an argument's name means."""
    if kept is value:
        return True
    if isinstance(value, str):
        return inspect.isfunction(kept) or hasattr(kept, "get_config")
    if not isinstance(value, (list, tuple, dict)):
        return False
    try:  # Of arrays, it is many answers.
        return isinstance(kept, type(value)) and bool(kept == value)
    except Exception:
        return False


# Saving


def get_config(model, above):
    """Returns the arguments of a model's own `compile` as plain data.

    Arguments:
        model: A model that is compiled.
        above: The parameters of the `compile` of all models.

    Returns:
        A dict, or None if they can't be saved, of which a save warns.
    """
    call = vars(model).get("_own_compile")
    reason = "it is not known which they were"
    if call is not None and call.method is type(model).compile:
        try:
            found = call.arguments(model, above)
            _put_optimizer(found, model, above["optimizer"].default)
            plain = serialization.serialize_keras_object(found)
            plain_json.dumps(plain, "one")
            return plain
        except Exception as error:
            # Of a `get_config` of the user's own.
            reason = str(error).removesuffix(".")
    if serialization.is_checking():
        warnings.warn(
            "A program that loads the model can't compile it, of the arguments "
            f"of `{type(model).__name__}.compile`: {reason}. Write "
            "`get_compile_config` and `compile_from_config`.",
            stacklevel=caller.stacklevel(),
        )
    return None


def _put_optimizer(found, model, default):
    """Puts the optimizer as it is now in the place of what was handed on."""
    handed_on = model._compile_config["optimizer"]
    names = [name for name, value in found.items() if value is handed_on]
    args = found.get(_ARGS, ())
    places = [i for i, value in enumerate(args) if value is handed_on]
    if handed_on is not default and "optimizer" in found:
        names = ["optimizer"]
    if names:
        found[names[0]] = model.optimizer
    elif places:
        args[places[0]] = model.optimizer
    else:
        found[_OPTIMIZER] = model.optimizer


# Loading


def compile_from_config(model, config, above):
    """Compiles a model with what `get_config` returned, if that can be done.

    Arguments:
        model: A model.
        config: Dict.
        above: The `compile` of all models.
    """
    before = _attributes(model)
    try:
        _compile(model, serialization.deserialize_arguments(config), above)
    except Exception as error:
        # What the user's code does with what went through a file.
        vars(model).clear()
        vars(model).update(before)
        warnings.warn(
            "The model has a `compile` of its own and can't be compiled "
            f"from the file ({error!r}). Write `get_compile_config` and "
            "`compile_from_config`, or compile it after loading.",
            stacklevel=caller.stacklevel(),
        )


def _attributes(model):
    """Returns the attributes, and copies of those that TensorFlow changes."""
    return {
        name: (
            copy.copy(value)
            if name.startswith("_self_") and isinstance(value, (list, dict))
            else value
        )
        for name, value in vars(model).items()
    }


def _compile(model, arguments, above):
    optimizer = arguments.pop(_OPTIMIZER, None)
    handed_on = arguments.get("optimizer")
    args = []
    _, *parameters = signatures.parameters(type(model).compile).items()
    for name, parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            args.extend(arguments.pop(_ARGS, ()))
        elif _ARGS in arguments or parameter.kind is parameter.POSITIONAL_ONLY:
            args.append(arguments.pop(name, parameter.default))
    model.compile(*args, **arguments)
    made = model._compile_config
    if made["optimizer"] != signatures.parameters(above)["optimizer"].default:
        optimizer = optimizer or handed_on
    if optimizer is not None and made["optimizer"] is not optimizer:
        # It is not to be made of its arguments a second time.
        lifts = model._lift_preprocessing
        made = {**made, "optimizer": optimizer}
        above(model, **made, lift_preprocessing=lifts)
