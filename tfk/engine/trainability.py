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
"""Which layers are trained: as trainable as they were when compiled."""

import contextlib
import warnings

from tfk.utils import caller


def of_layers(model):
    """Returns what `compile` keeps: a dict of layers' ids to their `trainable`.

    Arguments:
        model: The model.
    """
    return {id(layer): layer._trainable for layer in model._flatten_layers()}


@contextlib.contextmanager
def as_compiled(model):
    """Within it, layers are as trainable as they were at `compile`.

    So one model can train its part, while a second one, that was compiled
    after the part was frozen, leaves it alone.

    Arguments:
        model: The model.
    """
    now = [(layer, layer._trainable) for layer in _changed(model)]
    for layer, trainable in now:
        vars(layer)["_trainable"] = not trainable
    try:
        yield
    finally:
        for layer, trainable in now:
            vars(layer)["_trainable"] = trainable


def _changed(model):
    """Returns the layers that were frozen or unfrozen since `compile`."""
    before = model._trainable_at_compile
    return [
        layer
        for layer in model._flatten_layers()
        if before.get(id(layer), layer._trainable) != layer._trainable
    ]


def variables(model):
    """Returns the variables that steps of a model train.

    Arguments:
        model: The model.
    """
    with as_compiled(model):
        return model.trainable_variables


def warn_if_changed(model):
    """Warns once of a `trainable` that was set after `compile`.

    Arguments:
        model: The model.
    """
    changed = [layer.name for layer in _changed(model)]
    if changed and changed != model._reported_as_changed:
        warnings.warn(
            "`trainable` was changed after `compile`, and takes effect at "
            f"the next `compile`. Changed layers: {changed[:10]}.",
            stacklevel=caller.stacklevel(),
        )
    vars(model)["_reported_as_changed"] = changed
