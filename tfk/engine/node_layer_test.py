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
"""Nodes of graphs as layers, as tf_keras writes them and by hand."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tf_keras.src.engine import base_layer

import tfk
from tfk.saving import budget


def _ops(x):
    """Yields tensors, with the places and the values of what is constant."""
    yield x + 1.5, {1: 1.5}
    yield 2.0 - x, {0: 2.0}
    yield tf.concat([x, x], -1), {2: -1}
    yield tf.reshape(x, (-1, 2, 2)), {1: [-1, 2, 2]}
    yield x[:, 1:], {1: [0, 1], 2: [0, 0], 3: [1, 1]}
    yield tf.reduce_mean(x, 1), {1: [1]}
    yield tf.transpose(x, [1, 0]), {1: [1, 0]}
    yield tf.cast(x, tf.int64), {}
    yield tf.gather(x, [1, 0], axis=1), {1: [1, 0], 2: 1}
    yield tf.split(x, 2, 1)[0], {0: 1}
    yield tf.stack([x, x], 1), {}
    yield tf.nn.relu(x), {}


def model_of_ops():
    """Returns a model of tf_keras with the layers that TensorFlow 2.2 made."""
    inputs = tf_keras.Input((4,), name="x")
    outputs = []
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None, 4))
        found = [(y.op.node_def, constants) for y, constants in _ops(x)]
    for i, (node, constants) in enumerate(found):
        layer = base_layer.TensorFlowOpLayer(
            node.SerializeToString(), name=f"op_{i}", constants=constants
        )
        count = len(node.input) - len(constants)
        outputs.append(layer([inputs] * count if count > 1 else inputs))
    return tf_keras.Model(inputs, outputs)


class NodeLayerTest:
    def test_files_of_tf_keras_are_read_and_written(self, tmp_path):
        model = model_of_ops()
        x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
        wanted = tf.nest.flatten(model(x))
        for ending in ("h5", "keras"):
            path = str(tmp_path / f"model.{ending}")
            model.save(path)
            again = tfk.models.load_model(path)
            names = [layer.name for layer in again.layers]
            assert names == [layer.name for layer in model.layers]
            again.save(path)
            for keras in (tfk, tf_keras):
                outputs = tf.nest.flatten(keras.models.load_model(path)(x))
                for one, other in zip(outputs, wanted, strict=True):
                    assert one.dtype == other.dtype
                    np.testing.assert_allclose(one, other, 1e-6)

    def test_gradients_pass_in_a_compiled_model(self):
        node = {"op": "Mul", "attr": {"T": {"type": "DT_FLOAT"}}}
        config = {"name": "Mul", "node_def": node, "constants": {"1": 3.0}}
        layer = tfk.saving.deserialize_keras_object(
            {"class_name": "TensorFlowOpLayer", "config": config}
        )
        inputs = tfk.Input((2,))
        model = tfk.Model(inputs, layer(tfk.layers.Dense(1)(inputs)))
        model.compile("sgd", "mse")
        before = model.get_weights()[0]
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
        assert np.all(model.get_weights()[0] != before)

    def test_bytes_are_read(self):
        node = tf.compat.v1.NodeDef(name="n", op="Neg")
        node.attr["T"].type = tf.float32.as_datatype_enum
        text = node.SerializeToString().decode()
        config = json.loads(json.dumps({"name": "n", "node_def": text}))
        layer = tfk.saving.deserialize_keras_object(
            {"class_name": "TensorFlowOpLayer", "config": config}
        )
        np.testing.assert_array_equal(layer(tf.ones(2)), [-1.0, -1.0])

    @pytest.mark.parametrize(
        "op", ["ReadFile", "PyFunc", "WriteFile", "Const", "Nothing", ""]
    )
    def test_ops_that_do_more_than_compute_are_refused(self, op):
        config = {"name": "n", "node_def": {"name": "n", "op": op}}
        with pytest.raises(tfk.errors.UnsafeFileError, match="may name"):
            tfk.saving.deserialize_keras_object(
                {"class_name": "TensorFlowOpLayer", "config": config}
            )

    def test_numbers_of_tensors_have_a_limit(self):
        for op, name in (("Split", "num_split"), ("Unpack", "num")):
            node = {"op": op, "attr": {name: {"i": str(2**40)}}}
            config = {"name": "n", "node_def": node}
            entry = {"class_name": "TensorFlowOpLayer", "config": config}
            with budget.limited_to(1000):
                with pytest.raises(tfk.errors.UnsafeFileError, match="tensors"):
                    tfk.saving.deserialize_keras_object(entry)

    def test_axes_that_are_not_there_are_refused(self):
        attributes = {
            "Tparams": {"type": "DT_FLOAT"},
            "Tindices": {"type": "DT_INT32"},
            "Taxis": {"type": "DT_INT32"},
            "batch_dims": {"i": "100"},
        }
        config = {
            "name": "gather",
            "node_def": {"name": "x", "op": "GatherV2", "attr": attributes},
            "constants": {1: [0, 1], 2: 1},
        }
        layer = tfk.saving.deserialize_keras_object(
            {"class_name": "TensorFlowOpLayer", "config": config}
        )
        with pytest.raises(ValueError, match="batch_dims=100"):
            layer(tfk.Input((3,)))

    def test_broken_nodes_are_told(self):
        for node in ({"unknown": 1}, 3, "\x00\x01"):
            config = {"name": "n", "node_def": node}
            with pytest.raises(ValueError, match="node_def"):
                tfk.saving.deserialize_keras_object(
                    {"class_name": "TensorFlowOpLayer", "config": config}
                )
