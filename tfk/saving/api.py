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
"""Saving and loading of whole models and of their weights."""


def save_model(model, filepath, overwrite=True, save_format=None, **kwargs):
    raise NotImplementedError("save_model")


def save_weights(model, filepath, overwrite=True, save_format=None):
    raise NotImplementedError("save_weights")


def load_weights(model, filepath, skip_mismatch=False, by_name=False):
    raise NotImplementedError("load_weights")


def export_model(model, filepath):
    raise NotImplementedError("export_model")


def model_config(model):
    raise NotImplementedError("model_config")


def load_model(
    filepath, custom_objects=None, compile=True, safe_mode=True, **kwargs
):
    raise NotImplementedError("load_model")


def model_from_json(json_string, custom_objects=None):
    raise NotImplementedError("model_from_json")


def model_from_config(config, custom_objects=None):
    raise NotImplementedError("model_from_config")
