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
"""The parameters of functions, which Python takes long to find out."""

import inspect
import weakref

_known = weakref.WeakKeyDictionary()


def parameters(function):
    """Returns a mapping of names to `inspect.Parameter`.

    It is that of `inspect.signature`, found out once for each function.

    Arguments:
        function: Function.

    Example:

    >>> from tfk.utils import signatures
    >>> list(signatures.parameters(lambda x, *, y=1: x))
    ['x', 'y']
    """
    try:
        found = _known.get(function)
    except TypeError:  # Of methods written in C there are no references.
        return inspect.signature(function).parameters
    if found is None:
        found = inspect.signature(function).parameters
        _known[function] = found
    return found
