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
"""Layers over sequences, with random settings, do what those of tf_keras do."""

import hypothesis
import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from tfk.testing import random_layers
from tfk.testing import sequence_oracle
from tfk.testing.random_layers import SEEDS
from tfk.testing.random_layers import numbers


def booleans(shape, seed):
    """Returns a random mask; rows that hold nothing but False are likely."""
    random = np.random.RandomState(seed)
    return tf.constant(random.uniform(size=shape) < random.uniform(0.3, 0.9))


def mask_of_steps(kind, batch, steps, seed):
    """Returns a mask of a kind: right, left, holes, or None."""
    if kind == "none":
        return None
    if kind == "holes":
        return booleans((batch, steps), seed)
    lengths = np.random.RandomState(seed).randint(0, steps + 1, batch)
    mask = np.arange(steps) < lengths[:, np.newaxis]
    return tf.constant(mask if kind == "right" else mask[:, ::-1])


MASKS = st.sampled_from(["none", "right", "left", "holes"])


@st.composite
def attentions(draw):
    name = draw(st.sampled_from(["Attention", "AdditiveAttention"]))
    arguments = {"use_scale": draw(st.booleans())}
    batch = draw(st.sampled_from([(2,), (1,), (2, 3)]))
    t, s, size, value_size = [draw(st.integers(1, 5)) for _ in range(4)]
    if name == "Attention":
        arguments["score_mode"] = draw(st.sampled_from(["dot", "concat"]))
    else:
        value_size = size  # tf_keras gives the scale the value's size.
    sizes = [(*batch, t, size), (*batch, s, size)]
    if draw(st.booleans()):
        sizes.insert(1, (*batch, s, value_size))
    masks = [(*batch, n) if draw(st.booleans()) else None for n in (t, s)]
    call = {
        "use_causal_mask": draw(st.booleans()),
        "return_attention_scores": draw(st.booleans()),
    }
    return name, arguments, sizes, masks, call, draw(SEEDS)


@st.composite
def multi_head_attentions(draw):
    arguments = {
        "num_heads": draw(st.integers(1, 3)),
        "key_dim": draw(st.integers(1, 4)),
        "value_dim": draw(st.sampled_from([None, 1, 5])),
        "use_bias": draw(st.booleans()),
        "output_shape": draw(st.sampled_from([None, 3, (2, 3)])),
        "softmax_robust_masking": draw(st.booleans()),
        "kernel_regularizer": draw(st.sampled_from([None, None, "l2"])),
    }
    batch = draw(st.integers(1, 2))
    axes = draw(st.sampled_from([None, None, (1,), (2,), (1, 2)]))
    query, value = [[draw(st.integers(1, 4))] for _ in range(2)]
    scores = [query[0], value[0]]
    if axes is not None:
        arguments["attention_axes"] = axes
        # The axes beside those are the same in both.
        query = [draw(st.integers(1, 3)) for _ in range(2)]
        value = [
            draw(st.integers(1, 3)) if axis in axes else query[axis - 1]
            for axis in (1, 2)
        ]
        others = [query[axis - 1] for axis in (1, 2) if axis not in axes]
        scores = [
            *others,
            *[query[axis - 1] for axis in axes],
            *[value[axis - 1] for axis in axes],
        ]
    shapes = {
        "query": (batch, *query, draw(st.integers(1, 4))),
        "value": (batch, *value, draw(st.integers(1, 4))),
    }
    if draw(st.booleans()):
        shapes["key"] = (batch, *value, draw(st.integers(1, 4)))
    masks = {}
    if draw(st.booleans()):
        masks["attention_mask"] = (batch, *scores)
    is_causal = False
    if axes is None:
        for name in ("query", "value"):
            if draw(st.booleans()):
                masks[f"{name}_mask"] = shapes[name][:2]
        is_causal = draw(st.booleans())
    call = {
        "use_causal_mask": is_causal,
        "return_attention_scores": draw(st.booleans()),
    }
    return arguments, shapes, masks, call, draw(SEEDS)


def flags(*names):
    return {name: st.booleans() for name in names}


RECURRENT_OPTIONS = st.fixed_dictionaries(
    {
        **flags("return_sequences", "return_state", "go_backwards"),
        "use_bias": st.booleans(),
        "units": st.integers(1, 3),
    },
    optional={
        "unroll": st.booleans(),
        "zero_output_for_mask": st.booleans(),
        "activation": st.sampled_from(["relu", "linear", None]),
        "kernel_regularizer": st.just("l2"),
        "recurrent_regularizer": st.just("l1"),
        "bias_constraint": st.just("non_neg"),
    },
)
OWN_OPTIONS = {
    "SimpleRNN": st.just({}),
    "LSTM": st.fixed_dictionaries(
        flags("unit_forget_bias"),
        optional={
            "time_major": st.booleans(),
            "recurrent_activation": st.just("hard_sigmoid"),
            "implementation": st.sampled_from([1, 2]),
        },
    ),
    "GRU": st.fixed_dictionaries(
        flags("reset_after"),
        optional={
            "time_major": st.booleans(),
            "recurrent_activation": st.just("hard_sigmoid"),
        },
    ),
}
STATES = {"SimpleRNN": 1, "LSTM": 2, "GRU": 1}
SIZES = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 3))


@st.composite
def recurrent(draw):
    name = draw(st.sampled_from(sorted(STATES)))
    arguments = {**draw(RECURRENT_OPTIONS), **draw(OWN_OPTIONS[name])}
    mask = draw(MASKS)
    if arguments.get("unroll") and mask != "none":
        # tf_keras fails with a mask and both of these.
        arguments.pop("zero_output_for_mask", None)
    states = STATES[name] if draw(st.booleans()) else 0
    return name, arguments, draw(SIZES), mask, states, draw(SEEDS)


CELLS = {"SimpleRNNCell": 1, "LSTMCell": 2, "GRUCell": 1}


@st.composite
def composed(draw):
    """Draws stacks of cells, and recurrent layers within others.

    Returns:
        The name of the class, a function that returns its arguments for a
        package, and what describes both.
    """
    kind = draw(st.sampled_from(["RNN", "Bidirectional", "TimeDistributed"]))
    options = draw(
        st.fixed_dictionaries(flags("return_sequences", "return_state"))
    )
    if kind == "RNN":
        cells = draw(
            st.lists(
                st.tuples(st.sampled_from(sorted(CELLS)), st.integers(1, 3)),
                min_size=1,
                max_size=3,
            )
        )
        options["go_backwards"] = draw(st.booleans())
        return kind, cells, options
    if kind == "TimeDistributed":
        inner = draw(st.sampled_from(["Dense", "LSTM", "GRU", "SimpleRNN"]))
        return kind, [(inner, draw(st.integers(1, 3)))], {}
    names = [draw(st.sampled_from(sorted(STATES)))]
    units = draw(st.integers(1, 3))
    if draw(st.booleans()):
        # Of the same kind where states are returned, as these are paired.
        names.append(names[0])
    options["merge_mode"] = draw(
        st.sampled_from(["concat", "sum", "mul", "ave", None])
    )
    return kind, [(name, units) for name in names], options


def arguments_of(kind, parts, options):
    """Returns the function that makes what `composed` describes."""

    def arguments(package):
        layers = [
            (getattr(package.layers, name), units) for name, units in parts
        ]
        if kind == "RNN":
            cells = [make(units) for make, units in layers]
            return {"cell": cells if len(cells) > 1 else cells[0], **options}
        if kind == "TimeDistributed":
            return {"layer": layers[0][0](layers[0][1])}
        (make, units), *others = layers
        inner = {**options}
        merge_mode = inner.pop("merge_mode")
        result = {"layer": make(units, **inner), "merge_mode": merge_mode}
        for make, units in others:
            result["backward_layer"] = make(units, go_backwards=True, **inner)
        return result

    return arguments


@st.composite
def conv_lstms(draw):
    rank = draw(st.sampled_from([1, 1, 1, 2, 2, 3]))
    arguments = {
        "filters": draw(st.integers(1, 2)),
        "kernel_size": draw(st.integers(1, 2)),
        "padding": draw(st.sampled_from(["valid", "same"])),
        **draw(
            st.fixed_dictionaries(
                flags(
                    "return_sequences",
                    "return_state",
                    "go_backwards",
                    "use_bias",
                    "unit_forget_bias",
                )
            )
        ),
    }
    if rank < 3:
        arguments.update(
            draw(st.sampled_from([{}, {"strides": 2}, {"dilation_rate": 2}]))
        )
    shape = [
        draw(st.integers(1, 3)),
        draw(st.integers(1, 3)),
        *[draw(st.integers(2, 4)) for _ in range(rank)],
        draw(st.integers(1, 2)),
    ]
    if arguments.get("dilation_rate"):
        shape[2:-1] = [max(n, 3) for n in shape[2:-1]]
    return f"ConvLSTM{rank}D", arguments, shape, draw(MASKS), draw(SEEDS)


class RandomSequenceLayersTest:
    @hypothesis.given(attentions())
    def test_attention(self, drawn):
        name, arguments, shapes, mask_shapes, call, seed = drawn
        inputs = [numbers(shape, seed + i) for i, shape in enumerate(shapes)]
        call["mask"] = [
            None if shape is None else booleans(shape, seed + i)
            for i, shape in enumerate(mask_shapes)
        ]
        ours, theirs = random_layers.both(name, arguments)
        sequence_oracle.assert_same_config(ours, theirs)
        random_layers.compare(
            ours, theirs, inputs, seed, tolerance=5e-5, **call
        )
        computed = ours.compute_output_shape([x.shape for x in inputs])
        assert computed == ours(inputs).shape

    @hypothesis.given(multi_head_attentions())
    def test_multi_head_attention(self, drawn):
        arguments, shapes, masks, call, seed = drawn
        ours, theirs = random_layers.both("MultiHeadAttention", arguments)
        sequence_oracle.assert_same_config(ours, theirs)
        inputs = {
            name: numbers(shape, seed + i)
            for i, (name, shape) in enumerate(shapes.items())
        }
        for i, (name, shape) in enumerate(masks.items()):
            mask = booleans(shape, seed + i)
            if len(shape) == 5:
                # The softmax of tf_keras over two axes adds up to more than 1
                # where all is masked.
                mask |= tf.one_hot(0, shape[-1]) > 0
            if name == "attention_mask":
                call[name] = mask
            else:
                inputs[name.split("_")[0]]._keras_mask = mask
        query = inputs.pop("query")
        random_layers.compare(
            ours, theirs, query, seed, tolerance=5e-5, **inputs, **call
        )
        computed = ours.compute_output_shape(*shapes.values())
        assert computed == ours(query, **inputs).shape

    @hypothesis.given(recurrent())
    def test_recurrent(self, drawn):
        name, arguments, (batch, steps, features), kind, states, seed = drawn
        inputs = numbers((batch, steps, features), seed)
        mask = mask_of_steps(kind, batch, steps, seed)
        call = {}
        if arguments.get("time_major"):
            inputs = tf.transpose(inputs, [1, 0, 2])
            mask = None if mask is None else tf.transpose(mask)
        if states:
            call["initial_state"] = [
                numbers((batch, arguments["units"]), seed + i)
                for i in range(states)
            ]
        random_layers.assert_same(
            name, arguments, inputs, seed, mask=mask, **call
        )

    @hypothesis.given(composed(), SIZES, MASKS, st.booleans(), SEEDS)
    @random_layers.share_of_draws(1 / 3)
    def test_layers_in_recurrent_layers(
        self, drawn, sizes, mask, has_states, seed
    ):
        kind, parts, options = drawn
        batch, steps, features = sizes
        mask = mask_of_steps(mask, batch, steps, seed)
        shape = (batch, steps, features)
        call = {"mask": mask}
        if kind == "TimeDistributed":
            call = {}
            if parts[0][0] != "Dense":
                shape = (batch, 2, steps, features)
        elif kind == "Bidirectional" and has_states:
            name, units = parts[0]
            call["initial_state"] = [
                numbers((batch, units), seed + i)
                for i in range(2 * STATES[name])
            ]
        random_layers.assert_same(
            kind,
            arguments_of(kind, parts, options),
            numbers(shape, seed),
            seed,
            **call,
        )

    @hypothesis.given(conv_lstms())
    @random_layers.share_of_draws(1 / 3)
    def test_convolutional(self, drawn):
        name, arguments, shape, mask, seed = drawn
        random_layers.assert_same(
            name,
            arguments,
            numbers(shape, seed),
            seed,
            tolerance=5e-5,
            mask=mask_of_steps(mask, *shape[:2], seed),
        )
