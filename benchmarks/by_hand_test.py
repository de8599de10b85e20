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
"""Tests that what is measured by hand is the same training."""

import numpy as np
import tensorflow as tf
import tf_keras

from benchmarks import by_hand
from benchmarks import workload


class TrainingTest:
    def test_steps_give_the_losses_of_tf_keras(self):
        x = workload.features(workload.BATCH_SIZE)
        y = workload.labels(workload.BATCH_SIZE)
        model = workload.classifier(tf_keras)
        training = by_hand.Training()
        for variable, value in zip(
            training.model.variables, model.get_weights(), strict=True
        ):
            variable.assign(value)
        step = tf.function(training.step)
        np.testing.assert_allclose(
            [step(x, y).numpy() for _ in range(5)],
            [model.train_on_batch(x, y) for _ in range(5)],
            rtol=1e-4,
        )


class ShuffledBatchesTest:
    def test_epoch_has_every_row_once_in_a_new_order(self):
        y = np.arange(3 * workload.BATCH_SIZE, dtype=np.int32)
        batches = by_hand.shuffled_batches(y.astype(np.float32)[:, None], y)
        epochs = []
        for _ in range(2):
            seen = []
            for x_batch, y_batch in batches:
                assert y_batch.shape == [workload.BATCH_SIZE]
                np.testing.assert_array_equal(x_batch[:, 0], y_batch)
                seen.extend(y_batch.numpy())
            epochs.append(seen)
        assert sorted(epochs[0]) == sorted(epochs[1]) == y.tolist()
        assert epochs[0] != epochs[1]
