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
"""Layers: the building blocks of models."""

from tfk.engine.input_layer import Input
from tfk.engine.input_layer import InputLayer
from tfk.engine.input_spec import InputSpec
from tfk.engine.layer import Layer
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers import experimental
from tfk.layers.activation import ELU
from tfk.layers.activation import Activation
from tfk.layers.activation import LeakyReLU
from tfk.layers.activation import PReLU
from tfk.layers.activation import ReLU
from tfk.layers.activation import Softmax
from tfk.layers.activation import ThresholdedReLU
from tfk.layers.adaptive_pooling import AdaptiveAveragePooling1D
from tfk.layers.adaptive_pooling import AdaptiveAveragePooling2D
from tfk.layers.adaptive_pooling import AdaptiveAveragePooling3D
from tfk.layers.adaptive_pooling import AdaptiveMaxPooling1D
from tfk.layers.adaptive_pooling import AdaptiveMaxPooling2D
from tfk.layers.adaptive_pooling import AdaptiveMaxPooling3D
from tfk.layers.attention import AdditiveAttention
from tfk.layers.attention import Attention
from tfk.layers.batch_normalization import BatchNormalization
from tfk.layers.convolution import Conv1D
from tfk.layers.convolution import Conv2D
from tfk.layers.convolution import Conv3D
from tfk.layers.convolution import Convolution1D
from tfk.layers.convolution import Convolution2D
from tfk.layers.convolution import Convolution3D
from tfk.layers.core import Identity
from tfk.layers.core import Lambda
from tfk.layers.core import Masking
from tfk.layers.cropping import Cropping1D
from tfk.layers.cropping import Cropping2D
from tfk.layers.cropping import Cropping3D
from tfk.layers.dense import Dense
from tfk.layers.depthwise_convolution import DepthwiseConv1D
from tfk.layers.depthwise_convolution import DepthwiseConv2D
from tfk.layers.einsum_dense import EinsumDense
from tfk.layers.embedding import Embedding
from tfk.layers.family import deserialize
from tfk.layers.family import serialize
from tfk.layers.global_pooling import GlobalAveragePooling1D
from tfk.layers.global_pooling import GlobalAveragePooling2D
from tfk.layers.global_pooling import GlobalAveragePooling3D
from tfk.layers.global_pooling import GlobalAvgPool1D
from tfk.layers.global_pooling import GlobalAvgPool2D
from tfk.layers.global_pooling import GlobalAvgPool3D
from tfk.layers.global_pooling import GlobalMaxPool1D
from tfk.layers.global_pooling import GlobalMaxPool2D
from tfk.layers.global_pooling import GlobalMaxPool3D
from tfk.layers.global_pooling import GlobalMaxPooling1D
from tfk.layers.global_pooling import GlobalMaxPooling2D
from tfk.layers.global_pooling import GlobalMaxPooling3D
from tfk.layers.group_normalization import GroupNormalization
from tfk.layers.grouped_query_attention import GroupQueryAttention
from tfk.layers.layer_normalization import LayerNormalization
from tfk.layers.locally_connected import LocallyConnected1D
from tfk.layers.locally_connected import LocallyConnected2D
from tfk.layers.merging import Add
from tfk.layers.merging import Average
from tfk.layers.merging import Concatenate
from tfk.layers.merging import Dot
from tfk.layers.merging import Maximum
from tfk.layers.merging import Minimum
from tfk.layers.merging import Multiply
from tfk.layers.merging import Subtract
from tfk.layers.merging import add
from tfk.layers.merging import average
from tfk.layers.merging import concatenate
from tfk.layers.merging import dot
from tfk.layers.merging import maximum
from tfk.layers.merging import minimum
from tfk.layers.merging import multiply
from tfk.layers.merging import subtract
from tfk.layers.multi_head_attention import MultiHeadAttention
from tfk.layers.pooling import AveragePooling1D
from tfk.layers.pooling import AveragePooling2D
from tfk.layers.pooling import AveragePooling3D
from tfk.layers.pooling import AvgPool1D
from tfk.layers.pooling import AvgPool2D
from tfk.layers.pooling import AvgPool3D
from tfk.layers.pooling import MaxPool1D
from tfk.layers.pooling import MaxPool2D
from tfk.layers.pooling import MaxPool3D
from tfk.layers.pooling import MaxPooling1D
from tfk.layers.pooling import MaxPooling2D
from tfk.layers.pooling import MaxPooling3D
from tfk.layers.preprocessing import feature_space  # noqa: F401  (for files)
from tfk.layers.preprocessing.category_crossing import CategoryCrossing
from tfk.layers.preprocessing.category_encoding import CategoryEncoding
from tfk.layers.preprocessing.discretization import Discretization
from tfk.layers.preprocessing.hashed_crossing import HashedCrossing
from tfk.layers.preprocessing.hashing import Hashing
from tfk.layers.preprocessing.image.bounding_boxes import MaxNumBoundingBoxes
from tfk.layers.preprocessing.image.brightness import RandomBrightness
from tfk.layers.preprocessing.image.brightness import RandomContrast
from tfk.layers.preprocessing.image.coloring import RandomColorDegeneration
from tfk.layers.preprocessing.image.coloring import RandomColorJitter
from tfk.layers.preprocessing.image.coloring import RandomGrayscale
from tfk.layers.preprocessing.image.coloring import RandomHue
from tfk.layers.preprocessing.image.coloring import RandomSaturation
from tfk.layers.preprocessing.image.cropping import CenterCrop
from tfk.layers.preprocessing.image.cropping import RandomCrop
from tfk.layers.preprocessing.image.erasing import RandomErasing
from tfk.layers.preprocessing.image.flipping import RandomFlip
from tfk.layers.preprocessing.image.image_pipeline import ImagePipeline
from tfk.layers.preprocessing.image.mixing import CutMix
from tfk.layers.preprocessing.image.mixing import MixUp
from tfk.layers.preprocessing.image.moving import RandomRotation
from tfk.layers.preprocessing.image.moving import RandomShear
from tfk.layers.preprocessing.image.moving import RandomTranslation
from tfk.layers.preprocessing.image.moving import RandomZoom
from tfk.layers.preprocessing.image.perspective import RandomPerspective
from tfk.layers.preprocessing.image.policies import AugMix
from tfk.layers.preprocessing.image.policies import RandAugment
from tfk.layers.preprocessing.image.resizing import Resizing
from tfk.layers.preprocessing.image.sharpness import RandomGaussianBlur
from tfk.layers.preprocessing.image.sharpness import RandomSharpness
from tfk.layers.preprocessing.image.stretching import RandomHeight
from tfk.layers.preprocessing.image.stretching import RandomWidth
from tfk.layers.preprocessing.image.tones import AutoContrast
from tfk.layers.preprocessing.image.tones import Equalization
from tfk.layers.preprocessing.image.tones import RandomInvert
from tfk.layers.preprocessing.image.tones import RandomPosterization
from tfk.layers.preprocessing.image.tones import Solarization
from tfk.layers.preprocessing.integer_lookup import IntegerLookup
from tfk.layers.preprocessing.mel_spectrogram import MelSpectrogram
from tfk.layers.preprocessing.normalization import Normalization
from tfk.layers.preprocessing.one_hot import OneHot
from tfk.layers.preprocessing.pipeline import Pipeline
from tfk.layers.preprocessing.preprocessing_stage import PreprocessingStage
from tfk.layers.preprocessing.rescaling import Rescaling
from tfk.layers.preprocessing.stft_spectrogram import STFTSpectrogram
from tfk.layers.preprocessing.string_lookup import StringLookup
from tfk.layers.preprocessing.text_vectorization import TextVectorization
from tfk.layers.regularization import ActivityRegularization
from tfk.layers.regularization import AlphaDropout
from tfk.layers.regularization import Dropout
from tfk.layers.regularization import GaussianDropout
from tfk.layers.regularization import GaussianNoise
from tfk.layers.regularization import SpatialDropout1D
from tfk.layers.regularization import SpatialDropout2D
from tfk.layers.regularization import SpatialDropout3D
from tfk.layers.reshaping import Flatten
from tfk.layers.reshaping import Permute
from tfk.layers.reshaping import RepeatVector
from tfk.layers.reshaping import Reshape
from tfk.layers.reversible_embedding import ReversibleEmbedding
from tfk.layers.rms_normalization import RMSNormalization
from tfk.layers.rnn.bidirectional import Bidirectional
from tfk.layers.rnn.cells import AbstractRNNCell
from tfk.layers.rnn.cells import StackedRNNCells
from tfk.layers.rnn.conv_lstm import ConvLSTM1D
from tfk.layers.rnn.conv_lstm import ConvLSTM2D
from tfk.layers.rnn.conv_lstm import ConvLSTM3D
from tfk.layers.rnn.gru import GRU
from tfk.layers.rnn.gru import GRUCell
from tfk.layers.rnn.lstm import LSTM
from tfk.layers.rnn.lstm import LSTMCell
from tfk.layers.rnn.rnn import RNN
from tfk.layers.rnn.simple_rnn import SimpleRNN
from tfk.layers.rnn.simple_rnn import SimpleRNNCell
from tfk.layers.rnn.time_distributed import TimeDistributed
from tfk.layers.saved_model_layer import TFSMLayer
from tfk.layers.separable_convolution import SeparableConv1D
from tfk.layers.separable_convolution import SeparableConv2D
from tfk.layers.separable_convolution import SeparableConvolution1D
from tfk.layers.separable_convolution import SeparableConvolution2D
from tfk.layers.spectral_normalization import SpectralNormalization
from tfk.layers.transposed_convolution import Conv1DTranspose
from tfk.layers.transposed_convolution import Conv2DTranspose
from tfk.layers.transposed_convolution import Conv3DTranspose
from tfk.layers.transposed_convolution import Convolution1DTranspose
from tfk.layers.transposed_convolution import Convolution2DTranspose
from tfk.layers.transposed_convolution import Convolution3DTranspose
from tfk.layers.unit_normalization import UnitNormalization
from tfk.layers.up_sampling import UpSampling1D
from tfk.layers.up_sampling import UpSampling2D
from tfk.layers.up_sampling import UpSampling3D
from tfk.layers.wrapper import Wrapper
from tfk.layers.zero_padding import ZeroPadding1D
from tfk.layers.zero_padding import ZeroPadding2D
from tfk.layers.zero_padding import ZeroPadding3D
from tfk.saving import registry

registry.add_builtins("keras.layers", globals(), base=Layer)
# What Keras 3 calls the class where it does not go by its public name.
registry.add_builtins(
    "keras.layers", {"GroupedQueryAttention": GroupQueryAttention}
)
