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
"""Utilities. The public names are gathered from where they are made.

The modules of this folder are at the bottom of the package, while some public
names of `tfk.utils` are made above it. They are looked up when first used.
"""

import importlib

_PUBLIC = {
    "CustomObjectScope": "tfk.saving.registry",
    "ElementStream": "tfk.engine.element_stream",
    "FeatureSpace": "tfk.layers.preprocessing.feature_space",
    "GeneratorEnqueuer": "tfk.data.enqueuers",
    "LiftOptions": "tfk.engine.lift_options",
    "OrderedEnqueuer": "tfk.data.enqueuers",
    "Progbar": "tfk.utils.progress_bar",
    "PyDataset": "tfk.data.py_dataset",
    "Sequence": "tfk.data.py_dataset",
    "SequenceEnqueuer": "tfk.data.enqueuers",
    "SidecarEvaluator": "tfk.distribute.sidecar_evaluator",
    "StepsPerExecutionTuner": "tfk.utils.steps_per_execution_tuner",
    "TimedThread": "tfk.utils.timed_thread",
    "array_to_img": "tfk.utils.image_arrays",
    "audio_dataset_from_directory": "tfk.data.audio_files",
    "custom_object_scope": "tfk.saving.registry",
    "deserialize_keras_object": "tfk.saving.serialization",
    "disable_interactive_logging": "tfk.utils.interactive_logging",
    "enable_interactive_logging": "tfk.utils.interactive_logging",
    "get_custom_objects": "tfk.saving.registry",
    "get_file": "tfk.saving.file_download",
    "get_registered_name": "tfk.saving.registry",
    "get_registered_object": "tfk.saving.registry",
    "image_dataset_from_directory": "tfk.data.image_files",
    "img_to_array": "tfk.utils.image_arrays",
    "is_interactive_logging_enabled": "tfk.utils.interactive_logging",
    "load_img": "tfk.utils.image_arrays",
    "normalize": "tfk.utils.numeric",
    "pack_x_y_sample_weight": "tfk.data.batches",
    "pad_sequences": "tfk.data.sequences",
    "register_keras_serializable": "tfk.saving.registry",
    "save_img": "tfk.utils.image_arrays",
    "serialize_keras_object": "tfk.saving.serialization",
    "set_random_seed": "tfk.utils.random_seed",
    "split_dataset": "tfk.data.dataset_split",
    "text_dataset_from_directory": "tfk.data.text_files",
    "timeseries_dataset": "tfk.data.timeseries",
    "timeseries_dataset_from_array": "tfk.data.timeseries",
    "to_categorical": "tfk.utils.numeric",
    "to_ordinal": "tfk.utils.numeric",
    "unpack_x_y_sample_weight": "tfk.data.batches",
    "warmstart_embedding_matrix": "tfk.layers.warm_start",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'tfk.utils' has no attribute {name!r}")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_PUBLIC})
