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
"""Tests of what adapters need of layers, and of checkpoints of models."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk


def make_model(keras, **kwargs):
    inputs = keras.Input((3,))
    x = keras.layers.Dense(4, **kwargs)(inputs)
    x = keras.layers.Dropout(0.5)(x)
    return keras.Model(inputs, keras.layers.Dense(2, **kwargs)(x))


class CheckpointTest:
    @pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
    def test_holds_the_weights_of_a_functional_model(self, dtype, tmp_path):
        model, other = [make_model(tfk, dtype=dtype) for _ in range(2)]
        path = tf.train.Checkpoint(model=model).write(str(tmp_path / "c"))
        names = [name for name, _ in tf.train.list_variables(path)]
        assert sum("kernel" in name or "bias" in name for name in names) == 4
        tf.train.Checkpoint(model=other).read(path).assert_consumed()
        for ours, theirs in zip(model.weights, other.weights):
            np.testing.assert_array_equal(ours, theirs)

    def test_is_that_of_tf_keras(self, tmp_path):
        oracle, model = make_model(tf_keras), make_model(tfk)
        path = tf.train.Checkpoint(model=oracle).write(str(tmp_path / "a"))
        tf.train.Checkpoint(model=model).read(path).expect_partial()
        for ours, theirs in zip(model.weights, oracle.weights):
            np.testing.assert_array_equal(ours, theirs)
        path = tf.train.Checkpoint(model=model).write(str(tmp_path / "b"))
        oracle = make_model(tf_keras)
        tf.train.Checkpoint(model=oracle).read(path).expect_partial()
        for ours, theirs in zip(model.weights, oracle.weights):
            np.testing.assert_array_equal(ours, theirs)


class WeightPathTest:
    def test_names_what_stands_behind_views(self):
        model = make_model(tfk, dtype="mixed_bfloat16")
        name = model.layers[1].name
        model.layers[1].enable_lora(2)
        paths = model.get_weight_paths()
        assert len(paths) == len(model.weights)
        for key in ("kernel", "bias", "lora_kernel_a", "lora_kernel_b"):
            assert f"{name}.{key}" in paths
