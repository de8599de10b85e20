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
"""Names of objects: snake case, and unique within a process."""

import collections
import contextlib
import difflib
import re

_counts = collections.Counter()


def to_snake_case(name):
    """Turns a class name into the name that Keras gives its instances.

    Example:

    >>> from tfk.utils import naming
    >>> naming.to_snake_case("BatchNormalization")
    'batch_normalization'
    """
    words = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()
    return f"private{snake}" if snake.startswith("_") else snake


def unique_name(prefix):
    """Returns `prefix`, then `prefix_1`, `prefix_2`... in one process."""
    _counts[prefix] += 1
    number = _counts[prefix] - 1
    return f"{prefix}_{number}" if number else prefix


def in_scope_letters(name):
    """Returns a name in the letters that names in graphs may hold.

    Example:

    >>> from tfk.utils import naming
    >>> naming.in_scope_letters("my layer/kernel")
    'my_layer/kernel'
    """
    return _OUT_OF_SCOPE.sub("_", name)


_OUT_OF_SCOPE = re.compile(r"[^A-Za-z0-9_.\\/>-]")


def next_number(prefix):
    """Returns 1, 2, 3... for a prefix."""
    _counts[f"number of {prefix}"] += 1
    return _counts[f"number of {prefix}"]


def reset_names():
    """Starts all counters of `unique_name` anew."""
    _counts.clear()


def did_you_mean(name, known):
    """Returns a question for a message, or nothing if no name is close.

    Arguments:
        name: String that is not known.
        known: The names that are.

    Example:

    >>> from tfk.utils import naming
    >>> naming.did_you_mean("actvation", ["units", "activation"])
    " Did you mean 'activation'?"
    """
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


@contextlib.contextmanager
def preserved_names():
    """Within it, names may be taken that are free again afterwards."""
    before = collections.Counter(_counts)
    try:
        yield
    finally:
        _counts.clear()
        _counts.update(before)


def is_own_module(module):
    """Whether a module is tfk's own code, and not a user's or a test's.

    Arguments:
        module: String: the module's dotted name.
    """
    return module.startswith("tfk.") and not module.endswith("_test")
