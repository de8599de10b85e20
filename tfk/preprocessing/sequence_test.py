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
"""Tests of the legacy names for sequences."""

import json

import numpy as np
import pytest
import tf_keras

import tfk

sequence = tfk.preprocessing.sequence
DATA = np.arange(40.0).reshape((20, 2))
TARGETS = np.arange(20)


class TimeseriesGeneratorTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"length": 5},
            {"length": 5, "sampling_rate": 2, "batch_size": 4},
            {"length": 5, "stride": 3, "start_index": 2, "end_index": 15},
            {"length": 4, "reverse": True, "batch_size": 3},
        ],
    )
    def test_gives_what_tf_keras_gives(self, arguments):
        ours = sequence.TimeseriesGenerator(DATA, TARGETS, **arguments)
        other = tf_keras.preprocessing.sequence.TimeseriesGenerator(
            DATA, TARGETS, **arguments
        )
        assert len(ours) == len(other)
        for index in range(len(other)):
            for x, y in zip(ours[index], other[index]):
                np.testing.assert_array_equal(x, y)
        assert json.loads(ours.to_json()) == json.loads(other.to_json())

    def test_shuffles_and_trains(self):
        generator = sequence.TimeseriesGenerator(
            DATA, TARGETS, 3, shuffle=True, batch_size=4
        )
        orders = []
        for _ in range(2):
            orders.append([int(y) for _, batch in generator for y in batch])
            generator.on_epoch_end()
        assert sorted(orders[0]) == sorted(orders[1]) == list(range(3, 20))
        assert orders[0] != orders[1]
        model = tfk.Sequential([tfk.layers.Flatten(), tfk.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(generator, verbose=0)

    def test_bad_arguments(self):
        with pytest.raises(ValueError, match="as many rows"):
            sequence.TimeseriesGenerator(DATA, TARGETS[:3], 2)
        with pytest.raises(ValueError, match="enough rows before"):
            sequence.TimeseriesGenerator(DATA, TARGETS, 2, start_index=18)
        generator = sequence.TimeseriesGenerator([object()] * 4, [0] * 4, 2)
        with pytest.raises(TypeError, match="JSON"):
            generator.to_json()


class SkipgramsTest:
    def test_pairs_are_those_of_tf_keras(self):
        arguments = ([1, 2, 0, 3, 4, 2], 6, 2)
        options = {"negative_samples": 0, "shuffle": False}
        other = tf_keras.preprocessing.sequence.skipgrams(*arguments, **options)
        assert sequence.skipgrams(*arguments, **options) == other
        table = tf_keras.preprocessing.sequence.make_sampling_table(50)
        np.testing.assert_allclose(sequence.make_sampling_table(50), table)

    def test_pairs_at_random(self):
        words = list(range(1, 9)) * 5
        pairs, labels = sequence.skipgrams(
            words, 9, negative_samples=2.0, categorical=True, seed=1
        )
        assert sorted(map(tuple, set(map(tuple, labels)))) == [(0, 1), (1, 0)]
        assert labels.count([1, 0]) == 2 * labels.count([0, 1])
        assert {x for _, x in pairs} == set(range(1, 9))
        again = sequence.skipgrams(
            words, 9, negative_samples=2.0, categorical=True, seed=1
        )
        assert again == (pairs, labels)
        few, _ = sequence.skipgrams(
            words, 9, sampling_table=np.full(9, 0.1), seed=1
        )
        assert len(few) < len(pairs) / 3
