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
"""Compares layers of random settings with those of tf_keras.

One comparison takes some ten milliseconds, as all of it runs eagerly: hundreds
of draws are cheap. What needs a graph has tests beside the layers.
"""

import hypothesis
import numpy as np
import tensorflow as tf
import tf_keras
from hypothesis import strategies as st

import tfk
from tfk.testing import sequence_oracle

SEEDS = st.integers(0, 9999)


def share_of_draws(share):
    """Returns the settings of a test that gets a share of the usual draws."""
    usual = hypothesis.settings().max_examples
    return hypothesis.settings(max_examples=max(1, int(share * usual)))


def numbers(shape, seed=0):
    """Returns a tensor of normally distributed numbers."""
    values = np.random.RandomState(seed).normal(size=shape)
    return tf.constant(values, tf.float32)


def both(name, arguments):
    """Returns a layer of tfk and that of tf_keras.

    Arguments:
        name: String: the name of the class.
        arguments: Dict of the constructor's arguments, or function that
            returns one for a package.
    """
    return [
        getattr(package.layers, name)(
            **(arguments(package) if callable(arguments) else arguments)
        )
        for package in (tfk, tf_keras)
    ]


def assert_same(name, arguments, inputs, seed=0, tolerance=1e-5, **call):
    """Fails unless both packages agree on a layer of these arguments.

    That is: config, names, shapes and order of the weights, outputs and their
    shape as computed, gradients of inputs and weights, losses, and the weights
    after the call.

    Arguments:
        name: String: the name of the class.
        arguments: Dict, or function that returns one for a package.
        inputs: Structure of tensors.
        seed: Integer, for the weights.
        tolerance: Float: the error that is allowed, relative to the largest
            number of a tensor, and at least to 1.
        **call: Passed to both calls.
    """
    ours, theirs = both(name, arguments)
    sequence_oracle.assert_same_config(ours, theirs)
    compare(ours, theirs, inputs, seed, tolerance, **call)
    outputs = ours(inputs)
    shapes = tf.nest.map_structure(lambda x: x.shape, inputs)
    computed = ours.compute_output_shape(shapes)
    wanted = tf.nest.map_structure(lambda x: x.shape, outputs)
    assert tf.nest.flatten(computed) == tf.nest.flatten(wanted)


def assert_same_in_any_layout(name, arguments, inputs, seed=0, **options):
    """Like `assert_same`, for layers that slide a window.

    Where channels come first, tf_keras is run with channels last: on some CPUs
    it has no kernels for the other layout.
    """
    if arguments["data_format"] == "channels_last":
        assert_same(name, arguments, inputs, seed, **options)
        return
    ours, theirs = both(name, arguments)
    sequence_oracle.assert_same_config(ours, theirs)
    last = {**arguments, "data_format": "channels_last"}
    theirs = getattr(tf_keras.layers, name)(**last)
    rank = inputs.shape.rank
    to_last = [0, *range(2, rank), 1]
    to_first = [0, rank - 1, *range(1, rank - 1)]

    def turned(x, **call):
        outputs = theirs(tf.transpose(x, to_last), **call)
        return tf.transpose(outputs, to_first)

    compare(ours, theirs, inputs, seed, run_theirs=turned, **options)
    assert ours.compute_output_shape(inputs.shape) == ours(inputs).shape


def compare(
    ours, theirs, inputs, seed=0, tolerance=1e-5, run_theirs=None, **call
):
    """Fails unless two layers give the same from the same weights."""
    run_theirs = run_theirs or theirs
    ours(inputs, **call)
    run_theirs(inputs, **call)
    assert weight_names(ours) == weight_names(theirs)
    set_weights(ours, theirs, seed)
    results = results_of(ours, ours, inputs, call)
    wanted = results_of(theirs, run_theirs, inputs, call)
    for place in wanted:
        assert_close(results[place], wanted[place], tolerance, place)


def weight_names(layer):
    """Returns what must be the same in the weights of both layers."""
    return [
        (w.name.split("/")[-1], tuple(w.shape), w.trainable)
        for w in layer.weights
    ]


def set_weights(ours, theirs, seed):
    """Gives two layers the same weights."""
    random = np.random.RandomState(seed)
    values = [
        (
            random.normal(size=w.shape) * 0.5
            if w.trainable
            else random.uniform(0.5, 1.5, w.shape)
        )
        for w in theirs.weights
    ]
    ours.set_weights(values)
    theirs.set_weights(values)


def results_of(layer, run, inputs, call):
    """Returns a dict of all that a call gives."""
    sources = [
        x
        for x in tf.nest.flatten([inputs, call, layer.trainable_variables])
        if tf.is_tensor(x) and x.dtype.is_floating
    ]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        outputs = tf.nest.flatten(run(inputs, **call))
        loss = tf.add_n(
            [
                tf.reduce_sum(x * tf.sin(x + float(i)))
                for i, x in enumerate(outputs)
            ]
        )
        losses = tf.add_n([*layer.losses, 0.0])
        total = loss + losses
    gradients = tape.gradient(total, sources, unconnected_gradients="zero")
    return {
        "outputs": outputs,
        "gradients": list(map(tf.convert_to_tensor, gradients)),
        "losses": [losses],
        "new weights": layer.get_weights(),
        "mask": [getattr(outputs[0], "_keras_mask", None)],
    }


def assert_close(ours, theirs, tolerance, place=""):
    """Fails unless two lists of tensors are nearly the same."""
    for x, y in zip(ours, theirs, strict=True):
        assert (x is None) == (y is None), place
        if x is None:
            continue
        x, y = np.asarray(x), np.asarray(y)
        assert x.dtype == y.dtype and x.shape == y.shape, place
        scale = max(1.0, np.abs(y).max(initial=0.0)) if y.dtype != bool else 1
        np.testing.assert_allclose(
            x, y, tolerance, tolerance * scale, err_msg=place
        )
