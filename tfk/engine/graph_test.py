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
"""Tests of symbolic tensors, op layers and graphs."""

import inspect
import json
import re
import types

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import op_layer
from tfk.saving import budget


def ops_model():
    """A model of operators, slices and TensorFlow functions."""
    a, b = tfk.Input((4, 3), name="a"), tfk.Input((4, 3), name="b")
    x = 2 * a[:, 1:, :2] - b[:, :3, ::2] / 4 + 1
    x = tf.where(x > 0, x, tf.exp(x) ** 2)
    y = tf.reduce_mean(x, axis=[1], keepdims=True)
    z = tf.concat([x, tf.tile(y, [1, 2, 1])], axis=1)
    z = tf.einsum("bij,jk->bik", z, tf.constant([[1.0, 2.0], [3.0, 4.0]]))
    return tfk.Model([a, b], {"z": z, "cast": tf.cast(z[:, -1], "int32")})


def ops_by_numpy(a, b):
    x = 2 * a[:, 1:, :2] - b[:, :3, ::2] / 4 + 1
    x = np.where(x > 0, x, np.exp(x) ** 2)
    y = np.tile(x.mean(axis=1, keepdims=True), [1, 2, 1])
    z = np.concatenate([x, y], axis=1) @ np.array([[1.0, 2.0], [3.0, 4.0]])
    return {"z": z, "cast": z[:, -1].astype("int32")}


def _names_of_functions():
    """Returns the names of all functions in the modules of ops."""
    names, modules = [], [(m, tf) for m in sorted(op_layer._COMPUTING_MODULES)]
    modules += [(f"compat.v1.{m}", tf) for m, _ in modules]
    for path, module in modules:
        for part in path.split("."):
            module = getattr(module, part, None)
        for key, value in vars(module or type).items():
            if isinstance(value, types.ModuleType) and key[0] != "_":
                modules.append((f"{path}.{key}", tf))
            elif inspect.isfunction(value):
                names.append(f"{path}.{key}")
    return names


class SymbolicTensorTest:
    def test_ops_operators_and_slices(self):
        a, b = np.random.randn(2, 5, 4, 3).astype("float32")
        model = ops_model()
        expected = ops_by_numpy(a, b)
        outputs = model.predict([a, b], verbose=0)
        for key, value in expected.items():
            np.testing.assert_allclose(outputs[key], value, rtol=1e-5)

    def test_ops_survive_json(self):
        a, b = np.random.randn(2, 5, 4, 3).astype("float32")
        model = ops_model()
        config = json.loads(json.dumps(model.get_config()))
        copy = tfk.Model.from_config(config)
        np.testing.assert_allclose(
            copy.predict([a, b], verbose=0)["z"],
            model.predict([a, b], verbose=0)["z"],
        )

    @pytest.mark.parametrize(
        "name",
        ["io.write_file", "py_function", "numpy_function", "print", "os.system",
         "data.Dataset", "map_fn", "load_op_library", "RaggedTensor._x",
         "RaggedTensor.mro", "SparseTensor.eval", "SparseTensor.graph",
         "random.set_global_generator", "random.get_global_generator",
         "random.experimental.set_global_generator", "random.set_seed",
         "random.create_rng_state", "compat.v1.random.set_random_seed",
         "quantization.experimental.quantize_saved_model",
         "ragged.map_flat_values", "compat.v1.nn.raw_rnn"],
    )  # fmt: skip
    def test_ops_that_do_more_than_compute_are_refused(self, name):
        with pytest.raises(ValueError):
            op_layer.resolve(name)

    def test_no_op_that_may_be_named_changes_the_process(self):
        changing = re.compile(
            r"\.(get|create|set)_(?!diag|diff|inter|size|uni)"
        )
        of_python = re.compile("(^|_)(fn|func|cell|generator|sampler|dataset)$")
        names = _names_of_functions()
        assert len(names) > 800
        for name in names:
            try:
                op = op_layer.resolve(name)
            except tfk.errors.UnsafeFileError:
                continue
            assert not changing.search(name), name
            found = {
                x
                for x in inspect.signature(op).parameters
                if of_python.search(x)
            }
            # No file holds a function that could be passed.
            assert found <= {"window_fn"}, (name, found)

    @pytest.mark.parametrize("is_lambda", [False, True])
    def test_ops_read_no_files(self, is_lambda, tmp_path):
        function = "random.fixed_unigram_candidate_sampler"
        x = tfk.Input((2,), dtype="int64", name="x")
        options = {
            "num_true": 2,
            "num_sampled": 3,
            "unique": False,
            "range_max": 4,
            "unigrams": [0.0, 0.0, 1.0, 0.0],
        }
        sampler = tf.random.fixed_unigram_candidate_sampler
        if is_lambda:
            y = tfk.layers.Lambda(sampler, arguments=options)(x)
        else:
            y = sampler(x, **options)
        model = tfk.Model(x, y)
        config = model.to_json()
        assert function in config
        copy = tfk.models.model_from_json(config)
        candidates = copy(np.zeros((1, 2), "int64"))[0]
        np.testing.assert_array_equal(candidates, [2, 2, 2])
        assert function in copy.to_json()
        path = tmp_path / "words.txt"
        path.write_text("a,1\nb,1\nc,1\nd,1\n")
        unsafe = config.replace(
            '"unigrams": [0.0, 0.0, 1.0, 0.0]', f'"vocab_file": "{path}"'
        )
        assert unsafe != config
        with pytest.raises(tfk.errors.UnsafeFileError, match="vocab_file"):
            tfk.models.model_from_json(unsafe)

    @pytest.mark.parametrize(
        "name, shape",
        [
            ("ragged.stack", (10**9, 3)),
            ("ragged.stack", (10**5, 10**5, 3)),
            ("RaggedTensor.from_tensor", (10**9, 3)),
            ("strings.unicode_decode", (10**5, 10**5, 3)),
        ],
    )
    def test_a_file_may_not_ask_for_too_many_rows(self, name, shape):
        x = tfk.Input(batch_shape=shape, name="x")
        with budget.limited_to(0):
            with pytest.raises(tfk.errors.UnsafeFileError, match="the rows of"):
                op_layer.TFOpLambda(name)(x)
            layer = tfk.layers.Lambda.from_config(
                {"function": name, "function_type": "function"}
            )
            with pytest.raises(tfk.errors.UnsafeFileError, match="the rows of"):
                layer(x)
            few = tfk.Input(batch_shape=(30, 3))
            op_layer.TFOpLambda("ragged.stack")(few)
            rows = {"uniform_row_length": 0, "nrows": 10**9}
            with pytest.raises(tfk.errors.UnsafeFileError, match="the rows of"):
                op_layer.TFOpLambda("RaggedTensor.from_uniform_row_length")(
                    tfk.Input(batch_shape=(0,)), **rows
                )

    @pytest.mark.parametrize("count", [5, 10**8, -100])
    def test_gather_does_not_end_the_process(self, count):
        x = tfk.Input((4, 3), name="x")
        indices = [[0], [1]]
        gather = op_layer.TFOpLambda("gather")
        assert gather(x, indices=indices, axis=1).shape == (None, 2, 1, 3)
        y = tfk.Input((2,), dtype="int32")
        assert gather(x, indices=y, batch_dims=1).shape == (None, 2, 3)
        with pytest.raises(ValueError, match="batch_dims"):
            gather(x, indices=indices, batch_dims=count)

    def test_a_file_may_not_iterate_over_a_huge_axis(self):
        x = tfk.Input(batch_shape=(10**9, 2))
        with budget.limited_to(0):
            with pytest.raises(tfk.errors.UnsafeFileError, match="parts"):
                iter(x)
            first, second = tfk.Input(batch_shape=(2, 3))
        assert first.shape == second.shape == (3,)

    def test_ragged_and_sparse_inputs(self):
        ragged = tfk.Input((None,), ragged=True)
        model = tfk.Model(ragged, [ragged.to_tensor(), ragged.row_lengths()])
        dense, lengths = model(tf.ragged.constant([[1.0], [2.0, 3.0]]))
        np.testing.assert_array_equal(dense, [[1, 0], [2, 3]])
        np.testing.assert_array_equal(lengths, [1, 2])
        sparse = tfk.Input((4,), sparse=True)
        assert sparse.shape == (None, 4)
        y = tf.sparse.sparse_dense_matmul if False else tfk.layers.Dense(2)
        model = tfk.Model(sparse, y(sparse))
        assert model(tf.sparse.eye(4)).shape == (4, 2)

    def test_use_as_a_value_is_explained(self):
        x = tfk.Input((2,))
        with pytest.raises(TypeError, match="tf.where"):
            bool(x > 0)
        with pytest.raises(TypeError, match="length"):
            len(x)
        with pytest.raises(TypeError, match="NumPy"):
            np.asarray(x)

    def test_variables_in_ops_are_weights(self):
        v = tf.Variable(tf.ones((3, 2)))
        x = tfk.Input((3,))
        model = tfk.Model(x, tf.matmul(x, v))
        assert any(w is v for w in model.trainable_weights)


class GraphTest:
    def test_disconnected_input_is_named(self):
        a, b = tfk.Input((2,), name="a"), tfk.Input((2,), name="b")
        with pytest.raises(ValueError, match="disconnected.*'b'"):
            tfk.Model(a, a + b)

    def test_equal_names_are_refused(self):
        x = tfk.Input((2,))
        y = tfk.layers.Dense(2, name="same")(x)
        with pytest.raises(ValueError, match="'same'"):
            tfk.Model(x, tfk.layers.Dense(2, name="same")(y))

    def test_a_model_may_begin_in_the_middle(self):
        x = tfk.Input((2,))
        h = tfk.layers.Dense(3)(x)
        y = tfk.layers.Dense(4)(h)
        whole, tail = tfk.Model(x, y), tfk.Model(h, y)
        data = np.random.rand(2, 2).astype("float32")
        hidden = tfk.Model(x, h).predict(data, verbose=0)
        np.testing.assert_allclose(
            tail.predict(hidden, verbose=0),
            whole.predict(data, verbose=0),
            rtol=1e-6,
        )

    def test_deep_graphs_need_no_recursion(self):
        x = y = tfk.Input((1,))
        layer = tfk.layers.Activation("linear")
        for _ in range(1500):
            y = layer(y)
        assert len(tfk.Model(x, y).graph.computing_nodes) == 1500

    def test_shared_layers_share_weights(self):
        a, b = tfk.Input((2,)), tfk.Input((2,))
        dense = tfk.layers.Dense(2)
        model = tfk.Model([a, b], dense(a) - dense(b))
        assert len(model.weights) == 2
        x = np.ones((1, 2), "float32")
        np.testing.assert_array_equal(model([x, x]), [[0.0, 0.0]])
        copy = tfk.Model.from_config(model.get_config())
        assert len(copy.weights) == 2
