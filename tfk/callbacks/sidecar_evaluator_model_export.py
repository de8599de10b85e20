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
"""SidecarEvaluatorModelExport: keeps the best model that was evaluated."""

import os
import re

from tfk.callbacks.model_checkpoint import ModelCheckpoint
from tfk.distribute import sidecar_evaluator


class SidecarEvaluatorModelExport(ModelCheckpoint):
    """Saves the best of the models that a `SidecarEvaluator` evaluates.

    Use it as a callback of `tfk.utils.SidecarEvaluator`, so that the training
    need not wait for the choice of its best model.

    Arguments:
        export_filepath: Where to save to, as for `ModelCheckpoint`. `{epoch}`
            and `{batch}` are those of the checkpoint.
        checkpoint_filepath: Where the training saves its checkpoints to, with
            `{epoch}` and `{batch}`: what it passes to `ModelCheckpoint`, or
            the path of its `tf.train.CheckpointManager`, as in
            "checkpoints/ckpt-{epoch}".
        **kwargs: Further arguments of `ModelCheckpoint`. `monitor` is "loss"
            by default, and `save_best_only` is True.

    Example:

    >>> export = tfk.callbacks.SidecarEvaluatorModelExport(
    ...     "best/model-{epoch}.keras", "checkpoints/ckpt-{epoch}"
    ... )
    """

    def __init__(self, export_filepath, checkpoint_filepath, **kwargs):
        kwargs.setdefault("monitor", "loss")
        kwargs.setdefault("save_best_only", True)
        super().__init__(export_filepath, **kwargs)
        self.checkpoint_filepath = os.fspath(checkpoint_filepath)
        self._pattern = _pattern(os.path.basename(self.checkpoint_filepath))
        self._epoch, self._batch = 0, 0

    def on_test_begin(self, logs=None):
        folder = os.path.dirname(self.checkpoint_filepath)
        newest = sidecar_evaluator.newest_checkpoint(folder)
        match = newest and self._pattern.match(os.path.basename(newest[0]))
        numbers = match.groupdict() if match else {}
        # The names count from 1.
        self._epoch = int(numbers.get("epoch", 1)) - 1
        self._batch = int(numbers.get("batch", 1)) - 1

    def on_test_end(self, logs=None):
        self._save_if_wanted(self._epoch, self._batch, logs)


def _pattern(template):
    """Returns a pattern for the names that a template makes."""
    parts, seen = [], set()
    for part in re.split(r"(\{[^}]*\})", template):
        name = re.match(r"\{(epoch|batch)\b", part)
        if not part.startswith("{"):
            parts.append(re.escape(part))
        elif name and name.group(1) not in seen:
            seen.add(name.group(1))
            parts.append(rf"(?P<{name.group(1)}>\d+)")
        else:
            parts.append(".*")
    return re.compile("".join(parts))
