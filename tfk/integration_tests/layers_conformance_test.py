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
"""What every layer can do, one test a row of the conformance table."""

import json

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import conformance
from tfk.testing import small_models
from tfk.testing import strategies


def layer_params(check):
    return pytest.mark.parametrize(
        "case", conformance.params(conformance.LAYERS, check)
    )


def tensors(case, size=4):
    """Returns the first rows of the inputs of a case."""
    return tf.nest.map_structure(
        lambda x: tf.convert_to_tensor(x[:size]), case.inputs
    )


def make_built(case, dtype=None):
    """Returns a layer of a case with its weights, none of them trivial."""
    before = tfk.mixed_precision.global_policy()
    # For all layers at once, as wrappers have other layers inside.
    tfk.mixed_precision.set_global_policy(dtype or before)
    layer = case.make()
    tfk.mixed_precision.set_global_policy(before)
    if case.adapts:
        layer.adapt(case.inputs)
    layer(tensors(case))
    if not case.adapts:
        small_models.randomize(layer)
    return layer


def shapes(case, batch):
    return tf.nest.map_structure(
        lambda x: tf.TensorShape([batch, *x.shape[1:]]), case.inputs
    )


def floating(inputs):
    return [x for x in tf.nest.flatten(inputs) if x.dtype.is_floating]


def outputs_and_gradients(layer, inputs, training=False):
    """Returns the outputs and the gradients of weights and inputs."""
    sources = [*layer.trainable_variables, *floating(inputs)]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        outputs = layer(inputs, training=training)
        if not outputs.dtype.is_floating:
            return outputs, []
        loss = tf.reduce_sum(tf.cast(outputs, "float32") ** 2)
    gradients = tape.gradient(loss, sources)
    return outputs, list(map(tf.convert_to_tensor, gradients))


def assert_close(actual, wanted, tolerance=1e-5):
    """Compares two structures of tensors or arrays."""
    pairs = zip(tf.nest.flatten(actual), tf.nest.flatten(wanted), strict=True)
    for x, y in pairs:
        x, y = np.asarray(x), np.asarray(y)
        assert x.dtype == y.dtype
        if x.dtype.kind == "f":
            np.testing.assert_allclose(x, y, tolerance, tolerance)
        else:
            np.testing.assert_array_equal(x, y)


class LayerConformanceTest:
    @layer_params("config")
    def test_config_survives_json(self, case):
        layer = case.make()
        config = json.loads(json.dumps(tfk.layers.serialize(layer)))
        for again in (
            tfk.layers.deserialize(config),
            type(layer).from_config(layer.get_config()),
        ):
            assert type(again) is type(layer)
            # JSON turns tuples into lists.
            ours, wanted = again.get_config(), layer.get_config()
            assert json.dumps(ours) == json.dumps(wanted)

    @layer_params("functional")
    def test_shapes_and_values_are_the_same_in_every_mode(self, case):
        layer = make_built(case)
        model = small_models.around(layer, case.inputs)
        computed = layer.compute_output_shape(shapes(case, None))
        assert model.outputs[0].shape.as_list() == list(computed)
        traces = []

        def call(inputs):
            traces.append(inputs)
            return model(inputs, training=False)

        spec = tf.nest.map_structure(
            lambda x: tf.TensorSpec([None, *x.shape[1:]], x.dtype),
            tensors(case),
        )
        compiled = tf.function(call, input_signature=[spec])
        for size in (4, 3):
            inputs = tensors(case, size)
            outputs = layer(inputs, training=False)
            computed = layer.compute_output_shape(shapes(case, size))
            if not case.random or computed.is_fully_defined():
                assert outputs.shape == computed
            assert computed.is_compatible_with(outputs.shape)
            assert outputs.dtype == model.outputs[0].dtype
            assert_close(compiled(inputs), outputs)
        assert len(traces) == 1

    @pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
    @layer_params("functional")
    def test_specs_that_are_inferred_are_those_of_a_trace(self, case, dtype):
        if not case.make()._shape_says_all:
            return  # It is always traced.
        layer = make_built(case, dtype)
        # Known sizes, a batch of any size, and unknown sizes all over.
        for open_axes in ((), (0,), (0, 1), (0, 1, 2)):

            def symbol(x):
                shape = list(x.shape)
                for axis in open_axes:
                    if axis < len(shape) - 1:
                        shape[axis] = None
                return tfk.Input(batch_shape=shape, dtype=x.dtype)

            inputs = tf.nest.map_structure(symbol, case.inputs)
            try:
                traced = layer._trace_outputs((inputs,), {})
            except (TypeError, ValueError):
                continue  # The layer needs to know more.
            inferred = layer._infer_outputs((inputs,), {})
            if inferred is None:
                continue
            assert inferred.dtype == traced.dtype
            assert inferred.shape.is_compatible_with(traced.shape)
            # A trace knows more, from the weights, where sizes are not known.
            if open_axes in ((), (0,)):
                assert inferred.shape == traced.shape

    @layer_params("xla")
    def test_xla_gives_outputs_and_gradients_of_eager_mode(self, case):
        layer, inputs = make_built(case), tensors(case)
        compiled = tf.function(outputs_and_gradients, jit_compile=True)
        for training in (False, True):
            wanted = outputs_and_gradients(layer, inputs, training)
            ours = compiled(layer, inputs, training)
            if training and case.random:
                assert np.all(np.isfinite(ours[0]))
            else:
                assert_close(ours, wanted)

    @layer_params("gradients")
    def test_gradients_reach_weights_in_training(self, case):
        layer, inputs = make_built(case), tensors(case)
        outputs, gradients = outputs_and_gradients(layer, inputs, True)
        assert outputs.shape == layer(inputs).shape
        for gradient in gradients:
            assert np.all(np.isfinite(gradient)) and np.any(gradient)

    @layer_params("mixed_precision")
    def test_mixed_precision_computes_in_16_bits(self, case):
        layer = make_built(case, "mixed_bfloat16")
        outputs, gradients = outputs_and_gradients(layer, tensors(case), True)
        assert outputs.dtype == tf.bfloat16
        assert {v.dtype for v in layer.weights} <= {tf.float32, tf.int64}
        for variable, gradient in zip(layer.trainable_variables, gradients):
            assert gradient.dtype == variable.dtype
        for gradient in gradients:
            assert np.all(np.isfinite(tf.cast(gradient, "float32")))
        with strategies.two_replicas().scope():
            mirrored = make_built(case, "mixed_bfloat16")
            assert mirrored(tensors(case)).dtype == tf.bfloat16
        whole = make_built(case)
        whole.set_weights(layer.get_weights())
        wanted = whole(tensors(case), training=False)
        outputs = layer(tensors(case), training=False)
        outputs = tf.cast(outputs, wanted.dtype)
        np.testing.assert_allclose(outputs, wanted, 0.03, 0.03)

    @layer_params("weights")
    def test_weights_can_be_read_and_set(self, case):
        layer = make_built(case)
        again = case.make()
        if case.adapts:
            again.adapt(case.inputs)
        again.build_from_config(layer.get_build_config())
        again.set_weights(layer.get_weights())
        assert_close(
            again(tensors(case), training=False),
            layer(tensors(case), training=False),
            0,
        )
        assert layer.count_params() == sum(w.size for w in layer.get_weights())
        layer.trainable = False
        assert not layer.trainable_weights
        assert len(layer.non_trainable_weights) == len(again.weights)

    @layer_params("model_files")
    def test_saved_and_exported_models_give_equal_outputs(self, case, tmp_path):
        model = small_models.around(make_built(case), case.inputs)
        wanted = model(tensors(case), training=False)
        path = str(tmp_path / "model.keras")
        model.save(path)
        again = tfk.models.load_model(path)
        assert again.get_config() == model.get_config()
        assert_close(again(tensors(case), training=False), wanted, 0)
        model.export(str(tmp_path / "exported"))
        exported = tf.saved_model.load(str(tmp_path / "exported"))
        assert_close(exported.serve(tensors(case)), wanted)

    @layer_params("replicas")
    def test_two_replicas_predict_as_one(self, case, tmp_path):
        model = small_models.around(make_built(case), case.inputs)
        path = str(tmp_path / "model.keras")
        model.save(path)
        with strategies.two_replicas().scope():
            replicated = tfk.models.load_model(path)
        assert_close(
            replicated.predict(case.inputs, batch_size=4, verbose=0),
            model(tensors(case), training=False),
        )
