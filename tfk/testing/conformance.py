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
"""One row for every public layer, loss, metric and optimizer.

The suites in `tfk/integration_tests` run each row through all that a user may
do with it. A new class needs a row here and gets all of these tests.
"""

import dataclasses
import inspect
from typing import Any
from typing import Callable

import numpy as np
import pytest

import tfk
from tfk import layers
from tfk import losses
from tfk import metrics


@dataclasses.dataclass(frozen=True)
class Case:
    """What every row has.

    Arguments:
        name: String: the public name of the class.
        make: Function without arguments that returns a new object; for
            optimizers, a function of the module to take the class from.
        fails: Dict of the names of checks that can't hold for this class to
            the reasons. A check that is listed here and holds is an error.
    """

    name: str
    make: Callable
    fails: dict = dataclasses.field(default_factory=dict, kw_only=True)


@dataclasses.dataclass(frozen=True)
class LayerCase(Case):
    """A layer with inputs for it.

    Arguments:
        inputs: Array, or list or dict of arrays, of four samples.
        adapts: Boolean: whether the layer learns from the inputs first.
        random: Boolean: whether it draws random numbers in training.
    """

    inputs: Any
    adapts: bool = False
    random: bool = False


@dataclasses.dataclass(frozen=True)
class LossCase(Case):
    """A loss with targets and predictions for it.

    Arguments:
        y_true: Array of targets of four samples.
        y_pred: Array of predictions.
        activation: String: what brings the outputs of a model into the range
            of the predictions.
    """

    y_true: Any
    y_pred: Any
    activation: str = "linear"


@dataclasses.dataclass(frozen=True)
class MetricCase(Case):
    """A metric with what it is updated with.

    Arguments:
        arguments: Tuple of arrays of four samples: targets and predictions
            for most.
    """

    arguments: tuple


@dataclasses.dataclass(frozen=True)
class OptimizerCase(Case):
    """An optimizer."""


def params(cases, check):
    """Returns rows for `pytest.mark.parametrize`.

    Rows that say that the check can't hold are expected to fail.

    Arguments:
        cases: List of rows.
        check: String: the name of the check.
    """
    assert check in CHECKS, check
    return [
        pytest.param(
            case,
            id=case.name,
            marks=(
                [pytest.mark.xfail(reason=case.fails[check], strict=True)]
                if check in case.fails
                else []
            ),
        )
        for case in cases
    ]


# The checks that a row may opt out of, with a reason.
CHECKS = (
    "compile_by_name",
    "config",
    "five_steps",
    "function",
    "functional",
    "gradients",
    "mixed_precision",
    "model_files",
    "replicas",
    "weights",
    "xla",
)

# Public classes that are not to be used by themselves.
WITHOUT_ROW = {
    "layers.AbstractRNNCell": "a base class",
    "layers.GRUCell": "takes states; `RNN` and `GRU` run it",
    "layers.InputLayer": "every model that is made of symbolic inputs has one",
    "layers.LSTMCell": "takes states; `RNN` and `LSTM` run it",
    "layers.Layer": "the base class",
    "layers.PreprocessingLayer": "a base class",
    "layers.TFSMLayer": "needs a file; it has tests of its own",
    "layers.Wrapper": "a base class",
    "layers.SimpleRNNCell": "takes states; `RNN` and `SimpleRNN` run it",
    "layers.StackedRNNCells": "takes states; `RNN` runs it",
    "losses.Loss": "the base class",
    "metrics.Metric": "the base class",
    "optimizers.Optimizer": "the base class",
}


def public_classes(module, base):
    """Returns the names of a module's public classes, aliases left out.

    Arguments:
        module: Module such as `tfk.layers`.
        base: Class that they derive from.
    """
    family = module.__name__.split(".")[-1]
    return {
        name
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and issubclass(value, base)
        and value.__name__ == name
        and f"{family}.{name}" not in WITHOUT_ROW
    }


# Data: small, of every sign, the same in each run


def floats(*shape, seed=0):
    """Returns an array of normally distributed numbers."""
    numbers = np.random.RandomState(seed).normal(size=shape)
    return numbers.astype("float32")


def fractions(*shape, seed=0):
    """Returns an array of numbers between 0.05 and 0.95."""
    numbers = np.random.RandomState(seed).uniform(0.05, 0.95, shape)
    return numbers.astype("float32")


def integers(*shape, limit=5, seed=0):
    """Returns an array of integers from 0 to `limit`, which is left out."""
    return np.random.RandomState(seed).randint(0, limit, shape)


def words(*shape, seed=0):
    """Returns an array of strings."""
    return np.array(["red", "green", "blue", "grey", ""])[
        integers(*shape, seed=seed)
    ]


def one_hot(*shape, depth=3, seed=0):
    """Returns an array of one-hot vectors."""
    return np.eye(depth, dtype="float32")[
        integers(*shape, limit=depth, seed=seed)
    ]


def chances(*shape, seed=0):
    """Returns an array of numbers that add up to 1 along the last axis."""
    scores = np.exp(floats(*shape, seed=seed))
    return scores / scores.sum(axis=-1, keepdims=True)


def lengths_one(*shape, seed=0):
    """Returns an array of vectors of length 1 along the last axis."""
    vectors = floats(*shape, seed=seed)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


# Layers

STRINGS = {
    "xla": "XLA knows no strings",
    "mixed_precision": "gives no numbers",
}
INTEGERS = {
    "xla": "made of tables or hashes of strings, which XLA does not know",
    "mixed_precision": "gives integers",
}


@tfk.saving.register_keras_serializable(package="conformance")
def double(x):
    """The function of the `Lambda` row."""
    return x * 2.0


@tfk.saving.register_keras_serializable(package="conformance")
class MultiHeadAttention(layers.MultiHeadAttention):
    """The layer of the row, which takes one input."""

    def __call__(self, query, value=None, **kwargs):
        return super().__call__(query, query if value is None else value)


@tfk.saving.register_keras_serializable(package="conformance")
class GroupQueryAttention(layers.GroupQueryAttention):
    """The layer of the row, which takes one input."""

    def __call__(self, query, value=None, **kwargs):
        return super().__call__(query, query if value is None else value)


def _pair():
    return [floats(4, 3), floats(4, 3, seed=1)]


def _images(name, make, random=True, fails=None):
    return LayerCase(
        name, make, fractions(4, 6, 5, 3), random=random, fails=fails or {}
    )


_MOVES_PIXELS = {"xla": "XLA does not know ImageProjectiveTransformV3"}
_NO_GRADIENT = "a step function, which has no gradient"


LAYERS = [
    LayerCase("Activation", lambda: layers.Activation("tanh"), floats(4, 3)),
    LayerCase(
        "ActivityRegularization",
        lambda: layers.ActivityRegularization(l1=0.1, l2=0.2),
        floats(4, 3),
    ),
    LayerCase(
        "AdaptiveAveragePooling1D",
        lambda: layers.AdaptiveAveragePooling1D(2),
        floats(4, 5, 2),
    ),
    LayerCase(
        "AdaptiveAveragePooling2D",
        lambda: layers.AdaptiveAveragePooling2D((2, 3)),
        floats(4, 4, 5, 2),
    ),
    LayerCase(
        "AdaptiveAveragePooling3D",
        lambda: layers.AdaptiveAveragePooling3D(2),
        floats(4, 3, 4, 4, 2),
    ),
    LayerCase(
        "AdaptiveMaxPooling1D",
        lambda: layers.AdaptiveMaxPooling1D(2),
        floats(4, 5, 2),
    ),
    LayerCase(
        "AdaptiveMaxPooling2D",
        lambda: layers.AdaptiveMaxPooling2D((2, 3)),
        floats(4, 4, 5, 2),
    ),
    LayerCase(
        "AdaptiveMaxPooling3D",
        lambda: layers.AdaptiveMaxPooling3D(2),
        floats(4, 3, 4, 4, 2),
    ),
    LayerCase("Add", lambda: layers.Add(), _pair()),
    LayerCase(
        "AdditiveAttention",
        lambda: layers.AdditiveAttention(),
        [floats(4, 2, 3), floats(4, 5, 3, seed=1)],
    ),
    LayerCase(
        "AlphaDropout",
        lambda: layers.AlphaDropout(0.5, seed=1),
        floats(4, 3),
        random=True,
    ),
    LayerCase(
        "Attention",
        lambda: layers.Attention(use_scale=True, score_mode="concat"),
        [floats(4, 2, 3), floats(4, 5, 3, seed=1)],
    ),
    _images("AugMix", lambda: layers.AugMix(), fails=_MOVES_PIXELS),
    _images("AutoContrast", lambda: layers.AutoContrast(), random=False),
    LayerCase("Average", lambda: layers.Average(), _pair()),
    LayerCase(
        "AveragePooling1D",
        lambda: layers.AveragePooling1D(2),
        floats(4, 5, 2),
    ),
    LayerCase(
        "AveragePooling2D",
        lambda: layers.AveragePooling2D(2, padding="same"),
        floats(4, 5, 4, 2),
    ),
    LayerCase(
        "AveragePooling3D",
        lambda: layers.AveragePooling3D(2, strides=1),
        floats(4, 3, 4, 3, 2),
    ),
    LayerCase(
        "BatchNormalization",
        lambda: layers.BatchNormalization(),
        floats(4, 3),
    ),
    LayerCase(
        "Bidirectional",
        lambda: layers.Bidirectional(
            layers.LSTM(2, return_sequences=True), merge_mode="sum"
        ),
        floats(4, 3, 2),
    ),
    LayerCase(
        "CategoryCrossing",
        lambda: layers.CategoryCrossing(),
        [words(4, 1), integers(4, 1)],
        fails=STRINGS,
    ),
    LayerCase(
        "CategoryEncoding",
        lambda: layers.CategoryEncoding(num_tokens=5),
        integers(4, 3),
    ),
    _images("CenterCrop", lambda: layers.CenterCrop(3, 4), random=False),
    LayerCase("Concatenate", lambda: layers.Concatenate(), _pair()),
    LayerCase(
        "Conv1D",
        lambda: layers.Conv1D(2, 3, padding="causal", dilation_rate=2),
        floats(4, 6, 3),
    ),
    LayerCase(
        "Conv2D",
        lambda: layers.Conv2D(4, (3, 2), strides=2, activation="relu"),
        floats(4, 6, 5, 2),
    ),
    LayerCase(
        "Conv3D",
        lambda: layers.Conv3D(2, 2, padding="same", use_bias=False),
        floats(4, 3, 4, 3, 2),
    ),
    LayerCase(
        "Conv1DTranspose",
        lambda: layers.Conv1DTranspose(2, 3, strides=2, padding="same"),
        floats(4, 5, 3),
    ),
    LayerCase(
        "Conv2DTranspose",
        lambda: layers.Conv2DTranspose(2, 3, strides=2, output_padding=1),
        floats(4, 3, 4, 2),
    ),
    LayerCase(
        "Conv3DTranspose",
        lambda: layers.Conv3DTranspose(2, 2, activation="tanh"),
        floats(4, 2, 3, 2, 2),
    ),
    LayerCase(
        "ConvLSTM1D",
        lambda: layers.ConvLSTM1D(2, 2, strides=2, return_sequences=True),
        floats(4, 3, 5, 2),
    ),
    LayerCase(
        "ConvLSTM2D",
        lambda: layers.ConvLSTM2D(2, 2, padding="same"),
        floats(4, 3, 4, 3, 2),
    ),
    LayerCase(
        "ConvLSTM3D",
        lambda: layers.ConvLSTM3D(2, 2, use_bias=False),
        floats(4, 2, 3, 3, 2, 2),
    ),
    LayerCase("Cropping1D", lambda: layers.Cropping1D((1, 2)), floats(4, 6, 2)),
    LayerCase(
        "Cropping2D",
        lambda: layers.Cropping2D(((1, 0), (1, 2))),
        floats(4, 4, 5, 2),
    ),
    LayerCase(
        "Cropping3D",
        lambda: layers.Cropping3D(1),
        floats(4, 3, 4, 5, 2),
    ),
    _images("CutMix", lambda: layers.CutMix()),
    LayerCase(
        "Dense",
        lambda: layers.Dense(
            2,
            activation="tanh",
            kernel_regularizer="l2",
            bias_constraint="max_norm",
        ),
        floats(4, 3),
    ),
    LayerCase(
        "DepthwiseConv1D",
        lambda: layers.DepthwiseConv1D(3, depth_multiplier=2),
        floats(4, 5, 2),
    ),
    LayerCase(
        "DepthwiseConv2D",
        lambda: layers.DepthwiseConv2D(2, dilation_rate=2, padding="same"),
        floats(4, 4, 5, 2),
    ),
    LayerCase(
        "Discretization",
        lambda: layers.Discretization(num_bins=3),
        floats(4, 3),
        adapts=True,
        fails={"mixed_precision": "gives integers"},
    ),
    LayerCase(
        "Dot",
        lambda: layers.Dot(axes=(2, 1)),
        [floats(4, 2, 3), floats(4, 3, 5)],
    ),
    LayerCase(
        "Dropout",
        lambda: layers.Dropout(0.5, seed=1),
        floats(4, 3),
        random=True,
    ),
    LayerCase("ELU", lambda: layers.ELU(alpha=0.5), floats(4, 3)),
    LayerCase(
        "EinsumDense",
        lambda: layers.EinsumDense(
            "abc,cd->abd", output_shape=(None, 4), bias_axes="d"
        ),
        floats(4, 2, 3),
    ),
    LayerCase(
        "Embedding",
        lambda: layers.Embedding(5, 3, mask_zero=True),
        integers(4, 2),
    ),
    _images(
        "Equalization",
        lambda: layers.Equalization((0, 1)),
        fails={"gradients": _NO_GRADIENT},
        random=False,
    ),
    LayerCase("Flatten", lambda: layers.Flatten(), floats(4, 2, 3)),
    LayerCase(
        "GRU",
        lambda: layers.GRU(2, return_sequences=True, go_backwards=True),
        floats(4, 3, 2),
    ),
    LayerCase(
        "GaussianDropout",
        lambda: layers.GaussianDropout(0.5, seed=1),
        floats(4, 3),
        random=True,
    ),
    LayerCase(
        "GaussianNoise",
        lambda: layers.GaussianNoise(0.5, seed=1),
        floats(4, 3),
        random=True,
    ),
    LayerCase(
        "GlobalAveragePooling1D",
        lambda: layers.GlobalAveragePooling1D(),
        floats(4, 3, 2),
    ),
    LayerCase(
        "GlobalAveragePooling2D",
        lambda: layers.GlobalAveragePooling2D(keepdims=True),
        floats(4, 3, 2, 2),
    ),
    LayerCase(
        "GlobalAveragePooling3D",
        lambda: layers.GlobalAveragePooling3D(),
        floats(4, 3, 2, 2, 2),
    ),
    LayerCase(
        "GlobalMaxPooling1D",
        lambda: layers.GlobalMaxPooling1D(),
        floats(4, 3, 2),
    ),
    LayerCase(
        "GlobalMaxPooling2D",
        lambda: layers.GlobalMaxPooling2D(keepdims=True),
        floats(4, 3, 2, 2),
    ),
    LayerCase(
        "GlobalMaxPooling3D",
        lambda: layers.GlobalMaxPooling3D(),
        floats(4, 3, 2, 2, 2),
    ),
    LayerCase(
        "GroupQueryAttention",
        lambda: GroupQueryAttention(
            3, 4, 2, use_bias=False, sliding_window=2, use_gate=True
        ),
        0.3 * floats(4, 3, 5),
    ),
    LayerCase(
        "GroupNormalization",
        lambda: layers.GroupNormalization(groups=2),
        floats(4, 3, 2, 4),
    ),
    LayerCase(
        "HashedCrossing",
        lambda: layers.HashedCrossing(num_bins=5),
        [words(4, 1), integers(4, 1)],
        fails=INTEGERS,
    ),
    LayerCase(
        "Hashing",
        lambda: layers.Hashing(num_bins=5, mask_value=""),
        words(4, 3),
        fails=INTEGERS,
    ),
    LayerCase("Identity", lambda: layers.Identity(), floats(4, 3)),
    _images(
        "ImagePipeline", lambda: layers.ImagePipeline([layers.RandomFlip()])
    ),
    LayerCase(
        "IntegerLookup",
        lambda: layers.IntegerLookup(max_tokens=4, mask_token=0),
        integers(4, 3),
        adapts=True,
        fails=INTEGERS,
    ),
    LayerCase(
        "LSTM",
        lambda: layers.LSTM(2, dropout=0.5, seed=1),
        floats(4, 3, 8),
        random=True,
    ),
    LayerCase("Lambda", lambda: layers.Lambda(double), floats(4, 3)),
    LayerCase(
        "LayerNormalization",
        lambda: layers.LayerNormalization(axis=(1, 2)),
        floats(4, 3, 2),
    ),
    LayerCase("LeakyReLU", lambda: layers.LeakyReLU(0.2), floats(4, 3)),
    LayerCase(
        "LocallyConnected1D",
        lambda: layers.LocallyConnected1D(2, 3, strides=2),
        floats(4, 7, 2),
    ),
    LayerCase(
        "LocallyConnected2D",
        lambda: layers.LocallyConnected2D(
            2, 2, padding="same", implementation=3
        ),
        floats(4, 3, 4, 2),
    ),
    LayerCase(
        "Masking",
        lambda: layers.Masking(mask_value=1.0),
        np.float32(integers(4, 3, 2, limit=3)),
    ),
    LayerCase("MaxPooling1D", lambda: layers.MaxPooling1D(2), floats(4, 5, 2)),
    LayerCase(
        "MaxPooling2D",
        lambda: layers.MaxPooling2D(2, padding="same"),
        floats(4, 5, 4, 2),
    ),
    LayerCase(
        "MaxPooling3D",
        lambda: layers.MaxPooling3D(2, strides=1),
        floats(4, 3, 4, 3, 2),
    ),
    _images(
        "MaxNumBoundingBoxes",
        lambda: layers.MaxNumBoundingBoxes(3),
        random=False,
    ),
    LayerCase("Maximum", lambda: layers.Maximum(), _pair()),
    LayerCase(
        "MelSpectrogram",
        lambda: layers.MelSpectrogram(
            fft_length=32, sequence_stride=16, num_mel_bins=4
        ),
        floats(4, 64),
    ),
    LayerCase("Minimum", lambda: layers.Minimum(), _pair()),
    _images("MixUp", lambda: layers.MixUp()),
    LayerCase(
        "MultiHeadAttention",
        lambda: MultiHeadAttention(2, 3, value_dim=4, output_shape=2),
        0.3 * floats(4, 3, 5),
    ),
    LayerCase("Multiply", lambda: layers.Multiply(), _pair()),
    LayerCase(
        "Normalization",
        lambda: layers.Normalization(),
        floats(4, 3),
        adapts=True,
    ),
    LayerCase("OneHot", lambda: layers.OneHot(5), integers(4, 2)),
    LayerCase("PReLU", lambda: layers.PReLU(shared_axes=[1]), floats(4, 2, 3)),
    LayerCase("Permute", lambda: layers.Permute((2, 1)), floats(4, 2, 3)),
    _images(
        "Pipeline",
        lambda: layers.Pipeline([layers.Rescaling(2.0), layers.RandomFlip()]),
    ),
    LayerCase(
        "PreprocessingStage",
        lambda: layers.PreprocessingStage(
            [layers.Rescaling(2.0), layers.Normalization()]
        ),
        floats(4, 3),
        adapts=True,
    ),
    LayerCase(
        "RMSNormalization",
        lambda: layers.RMSNormalization(axis=(1, 2)),
        floats(4, 3, 2),
    ),
    LayerCase(
        "RNN",
        lambda: layers.RNN(
            [layers.LSTMCell(3), layers.GRUCell(2, reset_after=False)],
            return_sequences=True,
        ),
        floats(4, 3, 2),
    ),
    _images("RandAugment", lambda: layers.RandAugment(), fails=_MOVES_PIXELS),
    _images("RandomBrightness", lambda: layers.RandomBrightness(0.2)),
    _images(
        "RandomColorDegeneration", lambda: layers.RandomColorDegeneration(0.5)
    ),
    _images(
        "RandomColorJitter",
        lambda: layers.RandomColorJitter((0, 1), 0.2, 0.2, 0.6, 0.2),
    ),
    _images("RandomContrast", lambda: layers.RandomContrast(0.2)),
    _images("RandomCrop", lambda: layers.RandomCrop(3, 4)),
    _images("RandomErasing", lambda: layers.RandomErasing()),
    _images("RandomFlip", lambda: layers.RandomFlip()),
    _images("RandomGaussianBlur", lambda: layers.RandomGaussianBlur()),
    _images("RandomGrayscale", lambda: layers.RandomGrayscale()),
    _images(
        "RandomHeight",
        lambda: layers.RandomHeight((0.5, 0.5)),
        fails={
            "xla": "the size of the outputs is drawn, and XLA has to know it"
        },
    ),
    _images("RandomHue", lambda: layers.RandomHue(0.3, (0, 1))),
    _images("RandomInvert", lambda: layers.RandomInvert()),
    _images(
        "RandomPerspective",
        lambda: layers.RandomPerspective(),
        fails=_MOVES_PIXELS,
    ),
    _images(
        "RandomPosterization",
        lambda: layers.RandomPosterization(4, (0, 1)),
        fails={
            check: _NO_GRADIENT
            for check in ("gradients", "mixed_precision", "xla")
        },
    ),
    _images(
        "RandomRotation",
        lambda: layers.RandomRotation(0.2),
        fails=_MOVES_PIXELS,
    ),
    _images("RandomSaturation", lambda: layers.RandomSaturation(0.9, (0, 1))),
    _images("RandomSharpness", lambda: layers.RandomSharpness(1.0)),
    _images(
        "RandomShear", lambda: layers.RandomShear(0.2, 0.1), fails=_MOVES_PIXELS
    ),
    _images(
        "RandomTranslation",
        lambda: layers.RandomTranslation(0.2, 0.3),
        fails=_MOVES_PIXELS,
    ),
    _images(
        "RandomWidth",
        lambda: layers.RandomWidth((0.5, 0.5)),
        fails={
            "xla": "the size of the outputs is drawn, and XLA has to know it"
        },
    ),
    _images(
        "RandomZoom", lambda: layers.RandomZoom(0.2, 0.3), fails=_MOVES_PIXELS
    ),
    LayerCase(
        "ReLU",
        lambda: layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2),
        floats(4, 3),
    ),
    LayerCase("RepeatVector", lambda: layers.RepeatVector(2), floats(4, 3)),
    LayerCase(
        "Rescaling", lambda: layers.Rescaling(0.5, offset=1.0), floats(4, 3)
    ),
    LayerCase("Reshape", lambda: layers.Reshape((3, -1)), floats(4, 2, 3)),
    _images("Resizing", lambda: layers.Resizing(3, 4), random=False),
    LayerCase(
        "ReversibleEmbedding",
        lambda: layers.ReversibleEmbedding(5, 3, mask_zero=True),
        integers(4, 2),
    ),
    LayerCase(
        "SeparableConv1D",
        lambda: layers.SeparableConv1D(2, 3, padding="causal"),
        floats(4, 5, 3),
    ),
    LayerCase(
        "SeparableConv2D",
        lambda: layers.SeparableConv2D(4, 2, strides=2, depth_multiplier=2),
        floats(4, 5, 6, 2),
    ),
    LayerCase(
        "SimpleRNN",
        lambda: layers.SimpleRNN(2, recurrent_dropout=0.5, seed=1),
        floats(4, 3, 2),
        random=True,
    ),
    LayerCase("Softmax", lambda: layers.Softmax(), floats(4, 3)),
    _images("Solarization", lambda: layers.Solarization(0.1, 0.5, (0, 1))),
    LayerCase(
        "SpatialDropout1D",
        lambda: layers.SpatialDropout1D(0.5),
        floats(4, 3, 2),
        random=True,
    ),
    LayerCase(
        "SpatialDropout2D",
        lambda: layers.SpatialDropout2D(0.5),
        floats(4, 3, 2, 2),
        random=True,
    ),
    LayerCase(
        "SpatialDropout3D",
        lambda: layers.SpatialDropout3D(0.5),
        floats(4, 3, 2, 2, 2),
        random=True,
    ),
    LayerCase(
        "SpectralNormalization",
        # Enough iterations that a second call leaves the weights alone.
        lambda: layers.SpectralNormalization(
            layers.Dense(2), power_iterations=50
        ),
        floats(4, 3),
    ),
    LayerCase(
        "STFTSpectrogram",
        lambda: layers.STFTSpectrogram("magnitude", frame_length=8),
        floats(4, 20, 2),
    ),
    LayerCase(
        "StringLookup",
        lambda: layers.StringLookup(num_oov_indices=2, mask_token=""),
        words(4, 3),
        adapts=True,
        fails=INTEGERS,
    ),
    LayerCase("Subtract", lambda: layers.Subtract(), _pair()),
    LayerCase(
        "TextVectorization",
        lambda: layers.TextVectorization(
            split="character", ngrams=(1, 3), output_sequence_length=5
        ),
        words(4, 1),
        adapts=True,
        fails=INTEGERS,
    ),
    LayerCase(
        "ThresholdedReLU", lambda: layers.ThresholdedReLU(0.5), floats(4, 3)
    ),
    LayerCase(
        "TimeDistributed",
        lambda: layers.TimeDistributed(layers.Conv1D(2, 2)),
        floats(4, 3, 4, 2),
    ),
    LayerCase(
        "UnitNormalization", lambda: layers.UnitNormalization(), floats(4, 3)
    ),
    LayerCase("UpSampling1D", lambda: layers.UpSampling1D(2), floats(4, 3, 2)),
    LayerCase(
        "UpSampling2D",
        lambda: layers.UpSampling2D((2, 3), interpolation="bilinear"),
        floats(4, 3, 2, 2),
    ),
    LayerCase(
        "UpSampling3D", lambda: layers.UpSampling3D(2), floats(4, 3, 2, 2, 2)
    ),
    LayerCase(
        "ZeroPadding1D", lambda: layers.ZeroPadding1D((1, 2)), floats(4, 3, 2)
    ),
    LayerCase(
        "ZeroPadding2D", lambda: layers.ZeroPadding2D(1), floats(4, 3, 2, 2)
    ),
    LayerCase(
        "ZeroPadding3D", lambda: layers.ZeroPadding3D(1), floats(4, 3, 2, 2, 2)
    ),
]

# Losses

_LABELS = {
    "y_true": integers(4, 3, limit=2).astype("float32"),
    "y_pred": fractions(4, 3),
    "activation": "sigmoid",
}
_ONE_HOT = {
    "y_true": one_hot(4),
    "y_pred": chances(4, 3),
    "activation": "softmax",
}
_CLASSES = {**_ONE_HOT, "y_true": integers(4, limit=3)}
_NUMBERS = {"y_true": floats(4, 3), "y_pred": floats(4, 3, seed=1)}
_POSITIVE = {
    "y_true": fractions(4, 3),
    "y_pred": fractions(4, 3, seed=1),
    "activation": "softplus",
}
_FUNCTION = {"compile_by_name": "stands for a function, not for a name"}

LOSSES = [
    LossCase("BinaryCrossentropy", losses.BinaryCrossentropy, **_LABELS),
    LossCase(
        "BinaryFocalCrossentropy",
        lambda: losses.BinaryFocalCrossentropy(gamma=1.5),
        **_LABELS,
    ),
    LossCase(
        "CTC",
        losses.CTC,
        y_true=integers(4, 2, limit=3),
        y_pred=floats(4, 5, 3),
    ),
    LossCase(
        "CategoricalCrossentropy", losses.CategoricalCrossentropy, **_ONE_HOT
    ),
    LossCase(
        "CategoricalFocalCrossentropy",
        losses.CategoricalFocalCrossentropy,
        **_ONE_HOT,
    ),
    LossCase(
        "CategoricalGeneralizedCrossEntropy",
        lambda: losses.CategoricalGeneralizedCrossEntropy(q=0.7),
        **_CLASSES,
        fails={"compile_by_name": "`q` has no default in the function"},
    ),
    LossCase("CategoricalHinge", losses.CategoricalHinge, **_ONE_HOT),
    LossCase(
        "Circle",
        lambda: losses.Circle(gamma=2.0),
        y_true=np.array([0, 1, 0, 1]),
        y_pred=lengths_one(4, 3),
    ),
    LossCase("CosineSimilarity", losses.CosineSimilarity, **_NUMBERS),
    LossCase("Dice", losses.Dice, **_LABELS),
    LossCase("Hinge", losses.Hinge, **_LABELS),
    LossCase("Huber", lambda: losses.Huber(delta=0.5), **_NUMBERS),
    LossCase("KLDivergence", losses.KLDivergence, **_ONE_HOT),
    LossCase("LogCosh", losses.LogCosh, **_NUMBERS),
    LossCase(
        "LossFunctionWrapper",
        lambda: losses.LossFunctionWrapper(losses.mean_squared_error),
        **_NUMBERS,
        fails=_FUNCTION,
    ),
    LossCase("MeanAbsoluteError", losses.MeanAbsoluteError, **_NUMBERS),
    LossCase(
        "MeanAbsolutePercentageError",
        losses.MeanAbsolutePercentageError,
        **_POSITIVE,
    ),
    LossCase("MeanSquaredError", losses.MeanSquaredError, **_NUMBERS),
    LossCase(
        "MeanSquaredLogarithmicError",
        losses.MeanSquaredLogarithmicError,
        **_POSITIVE,
    ),
    LossCase("Poisson", losses.Poisson, **_POSITIVE),
    LossCase(
        "SparseCategoricalCrossentropy",
        losses.SparseCategoricalCrossentropy,
        **_CLASSES,
    ),
    LossCase("SquaredHinge", losses.SquaredHinge, **_LABELS),
    LossCase("Tversky", lambda: losses.Tversky(alpha=0.7), **_LABELS),
]

# Metrics

_BINARY = (_LABELS["y_true"], _LABELS["y_pred"])
_COLUMN = (_LABELS["y_true"][:, :1], _LABELS["y_pred"][:, :1])
_VECTORS = (_ONE_HOT["y_true"], _ONE_HOT["y_pred"])
_INDICES = (_CLASSES["y_true"], _CLASSES["y_pred"])
_REAL = (_NUMBERS["y_true"], _NUMBERS["y_pred"])
_ABOVE_0 = (_POSITIVE["y_true"], _POSITIVE["y_pred"])
_PREDICTED = (integers(4, 1, limit=3), integers(4, 1, limit=3, seed=1))
_VALUES = {"compile_by_name": "takes values, not targets and predictions"}
_ARGUMENTS = {"compile_by_name": "has arguments without defaults"}

METRICS = [
    MetricCase("AUC", metrics.AUC, _COLUMN),
    MetricCase("Accuracy", metrics.Accuracy, _PREDICTED),
    MetricCase("BinaryAccuracy", metrics.BinaryAccuracy, _BINARY),
    MetricCase("BinaryCrossentropy", metrics.BinaryCrossentropy, _BINARY),
    MetricCase("BinaryIoU", metrics.BinaryIoU, _BINARY),
    MetricCase("CategoricalAccuracy", metrics.CategoricalAccuracy, _VECTORS),
    MetricCase(
        "CategoricalCrossentropy", metrics.CategoricalCrossentropy, _VECTORS
    ),
    MetricCase("CategoricalHinge", metrics.CategoricalHinge, _VECTORS),
    MetricCase("ConcordanceCorrelation", metrics.ConcordanceCorrelation, _REAL),
    MetricCase("CosineSimilarity", metrics.CosineSimilarity, _REAL),
    MetricCase("F1Score", lambda: metrics.F1Score(average="macro"), _VECTORS),
    MetricCase(
        "FBetaScore",
        lambda: metrics.FBetaScore(average="micro", beta=2.0),
        _VECTORS,
    ),
    MetricCase("FalseNegatives", metrics.FalseNegatives, _BINARY),
    MetricCase("FalsePositives", metrics.FalsePositives, _BINARY),
    MetricCase("Hinge", metrics.Hinge, _BINARY),
    MetricCase(
        "IoU",
        lambda: metrics.IoU(num_classes=3, target_class_ids=[0, 2]),
        _PREDICTED,
        fails=_ARGUMENTS,
    ),
    MetricCase("KLDivergence", metrics.KLDivergence, _VECTORS),
    MetricCase("LogCoshError", metrics.LogCoshError, _REAL),
    MetricCase("Mean", metrics.Mean, (floats(4, 3),), fails=_VALUES),
    MetricCase("MeanAbsoluteError", metrics.MeanAbsoluteError, _REAL),
    MetricCase(
        "MeanAbsolutePercentageError",
        metrics.MeanAbsolutePercentageError,
        _ABOVE_0,
    ),
    MetricCase(
        "MeanIoU",
        lambda: metrics.MeanIoU(num_classes=3),
        _PREDICTED,
        fails=_ARGUMENTS,
    ),
    MetricCase(
        "MeanMetricWrapper",
        lambda: metrics.MeanMetricWrapper(losses.mean_squared_error),
        _REAL,
        fails=_ARGUMENTS,
    ),
    MetricCase(
        "MeanRelativeError",
        lambda: metrics.MeanRelativeError(normalizer=[1.0, 2.0, 3.0]),
        _REAL,
        fails=_ARGUMENTS,
    ),
    MetricCase("MeanSquaredError", metrics.MeanSquaredError, _REAL),
    MetricCase(
        "MeanSquaredLogarithmicError",
        metrics.MeanSquaredLogarithmicError,
        _ABOVE_0,
    ),
    MetricCase(
        "MeanTensor",
        lambda: metrics.MeanTensor(shape=(2, 3)),
        (floats(4, 3),),
        fails={**_VALUES, "function": "takes values of one shape"},
    ),
    MetricCase(
        "OneHotIoU",
        lambda: metrics.OneHotIoU(num_classes=3, target_class_ids=[1]),
        _VECTORS,
        fails=_ARGUMENTS,
    ),
    MetricCase(
        "OneHotMeanIoU",
        lambda: metrics.OneHotMeanIoU(num_classes=3),
        _VECTORS,
        fails=_ARGUMENTS,
    ),
    MetricCase("PearsonCorrelation", metrics.PearsonCorrelation, _REAL),
    MetricCase("Poisson", metrics.Poisson, _ABOVE_0),
    MetricCase("Precision", lambda: metrics.Precision(thresholds=0.4), _BINARY),
    MetricCase(
        "PrecisionAtRecall",
        lambda: metrics.PrecisionAtRecall(0.6, num_thresholds=5),
        _COLUMN,
        fails=_ARGUMENTS,
    ),
    MetricCase("R2Score", metrics.R2Score, _REAL),
    MetricCase("Recall", lambda: metrics.Recall(top_k=2), _BINARY),
    MetricCase(
        "RecallAtPrecision",
        lambda: metrics.RecallAtPrecision(0.6, num_thresholds=5),
        _COLUMN,
        fails=_ARGUMENTS,
    ),
    MetricCase("RootMeanSquaredError", metrics.RootMeanSquaredError, _REAL),
    MetricCase(
        "SensitivityAtSpecificity",
        lambda: metrics.SensitivityAtSpecificity(0.5, num_thresholds=5),
        _COLUMN,
        fails=_ARGUMENTS,
    ),
    MetricCase(
        "SparseCategoricalAccuracy",
        metrics.SparseCategoricalAccuracy,
        _INDICES,
    ),
    MetricCase(
        "SparseCategoricalCrossentropy",
        metrics.SparseCategoricalCrossentropy,
        _INDICES,
    ),
    MetricCase(
        "SparseTopKCategoricalAccuracy",
        lambda: metrics.SparseTopKCategoricalAccuracy(k=2),
        _INDICES,
    ),
    MetricCase(
        "SpecificityAtSensitivity",
        lambda: metrics.SpecificityAtSensitivity(0.5, num_thresholds=5),
        _COLUMN,
        fails=_ARGUMENTS,
    ),
    MetricCase("SquaredHinge", metrics.SquaredHinge, _BINARY),
    MetricCase("Sum", metrics.Sum, (floats(4, 3),), fails=_VALUES),
    MetricCase(
        "TopKCategoricalAccuracy",
        lambda: metrics.TopKCategoricalAccuracy(k=2),
        _VECTORS,
    ),
    MetricCase("TrueNegatives", metrics.TrueNegatives, _BINARY),
    MetricCase("TruePositives", metrics.TruePositives, _BINARY),
]

# Optimizers, as made from `tfk.optimizers` or from those of tf_keras

OPTIMIZERS = [
    OptimizerCase("Adadelta", lambda module: module.Adadelta(0.5)),
    OptimizerCase("Adafactor", lambda module: module.Adafactor(0.05)),
    OptimizerCase("Adagrad", lambda module: module.Adagrad(0.1, clipnorm=0.5)),
    OptimizerCase("Adam", lambda module: module.Adam(0.05, amsgrad=True)),
    OptimizerCase("AdamW", lambda module: module.AdamW(0.05)),
    OptimizerCase("Adamax", lambda module: module.Adamax(0.05)),
    OptimizerCase(
        "Ftrl", lambda module: module.Ftrl(0.1, l1_regularization_strength=0.01)
    ),
    OptimizerCase("Lamb", lambda module: module.Lamb(0.02)),
    OptimizerCase("LazyAdam", lambda module: module.LazyAdam(0.05)),
    OptimizerCase(
        "LossScaleOptimizer",
        lambda module: module.LossScaleOptimizer(
            module.Adam(0.05), initial_scale=1024.0, dynamic_growth_steps=3
        ),
    ),
    OptimizerCase("Lion", lambda module: module.Lion(0.01)),
    OptimizerCase(
        "MultiOptimizer",
        lambda module: module.MultiOptimizer(
            module.OptimizerMap(
                module.SGD(0.1), {".*bias": module.Adam(0.05, use_ema=True)}
            )
        ),
    ),
    OptimizerCase(
        "Muon",
        lambda module: module.Muon(0.05, exclude_layers=["dense_1"]),
    ),
    OptimizerCase("Nadam", lambda module: module.Nadam(0.05)),
    OptimizerCase(
        "RMSprop",
        lambda module: module.RMSprop(0.05, momentum=0.5, centered=True),
    ),
    OptimizerCase(
        "ScheduleFreeAdamW",
        lambda module: module.ScheduleFreeAdamW(0.05, warmup_steps=3),
    ),
    OptimizerCase(
        "SGD",
        lambda module: module.SGD(0.1, momentum=0.9, nesterov=True),
    ),
]
