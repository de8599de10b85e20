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
import tensorflow as tf

from tfk.saving import new_axes
from tfk.saving import saved_tables


def _slices(x):
    return {
        "middle": x[:, tf.newaxis, :, ::2, tf.newaxis],
        "before an ellipsis": x[:, :, tf.newaxis, ..., :2],
        "behind an ellipsis": x[..., tf.newaxis, :2, tf.newaxis],
        "beside an index": x[:, 0, tf.newaxis],
        "with an index behind": x[:, tf.newaxis, ..., 1],
        "both ends": x[tf.newaxis, ..., tf.newaxis],
        "alone": x[tf.newaxis],
        "backwards": x[1:, ::-1, tf.newaxis],
        "none": x[:, 1:],
        "bounds that are computed": x[: tf.shape(x)[2] - 1, tf.newaxis],
    }


class NewAxesTest:
    def test_slices_give_the_same(self, tmp_path):
        path = str(tmp_path / "graph")
        root = tf.Module()
        spec = tf.TensorSpec((None, None, 4))
        root.run = tf.function(_slices, input_signature=[spec])
        tf.saved_model.save(root, path, signatures=root.run)
        new_axes.split(path)
        run = tf.saved_model.load(path).signatures["serving_default"]
        x = tf.random.stateless_normal((3, 2, 4), [1, 2])
        found, wanted = run(x), _slices(x)
        assert found.keys() == wanted.keys()
        for name, value in wanted.items():
            tf.debugging.assert_equal(found[name], value, name)
        left = [
            node.attr["new_axis_mask"].i
            for graph in saved_tables.read_graph(path).meta_graphs
            for function in graph.graph_def.library.function
            for node in function.node_def
            if node.op == "StridedSlice" and "new_axis_mask" in node.attr
        ]
        # Only where the bounds are computed.
        assert len([mask for mask in left if mask]) == 1

    def test_other_graphs_stay_as_they_are(self, tmp_path):
        path = tmp_path / "graph"
        root = tf.Module()
        spec = tf.TensorSpec((None, 4))
        root.run = tf.function(lambda x: x[:, 1:], input_signature=[spec])
        tf.saved_model.save(root, str(path))
        before = (path / "saved_model.pb").read_bytes()
        new_axes.split(str(path))
        assert (path / "saved_model.pb").read_bytes() == before
