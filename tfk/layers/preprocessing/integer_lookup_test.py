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
"""Tests of IntegerLookup, against tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.layers.preprocessing.integer_lookup import IntegerLookup

NUMBERS = np.array([[5, 5, 3], [1, 2, 3], [0, 99, -1]])


class IntegerLookupTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"mask_token": 0},
            {"mask_token": 0, "num_oov_indices": 2},
            {"oov_token": 99},
            {"output_mode": "count", "mask_token": 0},
            {"output_mode": "tf_idf", "idf_weights": [1.0, 2.0]},
            {"dtype": "int32"},
            {"invert": True},
            {"invert": True, "mask_token": 0, "num_oov_indices": 2},
        ],
    )
    def test_given_vocabularies_equal_tf_keras(self, arguments):
        arguments = dict(arguments, vocabulary=[3, 5], name="x")
        layer = IntegerLookup(**arguments)
        oracle = tf_keras.layers.IntegerLookup(**arguments)
        assert layer.get_vocabulary() == oracle.get_vocabulary()
        assert layer.get_config() == oracle.get_config()
        for dtype in ("int64", "int32", "float32"):
            x = NUMBERS.astype(dtype)
            ours, theirs = layer(x), oracle(x)
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        again = IntegerLookup.from_config(layer.get_config())
        np.testing.assert_array_equal(again(NUMBERS), layer(NUMBERS))

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"max_tokens": 3},
            {"mask_token": 3},
            {"output_mode": "tf_idf", "mask_token": 0},
        ],
    )
    def test_learned_vocabularies_equal_tf_keras(self, arguments):
        layer = IntegerLookup(**arguments)
        oracle = tf_keras.layers.IntegerLookup(**arguments)
        # The oracle fails on documents with different numbers of tokens.
        numbers = NUMBERS[1:] if "idf" in str(arguments) else NUMBERS
        layer.adapt(numbers)
        oracle.adapt(numbers)
        assert layer.get_vocabulary() == oracle.get_vocabulary()
        np.testing.assert_allclose(layer(NUMBERS), oracle(NUMBERS), rtol=1e-6)

    def test_names_of_the_rfc_are_taken(self):
        layer = IntegerLookup(
            max_values=4, mask_value=0, oov_value=-2, vocabulary=[3, 5]
        )
        assert layer.max_tokens == 4
        assert layer.get_vocabulary() == [0, -2, 3, 5]

    def test_32_bit_vocabularies_come_back_as_such(self, tmp_path):
        layer = IntegerLookup(
            vocabulary=[3, 5], vocabulary_dtype="int32", invert=True
        )
        output = layer([[1, 2]])
        assert output.dtype == tf.int32
        np.testing.assert_array_equal(output, [[3, 5]])
        path = tmp_path / "numbers.txt"
        path.write_text("3\n5\n")
        layer = IntegerLookup(vocabulary=str(path))
        assert layer.get_config()["vocabulary"] == [3, 5]

    @pytest.mark.parametrize(
        "arguments, message",
        [
            ({"vocabulary": ["a"]}, "must be integers.*StringLookup"),
            ({"vocabulary": [1.5]}, "must be integers"),
            ({"vocabulary": [1, 1]}, "repeated"),
            ({"vocabulary": [1, -1]}, "wrong place"),
            ({"vocabulary_dtype": "float32"}, "vocabulary_dtype"),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            IntegerLookup(**arguments)

    def test_whole_floats_are_integers(self):
        layer = IntegerLookup()
        layer.adapt(np.array([3.0, 7.0, 7.0]))
        assert layer.get_vocabulary() == [-1, 7, 3]
        for wrong in ([3.0, 1.5], [3.0, np.nan], [np.inf]):
            with pytest.raises(ValueError, match="must be integers"):
                layer.adapt(np.array(wrong))
        assert layer.get_vocabulary() == [-1, 7, 3]

    def test_wrong_use_is_named(self):
        layer = IntegerLookup(name="ids")
        layer.adapt(NUMBERS)
        for data in (np.array(["a"]), np.array([True])):
            with pytest.raises(ValueError, match="'ids'.*takes integers"):
                layer.adapt(data)
            with pytest.raises(ValueError, match="'ids'.*takes integers"):
                layer(data)
