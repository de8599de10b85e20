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
"""Tests that the networks are those that they are named after."""

import numpy as np
import tf_keras

from benchmarks import networks
from benchmarks import workload


class BuiltTest:
    def test_resnet50_has_its_weights(self):
        model = networks.resnet50(tf_keras)
        shapes = [tuple(v.shape) for v in model.trainable_variables]
        assert sorted(shapes) == sorted(workload.resnet50_shapes())

    def test_bert_has_the_weights_of_its_encoder(self):
        # Those of the paper's 110 million that no head or pooler adds.
        assert networks.bert(tf_keras).count_params() == 108_891_648


class TasksTest:
    def test_padded_steps_are_the_last_ones(self):
        x, _ = networks.TASKS["lstm_masked"].batch()
        is_real = np.any(x != 0, axis=-1)
        lengths = is_real.sum(axis=1)
        assert 50 <= lengths.min() < lengths.max() <= 100
        steps = np.arange(networks.NUM_STEPS)
        np.testing.assert_array_equal(is_real, steps < lengths[:, None])
