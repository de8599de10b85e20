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
"""Graphs as the files of Keras 3 describe them.

A call is a dict of `args` and `kwargs` there, in which a description stands for
each symbolic tensor; the first call of a nested model is number 0; and ops on
symbolic tensors are layers of classes of their own (`keras3_ops`).
"""

_TENSOR = "__keras_tensor__"


def are_in(config):
    """Whether the config of a model has calls in the form of Keras 3."""
    return any(
        is_node(node)
        for entry in config["layers"]
        for node in entry.get("inbound_nodes") or ()
    )


def is_node(node):
    """Whether the description of a call has the form of Keras 3."""
    return (
        isinstance(node, dict)
        and node.keys() == {"args", "kwargs"}
        and isinstance(node["args"], (list, tuple))
        and isinstance(node["kwargs"], dict)
    )


def is_tensor(value):
    """Whether a value describes a symbolic tensor."""
    return isinstance(value, dict) and value.get("class_name") == _TENSOR


def reference(value):
    """Returns of which layer's which call a tensor is which output."""
    config = value.get("config")
    history = config.get("keras_history") if isinstance(config, dict) else None
    if (
        not isinstance(history, (list, tuple))
        or len(history) != 3
        or not isinstance(history[0], str)
        or not all(isinstance(index, int) for index in history[1:])
    ):
        raise ValueError(
            "The config of a model is broken: a tensor in it is the output of "
            f"no layer. Received: {value!r}."
        )
    return history
