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
"""Tests of Rescaling, against tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.input_layer import Input
from tfk.layers.preprocessing.rescaling import Rescaling


class RescalingTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"scale": 2},
            {"scale": 1 / 127.5, "offset": -1},
            {"scale": [1.0, 2.0], "offset": [3.0, 4.0]},
            {"scale": 0.5, "dtype": "float16"},
            {"scale": 2, "offset": 1, "dtype": "uint8"},
        ],
    )
    def test_outputs_and_config_equal_tf_keras(self, arguments):
        layer = Rescaling(**arguments, name="x")
        oracle = tf_keras.layers.Rescaling(**arguments, name="x")
        for dtype in ("uint8", "float32", "float64"):
            x = np.array([[1, 2], [30, 4]], dtype)
            ours, theirs = layer(x), oracle(x)
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        assert layer.get_config() == oracle.get_config()
        assert layer.compute_output_shape((None, 2)).as_list() == [None, 2]
        assert layer(Input((2,))).shape.as_list() == [None, 2]

    def test_value_divides(self):
        np.testing.assert_allclose(Rescaling(value=4.0)([2.0]), [0.5])

    def test_ragged_and_sparse_stay_what_they_are(self):
        ragged = Rescaling(2, offset=1)(tf.ragged.constant([[1], [2, 3]]))
        assert ragged.to_list() == [[3.0], [5.0, 7.0]]
        x = tf.sparse.from_dense([[1, 0]])
        np.testing.assert_array_equal(
            tf.sparse.to_dense(Rescaling(2)(x)), [[2, 0]]
        )
        with pytest.raises(ValueError, match="offset=1"):
            Rescaling(2, offset=1)(x)

    def test_scale_is_needed_once(self):
        for arguments in ({}, {"scale": 1, "value": 2}):
            with pytest.raises(ValueError, match="`scale` or `value`"):
                Rescaling(**arguments)
