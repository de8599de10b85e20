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
"""What replaces the feature columns of TensorFlow: a test for each.

The numbers are those of the list in `rfcs/20191212-keras-categorical-inputs`.
"""

import numpy as np
import pandas as pd
import tensorflow as tf

import tfk

preprocessing = tfk.layers.experimental.preprocessing
COLORS = ["red", "green", "blue"]
SEEN = np.array([["green"], ["red"], ["pink"], ["blue"]])


def strings(name="color", width=1):
    return tfk.Input(shape=(width,), name=name, dtype=tf.string)


def run(inputs, outputs, data):
    """Runs the columns as a model, and fits a model around them."""
    model = tfk.Model(inputs, outputs)
    results = model(tf.nest.map_structure(tf.constant, data))
    served = tf.function(model)(tf.nest.map_structure(tf.constant, data))
    for x, y in zip(tf.nest.flatten(results), tf.nest.flatten(served)):
        np.testing.assert_array_equal(to_array(x), to_array(y))
    return tf.nest.map_structure(to_array, results)


def to_array(x):
    if isinstance(x, tf.RaggedTensor):
        x = x.to_sparse()
    return np.asarray(
        tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else x
    )


def fitted(inputs, features, data, targets):
    """Trains one unit on the features, and returns the model."""
    outputs = tfk.layers.Dense(1)(features)
    model = tfk.Model(inputs, outputs)
    model.compile(tfk.optimizers.Adam(0.5), "mse")
    model.fit(data, targets, epochs=60, verbose=0)
    return model


class FeatureColumnsTest:
    def test_1_hash_buckets(self):
        x = strings()
        buckets = run(x, preprocessing.Hashing(num_bins=10)(x), SEEN)
        assert buckets.shape == (4, 1) and set(buckets.ravel()) <= set(
            range(10)
        )
        expected = tf.strings.to_hash_bucket_fast(SEEN, 10)
        np.testing.assert_array_equal(buckets, expected)
        salted = run(x, preprocessing.Hashing(10, salt=[7, 9])(x), SEEN)
        expected = tf.strings.to_hash_bucket_strong(SEEN, 10, [7, 9])
        np.testing.assert_array_equal(salted, expected)

    def test_2_identity(self):
        # Out of range values become a default: no layer is needed.
        x = tfk.Input(shape=(1,), dtype="int64")
        kept = tf.where((x >= 0) & (x < 3), x, tf.zeros_like(x))
        data = np.array([[2], [5], [-1]])
        np.testing.assert_array_equal(run(x, kept, data), [[2], [0], [0]])

    def test_3_vocabulary_file_and_list(self, tmp_path):
        path = tmp_path / "colors.txt"
        path.write_text("\n".join(COLORS))
        x = strings()
        for vocabulary in (str(path), COLORS):
            lookup = preprocessing.StringLookup(
                max_tokens=len(COLORS) + 1,
                num_oov_indices=1,
                mask_token=None,
                vocabulary=vocabulary,
            )
            ids = run(x, lookup(x), SEEN)
            np.testing.assert_array_equal(ids, [[2], [1], [0], [3]])
        dropped = preprocessing.StringLookup(
            num_oov_indices=0, mask_token=None, vocabulary=COLORS
        )
        encode = preprocessing.CategoryEncoding(max_tokens=3)
        assert dropped.vocabulary_size() == 3
        known = SEEN[[0, 1, 3]]
        rows = run(x, encode(dropped(x)), known)
        np.testing.assert_array_equal(rows, np.eye(3)[[1, 0, 2]])

    def test_3_vocabularies_of_integers(self, tmp_path):
        path = tmp_path / "numbers.txt"
        path.write_text("12\n36\n1138")
        x = tfk.Input(shape=(1,), dtype="int64")
        data = np.array([[36], [5], [1138]])
        for vocabulary in (str(path), [12, 36, 1138]):
            lookup = preprocessing.IntegerLookup(
                max_values=3 + 2,
                num_oov_indices=2,
                mask_value=None,
                vocabulary=vocabulary,
            )
            ids = run(x, lookup(x), data)
            np.testing.assert_array_equal(ids, [[3], [5 % 2], [4]])

    def test_4_crossed_columns(self):
        x, y = strings("x"), strings("y")
        data = [SEEN, SEEN[::-1]]
        crossed = run([x, y], preprocessing.CategoryCrossing()([x, y]), data)
        expected = [[f"{a}_X_{b}".encode()] for (a,), (b,) in zip(*data)]
        np.testing.assert_array_equal(crossed, expected)
        hashed = run([x, y], preprocessing.Hashing(num_bins=10)([x, y]), data)
        assert hashed.shape == (4, 1) and hashed.max() < 10
        again = run([x, y], preprocessing.Hashing(num_bins=10)([x, y]), data)
        np.testing.assert_array_equal(hashed, again)
        assert len(np.unique(hashed)) > 1

    def test_5_embedding_columns(self):
        x = strings(width=2)
        data = np.array([["red", "blue"], ["green", "green"]])
        ids = preprocessing.StringLookup(vocabulary=COLORS)(x)
        embedding = tfk.layers.Embedding(
            len(COLORS) + 1,
            3,
            embeddings_initializer="normal",
            embeddings_constraint=tfk.constraints.MaxNorm(1.0),
        )
        vectors = embedding(ids)
        combined = {
            "sum": tf.reduce_sum(vectors, -2),
            "mean": tf.reduce_mean(vectors, -2),
            "sqrtn": tf.reduce_sum(vectors, -2) / tf.sqrt(2.0),
        }
        results = run(x, combined, data)
        table = embedding.embeddings.numpy()
        total = np.stack([table[1] + table[3], 2 * table[2]])
        for name, divisor in (("sum", 1), ("mean", 2), ("sqrtn", 2**0.5)):
            np.testing.assert_allclose(results[name], total / divisor, 1e-5)
        model = fitted(x, combined["sum"], data, np.ones((2, 1)))
        norms = np.linalg.norm(embedding.embeddings, axis=0)
        assert (norms <= 1.001).all()
        assert abs(model.predict(data, verbose=0) - 1).max() < 0.1

    def test_6_indicator_columns(self):
        x = strings(width=3)
        data = np.array([["red", "blue", "red"], ["pink", "red", "green"]])
        ids = preprocessing.StringLookup(vocabulary=COLORS)(x)
        counts = [[0, 2, 0, 1], [1, 1, 1, 0]]
        for sparse in (False, True):
            encode = preprocessing.CategoryEncoding(
                max_tokens=4, output_mode="count", sparse=sparse
            )
            np.testing.assert_array_equal(run(x, encode(ids), data), counts)
        encode = preprocessing.CategoryEncoding(
            max_tokens=4, output_mode="binary"
        )
        present = run(x, encode(ids), data)
        np.testing.assert_array_equal(present, np.minimum(counts, 1))

    def test_7_weighted_columns(self):
        x = strings(width=2)
        weights = tfk.Input(shape=(2,), name="weight")
        ids = preprocessing.StringLookup(vocabulary=COLORS)(x)
        encode = preprocessing.CategoryEncoding(
            max_tokens=4, output_mode="count"
        )
        data = [
            np.array([["red", "blue"], ["green", "green"]]),
            np.array([[0.5, 2.0], [1.0, 3.0]], "float32"),
        ]
        rows = run([x, weights], encode(ids, weights), data)
        np.testing.assert_array_equal(rows, [[0, 0.5, 0, 2], [0, 0, 4, 0]])

    def test_8_shared_embeddings(self):
        watched = tfk.Input(shape=(1,), name="watched", dtype="int64")
        shown = tfk.Input(shape=(1,), name="shown", dtype="int64")
        lookup = preprocessing.IntegerLookup(vocabulary=[10, 20, 30])
        embedding = tfk.layers.Embedding(4, 2)
        vectors = [embedding(lookup(watched)), embedding(lookup(shown))]
        data = [np.array([[10], [20]]), np.array([[20], [30]])]
        first, second = run([watched, shown], vectors, data)
        np.testing.assert_array_equal(first[1], second[0])
        assert len(tfk.Model([watched, shown], vectors).weights) == 1

    def test_9_linear_estimators(self):
        table = pd.DataFrame(
            {
                "sex": ["male", "female", "female", "male"] * 8,
                "parch": [0, 1, 2, 0] * 8,
                "age": [30.0, 25.0, 60.0, 40.0] * 8,
            }
        )
        survived = np.array([0, 1, 1, 0] * 8)
        inputs = {
            "sex": strings("sex"),
            "parch": tfk.Input(shape=(1,), name="parch", dtype="int64"),
            "age": tfk.Input(shape=(1,), name="age"),
        }
        lookups = {
            "sex": preprocessing.StringLookup(
                vocabulary=table["sex"].unique(),
                num_oov_indices=0,
                mask_token=None,
            ),
            "parch": preprocessing.IntegerLookup(
                vocabulary=table["parch"].unique(),
                num_oov_indices=0,
                mask_value=None,
            ),
        }

        def counted(ids, size):
            return preprocessing.CategoryEncoding(
                max_tokens=size, output_mode="count", sparse=True
            )(ids)

        columns = [
            counted(lookup(inputs[name]), lookup.vocabulary_size())
            for name, lookup in lookups.items()
        ]
        columns.append(preprocessing.Normalization()(inputs["age"]))
        crossed = preprocessing.CategoryCrossing()(
            [inputs["parch"], inputs["sex"]]
        )
        crossed = preprocessing.Hashing(num_bins=100)(crossed)
        columns.append(counted(crossed, 100))
        linear = tfk.experimental.LinearModel(
            units=1, kernel_initializer="zeros", activation="sigmoid"
        )
        model = tfk.Model(inputs, linear(columns))
        data = {name: table[[name]].to_numpy() for name in inputs}
        model.adapt(data)
        model.compile(
            tfk.optimizers.Ftrl(0.5), "binary_crossentropy", ["accuracy"]
        )
        dataset = tf.data.Dataset.from_tensor_slices((data, survived)).batch(8)
        history = model.fit(dataset, epochs=5, verbose=0)
        assert history.history["accuracy"][-1] == 1.0

    def test_10_numeric_columns(self):
        x = tfk.Input(shape=(1,), name="age")
        normalization = preprocessing.Normalization()
        outputs = normalization(x)
        normalization.set_weights([np.array([4.0]), np.array([9.0]), 1])
        data = np.array([[1.0], [7.0]], "float32")
        np.testing.assert_array_equal(run(x, outputs, data), [[-1.0], [1.0]])
        steps = tfk.Input(shape=(None, 1))
        sequences = data.reshape((1, 2, 1))
        given = preprocessing.Normalization(mean=4.0, variance=9.0)
        np.testing.assert_array_equal(
            run(steps, given(steps), sequences), [[[-1.0], [1.0]]]
        )

    def test_11_sequences_of_categories(self):
        x = tfk.Input(shape=(None,), dtype=tf.string)
        lookup = preprocessing.StringLookup(vocabulary=COLORS, mask_token="")
        embedding = tfk.layers.Embedding(5, 2, mask_zero=True)
        model = tfk.Model(x, tfk.layers.LSTM(3)(embedding(lookup(x))))
        padded = np.array([["red", "blue", ""], ["pink", "", ""]])
        short = [np.array([["red", "blue"]]), np.array([["pink"]])]
        together = model.predict(padded, verbose=0)
        for row, alone in zip(together, short):
            np.testing.assert_allclose(
                model.predict(alone, verbose=0)[0], row, atol=1e-6
            )

    def test_12_bucketized_columns(self):
        x = tfk.Input(shape=(1,), name="age")
        discretize = preprocessing.Discretization(bins=[18.0, 40.0, 65.0])
        data = np.array([[3.0], [18.0], [50.0], [70.0]], "float32")
        buckets = run(x, discretize(x), data)
        np.testing.assert_array_equal(buckets.ravel(), [0, 1, 2, 3])
        one_hot = preprocessing.Discretization(
            bins=[18.0, 40.0, 65.0], output_mode="one_hot"
        )
        np.testing.assert_array_equal(run(x, one_hot(x), data), np.eye(4))
        targets = np.array([[1.0], [-1.0], [2.0], [0.5]])
        model = fitted(x, one_hot(x), data, targets)
        np.testing.assert_allclose(
            model.predict(data, verbose=0), targets, atol=0.3
        )
