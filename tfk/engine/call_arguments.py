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
"""What a layer's `call` takes, found out once for each function."""

import inspect
import weakref


class CallArguments:
    """The parameters of one `call` method.

    Attributes:
        names: Names of the positional parameters, without `self`.
        takes_training: Whether `call` can be given `training`.
        takes_mask: Whether `call` can be given `mask`.
        training_default: Default of `training` in the signature, or None.
    """

    def __init__(self, function, is_bound):
        parameters = list(inspect.signature(function).parameters.values())
        if not is_bound:
            parameters = parameters[1:]
        positional = (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
        )
        named = {p.name: p for p in parameters}
        self.parameters = parameters
        self.names = tuple(p.name for p in parameters if p.kind in positional)
        self.has_varargs = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.takes_training = takes_any or "training" in named
        self.names_training = "training" in named
        self.takes_mask = takes_any or "mask" in named
        default = named["training"].default if "training" in named else None
        self.training_default = (
            None if default is inspect.Parameter.empty else default
        )
        self.training_index = self._index("training")
        self.mask_index = self._index("mask")

    def _index(self, name):
        return self.names.index(name) if name in self.names else _NEVER

    def is_passed(self, index, name, args, kwargs):
        """Whether an argument was given, by position or by name."""
        return name in kwargs or index < len(args)

    def get(self, index, name, args, kwargs):
        """Returns an argument that was given, by position or by name."""
        if index < len(args):
            return args[index]
        return kwargs.get(name)

    def by_name(self, args, kwargs):
        """Returns all arguments after the first one by name, where named."""
        extra = dict(zip(self.names[1:], args[1:]))
        return args[:1] + args[1 + len(extra) :], {**extra, **kwargs}


_NEVER = 1 << 30


# Weak, so that classes that are defined again and again can go.
_of_functions = weakref.WeakKeyDictionary()


def of_function(function):
    """Returns the `CallArguments` of an unbound `call` method."""
    found = _of_functions.get(function)
    if found is None:
        found = CallArguments(function, is_bound=False)
        _of_functions[function] = found
    return found


def of_layer(layer):
    """Returns the `CallArguments` of a layer's `call`."""
    own = vars(layer).get("call")
    if own is not None:
        return CallArguments(own, is_bound=True)
    return of_function(type(layer).call)
