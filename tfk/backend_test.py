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
"""Tests of the names for old code, against those of tf_keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import programs

X = tf.reshape(tf.linspace(-2.0, 3.0, 12), (2, 2, 3))
M = X[0]
P = tf.nn.softmax(X[1])
INTEGERS = tf.constant([[1, 2, 3], [4, 5, 6]])
FLAGS = tf.constant([[True, False], [True, True]])

# Each line is an expression over `K`, the backend of one of the packages.
CALLS = """
abs(X)
all(FLAGS, axis=1)
all(INTEGERS)
any(FLAGS, axis=0, keepdims=True)
arange(3)
arange(1, 6, 2, "float32")
arange(3.0)
argmax(X)
argmin(X, axis=1)
batch_dot(X, X, axes=(2, 2))
batch_dot(X, X, axes=1)
batch_dot(X, tf.transpose(X, (0, 2, 1)))
batch_dot(M, M)
batch_dot(X, M[:2])
batch_flatten(X)
batch_get_value([K.variable(M), K.variable(2)])
binary_crossentropy(P, P)
binary_crossentropy(P, M, from_logits=True)
cast(X, "int32")
cast_to_floatx(INTEGERS)
cast_to_floatx(INTEGERS.numpy())
categorical_crossentropy(P, P)
categorical_crossentropy(P, M, from_logits=True)
clip(X, -1, 1)
clip(X, None, 1)
clip(X, 2, 1)
concatenate([X, X])
concatenate([X, X], axis=1)
constant([[1, 2]])
constant(3, "int32", (2, 2))
cos(X)
cumprod(X, 1)
cumsum(X)
dot(M, tf.transpose(M))
dot(X, tf.transpose(M))
dot(X, tf.transpose(X, (0, 2, 1)))
dropout(X, 0.0)
dtype(K.variable(M))
elu(X, 0.5)
equal(INTEGERS, 2)
eval(K.variable(M))
exp(X)
expand_dims(X)
expand_dims(X, 1)
eye(3)
flatten(X)
gather(M, [1, 0])
get_value(K.variable(M))
greater(X, 0.0)
greater_equal(INTEGERS, 2)
hard_sigmoid(X)
in_top_k(P, tf.constant([2, 0]), 1)
int_shape(X)
is_sparse(tf.sparse.eye(2))
is_sparse(tf.constant(1))
l2_normalize(X)
l2_normalize(X, axis=-1)
less(X, 0.0)
less_equal(INTEGERS, 2)
log(P)
map_fn(lambda row: row * 2, M)
max(X)
max(X, axis=1, keepdims=True)
maximum(X, 0.5)
mean(X)
mean(FLAGS)
mean(X, axis=[1, 2])
min(X, 0)
minimum(X, 0.5)
moving_average_update(K.variable(1.0), 3.0, 0.9)
ndim(X)
not_equal(INTEGERS, 2)
one_hot(INTEGERS, 4)
ones((2, 3))
ones_like(X)
permute_dimensions(X, (2, 0, 1))
pow(X, 2)
prod(INTEGERS, axis=0)
random_bernoulli((4,), p=1.0)
random_normal((2, 3), mean=2.0, stddev=0.0)
random_uniform((2, 3), 1.0, 1.0)
truncated_normal((2, 3), mean=2.0, stddev=0.0)
relu(X)
relu(X, alpha=0.1, max_value=2.0, threshold=0.5)
repeat(M, 2)
repeat_elements(X, 2, axis=1)
reshape(X, (-1, 4))
reverse(X, 1)
reverse(X, [0, 2])
round(X)
shape(X)
sigmoid(X)
sign(X)
sin(X)
softmax(X)
softmax(X, axis=1)
softplus(X)
softsign(X)
sparse_categorical_crossentropy(tf.constant([0, 2]), P)
sqrt(X)
square(X)
squeeze(X[:, :1], 1)
stack([M, M], axis=1)
std(X, axis=1)
std(FLAGS)
stop_gradient(X)
sum(X)
sum(X, axis=-1, keepdims=True)
tanh(X)
temporal_padding(X, (0, 2))
tile(M, (2, 1))
tile(M[0], 2)
to_dense(tf.sparse.eye(2))
to_dense(M)
transpose(M)
update(K.variable(1.0), 3.0)
update_add(K.variable(1.0), 2.0)
update_sub(K.variable(1.0), 2.0)
var(X, axis=1)
variable([[1, 2]])
variable(INTEGERS, dtype="int32")
zeros((2, 2), "int32")
zeros_like(INTEGERS)
""".split("\n")[1:-1]


class BackendTest:
    @pytest.mark.parametrize("call", CALLS)
    def test_gives_what_the_backend_of_tf_keras_gives(self, call):
        expected, actual = (
            eval(f"K.{call}", {**globals(), "K": keras.backend})
            for keras in (tf_keras, tfk)
        )
        programs.assert_same(expected, actual, rtol=1e-5, atol=1e-6)
        if hasattr(expected, "dtype"):
            assert expected.dtype == actual.dtype
        is_variable = [isinstance(x, tf.Variable) for x in (expected, actual)]
        assert is_variable[0] == is_variable[1]

    def test_works_on_symbolic_tensors(self):
        K = tfk.backend
        inputs = tfk.Input((3, 2))
        centred = inputs - K.mean(inputs, axis=1, keepdims=True)
        outputs = K.sqrt(K.sum(K.square(centred), axis=-1) + K.epsilon())
        model = tfk.Model(inputs, K.flatten(K.softmax(outputs)))
        x = np.random.normal(size=(4, 3, 2)).astype("float32")
        distance = np.linalg.norm(x - x.mean(axis=1, keepdims=True), axis=-1)
        expected = np.exp(distance) / np.exp(distance).sum(-1, keepdims=True)
        np.testing.assert_allclose(
            model(x).numpy().reshape(4, 3), expected, rtol=1e-3
        )

    def test_counts_elements(self):
        assert tfk.backend.count_params(tf.Variable(M)) == 6

    def test_sets_many_variables(self):
        a, b = tfk.backend.variable(1.0), tfk.backend.variable([2.0])
        tfk.backend.batch_set_value([(a, 3), (b, [4])])
        assert tfk.backend.batch_get_value([a, b]) == [3.0, [4.0]]

    def test_prints_and_returns_a_tensor(self, capfd):
        x = tfk.backend.print_tensor(tf.constant([1, 2]), "x is ")
        assert x.numpy().tolist() == [1, 2]
        assert "x is" in capfd.readouterr().err

    def test_variable_keeps_its_constraint(self):
        constraint = tfk.constraints.NonNeg()
        variable = tfk.backend.variable([1.0], constraint=constraint)
        assert variable.constraint is constraint

    def test_draws_random_numbers(self):
        drawn = tfk.backend.random_uniform((1000,), seed=3).numpy()
        assert 0 <= drawn.min() < 0.1 and 0.9 < drawn.max() <= 1
        drawn = tfk.backend.random_bernoulli((1000,), p=0.3).numpy()
        assert set(drawn) == {0, 1} and 0.2 < drawn.mean() < 0.4
