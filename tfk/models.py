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
"""Models, and functions that copy, save and load them."""

from tfk.engine.cloning import clone_model
from tfk.engine.model import Model
from tfk.engine.sequential import Sequential
from tfk.experimental import LinearModel
from tfk.experimental import WideDeepModel
from tfk.layers.preprocessing.preprocessing_stage import PreprocessingStage
from tfk.saving.api import load_model
from tfk.saving.api import model_from_config
from tfk.saving.api import model_from_json
from tfk.saving.api import model_from_yaml
from tfk.saving.api import save_model

__all__ = [
    "LinearModel",
    "Model",
    "PreprocessingStage",
    "Sequential",
    "WideDeepModel",
    "clone_model",
    "load_model",
    "model_from_config",
    "model_from_json",
    "model_from_yaml",
    "save_model",
]
