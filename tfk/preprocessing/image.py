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
"""Names for old code: images."""

from tfk.layers.preprocessing.image.image_pipeline import ImagePipeline
from tfk.preprocessing.image_data_generator import ImageDataGenerator
from tfk.preprocessing.image_file_iterator import DataFrameIterator
from tfk.preprocessing.image_file_iterator import DirectoryIterator
from tfk.preprocessing.image_iterator import Iterator
from tfk.preprocessing.image_iterator import NumpyArrayIterator
from tfk.preprocessing.image_transforms import apply_affine_transform
from tfk.preprocessing.image_transforms import apply_brightness_shift
from tfk.preprocessing.image_transforms import apply_channel_shift
from tfk.preprocessing.image_transforms import random_brightness
from tfk.preprocessing.image_transforms import random_channel_shift
from tfk.preprocessing.image_transforms import random_rotation
from tfk.preprocessing.image_transforms import random_shear
from tfk.preprocessing.image_transforms import random_shift
from tfk.preprocessing.image_transforms import random_zoom
from tfk.utils.image_arrays import array_to_img
from tfk.utils.image_arrays import img_to_array
from tfk.utils.image_arrays import load_img
from tfk.utils.image_arrays import save_img
from tfk.utils.image_arrays import smart_resize

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "ImagePipeline",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "img_to_array",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
    "smart_resize",
]
