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
"""The graph of a functional model: its inputs and outputs."""

from tfk.engine import graph as graph_lib
from tfk.engine import model_inputs
from tfk.engine import outputs as outputs_lib
from tfk.engine import recorded_calls


class ModelGraph:
    """The side of a `Model` that may have a graph.

    Without one, the model is a layer: inputs and shapes are those of its calls.
    """

    _functional_graph = None

    @property
    def graph(self):
        """The `Graph` of a functional model; None for a subclassed one."""
        return vars(self).get("graph", self._functional_graph)

    @graph.setter
    def graph(self, value):
        # A name that subclasses, of graph networks for instance, like to use.
        vars(self)["graph"] = value

    def _set_graph(self, graph):
        """Takes a graph as the model's computation."""
        vars(self).update(
            _functional_graph=graph,
            _stage_split=None,
            _casts_to=None,
            _functions={},
            built=True,
            _build_input_shape=None,
        )

    @property
    def inputs(self):
        """List of the symbolic inputs; None for a subclassed model."""
        return (
            None
            if self._functional_graph is None
            else list(self._functional_graph.flat_inputs)
        )

    @property
    def outputs(self):
        """List of the symbolic outputs; None for a subclassed model."""
        return (
            None
            if self._functional_graph is None
            else list(self._functional_graph.flat_outputs)
        )

    @property
    def input(self):
        """The symbolic inputs in their structure."""
        if self._functional_graph is None:
            return super().input
        return self._functional_graph.inputs

    @property
    def output(self):
        """The symbolic outputs in their structure."""
        if self._functional_graph is None:
            return super().output
        return self._functional_graph.outputs

    @property
    def input_shape(self):
        """The shapes of the inputs in their structure."""
        if self._functional_graph is None:
            return super().input_shape
        return recorded_calls.shapes_of(self._functional_graph.inputs)

    @property
    def output_shape(self):
        """The shapes of the outputs in their structure."""
        if self._functional_graph is None:
            return super().output_shape
        return recorded_calls.shapes_of(self._functional_graph.outputs)

    @property
    def input_names(self):
        """The names of the inputs."""
        if self._functional_graph is None:
            return []
        return self._functional_graph.input_names

    @property
    def output_names(self):
        """The names of the outputs: dict keys, else those of their layers."""
        if self._functional_graph is None:
            return []
        return outputs_lib.names_of(self._functional_graph)

    def _add_extras(self, tensors):
        graph = self._functional_graph
        self._set_graph(
            graph_lib.Graph(
                graph.inputs, graph.outputs, (*graph.extras, *tensors)
            )
        )

    def conform_inputs(self, inputs):
        """Returns the inputs as the flat list that the graph takes.

        A trailing axis of size 1 is added or dropped, and dtypes are cast, as
        the inputs of the graph say.
        """
        return model_inputs.conform(inputs, self._functional_graph, self.name)
