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
"""Tests of datasets under strategies."""

import numpy as np
import pytest
import tensorflow as tf

from tfk.data import adapters
from tfk.distribute import datasets
from tfk.testing import strategies


@pytest.fixture(scope="module")
def strategy():
    return strategies.two_replicas()


class DistributeTest:
    def test_the_default_strategy_changes_nothing(self):
        dataset = tf.data.Dataset.range(2)
        default = tf.distribute.get_strategy()
        assert datasets.distribute(dataset, default) is dataset
        assert datasets.distribute(dataset, None) is dataset

    @pytest.mark.parametrize("shuffle", [False, True])
    def test_replicas_share_each_batch(self, strategy, shuffle):
        source = adapters.source(
            np.arange(10), np.arange(10), batch_size=4, shuffle=shuffle
        )
        distributed = datasets.distribute(source.dataset, strategy)
        assert datasets.is_distributed(distributed)
        assert datasets.distribute(distributed, strategy) is distributed
        for _ in range(2):
            sizes, seen = [], []
            for x, y in distributed:
                parts = strategy.experimental_local_results(x)
                sizes.append(sum(len(part) for part in parts))
                np.testing.assert_array_equal(
                    np.concatenate(parts),
                    np.concatenate(strategy.experimental_local_results(y)),
                )
                seen += np.concatenate(parts).tolist()
            assert sizes == [4, 4, 2]
            assert sorted(seen) == list(range(10))

    def test_creator_makes_the_dataset_of_a_worker(self, strategy):
        creator = datasets.DatasetCreator(
            lambda context: tf.data.Dataset.range(4).batch(2)
        )
        distributed = datasets.distribute(creator, strategy)
        assert datasets.is_distributed(distributed)
        values = [
            part.numpy().tolist()
            for batch in distributed
            for part in strategy.experimental_local_results(batch)
        ]
        assert sorted(values) == [[0, 1], [2, 3]]

    def test_creator_checks_its_function(self):
        with pytest.raises(TypeError, match="dataset_fn=3"):
            datasets.DatasetCreator(3)
        with pytest.raises(TypeError, match="must return a"):
            datasets.DatasetCreator(lambda context: 3)(None)
