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
"""Tests for activation layers."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.layers import activation
from tfk.testing import layer_oracle

_SETTINGS = [
    ("Activation", {"activation": "relu"}),
    ("Activation", {"activation": tf.nn.tanh}),
    ("Activation", {"activation": None}),
    ("ReLU", {}),
    ("ReLU", {"max_value": 0.5}),
    ("ReLU", {"negative_slope": 0.25}),
    ("ReLU", {"max_value": 1, "negative_slope": 0.25, "threshold": 0.5}),
    ("LeakyReLU", {"alpha": 0.25}),
    ("PReLU", {}),
    ("PReLU", {"shared_axes": 1, "alpha_initializer": "ones"}),
    ("PReLU", {"shared_axes": (1, 2)}),
    ("ELU", {}),
    ("ELU", {"alpha": 0.5}),
    ("ThresholdedReLU", {"theta": 0.5}),
    ("Softmax", {}),
    ("Softmax", {"axis": 1}),
    ("Softmax", {"axis": (1, 2), "robust_masking": True}),
]


class ActivationLayersTest:
    @pytest.mark.parametrize("name, arguments", _SETTINGS)
    def test_equals_tf_keras(self, name, arguments):
        layer = getattr(activation, name)(**arguments)
        layer_oracle.assert_same(
            layer,
            getattr(tf_keras.layers, name)(**arguments),
            tf.random.normal((2, 3, 4)),
        )
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()

    @pytest.mark.parametrize(
        "name, arguments", [_SETTINGS[i] for i in (0, 6, 10, 13, 15)]
    )
    def test_compiles(self, name, arguments):
        layer = getattr(activation, name)(**arguments)
        layer_oracle.assert_compiles(layer, tf.random.normal((2, 3, 4)))

    @pytest.mark.parametrize(
        "layer",
        [
            activation.Activation("relu"),
            activation.ReLU(negative_slope=0.5, threshold=0.1),
            activation.LeakyReLU(),
            activation.ELU(0.5),
            activation.ThresholdedReLU(),
            activation.Softmax(),
        ],
        ids=lambda layer: type(layer).__name__,
    )
    def test_takes_ragged_tensors(self, layer):
        rows = [[[1.0, -2.0, 3.0]], [[4.0, -5.0]]]
        x = tf.ragged.constant([row[0] for row in rows])
        outputs = layer(x)
        for row, expected in zip(outputs, rows):
            np.testing.assert_allclose(row, layer(expected)[0], 1e-6)

    def test_negative_slope_is_another_name_of_alpha(self):
        layer = activation.LeakyReLU(negative_slope=0.5)
        assert layer.alpha == layer.negative_slope == 0.5
        config = layer.get_config()
        assert config["alpha"] == 0.5 and "negative_slope" not in config

    def test_default_alpha_is_that_of_tf_keras(self):
        theirs = tf_keras.layers.LeakyReLU().get_config()["alpha"]
        np.testing.assert_allclose(activation.LeakyReLU().alpha, theirs)

    @pytest.mark.parametrize("robust_masking", [False, True])
    @pytest.mark.parametrize("dtype", ["float32", "float16"])
    def test_masked_softmax_equals_tf_keras(self, robust_masking, dtype):
        scores = tf.constant([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
        mask = tf.constant([[True, False, True], [False, False, False]])
        arguments = {"robust_masking": robust_masking, "dtype": dtype}
        ours = activation.Softmax(**arguments)(scores, mask=mask)
        theirs = tf_keras.layers.Softmax(**arguments)(scores, mask=mask)
        np.testing.assert_allclose(ours, theirs, 1e-3)
        assert ours.dtype == dtype

    def test_robust_masking_hides_huge_scores(self):
        scores = tf.constant([[1.0, 3e9]])
        layer = activation.Softmax(robust_masking=True)
        probabilities = layer(scores, mask=tf.constant([[True, False]]))
        assert probabilities.numpy().tolist() == [[1.0, 0.0]]

    def test_masks_pass_through(self):
        x = tf.ones((2, 3))
        x._keras_mask = tf.ones((2, 3), tf.bool)
        for layer in (activation.ReLU(), activation.Activation("tanh")):
            assert layer(x)._keras_mask is x._keras_mask

    @pytest.mark.parametrize(
        "name, arguments, message",
        [
            ("ReLU", {"max_value": -1}, "`max_value`.*max_value=-1"),
            ("ReLU", {"negative_slope": None}, "`negative_slope`.*=None"),
            ("ReLU", {"threshold": -2.0}, "`threshold`.*threshold=-2"),
            ("LeakyReLU", {"alpha": None}, "`alpha`"),
            ("ELU", {"alpha": None}, "`alpha`"),
            ("ThresholdedReLU", {"theta": -1.0}, "`theta`"),
            ("Activation", {"activation": "rellu"}, "'relu'"),
        ],
    )
    def test_refuses_wrong_arguments(self, name, arguments, message):
        with pytest.raises(ValueError, match=message):
            getattr(activation, name)(**arguments)

    def test_refuses_wrong_inputs(self):
        with pytest.raises(ValueError, match="'slopes'.*shared_axes=.*5"):
            activation.PReLU(shared_axes=5, name="slopes")(tf.ones((2, 3)))
        sparse = tf.sparse.from_dense([[1.0]])
        for layer in (activation.ReLU(), activation.PReLU()):
            with pytest.raises(TypeError, match="SparseTensor"):
                layer(sparse)
        with pytest.raises(ValueError, match="rank 2 or more"):
            activation.Softmax()(tf.ones((3,)))
