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
"""Data made ready for the steps of a model: lifted, prepared, distributed."""

import tensorflow as tf

from tfk.data import adapters
from tfk.distribute import datasets
from tfk.engine import array_steps
from tfk.engine import epochs
from tfk.engine import lifting
from tfk.engine import preparation


def open_once(model, mode, data, batch_size, steps, **reading):
    """Makes data ready for one pass of `evaluate` or `predict`.

    Arguments:
        model: The model.
        mode: String: "test" or "predict".
        data: Tuple of `x`, `y` and `sample_weight`.
        batch_size: Integer or None.
        steps: Integer: how many batches to take, or None for all.
        **reading: Further arguments of `adapters.source`.

    Returns:
        An `ArrayRun` or `Epochs`.
    """
    run = array_run(model, mode, data, batch_size, steps)
    if run is not None:
        return run
    source = adapters.source(
        *data, batch_size=batch_size, steps=steps, **reading
    )
    method = "evaluate" if mode == "test" else mode
    return open_source(model, source, mode, steps, method)


def array_run(model, mode, data, batch_size, steps):
    """Returns an `ArrayRun`, or None where a pipeline has to be made.

    Arguments:
        model: The model.
        mode: String: "test" or "predict".
        data: Tuple of `x`, `y` and `sample_weight`.
        batch_size: Integer or None.
        steps: Integer or None.
    """
    if steps is not None or not model._runs_directly():
        return None
    if model.jit_compile or model.run_eagerly:
        return None
    if batch_size is None:
        batch_size = adapters.DEFAULT_BATCH_SIZE
    run = array_steps.array_run(*data, batch_size)
    if run is None:
        return None
    preparation.prepare(model, run.element_spec, mode)
    if model.stage_split is not None and _lifts(model, mode):
        return None
    if mode == "predict" and not model._function_over(mode, run).can_join(run):
        return None
    return run


def _lifts(model, mode):
    """Whether preprocessing is to be moved into sources."""
    wanted = model._lift_preprocessing
    if wanted is None:
        wanted = not model._has_own(f"{mode}_step")
    return bool(wanted) and not model.run_eagerly


def open_source(model, source, mode, steps, method, passes=1, is_moved=False):
    """Makes a source ready for a run.

    Arguments:
        model: The model.
        source: `tfk.data.adapters.Source`.
        mode: String: "train", "test" or "predict".
        steps: Integer: steps in an epoch, or None for all of the data.
        method: String: the method that asks, for messages.
        passes: Integer: how many epochs there will be.
        is_moved: Boolean: whether the source was moved to where an earlier
            training ended.

    Returns:
        `Epochs`.
    """
    spec = source.element_spec
    preparation.prepare(model, spec, mode)
    lifts = _lifts(model, mode)
    if lifts:
        # The inputs of the source are preprocessed ones then.
        lifting.cache_rows(model, source, mode == "train", passes)
    repeats = False
    if is_moved:
        # It goes on without end, if it is of arrays.
        repeats = source.num_rows is not None
    elif steps is not None and source.num_rows is not None:
        if source.num_batches != tf.data.INFINITE_CARDINALITY:
            source.dataset = source.dataset.repeat()
        source.num_batches = tf.data.INFINITE_CARDINALITY
    elif steps is None and passes > 1 and epochs.can_repeat(source):
        source.dataset = source.dataset.repeat(passes)
        repeats = True
    lifted = None
    if lifts:
        lifted = lifting.lift(model, source, mode == "train", passes)

    def distributed(dataset):
        dataset = model._traces.opened_dataset(
            mode,
            dataset,
            lambda: preparation.check_inputs(model, spec, mode),
        )
        return datasets.distribute(dataset, model.distribute_strategy)

    def open_numbered(positions):
        return distributed(lifted.numbering.open(positions))

    dataset = source.dataset if lifted is None else lifted.dataset
    return epochs.Epochs(
        source,
        distributed(dataset),
        steps,
        method,
        repeats,
        lifted,
        open_numbered,
    )


def resumed(model, run, steps, passes, position):
    """Returns the data of `fit` from where an earlier training ended.

    Arguments:
        model: The model.
        run: `Epochs` from the start.
        steps: Integer: steps in an epoch, or None for all of the data.
        passes: Integer: how many epochs there will be.
        position: What the `position` of the earlier `Epochs` returned.

    Returns:
        `Epochs`.
    """
    source = run.source
    if source.start_at is not None:
        source.move_to(*run.passes_and_batches(position), position["seed"])
        run = open_source(
            model, source, "train", steps, "fit", passes, is_moved=True
        )
    run.move_to(position)
    return run


def weigh_classes(model, source, class_weight):
    """Multiplies the weights of classes into those of a source's samples.

    Arguments:
        model: The model.
        source: `tfk.data.adapters.Source`.
        class_weight: As for `fit`, or None.
    """
    if class_weight is None:
        return
    outputs = None
    if source.element_spec is not None:
        outputs = preparation.described_outputs(model, source.element_spec)
    source.weigh_classes(class_weight, outputs)
