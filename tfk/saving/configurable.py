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

_POSITIONAL_OR_KEYWORD = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


def constructor_parameters(cls):
    """Returns the constructor's parameters, those behind `**kwargs` included.

    A constructor that takes `**kwargs` hands them to the next class in line,
    whose parameters then belong to the configuration as well.

    Arguments:
        cls: A class.

    Returns:
        A dict of names to `inspect.Parameter`.
    """
    found = {}
    for base in cls.__mro__:
        init = vars(base).get("__init__")
        if init is None:
            continue
        if init is object.__init__ or not inspect.isfunction(init):
            break
        parameters = list(inspect.signature(init).parameters.values())[1:]
        for parameter in parameters:
            if parameter.kind in _POSITIONAL_OR_KEYWORD:
                found.setdefault(parameter.name, parameter)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return found


class Configurable:
    """A class whose constructor arguments are its configuration."""

    # Constructor arguments of a class that its config does not hold.
    _unsaved_arguments = ()

    def get_config(self):
        """Returns the constructor arguments that make an equal object.

        The values are plain data: nested objects are serialised.

        Raises:
            NotImplementedError: If an argument was not kept under its name.
        """
        return {
            name: serialization.serialize_value(_read_back(self, name))
            for name in constructor_parameters(type(self))
            if name not in self._unsaved_arguments
        }

    @classmethod
    def from_config(cls, config):
        """Makes an object from the output of `get_config`.

        Arguments:
            config: Dict of constructor arguments.
        """
        return cls(**serialization.deserialize_arguments(config))


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
