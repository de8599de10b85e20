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
"""Embeddings for a vocabulary that has changed."""

import numpy as np
import tensorflow as tf

from tfk import initializers


def warmstart_embedding_matrix(
    base_vocabulary,
    new_vocabulary,
    base_embeddings,
    new_embeddings_initializer="uniform",
):
    """Carries trained embeddings over to a vocabulary that has changed.

    Use it to go on training a model when terms came, went or were put into
    another order. A term that was there keeps its vector.

    Arguments:
        base_vocabulary: Terms in the order of the rows of `base_embeddings`: a
            list, a 1D array or tensor, or the path of a text file with one on
            each line.
        new_vocabulary: The terms to find vectors for, likewise.
        base_embeddings: Array, tensor or variable of shape `(terms, size)`.
        new_embeddings_initializer: Initializer of the vectors of terms that
            were not there: called for the whole new matrix.

    Returns:
        Tensor of shape `(new terms, size)`.

    Raises:
        ValueError: If a vocabulary is not one list of terms, or does not go
            with the embeddings.

    Example:

    >>> tfk.utils.warmstart_embedding_matrix(
    ...     ["a", "b"], ["b", "new", "a"], [[1.0], [2.0]], "zeros"
    ... ).numpy()
    array([[2.],
           [0.],
           [1.]], dtype=float32)
    """
    base = _terms(base_vocabulary, "base_vocabulary")
    new = _terms(new_vocabulary, "new_vocabulary")
    old = tf.convert_to_tensor(base_embeddings)
    if old.shape.rank != 2 or old.shape[0] != len(base):
        raise ValueError(
            "`base_embeddings` must be a matrix with a row for each term of "
            f"`base_vocabulary`. Received: base_embeddings of shape "
            f"{old.shape}, and {len(base)} terms."
        )
    rows = remap(base, new)
    shape = (len(new), old.shape[1])
    fresh = initializers.get(new_embeddings_initializer or "uniform")(
        shape, dtype=old.dtype
    )
    kept = tf.gather(old, np.maximum(rows, 0))
    return tf.where((rows >= 0)[:, np.newaxis], kept, tf.cast(fresh, old.dtype))


def remap(base, new):
    """Returns where terms stand in an older vocabulary.

    Arguments:
        base: 1D array of terms.
        new: 1D array of terms.

    Returns:
        Array of integers: for each new term its position in `base`, that of
        the last one if there are several, or -1.
    """
    positions = {term: i for i, term in enumerate(base.tolist())}
    return np.array(
        [positions.get(term, -1) for term in new.tolist()], np.int64
    )


def _terms(vocabulary, argument):
    """Returns a vocabulary as an array of numbers, or of bytes."""
    if isinstance(vocabulary, (str, bytes)) or hasattr(
        vocabulary, "__fspath__"
    ):
        with tf.io.gfile.GFile(vocabulary, "rb") as file:
            vocabulary = file.read().decode().splitlines()
    terms = np.asarray(
        vocabulary.numpy() if tf.is_tensor(vocabulary) else vocabulary
    )
    if terms.ndim != 1:
        raise ValueError(
            f"`{argument}` must be one list of terms. Received: an array of "
            f"shape {terms.shape}."
        )
    if terms.dtype.kind in "US":
        terms = terms.astype(object)
    if terms.dtype.kind == "O":
        encoded = [tf.compat.as_bytes(term) for term in terms]
        terms = np.empty(len(encoded), object)
        terms[:] = encoded
    return terms
