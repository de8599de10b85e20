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
"""The layer that turns integers into vectors."""

import tensorflow as tf

from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.adapters.adaptable import Adaptable
from tfk.engine import symbolic
from tfk.engine import weight_view
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.saving import registry
from tfk.utils import checks


class Embedding(Adaptable):
    """Looks up a trained vector for each integer.

    The first layer of models of words, items or other categories.

    Arguments:
        input_dim: Integer: the number of categories; inputs are from 0 to
            `input_dim - 1`. Left out, as in `Embedding(64)`, it is taken from
            the layer before: an adapted `TextVectorization` or lookup layer,
            `Hashing` or `Discretization` in the same model.
        output_dim: Integer: the length of the vectors.
        embeddings_initializer: Initializer of the weight `embeddings`.
        embeddings_regularizer: Regularizer of the embeddings.
        activity_regularizer: Regularizer of the outputs.
        embeddings_constraint: Constraint on the embeddings.
        mask_zero: Boolean: whether 0 is padding, which later layers pass
            over. No category may be 0 then.
        input_length: Integer: the length of the sequences, where it is the
            same for all. Needed only to flatten the outputs.
        sparse: Boolean: whether to give a `tf.SparseTensor`.
        lora_rank: Integer: to adapt the vectors by LoRA of this rank; see
            `enable_lora`.
        lora_alpha: Number: what LoRA adds is multiplied by
            `lora_alpha / lora_rank`. Defaults to `lora_rank`.

    Input shape:
        `(batch_size, ...)`, integers; dense, ragged or sparse. What a sparse
        tensor leaves out counts as 0.

    Output shape:
        `(batch_size, ..., output_dim)`; ragged if the input is.

    Raises:
        ValueError: If a size is not a positive integer.

    Example:

    >>> layer = tfk.layers.Embedding(1000, 64, mask_zero=True)
    >>> vectors = layer(tf.constant([[5, 2, 0], [7, 0, 0]]))
    >>> vectors.shape
    TensorShape([2, 3, 64])
    >>> layer.compute_mask(tf.constant([[5, 2, 0]])).numpy()
    array([[ True,  True, False]])
    """

    def __init__(
        self,
        input_dim=None,
        output_dim=None,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        activity_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        input_length=None,
        sparse=False,
        lora_rank=None,
        lora_alpha=None,
        **kwargs,
    ):
        if not {"input_shape", "batch_input_shape"} & set(kwargs):
            kwargs["input_shape"] = _lengths(input_length) or (None,)
        # Integers that come as floats must not be rounded to 16 bits.
        kwargs["autocast"] = False
        super().__init__(
            activity_regularizer=activity_regularizer,
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            **kwargs,
        )
        if output_dim is None:
            input_dim, output_dim = None, input_dim
        self.input_dim = input_dim
        if input_dim is not None:
            self.input_dim = checks.positive_integer(
                "input_dim", input_dim, self.name
            )
        self.output_dim = checks.positive_integer(
            "output_dim", output_dim, self.name
        )
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.input_length = input_length
        self.sparse = sparse

    # tf.keras's files don't hold it, as it changes no weight.
    _unsaved_arguments = Adaptable._unsaved_arguments + ("sparse",)

    def get_config(self):
        config = super().get_config()
        if self.sparse:
            config["sparse"] = True
        return config

    _adapted_weight = "embeddings"

    def _summed_axes(self, rank):
        return [rank - 1]  # A scale for each row: rows are read by themselves.

    def _record(self, args, kwargs):
        if self.input_dim is None:
            inputs = symbolic.find(args, kwargs)[0]
            self.input_dim = _num_categories(inputs)
        return super()._record(args, kwargs)

    def build(self, input_shape=None):
        """Makes the vectors."""
        if self.input_dim is None:
            raise ValueError(
                f"Layer '{self.name}' (of type Embedding) does not know how "
                "many categories there are. Received: input_dim=None, "
                f"output_dim={self.output_dim}. Pass `input_dim` too, or put "
                "the layer right after a lookup layer that was adapted."
            )
        self.embeddings = self.add_weight(
            "embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self.built = True

    def call(self, inputs):
        """Looks the vectors up."""
        if inputs.dtype not in (tf.int32, tf.int64):
            inputs = tf.cast(inputs, tf.int32)
        if isinstance(inputs, tf.RaggedTensor):
            return self._of_ragged(inputs)
        if not self.sparse:
            return self._look_up(_to_dense(inputs))
        if isinstance(inputs, tf.SparseTensor):
            return _widen(inputs, self._look_up(inputs.values))
        return tf.sparse.from_dense(self._look_up(inputs))

    def _look_up(self, indices):
        vectors = weight_view.look_up(self.embeddings, indices)
        if vectors.dtype != self.compute_dtype:
            vectors = tf.cast(vectors, self.compute_dtype)
        return vectors

    def _of_ragged(self, inputs):
        if self.sparse:
            raise TypeError(
                f"Layer '{self.name}' (of type Embedding) can't make a sparse "
                "tensor of a ragged one. Received: sparse=True and inputs of "
                f"shape {inputs.shape}. Leave `sparse` out."
            )
        return inputs.with_flat_values(self._look_up(inputs.flat_values))

    def compute_mask(self, inputs, mask=None):
        if not self.mask_zero:
            return None
        return tf.not_equal(_to_dense(inputs), 0)

    def compute_output_shape(self, input_shape):
        shape = tf.TensorShape(input_shape)
        lengths = _lengths(self.input_length)
        if lengths is not None and shape.rank is not None:
            expected = tf.TensorShape([None, *lengths])
            if not shape.is_compatible_with(expected):
                raise ValueError(
                    f"Layer '{self.name}' (of type Embedding) was made with "
                    f"input_length={self.input_length}. Received: "
                    f"input_shape={shape}."
                )
            shape = shape.merge_with(expected)
        return shape.concatenate(self.output_dim)


def _num_categories(x):
    """Returns how many integers a symbolic tensor can hold, or None."""
    layer = x.node.layer
    graph = getattr(layer, "_functional_graph", None)
    if graph is not None:
        return _num_categories(graph.flat_outputs[x.index])
    if isinstance(layer, PreprocessingLayer):
        return layer._num_categories()
    return None


def _lengths(input_length):
    """Returns `input_length` as a tuple, or None."""
    if input_length is None:
        return None
    if isinstance(input_length, (list, tuple)):
        return tuple(input_length)
    return (input_length,)


def _to_dense(inputs):
    if isinstance(inputs, tf.SparseTensor):
        return tf.sparse.to_dense(inputs)
    return inputs


def _widen(inputs, vectors):
    """Puts a vector in the place of each value of a sparse tensor."""
    size = vectors.shape[1]
    indices = tf.concat(
        [
            tf.repeat(inputs.indices, size, axis=0),
            tf.tile(
                tf.range(size, dtype=tf.int64)[:, tf.newaxis],
                [tf.shape(vectors)[0], 1],
            ),
        ],
        axis=1,
    )
    shape = tf.concat([inputs.dense_shape, [size]], axis=0)
    return tf.SparseTensor(indices, tf.reshape(vectors, [-1]), shape)


registry.add_builtins("keras.layers", {"Embedding": Embedding})
