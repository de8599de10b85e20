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
"""Tests of numbering the elements of a pipeline."""

import numpy as np
import tensorflow as tf

import tfk
from tfk.data import adapters
from tfk.engine import element_stream
from tfk.engine import lifting
from tfk.engine import numbering

SHAPE = (4, 3, 3)
IMAGES = np.random.default_rng(1).uniform(0, 255, (5, *SHAPE))
IMAGES = IMAGES.astype("float32")


def lifted(model, x, training=True):
    model.compile("sgd", "mse")
    return lifting.lift(model, adapters.source(x, batch_size=2), training)


def finish(inputs, h):
    h = tfk.layers.GlobalAveragePooling2D()(h)
    return tfk.Model(inputs, tfk.layers.Dense(1)(h))


class NumberTest:
    def check(self, model, x, per_row, per_lifted_row):
        found = lifted(model, x).numbering
        assert (found.per_row, found.per_lifted_row) == (
            per_row,
            per_lifted_row,
        )
        positions = found.positions()
        before, *_, last = found.open(positions)
        again = list(found.open(positions))
        np.testing.assert_array_equal(
            tf.nest.flatten(before)[0], tf.nest.flatten(again[0])[0]
        )
        np.testing.assert_array_equal(
            tf.nest.flatten(last)[0], tf.nest.flatten(again[-1])[0]
        )
        # They went on by themselves, and left the streams where they were.
        np.testing.assert_array_equal(positions, found.positions())

    def test_layers_may_meet_several_elements_for_a_row(self):
        x = tfk.Input((6, *SHAPE))
        frames = tfk.layers.RandomFlip(seed=1)(tf.reshape(x, (-1, *SHAPE)))
        clips = np.repeat(IMAGES[:, np.newaxis], 6, 1)
        self.check(finish(x, frames), clips, [6], [1])
        frames = tf.reshape(frames, (-1, 6, 4, 9))
        frames = tfk.layers.Rescaling(0.5)(frames)
        self.check(finish(x, frames), clips, [6], [6])

    def test_nested_and_repeated_layers_are_found(self):
        x = tfk.Input(SHAPE)
        flip = tfk.layers.RandomFlip(seed=1)
        stage = tfk.layers.PreprocessingStage(
            [tfk.layers.RandomContrast(0.1, seed=1), flip]
        )
        self.check(finish(x, stage(flip(x))), IMAGES, [2, 1], [2, 1])

    def test_what_can_not_be_foreseen_is_not_lifted(self):
        x = tfk.Input(SHAPE)
        flip = tfk.layers.RandomFlip(seed=1)
        bright = tf.boolean_mask(x, tf.reduce_max(x, (1, 2, 3)) > 250)
        assert lifted(finish(x, flip(bright)), IMAGES) is None
        hidden = tfk.layers.Conv2D(3, 1)(flip(x))
        assert lifted(finish(x, flip(hidden)), IMAGES) is None

    def test_only_fit_draws(self):
        x = tfk.Input(SHAPE)
        flip = tfk.layers.RandomFlip(seed=1)
        assert lifted(finish(x, flip(x)), IMAGES, False).numbering is None
        always = finish(x, flip(x, training=True))
        assert lifted(always, IMAGES, False) is None
        assert lifted(always, IMAGES).numbering is not None
        given = finish(x, flip(x, seed=3))
        assert lifted(given, IMAGES).numbering is None


class AdvanceTest:
    def test_streams_count_the_rows_of_all_replicas(self):
        stream = element_stream.ElementStream(seed=3)
        other = element_stream.ElementStream(seed=3)
        made = numbering.Numbering(None, [stream], [1], [2])
        start, go_back = made.positions(), made.way_back()
        made.advance([(tf.zeros((3, 1)), None), (tf.zeros((2, 1)), None)])
        assert (made.positions() - start).tolist() == [[10, 0, 0]]
        other.reserve(10)
        np.testing.assert_array_equal(stream.position(), other.position())
        go_back()
        np.testing.assert_array_equal(made.positions(), start)
