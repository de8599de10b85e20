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
"""Names for old code; `tfk.layers` and `tfk.utils` hold their successors."""

from tfk.data.audio_files import audio_dataset_from_directory
from tfk.data.image_files import image_dataset_from_directory
from tfk.data.text_files import text_dataset_from_directory
from tfk.data.timeseries import timeseries_dataset
from tfk.data.timeseries import timeseries_dataset_from_array
from tfk.preprocessing import image
from tfk.preprocessing import sequence
from tfk.preprocessing import text
