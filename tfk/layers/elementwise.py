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
"""Functions that treat each value alike, on tensors of all kinds."""

import tensorflow as tf


def apply(layer, function, inputs):
    """Applies an elementwise function to a dense or a ragged tensor.

    Arguments:
        layer: The layer that does it, for the message.
        function: Function of a dense tensor that keeps its shape.
        inputs: Dense or ragged tensor.

    Raises:
        TypeError: If the tensor is sparse.
    """
    if isinstance(inputs, tf.RaggedTensor):
        return inputs.with_flat_values(function(inputs.flat_values))
    if isinstance(inputs, tf.SparseTensor):
        refuse(layer, inputs, "dense and ragged")
    return function(inputs)


def refuse(layer, inputs, taken):
    """Raises the error for a kind of tensor that a layer can't take.

    Arguments:
        layer: The layer.
        inputs: The tensor.
        taken: String: the kinds that the layer takes.
    """
    kind = type(inputs).__name__
    remedy = {
        "SparseTensor": "`tf.sparse.to_dense`, or give it to a layer that "
        "takes sparse tensors, such as `Dense` or `Embedding`",
        "RaggedTensor": "`inputs.to_tensor()`, or give it to a layer that "
        "takes ragged tensors, such as `Dense` or `Embedding`",
    }[kind]
    raise TypeError(
        f"Layer '{layer.name}' (of type {type(layer).__name__}) takes {taken} "
        f"tensors. Received: a {kind} of shape {inputs.shape}. Convert it with "
        f"{remedy}."
    )
