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
"""Saving and loading: models, weights, and objects as plain data."""

from tfk.saving.api import load_model
from tfk.saving.api import load_weights
from tfk.saving.api import save_model
from tfk.saving.api import save_weights
from tfk.saving.keras_file_editor import KerasFileEditor
from tfk.saving.registry import CustomObjectScope
from tfk.saving.registry import custom_object_scope
from tfk.saving.registry import get_custom_objects
from tfk.saving.registry import get_registered_name
from tfk.saving.registry import get_registered_object
from tfk.saving.registry import register_keras_serializable
from tfk.saving.serialization import deserialize_keras_object
from tfk.saving.serialization import serialize_keras_object

__all__ = [
    "CustomObjectScope",
    "KerasFileEditor",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]
