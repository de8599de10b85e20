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
"""Moves the preprocessing part of a model into the input pipeline."""

import dataclasses
from typing import Any

import tensorflow as tf

from tfk.data import batches
from tfk.engine import call_context
from tfk.engine.graph import Graph


@dataclasses.dataclass
class Lifted:
    """A source whose elements are preprocessed already.

    Attributes:
        dataset: The dataset, which yields what the main part takes.
        spec: The spec of its elements.
        main: The `Graph` of the main part.
    """

    dataset: tf.data.Dataset
    spec: Any
    main: Graph


def lift(model, source, training):
    """Maps the preprocessing part of a model over a source.

    Arguments:
        model: A model with a graph.
        source: `tfk.data.adapters.Source`.
        training: Boolean: the mode in which preprocessing layers run.

    Returns:
        A `Lifted`, or None where there is nothing to lift, or no dataset that
        could take it.
    """
    split = model.stage_split
    if split is None or not isinstance(source.dataset, tf.data.Dataset):
        return None

    # `map` opens tuples, also one around inputs alone.
    is_tuple = isinstance(source.dataset.element_spec, tuple)

    def preprocess(*element):
        data = element if is_tuple else element[0]
        x, y, sample_weight = batches.unpack_x_y_sample_weight(data)
        before = call_context.swap(call_context.CallContext(training))
        try:
            values = split.stage.run(model.conform_inputs(x))
        finally:
            call_context.swap(before)
        return batches.pack_x_y_sample_weight(tuple(values), y, sample_weight)

    dataset = source.dataset.map(
        preprocess, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    ).prefetch(tf.data.AUTOTUNE)
    return Lifted(dataset, dataset.element_spec, split.main)
