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
"""The layers that the golden files hold, by family.

Each is described in words that tf_keras, Keras 3 and tfk share, so that every
package can make it. Change this table, and write the files anew:
`python -m tfk.testing.golden_files`.
"""

import dataclasses
from typing import Any

from tfk.testing.conformance import floats
from tfk.testing.conformance import integers
from tfk.testing.conformance import words
from tfk.utils import naming


@dataclasses.dataclass(frozen=True)
class Setting:
    """A layer with inputs for it.

    Arguments:
        name: String: the name of the layer.
        class_name: String: the name of its class in `layers`.
        arguments: Dict of the constructor's arguments, or function that
            returns one for a package: arguments that are layers are made of it.
        inputs: Array, or list of arrays.
        packages: Tuple of the packages that know these arguments.
        is_random: Boolean: whether it draws random numbers in training.
        is_spread: Boolean: whether it takes the inputs as several arguments.
        adapts: Boolean: whether it learns from the inputs first.
        in_models: Boolean: whether the models hold it, too.
    """

    name: str
    class_name: str
    arguments: Any
    inputs: Any
    packages: tuple = ("tf_keras", "keras")
    is_random: bool = False
    is_spread: bool = False
    adapts: bool = False
    in_models: bool = True

    def make(self, package):
        """Returns a new layer of a package such as tf_keras."""
        arguments = self.arguments
        if callable(arguments):
            arguments = arguments(package)
        layer_class = getattr(package.layers, self.class_name)
        return layer_class(**arguments, name=self.name)

    def call(self, layer, inputs, **arguments):
        """Calls a layer on inputs, which may be symbolic."""
        if self.is_spread:
            return layer(*inputs, **arguments)
        return layer(inputs, **arguments)


def _rows(class_name, inputs, variants=None, **options):
    prefix = naming.to_snake_case(class_name)
    return [
        Setting(f"{prefix}_{name}", class_name, arguments, inputs, **options)
        for name, arguments in (variants or {"plain": {}}).items()
    ]


_OLD = {"packages": ("tf_keras",)}
_NEW = {"packages": ("keras",)}
_PAIR = [floats(2, 3), floats(2, 3, seed=1)]
_QUERY_AND_VALUE = [floats(2, 3, 4), floats(2, 5, 4, seed=1)]
_STEPS = floats(2, 4, 3)

_CONVOLUTIONS = [
    *_rows(
        "Conv1D",
        floats(2, 6, 4),
        {
            "plain": {"filters": 3, "kernel_size": 3},
            "causal": {
                "filters": 2,
                "kernel_size": 2,
                "padding": "causal",
                "dilation_rate": 2,
                "use_bias": False,
            },
            "groups": {"filters": 4, "kernel_size": 2, "groups": 2},
        },
    ),
    *_rows(
        "Conv2D",
        floats(2, 5, 6, 2),
        {
            "plain": {"filters": 3, "kernel_size": (3, 2), "strides": 2},
            "no_bias": {
                "filters": 2,
                "kernel_size": 3,
                "use_bias": False,
                "padding": "same",
                "activation": "relu",
            },
            "groups": {"filters": 4, "kernel_size": 2, "groups": 2},
        },
    ),
    *_rows(
        "Conv3D",
        floats(2, 3, 4, 3, 2),
        {
            "plain": {"filters": 2, "kernel_size": 2},
            "no_bias": {
                "filters": 2,
                "kernel_size": (1, 2, 3),
                "use_bias": False,
                "padding": "same",
            },
        },
    ),
    *_rows(
        "Conv1DTranspose",
        floats(2, 5, 3),
        {
            "plain": {"filters": 2, "kernel_size": 3, "strides": 2},
            "no_bias": {
                "filters": 2,
                "kernel_size": 2,
                "use_bias": False,
                "padding": "same",
            },
        },
    ),
    *_rows(
        "Conv2DTranspose",
        floats(2, 3, 4, 2),
        {
            "plain": {"filters": 3, "kernel_size": (3, 2), "strides": 2},
            "no_bias": {
                "filters": 2,
                "kernel_size": 3,
                "use_bias": False,
                "padding": "same",
            },
        },
    ),
    *_rows(
        "Conv3DTranspose",
        floats(2, 2, 3, 2, 2),
        {
            "plain": {"filters": 3, "kernel_size": 2, "activation": "tanh"},
            "no_bias": {"filters": 2, "kernel_size": 2, "use_bias": False},
        },
    ),
    *_rows(
        "SeparableConv1D",
        floats(2, 5, 3),
        {
            "plain": {"filters": 2, "kernel_size": 3},
            "no_bias": {
                "filters": 2,
                "kernel_size": 2,
                "depth_multiplier": 2,
                "use_bias": False,
            },
        },
    ),
    *_rows(
        "SeparableConv2D",
        floats(2, 5, 4, 3),
        {
            "plain": {"filters": 2, "kernel_size": 3, "padding": "same"},
            "no_bias": {
                "filters": 2,
                "kernel_size": 2,
                "depth_multiplier": 2,
                "use_bias": False,
            },
        },
    ),
    *_rows(
        "DepthwiseConv1D",
        floats(2, 5, 3),
        {
            "plain": {"kernel_size": 3},
            "no_bias": {
                "kernel_size": 2,
                "depth_multiplier": 2,
                "use_bias": False,
            },
        },
    ),
    *_rows(
        "DepthwiseConv2D",
        floats(2, 5, 4, 3),
        {
            "plain": {"kernel_size": (2, 3), "padding": "same"},
            "no_bias": {
                "kernel_size": 2,
                "depth_multiplier": 2,
                "use_bias": False,
            },
        },
    ),
    *_rows(
        "LocallyConnected1D",
        floats(2, 5, 2),
        {
            f"in_way_{i}": {
                "filters": 3,
                "kernel_size": 2,
                "implementation": i,
                "use_bias": i != 2,
            }
            for i in (1, 2, 3)
        },
        **_OLD,
    ),
    *_rows(
        "LocallyConnected2D",
        floats(2, 3, 4, 2),
        {
            f"in_way_{i}": {
                "filters": 3,
                "kernel_size": (2, 1),
                "implementation": i,
                "use_bias": i != 2,
            }
            for i in (1, 2, 3)
        },
        **_OLD,
    ),
]

_IMAGES = {
    1: floats(2, 5, 2),
    2: floats(2, 4, 5, 2),
    3: floats(2, 4, 3, 5, 2),
}


def _of_all_ranks(name, variants, **options):
    return [
        row
        for rank, inputs in _IMAGES.items()
        for row in _rows(name.format(rank), inputs, variants, **options)
    ]


_POOLINGS = [
    *[
        row
        for kind in ("Max", "Average")
        for row in [
            *_of_all_ranks(
                f"{kind}Pooling{{}}D",
                {
                    "plain": {"pool_size": 2},
                    "same": {"pool_size": 3, "strides": 2, "padding": "same"},
                },
            ),
            *_of_all_ranks(
                f"Global{kind}Pooling{{}}D",
                {"plain": {}, "kept": {"keepdims": True}},
            ),
            *_of_all_ranks(
                f"Adaptive{kind}Pooling{{}}D",
                {"plain": {"output_size": 2}},
                **_NEW,
            ),
        ]
    ],
    *_of_all_ranks("Cropping{}D", {"plain": {"cropping": 1}}),
    *_of_all_ranks("ZeroPadding{}D", {"plain": {"padding": 2}}),
    *_of_all_ranks("UpSampling{}D", {"plain": {"size": 2}}),
    *_rows(
        "UpSampling2D",
        _IMAGES[2],
        {"bilinear": {"size": (2, 3), "interpolation": "bilinear"}},
    ),
]

_NORMALIZATIONS = [
    *_rows(
        "BatchNormalization",
        floats(3, 2, 4),
        {
            "plain": {},
            "no_scale": {"scale": False, "momentum": 0.5},
            "no_center": {"center": False, "axis": 1},
            "neither": {"center": False, "scale": False},
        },
    ),
    *_rows("BatchNormalization", floats(3, 2, 2, 3), {"images": {}}),
    *_rows(
        "LayerNormalization",
        floats(2, 3, 4),
        {
            "plain": {},
            "no_scale": {"scale": False},
            "no_center": {"center": False, "axis": 1},
        },
    ),
    *_rows(
        "GroupNormalization",
        floats(2, 3, 4),
        {"plain": {"groups": 2}, "no_scale": {"groups": 4, "scale": False}},
    ),
    *_rows("RMSNormalization", floats(2, 3, 4), **_NEW),
    *_rows("UnitNormalization", floats(2, 3, 4)),
    *_rows(
        "SpectralNormalization",
        floats(2, 3),
        {"dense": lambda keras: {"layer": keras.layers.Dense(4, name="inner")}},
    ),
    *_rows(
        "SpectralNormalization",
        floats(2, 4, 4, 2),
        {
            "conv": lambda keras: {
                "layer": keras.layers.Conv2D(3, 2, name="inner"),
                "power_iterations": 2,
            }
        },
    ),
]

_ATTENTIONS = [
    *_rows(
        "Attention",
        _QUERY_AND_VALUE,
        {
            "plain": {},
            "scale": {"use_scale": True},
            "concat": {"score_mode": "concat"},
            "both": {"score_mode": "concat", "use_scale": True},
        },
    ),
    *_rows(
        "AdditiveAttention",
        _QUERY_AND_VALUE,
        {"plain": {}, "no_scale": {"use_scale": False}},
    ),
    *_rows(
        "MultiHeadAttention",
        _QUERY_AND_VALUE,
        {
            "plain": {"num_heads": 2, "key_dim": 3},
            "no_bias": {"num_heads": 2, "key_dim": 3, "use_bias": False},
            "value_dim": {"num_heads": 1, "key_dim": 3, "value_dim": 2},
            "output_shape": {"num_heads": 2, "key_dim": 2, "output_shape": 5},
        },
        is_spread=True,
    ),
    *_rows(
        "MultiHeadAttention",
        [
            floats(2, 3, 4),
            floats(2, 5, 6, seed=1),
            floats(2, 5, 2, seed=2),
        ],
        {"key": {"num_heads": 2, "key_dim": 3, "value_dim": 4}},
        is_spread=True,
    ),
    *_rows(
        "MultiHeadAttention",
        [floats(2, 3, 4, 2), floats(2, 3, 4, 5, seed=1)],
        {
            "axes": {"num_heads": 2, "key_dim": 3, "attention_axes": (1, 2)},
        },
        is_spread=True,
    ),
    *_rows(
        "GroupQueryAttention",
        _QUERY_AND_VALUE,
        {
            "plain": {
                "head_dim": 3,
                "num_query_heads": 4,
                "num_key_value_heads": 2,
            },
            "no_bias": {
                "head_dim": 2,
                "num_query_heads": 2,
                "num_key_value_heads": 1,
                "use_bias": False,
            },
        },
        is_spread=True,
        **_NEW,
    ),
]


def _cells(*names, **options):
    def arguments(keras):
        cells = [
            getattr(keras.layers, name)(2 + i, name=f"cell_{i}")
            for i, name in enumerate(names)
        ]
        return {"cell": cells if len(cells) > 1 else cells[0], **options}

    return arguments


def _both_ways(name, has_own_backward=False, merge_mode="concat", **options):
    def arguments(keras):
        make = getattr(keras.layers, name)
        result = {"layer": make(2, **options, name="inner")}
        if has_own_backward:
            result["backward_layer"] = make(
                2, **options, go_backwards=True, name="other"
            )
        return {**result, "merge_mode": merge_mode}

    return arguments


_SEQUENCES = {"return_sequences": True}

_RECURRENT = [
    *_rows(
        "SimpleRNN",
        _STEPS,
        {
            "plain": {"units": 2},
            "no_bias": {"units": 2, "use_bias": False, **_SEQUENCES},
            "backwards": {
                "units": 2,
                "go_backwards": True,
                "return_state": True,
            },
        },
    ),
    *_rows(
        "LSTM",
        _STEPS,
        {
            "plain": {"units": 2},
            "no_bias": {"units": 2, "use_bias": False, **_SEQUENCES},
            "states": {"units": 3, "return_state": True, "activation": "relu"},
        },
    ),
    *_rows(
        "LSTM",
        _STEPS,
        {"in_way_1": {"units": 2, "implementation": 1}},
        **_OLD,
    ),
    *_rows(
        "LSTM",
        floats(4, 2, 3),
        {"time_major": {"units": 2, "time_major": True, **_SEQUENCES}},
        **_OLD,
        in_models=False,
    ),
    *_rows(
        "LSTM", _STEPS, {"drops": {"units": 2, "dropout": 0.5}}, is_random=True
    ),
    *_rows(
        "GRU",
        _STEPS,
        {
            "plain": {"units": 2},
            "no_bias": {"units": 2, "use_bias": False, **_SEQUENCES},
            "reset_before": {"units": 3, "reset_after": False},
            "states": {"units": 3, "return_state": True, "activation": "relu"},
        },
    ),
    # The slope of Keras 3's `hard_sigmoid` is another one.
    *_rows(
        "GRU",
        _STEPS,
        {"hard": {"units": 2, "recurrent_activation": "hard_sigmoid"}},
        **_OLD,
    ),
    *_rows(
        "RNN",
        _STEPS,
        {
            "simple": _cells("SimpleRNNCell"),
            "lstm": _cells("LSTMCell", return_state=True),
            "gru": _cells("GRUCell", **_SEQUENCES),
            "stacked": _cells("LSTMCell", "GRUCell", "SimpleRNNCell"),
        },
    ),
    *_rows(
        "Bidirectional",
        _STEPS,
        {
            "lstm": _both_ways("LSTM"),
            "gru": _both_ways("GRU", merge_mode="sum", **_SEQUENCES),
            "own_backward": _both_ways("LSTM", has_own_backward=True),
            "apart": _both_ways("SimpleRNN", merge_mode=None),
        },
    ),
    *_rows(
        "TimeDistributed",
        _STEPS,
        {"dense": lambda keras: {"layer": keras.layers.Dense(2, name="inner")}},
    ),
    *_rows(
        "TimeDistributed",
        floats(2, 3, 4, 2),
        {
            "conv": lambda keras: {
                "layer": keras.layers.Conv1D(2, 2, name="inner")
            },
            "norm": lambda keras: {
                "layer": keras.layers.BatchNormalization(name="inner")
            },
        },
    ),
    *_rows(
        "ConvLSTM1D",
        floats(2, 3, 4, 2),
        {"hard": {"filters": 2, "kernel_size": 2}},
        **_OLD,
    ),
    *[
        row
        for rank in (1, 2, 3)
        for row in _rows(
            f"ConvLSTM{rank}D",
            floats(2, 3, *(4, 3, 3)[:rank], 2),
            {
                "plain": {
                    "filters": 2,
                    "kernel_size": 2,
                    "recurrent_activation": "sigmoid",
                },
                "no_bias": {
                    "filters": 2,
                    "kernel_size": 2,
                    "recurrent_activation": "sigmoid",
                    "use_bias": False,
                    "padding": "same",
                    **_SEQUENCES,
                },
            },
        )
    ],
]

_CORE = [
    *_rows(
        "Dense",
        floats(2, 3),
        {
            "plain": {"units": 2, "activation": "tanh"},
            "no_bias": {"units": 2, "use_bias": False},
            "regularized": {
                "units": 2,
                "kernel_regularizer": "l2",
                "bias_constraint": "non_neg",
                "kernel_initializer": "he_normal",
            },
        },
    ),
    *_rows("Dense", floats(2, 3, 4), {"sequences": {"units": 3}}),
    *_rows(
        "EinsumDense",
        floats(2, 3, 4),
        {
            "plain": {"equation": "abc,cd->abd", "output_shape": (None, 5)},
            "bias": {
                "equation": "abc,cde->abde",
                "output_shape": (3, 5, 2),
                "bias_axes": "be",
            },
        },
    ),
    *_rows(
        "Embedding",
        integers(2, 3),
        {
            "plain": {"input_dim": 5, "output_dim": 3},
            "masked": {"input_dim": 5, "output_dim": 2, "mask_zero": True},
        },
    ),
    *_rows(
        "ReversibleEmbedding",
        integers(2, 3),
        {
            "plain": {"input_dim": 5, "output_dim": 3},
            "untied": {"input_dim": 5, "output_dim": 3, "tie_weights": False},
        },
        **_NEW,
    ),
    *_rows("Identity", floats(2, 3)),
    *_rows("Masking", floats(2, 3, 2)),
    *_rows("Flatten", floats(2, 3, 2)),
    *_rows("Permute", floats(2, 3, 2), {"plain": {"dims": (2, 1)}}),
    *_rows("RepeatVector", floats(2, 3), {"plain": {"n": 2}}),
    *_rows("Reshape", floats(2, 3, 2), {"plain": {"target_shape": (2, -1)}}),
    *_rows(
        "Activation",
        floats(2, 3),
        {name: {"activation": name} for name in ("gelu", "softmax")},
    ),
    *_rows("ELU", floats(2, 3), {"plain": {"alpha": 0.5}}),
    *_rows("LeakyReLU", floats(2, 3)),
    *_rows(
        "PReLU",
        floats(2, 3, 2),
        {"plain": {}, "shared": {"shared_axes": [1]}},
    ),
    *_rows(
        "ReLU",
        floats(2, 3),
        {
            "plain": {},
            "all": {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2},
        },
    ),
    *_rows("Softmax", floats(2, 3), {"plain": {}, "axis": {"axis": -1}}),
    *_rows("ThresholdedReLU", floats(2, 3), {"plain": {"theta": 0.5}}, **_OLD),
]

_MERGING = [
    row
    for name in (
        "Add",
        "Average",
        "Concatenate",
        "Maximum",
        "Minimum",
        "Multiply",
        "Subtract",
    )
    for row in _rows(name, _PAIR)
] + _rows(
    "Dot",
    [floats(2, 2, 3), floats(2, 3, 4)],
    {"plain": {"axes": (2, 1)}, "normalize": {"axes": [2, 1], "normalize": 1}},
)

_REGULARIZATION = [
    *_rows("ActivityRegularization", floats(2, 3), {"plain": {"l1": 0.1}}),
    *[
        row
        for name in ("AlphaDropout", "Dropout", "GaussianDropout")
        for row in _rows(
            name,
            floats(2, 3),
            {"plain": {"rate": 0.5, "seed": 1}},
            is_random=True,
        )
    ],
    *_rows(
        "GaussianNoise",
        floats(2, 3),
        {"plain": {"stddev": 0.5, "seed": 1}},
        is_random=True,
    ),
    *_of_all_ranks(
        "SpatialDropout{}D", {"plain": {"rate": 0.5}}, is_random=True
    ),
]

_PREPROCESSING = [
    *_rows(
        "CategoryEncoding",
        integers(2, 3),
        {"plain": {"num_tokens": 5}},
    ),
    *_rows(
        "Hashing",
        words(2, 3),
        {"plain": {"num_bins": 5}, "salt": {"num_bins": 7, "salt": 3}},
    ),
    *_rows(
        "HashedCrossing",
        [words(3, 1), integers(3, 1)],
        {"plain": {"num_bins": 5}},
    ),
    *_rows(
        "IntegerLookup",
        integers(2, 3),
        {
            "plain": {"vocabulary": [3, 1]},
            "counts": {"vocabulary": [3, 1], "output_mode": "count"},
        },
    ),
    *_rows(
        "StringLookup",
        words(2, 3),
        {
            "plain": {"vocabulary": ["red", "blue"]},
            "mask": {"vocabulary": ["red", "blue"], "mask_token": ""},
        },
    ),
    *_rows(
        "Normalization",
        floats(2, 3),
        {"given": {"mean": [1.0, 2.0, 3.0], "variance": [0.5, 1.0, 2.0]}},
    ),
    *_rows("Normalization", floats(2, 3), {"learnt": {}}, adapts=True),
    *_rows(
        "Discretization",
        floats(2, 3),
        {"plain": {"bin_boundaries": [-0.5, 0.0, 0.5]}},
    ),
    *_rows(
        "TextVectorization",
        words(3, 1),
        {
            "plain": {"vocabulary": ["red", "blue"]},
            "counts": {"vocabulary": ["red"], "output_mode": "count"},
        },
    ),
    *_rows("Rescaling", floats(2, 3), {"plain": {"scale": 0.5, "offset": 1.0}}),
]

FAMILIES = {
    "convolution": _CONVOLUTIONS,
    "pooling": _POOLINGS,
    "normalization": _NORMALIZATIONS,
    "attention": _ATTENTIONS,
    "recurrent": _RECURRENT,
    "core": _CORE,
    "merging": _MERGING,
    "regularization": _REGULARIZATION,
    "preprocessing": _PREPROCESSING,
}

# Layers of the conformance table that the files leave out.
WITHOUT_SETTING = {
    "CategoryCrossing": "neither package has it",
    "Lambda": "its config holds code of one Python version",
    **dict.fromkeys(
        (
            "AugMix",
            "AutoContrast",
            "CenterCrop",
            "CutMix",
            "Equalization",
            "MixUp",
            "RandAugment",
            "RandomBrightness",
            "RandomColorDegeneration",
            "RandomColorJitter",
            "RandomContrast",
            "RandomCrop",
            "RandomErasing",
            "RandomFlip",
            "RandomGaussianBlur",
            "RandomGrayscale",
            "RandomHeight",
            "RandomHue",
            "RandomInvert",
            "RandomPerspective",
            "RandomPosterization",
            "RandomRotation",
            "RandomSaturation",
            "RandomSharpness",
            "RandomShear",
            "RandomTranslation",
            "RandomWidth",
            "RandomZoom",
            "Resizing",
            "Solarization",
        ),
        "an image layer without weights, compared in the test beside it",
    ),
}


def settings_of(package_name, family=None):
    """Returns the settings that a package knows.

    Arguments:
        package_name: String: "tf_keras" or "keras", or None for both.
        family: String, or None for all families.
    """
    families = FAMILIES.values() if family is None else [FAMILIES[family]]
    return [
        setting
        for rows in families
        for setting in rows
        if package_name is None or package_name in setting.packages
    ]
