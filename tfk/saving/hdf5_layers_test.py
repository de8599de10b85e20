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
"""Weights by layers: written by tf_keras, by tfk, and by hand."""

import contextlib

import h5py
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.saving import hdf5_layers

BOTH_WAYS = pytest.mark.parametrize(
    "writer, reader", [(tfk, tf_keras), (tf_keras, tfk), (tfk, tfk)]
)


def chain(keras, names=("first", "norm", "last"), units=2):
    layers = keras.layers
    first, norm, last = names
    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, name=first),
            layers.BatchNormalization(name=norm),
            layers.Dense(units, name=last),
        ]
    )


def nested(keras, frozen=(), depth=3):
    """Blocks of layers with names of their own accord, inside each other."""
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4, trainable=depth not in frozen)(inputs)
    if depth > 1:
        x = nested(keras, frozen, depth - 1)(x)
    norm = keras.layers.BatchNormalization(trainable=depth % 2 == 0)
    x = norm(keras.layers.Dense(4)(x))
    norm.trainable = depth not in frozen
    return keras.Model(inputs, x)


def fill(model, start=1.0):
    """Gives each layer numbers that depend on its place alone."""
    leaves = []

    def visit(layer):
        for inner in getattr(layer, "layers", ()):
            visit(inner)
        if not hasattr(layer, "layers") and layer.weights:
            leaves.append(layer)

    visit(model)
    for i, layer in enumerate(leaves):
        values = [
            np.full(w.shape, start + i + 0.01 * len(w.shape) + 0.1 * j)
            for j, w in enumerate(named(layer))
        ]
        for variable, value in zip(named(layer), values):
            variable.assign(value)
    return model


def named(layer):
    """The weights in an order that does not depend on what is frozen."""
    return sorted(layer.weights, key=lambda w: w.name.split("/")[-1])


@contextlib.contextmanager
def unchanged(model):
    before = model.get_weights()
    yield
    for old, new in zip(before, model.get_weights()):
        np.testing.assert_array_equal(old, new)


def assert_same_outputs(one, other, width=4):
    x = np.linspace(-1, 1, 2 * width).reshape(2, width).astype("float32")
    np.testing.assert_allclose(
        np.asarray(one(x)), np.asarray(other(x)), rtol=1e-5
    )


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "weights.h5")


class OrderTest:
    @BOTH_WAYS
    def test_weights_find_their_layers(self, writer, reader, path):
        model, other = fill(chain(writer)), chain(reader, units=2)
        model.save_weights(path)
        other.load_weights(path)
        assert_same_outputs(model, other, 3)

    @BOTH_WAYS
    def test_nested_models_with_frozen_layers(self, writer, reader, path):
        model = fill(nested(writer, frozen=(1, 3)))
        model.save_weights(path)
        reader.layers.Dense(1)  # Moves the counters of names on.
        other = nested(reader, frozen=(1, 3))
        other.load_weights(path)
        assert_same_outputs(model, other)

    @pytest.mark.parametrize("writer", [tfk, tf_keras])
    @pytest.mark.parametrize("frozen", [(), (2,), (1, 2, 3)])
    def test_what_is_frozen_may_differ(self, writer, frozen, path):
        model = fill(nested(writer, frozen=(1, 3)))
        model.save_weights(path)
        other = nested(tfk, frozen=frozen)
        other.load_weights(path)
        assert_same_outputs(model, other)

    def test_other_names_go_by_their_place(self, path):
        model = fill(chain(tfk, ("a", "b", "c")))
        model.save_weights(path)
        other = chain(tfk, ("x", "y", "z"))
        other.load_weights(path)
        assert_same_outputs(model, other, 3)

    def test_long_lists_are_cut(self, path):
        name = "a_layer_with_quite_a_long_name_" * 8
        layers = [tfk.layers.Dense(1, name=f"{name}{i}") for i in range(300)]
        model = tfk.Sequential([tfk.Input((1,)), *layers])
        model.save_weights(path)
        with h5py.File(path) as file:
            assert "layer_names0" in file.attrs and "layer_names1" in file.attrs
        fill(model, 5.0)
        model.load_weights(path)
        assert not np.any(model.get_weights()[1])
        names = [f"layer_{i}" for i in range(300)]
        other = [tf_keras.layers.Dense(1, name=name) for name in names]
        other = tf_keras.Sequential([tf_keras.Input((1,)), *other])
        other.load_weights(path)
        np.testing.assert_array_equal(
            other.get_weights()[0], model.get_weights()[0]
        )

    def test_names_become_unique_paths(self):
        unique = hdf5_layers.unique_names
        assert unique(["a/k:0", "a/k:0", "a"]) == ["a/k:0", "a/k:0_1", "a_1"]
        assert unique(["a", "a/k"]) == ["a", "a_k"]
        assert unique(["/a//k", "../k", ""]) == ["a/k", "k", "weight"]


class MismatchTest:
    @pytest.mark.parametrize("by_name", [False, True])
    def test_shapes_are_compared_before_anything_changes(self, by_name, path):
        fill(chain(tfk)).save_weights(path)
        model = chain(tfk, units=3)
        with unchanged(model), pytest.raises(ValueError) as e:
            model.load_weights(path, by_name=by_name)
        for text in (path, "do not fit", "'last'", "(4, 3)", "(4, 2)"):
            assert text in str(e.value)

    @pytest.mark.parametrize("by_name", [False, True])
    def test_skip_mismatch_loads_the_rest(self, by_name, path):
        source = fill(chain(tf_keras))
        source.save_weights(path)
        model = chain(tfk, units=3)
        last = model.layers[-1].get_weights()
        with pytest.warns(UserWarning, match="'last'"):
            model.load_weights(path, by_name=by_name, skip_mismatch=True)
        np.testing.assert_array_equal(
            model.get_weights()[0], source.get_weights()[0]
        )
        np.testing.assert_array_equal(
            model.layers[-1].get_weights()[0], last[0]
        )

    def test_other_numbers_of_layers_are_listed_on_both_sides(self, path):
        fill(chain(tfk)).save_weights(path)
        layers = [tfk.layers.Dense(4, name=n) for n in ("first", "new")]
        model = tfk.Sequential([tfk.Input((3,)), *layers])
        with unchanged(model), pytest.raises(ValueError) as e:
            model.load_weights(path)
        assert "Only in the model: 'new'" in str(e.value)
        assert "Only in the file: 'norm', 'last'" in str(e.value)
        assert "by_name=True" in str(e.value)
        assert len(str(e.value).splitlines()) < 40

    def test_long_names_are_not_shown_whole(self, path):
        with h5py.File(path, "w") as file:
            name = "x" * 10_000
            file.attrs["layer_names"] = [name.encode()]
            file.create_group(name).attrs["weight_names"] = [name.encode()]
            file[f"{name}/{name}"] = np.zeros(2)
        one = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        for model in (chain(tfk), one):
            with pytest.raises(ValueError, match="9,800 more") as e:
                model.load_weights(path)
            assert len(str(e.value)) < 2000

    def test_models_without_weights_are_told(self, path):
        chain(tfk).save_weights(path)
        with pytest.raises(ValueError, match="`build` it, before loading"):
            tfk.Sequential([tfk.layers.Dense(4)]).load_weights(path)

    @pytest.mark.parametrize("writer", [tfk, tf_keras])
    def test_by_name_leaves_other_layers_alone(self, writer, path):
        source = fill(chain(writer))
        source.save_weights(path)
        layers = [
            tfk.layers.Dense(3, name="new"),
            tfk.layers.Dense(4, name="first"),
        ]
        model = tfk.Sequential([tfk.Input((3,)), *layers])
        new = layers[0].get_weights()
        model.load_weights(path, by_name=True)
        np.testing.assert_array_equal(layers[0].get_weights()[0], new[0])
        np.testing.assert_array_equal(
            layers[1].get_weights()[0], source.get_weights()[0]
        )

    def test_by_name_without_any_namesake_is_an_error(self, path):
        chain(tfk).save_weights(path)
        model = chain(tfk, ("x", "y", "z"))
        with unchanged(model), pytest.raises(ValueError, match="Only in the"):
            model.load_weights(path, by_name=True)

    def test_damage_in_the_last_layer_changes_nothing(self, path):
        fill(chain(tfk)).save_weights(path)
        with h5py.File(path, "r+") as file:
            del file["last/last/bias:0"]
            dataset = file.create_dataset(
                "last/last/bias:0",
                data=np.ones(2, "float32"),
                fletcher32=True,
                chunks=(2,),
            )
            offset = dataset.id.get_chunk_info(0).byte_offset
        with open(path, "r+b") as file:
            file.seek(offset)
            file.write(b"\x99")
        model = chain(tfk)
        with unchanged(model):
            with pytest.raises(tfk.errors.CorruptFileError, match="damaged"):
                model.load_weights(path)


class HostileNamesTest:
    @pytest.mark.parametrize(
        "name", ["../first/kernel:0", "/etc/passwd", "nowhere", ".", ""]
    )
    def test_names_lead_nowhere_but_to_arrays_of_the_layer(self, name, path):
        chain(tfk).save_weights(path)
        with h5py.File(path, "r+") as file:
            file["last"].attrs["weight_names"] = np.asarray(
                [name.encode(), b"last/bias:0"]
            )
        model = chain(tfk)
        with unchanged(model):
            with pytest.raises(tfk.errors.CorruptFileError, match="missing"):
                model.load_weights(path)

    @pytest.mark.parametrize("name", ["../x", "gone", "/first"])
    def test_names_of_layers_lead_nowhere_else(self, name, path):
        chain(tfk).save_weights(path)
        with h5py.File(path, "r+") as file:
            file.attrs["layer_names"] = np.asarray([name.encode()])
        with pytest.raises(ValueError, match="weights.h5"):
            chain(tfk).load_weights(path)


class Module(tf.Module):
    def __init__(self):
        super().__init__()
        self.scale = tf.Variable(2.0, name="scale")


class NoPlaceTest:
    def test_weights_without_a_layer_are_told_when_saving(self, path):
        class Own(tfk.Model):
            def __init__(self):
                super().__init__()
                self.table = {"a": tfk.layers.Dense(1)}
                self.module = Module()

            def call(self, inputs):
                return self.table["a"](inputs) * self.module.scale

        model = Own()
        model(np.ones((1, 2), "float32"))
        with pytest.raises(ValueError, match="scale.*`.keras`"):
            model.save_weights(path)

    def test_models_keep_weights_of_their_own(self, path):
        def make(keras):
            class Own(keras.Model):
                def build(self, input_shape):
                    self.offset = self.add_weight(
                        name="offset", shape=(2,), initializer="ones"
                    )
                    self.built = True

                def call(self, inputs):
                    return inputs + self.offset

            model = Own()
            model(np.ones((1, 2), "float32"))
            return model

        for writer, reader in ((tfk, tf_keras), (tf_keras, tfk)):
            model, other = make(writer), make(reader)
            model.set_weights([np.array([3.0, 4.0])])
            model.save_weights(path)
            other.load_weights(path)
            np.testing.assert_array_equal(other.get_weights()[0], [3.0, 4.0])
