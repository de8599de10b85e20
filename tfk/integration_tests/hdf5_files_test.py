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
"""tf_keras reads the HDF5 files of tfk, and tfk those of tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import conformance
from tfk.testing import golden_files
from tfk.testing.golden import settings

# Those that learn from data keep what they learnt, and others need a module.
ROWS = [
    case
    for case in conformance.LAYERS
    if case.name in settings.WITHOUT_SETTING
    and hasattr(tf_keras.layers, case.name)
    and case.name != "Lambda"
    and not case.adapts
]
# It writes the layer and does not find it again.
UNKNOWN_TO_TF_KERAS = ("SpectralNormalization",)


def settings_of(family):
    rows = settings.settings_of("tf_keras", family)
    return [
        row
        for row in rows
        if row.in_models and row.class_name not in UNKNOWN_TO_TF_KERAS
    ]


def model_of(family):
    """A model of tfk with all layers of a family beside each other."""
    inputs, outputs = [], []
    for row in settings_of(family):
        symbols = [symbolic(x, row.name) for x in tf.nest.flatten(row.inputs)]
        layer = golden_files._layer(tfk, row)
        structure = tf.nest.pack_sequence_as(row.inputs, symbols)
        outputs += tf.nest.flatten(row.call(layer, structure))
        golden_files._fill(layer, row)
        inputs += symbols
    return tfk.Model(inputs, outputs, name=family)


def symbolic(array, name):
    dtype = "string" if array.dtype.kind == "U" else array.dtype.name
    return tfk.Input(array.shape[1:], dtype=dtype)


class HDF5FilesTest:
    @pytest.mark.parametrize("family", settings.FAMILIES)
    def test_tf_keras_reads_every_layer(self, family, tmp_path):
        model = model_of(family)
        path = str(tmp_path / "model.h5")
        model.save(path)
        inputs = [
            tf.constant(x)
            for row in settings_of(family)
            for x in tf.nest.flatten(row.inputs)
        ]
        wanted = tf.nest.flatten(model(inputs))
        for keras in (tf_keras, tfk):
            again = keras.models.load_model(path)
            outputs = tf.nest.flatten(again(inputs))
            for x, y in zip(outputs, wanted, strict=True):
                np.testing.assert_allclose(x, y, 1e-5, 1e-5)

    def test_image_layers_go_both_ways(self, tmp_path):
        assert len(ROWS) > 8
        path = str(tmp_path / "model.h5")
        made = []
        for keras in (tfk, tf_keras, tfk):
            if not made:
                x = [symbolic(case.inputs, case.name) for case in ROWS]
                y = [case.make()(s) for case, s in zip(ROWS, x)]
                model = tfk.Model(x, y)
            else:
                model = keras.models.load_model(path)
            model.save(path)
            made.append([(type(x).__name__, x.name) for x in model.layers])
        assert made[0] == made[1] == made[2]
