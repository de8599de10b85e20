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
"""Tests of streams of random numbers for elements."""

import numpy as np
import pytest
import tensorflow as tf

from tfk.engine import element_stream
from tfk.testing import strategies

ElementStream = element_stream.ElementStream


class ElementStreamTest:
    @pytest.mark.parametrize("size", [1, 4, 7])
    def test_numbers_follow_from_the_number_of_the_element(self, size):
        whole = ElementStream(seed=3)
        whole = [whole.draws(10).uniform(size), whole.draws(5).normal(size)]
        parts = ElementStream(seed=3)
        uniform = [parts.draws(n).uniform(size) for n in (3, 1, 0, 6)]
        np.testing.assert_array_equal(tf.concat(uniform, 0), whole[0])
        function = tf.function(lambda n: parts.draws(n).normal(size))
        normal = [function(tf.constant(n)) for n in (2, 3)]
        np.testing.assert_array_equal(tf.concat(normal, 0), whole[1])

    def test_numbers_are_spread_as_they_should_be(self):
        draws = ElementStream(seed=3).draws(2000)
        uniform = draws.uniform(5).numpy()
        assert uniform.min() >= 0 and uniform.max() < 1
        counts, _ = np.histogram(uniform, bins=10, range=(0, 1))
        np.testing.assert_allclose(counts, 1000, atol=120)
        # No two columns, parts or neighbours go together.
        columns = np.concatenate(
            [uniform[:-1], uniform[1:], draws.uniform(5, part=1)[1:]], 1
        )
        correlations = np.corrcoef(columns.T) - np.eye(15)
        assert np.abs(correlations).max() < 0.1
        normal = draws.normal(5).numpy()
        np.testing.assert_allclose(
            [normal.mean(), normal.std()], [0, 1], atol=0.05
        )

    def test_seeds_kinds_and_parts_keep_streams_apart(self):
        found = [
            ElementStream(seed=3).draws(2).uniform(2),
            ElementStream(seed=4).draws(2).uniform(2),
            ElementStream(seed=3, kind="a").draws(2).uniform(2),
            ElementStream(seed=3).draws(2).uniform(2, part=1),
            ElementStream(seed=3).draws(2, seed=5).uniform(2),
            ElementStream(seed=3).draws(2, seed=tf.constant([3, 1])).uniform(2),
        ]
        assert len({x.numpy().tobytes() for x in found}) == len(found)

    def test_reserved_positions_are_drawn_from(self):
        stream, other = ElementStream(seed=3), ElementStream(seed=3)
        position = stream.reserve(4)
        stream.reserve(9)
        with element_stream.positions({stream: position}):
            inside = [stream.draws(1).uniform(2), stream.draws(3).uniform(2)]
        wanted = other.draws(4).uniform(2)
        np.testing.assert_array_equal(tf.concat(inside, 0), wanted)
        other.reserve(9)
        np.testing.assert_array_equal(
            stream.draws(2).uniform(2), other.draws(2).uniform(2)
        )

    def test_one_element_can_be_drawn_for(self):
        draws = ElementStream(seed=3).draws(4)
        for index in range(4):
            np.testing.assert_array_equal(
                draws.of_one(index).uniform(3)[0], draws.uniform(3)[index]
            )

    def test_each_replica_counts_for_itself(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            stream = ElementStream(seed=3)
            outside = stream.draws(2).uniform(2).numpy()
        draw = tf.function(
            lambda: strategy.experimental_local_results(
                strategy.run(lambda: stream.draws(2).uniform(2))
            )
        )
        found = [x.numpy() for _ in range(2) for x in draw()]
        alone = ElementStream(seed=3)
        for numbers in (outside, found[0], found[2]):
            np.testing.assert_array_equal(numbers, alone.draws(2).uniform(2))
        assert len({x.tobytes() for x in found}) == 4

    def test_checkpoints_hold_the_position(self, tmp_path):
        stream = ElementStream(seed=3)
        stream.reserve(5)
        path = tf.train.Checkpoint(stream=stream).save(tmp_path / "checkpoint")
        again = ElementStream(seed=1)
        tf.train.Checkpoint(stream=again).restore(path).assert_consumed()
        np.testing.assert_array_equal(
            again.draws(2).uniform(2), stream.draws(2).uniform(2)
        )
