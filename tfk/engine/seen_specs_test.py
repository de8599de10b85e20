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
"""Tests of what models without a graph are said to take."""

import tensorflow as tf

from tfk.engine import seen_specs


def _spec(*shape, dtype=tf.float32):
    return tf.TensorSpec(shape, dtype)


class SeenSpecsTest:
    def test_sizes_that_differ_are_open(self):
        specs = seen_specs.widened(None, tf.ones((2, 4, 3)), {"training": True})
        assert specs == (_spec(2, 4, 3), {})
        specs = seen_specs.widened(specs, tf.ones((2, 7, 3)), {})
        assert specs == (_spec(2, None, 3), {})
        # Calls of other kinds change nothing.
        for other in (tf.ones((2, 3)), [tf.ones((2, 4, 3))], "text", 1.0):
            assert seen_specs.widened(specs, other, {}) == specs
        integers = tf.ones((2, 4, 3), tf.int32)
        assert seen_specs.widened(specs, integers, {}) == specs

    def test_the_first_call_tells_which_arguments_count(self):
        first = {"x": tf.ones((2, 3))}
        others = {"y": tf.ones((2, 4)), "mask": tf.ones(2), "rate": 0.5}
        specs = seen_specs.widened(None, first, others)
        assert specs == ({"x": _spec(2, 3)}, {"y": _spec(2, 4)})
        others = {"y": tf.ones((2, 5)), "z": tf.ones(1)}
        specs = seen_specs.widened(specs, first, others)
        assert specs == ({"x": _spec(2, 3)}, {"y": _spec(2, None)})
        assert seen_specs.widened(specs, first, {}) == specs

    def test_inputs_may_come_before_they_are_cast(self):
        specs = [_spec(2, dtype=tf.float16), _spec(2, dtype=tf.int32)]
        wide = [_spec(2), specs[1]]
        assert seen_specs.uncast(specs, "float16") == wide
        assert seen_specs.uncast(specs, "float64") == specs
        assert seen_specs.uncast(specs, None) == specs
