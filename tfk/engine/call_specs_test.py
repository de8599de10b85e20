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
"""Tests of subclassed models that are built from files."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import call_specs

_register = tfk.saving.register_keras_serializable("call_specs_test")


@_register
class Decoder(tfk.Model):
    """A model that takes two tensors."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.one = tfk.layers.Dense(3)
        self.two = tfk.layers.Dense(3)

    def call(self, inputs, context, scale=1.0, training=None):
        return self.one(inputs) * scale + self.two(context["a"])


@_register
class Reader(tfk.Model):
    """A model of strings."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.look_up = tfk.layers.StringLookup(vocabulary=["a", "b"])
        self.embed = tfk.layers.Embedding(4, 2)

    def call(self, inputs):
        return self.embed(self.look_up(inputs))


@_register
class Picker(tfk.Model):
    """A model of integers, which are no floats on the way."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.embed = tfk.layers.Embedding(9, 2)

    def call(self, inputs):
        return self.embed(inputs[:, 0] // 2)


_X, _Y = np.ones((2, 4), "float32"), np.ones((2, 5), "float32")


class SavedModelsTest:
    @pytest.mark.parametrize("ending", [".keras", ".h5"])
    def test_several_tensors(self, ending, tmp_path):
        model = Decoder()
        expected = model(_X, {"a": _Y}, scale=2.0)
        model.save(f"{tmp_path}/model{ending}")
        loaded = tfk.models.load_model(f"{tmp_path}/model{ending}")
        np.testing.assert_array_equal(
            loaded(_X, {"a": _Y}, scale=2.0), expected
        )

    @pytest.mark.parametrize("ending", [".keras", ".h5", ""])
    def test_several_tensors_within_another_model(self, ending, tmp_path):
        x, y = tfk.Input((4,)), tfk.Input((5,))
        model = tfk.Model([x, y], Decoder()(x, context={"a": y}))
        model.save(f"{tmp_path}/model{ending}")
        loaded = tfk.models.load_model(f"{tmp_path}/model{ending}")
        np.testing.assert_array_equal(loaded([_X, _Y]), model([_X, _Y]))

    @pytest.mark.parametrize(
        "model_class, rows",
        [
            (Reader, np.array([["a"], ["c"]], object)),
            (Picker, np.array([[7, 0], [5, 0]], "int64")),
        ],
    )
    def test_other_dtypes_than_floats(self, model_class, rows, tmp_path):
        model = model_class()
        expected = model(tf.constant(rows))
        model.save(tmp_path / "model.keras")
        loaded = tfk.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(loaded(tf.constant(rows)), expected)
        assert loaded.save_spec() == model.save_spec()
        assert loaded.get_build_config() == model.get_build_config()


class CallSpecsTest:
    def test_arguments_come_back(self):
        specs = call_specs.of_call(
            (tf.zeros((2, 3)),),
            {"a": [tf.constant([1])], "b": "x", "c": None, "training": True},
        )
        found = call_specs.deserialize(call_specs.serialize(specs))
        assert call_specs.of_tensors(found) == [
            tf.TensorSpec((2, 3), tf.float32),
            tf.TensorSpec((1,), tf.int32),
        ]

        def model(x, **kwargs):
            return x, kwargs

        expected = 5, {"a": [6], "b": "x", "c": None}
        assert call_specs.run(model, found, [5, 6]) == expected

    def test_what_a_file_has_no_words_for(self):
        ragged = tf.ragged.constant([[1], [2, 3]])
        assert call_specs.of_call((ragged,), {}) is None
        assert call_specs.of_call((tf.zeros(()), tf.zeros(())), {}) is None
        assert call_specs.of_call((tf.zeros(()),), {"a": object()}) is None

    @pytest.mark.parametrize("config", [5, [], [1, 2], [{}, []], "ab"])
    def test_bad_descriptions_are_refused(self, config):
        with pytest.raises(ValueError, match="described by"):
            call_specs.deserialize(config)
