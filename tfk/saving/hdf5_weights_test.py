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
"""Tests of weights in HDF5 files."""

import contextlib

import h5py
import numpy as np
import pytest
import tensorflow as tf

import tfk

CORRUPT = tfk.errors.CorruptFileError
UNSAFE = tfk.errors.UnsafeFileError


def _model(units=2, **kwargs):
    chain = [
        tfk.Input((3,)),
        tfk.layers.Dense(4, name="first", **kwargs),
        tfk.layers.BatchNormalization(name="norm"),
        tfk.layers.Dense(units, name="last"),
    ]
    return tfk.Sequential(chain)


class Block(tfk.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = tfk.layers.Dense(4)
        self.rest = [tfk.layers.Dense(4), tfk.layers.Dense(4, use_bias=False)]

    def call(self, inputs):
        outputs = self.first(inputs)
        for layer in self.rest:
            outputs = layer(outputs)
        return outputs


def _model_of_two(kind):
    layers = tfk.layers
    inputs = outputs = tfk.Input((5, 4))
    for name in ("a", "b"):
        if kind == "attention":
            layer = layers.MultiHeadAttention(2, 3, name=name)
            outputs = layer(outputs, outputs)
            continue
        if kind == "block":
            layer = Block(name=name)
        else:
            layer = layers.LSTM(4, return_sequences=True, name=name)
        if kind == "bidirectional":
            layer = layers.LSTM(4, return_sequences=True)
            layer = layers.Bidirectional(layer, name=name)
        outputs = layer(outputs)
    outputs = layers.Dense(1, name="c")(outputs)
    return tfk.Model(inputs, outputs)


@pytest.fixture
def path(tmp_path):
    """A good file of `_model()`."""
    path = str(tmp_path / "m.weights.h5")
    _model().save_weights(path)
    return path


@contextlib.contextmanager
def _unchanged(model):
    before = model.get_weights()
    yield
    for old, new in zip(before, model.get_weights()):
        np.testing.assert_array_equal(old, new)


class HostileFileTest:
    """Nothing of such a file is used, and the model stays as it was."""

    def _refuse(self, path, error=UNSAFE, match=None):
        model = _model()
        with _unchanged(model):
            with pytest.raises(error, match=match) as e:
                model.load_weights(path)
        assert str(e.value).startswith(path)
        assert e.value.path == path

    def _replace(self, path, make, name="layers/dense/vars/0"):
        with h5py.File(path, "r+") as file:
            del file[name]
            make(file, name)

    def test_links_are_refused(self, path, tmp_path):
        other = str(tmp_path / "other.h5")
        with h5py.File(other, "w") as file:
            file["secret"] = np.ones((3, 4), "float32")
        for link in (
            h5py.ExternalLink(other, "/secret"),
            h5py.SoftLink("/layers/dense_1/vars/0"),
            h5py.SoftLink("/nowhere"),
        ):
            self._replace(path, lambda f, name: f.__setitem__(name, link))
            self._refuse(path, match="link")

    def test_linked_groups_are_refused(self, path, tmp_path):
        other = str(tmp_path / "other.h5")
        with h5py.File(other, "w") as file:
            file.create_group("vars")["0"] = np.ones((3, 4), "float32")
        link = h5py.ExternalLink(other, "/vars")
        self._replace(
            path, lambda f, n: f.__setitem__(n, link), "layers/dense/vars"
        )
        self._refuse(path, match="link")

    def test_data_of_other_files_is_refused(self, path, tmp_path):
        secret = tmp_path / "secret"
        secret.write_bytes(b"x" * 48)

        def make(file, name):
            file.create_dataset(
                name, (3, 4), "float32", external=[(str(secret), 0, 48)]
            )

        self._replace(path, make)
        self._refuse(path, match="another file")

    def test_virtual_datasets_are_refused(self, path, tmp_path):
        layout = h5py.VirtualLayout((3, 4), "float32")
        layout[:] = h5py.VirtualSource("other.h5", "x", (3, 4))
        self._replace(path, lambda f, n: f.create_virtual_dataset(n, layout))
        self._refuse(path, match="other datasets")

    def test_cycles_and_double_objects_are_refused(self, path):
        def cycle(file, name):
            file["layers/dense/vars/loop"] = file["layers"]

        self._replace(path, cycle)
        self._refuse(path, match="two places")

    def test_arrays_that_are_no_numbers_are_refused(self, path):
        for dtype in (
            h5py.string_dtype(),
            h5py.ref_dtype,
            np.dtype("V8"),
            np.dtype([("a", "f4")]),
            h5py.vlen_dtype(np.float32),
        ):
            self._replace(
                path, lambda f, name: f.create_dataset(name, (2,), dtype)
            )
            self._refuse(path, match="numbers")

    def test_numbers_that_are_too_long_are_refused(self, path):
        values = np.ones((4, 2), np.longdouble)
        # The last one, so that others would be set before it.
        self._replace(
            path,
            lambda f, name: f.create_dataset(name, data=values),
            "layers/dense_1/vars/0",
        )
        self._refuse(path, match="arrays hold numbers")

    def test_named_types_are_refused(self, path):
        self._replace(path, lambda f, name: f.__setitem__(name, np.dtype("f4")))
        self._refuse(path, match="only groups and arrays")

    def test_declared_sizes_are_not_believed(self, path):
        def make(file, name):
            file.create_dataset(
                name, (2**40,), "float32", chunks=(2**10,), compression="gzip"
            )

        self._replace(path, make)
        self._refuse(path, match="declares arrays")

    def test_damage_is_found(self, path):
        with open(path, "rb") as file:
            content = bytearray(file.read())
        for cut in (0, 7, 600, len(content) // 2):
            with open(path, "wb") as file:
                file.write(content[:cut])
            self._refuse(path, CORRUPT)

    def test_damaged_data_changes_nothing(self, path):
        with h5py.File(path, "r+") as file:
            del file["layers/dense_1/vars/1"]
            dataset = file.create_dataset(
                "layers/dense_1/vars/1",
                data=np.ones((2,), "float32"),
                fletcher32=True,
                chunks=(2,),
            )
            offset = dataset.id.get_chunk_info(0).byte_offset
        with open(path, "r+b") as file:
            file.seek(offset)
            file.write(b"\x99")
        self._refuse(path, CORRUPT, match="damaged")

    def test_flipped_bytes_load_or_raise_and_never_half(self, path):
        with open(path, "rb") as file:
            good = file.read()
        rng = np.random.default_rng(0)
        model = _model()
        outcomes = set()
        for _ in range(200):
            damaged = bytearray(good)
            for _ in range(rng.integers(1, 9)):
                damaged[rng.integers(len(good))] = rng.integers(256)
            with open(path, "wb") as file:
                file.write(damaged)
            before = model.get_weights()
            try:
                model.load_weights(path)
                outcomes.add("loaded")
            except (ValueError, OSError):
                outcomes.add("refused")
                for old, new in zip(before, model.get_weights()):
                    np.testing.assert_array_equal(old, new)
        assert outcomes == {"loaded", "refused"}

    def test_layout_of_older_keras_is_told_apart(self, path):
        with h5py.File(path, "r+") as file:
            file.attrs["layer_names"] = ["first"]
        self._refuse(path, CORRUPT, match="first: a layer that is listed")


class MismatchTest:
    def test_shapes_are_compared_before_anything_changes(self, path):
        model = _model(units=3)
        with _unchanged(model):
            with pytest.raises(ValueError, match="do not fit") as e:
                model.load_weights(path)
        assert "(4, 3)" in str(e.value) and "(4, 2)" in str(e.value)
        assert "Dense 'last'" in str(e.value)

    def test_missing_and_unused_arrays_are_listed(self, path):
        for chain, text in (
            ([tfk.layers.Dense(4)], "the model has nothing"),
            (
                [tfk.layers.Dense(4), tfk.layers.Dense(2)],
                "batch_normalization",
            ),
            (
                [*_model().layers, tfk.layers.Dense(1)],
                "the file nothing",
            ),
        ):
            model = tfk.Sequential([tfk.Input((3,)), *chain])
            with _unchanged(model):
                with pytest.raises(ValueError, match=text):
                    model.load_weights(path)

    def test_layers_that_count_are_no_optimizers(self, path):
        class Counter(tfk.layers.Layer):
            def build(self, input_shape):
                self.count = self.add_weight("count", (), dtype="int64")

            def call(self, inputs):
                return inputs

        tfk.Sequential([tfk.Input((3,)), Counter()]).save_weights(path)
        model = tfk.Sequential([tfk.Input((3,)), tfk.layers.ReLU()])
        with pytest.raises(ValueError, match="counter: the model has nothing"):
            model.load_weights(path)

    def test_unbuilt_models_are_named(self, path):
        model = tfk.Sequential([tfk.layers.Dense(4)])
        with pytest.raises(ValueError, match="no weights yet"):
            model.load_weights(path)

    def test_skip_mismatch_loads_the_rest(self, path):
        model, other = _model(), _model(units=3)
        model.load_weights(path)
        last = other.get_weights()[-2:]
        with pytest.warns(UserWarning, match="dense_1"):
            other.load_weights(path, skip_mismatch=True)
        for one, two in zip(other.get_weights()[:4], model.get_weights()):
            np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(other.get_weights()[-2], last[0])

    def test_by_name_finds_layers_elsewhere(self, path):
        source = _model()
        source.load_weights(path)
        chain = [
            tfk.Input((3,)),
            tfk.layers.Dense(3, name="new"),
            tfk.layers.Dense(4, name="first"),
        ]
        model = tfk.Sequential(chain)
        new = model.get_weights()[0]
        model.load_weights(path, by_name=True)
        np.testing.assert_array_equal(model.get_weights()[0], new)
        np.testing.assert_array_equal(
            model.get_weights()[2], source.get_weights()[0]
        )

    @pytest.mark.parametrize("kind", ["lstm", "bidirectional", "attention"])
    def test_by_name_finds_what_two_layers_call_the_same(self, kind, tmp_path):
        path = str(tmp_path / "m.weights.h5")
        source, model = _model_of_two(kind), _model_of_two(kind)
        source.save_weights(path)
        model.load_weights(path, by_name=True)
        for one, two in zip(model.get_weights(), source.get_weights()):
            np.testing.assert_array_equal(one, two)

    def test_by_name_goes_by_the_place_where_layers_have_no_names(
        self, tmp_path
    ):
        path = str(tmp_path / "m.weights.h5")
        source = _model_of_two("block")
        tfk.layers.Dense(1)  # Moves the counters of names on.
        model = _model_of_two("block")
        source.save_weights(path)
        model.load_weights(path, by_name=True)
        for one, two in zip(model.get_weights(), source.get_weights()):
            np.testing.assert_array_equal(one, two)

    def test_by_name_goes_by_names_among_the_layers_of_a_model(self, tmp_path):
        def make(*names):
            inner = tfk.Sequential(
                [tfk.layers.Dense(3, name=name) for name in names],
                name="inner",
            )
            other = tfk.Sequential(
                [tfk.layers.Dense(3, name="two")], name="other"
            )
            return tfk.Sequential([tfk.Input((3,)), inner, other])

        path = str(tmp_path / "m.weights.h5")
        source, model = make("one", "two"), make("new", "one", "two")
        source.save_weights(path)
        new = model.get_weights()[0]
        model.load_weights(path, by_name=True)
        np.testing.assert_array_equal(model.get_weights()[0], new)
        for one, two in zip(model.get_weights()[2:], source.get_weights()):
            np.testing.assert_array_equal(one, two)

    def test_by_name_finds_nothing_and_says_so(self, path, tmp_path):
        layer = tfk.layers.Dense(4, name="other")
        model = tfk.Sequential([tfk.Input((3,)), layer])
        # Optimizers and metrics have equal names in all models.
        model.compile("adam", "mse")
        whole = _model()
        whole.compile("adam", "mse")
        whole.save(tmp_path / "m.keras")
        for path in (path, tmp_path / "m.keras"):
            with _unchanged(model):
                with pytest.raises(ValueError, match="'other'.*'first'"):
                    model.load_weights(path, by_name=True)

    def test_names_and_trainable_do_not_matter(self, path):
        tfk.layers.Dense(1)  # Moves the counters of names on.
        chain = [
            tfk.Input((3,)),
            tfk.layers.Dense(4, trainable=False),
            tfk.layers.BatchNormalization(trainable=False),
            tfk.layers.Dense(2),
        ]
        model, source = tfk.Sequential(chain), _model()
        model.load_weights(path)
        source.load_weights(path)
        x = tf.ones((1, 3))
        np.testing.assert_array_equal(model(x), source(x))

    def test_other_optimizers_start_fresh_with_a_warning(self, tmp_path):
        path = str(tmp_path / "m.weights.h5")
        model = _model()
        model.compile("adam", "mse")
        model.fit(np.ones((2, 3)), np.ones((2, 2)), verbose=0)
        model.save_weights(path)
        other = _model()
        other.compile(tfk.optimizers.Adagrad(), "mse")
        with pytest.warns(UserWarning, match="fresh optimizer"):
            other.load_weights(path)
        same = _model()
        same.compile("adam", "mse")
        same.load_weights(path)
        for one, two in zip(
            same.optimizer.variables, model.optimizer.variables
        ):
            np.testing.assert_array_equal(one, two)
        uncompiled = _model()
        uncompiled.load_weights(path)

    def test_layers_with_their_own_form_are_all_or_nothing(self, tmp_path):
        class Own(tfk.layers.Layer):
            fails = False

            def build(self, input_shape):
                self.value = self.add_weight("value", (2,))

            def call(self, inputs):
                return inputs

            def save_own_variables(self, store):
                store["doubled"] = self.value.numpy() * 2

            def load_own_variables(self, store):
                self.value.assign(store["doubled"] / 2)
                if self.fails:
                    raise ValueError("too late")

        def make():
            chain = [tfk.Input((2,)), Own(), Own(), tfk.layers.Dense(1)]
            return tfk.Sequential(chain)

        path = str(tmp_path / "m.weights.h5")
        model, other = make(), make()
        model.save_weights(path)
        other.layers[1].fails = True
        with _unchanged(other):
            with pytest.raises(ValueError, match="own_1.*too late"):
                other.load_weights(path)
        other.layers[1].fails = False
        other.load_weights(path)
        np.testing.assert_array_equal(
            other.get_weights()[1], model.get_weights()[1]
        )


class DtypeTest:
    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
    def test_dtypes_come_back(self, dtype, tmp_path):
        path = str(tmp_path / "m.weights.h5")
        model, other = _model(dtype=dtype), _model(dtype=dtype)
        model.save_weights(path)
        other.load_weights(path)
        kernel = other.layers[0].kernel
        assert kernel.dtype == dtype
        np.testing.assert_array_equal(kernel, model.layers[0].kernel)

    def test_text_is_no_weight(self, tmp_path):
        class Text(tfk.layers.Layer):
            def save_own_variables(self, store):
                store["a"] = "text"

            def call(self, inputs):
                return inputs

        model = tfk.Sequential([tfk.Input((1,)), Text(name="t")])
        path = tmp_path / "m.weights.h5"
        with pytest.raises(ValueError, match="save_assets.*Text 't'"):
            model.save_weights(path)
        assert not path.exists()
