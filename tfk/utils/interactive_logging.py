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
"""Whether progress goes to the console or to Python's logging."""

import logging

_LOGGER = logging.getLogger("tfk")
_state = {"is_enabled": True}


def enable_interactive_logging():
    """Shows progress on the console. That is the default.

    Example:

    >>> tfk.utils.enable_interactive_logging()
    >>> tfk.utils.is_interactive_logging_enabled()
    True
    """
    _state["is_enabled"] = True


def disable_interactive_logging():
    """Sends progress to Python's logging, a line an epoch, as servers want it.

    Lines go to the logger `"tfk"` with the level INFO. With `verbose="auto"`,
    no bar moves.

    Example:

    >>> tfk.utils.disable_interactive_logging()
    >>> tfk.utils.is_interactive_logging_enabled()
    False
    >>> tfk.utils.enable_interactive_logging()
    """
    _state["is_enabled"] = False


def is_interactive_logging_enabled():
    """Returns whether progress is shown on the console.

    Example:

    >>> tfk.utils.is_interactive_logging_enabled()
    True
    """
    return _state["is_enabled"]


def verbosity(verbose):
    """Returns the number that `verbose="auto"` stands for, or `verbose`.

    Arguments:
        verbose: Integer, or `"auto"`: a bar on a console, else a line an epoch.
    """
    if verbose != "auto":
        return int(verbose)
    return 1 if _state["is_enabled"] else 2


def log(text):
    """Logs what would have gone to the console, without its control characters.

    Arguments:
        text: String.
    """
    for line in text.replace("\r", "\n").splitlines():
        if line.strip():
            _LOGGER.info(line.strip())
