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
"""Epochs over a source of data: iterators, their ends, and where they stand."""

import warnings

import tensorflow as tf

from tfk.data import iterator_end
from tfk.utils import caller
from tfk.utils import tf_internal


def can_repeat(source):
    """Whether one iterator may serve all epochs over a source.

    To make one takes time: TensorFlow prepares all functions of the pipeline
    again, a quarter of a second for a table with a dozen lookups. A user's
    dataset gets a new one all the same, since it may read variables that
    callbacks change between epochs.

    Arguments:
        source: `tfk.data.adapters.Source`.
    """
    return (
        isinstance(source.dataset, tf.data.Dataset)
        and source.num_rows is not None
        and (source.num_batches or 0) > 0
    )


# Of larger iterators (with shuffled rows in them) only the state at the start
# of the epoch is kept, where that does.
_MAX_STATE = 64 * 2**20

# Datasets that draw seeds write this into the state of their iterators.
_SEEDS = b"epoch_num_random_samples"


def _state_of(iterator):
    """Returns where an iterator stands, or None if it can't tell."""
    if not isinstance(iterator, tf.data.Iterator):
        return None
    try:
        return tf_internal.iterator_state(iterator)
    except (tf.errors.OpError, ValueError):
        return None


class Epochs:
    """Iterators over a source, one for each epoch.

    Arguments:
        source: `tfk.data.adapters.Source`.
        dataset: The dataset to iterate over, distributed where needed.
        steps: Integer: steps in an epoch, or None for all of the data.
        name: String: the method that asks, for messages.
        repeats: Boolean: whether the dataset holds all epochs, one after the
            other.
        lifted: The `Lifted` part of the model that the dataset holds, or None.
        open_numbered: Function of the positions of random layers in it that
            returns the dataset.
    """

    # Any number of steps may run in one call.
    max_group = None

    def __init__(
        self,
        source,
        dataset,
        steps,
        name,
        repeats=False,
        lifted=None,
        open_numbered=None,
    ):
        self.source = source
        self.lifted = lifted
        self._numbering = None if lifted is None else lifted.numbering
        self._open_numbered = open_numbered
        # Where the streams stood, or are to stand, at the iterator's start.
        self._first_numbers = self._resumed_numbers = None
        self._repeats = repeats
        self._dataset = dataset
        self._iterator = None
        self._ends_in_background = False
        self._name = name
        self.given_steps = steps
        self._known_steps = None
        # Steps and epochs that came before the present one.
        self._taken = 0
        self._num_epochs = 0
        # An earlier state of the iterator, and the batches taken until then.
        self._kept_state = None, 0
        self._is_large = False
        self._is_resumed = False
        self.keeps_position = False
        if steps is None and source.num_batches == tf.data.INFINITE_CARDINALITY:
            raise ValueError(
                f"The data has no end, so `{name}` must be told how many "
                "steps to take. Pass "
                f"`{'steps_per_epoch' if name == 'fit' else 'steps'}`."
            )

    def running(self):
        """Within it, the data is read."""
        return self.source.running()

    @property
    def num_steps(self):
        """Steps in the next epoch, or None if that is not known yet."""
        if self.given_steps is not None:
            return self.given_steps
        if self.source.num_batches is not None:
            return self.source.num_batches
        return self._known_steps

    @property
    def keeps_iterator(self):
        """Whether an epoch goes on where the one before ended.

        A `Sequence` with an end begins each epoch anew, as in tf.keras.
        """
        if self.source.kind == "sequence":
            return self.source.num_batches == tf.data.INFINITE_CARDINALITY
        return (
            self.given_steps is not None
            or not self.source.reusable
            or self._repeats
        )

    def iterator(self):
        """Returns the iterator for the next epoch."""
        if self.source.on_epoch_begin is not None:
            self.source.on_epoch_begin()
        is_ready = self._is_resumed or self.keeps_iterator
        if self._iterator is None or not is_ready:
            self._make_iterator()
            if self.keeps_position and self.source.start_at is None:
                self._kept_state = _state_of(self._iterator), self._taken
        self._is_resumed = False
        return self._iterator

    def _make_iterator(self):
        if self._numbering is not None:
            numbers, self._resumed_numbers = self._resumed_numbers, None
            if numbers is None:
                numbers = self._numbering.positions()
            self._first_numbers = numbers
            self._dataset = self._open_numbered(numbers)
        # Only one at a time asks a sequence's workers.
        self._iterator = None
        self._iterator = iter(self._dataset)
        iterator_end.end_at_exit(self._iterator)
        self._ends_in_background = False

    def ended(self, done, was_stopped=False):
        """Takes note of how long an epoch was.

        Arguments:
            done: Integer: its steps.
            was_stopped: Boolean: whether it was not to go on, though the data
                might have.

        Returns:
            Whether the data ended before the steps that were asked for.
        """
        if self.source.on_epoch_end is not None:
            self.source.on_epoch_end()
        self._taken += done
        self._num_epochs += 1
        if self.given_steps is None:
            if not was_stopped:
                self._end_in_background()
            if self.source.num_batches is None and self.source.reusable:
                self._known_steps = done or None
            return False
        if done >= self.given_steps:
            return False
        warnings.warn(
            f"The data ended after {done} of {self.given_steps} steps, and "
            f"`{self._name}` ends with it. Let the dataset or generator yield "
            "at least `steps_per_epoch * epochs` batches, for instance with "
            "`dataset.repeat()`.",
            stacklevel=caller.stacklevel(),
        )
        return True

    def _end_in_background(self):
        # A sequence's workers are asked by one iterator at a time.
        is_apart = self.source.kind in ("arrays", "dataset")
        if is_apart and not self._ends_in_background:
            iterator_end.end_in_background(self._iterator)
            self._ends_in_background = True

    def position(self, step):
        """Returns where the data stands, as plain values for `move_to`.

        Arguments:
            step: Integer: the steps of the present epoch that came before, or
                0 between two epochs.
        """
        position = {
            "batch_size": self.source.batch_size,
            "num_rows": self.source.num_rows,
            "num_steps": self.num_steps,
            "num_epochs": self._num_epochs,
            "step": step,
            "taken": self._taken + step,
            "seed": self.source.seed,
        }
        if self._numbering is not None:
            position["numbers"] = self._numbering.positions()
        if self.source.start_at is None and self._iterator is not None:
            if step or self.keeps_iterator:
                self._keep_state(position["taken"])
                position["numbers"] = self._first_numbers
            position["iterator"], taken = self._kept_state
            position["behind"] = position["taken"] - taken
        return position

    def _keep_state(self, taken):
        """Takes note of where the iterator stands, if that is of use.

        Arguments:
            taken: Integer: how many batches were taken so far.
        """
        kept, _ = self._kept_state
        if kept is None or self._is_large:
            return
        state = _state_of(self._iterator)
        if state is None:
            return
        self._is_large = len(state) > _MAX_STATE and not self.keeps_iterator
        # Between two passes TensorFlow loses how far it is with drawing seeds.
        is_whole = state.count(_SEEDS) >= kept.count(_SEEDS)
        if is_whole and not self._is_large:
            self._kept_state = state, taken

    def passes_and_batches(self, position):
        """Returns how many whole passes came before, and batches of the next.

        Arguments:
            position: What `position` returned.
        """
        if self.source.num_rows is not None:
            length = -(-self.source.num_rows // self.source.batch_size)
            return divmod(position["taken"], length)
        if self.keeps_iterator:
            return 0, position["taken"]
        return position["num_epochs"], position["step"]

    def move_to(self, position):
        """Goes on where `position` was asked for, in another process.

        A source that can start anywhere has been moved there already.

        Arguments:
            position: What `position` returned.
        """
        step = position["step"]
        self._num_epochs = position["num_epochs"]
        self._taken = position["taken"] - step
        if self.given_steps is None and self.source.num_batches is None:
            self._known_steps = position["num_steps"]
        self._replay_epochs()
        self._resumed_numbers = position.get("numbers")
        if self.source.start_at is not None:
            return
        state, behind = position.get("iterator"), position.get("behind")
        if state is None:
            behind = position["taken"] if self.keeps_iterator else step
            self._replay_orders()
        if state is None and behind == 0:
            return
        self._make_iterator()
        self._is_resumed = step > 0
        if state is not None:
            tf_internal.set_iterator_state(self._iterator, state)
            self._kept_state = state, position["taken"] - behind
        if step or self.keeps_iterator:
            self._pass_over(behind, is_certain=state is not None)

    def _replay_epochs(self):
        """Brings a user's sequence to the epoch, which it may shuffle by."""
        for _ in range(self._num_epochs):
            for hook in (self.source.on_epoch_begin, self.source.on_epoch_end):
                if hook is not None:
                    hook()

    def _replay_orders(self):
        """Brings a dataset to the epoch, which draws an order for each."""
        if isinstance(self._dataset, tf.data.Dataset):
            for _ in range(0 if self.keeps_iterator else self._num_epochs):
                iter(self._dataset)

    def _pass_over(self, count, is_certain):
        """Reads batches for nothing."""
        if count and not is_certain:
            warnings.warn(
                f"The data can't tell its position, so the {count} batches "
                "that were used before are read again and passed over. What "
                "follows is the same only if the data comes in the same order "
                "each time.",
                stacklevel=caller.stacklevel(),
            )
        for _ in range(count):
            next(self._iterator)

    @property
    def may_end(self):
        """Whether the data may end before the steps of any epoch do."""
        count = self.source.num_batches
        if self.given_steps is None:
            return count is None
        return count != tf.data.INFINITE_CARDINALITY

    def can_group(self):
        """Whether it is certain that the batches of the epoch are there."""
        if self.num_steps is None:
            return False
        if self.given_steps is None:
            return True
        count = self.source.num_batches
        if count == tf.data.INFINITE_CARDINALITY:
            return True
        return count is not None and count - self._taken >= self.given_steps
