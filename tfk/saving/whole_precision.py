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
"""Models of mixed precision for formats that compute in 32 bits alone."""

import contextlib

import tensorflow as tf

from tfk.saving import weight_tree

_WHOLE = "float32"
# What a layer derives from its policy.
_DERIVED = ("_dtype_policy", "_casts_to", "_reads_as")


@contextlib.contextmanager
def computing_in_float32(model):
    """Lets the layers of a mixed policy compute in the dtype of their weights.

    Arguments:
        model: A model.
    """
    changed = []
    try:
        for _, layer in weight_tree.walk(model):
            if hasattr(layer, "_set_dtype_policy") and _is_mixed(
                layer.dtype_policy
            ):
                before = {name: vars(layer)[name] for name in _DERIVED}
                changed.append((layer, before))
                layer._set_dtype_policy(_WHOLE)
                if before["_casts_to"] is None:
                    vars(layer)["_casts_to"] = None
        yield
    finally:
        for layer, before in changed:
            vars(layer).update(before)


def _is_mixed(policy):
    halves = (tf.float16.name, tf.bfloat16.name)
    return policy.variable_dtype == _WHOLE and policy.compute_dtype in halves
