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
"""Outputs of all batches, joined and as NumPy arrays."""

import numpy as np
import tensorflow as tf


def to_numpy(outputs):
    if isinstance(outputs, tf.Tensor):
        return outputs.numpy()
    return tf.nest.map_structure(
        lambda x: x.numpy() if isinstance(x, tf.Tensor) else x, outputs
    )


def concatenated(collected):
    """Joins the outputs of all batches."""
    if len(collected) == 1:
        return collected[0]
    return tf.nest.map_structure(_concatenate, *collected)


def _concatenate(*parts):
    if isinstance(parts[0], tf.SparseTensor):
        return tf.sparse.concat(0, list(parts))
    if isinstance(parts[0], tf.RaggedTensor):
        return tf.concat(list(parts), axis=0)
    parts = [x.numpy() for x in parts]
    if parts[0].ndim == 0:
        return np.stack(parts)
    return np.concatenate(parts, axis=0)
