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
"""Mistakes with files and preprocessing."""

import pytest
import tensorflow as tf

import tfk
from tfk.testing.mistakes import Table
from tfk.testing.mistakes import X
from tfk.testing.mistakes import classifier
from tfk.testing.mistakes import regression

MISTAKES = Table()
mistake = MISTAKES.mistake

# Files


@mistake(
    tfk.errors.CorruptFileError,
    "missing.keras",
    "no such file",
    remedy="Check the path",
)
def load_of_a_missing_file():
    tfk.models.load_model("missing.keras")


@mistake(
    tfk.errors.CorruptFileError,
    "notes.keras",
    "not a `.keras` archive",
    remedy="Take another copy",
)
def load_of_a_file_that_is_no_model():
    with open("notes.keras", "w") as file:
        file.write("no model")
    tfk.models.load_model("notes.keras")


@mistake(ValueError, "'model.onnx'", remedy="`model.export`")
def save_with_an_unknown_ending():
    regression().save("model.onnx")


@mistake(ValueError, "'model.kears'", remedy="ends in `.keras`")
def save_with_a_misspelt_ending():
    regression().save("model.kears")


@mistake(ValueError, "'w.txt'", remedy="ends in `.weights.h5`")
def save_weights_with_an_unknown_ending():
    regression().save_weights("w.txt")


@mistake(
    ValueError, "other.weights.h5", "'boring'", remedy="skip_mismatch=True"
)
def weights_of_another_architecture():
    classifier().save_weights("other.weights.h5")
    regression().load_weights("other.weights.h5")


@mistake(
    tfk.errors.CorruptFileError,
    "missing.weights.h5",
    "no such file",
    remedy="Check the path",
)
def weights_of_a_missing_file():
    regression().load_weights("missing.weights.h5")


@mistake(ValueError, "custom.keras", "`Unknown`", remedy="custom_objects=")
def class_that_is_not_registered():
    class Unknown(tfk.layers.Layer):
        def call(self, inputs):
            return inputs

    with pytest.warns(UserWarning, match="register_keras_serializable"):
        tfk.Sequential([tfk.Input((2,)), Unknown()]).save("custom.keras")
    tfk.models.load_model("custom.keras")


@mistake(
    NotImplementedError, "Scale", "`factor`", remedy="def get_config(self):"
)
def config_that_cannot_be_read_back():
    class Scale(tfk.layers.Layer):
        def __init__(self, factor):
            super().__init__()
            self.times = factor

    Scale(2.0).get_config()


@mistake(ValueError, "no weights yet", remedy="`build` it")
def save_before_build():
    tfk.Sequential([tfk.layers.Dense(1)]).save_weights("a.weights.h5")


@mistake(ValueError, "can't be exported", remedy="Call it on data")
def export_before_build():
    tfk.Sequential([tfk.layers.Dense(1)]).export("served")


@mistake(ValueError, "'a.keras'", "overwrite=False", remedy="`overwrite=True`")
def save_over_a_file():
    regression().save("a.keras")
    regression().save("a.keras", overwrite=False)


@mistake(ValueError, "no such directory", "'nowhere'", remedy="Check the path")
def images_of_a_missing_folder():
    tfk.utils.image_dataset_from_directory("nowhere")


@mistake(
    ValueError, "no files", "'empty'", remedy="one directory for each class"
)
def images_of_an_empty_folder():
    tf.io.gfile.makedirs("empty/cats")
    tfk.utils.image_dataset_from_directory("empty")


# Preprocessing


@mistake(ValueError, "'string_lookup", "['a']", remedy="Remove the repetitions")
def token_twice_in_a_vocabulary():
    tfk.layers.StringLookup(vocabulary=["a", "b", "a"])


@mistake(
    RuntimeError,
    "'string_lookup",
    "before `adapt`",
    remedy="Call `layer.adapt(data)`",
)
def lookup_before_adapt():
    tfk.layers.StringLookup()(tf.constant(["a"]))


@mistake(
    RuntimeError,
    "'normalization",
    "before `adapt`",
    remedy="Call `layer.adapt(data)`",
)
def normalization_before_adapt():
    tfk.layers.Normalization()(X)


@mistake(ValueError, "'vocab.txt'", remedy="Check the path")
def vocabulary_of_a_missing_file():
    tfk.layers.StringLookup(vocabulary="vocab.txt")


@mistake(
    ValueError, "IntegerLookup", "output_mode='multihot'", remedy="'multi_hot'"
)
def typo_in_an_output_mode():
    tfk.layers.IntegerLookup(output_mode="multihot")


@mistake(ValueError, "0 to 2", "num_classes=2", remedy="classes from 0 to 1")
def to_categorical_of_too_few_classes():
    tfk.utils.to_categorical([0, 1, 2], num_classes=2)


class FilesMistakesTest:
    @pytest.mark.parametrize("name", MISTAKES)
    def test_the_message_helps(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        MISTAKES[name].check()
