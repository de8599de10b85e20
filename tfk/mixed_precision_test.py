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
"""Dtype policies: names, configs, the one in force."""

import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk import mixed_precision


class PolicyTest:
    @pytest.mark.parametrize(
        "name",
        "float32 float64 float16 bfloat16 int32 mixed_float16 "
        "mixed_bfloat16".split(),
    )
    def test_dtypes_and_config_are_those_of_tf_keras(self, name):
        ours = mixed_precision.Policy(name)
        theirs = tf_keras.mixed_precision.Policy(name)
        assert ours.compute_dtype == theirs.compute_dtype
        assert ours.variable_dtype == theirs.variable_dtype
        assert ours.get_config() == theirs.get_config()
        assert mixed_precision.Policy.from_config(ours.get_config()) == ours

    def test_a_policy_is_given_in_many_ways(self):
        policy = mixed_precision.Policy("float16")
        keras_3 = {
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": "float16"},
            "registered_name": None,
        }
        for dtype in (
            policy,
            "float16",
            tf.float16,
            tf.float16.as_numpy_dtype,
            keras_3,
            tf_keras.saving.serialize_keras_object(
                tf_keras.mixed_precision.Policy("float16")
            ),
        ):
            assert tfk.layers.Dense(1, dtype=dtype).dtype_policy == policy
        assert tfk.DTypePolicy is mixed_precision.DTypePolicy
        assert mixed_precision.Policy(tf.float16) == policy

    def test_the_global_policy_is_that_of_new_layers(self):
        before = tfk.layers.Dense(1)
        mixed_precision.set_dtype_policy("mixed_bfloat16")
        try:
            assert mixed_precision.dtype_policy().name == "mixed_bfloat16"
            assert mixed_precision.global_policy().name == "mixed_bfloat16"
            assert tfk.layers.Dense(1).compute_dtype == "bfloat16"
            assert tfk.layers.Dense(1).dtype == "float32"
            assert before.compute_dtype == "float32"
        finally:
            mixed_precision.set_global_policy(None)
        assert mixed_precision.global_policy().name == "float32"

    def test_wrong_names_are_shown(self):
        with pytest.raises(ValueError, match="mixed_float8"):
            mixed_precision.Policy("mixed_float8")
        with pytest.raises(TypeError, match="name=16"):
            mixed_precision.Policy(16)
