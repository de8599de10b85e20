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
"""Comparison of a layer with the layer of tf_keras that it stands in for."""

import numpy as np
import tensorflow as tf


def assert_same(layer, oracle, inputs, rtol=1e-5, atol=1e-5, **call_arguments):
    """Fails unless two layers agree in all that a user can see.

    That is: config, names, order and shapes of the weights, outputs, gradients
    with respect to weights and inputs, weights after the call, shape of the
    outputs as computed and as inferred for unknown sizes.

    Arguments:
        layer: A layer of tfk that was not called yet.
        oracle: The same layer of tf_keras.
        inputs: Array or tensor of floats.
        rtol: Float: relative tolerance.
        atol: Float: absolute tolerance.
        **call_arguments: Passed to both calls.
    """
    assert _without_name(layer) == _without_name(oracle)
    inputs = tf.convert_to_tensor(inputs)
    layer(inputs)
    oracle(inputs)
    assert _weight_names(layer) == _weight_names(oracle)
    _set_random_weights(layer, oracle)
    results = [_run(one, inputs, call_arguments) for one in (layer, oracle)]
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, rtol, atol)
    for ours, theirs in zip(layer.get_weights(), oracle.get_weights()):
        np.testing.assert_allclose(ours, theirs, rtol, atol)
    outputs = results[0][0]
    assert layer.compute_output_shape(inputs.shape) == outputs.shape
    _assert_infers_shapes(layer, inputs, outputs.shape)


def assert_compiles(layer, inputs, rtol=1e-5, atol=1e-5, **call_arguments):
    """Fails unless XLA gives the outputs and gradients of eager mode.

    Arguments:
        layer: A layer that was called before.
        inputs: Tensor of floats.
        rtol: Float: relative tolerance.
        atol: Float: absolute tolerance.
        **call_arguments: Passed to the calls.
    """
    inputs = tf.convert_to_tensor(inputs)
    compiled = tf.function(_run, jit_compile=True)
    expected = _run(layer, inputs, call_arguments)
    for ours, theirs in zip(compiled(layer, inputs, call_arguments), expected):
        np.testing.assert_allclose(ours, theirs, rtol, atol)


def _without_name(layer):
    config = layer.get_config()
    assert config.pop("name").rstrip("_0123456789")
    return config


def _weight_names(layer):
    return [
        (weight.name.split("/")[-1], weight.shape, weight.trainable)
        for weight in layer.weights
    ]


def _set_random_weights(layer, oracle):
    random = np.random.RandomState(0)
    values = [random.uniform(0.5, 1.5, w.shape) for w in layer.weights]
    layer.set_weights(values)
    oracle.set_weights(values)


def _run(layer, inputs, call_arguments):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, **call_arguments)
        loss = tf.reduce_sum(outputs * tf.sin(outputs))
    sources = [inputs, *layer.trainable_variables]
    return [outputs, *tape.gradient(loss, sources)]


def _assert_infers_shapes(layer, inputs, shape):
    """Traces the call with as many unknown sizes as the layer bears."""
    known = [None] * inputs.shape.rank
    spec = getattr(layer.input_spec, "axes", {})
    for axis, size in spec.items():
        known[axis] = size
    if layer.weights and not spec:
        known = [None, *inputs.shape[1:]]
    function = tf.function(layer, input_signature=[tf.TensorSpec(known)])
    assert function(inputs).shape == shape
    inferred = function.get_concrete_function().output_shapes
    assert inferred.is_compatible_with(layer.compute_output_shape(known))
    assert inferred.rank == shape.rank
