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
"""Sizes that can't work are told before a model runs.

They raise where the layer is made or built, and the message names the layer,
the argument and what was received.
"""

import pytest

import tfk

WINDOWS = {
    # Class: number of spatial axes and the arguments that it needs.
    "Conv1D": (1, {"filters": 2, "kernel_size": 2}),
    "Conv2D": (2, {"filters": 2, "kernel_size": 2}),
    "Conv3D": (3, {"filters": 2, "kernel_size": 2}),
    "Conv1DTranspose": (1, {"filters": 2, "kernel_size": 2}),
    "Conv2DTranspose": (2, {"filters": 2, "kernel_size": 2}),
    "Conv3DTranspose": (3, {"filters": 2, "kernel_size": 2}),
    "ConvLSTM1D": (1, {"filters": 2, "kernel_size": 2}),
    "ConvLSTM2D": (2, {"filters": 2, "kernel_size": 2}),
    "ConvLSTM3D": (3, {"filters": 2, "kernel_size": 2}),
    "DepthwiseConv1D": (1, {"kernel_size": 2}),
    "DepthwiseConv2D": (2, {"kernel_size": 2}),
    "LocallyConnected1D": (1, {"filters": 2, "kernel_size": 2}),
    "LocallyConnected2D": (2, {"filters": 2, "kernel_size": 2}),
    "SeparableConv1D": (1, {"filters": 2, "kernel_size": 2}),
    "SeparableConv2D": (2, {"filters": 2, "kernel_size": 2}),
    "AveragePooling1D": (1, {"pool_size": 2}),
    "AveragePooling2D": (2, {"pool_size": 2}),
    "AveragePooling3D": (3, {"pool_size": 2}),
    "MaxPooling1D": (1, {"pool_size": 2}),
    "MaxPooling2D": (2, {"pool_size": 2}),
    "MaxPooling3D": (3, {"pool_size": 2}),
}
POOLS = {
    f"{kind}Pooling{ndim}D": ndim
    for kind in ("Average", "Max", "GlobalAverage", "GlobalMax")
    for ndim in (1, 2, 3)
}
TRANSPOSED = {name for name in WINDOWS if name.endswith("Transpose")}
CHANNELS = WINDOWS.keys() - POOLS.keys()
CONV_LSTMS = {name for name in WINDOWS if name.startswith("ConvLSTM")}
RECURRENT = CONV_LSTMS | {"SimpleRNN", "LSTM", "GRU"}
GROUPED = ("Conv1D", "Conv2D", "Conv3D")


def layer_class(name):
    return getattr(tfk.layers, name, None) or getattr(
        tfk.layers.experimental, name
    )


def message_of(name, arguments, shape=None):
    """Returns what a layer says when it is made, or called on a shape."""
    with pytest.raises(ValueError) as error:
        layer = layer_class(name)(**arguments, name="made")
        if shape is None:
            pytest.fail(f"{name} can be made of {arguments}")
        if isinstance(shape, list):
            inputs = [tfk.Input(batch_shape=each) for each in shape]
        else:
            inputs = tfk.Input(batch_shape=shape)
        layer(inputs)
        pytest.fail(f"{name} made of {arguments} can be called on {shape}")
    return str(error.value)


def assert_tells(name, arguments, shape, *words):
    message = message_of(name, arguments, shape)
    # Recurrent layers leave it to their cells to check what both have.
    names = ("'made'", "_cell'") if name in RECURRENT else ("'made'",)
    assert any(each in message for each in names), message
    for word in ("eceived", *words):
        assert word in message, (word, message)


def shape_of(name, size=4, channels=3, ndim=None):
    """Returns the shape of an input for a layer with a window."""
    ndim = WINDOWS[name][0] if ndim is None else ndim
    steps = (None,) if name in CONV_LSTMS else ()
    return (None, *steps, *(size,) * ndim, channels)


def rows():
    """Yields class, arguments, shape of the inputs or None, and words."""
    for name, (ndim, needed) in WINDOWS.items():
        arguments = ["strides", *needed]
        if name in CHANNELS and not name.startswith("Local"):
            arguments.append("dilation_rate")
        if name.startswith("Depthwise"):
            arguments.append("depth_multiplier")
        if name in GROUPED:
            arguments.append("groups")
        for argument in arguments:
            for value in (0, -1, 1.5, "a"):
                made = {**needed, argument: value}
                yield name, made, None, (f"`{argument}`", repr(value))
        size = "kernel_size" if name in CHANNELS else "pool_size"
        wrong = (2,) * (ndim + 1)
        made = {**needed, size: wrong}
        yield name, made, None, (f"`{size}`", repr(wrong))
        made = {**needed, "padding": "round"}
        yield name, made, None, ("`padding`", "'round'")
        made = {**needed, "data_format": "middle"}
        yield name, made, None, ("`data_format`", "'middle'")
        less, more = [shape_of(name, ndim=ndim + n) for n in (-1, 1)]
        yield name, needed, less, (str(less),)
        if name not in GROUPED:
            yield name, needed, more, (str(more),)
        if name not in TRANSPOSED:
            made = {**needed, size: 5}
            words = f"`{size}`", str((5,) * ndim), str((4,) * ndim)
            yield name, made, shape_of(name), words
        if name in CHANNELS:
            shape = shape_of(name, channels=None)
            steps = name in CONV_LSTMS
            yield name, needed, shape, (str((None, *shape[1 + steps :])),)
    for name, ndim in POOLS.items():
        if name.startswith("Global"):
            for n in (-1, 1):
                shape = (None, *(4,) * (ndim + n), 3)
                yield name, {}, shape, (str(shape),)
    for name in GROUPED:
        made = {"filters": 3, "kernel_size": 1, "groups": 2}
        yield name, made, None, ("`filters`", "`groups`", "filters=3")
        made = {"filters": 2, "kernel_size": 1, "groups": 2}
        shape = shape_of(name)
        yield name, made, shape, ("`groups`", "groups=2", str(shape))
    for name in CHANNELS - {"LocallyConnected1D", "LocallyConnected2D"}:
        made = {**WINDOWS[name][1], "strides": 2, "dilation_rate": 2}
        yield name, made, None, ("strides=", "dilation_rate=")
    yield from OTHERS


FLAT, STEPS, IMAGES = (None, 4), (None, 5, 4), (None, 6, 6, 4)
OTHERS = [
    ("Dense", {"units": 0}, None, ("`units`", "units=0")),
    ("Dense", {"units": 2.5}, None, ("`units`", "2.5")),
    ("Dense", {"units": 2}, (None, None), ("(None, None)", "last")),
    ("Dense", {"units": 2}, (None,), ("(None,)",)),
    ("Embedding", {"input_dim": 0, "output_dim": 2}, None, ("`input_dim`",)),
    ("Embedding", {"input_dim": 2, "output_dim": -1}, None, ("`output_dim`",)),
    (
        "EinsumDense",
        {"equation": "ab,bc->ac", "output_shape": 0},
        None,
        ("`output_shape`", "0"),
    ),
    (
        "EinsumDense",
        {"equation": "abc,cd->abd", "output_shape": (3, 2)},
        STEPS,
        ("`output_shape`", "abc,cd->abd"),
    ),
    (
        "EinsumDense",
        {"equation": "ab,bc->ac", "output_shape": 2},
        STEPS,
        ("equation", "(None, 5, 4)"),
    ),
    (
        "EinsumDense",
        {"equation": "ab,bc->ac", "output_shape": 2},
        (None, None),
        ("'kernel'", "shape=(None, 2)"),
    ),
    (
        "Reshape",
        {"target_shape": (3,)},
        FLAT,
        ("target_shape=(3,)", "(None, 4)"),
    ),
    ("Reshape", {"target_shape": (-1, -1)}, FLAT, ("`target_shape`",)),
    ("Reshape", {"target_shape": (-2, 2)}, FLAT, ("`target_shape`",)),
    ("Permute", {"dims": (1, 3)}, STEPS, ("`dims`", "(1, 3)")),
    ("Permute", {"dims": (1, 2, 3)}, STEPS, ("ndim=4", "(None, 5, 4)")),
    ("RepeatVector", {"n": 0}, None, ("`n`", "n=0")),
    ("RepeatVector", {"n": 2}, STEPS, ("(None, 5, 4)",)),
    ("BatchNormalization", {"axis": 3}, STEPS, ("`axis`", "axis=3")),
    ("BatchNormalization", {}, (None, None), ("`axis`", "(None, None)")),
    ("LayerNormalization", {"axis": 3}, STEPS, ("`axis`", "axis=3")),
    ("LayerNormalization", {}, (None, None), ("`axis`", "(None, None)")),
    ("RMSNormalization", {"axis": 3}, STEPS, ("`axis`", "axis=3")),
    ("UnitNormalization", {"axis": 3}, STEPS, ("`axis`", "axis=3")),
    ("GroupNormalization", {"groups": 3}, STEPS, ("`groups`", "3", "4")),
    ("GroupNormalization", {"groups": 0}, None, ("`groups`", "0")),
    ("GroupNormalization", {"groups": 8}, STEPS, ("`groups`", "8", "4")),
    ("GroupNormalization", {"axis": 3}, STEPS, ("`axis`", "3")),
    ("GroupNormalization", {"groups": 2}, (None, None), ("(None, None)",)),
    ("Dropout", {"rate": 1.5}, None, ("`rate`", "1.5")),
    ("AlphaDropout", {"rate": -1}, None, ("`rate`", "-1")),
    ("GaussianDropout", {"rate": 1.5}, None, ("`rate`", "1.5")),
    ("GaussianNoise", {"stddev": -1}, None, ("`stddev`", "-1")),
    ("SpatialDropout1D", {"rate": 0.5}, IMAGES, ("(None, 6, 6, 4)",)),
    ("SpatialDropout2D", {"rate": 0.5}, STEPS, ("(None, 5, 4)",)),
    ("SpatialDropout3D", {"rate": 0.5}, STEPS, ("(None, 5, 4)",)),
    ("SpatialDropout2D", {"rate": 2}, None, ("`rate`", "2")),
    (
        "MultiHeadAttention",
        {"num_heads": 0, "key_dim": 2},
        None,
        ("num_heads",),
    ),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 0}, None, ("key_dim",)),
    (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 2, "value_dim": -1},
        None,
        ("`value_dim`", "-1"),
    ),
    (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 2, "dropout": 2},
        None,
        ("`dropout`", "2"),
    ),
    (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 2, "output_shape": 0},
        None,
        ("`output_shape`", "0"),
    ),
    (
        "GroupQueryAttention",
        {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 3},
        None,
        ("`num_query_heads`", "num_key_value_heads=3"),
    ),
    (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 2, "sliding_window": 0},
        None,
        ("`sliding_window`", "0"),
    ),
    (
        "GroupQueryAttention",
        {"head_dim": 0, "num_query_heads": 4, "num_key_value_heads": 2},
        None,
        ("`head_dim`", "0"),
    ),
    ("Attention", {}, [STEPS, (None, 5, 3)], ("(None, 5, 3)",)),
    ("Attention", {}, [(3, 5, 4), (2, 5, 4)], ("(3, 5, 4)", "(2, 5, 4)")),
    (
        "Attention",
        {},
        [STEPS, STEPS, (None, 6, 4)],
        ("(None, 5, 4)", "(None, 6, 4)"),
    ),
    ("AdditiveAttention", {}, [STEPS, (None, 5, 3)], ("(None, 5, 3)",)),
    ("AdditiveAttention", {}, [(None, 5, None)] * 2, ("'scale'", "(None,)")),
    ("Add", {}, [STEPS, (None, 5, 3)], ("(None, 5, 4)", "(None, 5, 3)")),
    ("Add", {}, STEPS, ("list",)),
    ("Subtract", {}, [STEPS] * 3, ("two", "3")),
    ("Multiply", {}, [(None, 4), (None, 3)], ("(None, 4)", "(None, 3)")),
    ("Maximum", {}, [(None, 4), (None, 3)], ("(None, 4)", "(None, 3)")),
    ("Minimum", {}, [(None, 4), (None, 3)], ("(None, 4)", "(None, 3)")),
    ("Average", {}, [(None, 4), (None, 3)], ("(None, 4)", "(None, 3)")),
    (
        "Concatenate",
        {"axis": 1},
        [STEPS, (None, 5, 3)],
        ("`axis`", "(None, 5, 3)"),
    ),
    ("Concatenate", {"axis": 3}, [STEPS, STEPS], ("`axis`", "3")),
    ("Concatenate", {}, [STEPS, FLAT], ("(None, 5, 4)", "(None, 4)")),
    ("Dot", {"axes": 1}, [FLAT, (None, 3)], ("`axes`", "(None, 3)")),
    ("Dot", {"axes": 5}, [FLAT, FLAT], ("`axes`", "5")),
    ("Dot", {"axes": 1}, [FLAT] * 3, ("two", "3")),
    ("Cropping1D", {"cropping": -1}, None, ("`cropping`", "-1")),
    ("Cropping1D", {"cropping": 3}, STEPS, ("`cropping`", "(3, 3)", "5")),
    ("Cropping2D", {"cropping": 3}, IMAGES, ("`cropping`", "(3, 3)", "6")),
    (
        "Cropping3D",
        {"cropping": 2},
        (None, 4, 4, 4, 1),
        ("`cropping`", "(2, 2)", "4"),
    ),
    ("Cropping2D", {}, STEPS, ("(None, 5, 4)",)),
    ("ZeroPadding1D", {"padding": -1}, None, ("`padding`", "-1")),
    ("ZeroPadding2D", {"padding": (1, 2, 3)}, None, ("`padding`", "(1, 2, 3)")),
    ("ZeroPadding2D", {}, STEPS, ("(None, 5, 4)",)),
    ("ZeroPadding3D", {}, STEPS, ("(None, 5, 4)",)),
    ("UpSampling1D", {"size": 0}, None, ("`size`", "0")),
    ("UpSampling2D", {"size": (2, 0)}, None, ("`size`", "(2, 0)")),
    ("UpSampling3D", {"size": (2, 2)}, None, ("`size`", "(2, 2)")),
    ("UpSampling2D", {}, STEPS, ("(None, 5, 4)",)),
    ("AdaptiveAveragePooling1D", {"output_size": 0}, None, ("`output_size`",)),
    ("AdaptiveMaxPooling2D", {"output_size": -1}, None, ("`output_size`",)),
    ("AdaptiveMaxPooling2D", {"output_size": 2}, STEPS, ("(None, 5, 4)",)),
    ("PReLU", {"shared_axes": [3]}, STEPS, ("`shared_axes`", "3")),
    ("PReLU", {}, (None, None, 4), ("`shared_axes`", "(None, None, 4)")),
    ("LeakyReLU", {"alpha": None}, None, ("`alpha`", "None")),
    ("ReLU", {"max_value": -1.0}, None, ("`max_value`", "-1.0")),
    ("ELU", {"alpha": None}, None, ("`alpha`", "None")),
    ("Softmax", {"axis": 3}, STEPS, ("`axis`", "3", "(None, 5, 4)")),
    (
        "TimeDistributed",
        {"layer": tfk.layers.Dropout(0.5)},
        (None,),
        ("(None,)",),
    ),
    (
        "ReversibleEmbedding",
        {"input_dim": 0, "output_dim": 2},
        None,
        ("`input",),
    ),
    *(
        (name, {"units": units}, None, ("`units`", str(units)))
        for name in ("SimpleRNN", "LSTM", "GRU", "LSTMCell", "GRUCell")
        for units in (0, -2)
    ),
    *(
        (name, {"units": 2}, shape, (str(shape),))
        for name in ("SimpleRNN", "LSTM", "GRU")
        for shape in (FLAT, IMAGES)
    ),
    *(
        (name, {"units": 2}, (None, 5, None), ("(None, None)", "last axis"))
        for name in ("SimpleRNN", "LSTM", "GRU")
    ),
    *(
        (name, {"units": 2, "dropout": 2}, None, ("`dropout`", "2"))
        for name in ("SimpleRNN", "LSTM", "GRU")
    ),
    (
        "Bidirectional",
        {"layer": tfk.layers.LSTM(2), "merge_mode": "product"},
        None,
        ("`merge_mode`", "'product'"),
    ),
    ("LSTM", {"units": 2, "stateful": True}, STEPS, ("batch size", "None")),
]


class LayerSizesTest:
    @pytest.mark.parametrize("name", sorted({row[0] for row in rows()}))
    def test_impossible_sizes_are_told(self, name):
        for row in rows():
            if row[0] == name:
                assert_tells(*row[:3], *row[3])
