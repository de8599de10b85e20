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
"""Classifiers that are served with their labels."""

import tensorflow as tf

from tfk.saving import servable

CLASSES, SCORES = "classes", "scores"
_CLASSIFY = "tensorflow/serving/classify"


def endpoint(model, labels=None, top_k=None, from_examples=False):
    """Returns the endpoint that gives the best labels and their scores.

    Arguments:
        model: A model with one output `(batch, classes)`.
        labels: List of strings, or None for the numbers of the classes.
        top_k: Integer, or None for all.
        from_examples: Boolean: whether it takes serialized `tf.train.Example`.

    Returns:
        A `servable.Endpoint` with the outputs `classes`, strings
        `(batch, top_k)`, and `scores`, of the same shape, the best one first.
    """
    specs = servable.input_specs(model)
    best = _best(model, labels, top_k)
    if not from_examples:
        return servable.of_model(model, specs, best)
    names = servable.input_names(model, specs)
    call = servable.inference(model, specs)
    features = {
        name: _feature(name, spec)
        for name, spec in zip(names, tf.nest.flatten(specs))
    }

    def classify(inputs):
        columns = tf.io.parse_example(inputs, features)
        flat = [
            _as_input(columns[name], spec)
            for name, spec in zip(names, tf.nest.flatten(specs))
        ]
        return best(call(tf.nest.pack_sequence_as(specs, flat)))

    examples = tf.TensorSpec((None,), tf.string, "inputs")
    return servable.of_function(classify, [examples], ["inputs"], _CLASSIFY)


def _best(model, labels, top_k):
    """Returns the function from a model's output to labels and scores."""
    count = _num_classes(model)
    if labels is not None:
        labels = [str(label) for label in labels]
        if count is not None and len(labels) != count:
            raise ValueError(
                f"Model '{model.name}' tells {count} classes apart, which need "
                f"a label each. Received: {len(labels)} labels."
            )
        count = len(labels)
    if top_k is not None and not 0 < top_k <= (count or top_k):
        raise ValueError(
            "`top_k` is a number of classes, of which there are "
            f"{count}. Received: top_k={top_k}."
        )

    def best(outputs):
        (scores,) = tf.nest.flatten(outputs)
        k = tf.shape(scores)[-1] if top_k is None else top_k
        # Servers answer requests to classify with 32 bits only.
        values, indices = tf.math.top_k(tf.cast(scores, tf.float32), k)
        if labels is None:
            classes = tf.strings.as_string(indices)
        else:
            classes = tf.gather(tf.constant(labels), indices)
        return {CLASSES: classes, SCORES: values}

    return best


def _num_classes(model):
    shapes = [x.shape for x in model.outputs or ()]
    if not shapes:
        return None
    if len(shapes) > 1 or shapes[0].rank != 2:
        raise ValueError(
            "A classifier has one output of shape (batch, classes). Received: "
            f"model '{model.name}' with outputs of shapes "
            f"{[tuple(shape) for shape in shapes]}."
        )
    return shapes[0][-1]


# Examples


def _feature(name, spec):
    """Returns how a feature of a `tf.train.Example` is read."""
    dtype = _stored_dtype(spec.dtype)
    if isinstance(spec, tf.RaggedTensorSpec) and spec.ragged_rank == 1:
        return tf.io.RaggedFeature(dtype)
    if isinstance(spec, tf.SparseTensorSpec):
        return tf.io.VarLenFeature(dtype)
    shape = spec.shape[1:]
    if isinstance(spec, tf.TensorSpec) and shape.is_fully_defined():
        return tf.io.FixedLenFeature(shape, dtype)
    if isinstance(spec, tf.TensorSpec) and shape[1:].is_fully_defined():
        return tf.io.FixedLenSequenceFeature(
            shape[1:], dtype, allow_missing=True
        )
    raise ValueError(
        f"Input '{name}' can't be read from examples: of its axes only the "
        f"second may be of any length. Received: {spec}."
    )


def _stored_dtype(dtype):
    """Returns the dtype of a feature: examples know no more than three."""
    if dtype == tf.string:
        return tf.string
    return tf.float32 if dtype.is_floating else tf.int64


def _as_input(column, spec):
    if isinstance(column, tf.SparseTensor):
        width = spec.shape[-1]
        if width is not None:
            shape = tf.stack([column.dense_shape[0], width])
            column = tf.sparse.reset_shape(column, tf.cast(shape, tf.int64))
    return tf.cast(column, spec.dtype) if column.dtype != spec.dtype else column
