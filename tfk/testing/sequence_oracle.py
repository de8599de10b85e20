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
"""Compares recurrent layers with those of tf_keras, for the tests."""

import numpy as np
import tensorflow as tf

BATCH, STEPS = 3, 4

# Right and left padding, holes, rows that are masked all over, and their mix.
MASKS = {
    "none": None,
    "right": [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]],
    "left": [[0, 0, 0, 1], [1, 1, 1, 1], [0, 1, 1, 1]],
    "holes": [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 1]],
    "all": [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    "mixed": [[0, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 1]],
}


def mask(name):
    """Returns a mask of `BATCH` rows and `STEPS` steps by its name."""
    rows = MASKS[name]
    return None if rows is None else tf.cast(rows, tf.bool)


def numbers(*shape, seed=0, dtype="float32"):
    """Returns a tensor of normally distributed numbers."""
    values = np.random.RandomState(seed).normal(size=shape)
    return tf.constant(values * 0.7, dtype)


def assert_same_config(layer, oracle):
    """Fails unless two layers have the same config, but for names."""
    assert _without_names(layer.get_config()) == _without_names(
        oracle.get_config()
    )


def _without_names(config):
    if isinstance(config, (list, tuple)):
        return [_without_names(item) for item in config]
    if isinstance(config, dict):
        return {k: _without_names(config[k]) for k in config if k != "name"}
    # tf_keras rounds some numbers to 32 bits.
    return round(config, 6) if isinstance(config, float) else config


def set_same_weights(layer, oracle, seed=0):
    """Gives two layers the same weights, whose names must be the same."""
    assert [_last_name(w) for w in layer.weights] == [
        _last_name(w) for w in oracle.weights
    ]
    values = [
        numbers(*w.shape, seed=seed + i).numpy()
        for i, w in enumerate(oracle.weights)
    ]
    layer.set_weights(values)
    oracle.set_weights(values)


def _last_name(weight):
    return "/".join(weight.name.split("/")[-1:]), weight.shape


def results(layer, inputs, **arguments):
    """Returns the flat outputs of a call, and the gradients of its sources.

    Those are the weights, the inputs, and the initial states.
    """
    sources = [
        *layer.trainable_weights,
        *tf.nest.flatten(inputs),
        *tf.nest.flatten(arguments.get("initial_state")),
    ]
    sources = [x for x in sources if x is not None]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        outputs = tf.nest.flatten(layer(inputs, **arguments))
        loss = tf.add_n(
            [
                tf.reduce_sum(tf.sin((i + 1.0) * x))
                for i, x in enumerate(outputs)
            ]
        )
    gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    return outputs, gradients


def assert_same(layer, oracle, inputs, tolerance=1e-5, **arguments):
    """Fails unless outputs and gradients of two layers are the same."""
    layer(inputs, **arguments)
    oracle(inputs, **arguments)
    set_same_weights(layer, oracle)
    ours = results(layer, inputs, **arguments)
    theirs = results(oracle, inputs, **arguments)
    assert_close(ours, theirs, tolerance)


def assert_close(ours, theirs, tolerance=1e-5):
    """Fails unless two structures of tensors are nearly the same."""
    pairs = zip(tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True)
    for x, y in pairs:
        np.testing.assert_allclose(x, y, tolerance, tolerance)
