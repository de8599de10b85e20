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
"""Weights that a model uses and does not have.

Layers are found in attributes, and in lists, tuples and dicts of them. One in a
set, or in an attribute of another object, computes with weights that nobody
trains or saves.
"""

import warnings

import tensorflow as tf

from tfk.utils import caller

_MAX_LISTED = 5


def warn_of_unknown(model, tape):
    """Warns of weights that a model's call has used and that are not its own.

    Arguments:
        model: A model.
        tape: `tf.GradientTape` that has recorded the call.
    """
    # Once for each trace. Under a strategy, what is recorded may be a part of a
    # weight.
    if not tf.inside_function() or tf.distribute.has_strategy():
        return
    own = {id(variable) for variable in model.variables}
    unknown = [v.name for v in tape.watched_variables() if id(v) not in own]
    if unknown:
        more = "" if len(unknown) <= _MAX_LISTED else ", ..."
        warnings.warn(
            f"Model '{model.name}' computes with weights that it does not "
            "have, so that they are neither trained nor saved: "
            f"{unknown[:_MAX_LISTED]}{more}. Keep the layers that they belong "
            "to in attributes of the model or of its layers, or in lists, "
            "tuples or dicts there; with `layer.trainable = False`, if they "
            "are not to be trained.",
            stacklevel=caller.stacklevel(),
        )
