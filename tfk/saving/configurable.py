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
"""Configs derived from constructor signatures.

The constructor's signature is the configuration: a class that keeps every
argument under the argument's own name can be saved, cloned and printed
without a line of its own.
"""

import inspect

from tfk.saving import serialization
from tfk.utils import naming
from tfk.utils import signatures

_POSITIONAL_OR_KEYWORD = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


def constructor_parameters(cls, above=None):
    """Returns the constructor's parameters, those behind `**kwargs` included.

    A constructor that takes `**kwargs` hands them to the next class in line,
    whose parameters then belong to the configuration as well, but for those
    that a class lists in `_own_unsaved_arguments`.

    Arguments:
        cls: A class.
        above: Optional class among its bases: leave out what this class and
            those derived from it declare.

    Returns:
        A dict of names to `inspect.Parameter`.
    """
    found = {}
    mro = cls.__mro__
    skipped = set() if above is None else set(mro[: mro.index(above) + 1])
    for base in mro:
        init = vars(base).get("__init__")
        if init is None:
            continue
        if init is object.__init__ or not inspect.isfunction(init):
            break
        parameters = list(signatures.parameters(init).values())[1:]
        hidden = vars(base).get("_own_unsaved_arguments", ())
        hands_on = False
        for parameter in parameters:
            kind = parameter.kind
            if kind is parameter.VAR_KEYWORD:
                hands_on = True
            elif (
                kind in _POSITIONAL_OR_KEYWORD
                and base not in skipped
                and parameter.name not in hidden
            ):
                found.setdefault(parameter.name, parameter)
        if not hands_on:
            break
    return found


class Configurable:
    """A class whose constructor arguments are its configuration."""

    # Constructor arguments of a class that its config does not hold.
    _unsaved_arguments = ()
    # The same, where the class itself declares them and none below it does.
    _own_unsaved_arguments = ()

    def get_config(self):
        """Returns the constructor arguments that make an equal object.

        The values are plain data: nested objects are serialised.

        Raises:
            NotImplementedError: If an argument was not kept under its name.
        """
        return {
            name: serialization.serialize_value(_read_back(self, name))
            for name in constructor_parameters(
                type(self), _user_class_with_get_config(type(self))
            )
            if name not in self._unsaved_arguments
        }

    @classmethod
    def from_config(cls, config):
        """Makes an object from the output of `get_config`.

        Arguments:
            config: Dict of constructor arguments.
        """
        return cls(**serialization.deserialize_arguments(config))


def _user_class_with_get_config(cls):
    """Returns the users' class whose `get_config` is in force, or None.

    Such a method adds its own arguments to what its base class returns, as in
    tf.keras, so it is asked for those of the classes above only.
    """
    for base in cls.__mro__:
        if "get_config" in vars(base):
            return None if naming.is_own_module(base.__module__) else base
    return None


def _read_back(obj, name):
    for attribute in (name, f"_{name}"):
        if hasattr(obj, attribute):
            return getattr(obj, attribute)
    cls = type(obj)
    raise NotImplementedError(
        f"{cls.__name__} can't be saved or cloned: its constructor argument "
        f"`{name}` was not kept as `self.{name}`. Keep it in `__init__`, or "
        "write:\n\n"
        "    def get_config(self):\n"
        "        config = super().get_config()\n"
        f'        config["{name}"] = ...\n'
        "        return config\n"
    )
