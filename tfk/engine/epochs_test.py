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
"""Tests of the epochs over a source: their length, and where they end."""

import pytest
import tensorflow as tf

from tfk.data import adapters
from tfk.engine import epochs as epochs_lib


class EpochsTest:
    def epochs(self, data, steps=None):
        source = adapters.source(data)
        return epochs_lib.Epochs(source, source.dataset, steps, "fit")

    def test_length_is_learned_in_the_first_epoch(self):
        data = tf.data.Dataset.range(5).filter(lambda i: i < 3).batch(1)
        epochs = self.epochs(data)
        assert epochs.num_steps is None and not epochs.can_group()
        assert not epochs.ended(3)
        assert epochs.num_steps == 3

    def test_data_without_end_needs_a_number_of_steps(self):
        data = tf.data.Dataset.range(5).batch(1).repeat()
        with pytest.raises(ValueError, match="Pass `steps_per_epoch`"):
            self.epochs(data)
        assert self.epochs(data, 7).can_group()

    def test_data_goes_on_in_the_next_epoch_if_steps_are_given(self):
        epochs = self.epochs(tf.data.Dataset.range(5).batch(1), 2)
        iterator = epochs.iterator()
        assert epochs.iterator() is iterator
        assert not epochs.ended(2) and epochs.can_group()
        epochs.ended(2)
        assert not epochs.can_group()
        with pytest.warns(UserWarning, match="after 1 of 2 steps"):
            assert epochs.ended(1)
