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


def registered(keras):
    """Registers what a user wrote, in one package, and gives it as a dict."""
    known = keras.saving.register_keras_serializable("hdf5_files")

    @known
    class Scale(keras.layers.Layer):
        def __init__(self, factor=2.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, inputs):
            return inputs * self.factor

        def get_config(self):
            return {**super().get_config(), "factor": self.factor}

    @known
    class Power(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return tf.abs(y_true - y_pred) ** 3

    @known
    class Rate(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.25

        def get_config(self):
            return {}

    @known
    def cubed(y_true, y_pred):
        return (y_true - y_pred) ** 3

    @known
    def doubled(inputs):
        return inputs * 2.0

    return {x.__name__: x for x in (Scale, Power, Rate, cubed, doubled)}


def model_of_own(keras, loss):
    own = registered(keras)
    inputs = keras.Input((3,))
    inner = keras.Sequential([own["Scale"](3.0), keras.layers.Dense(2)])
    model = keras.Model(inputs, own["Scale"](0.5)(inner(inputs)))
    loss = own[loss]() if loss == "Power" else own[loss]
    optimizer = keras.optimizers.SGD(own["Rate"]())
    model.compile(optimizer, loss, metrics=[own["cubed"]])
    return model


def unregistered(own):
    """Takes what was registered back."""
    known = tfk.saving.get_custom_objects()
    return {key: known.pop(key) for key in list(known) if key[11:] in own}


class OwnObjectsTest:
    @pytest.mark.parametrize("loss", ["Power", "cubed"])
    @pytest.mark.parametrize("ending", ["h5", "keras"])
    @pytest.mark.parametrize(
        "writer, reader", [(tfk, tf_keras), (tf_keras, tfk), (tfk, tfk)]
    )
    def test_registered_ones_go_both_ways(
        self, writer, reader, loss, ending, tmp_path
    ):
        path = str(tmp_path / f"model.{ending}")
        x, y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
        model = model_of_own(writer, loss)
        model.fit(x, y, verbose=0)
        model.save(path)
        registered(reader)
        again = reader.models.load_model(path)
        for _ in range(2):
            np.testing.assert_allclose(
                again.evaluate(x, y, verbose=0),
                model.evaluate(x, y, verbose=0),
                1e-5,
            )
            for each in (model, again):
                each.fit(x, y, verbose=0)

    @pytest.mark.parametrize("ending", ["h5", "keras"])
    def test_custom_objects_take_the_place_of_registered_ones(
        self, ending, tmp_path
    ):
        path = str(tmp_path / f"model.{ending}")
        own = registered(tfk)
        model = model_of_own(tfk, "cubed")
        model.save(path)
        taken = unregistered(own)
        assert len(taken) == len(own)
        with pytest.raises(ValueError, match="Scale.*custom_objects"):
            tfk.models.load_model(path)
        again = tfk.models.load_model(path, custom_objects=own)
        x = np.ones((4, 3), "float32")
        np.testing.assert_array_equal(again(x), model(x))

    def test_functions_in_files_of_keras_are_found_by_tf_keras(self, tmp_path):
        path = str(tmp_path / "model.keras")
        doubled = registered(tfk)["doubled"]
        layers = tfk.layers
        chain = [
            tfk.Input((3,)),
            layers.Dense(2, activation=doubled),
            layers.Lambda(doubled),
        ]
        model = tfk.Sequential(chain)
        model.save(path)
        registered(tf_keras)
        x = np.ones((4, 3), "float32")
        for keras in (tf_keras, tfk):
            again = keras.models.load_model(path)
            np.testing.assert_array_equal(again(x), model(x))


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
