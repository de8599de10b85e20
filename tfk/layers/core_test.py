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
"""Tests for Identity, Masking and Lambda."""

import importlib.util
import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk.engine.input_layer import Input
from tfk.engine.layer import Layer
from tfk.layers import core
from tfk.saving import registry
from tfk.saving import serialization
from tfk.testing import layer_oracle

Lambda = core.Lambda


@registry.register_keras_serializable("core_test")
def scale(x, factor=2.0):
    return x * factor


@registry.register_keras_serializable("core_test")
def same_shape(shape):
    return shape


def through_json(layer, safe_mode=True, custom_objects=None):
    """Writes a layer as a file holds it, and reads it back."""
    config = json.loads(json.dumps(serialization.serialize_keras_object(layer)))
    return serialization.deserialize_keras_object(
        config, custom_objects, safe_mode
    )


class IdentityTest:
    def test_returns_structures_and_masks(self):
        x = tf.constant([[1.0, 2.0]])
        x._keras_mask = tf.constant([True])
        outputs = core.Identity()({"a": x, "b": [x]})
        np.testing.assert_array_equal(outputs["b"][0], x)
        assert outputs["a"]._keras_mask is x._keras_mask
        assert core.Identity()(Input((3,))).shape.as_list() == [None, 3]


class MaskingTest:
    @pytest.mark.parametrize("mask_value", [0.0, -1.0])
    def test_equals_tf_keras(self, mask_value):
        x = tf.constant([[[1.0, mask_value], [mask_value] * 2], [[3.0, 4]] * 2])
        layer = core.Masking(mask_value)
        oracle = tf_keras.layers.Masking(mask_value)
        layer_oracle.assert_same(layer, oracle, x)
        layer_oracle.assert_compiles(layer, x)
        mask = layer(x)._keras_mask
        np.testing.assert_array_equal(mask, oracle(x)._keras_mask)
        assert mask.numpy().tolist() == [[True, False], [True, True]]

    @pytest.mark.parametrize("ragged_rank", [1, 2])
    def test_takes_ragged_tensors(self, ragged_rank):
        rows = [[[1.0, 0.0], [0.0, 0.0]], [[3.0, 4.0]]]
        x = tf.ragged.constant(rows, ragged_rank=ragged_rank)
        outputs = core.Masking()(x)
        assert outputs.to_list() == rows
        assert outputs._keras_mask.to_list() == [[True, False], [True]]

    def test_takes_integers_and_refuses_sparse_tensors(self):
        x = tf.constant([[[1], [0]]])
        assert core.Masking()(x).dtype == tf.int32
        with pytest.raises(TypeError, match="SparseTensor"):
            core.Masking()(tf.sparse.from_dense(x))


class LambdaTest:
    def test_calls_the_function(self):
        x = tf.constant([[1.0, 2.0]])
        assert Lambda(scale)(x).numpy().tolist() == [[2.0, 4.0]]
        layer = Lambda(scale, arguments={"factor": 3.0})
        assert layer(x).numpy().tolist() == [[3.0, 6.0]]
        assert layer(Input((2,))).shape.as_list() == [None, 2]
        pair = Lambda(lambda inputs: inputs[0] + inputs[1])
        assert pair([x, x]).numpy().tolist() == [[2.0, 4.0]]

    def test_passes_mask_and_training_to_functions_that_take_them(self):
        seen = []

        def note(x, mask=None, training=None):
            seen.append((mask, training))
            return x

        x = tf.ones((1, 2))
        x._keras_mask = tf.constant([[True, False]])
        Lambda(note)(x, training=True)
        assert seen[0][0] is x._keras_mask
        assert seen[0][1] is True

    def test_python_control_flow_works_in_graphs(self, tmp_path):
        # In a module of a user: the code of tfk itself is not converted.
        path = tmp_path / "user_module.py"
        path.write_text(
            "def absolute(x):\n"
            "    if x[0] < 0:\n"
            "        x = -x\n"
            "    return x\n"
        )
        spec = importlib.util.spec_from_file_location("user_module", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        traced = tf.function(Lambda(module.absolute))
        assert traced(tf.constant([-1.0])).numpy().tolist() == [1.0]

    def test_masks(self):
        x = tf.ones((1, 2))
        x._keras_mask = tf.constant([[True, False]])
        assert getattr(Lambda(scale)(x), "_keras_mask", None) is None
        layer = Lambda(scale, mask=lambda inputs, mask: tf.logical_not(mask))
        assert layer(x)._keras_mask.numpy().tolist() == [[False, True]]
        fixed = tf.constant([[True, True]])
        assert Lambda(scale, mask=fixed)(x)._keras_mask is fixed

    @pytest.mark.parametrize(
        "output_shape, input_shape, expected",
        [
            (None, (2, 5), (2, 5)),
            ((3,), (2, 5), (2, 3)),
            (3, (None, 5), (None, 3)),
            ((None, 3), [(2, 5), (2, 4)], (2, None, 3)),
            (lambda shape: shape, (2, 5), (2, 5)),
        ],
    )
    def test_output_shapes_equal_tf_keras(
        self, output_shape, input_shape, expected
    ):
        for module in (core, tf_keras.layers):
            layer = module.Lambda(lambda x: x, output_shape=output_shape)
            found = layer.compute_output_shape(input_shape)
            assert tuple(found) == expected

    def test_lambdas_are_saved_as_tf_keras_saves_them(self):
        function = lambda x, y=2: x + y  # noqa: E731
        arguments = {"output_shape": (3,), "name": "lambda", "mask": function}
        ours = Lambda(function, **arguments).get_config()
        theirs = tf_keras.layers.Lambda(function, **arguments).get_config()
        assert set(ours) == set(theirs)
        for key in set(ours) - {"function", "mask"}:
            assert ours[key] == theirs[key], key
        for key in ("function", "mask"):
            assert ours[key][0] == theirs[key][0].replace("\n", "")
            assert list(ours[key][1:]) == [[2], None]
            assert list(theirs[key][1:]) == [(2,), None]

    def test_code_is_read_only_without_safe_mode(self):
        layer = Lambda(lambda x: x * 5.0, name="code")
        x = tf.constant([1.0])
        again = through_json(layer, safe_mode=False)
        assert again(x).numpy().tolist() == [5.0]
        config = tf_keras.layers.Lambda(lambda x: x * 7.0).get_config()
        config = json.loads(json.dumps(config))
        for read in (
            lambda: through_json(layer),
            lambda: Lambda.from_config(config),
            lambda: Lambda.from_config({**config, "function_type": "raw"}),
            lambda: Lambda.from_config({**config, "function_type": None}),
        ):
            with pytest.raises(ValueError, match="'.*lambda|'code'") as caught:
                read()
            assert "safe_mode=False" in str(caught.value)

    @pytest.mark.parametrize("argument", ["function", "output_shape", "mask"])
    def test_code_is_refused_in_every_argument(self, argument):
        code = Lambda(lambda x: x).get_config()["function"]
        for value, kind in [
            (list(code), "lambda"),
            (code[0], "lambda"),
            ({"class_name": "__lambda__", "config": {"value": code[0]}}, "raw"),
            ({"class_name": "__lambda__", "config": {"value": code[0]}}, None),
        ]:
            config = Lambda(scale).get_config()
            config[argument] = value
            config[f"{argument}_type"] = kind
            config = json.loads(json.dumps(config))
            with pytest.raises(ValueError, match="safe_mode=False"):
                Lambda.from_config(config)

    def test_configs_that_stay_in_the_program_keep_the_function(self):
        function = lambda x: x * 2  # noqa: E731
        layer = Lambda(function, output_shape=lambda shape: shape)
        again = Lambda.from_config(layer.get_config())
        assert again.function is function
        assert again.compute_output_shape((2, 3)).as_list() == [2, 3]

    def test_named_functions_are_saved_by_name(self):
        layer = Lambda(
            scale, output_shape=same_shape, arguments={"factor": 4.0}
        )
        config = layer.get_config()
        assert config["function"] == "core_test>scale"
        assert config["function_type"] == "function"
        again = through_json(layer)
        assert again.function is scale
        assert again.get_config() == config
        assert again(tf.constant([1.0])).numpy().tolist() == [4.0]
        with tf_keras.saving.custom_object_scope(
            {"core_test>scale": scale, "core_test>same_shape": same_shape}
        ):
            with pytest.warns(UserWarning, match="is not loaded"):
                theirs = tf_keras.layers.Lambda.from_config(
                    {**json.loads(json.dumps(config)), "module": "nowhere"}
                )
        assert theirs(tf.constant([1.0])).numpy().tolist() == [4.0]

    @pytest.mark.parametrize("function", [tf.square, tf.nn.relu, tf.reduce_sum])
    def test_functions_of_tensorflow_are_saved_by_name(self, function):
        x = tf.constant([-1.0, 2.0])
        again = through_json(Lambda(function))
        np.testing.assert_array_equal(again(x), function(x))

    def test_names_that_are_no_functions_are_refused(self):
        def local(x):
            return x

        layer = Lambda(local, name="named")
        with pytest.raises(ValueError, match="'named'.*'local'"):
            through_json(layer)
        again = through_json(layer, custom_objects={"local": local})
        assert again.function is local
        config = Lambda(scale).get_config()
        for name in ("Lambda", "os.system", "io.read_file", "keras.Model"):
            with pytest.raises(ValueError, match=name):
                Lambda.from_config({**config, "function": name})

    def test_objects_are_saved_by_their_config(self):
        again = through_json(Lambda(core.Identity(name="inner")))
        assert isinstance(again.function, core.Identity)

    def test_variables_are_refused(self):
        layer = Lambda(
            lambda x: x * tf.Variable(2.0, name="lost"), name="maker"
        )
        with pytest.raises(ValueError, match="'maker'.*'lost:0'"):
            layer(tf.ones((2,)))

        class Weighted(Layer):
            def build(self, input_shape):
                self.kernel = self.add_weight("kernel")

            def call(self, inputs):
                return inputs * self.kernel

        with pytest.raises(ValueError, match="subclass of `Layer`"):
            Lambda(lambda x: Weighted()(x))(tf.ones((2,)))

    def test_refuses_what_can_not_be_called(self):
        with pytest.raises(TypeError, match="function=3"):
            Lambda(3)
