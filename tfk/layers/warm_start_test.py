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
"""Tests of embeddings for a vocabulary that has changed."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk


def both(*arguments):
    """Returns what both packages give, with a constant as initializer."""
    *arguments, fresh = arguments
    return [
        package.utils.warmstart_embedding_matrix(
            *arguments, package.initializers.Constant(fresh)
        )
        for package in (tfk, tf_keras)
    ]


class WarmStartTest:
    @pytest.mark.parametrize(
        "base, new",
        [
            (["u", "a", "b"], ["b", "u", "new", "u", "a"]),
            (["u", "a", "a"], ["a", "u", "z"]),
            (np.array([3, 1, 2]), np.array([2, 5, 3, 3])),
            (tf.constant(["x", "y"]), tf.constant(["q", "y"])),
        ],
    )
    def test_equals_tf_keras(self, base, new):
        random = np.random.RandomState(0)
        old = random.normal(size=(len(base), 2)).astype("float32")
        fresh = random.normal(size=(len(new), 2)).astype("float32")
        np.testing.assert_array_equal(*both(base, new, old, fresh))

    def test_vocabularies_may_be_files(self, tmp_path):
        paths = [str(tmp_path / "old.txt"), tmp_path / "new.txt"]
        for path, text in zip(paths, ("a\nb\n", "b\nä\na")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        found = tfk.utils.warmstart_embedding_matrix(
            *paths, np.array([[1.0], [2.0]]), "zeros"
        )
        np.testing.assert_array_equal(found, [[2.0], [0.0], [1.0]])

    def test_layers_take_it_as_their_weights(self):
        old = tfk.layers.Embedding(2, 3)
        old.build((None,))
        matrix = tfk.utils.warmstart_embedding_matrix(
            ["a", "b"], ["b", "c", "a"], old.embeddings
        )
        new = tfk.layers.Embedding(
            3, 3, embeddings_initializer=tfk.initializers.Constant(matrix)
        )
        np.testing.assert_array_equal(new(tf.constant([2, 0])), old.embeddings)
        assert 0 < np.abs(new.embeddings.numpy()[1]).max() <= 0.05

    def test_what_does_not_fit_is_told(self):
        with pytest.raises(ValueError, match=r"\(1, 2\), and 2 terms"):
            tfk.utils.warmstart_embedding_matrix(["a", "b"], ["a"], [[1, 2]])
        with pytest.raises(ValueError, match=r"`new_vocab.*\(1, 1\)"):
            tfk.utils.warmstart_embedding_matrix(["a"], [["a"]], [[1, 2]])
