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
"""Tests for lazily fetched logs."""

import copy
import json
import pickle

import numpy as np
import tensorflow as tf

from tfk.callbacks import logs as logs_lib

PLAIN = {"loss": 0.5, "steps": 3, "text": "a"}
READERS = {
    "dict": dict,
    "unpacking": lambda logs: {**logs},
    "keywords": lambda logs: (lambda **kwargs: kwargs)(**logs),
    "items": lambda logs: dict(list(logs.items())),
    "values": lambda logs: dict(zip(logs.keys(), logs.values())),
    "getitem": lambda logs: {name: logs[name] for name in logs},
    "get": lambda logs: {name: logs.get(name) for name in logs},
    "copy": lambda logs: logs.copy(),
    "copy.copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda logs: pickle.loads(pickle.dumps(logs)),
    "json": lambda logs: json.loads(json.dumps(logs)),
    "json of a dict": lambda logs: json.loads(json.dumps(dict(logs))),
    "pop": lambda logs: {name: logs.pop(name) for name in list(logs)},
    "popitem": lambda logs: dict([logs.popitem() for _ in range(3)]),
    "setdefault": lambda logs: {n: logs.setdefault(n, 9) for n in logs},
    "or": lambda logs: logs | {},
    "ror": lambda logs: {} | logs,
    "eval of repr": lambda logs: eval(repr(logs)),
}


def make_logs():
    return logs_lib.Logs(loss=tf.constant(0.5), steps=tf.constant(3), text="a")


class LogsTest:
    def test_every_way_of_reading_gives_python_numbers(self):
        for name, read in READERS.items():
            result = read(make_logs())
            assert result == PLAIN, name
            assert isinstance(result["loss"], float), name
            assert isinstance(result["steps"], int), name

    def test_looking_at_names_fetches_nothing(self):
        logs = make_logs()
        assert "loss" in logs and len(logs) == 3 and list(logs) == list(PLAIN)
        logs["lr"] = tf.constant(1.0)
        del logs["text"]
        merged = logs.copy()
        merged.update(logs_lib.Logs(val_loss=tf.constant(2.0)))
        merged |= {"more": tf.constant(3.0)}
        for unread in (logs, merged):
            for value in dict.values(unread):
                assert tf.is_tensor(value)
        assert merged["more"] == 3.0
        assert not any(tf.is_tensor(v) for v in dict.values(merged))

    def test_it_is_a_dict_and_keeps_what_is_written(self):
        logs = make_logs()
        assert isinstance(logs, dict)
        assert logs == PLAIN and PLAIN == logs and logs != {}
        logs["lr"] = tf.constant(0.25)
        assert logs["lr"] == 0.25 and list(logs)[-1] == "lr"
        assert logs.get("absent") is None and logs.get("absent", 1) == 1

    def test_arrays_become_numpy_arrays(self):
        logs = logs_lib.Logs(
            matrix=tf.ones((2, 2)),
            number=np.float32(0.5),
            nested={"a": tf.constant(1.0)},
            name=tf.constant("x"),
        )
        assert isinstance(logs["matrix"], np.ndarray)
        np.testing.assert_array_equal(logs["matrix"], np.ones((2, 2)))
        assert type(logs["number"]) is float
        assert logs["nested"] == {"a": 1.0}
        assert logs["name"] == b"x"

    def test_variables_are_logged_with_their_value_of_that_time(self):
        variable = tf.Variable(1.0)
        logs = logs_lib.Logs(value=variable)
        variable.assign(2.0)
        assert logs["value"] == 1.0

    def test_wrap_keeps_logs_and_takes_none(self):
        logs = make_logs()
        assert logs_lib.Logs.wrap(logs) is logs
        assert logs_lib.Logs.wrap(None) == {}
        assert logs_lib.Logs.wrap({"a": 1}) == {"a": 1}
