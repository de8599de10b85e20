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
"""Tests that preprocessing layers take the spellings of their proposals.

The proposals are TensorFlow's RFCs 20190502, 20190729 and 20191212. Where
tf.keras later took another spelling, both mean the same.
"""

import pytest

import tfk
from tfk import layers

# How a proposal writes it, and how tf.keras does.
_SPELLINGS = (
    (layers.Discretization, {"bins": [0.0, 1.0]}, {"bin_boundaries": [0, 1]}),
    (layers.Discretization, {"bins": 4}, {"num_bins": 4}),
    (
        layers.TextVectorization,
        {"tokens": 100, "max_length": 4, "mode": "int"},
        {"max_tokens": 100, "output_sequence_length": 4},
    ),
    (
        layers.TextVectorization,
        {"tokens": ["a", "b"]},
        {"vocabulary": ["a", "b"]},
    ),
    *(
        (layers.TextVectorization, {"mode": mode}, {"output_mode": "tf_idf"})
        for mode in ("tfidf", "tf-idf", "tf_idf")
    ),
    (
        layers.TextVectorization,
        {"output_mode": "binary"},
        {"output_mode": "multi_hot"},
    ),
    (layers.Rescaling, {"value": 4.0}, {"scale": 0.25}),
    (layers.RandomFlip, {"horizontal": True}, {"mode": "horizontal"}),
    (layers.RandomFlip, {"vertical": True}, {"mode": "vertical"}),
    (
        layers.RandomTranslation,
        {"amplitude": 0.2},
        {"height_factor": (-0.2, 0.2), "width_factor": (-0.2, 0.2)},
    ),
    (layers.RandomRotation, {"amplitude": 0.2}, {"factor": (-0.1, 0.1)}),
    (layers.RandomZoom, {"amplitude": 0.2}, {"height_factor": (-0.2, 0.2)}),
    *(
        (layer, {"amplitude": 0.2}, {"factor": (-0.2, 0.2)})
        for layer in (
            layers.RandomBrightness,
            layers.RandomWidth,
            layers.RandomHeight,
        )
    ),
    (
        layers.StringLookup,
        {"vocabulary": ["a", "b"], "output_mode": "binary"},
        {"vocabulary": ["a", "b"], "output_mode": "multi_hot"},
    ),
    (
        layers.IntegerLookup,
        {"max_values": 4, "mask_value": 0, "oov_value": -1},
        {"max_tokens": 4, "mask_token": 0, "oov_token": -1},
    ),
    (
        layers.CategoryEncoding,
        {"max_tokens": 4, "output_mode": "binary"},
        {"num_tokens": 4, "output_mode": "multi_hot"},
    ),
    (
        layers.CategoryEncoding,
        {"max_tokens": 4, "output_mode": "tf-idf"},
        {"num_tokens": 4, "output_mode": "tf_idf"},
    ),
)

# Arguments that have one spelling.
_CALLS = (
    (layers.CategoryCrossing, {}),
    (layers.CategoryCrossing, {"depth": [1, 2]}),
    (layers.CategoryCrossing, {"separator": "_x_"}),
    (layers.CategoryEncoding, {}),
    (layers.Hashing, {"num_bins": 4, "salt": 133}),
    (layers.Hashing, {"num_bins": 4, "salt": [133, 137]}),
    (layers.HashedCrossing, {"num_bins": 4}),
    (layers.OneHot, {"num_classes": 3}),
    (
        layers.StringLookup,
        {"vocabulary": ["a"], "mask_token": "", "encoding": "utf-8"},
    ),
    (tfk.experimental.LinearModel, {"units": 1, "activation": "sigmoid"}),
)


def _config(layer):
    config = dict(layer.get_config())
    del config["name"]
    return config


class SpellingsTest:
    @pytest.mark.parametrize("number", range(len(_SPELLINGS)))
    def test_both_spellings_make_the_same_layer(self, number):
        layer_class, proposed, usual = _SPELLINGS[number]
        layer = layer_class(**proposed)
        assert _config(layer) == _config(layer_class(**usual))
        again = layer_class.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()

    @pytest.mark.parametrize("number", range(len(_CALLS)))
    def test_arguments_of_proposals_come_back_from_configs(self, number):
        layer_class, arguments = _CALLS[number]
        layer = layer_class(**arguments)
        again = layer_class.from_config(layer.get_config())
        assert again.get_config() == layer.get_config()

    def test_first_boolean_of_random_flip_means_horizontal(self):
        assert _config(layers.RandomFlip(True)) == _config(
            layers.RandomFlip("horizontal")
        )


class AliasesTest:
    def test_aliases_are_the_same_objects(self):
        older = tfk.layers.experimental.preprocessing
        assert older.PreprocessingLayer is layers.PreprocessingLayer
        assert older.CategoryCrossing is layers.CategoryCrossing
        assert tfk.models.PreprocessingStage is layers.PreprocessingStage
        assert tfk.models.LinearModel is tfk.experimental.LinearModel
        image = tfk.preprocessing.image
        assert image.ImagePipeline is layers.ImagePipeline
        function = tfk.utils.timeseries_dataset
        assert tfk.preprocessing.timeseries_dataset is function
        assert tfk.preprocessing.sequence.timeseries_dataset is function
