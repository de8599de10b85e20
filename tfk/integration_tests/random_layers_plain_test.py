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
"""Layers of numbers, with random settings, do what those of tf_keras do."""

import hypothesis
import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from tfk.testing import random_layers
from tfk.testing.random_layers import SEEDS
from tfk.testing.random_layers import numbers

REGULARIZERS = st.sampled_from([None, None, "l1", "l2"])
ACTIVATIONS = (
    "elu exponential gelu hard_sigmoid linear mish relu selu sigmoid softmax "
    "softplus softsign swish tanh"
).split()


def shapes(smallest=2, largest=4, limit=4):
    """Returns a strategy for shapes of some rank."""
    return st.lists(
        st.integers(1, limit), min_size=smallest, max_size=largest
    ).map(tuple)


def axes_of(shape, first=0):
    """Returns a strategy for an axis or several ones, of either sign."""
    rank = len(shape)
    one = st.integers(first, rank - 1)
    several = st.lists(one, min_size=1, max_size=2, unique=True).map(sorted)
    below = st.integers(first - rank, -1)
    return one | below | several


@st.composite
def normalizations(draw):
    name = draw(
        st.sampled_from(
            [
                "BatchNormalization",
                "BatchNormalization",
                "GroupNormalization",
                "LayerNormalization",
                "UnitNormalization",
            ]
        )
    )
    call = {}
    shape = list(draw(shapes(largest=5)))
    arguments = {"axis": draw(axes_of(shape, first=1))}
    if name == "UnitNormalization":
        return name, arguments, shape, call, draw(SEEDS)
    arguments.update(
        epsilon=draw(st.sampled_from([0.01, 0.1, 0.5])),
        center=draw(st.booleans()),
        scale=draw(st.booleans()),
        gamma_regularizer=draw(REGULARIZERS),
    )
    if name == "GroupNormalization":
        axis = draw(st.integers(1, len(shape) - 1))
        groups = draw(st.integers(1, 3))
        shape[axis] = groups * draw(st.integers(1, 2))
        arguments["axis"] = draw(st.sampled_from([axis, axis - len(shape)]))
        arguments["groups"] = draw(st.sampled_from([groups, groups, -1]))
    if name == "BatchNormalization":
        shape[0] += 1
        arguments["momentum"] = draw(st.sampled_from([0.0, 0.5, 0.99]))
        call["training"] = draw(st.booleans())
    return name, arguments, shape, call, draw(SEEDS)


@st.composite
def projections(draw):
    """Draws Dense, EinsumDense and Embedding."""
    name = draw(st.sampled_from(["Dense", "EinsumDense", "Embedding"]))
    kind = "embeddings" if name == "Embedding" else "kernel"
    arguments = {
        f"{kind}_regularizer": draw(REGULARIZERS),
        f"{kind}_constraint": draw(st.sampled_from([None, "non_neg"])),
    }
    if name != "EinsumDense":
        # tf_keras ignores that of EinsumDense.
        arguments["activity_regularizer"] = draw(REGULARIZERS)
    if name == "Embedding":
        arguments["input_dim"] = draw(st.integers(1, 6))
        arguments["output_dim"] = draw(st.integers(1, 4))
        arguments["mask_zero"] = draw(st.booleans())
        shape = draw(shapes(smallest=1, largest=3))
        return name, arguments, shape, draw(SEEDS)
    arguments["activation"] = draw(st.sampled_from([None, *ACTIVATIONS]))
    if name == "Dense":
        arguments["units"] = draw(st.integers(1, 5))
        arguments["use_bias"] = draw(st.booleans())
        return name, arguments, draw(shapes()), draw(SEEDS)
    equation = draw(
        st.sampled_from(
            [
                "ab,bc->ac",
                "abc,cd->abd",
                "abc,dc->abd",
                "abc,cde->abde",
                "abc,bcde->abde",
                "abc,cbd->ad",
                "abcd,cde->abe",
                "...b,bc->...c",
                "...bc,cde->...bde",
                "ab...,bc->ac...",
            ]
        )
    )
    sizes = {letter: draw(st.integers(1, 4)) for letter in "abcde"}
    inputs, outputs = equation.split(",")[0], equation.split(">")[1]
    letters = [x for x in outputs if x not in "a."]
    arguments["equation"] = equation
    arguments["output_shape"] = tuple(sizes[x] for x in letters)
    arguments["bias_axes"] = "".join(
        x for x in letters if x not in inputs and draw(st.booleans())
    )
    arguments["bias_axes"] = arguments["bias_axes"] or None
    shape = []
    for letter in inputs.replace("...", "."):
        if letter != ".":
            shape.append(sizes[letter])
        else:
            shape.extend(draw(shapes(smallest=1, largest=2)))
    return name, arguments, tuple(shape), draw(SEEDS)


@st.composite
def plain_layers(draw):
    """Draws activations and layers that change shapes."""
    shape = draw(shapes())
    rank = len(shape)
    slopes = st.sampled_from([0.0, 0.1, 0.5])
    axes = st.lists(st.integers(1, rank - 1), unique=True)
    per_sample = int(np.prod(shape[1:]))
    name, arguments = draw(
        st.sampled_from(ACTIVATIONS).map(
            lambda one: ("Activation", {"activation": one})
        )
        | slopes.map(lambda slope: ("ELU", {"alpha": slope}))
        | slopes.map(lambda slope: ("LeakyReLU", {"alpha": slope}))
        | slopes.map(lambda theta: ("ThresholdedReLU", {"theta": theta}))
        | st.fixed_dictionaries(
            {
                "max_value": st.sampled_from([None, 0.6, 1.0]),
                "negative_slope": slopes,
                "threshold": slopes,
            }
        ).map(lambda arguments: ("ReLU", arguments))
        | axes_of(shape, first=1).map(lambda axis: ("Softmax", {"axis": axis}))
        | st.fixed_dictionaries(
            {
                "shared_axes": st.none() | axes,
                "alpha_regularizer": REGULARIZERS,
            }
        ).map(lambda arguments: ("PReLU", arguments))
        | st.sampled_from([0.0, 1.0]).map(
            lambda value: ("Masking", {"mask_value": value})
        )
        | st.sampled_from(["channels_last", "channels_first"]).map(
            lambda layout: ("Flatten", {"data_format": layout})
        )
        | st.permutations(range(1, rank)).map(
            lambda dims: ("Permute", {"dims": tuple(dims)})
        )
        | st.sampled_from(
            [(-1,), (per_sample,), (1, -1), (per_sample, 1)]
            + [(d, -1) for d in (2, 3, 4) if per_sample % d == 0]
        ).map(lambda target: ("Reshape", {"target_shape": target}))
        | st.integers(1, 4).map(lambda n: ("RepeatVector", {"n": n}))
        | st.fixed_dictionaries({"l1": slopes, "l2": slopes}).map(
            lambda arguments: ("ActivityRegularization", arguments)
        )
    )
    if name == "RepeatVector":
        shape = shape[:2]
    return name, arguments, shape, draw(SEEDS)


@st.composite
def merges(draw):
    name = draw(
        st.sampled_from(
            [
                "Add",
                "Average",
                "Maximum",
                "Minimum",
                "Multiply",
                "Subtract",
                "Concatenate",
                "Dot",
            ]
        )
    )
    count = 2 if name in ("Subtract", "Dot") else draw(st.integers(2, 4))
    if name == "Dot":
        arguments, all_shapes = draw(dots())
    elif name == "Concatenate":
        shape = draw(shapes())
        axis = draw(st.integers(-len(shape), len(shape) - 1))
        all_shapes = []
        for _ in range(count):
            one = list(shape)
            one[axis] = draw(st.integers(1, 3))
            all_shapes.append(tuple(one))
        arguments = {"axis": axis}
    else:
        whole, arguments = draw(shapes()), {}
        all_shapes = [draw(broadcast(whole)) for _ in range(count)]
    return name, arguments, all_shapes, draw(SEEDS)


@st.composite
def broadcast(draw, shape):
    """Draws a shape that fits to another one, as merging layers see it."""
    batch, *rest = shape
    skipped = draw(st.sampled_from([0, 0, *range(len(rest))]))
    return (
        batch,
        *[draw(st.sampled_from([n, n, n, 1])) for n in rest[skipped:]],
    )


@st.composite
def dots(draw):
    all_shapes = [list(draw(shapes(largest=3))) for _ in range(2)]
    all_shapes[1][0] = all_shapes[0][0]
    axes = [draw(st.integers(1, len(shape) - 1)) for shape in all_shapes]
    all_shapes[1][axes[1]] = all_shapes[0][axes[0]]
    if axes[0] == axes[1] and draw(st.booleans()):
        axes = axes[0]
    arguments = {"axes": axes, "normalize": draw(st.booleans())}
    return arguments, list(map(tuple, all_shapes))


@st.composite
def noises(draw):
    """Draws layers that are random in training, and how much they change."""
    rates = st.sampled_from([0.25, 0.4, 0.7])
    name = draw(
        st.sampled_from(
            [
                "AlphaDropout",
                "Dropout",
                "GaussianDropout",
                "GaussianNoise",
                "SpatialDropout1D",
                "SpatialDropout2D",
                "SpatialDropout3D",
            ]
        )
    )
    shape = [4, 3, 2, 2][: draw(st.integers(1, 4))] + [64]
    arguments = {"seed": draw(SEEDS)}
    if name == "GaussianNoise":
        arguments["stddev"] = draw(rates)
    else:
        arguments["rate"] = draw(rates)
    if name in ("AlphaDropout", "Dropout") and draw(st.booleans()):
        arguments["noise_shape"] = tuple(
            draw(st.sampled_from([n, 1])) for n in shape[:-1]
        ) + (None if name == "Dropout" else 64,)
    if name.startswith("Spatial"):
        rank = int(name[-2])
        shape = [4, 3, 2, 2][: rank + 1] + [64]
        if rank > 1:
            first = draw(st.booleans())
            shape = [4, 64, 3, 2, 2][: rank + 2] if first else shape
            arguments["data_format"] = (
                f"channels_{'first' if first else 'last'}"
            )
    return name, arguments, shape, draw(SEEDS)


def kinds_of_values(outputs):
    """Returns which values there are and along which axes they change."""
    outputs = np.asarray(outputs)
    axes = [
        axis
        for axis in range(outputs.ndim)
        if np.any(outputs != np.take(outputs, [0], axis))
    ]
    return np.unique(np.round(outputs, 4)), axes


def moments(outputs):
    """Returns mean and deviation."""
    outputs = np.asarray(outputs)
    return [outputs.mean(), outputs.std()]


class RandomPlainLayersTest:
    @hypothesis.given(normalizations())
    def test_normalization(self, drawn):
        name, arguments, shape, call, seed = drawn
        inputs = numbers(shape, seed)
        random_layers.assert_same(
            name, arguments, inputs, seed, tolerance=5e-5, **call
        )

    @hypothesis.given(projections())
    def test_dense_einsum_and_embedding(self, drawn):
        name, arguments, shape, seed = drawn
        inputs = numbers(shape, seed)
        if name == "Embedding":
            draws = np.random.RandomState(seed).randint(
                0, arguments["input_dim"], shape
            )
            inputs = tf.constant(draws)
        random_layers.assert_same(name, arguments, inputs, seed)

    @hypothesis.given(plain_layers())
    def test_activations_and_shapes(self, drawn):
        name, arguments, shape, seed = drawn
        inputs = numbers(shape, seed)
        if name == "Masking":
            inputs = tf.round(inputs)
        random_layers.assert_same(name, arguments, inputs, seed)

    @hypothesis.given(merges())
    def test_merging(self, drawn):
        name, arguments, all_shapes, seed = drawn
        inputs = [
            numbers(shape, seed + i) for i, shape in enumerate(all_shapes)
        ]
        random_layers.assert_same(name, arguments, inputs, seed)

    @hypothesis.given(noises())
    def test_regularization(self, drawn):
        name, arguments, shape, seed = drawn
        ours, theirs = random_layers.both(name, arguments)
        # tf_keras forgets `data_format` and some `noise_shape`s.
        ours_config, config = ours.get_config(), theirs.get_config()
        config["name"] = ours.name
        assert {**ours_config, **config} == ours_config
        inputs = numbers(shape, seed)
        np.testing.assert_array_equal(ours(inputs, training=False), inputs)
        again, _ = random_layers.both(name, arguments)
        constant = tf.fill(shape, 1.5)
        noisy = ours(constant, training=True)
        np.testing.assert_array_equal(noisy, again(constant, training=True))
        wanted = theirs(constant, training=True)
        if name.startswith("Gaussian"):
            np.testing.assert_allclose(
                moments(noisy), moments(wanted), rtol=0.15, atol=0.15
            )
            return
        values, axes = kinds_of_values(noisy)
        wanted_values, wanted_axes = kinds_of_values(wanted)
        assert axes == wanted_axes
        np.testing.assert_allclose(values, wanted_values, 1e-3, 1e-3)
