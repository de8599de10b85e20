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
"""Ops of Keras 3 in files, against Keras 3 itself."""

import keras
import numpy as np
import pytest
from keras import ops

import tfk

# Functions of a tensor of shape (batch, 3, 4) and one of (batch, 4).
OPS = {
    "reductions": lambda x, y: [
        ops.mean(x, axis=1),
        ops.sum(x, axis=-1, keepdims=True),
        ops.max(x, axis=(1, 2)),
        ops.min(x, axis=1),
        ops.amax(x, axis=1),
        ops.prod(x, axis=1),
        ops.std(x, axis=2),
        ops.var(x, axis=2, keepdims=True),
        ops.logsumexp(x, axis=-1),
        ops.any(x > 0.0, axis=1),
        ops.all(x > 0.0, axis=-1),
        ops.norm(x, axis=-1),
        ops.norm(x, ord=1, axis=-1, keepdims=True),
        *ops.moments(x, axes=[1]),
    ],
    "shapes": lambda x, y: [
        ops.reshape(x, (-1, 2, 6)),
        ops.transpose(x, (0, 2, 1)),
        ops.expand_dims(y, 1),
        ops.squeeze(ops.expand_dims(y, 1), axis=1),
        ops.concatenate([y, y * 2.0], axis=-1),
        ops.stack([y, y], axis=1),
        ops.tile(x, (1, 2, 1)),
        ops.repeat(y, 2, axis=1),
        ops.roll(x, 1, axis=1),
        ops.flip(x, axis=1),
        *ops.split(y, 2, axis=-1),
        *ops.unstack(x, 3, axis=1),
        ops.pad(x, [[0, 0], [1, 2], [0, 1]]),
        ops.take(x, np.array([0, 2, 0]), axis=1),
        x[:, 0, 1:],
        x[..., ::2],
    ],
    "elements": lambda x, y: [
        ops.abs(x) + ops.exp(x) - ops.log1p(ops.square(x)),
        ops.sin(x) * ops.cos(x) / (2.0 + ops.tanh(x)),
        ops.clip(x, -0.5, 0.5),
        ops.where(x > 0.0, x, -x),
        ops.maximum(x, 0.1) ** 2.0,
        ops.round(x * 3.0),
        ops.floor(x * 3.0) % 2.0,
        ops.sign(x) // 2.0,
        ops.cast(x, "int32"),
        ops.zeros_like(x) + ops.ones_like(x),
        ops.logical_and(x > 0.0, ops.logical_not(x <= 0.5)),
        ops.arctan2(x, 1.0 + ops.square(x)),
        ops.isnan(ops.rsqrt(x)),
        ops.cumsum(x, axis=1),
        ops.sort(x, axis=-1),
        ops.argsort(x, axis=-1),
        *ops.top_k(x, 2),
        ops.stop_gradient(x),
    ],
    "networks": lambda x, y: [
        ops.relu(x),
        ops.relu6(8.0 * x),
        ops.elu(x),
        ops.selu(x),
        ops.silu(x),
        ops.softplus(x),
        ops.softsign(x),
        ops.sigmoid(x),
        ops.log_sigmoid(x),
        ops.gelu(x),
        ops.gelu(x, approximate=False),
        ops.leaky_relu(x, negative_slope=0.3),
        ops.softmax(x, axis=1),
        ops.log_softmax(x),
        ops.one_hot(ops.cast(ops.abs(y), "int32"), 3),
        ops.matmul(x, ops.transpose(x, (0, 2, 1))),
        ops.tensordot(x, y, axes=[[2], [1]]),
        ops.einsum("bij,bj->bi", x, y),
        keras.layers.Multiply()([x, x]),
        keras.layers.Reshape((12,))(x),
    ],
}
UNKNOWN = {
    "ops of which TensorFlow has no equal": lambda x: ops.trapezoid(x),
    "all numbers in a row": lambda x: ops.flip(x),
    "splits at places": lambda x: ops.split(x, [1, 2], axis=1)[0],
    "other arguments": lambda x: ops.max(x, axis=1, initial=3.0),
}


class Keras3OpsTest:
    @pytest.mark.parametrize("ending", ["keras", "h5"])
    @pytest.mark.parametrize("name", OPS)
    def test_ops_are_read(self, name, ending, tmp_path):
        x, y = keras.Input((3, 4)), keras.Input((4,))
        model = keras.Model([x, y], OPS[name](x, y))
        path = str(tmp_path / f"model.{ending}")
        model.save(path)
        again = tfk.models.load_model(path)
        draw = np.random.default_rng(0).normal
        inputs = [
            draw(size=(2, *x.shape[1:])).astype("float32") for x in model.inputs
        ]
        outputs, wanted = again(inputs), model(inputs)
        for i, (one, other) in enumerate(zip(outputs, wanted, strict=True)):
            assert one.dtype == other.dtype, i
            np.testing.assert_allclose(one, other, 1e-5, 1e-5, err_msg=str(i))
        # As a model of tfk it is saved again.
        again.save(str(tmp_path / "again.keras"))
        tfk.models.load_model(str(tmp_path / "again.keras"))

    @pytest.mark.parametrize("name", UNKNOWN)
    def test_other_ops_are_named(self, name):
        x = keras.Input((4, 5))
        model = keras.Model(x, UNKNOWN[name](x))
        with pytest.raises(ValueError, match="op `.*` of Keras 3"):
            tfk.models.model_from_json(model.to_json())
