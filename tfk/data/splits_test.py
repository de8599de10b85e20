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
"""Tests of `validation_split`."""

import warnings

import numpy as np
import pandas
import pytest
import scipy.sparse
import tensorflow as tf

from tfk.data import splits


class SplitTest:
    def test_cuts_all_parts_at_the_same_row(self):
        x = {
            "a": np.arange(10),
            "t": tf.range(10),
            "r": tf.ragged.constant([[i] for i in range(10)]),
            "s": scipy.sparse.csr_matrix(np.diag(np.arange(10.0))),
            "p": pandas.Series(np.arange(10)),
        }
        train, validation = splits.train_validation_split(
            (x, None, [1.0] * 10), 0.3
        )
        assert train[1] is None and train[2].shape == (7,)
        for part, rows in ((train, range(7)), (validation, range(7, 10))):
            for name in "atp":
                assert np.asarray(part[0][name]).ravel().tolist() == list(rows)
            assert part[0]["r"].flat_values.numpy().tolist() == list(rows)
            dense = tf.sparse.to_dense(part[0]["s"]).numpy()
            assert dense.sum(axis=1).tolist() == list(rows)

    @pytest.mark.parametrize("fraction", [0.99, 1.0, 0.0, -1, "0.1"])
    def test_refuses_fractions_that_leave_nothing(self, fraction):
        with pytest.raises(ValueError, match="validation_split"):
            splits.train_validation_split((np.zeros(10),), fraction)

    def test_refuses_data_that_cannot_be_cut(self):
        with pytest.raises(ValueError, match="needs arrays"):
            splits.train_validation_split((tf.data.Dataset.range(3),), 0.5)

    @pytest.mark.parametrize(
        "encode",
        [
            lambda y: y,
            lambda y: y[:, None],
            lambda y: np.eye(5)[y],
            lambda y: {"out": np.eye(5, dtype=int)[y]},
        ],
    )
    def test_warns_of_sorted_classes_only(self, encode):
        y = np.arange(50) // 10
        with pytest.warns(UserWarning, match=r"no training row has: \[4\]"):
            splits.train_validation_split((y, encode(y)), 0.2)
        shuffled = np.random.default_rng(0).permutation(y)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            splits.train_validation_split((y, encode(shuffled)), 0.2)

    def test_warns_of_binary_floats(self):
        with pytest.warns(UserWarning, match=r"has: \[1\]"):
            splits.train_validation_split(
                (np.zeros(10), np.repeat([0.0, 1.0], 5)), 0.5
            )

    def test_says_nothing_of_numbers_to_predict(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for y in (np.arange(10.0), np.arange(10), -np.arange(10) // 5):
                splits.train_validation_split((y, y), 0.2)
