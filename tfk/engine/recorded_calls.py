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
"""What was recorded of a layer: its calls on symbolic tensors."""

import tensorflow as tf

from tfk.utils import structure


def _single(items):
    return items[0] if len(items) == 1 else items


def as_tuples(shapes):
    return structure.map_shapes(
        lambda shape: (
            None
            if shape is None or tf.TensorShape(shape).rank is None
            else tuple(tf.TensorShape(shape).as_list())
        ),
        shapes,
    )


def shapes_of(tensors):
    """Returns the shapes of a structure of symbolic tensors, as tuples."""
    return as_tuples(tf.nest.map_structure(lambda x: x.shape, tensors))


class RecordedCalls:
    """The side of a `Layer` that tells of its calls on symbolic tensors."""

    _build_input_shape = None

    @property
    def inbound_nodes(self):
        """The recorded calls of this layer."""
        return self._inbound_nodes

    @property
    def outbound_nodes(self):
        """The recorded calls that take an output of this layer."""
        return self._outbound_nodes

    @property
    def input(self):
        """The symbolic input, of a layer that was called once on one."""
        return _single(self._only_node("input").inputs)

    @property
    def output(self):
        """The symbolic output, of a layer that was called once on one."""
        return self._only_node("output").outputs

    @property
    def input_shape(self):
        """The shape of the symbolic input, as a tuple."""
        if self._inbound_nodes:
            return shapes_of(self.input)
        if self._build_input_shape is not None:
            return as_tuples(self._build_input_shape)
        raise AttributeError(
            f"Layer '{self.name}' has no input shape: it was never called."
        )

    @property
    def output_shape(self):
        """The shape of the symbolic output, as a tuple."""
        if self._inbound_nodes:
            return shapes_of(self._inbound_nodes[0].outputs)
        raise AttributeError(
            f"Layer '{self.name}' has no output shape: it was never called on "
            "symbolic tensors."
        )

    def _only_node(self, what):
        if not self._inbound_nodes:
            raise AttributeError(
                f"Layer '{self.name}' has no `{what}`: it was never called on "
                "symbolic tensors such as `tfk.Input(...)`."
            )
        if len(self._inbound_nodes) > 1:
            raise AttributeError(
                f"Layer '{self.name}' was called "
                f"{len(self._inbound_nodes)} times and has no single "
                f"`{what}`. Use `get_{what}_at(node_index)`."
            )
        return self._inbound_nodes[0]

    def get_input_at(self, node_index):
        """Returns the symbolic input of one recorded call."""
        return _single(self._node_at(node_index).inputs)

    def get_output_at(self, node_index):
        """Returns the symbolic output of one recorded call."""
        return self._node_at(node_index).outputs

    def get_input_shape_at(self, node_index):
        """Returns the input shape of one recorded call."""
        return shapes_of(self.get_input_at(node_index))

    def get_output_shape_at(self, node_index):
        """Returns the output shape of one recorded call."""
        return shapes_of(self.get_output_at(node_index))

    def _node_at(self, node_index):
        if node_index >= len(self._inbound_nodes):
            raise ValueError(
                f"Layer '{self.name}' has {len(self._inbound_nodes)} recorded "
                f"calls. Received: node_index={node_index}."
            )
        return self._inbound_nodes[node_index]
