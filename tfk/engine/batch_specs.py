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
"""Specs of batches, of any number of rows."""

import tensorflow as tf

from tfk.utils import structure


def of_batch(data):
    """Returns the specs of a batch.

    Arguments:
        data: Structure of tensors, in which None stands for nothing.
    """
    return tf.nest.map_structure(
        lambda x: None if x is None else structure.spec_of(x), data
    )


def open_spec(spec):
    """Returns a spec for any number of rows.

    Arguments:
        spec: `tf.TypeSpec`.
    """
    return with_rows(spec, None)


def with_rows(spec, rows):
    """Returns a spec for a number of rows.

    Arguments:
        spec: `tf.TypeSpec`.
        rows: Integer, or None for any number.
    """
    shape = getattr(spec, "shape", None)
    if shape is None:
        return spec
    if shape.rank:
        shape = tf.TensorShape([rows]).concatenate(shape[1:])
    if type(spec) is tf.TensorSpec:
        return tf.TensorSpec(shape, spec.dtype)
    if isinstance(spec, tf.SparseTensorSpec):
        return tf.SparseTensorSpec(shape, spec.dtype)
    if isinstance(spec, tf.RaggedTensorSpec):
        return tf.RaggedTensorSpec(
            shape, spec.dtype, spec.ragged_rank, spec.row_splits_dtype
        )
    return spec
