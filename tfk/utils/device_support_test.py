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
"""Tests for what the devices can compute."""

import tensorflow as tf

from tfk.utils import device_support


class DeviceSupportTest:
    def test_accelerator_is_found_where_there_is_one(self):
        kinds = {d.device_type for d in tf.config.list_logical_devices()}
        assert device_support.has_accelerator() == bool(kinds - {"CPU"})

    def test_answer_is_that_of_the_kernels(self):
        x, kernel = tf.ones((1, 5, 5, 4)), tf.ones((2, 2, 2, 4))
        try:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.nn.conv2d(x, kernel, 1, "VALID", dilations=2)
            tape.gradient(y, x)
            works = True
        except tf.errors.OpError:
            works = False
        assert device_support.has_full_convolutions(tf.float32) == works

    def test_answer_is_the_same_in_a_graph(self):
        @tf.function
        def traced():
            return device_support.has_full_convolutions(tf.float64)

        device_support._cpu_has_full_convolutions.cache_clear()
        in_graph = bool(traced())
        device_support._cpu_has_full_convolutions.cache_clear()
        assert device_support.has_full_convolutions(tf.float64) == in_graph
