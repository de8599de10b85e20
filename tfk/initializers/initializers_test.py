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
"""Tests of the initializers, against tf_keras and known distributions."""

import random

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import config
from tfk import initializers

SEED = 7

# name, keyword arguments
RANDOM = [
    ("RandomNormal", {"mean": 0.5, "stddev": 2.0}),
    ("RandomUniform", {"minval": -1.0, "maxval": 3.0}),
    ("TruncatedNormal", {"mean": 0.5, "stddev": 2.0}),
    ("VarianceScaling", {}),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_out"}),
    ("VarianceScaling", {"mode": "fan_avg", "distribution": "uniform"}),
    ("VarianceScaling", {"distribution": "untruncated_normal"}),
    ("GlorotNormal", {}),
    ("GlorotUniform", {}),
    ("HeNormal", {}),
    ("HeUniform", {}),
    ("LecunNormal", {}),
    ("LecunUniform", {}),
    ("Orthogonal", {"gain": 2.0}),
]
FIXED = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {"value": 3}),
    ("Constant", {"value": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}),
    ("Identity", {"gain": 0.5}),
]
ALIASES = (
    "Constant constant GlorotNormal glorot_normal GlorotUniform "
    "glorot_uniform HeNormal he_normal HeUniform he_uniform Identity identity "
    "LecunNormal lecun_normal LecunUniform lecun_uniform Ones ones one "
    "Orthogonal orthogonal RandomNormal random_normal normal RandomUniform "
    "random_uniform uniform TruncatedNormal truncated_normal VarianceScaling "
    "variance_scaling Zeros zeros zero"
).split()


def make(module, name, kwargs, seed=SEED):
    if (name, kwargs) in RANDOM:
        kwargs = {**kwargs, "seed": seed}
    return getattr(module, name)(**kwargs)


class InitializersTest:
    @pytest.mark.parametrize("name, kwargs", RANDOM)
    @pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
    @pytest.mark.parametrize("shape", [(4, 6), (3, 2, 5, 4)])
    def test_seeded_values_equal_those_of_tf_keras(
        self, name, kwargs, dtype, shape
    ):
        if name == "Orthogonal" and dtype == "bfloat16":
            pytest.skip("tf_keras can't")
        actual = make(initializers, name, kwargs)(shape, dtype=dtype)
        expected = make(tf_keras.initializers, name, kwargs)(shape, dtype=dtype)
        assert actual.dtype == dtype
        np.testing.assert_allclose(
            tf.cast(actual, "float64"),
            tf.cast(expected, "float64"),
            rtol=1e-2 if dtype == "bfloat16" else 1e-5,
            atol=1e-6,
        )

    @pytest.mark.parametrize("name, kwargs", FIXED)
    @pytest.mark.parametrize("dtype", ["float32", "float16"])
    def test_fixed_values_equal_those_of_tf_keras(self, name, kwargs, dtype):
        np.testing.assert_array_equal(
            make(initializers, name, kwargs)((2, 3), dtype=dtype),
            make(tf_keras.initializers, name, kwargs)((2, 3), dtype=dtype),
        )

    @pytest.mark.parametrize("name, kwargs", RANDOM + FIXED)
    def test_all_float_types_and_floatx_are_made(self, name, kwargs):
        initializer = make(initializers, name, kwargs)
        expected = np.asarray(initializer((2, 3)))
        for dtype, tolerance in (
            ("float16", 0.005),
            ("bfloat16", 0.03),
            ("float8_e4m3fn", 0.2),
            (tf.float64, 1e-5),
        ):
            values = initializer((2, 3), dtype=dtype)
            assert values.dtype == dtype
            if (name, kwargs) in FIXED:
                np.testing.assert_allclose(
                    tf.cast(values, "float32"), expected, rtol=tolerance
                )
        config.set_floatx("float64")
        try:
            assert initializer((2, 3)).dtype == tf.float64
        finally:
            config.set_floatx("float32")

    @pytest.mark.parametrize(
        "name, kwargs, mean, stddev, bound",
        [
            ("RandomNormal", {}, 0.0, 0.05, None),
            ("RandomNormal", {"mean": 2.0, "stddev": 3.0}, 2.0, 3.0, None),
            ("RandomUniform", {"maxval": 0.15}, 0.05, 0.2 / 12**0.5, 0.1),
            ("TruncatedNormal", {}, 0.0, 0.05 * 0.8796, 0.1),
            ("GlorotUniform", {}, 0.0, 0.005**0.5, 0.015**0.5),
            ("GlorotNormal", {}, 0.0, 0.005**0.5, 2 * 0.005**0.5 / 0.8796),
            ("HeUniform", {}, 0.0, 0.1, 0.1 * 3**0.5),
            ("HeNormal", {}, 0.0, 0.1, 0.2 / 0.8796),
            ("LecunUniform", {}, 0.0, 0.005**0.5, 0.015**0.5),
            ("LecunNormal", {}, 0.0, 0.005**0.5, 2 * 0.005**0.5 / 0.8796),
            ("VarianceScaling", {}, 0.0, 0.005**0.5, None),
        ],
    )
    def test_values_have_the_moments_and_bounds_of_their_distribution(
        self, name, kwargs, mean, stddev, bound
    ):
        # Both fans are 200: He's variance is 2 / 200, the others' 1 / 200.
        initializer = make(initializers, name, {**kwargs, "seed": 1})
        values = np.asarray(initializer((200, 200)))
        assert abs(values.mean() - mean) < 0.03 * stddev
        assert abs(values.std() / stddev - 1) < 0.02
        if bound is not None:
            assert np.abs(values - mean).max() <= bound * 1.0001

    @pytest.mark.parametrize(
        "shape, fan_in, fan_out",
        [
            ((), 1, 1),
            ((5,), 5, 5),
            ((5, 6), 5, 6),
            ((3, 5, 6), 15, 18),
            ((3, 3, 5, 6), 45, 54),
            ((2, 3, 3, 5, 6), 90, 108),
        ],
    )
    def test_fans_count_the_places_of_convolution_kernels(
        self, shape, fan_in, fan_out
    ):
        fans = {
            "fan_in": fan_in,
            "fan_out": fan_out,
            "fan_avg": (fan_in + fan_out) / 2,
        }
        for mode, fan in fans.items():
            scaled = initializers.VarianceScaling(
                mode=mode, distribution="uniform", seed=SEED
            )(shape)
            limit = (3.0 / fan) ** 0.5
            plain = initializers.RandomUniform(-limit, limit, seed=SEED)(shape)
            np.testing.assert_allclose(scaled, plain, rtol=1e-5)

    @pytest.mark.parametrize("shape", [(4, 6), (6, 4), (3, 2, 5), (2, 1, 7)])
    def test_orthogonal_matrices_are_orthogonal(self, shape):
        values = initializers.Orthogonal(gain=2.0)(shape).numpy()
        matrix = values.reshape(-1, shape[-1])
        if matrix.shape[0] < matrix.shape[1]:
            matrix = matrix.T
        np.testing.assert_allclose(
            matrix.T @ matrix, 4.0 * np.eye(matrix.shape[1]), atol=1e-5
        )

    @pytest.mark.parametrize("name, kwargs", RANDOM + FIXED)
    def test_all_compile(self, name, kwargs):
        initializer = make(initializers, name, kwargs)
        compiled = tf.function(lambda: initializer((2, 3)), jit_compile=True)
        np.testing.assert_allclose(
            compiled(), initializer((2, 3)), rtol=1e-3, atol=1e-5
        )

    def test_integers_and_booleans_are_made_where_they_make_sense(self):
        for dtype in ("int32", "uint8", "bool", "complex64"):
            for name, value in (("Zeros", 0), ("Ones", 1), ("Constant", 0)):
                made = getattr(initializers, name)()((2,), dtype=dtype)
                assert made.dtype == dtype
                np.testing.assert_array_equal(made, np.full((2,), value, dtype))
        for dtype in ("int32", "int64", "uint8"):
            made = initializers.RandomUniform(2, 5)((100,), dtype=dtype)
            assert made.dtype == dtype
            assert set(made.numpy()) == {2, 3, 4}
        text = initializers.Constant("a")((2,), dtype=tf.string)
        np.testing.assert_array_equal(text, [b"a", b"a"])

    @pytest.mark.parametrize("name, kwargs", RANDOM + FIXED[4:])
    def test_other_types_are_refused(self, name, kwargs):
        initializer = make(initializers, name, kwargs)
        for dtype in ("int32", "bool", "complex64", "string"):
            with pytest.raises(ValueError, match=f"Received: dtype='{dtype}'"):
                initializer((2, 3), dtype=dtype)
        with pytest.raises(ValueError, match="dtype='string'"):
            initializers.Zeros()((2,), dtype="string")

    @pytest.mark.parametrize(
        "shape",
        [
            [2, 3],
            tf.TensorShape([2, 3]),
            tf.constant([2, 3]),
            np.array([2, 3]),
            [tf.constant(2), 3],
        ],
        ids=str,
    )
    def test_shapes_are_taken_in_all_forms(self, shape):
        for name, kwargs in RANDOM + FIXED:
            assert make(initializers, name, kwargs)(shape).shape == (2, 3)

    def test_a_graph_may_compute_the_shape(self):
        @tf.function
        def made(x):
            shape = tf.shape(x)
            return [
                initializers.Ones()(shape),
                initializers.RandomNormal(seed=SEED)(shape),
            ]

        ones, normal = made(tf.zeros((2, 3)))
        np.testing.assert_array_equal(ones, np.ones((2, 3)))
        np.testing.assert_array_equal(
            normal, initializers.RandomNormal(seed=SEED)((2, 3))
        )

        @tf.function
        def scaled(x):
            return initializers.GlorotUniform()(tf.shape(x))

        with pytest.raises(ValueError, match="`GlorotUniform` depends on"):
            scaled.get_concrete_function(tf.TensorSpec((None, 3)))

    def test_a_shape_with_unknown_sizes_is_shown(self):
        for name, kwargs in RANDOM + FIXED:
            with pytest.raises(ValueError, match=r"shape=\(2, None\)"):
                make(initializers, name, kwargs)((2, None))

    def test_matrices_refuse_other_ranks(self):
        with pytest.raises(ValueError, match=r"shape=\(2, 3, 4\)"):
            initializers.Identity()((2, 3, 4))
        with pytest.raises(ValueError, match=r"shape=\(2,\)"):
            initializers.Orthogonal()((2,))

    def test_wrong_arguments_are_shown(self):
        for kwargs in ({"scale": 0}, {"mode": "fan"}, {"distribution": "beta"}):
            name = next(iter(kwargs))
            with pytest.raises(ValueError, match=f"`{name}`.*Received: {name}"):
                initializers.VarianceScaling(**kwargs)
        with pytest.raises(TypeError, match="`seed` must be an integer"):
            initializers.RandomNormal(seed=0.5)
        with pytest.raises(TypeError, match="Received: colour"):
            initializers.Zeros()((2,), colour="red")
        with pytest.raises(NotImplementedError, match="must define"):
            initializers.Initializer()((2,))


class InitializerSeedTest:
    @pytest.mark.parametrize("name, kwargs", RANDOM)
    def test_a_seed_fixes_the_values_and_none_draws_anew(self, name, kwargs):
        seeded = make(initializers, name, kwargs)
        np.testing.assert_array_equal(seeded((3, 4)), seeded((3, 4)))
        unseeded = make(initializers, name, kwargs, seed=None)
        assert not np.allclose(unseeded((3, 4)), unseeded((3, 4)))

    def test_unseeded_values_follow_the_seed_of_tensorflow(self):
        def draw():
            return [initializers.GlorotUniform()((2, 2)) for _ in range(2)]

        tf.random.set_seed(5)
        first = draw()
        tf.random.set_seed(5)
        np.testing.assert_array_equal(first, draw())
        tf.random.set_seed(6)
        assert not np.allclose(first, draw())

    def test_unseeded_values_follow_the_seed_of_python(self):
        tf.random.set_seed(None)
        random.seed(5)
        first = initializers.GlorotUniform()((2, 2))
        random.seed(5)
        np.testing.assert_array_equal(
            first, initializers.GlorotUniform()((2, 2))
        )

    def test_unseeded_initializers_differ_within_a_function(self):
        @tf.function
        def two():
            initializer = initializers.RandomNormal()
            return initializer((4,)), initializer((4,))

        first, second = two()
        assert not np.allclose(first, second)

    def test_large_negative_and_numpy_seeds_are_taken(self):
        values = [
            initializers.RandomNormal(seed=seed)((3,)).numpy()
            for seed in (2**40, -5, np.int64(8))
        ]
        assert len({v.tobytes() for v in values}) == 3
        assert initializers.RandomNormal(seed=np.int64(8)).get_config() == {
            "mean": 0.0,
            "stddev": 0.05,
            "seed": 8,
        }


class InitializerPartitionTest:
    def test_parts_have_their_shape_and_the_scale_of_the_whole(self):
        initializer = initializers.GlorotUniform(seed=SEED)
        parts = [
            initializer(
                (400, 100),
                partition_shape=(200, 100),
                partition_offset=(start, 0),
            )
            for start in (0, 200)
        ]
        assert [part.shape for part in parts] == [(200, 100)] * 2
        assert not np.allclose(*parts)
        limit = (6 / 500) ** 0.5
        for part in parts:
            assert 0.99 * limit < np.abs(part).max() <= limit

    def test_fixed_values_are_made_in_parts(self):
        for name, value in (("Zeros", 0.0), ("Ones", 1.0)):
            part = getattr(initializers, name)()(
                (4, 2), partition_shape=(2, 2), partition_offset=(2, 0)
            )
            np.testing.assert_array_equal(part, np.full((2, 2), value))

    @pytest.mark.parametrize("name", ["Identity", "Orthogonal"])
    def test_matrices_are_not_made_in_parts(self, name):
        with pytest.raises(ValueError, match=f"`{name}` can't make a part"):
            getattr(initializers, name)()((4, 4), partition_shape=(2, 4))

    def test_a_layout_spreads_the_same_values(self):
        dtensor = tf.experimental.dtensor
        mesh = dtensor.create_mesh(
            [("batch", 2)], devices=["CPU:0", "CPU:1"], device_type="CPU"
        )
        layout = dtensor.Layout(["batch", dtensor.UNSHARDED], mesh)
        for name, kwargs in RANDOM + FIXED:
            initializer = make(initializers, name, kwargs)
            values = initializer((2, 3), layout=layout)
            assert dtensor.fetch_layout(values) == layout
            shards = [shard.numpy() for shard in dtensor.unpack(values)]
            np.testing.assert_array_equal(
                np.concatenate(shards), initializer((2, 3))
            )


class InitializerNamesTest:
    @pytest.mark.parametrize("name", ALIASES)
    def test_every_name_gives_what_tf_keras_gives(self, name):
        expected = tf_keras.initializers.get(name)
        actual = initializers.get(name)
        assert type(actual).__name__ == type(expected).__name__
        assert actual.get_config() == expected.get_config()
        if hasattr(initializers, name):
            assert getattr(initializers, name) is type(actual)

    @pytest.mark.parametrize("name, kwargs", RANDOM + FIXED)
    @pytest.mark.parametrize("legacy", [False, True])
    def test_configs_are_those_of_tf_keras(self, name, kwargs, legacy):
        actual = initializers.serialize(
            make(initializers, name, kwargs), legacy
        )
        expected = tf_keras.initializers.serialize(
            make(tf_keras.initializers, name, kwargs), use_legacy_format=legacy
        )
        assert actual == expected
        revived = initializers.deserialize(expected)
        assert type(revived) is getattr(initializers, name)
        assert revived.get_config() == expected["config"]

    def test_old_configs_with_a_dtype_are_read(self):
        config = {
            "class_name": "random_uniform",
            "config": {
                "minval": 0.0,
                "maxval": 2.0,
                "seed": None,
                "dtype": "float32",
            },
        }
        assert initializers.get(config).maxval == 2.0

    def test_an_initializer_of_ones_own_is_saved_by_its_arguments(self):
        class Scaled(initializers.Initializer):
            def __init__(self, factor, dtype="float32"):
                self.factor = factor
                self.dtype = dtype

        config = Scaled(2.0).get_config()
        assert config == {"factor": 2.0, "dtype": "float32"}
        assert Scaled.from_config({**config, "dtype": "int32"}).dtype == "int32"

    def test_an_array_survives_a_round_trip(self):
        matrix = np.arange(6.0, dtype="float32").reshape(2, 3)
        config = initializers.serialize(initializers.Constant(matrix))
        revived = initializers.deserialize(config)
        np.testing.assert_array_equal(revived((2, 3)), matrix)

    def test_none_classes_and_callables_are_taken(self):
        initializer = tf.random_normal_initializer()
        assert initializers.get(None) is None
        assert initializers.get(initializer) is initializer
        assert initializers.get(tf.zeros) is tf.zeros
        assert isinstance(
            initializers.get(initializers.HeNormal), initializers.HeNormal
        )

    def test_an_unknown_name_shows_close_ones(self):
        with pytest.raises(ValueError, match="'glorot_unifrm'.*'glorot_unif"):
            initializers.get("glorot_unifrm")
