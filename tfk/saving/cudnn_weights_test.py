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
"""Files of `CuDNNLSTM` and `CuDNNGRU`, against tf_keras's own conversion."""

import json

import h5py
import numpy as np
import pytest
import tf_keras
from tf_keras.src.saving.legacy import hdf5_format

import tfk

FEATURES = 3


def arrays_of_cudnn(features, units, num_gates, seed=0):
    draw = np.random.default_rng(seed).normal
    return [
        draw(size=shape).astype("float32")
        for shape in (
            (features, num_gates * units),
            (units, num_gates * units),
            (2 * num_gates * units,),
        )
    ]


def named(arrays, scope):
    names = ("kernel", "recurrent_kernel", "bias")
    return {f"{scope}/{n}:0": a for n, a in zip(names, arrays)}


def write(path, layers, **attributes):
    """Writes weights by layers, as Keras 2 and TensorFlow 1 do."""
    with h5py.File(path, "w") as file:
        for key, value in attributes.items():
            file.attrs[key] = value
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = np.asarray([n.encode() for n in layers])
        for name, arrays in layers.items():
            group = root.create_group(name)
            group.attrs["weight_names"] = np.asarray(
                [key.encode() for key in arrays]
            )
            for key, array in arrays.items():
                group[key] = array


def converted(layer, arrays):
    """Returns what tf_keras makes of arrays for one of its layers."""
    layer.build((None, None, FEATURES))
    return hdf5_format.preprocess_weights_for_loading(
        layer, arrays, "2", "tensorflow"
    )


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "weights.h5")


class CudnnWeightsTest:
    @pytest.mark.parametrize("name, num_gates", [("LSTM", 4), ("GRU", 3)])
    @pytest.mark.parametrize("scope", ["cu_dnn{}_1", "rnn/cu_dnn{}"])
    def test_weights_are_those_that_tf_keras_reads(
        self, name, num_gates, scope, path
    ):
        arrays = arrays_of_cudnn(FEATURES, 2, num_gates)
        write(path, {"rnn": named(arrays, scope.format(name.lower()))})
        theirs = getattr(tf_keras.layers, name)(2)
        wanted = converted(theirs, arrays)
        layer = getattr(tfk.layers, name)(2, name="rnn")
        model = tfk.Sequential([tfk.Input((None, FEATURES)), layer])
        for by_name in (False, True):
            model.load_weights(path, by_name=by_name)
            for one, other in zip(model.get_weights(), wanted, strict=True):
                np.testing.assert_allclose(one, other, 1e-6)
            model.set_weights([0 * w for w in model.get_weights()])
        model.load_weights(path)
        theirs.set_weights(wanted)
        x = np.random.default_rng(1).normal(size=(2, 5, FEATURES))
        np.testing.assert_allclose(model(x), theirs(x), 1e-5, 1e-6)

    def test_both_directions_and_other_layers_in_one_group(self, path):
        forward = arrays_of_cudnn(FEATURES, 2, 3, seed=1)
        backward = arrays_of_cudnn(FEATURES, 2, 3, seed=2)
        kernel = np.ones((4, 1), "float32")
        arrays = {
            **named(forward, "both/forward_cu_dnngru"),
            **named(backward, "both/backward_cu_dnngru"),
            "last/kernel:0": kernel,
        }
        write(path, {"inner": arrays})

        def make(keras):
            both = keras.layers.Bidirectional(keras.layers.GRU(2))
            last = keras.layers.Dense(1, use_bias=False)
            inner = [keras.Input((None, FEATURES)), both, last]
            inner = keras.Sequential(inner, name="inner")
            return keras.Sequential(
                [keras.Input((None, FEATURES)), inner], name="outer"
            )

        model = make(tfk)
        model.load_weights(path)
        layer = tf_keras.layers.GRU(2)
        wanted = [*converted(layer, forward), *converted(layer, backward)]
        for one, other in zip(
            model.get_weights(), [*wanted, kernel], strict=True
        ):
            np.testing.assert_allclose(one, other, 1e-6)

    def test_layers_that_compute_otherwise_are_told(self, path):
        arrays = arrays_of_cudnn(FEATURES, 2, 3)
        write(path, {"rnn": named(arrays, "cu_dnngru")})
        for layer in (
            tfk.layers.GRU(2, reset_after=False),
            tfk.layers.GRU(2, use_bias=False),
            tfk.layers.GRU(4),
        ):
            model = tfk.Sequential([tfk.Input((None, FEATURES)), layer])
            before = model.get_weights()
            with pytest.raises(ValueError, match="GRU.reset_after=True"):
                model.load_weights(path)
            for one, other in zip(model.get_weights(), before):
                np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("name, num_gates", [("LSTM", 4), ("GRU", 3)])
    def test_whole_models_open(self, name, num_gates, path):
        arrays = arrays_of_cudnn(FEATURES, 2, num_gates)
        inner = {
            "name": "rnn",
            "trainable": True,
            "return_sequences": True,
            "return_state": False,
            "go_backwards": False,
            "stateful": False,
            "units": 2,
            "kernel_initializer": {
                "class_name": "VarianceScaling",
                "config": {"scale": 1.0, "mode": "fan_avg"},
            },
            "bias_initializer": {"class_name": "Zeros", "config": {}},
            "kernel_regularizer": None,
            "recurrent_constraint": None,
        }
        entry = {"class_name": f"CuDNN{name}", "config": inner}
        wrapped = {
            "class_name": "Bidirectional",
            "config": {
                "name": "both",
                "merge_mode": "concat",
                "layer": entry,
                "batch_input_shape": [None, None, FEATURES],
            },
        }
        config = {"class_name": "Sequential", "config": [wrapped]}
        write(
            path,
            {
                "both": {
                    **named(arrays, "both/forward_rnn"),
                    **named(arrays, "both/backward_rnn"),
                }
            },
            model_config=json.dumps(config),
            keras_version="2.2.4",
        )
        model = tfk.models.load_model(path)
        layer = model.layers[0].forward_layer
        assert type(layer) is getattr(tfk.layers, name)
        assert layer.cell.recurrent_activation is tfk.activations.sigmoid
        theirs = getattr(tf_keras.layers, name)(2)
        wanted = 2 * converted(theirs, arrays)
        for one, other in zip(model.get_weights(), wanted, strict=True):
            np.testing.assert_allclose(one, other, 1e-6)

        class Own(tfk.layers.LSTM):
            pass

        objects = {"CuDNNLSTM": Own, "CuDNNGRU": tfk.layers.GRU}
        model = tfk.models.load_model(path, custom_objects=objects)
        layer = model.layers[0].forward_layer
        assert isinstance(layer, objects[f"CuDNN{name}"])
