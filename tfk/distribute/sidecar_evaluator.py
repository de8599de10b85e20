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
"""SidecarEvaluator: evaluates the checkpoints that a training writes."""

import os
import re
import time
import warnings

import tensorflow as tf

_WEIGHT_FILES = (".weights.h5", ".h5", ".keras")
_SECONDS_BETWEEN_LOOKS = 1.0
_NUMBER = re.compile(r"(\d+)(\.weights)?(\.h5|\.keras)?$")


class SidecarEvaluator:
    """Evaluates the checkpoints of a training in a process of its own.

    Use it beside a training whose machines shall not wait for validation,
    such as one under a `ParameterServerStrategy`: the training writes
    checkpoints into a folder, and this evaluates each new one.

    Arguments:
        model: A compiled model, of the same layers as the one in training.
        data: What to evaluate on, as for `Model.evaluate`.
        checkpoint_dir: The folder of the checkpoints: those of
            `tf.train.CheckpointManager`, saved by
            `tf.train.Checkpoint(model=model, optimizer=model.optimizer)`, or
            the files of the callback `ModelCheckpoint`.
        steps: Integer: how many batches to evaluate. None for all.
        max_evaluations: Integer: the number in the name of the last checkpoint
            ("ckpt-20", "20.weights.h5"), after which to stop. Checkpoints
            without a number are counted. None to go on for ever.
        callbacks: List of callbacks for `Model.evaluate`.

    Example:

    >>> import os
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> model = tfk.Sequential([tfk.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((8, 2)), np.ones((8, 1))
    >>> path = os.path.join(folder, "{epoch}.weights.h5")
    >>> history = model.fit(
    ...     x, y, epochs=3, verbose=0,
    ...     callbacks=[
    ...         tfk.callbacks.ModelCheckpoint(path, save_weights_only=True)
    ...     ],
    ... )
    >>> evaluator = tfk.utils.SidecarEvaluator(
    ...     model, (x, y), folder, max_evaluations=3
    ... )
    >>> evaluator.start()
    1/1 - 0s ... - loss: ...
    """

    def __init__(
        self,
        model,
        data,
        checkpoint_dir,
        steps=None,
        max_evaluations=None,
        callbacks=None,
    ):
        self.model = model
        self.data = data
        self.checkpoint_dir = os.fspath(checkpoint_dir)
        self.steps = steps
        self.max_evaluations = max_evaluations
        self.callbacks = list(callbacks or [])

    def start(self):
        """Evaluates each new checkpoint, until the last one was."""
        last, count = None, 0
        while True:
            newest = newest_checkpoint(self.checkpoint_dir)
            if newest is None or newest == last or not self._load(newest[0]):
                time.sleep(_SECONDS_BETWEEN_LOOKS)
                continue
            last, count = newest, count + 1
            self._evaluate()
            number = _NUMBER.search(newest[0])
            number = int(number.group(1)) if number else count
            if self.max_evaluations and number >= self.max_evaluations:
                return

    def _load(self, path):
        """Reads a checkpoint, if it is whole and has not been deleted."""
        try:
            if path.endswith(_WEIGHT_FILES):
                self.model.load_weights(path)
            else:
                checkpoint = tf.train.Checkpoint(
                    model=self.model, optimizer=self.model.optimizer
                )
                checkpoint.restore(path).expect_partial()
        except (OSError, tf.errors.NotFoundError, tf.errors.DataLossError) as e:
            warnings.warn(
                f"{path} can't be read, and is tried again: {e}", stacklevel=3
            )
            return False
        return True

    def _evaluate(self):
        data = self.data
        arguments = {"x": data}
        if isinstance(data, (tuple, list)):
            arguments = dict(zip(("x", "y", "sample_weight"), data))
        self.model.evaluate(
            **arguments, steps=self.steps, callbacks=self.callbacks, verbose=2
        )


def newest_checkpoint(folder):
    """Returns the path and the time of the newest checkpoint, or None.

    Arguments:
        folder: String.
    """
    found = []
    path = tf.train.latest_checkpoint(folder)
    if path is not None:
        index = tf.io.gfile.stat(f"{path}.index")
        found.append((index.mtime_nsec, path))
    if tf.io.gfile.isdir(folder):
        for name in tf.io.gfile.listdir(folder):
            if name.endswith(_WEIGHT_FILES) and not name.startswith("."):
                path = os.path.join(folder, name)
                try:
                    found.append((tf.io.gfile.stat(path).mtime_nsec, path))
                except tf.errors.NotFoundError:
                    continue  # The training has deleted it since.
    if not found:
        return None
    time_of_it, path = max(found)
    return path, time_of_it
