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
"""What is special about Muon; its formula is in `reference_test.py`."""

import numpy as np
import pytest
import tensorflow as tf

from tfk import optimizers


def rows_gradient(shape):
    return tf.random.stateless_normal(shape, seed=(0, 1))


def step_of(optimizer, gradient, name="kernel"):
    variable = tf.Variable(tf.zeros(gradient.shape), name=name)
    optimizer.apply_gradients([(gradient, variable)])
    return -variable.numpy()


class MuonTest:
    @pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
    def test_steps_are_nearly_orthogonal_matrices(self, shape):
        optimizer = optimizers.Muon(1.0, rms_rate=None)
        step = step_of(optimizer, rows_gradient(shape))
        sizes = np.linalg.svd(step, compute_uv=False)
        assert np.all((sizes > 0.3) & (sizes < 1.3))
        # The directions are those of the gradient.
        left, _, right = np.linalg.svd(rows_gradient(shape), False)
        assert np.sum(step * (left @ right)) > 0

    def test_rms_rate_is_the_size_of_an_elements_step(self):
        gradient = rows_gradient((64, 16))
        step = step_of(optimizers.Muon(0.5, rms_rate=0.25), gradient)
        size = np.sqrt(np.mean(step**2))
        # The iteration leaves singular values between 0.7 and 1.2.
        assert 0.7 < size / (0.5 * 0.25) < 1.2

    def test_other_variables_follow_adam(self):
        shapes = {
            "bias": (3,),
            "scale": (),
            "conv1d/kernel": (2, 3, 3),
            "conv/kernel": (2, 2, 3, 3),
            "MyEmbedding/table": (4, 2),
            "embedding/embeddings": (4, 3),
            "head/kernel": (3, 2),
            "dense/kernel": (3, 2),
        }
        variables = [
            tf.Variable(tf.zeros(shape), name=name)
            for name, shape in shapes.items()
        ]
        optimizer = optimizers.Muon(
            1.0, exclude_layers=["^head"], adam_lr_ratio=0.5
        )
        pairs = [(rows_gradient(v.shape), v) for v in variables]
        optimizer.apply_gradients(pairs)
        for gradient, variable in pairs[:-1]:
            # The first step of Adam has the length of its learning rate.
            np.testing.assert_allclose(
                variable, -0.5 * np.sign(gradient), rtol=1e-3
            )
        names = [v.name for v in optimizer.variables]
        assert names[-3:] == [
            "Muon/m/head/kernel:0",
            "Muon/v/head/kernel:0",
            "Muon/m/dense/kernel:0",
        ]

    def test_embeddings_follow_if_they_are_not_excluded(self):
        gradient = rows_gradient((4, 3))
        optimizer = optimizers.Muon(1.0, exclude_embeddings=False)
        step = step_of(optimizer, gradient, name="embeddings")
        expected = step_of(optimizers.Muon(1.0), gradient)
        np.testing.assert_allclose(step, expected, rtol=1e-5)

    def test_matrices_and_others_decay_by_their_own_share(self):
        variables = [tf.Variable(tf.ones((2, 2))), tf.Variable([1.0])]
        optimizer = optimizers.Muon(
            0.5, weight_decay=0.5, adam_weight_decay=0.25
        )
        optimizer.apply_gradients([(0 * v, v) for v in variables])
        assert [v.numpy().ravel()[0] for v in variables] == [0.75, 0.875]
        optimizer = optimizers.Muon(
            0.5, weight_decay=None, adam_weight_decay=0.5
        )
        optimizer.apply_gradients([(0 * v, v) for v in variables])
        assert [v.numpy().ravel()[0] for v in variables] == [0.75, 0.65625]

    def test_config_keeps_every_argument(self):
        optimizer = optimizers.Muon(
            optimizers.schedules.CosineDecay(0.1, 5),
            exclude_layers=["head"],
            ns_steps=3,
        )
        again = optimizers.deserialize(optimizers.serialize(optimizer))
        assert again.get_config() == optimizer.get_config()
        assert again.exclude_layers == ["head"]
