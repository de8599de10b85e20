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
"""Tests of the nodes that read and write a SavedModel's variables."""

import numpy as np
import tensorflow as tf

import tfk
from tfk.saving import saver_nodes
from tfk.testing import strategies
from tfk.utils import tf_internal

_X = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)


class Twins(tfk.layers.Layer):
    """Has variables of one name, some of which no signature needs."""

    def build(self, input_shape):
        self.all = [
            tf.Variable(tf.fill((3, 3), float(i)), False, name="same")
            for i in range(4)
        ]

    def call(self, inputs):
        return inputs @ self.all[2] + inputs @ self.all[0]


def _model():
    model = tfk.Sequential(
        [
            tfk.Input((3,), name="x"),
            Twins(),
            tfk.layers.Dropout(0.5),
            tfk.layers.Dense(2),
            tfk.layers.Dropout(0.5),
            tfk.layers.BatchNormalization(name="y"),
        ]
    )
    model.compile("adam", "mse")
    model.fit(_X, np.ones((4, 2)), epochs=2, verbose=0)
    return model


def _graph(path):
    with open(path / "saved_model.pb", "rb") as file:
        return tf_internal.SavedModelProto.FromString(file.read()).meta_graphs[
            0
        ]


def _served_by_session(path, copy=None):
    """Returns what a SavedModel gives if its graph loads its variables."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(path))
        signature = graph.signature_def["serving_default"]
        if copy is not None:
            saver = graph.saver_def
            names = [saver.filename_tensor_name, saver.save_tensor_name]
            session.run(names[1], {names[0]: copy})
        (output,) = signature.outputs.values()
        return session.run(output.name, {signature.inputs["x"].name: _X})


def _is_of_tensorflow(path):
    saver = _graph(path).saver_def
    return "PartitionedCall" in saver.restore_op_name


class SaverNodesTest:
    def test_a_graph_reads_and_writes_its_variables(self, tmp_path):
        model, path = _model(), tmp_path / "model"
        model.export(path)
        assert not _is_of_tensorflow(path)
        copy = str(tmp_path / "copy")
        served = _served_by_session(path, copy)
        np.testing.assert_allclose(served, model.predict(_X), rtol=1e-5)
        first = tf.train.load_checkpoint(str(path / "variables" / "variables"))
        second = tf.train.load_checkpoint(copy)
        keys = set(second.get_variable_to_shape_map())
        others = set(first.get_variable_to_shape_map()) - keys
        assert others == {"_CHECKPOINTABLE_OBJECT_GRAPH"}
        for key in keys:
            np.testing.assert_array_equal(
                second.get_tensor(key), first.get_tensor(key)
            )

    def test_every_operation_is_listed_and_the_fingerprint_is_new(
        self, tmp_path
    ):
        _model().export(tmp_path)
        graph = _graph(tmp_path)
        listed = {x.name for x in graph.meta_info_def.stripped_op_list.op}
        assert {x.op for x in graph.graph_def.node} <= listed
        written = tf.saved_model.experimental.read_fingerprint(str(tmp_path))
        tf_internal.write_fingerprint(str(tmp_path))
        true = tf.saved_model.experimental.read_fingerprint(str(tmp_path))
        for kind in (
            "graph_def_program",
            "signature_def",
            "saved_object_graph",
        ):
            kind = f"{kind}_hash"
            assert getattr(written, kind) == getattr(true, kind)

    def test_tables_with_a_state_are_left_to_tensorflow(self, tmp_path):
        table = tf.lookup.experimental.MutableHashTable(
            tf.int64, tf.float32, default_value=0.0
        )
        table.insert(tf.range(3, dtype=tf.int64), [3.0, 4.0, 5.0])
        holder = tf.Module()
        holder.table = table
        for name, resource in (("table", table), ("holder", holder)):
            archive = tfk.export.ExportArchive()
            archive.track(resource)
            archive.add_endpoint(
                "look_up",
                lambda x: table.lookup(tf.cast(x + 1.0, tf.int64)),
                [tf.TensorSpec((None, 3), tf.float32, "x")],
            )
            archive.write_out(tmp_path / name)
            assert _is_of_tensorflow(tmp_path / name)
            found = _served_by_session(tmp_path / name)
            np.testing.assert_array_equal(
                found, table.lookup((_X + 1).astype("int64"))
            )

    def test_two_replicas_write_values_that_a_graph_reads(self, tmp_path):
        with strategies.two_replicas().scope():
            model = _model()
        model.export(tmp_path)
        assert _is_of_tensorflow(tmp_path)
        served = _served_by_session(tmp_path)
        loaded = tf.saved_model.load(str(tmp_path))
        np.testing.assert_allclose(served, loaded.serve(_X), rtol=1e-5)

    def test_a_graph_that_is_not_understood_is_left_alone(self, tmp_path):
        _model().export(tmp_path)
        checkpoint = str(tmp_path / "variables" / "variables")
        for change in ("name", "dtype", "children"):
            graph = _graph(tmp_path)
            objects = graph.object_graph_def.nodes
            variable = next(x for x in objects if x.HasField("variable"))
            if change == "name":
                variable.variable.name = "another"
            elif change == "dtype":
                variable.variable.dtype = tf.int32.as_datatype_enum
            else:
                del objects[0].children[:]
            before = graph.SerializeToString(deterministic=True)
            assert not saver_nodes.add(graph, checkpoint)
            assert graph.SerializeToString(deterministic=True) == before
