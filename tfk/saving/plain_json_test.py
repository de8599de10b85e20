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
"""Tests of JSON between programs that do not trust each other."""

import json
import math

import numpy as np
import pytest

from tfk.saving import errors
from tfk.saving import plain_json


class PlainJsonTest:
    def test_configs_come_back(self):
        config = {"a": [1, 2.5, None, True, "\udc80[{"], "b": {"c": (1,)}}
        again = plain_json.loads(plain_json.dumps(config, "it"))
        assert again == {**config, "b": {"c": [1]}}

    def test_integers_as_keys_come_back(self):
        inner = {-7: {"a": [{3: None}]}, np.int64(0): {}}
        config = {"a": [0, {1: inner, 2: {"3": 4}}], "b": {"1": 2}}
        text = plain_json.dumps(config, "it")
        assert plain_json.loads(text) == config
        # Without what tells them apart, it is what Keras writes.
        plain = {k: v for k, v in json.loads(text).items() if k in config}
        assert plain["a"] == [
            0,
            {"1": {"-7": {"a": [{"3": None}]}, "0": {}}, "2": {"3": 4}},
        ]
        config = {"a": 1, "b": {"1": 2}}
        assert plain_json.dumps(config, "it") == json.dumps(config)

    @pytest.mark.parametrize(
        "places",
        [
            1,
            {},
            [1],
            ["al"],
            [["b"]],
            [["a", "c"]],
            [["a"], ["a"]],
            [["a", "1", 0]],
            [["l", 5]],
            [[]],
            [[{}]],
            [["l"]],
        ],
    )
    def test_wrong_places_of_integers_are_refused(self, places):
        config = {"a": {"1": "2"}, "l": ["1"], "integer_keys": places}
        with pytest.raises(errors.CorruptFileError, match="integer_keys"):
            plain_json.loads(json.dumps(config))

    def test_infinities_come_back(self):
        text = plain_json.dumps([math.inf, -math.inf], "it")
        assert plain_json.loads(text) == [math.inf, -math.inf]

    @pytest.mark.parametrize(
        "value, place",
        [
            ({"a": [0, object()]}, "/a/1"),
            ({"a": {2: 1, "b": 1}}, "/a/2"),
            ({"a": {(1, 2): 1}}, r"/a/\(1, 2\)"),
            ({"a": {True: 1}}, "/a/True"),
            ({"a": {2**63: 1, 10**19: 2}}, f"/a/{2**63}"),
            ({2: 1}, "/2"),
            ([math.nan], "/0"),
            (b"bytes", "/"),
        ],
    )
    def test_what_can_not_be_saved_is_found(self, value, place):
        with pytest.raises(TypeError, match=f"The thing .* at {place} stands"):
            plain_json.dumps(value, "The thing")

    @pytest.mark.parametrize(
        "text, message",
        [
            ("", "not the JSON"),
            ("{", "not the JSON"),
            ("NaN", "NaN"),
            ('{"a": 1, "a": 1}', "twice"),
            ("9" * 30, "30 digits"),
            ("-9223372036854775809", "19 digits|20 digits"),
            ("9" * 5000, "digits"),
            ("[" * 129, "levels deep"),
            (b"\xff", "UTF-8"),
        ],
    )
    def test_what_is_no_config_is_refused(self, text, message):
        with pytest.raises(errors.CorruptFileError, match=message) as e:
            plain_json.loads(text, "file", "member")
        assert str(e.value).startswith("file: member: ")

    def test_brackets_in_strings_are_not_counted(self):
        text = '"' + "[" * 500 + '\\"' + "{" * 500 + '"'
        assert len(plain_json.loads(text)) == 1001

    def test_a_string_without_end_is_refused_at_once(self):
        # A search that starts again at each quote would take hours.
        text = '"' + '\\"' * 2_000_000
        with pytest.raises(errors.CorruptFileError, match="not the JSON"):
            plain_json.loads(text)

    def test_size_is_limited(self, monkeypatch):
        monkeypatch.setattr(plain_json, "MAX_BYTES", 10)
        with pytest.raises(errors.CorruptFileError, match="at most 10"):
            plain_json.loads("[1,2,3,4,5,6]")

    @pytest.mark.parametrize("item", ["[],", "{},", '{"a":', '"",', "0,"])
    def test_more_values_than_can_be_meant_are_refused(self, item, monkeypatch):
        def parse(*args, **kwargs):
            raise AssertionError("It must not be parsed.")

        monkeypatch.setattr(plain_json.json, "loads", parse)
        with pytest.raises(errors.CorruptFileError, match="at most 5,000,000"):
            plain_json.loads("[" + item * plain_json.MAX_MARKS, "file")

    def test_marks_in_strings_are_not_counted(self, monkeypatch):
        monkeypatch.setattr(plain_json, "MAX_MARKS", 5)
        assert plain_json.loads('{"a":["[],,,,{}"],"b":0}')["b"] == 0
        with pytest.raises(errors.CorruptFileError, match="not 6"):
            plain_json.loads("[0,0,0,0,0]")
        with pytest.raises(ValueError, match="The thing .* not 6"):
            plain_json.dumps([0] * 5, "The thing")
        monkeypatch.setattr(plain_json, "MAX_OBJECTS", 1)
        assert plain_json.loads('{"{{": []}') == {"{{": []}
        with pytest.raises(errors.CorruptFileError, match="1 objects, not 2"):
            plain_json.loads('{"a": {}}')

    @pytest.mark.parametrize("value", [2**64, -(2**63) - 1])
    def test_what_would_not_be_read_is_not_written(self, value):
        with pytest.raises(TypeError, match="The thing .* at /a stands"):
            plain_json.dumps({"a": value}, "The thing")
        for same in (2**64 - 1, -(2**63)):
            assert plain_json.loads(plain_json.dumps(same, "it")) == same

    def test_what_is_too_deep_or_too_long_is_not_written(self, monkeypatch):
        deep = []
        for _ in range(plain_json.MAX_DEPTH):
            deep = [deep]
        with pytest.raises(ValueError, match="levels deep"):
            plain_json.dumps(deep, "it")
        assert plain_json.loads(plain_json.dumps(deep[0], "it")) == deep[0]
        monkeypatch.setattr(plain_json, "MAX_BYTES", 10)
        with pytest.raises(ValueError, match="at most 10"):
            plain_json.dumps("more than ten", "it")
