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
"""Former names of the preprocessing layers, as the RFCs use them."""

from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers.preprocessing.category_crossing import CategoryCrossing
from tfk.layers.preprocessing.category_encoding import CategoryEncoding
from tfk.layers.preprocessing.discretization import Discretization
from tfk.layers.preprocessing.hashed_crossing import HashedCrossing
from tfk.layers.preprocessing.hashing import Hashing
from tfk.layers.preprocessing.image.brightness import RandomContrast
from tfk.layers.preprocessing.image.cropping import CenterCrop
from tfk.layers.preprocessing.image.cropping import RandomCrop
from tfk.layers.preprocessing.image.flipping import RandomFlip
from tfk.layers.preprocessing.image.moving import RandomRotation
from tfk.layers.preprocessing.image.moving import RandomTranslation
from tfk.layers.preprocessing.image.moving import RandomZoom
from tfk.layers.preprocessing.image.resizing import Resizing
from tfk.layers.preprocessing.image.stretching import RandomHeight
from tfk.layers.preprocessing.image.stretching import RandomWidth
from tfk.layers.preprocessing.integer_lookup import IntegerLookup
from tfk.layers.preprocessing.normalization import Normalization
from tfk.layers.preprocessing.rescaling import Rescaling
from tfk.layers.preprocessing.string_lookup import StringLookup
from tfk.layers.preprocessing.text_vectorization import TextVectorization

__all__ = [
    "CategoryCrossing",
    "CategoryEncoding",
    "CenterCrop",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "Normalization",
    "PreprocessingLayer",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomHeight",
    "RandomRotation",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "Rescaling",
    "Resizing",
    "StringLookup",
    "TextVectorization",
]
