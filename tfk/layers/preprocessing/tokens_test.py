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
"""Tests of token counting and vocabulary files."""

import numpy as np
import pytest
import tensorflow as tf

from tfk.layers.preprocessing import tokens


class TokenCountsTest:
    def test_order_is_by_count_then_token(self):
        counts = tokens.TokenCounts()
        counts.add(np.array(["b", b"a", "c", "c", "a", "d"], object))
        counts.as_bytes(lambda x: x if isinstance(x, bytes) else x.encode())
        assert counts.most_common({b"d"}) == [b"c", b"a", b"b"]
        numbers = tokens.TokenCounts()
        numbers.add(np.array([5, 5, 3, 1, 2, 3]))
        assert numbers.most_common(set()) == [5, 3, 2, 1]

    def test_counting_goes_on_from_frozen_counts(self):
        counts = tokens.TokenCounts()
        counts.add(np.array([5, 5, 3]))
        counts.add_documents([[5, 5], [3]])
        again = tokens.TokenCounts(counts.frozen(np.array([5, 3])))
        again.add(np.array([3, 3]))
        again.add_documents([[3, 3]])
        assert again.counts == {5: 2, 3: 3}
        assert again.document_counts == {5: 1, 3: 2}
        assert again.num_documents == 3

    def test_each_row_is_a_document(self):
        rows = [["a", "b"], [], ["c"]]
        ragged = tf.ragged.constant(rows)
        wanted = [[b"a", b"b"], [], [b"c"]]
        assert tokens.documents(ragged) == wanted
        assert tokens.documents(ragged.to_sparse()) == wanted
        nested = tf.ragged.constant([[["a"], ["b"]], [], [["c"]]])
        assert tokens.documents(nested) == wanted
        assert tokens.documents(np.array(["a", "b"])) == [[b"a"], [b"b"]]
        assert tokens.documents(tf.constant([[1, 2]])) == [[1, 2]]


class FileTest:
    @pytest.mark.parametrize(
        "written",
        [
            [b"[UNK]", b"a", b"b c ", " é".encode()],
            [b"", b"a", b""],
            [b"a\nb", b"c\r", b"\xff\xfe", b"", b"x\0y"],
            [b"c\r"],
        ],
    )
    def test_tokens_come_back_exactly(self, written, tmp_path):
        tokens.write_file(str(tmp_path), written)
        assert tokens.read_file(str(tmp_path)) == written

    def test_users_files_hold_one_token_a_line(self, tmp_path):
        path = tmp_path / "words.txt"
        path.write_bytes(b"a\nb \nc\n")
        assert tokens.read_user_file(str(path)) == [b"a", b"b ", b"c"]
        for content in (b"a\r\nb\r\n", b"\xef\xbb\xbfa\nb", b"a\r\nb"):
            path.write_bytes(content)
            assert tokens.read_user_file(str(path)) == [b"a", b"b"]
        path.write_bytes(b"")
        with pytest.raises(ValueError, match="is empty"):
            tokens.read_user_file(str(path))
        for missing in (str(tmp_path), str(tmp_path / "none")):
            with pytest.raises(ValueError, match="no vocabulary file"):
                tokens.read_user_file(missing)
