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
"""The calls of a model without a graph, which tell what it takes."""

import tensorflow as tf

from tfk.engine import batch_specs
from tfk.engine import seen_specs


class SeenCalls:
    """What a model without a graph was called on, as specs.

    Attributes:
        first: Structure of `tf.TypeSpec`: what it was first called on, or
            None.
        building: What `call_specs.of_call` said of the call that built it, or
            None.
    """

    def __init__(self):
        self.first = None
        self.building = None
        self._common = None
        self._last_kind = None

    def begin(self, inputs):
        """Takes note of the first argument of the first call."""
        try:
            self.first = tf.nest.map_structure(tf.type_spec_from_value, inputs)
        except TypeError:
            pass  # Inputs of a kind that no SavedModel takes.

    def note(self, model, inputs, rest, kwargs):
        """Takes note of a call.

        Arguments:
            model: The model.
            inputs: The first argument.
            rest: Tuple of further arguments.
            kwargs: Dict of arguments.
        """
        kind = getattr(inputs, "dtype", None), getattr(inputs, "shape", None)
        if kind == self._last_kind and not rest:
            return  # As almost always; the rest of this takes a while.
        _, others = model._call_arguments.by_name((inputs, *rest), kwargs)
        self._common = seen_specs.widened(self._common, inputs, others)
        self._last_kind = None if kind[0] is None else kind

    def common_specs(self, casts_to, dynamic_batch=True):
        """Returns specs of what the model takes as `(args, kwargs)`, or None.

        Arguments:
            casts_to: The dtype that floating inputs are cast to, or None.
            dynamic_batch: Boolean: whether they are for any number of rows.
        """
        specs = self._common
        if specs is None:
            specs = self.first, {}
        elif self.first is not None:
            specs = seen_specs.joined((self.first, specs[1]), specs)
        if specs[0] is None:
            return None
        if dynamic_batch:
            specs = tf.nest.map_structure(batch_specs.open_spec, specs)
        specs, others = seen_specs.uncast(specs, casts_to)
        return (specs,), others
