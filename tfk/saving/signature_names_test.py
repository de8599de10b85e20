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
"""Tests of inputs whose names Python has no arguments for."""

import numpy as np
import tensorflow as tf

import tfk
from tfk.saving import signature_names

_NAMES = ["class", "body mass", "größe", "2nd", "age"]


class SignatureNamesTest:
    def test_identifiers_are_distinct_and_the_names_where_possible(self):
        names = [*_NAMES, "body_mass", "class_"]
        chosen = signature_names.to_identifiers(names)
        assert list(chosen) == names
        assert len(set(chosen.values())) == len(names)
        assert all(x.isascii() and x.isidentifier() for x in chosen.values())
        assert chosen["age"] == "age"
        assert chosen["body_mass"] == "body_mass"

    def test_an_exported_model_takes_columns_by_their_own_names(self, tmp_path):
        inputs = {name: tfk.Input((1,), name=name) for name in _NAMES}
        outputs = tf.add_n([x * 10.0**i for i, x in enumerate(inputs.values())])
        tfk.Model(inputs, outputs).export(tmp_path / "model")
        loaded = tf.saved_model.load(str(tmp_path / "model"))
        columns = {
            name: tf.constant([[float(i)]]) for i, name in enumerate(_NAMES)
        }
        serve = loaded.signatures["serving_default"]
        (served,) = serve(**columns).values()
        np.testing.assert_allclose(served, [[43210.0]])
        np.testing.assert_allclose(loaded.serve(columns), [[43210.0]])
        by_identifier = {
            identifier: columns[name]
            for name, identifier in signature_names.to_identifiers(
                _NAMES
            ).items()
        }
        (served,) = serve(**by_identifier).values()
        np.testing.assert_allclose(served, [[43210.0]])
