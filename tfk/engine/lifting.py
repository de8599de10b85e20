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

from tfk.data import adapters
from tfk.data import batches
from tfk.engine import call_context
from tfk.engine import element_stream
from tfk.engine import lift_options
from tfk.engine import numbering
from tfk.engine import stage_split
from tfk.engine.graph import Graph
from tfk.utils import naming
from tfk.utils import tf_internal


@dataclasses.dataclass
class Lifted:
    """A source whose elements are preprocessed already.

    Attributes:
        dataset: The dataset, which yields what the main part takes.
        spec: The spec of its elements.
        main: The `Graph` of the main part.
        numbering: A `Numbering` if layers draw random numbers for elements,
            or None.
    """

    dataset: tf.data.Dataset
    spec: Any
    main: Graph
    numbering: Any = None


def lift(model, source, training, passes=1):
    """Maps the preprocessing part of a model over a source.

    Arguments:
        model: A model with a graph.
        source: `tfk.data.adapters.Source`.
        training: Boolean: the mode in which preprocessing layers run.
        passes: Integer: how many passes over the source there will be.

    Returns:
        A `Lifted`, or None where there is nothing to lift, or no dataset that
        could take it, or where random layers would not draw the numbers that
        they draw in the step.
    """
    split = model.stage_split
    if split is None or not isinstance(source.dataset, tf.data.Dataset):
        return None
    dataset, stage = source.dataset, split.stage
    preprocess = _preprocessing(model.conform_inputs, stage, training)
    if not source.is_preprocessed and not _can_share(model, source, preprocess):
        return None
    options = lift_options.in_use(model._lift_preprocessing, training, passes)
    if options is not None:
        options.check_source(source)
        dataset, preprocess = _with_options(
            options, source, model, stage, training
        )
    if preprocess is None:
        return Lifted(dataset, dataset.element_spec, split.main)
    remembered = {} if options is not None else model._compiled_functions()
    can_lift, numbered = _foreseen(
        model, dataset, preprocess, training, remembered
    )
    if not can_lift:
        return None
    if numbered is not None:
        dataset = numbered.open(numbered.positions())
        return Lifted(dataset, dataset.element_spec, split.main, numbered)
    # To trace a stage takes as long as many steps of a small model.
    key = ("preprocess", training, isinstance(dataset.element_spec, tuple))
    if key not in remembered:
        remembered[key] = _pipeline_function(dataset, preprocess)
    dataset = remembered[key].map(dataset).prefetch(tf.data.AUTOTUNE)
    return Lifted(dataset, dataset.element_spec, split.main)


def _preprocessing(conform, stage, training):
    """Returns the function of a batch that runs a stage of a model.

    Arguments:
        conform: Function of inputs that returns the list that the stage takes.
        stage: `Graph`.
        training: Boolean: the mode.
    """

    def preprocess(data):
        x, y, sample_weight = batches.unpack_x_y_sample_weight(data)
        before = call_context.swap(call_context.CallContext(training))
        try:
            values = stage.run(conform(x))
        finally:
            call_context.swap(before)
        return batches.pack_x_y_sample_weight(tuple(values), y, sample_weight)

    return preprocess


def _mapped(dataset, preprocess):
    return _pipeline_function(dataset, preprocess).map(dataset)


def _pipeline_function(dataset, preprocess):
    # `map` opens tuples, also one around inputs alone.
    is_tuple = isinstance(dataset.element_spec, tuple)
    return tf_internal.PipelineFunction(
        lambda *element: preprocess(element if is_tuple else element[0])
    )


def cache_rows(model, source, training, passes):
    """Runs arrays through the part of a model before any random layer.

    They take the place of the inputs, if the model's options want a cache.

    Arguments:
        model: A model.
        source: `tfk.data.adapters.Source`, before it is repeated or moved.
        training: Boolean: the mode in which preprocessing layers run.
        passes: Integer: how many passes over the source there will be.
    """
    options = lift_options.in_use(model._lift_preprocessing, training, passes)
    if options is None or options.cache is None or model.stage_split is None:
        return
    if source.with_inputs is None or source.is_preprocessed:
        return
    options.check_source(source)
    stage, conform = model.stage_split.stage, model.conform_inputs
    whole = _preprocessing(conform, stage, training)
    first, _ = stage_split.split_off(stage, _is_deterministic)
    can_lift, _ = _foreseen(model, source.dataset, whole, training, {})
    can_lift = can_lift and _can_share(model, source, whole)
    if first is not None and can_lift:
        rows = adapters.source(source.inputs, batch_size=source.batch_size)
        rows = _mapped(rows.dataset, _preprocessing(conform, first, training))
        options.keep_rows(rows, source)


def _with_options(options, source, model, stage, training):
    """Runs the part of a stage before any random layer as options say.

    Returns:
        The dataset of what comes out of it, and the function that runs the
        rest, or None if that was all.
    """
    first, rest = stage_split.split_off(stage, _is_deterministic)
    dataset, conform = source.dataset, model.conform_inputs
    if first is not None:
        if not source.is_preprocessed:
            dataset = _mapped(dataset, _preprocessing(conform, first, training))
            if source.kind != "arrays":
                dataset = options.apply(dataset)
        conform = list
    if rest is None:
        return dataset.prefetch(tf.data.AUTOTUNE), None
    return dataset, _preprocessing(conform, rest, training)


def _is_deterministic(layer):
    if element_stream.streams_of(layer):
        return False
    is_ours = naming.is_own_module(type(layer).__module__)
    return is_ours or not layer._call_arguments.takes_training


def _can_share(model, source, preprocess):
    """Whether replicas can share the batches that a function returns."""
    is_alone = model.distribute_strategy.num_replicas_in_sync == 1
    return is_alone or numbering.keeps_rows(source.dataset, preprocess)


def _foreseen(model, dataset, preprocess, training, remembered):
    """Finds out whether a function of batches may run in the pipeline.

    Arguments:
        model: A model.
        dataset: `tf.data.Dataset` of batches.
        preprocess: The function.
        training: Boolean: the mode.
        remembered: Dict of what was found out before.

    Returns:
        Whether it may, and the `Numbering` of what it draws, or None if it
        draws nothing.
    """
    strategy, split = model.distribute_strategy, model.stage_split
    if not numbering.streams_of(split.stage):
        return True, None
    key = ("numbering", training, tf_internal.spec_key(dataset.element_spec))
    if key not in remembered:
        remembered[key] = numbering.number(dataset.element_spec, preprocess)
    numbered = remembered[key]
    if numbered is not None:
        numbered = numbered.over(dataset)
    if numbered is None or not numbered.streams:
        return numbered is not None, None
    # Each of several workers sees its own rows only.
    is_one_machine = tf_internal.runs_in_place(strategy) or (
        type(strategy) is tf.distribute.MirroredStrategy
    )
    others = numbering.streams_of(split.main)
    is_clear = is_one_machine and not set(others) & set(numbered.streams)
    return training and is_clear, numbered
