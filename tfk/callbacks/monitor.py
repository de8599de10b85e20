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
"""What callbacks that watch one value of the logs have in common."""

import difflib
import warnings

import numpy as np

# Parts of the names of metrics that are better when they are greater.
_GREATER_IS_BETTER = (
    "acc",
    "auc",
    "precision",
    "recall",
    "sensitivity",
    "specificity",
    "fmeasure",
    "f1",
    "fbeta",
    "io_u",
    "iou",
    "r2",
    "cosine_similarity",
    "bleu",
)


def direction(monitor: str, mode: str, owner: str) -> str:
    """Whether the monitored value should become smaller or greater.

    Arguments:
        monitor: The name of the value.
        mode: "min", "max", or "auto" to tell from the name.
        owner: The name of the callback, for the warning.

    Returns:
        "min" or "max".
    """
    if mode in ("min", "max"):
        return mode
    if mode != "auto":
        warnings.warn(
            f"`mode` of `{owner}` must be 'auto', 'min' or 'max'. "
            f"Received: mode={mode!r}. 'auto' is used.",
            stacklevel=3,
        )
    if monitor.endswith(("loss", "error")):
        return "min"
    if any(part in monitor for part in _GREATER_IS_BETTER):
        return "max"
    return "min"


def comparison(direction: str) -> np.ufunc:
    """The function that tells whether its first argument is the better one."""
    return np.less if direction == "min" else np.greater


def worst(direction: str) -> float:
    """The value that every other value is better than."""
    return float("inf") if direction == "min" else -float("inf")


def similar_names(name: str, names) -> str:
    """A sentence that lists `names` and points out those like `name`."""
    names = [str(n) for n in names]
    listed = f"Available: {', '.join(names) or 'none'}."
    matches = difflib.get_close_matches(name, names)
    if matches:
        listed += f" Did you mean {matches[0]!r}?"
    return listed


def value(monitor: str, logs, owner: str, consequence: str):
    """The monitored value.

    Arguments:
        monitor: The name of the value.
        logs: The logs of the epoch or batch.
        owner: The name of the callback, for the warning.
        consequence: What does not happen without the value, for the warning.

    Returns:
        The value, or None, with a warning, if it is not in `logs`.
    """
    logs = logs or {}
    current = logs.get(monitor)
    if current is None:
        remedy = (
            " Pass `validation_data` to `fit` to get it."
            if monitor.startswith("val_")
            and not any(str(name).startswith("val_") for name in logs)
            else ""
        )
        warnings.warn(
            f"`{owner}` monitors {monitor!r}, which is not in the logs: "
            f"{consequence}. {similar_names(monitor, logs)}{remedy}",
            stacklevel=3,
        )
    return current
