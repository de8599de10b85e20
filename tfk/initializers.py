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
"""Initializers: the values that weights start with.

Layers take one in arguments such as `kernel_initializer`.
"""

import functools
import math
import random
import typing

import tensorflow as tf

from tfk import config as tfk_config
from tfk.saving import configurable
from tfk.saving import object_family

# What TensorFlow's stateless samplers make; other types are cast from these.
_SAMPLED_DTYPES = (
    tf.float16,
    tf.bfloat16,
    tf.float32,
    tf.float64,
    tf.int32,
    tf.int64,
)

# By default TensorFlow picks an algorithm by device, and XLA another one. With
# this one named, a seed gives the same values with XLA and without.
_ALGORITHM = "philox"

_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")

# The standard deviation of a standard normal cut at -2 and 2.
_TRUNCATED_STDDEV = 0.87962566103423978


class Initializer(configurable.Configurable):
    """What all initializers are: a callable from a shape to a tensor.

    Derive from it to write your own. Keep constructor arguments under their
    own names, and the initializer can be saved.

    Example:

    >>> class Alternating(tfk.initializers.Initializer):
    ...     def __init__(self, step=1.0):
    ...         self.step = step
    ...     def __call__(self, shape, dtype=None, **kwargs):
    ...         size = tf.reduce_prod(shape)
    ...         values = self.step * tf.cast(tf.range(size) % 2, dtype)
    ...         return tf.reshape(values, shape)
    >>> Alternating(0.5)((1, 4), dtype="float32").numpy()
    array([[0. , 0.5, 0. , 0.5]], dtype=float32)
    """

    def __call__(self, shape, dtype=None, **kwargs):
        """Returns the first value of a weight.

        Arguments:
            shape: Shape of the weight.
            dtype: Type of the weight. Defaults to `backend.floatx()`.
            **kwargs: `partition_shape` and `partition_offset` for a part of a
                weight that is split over devices, `layout` for a DTensor.
        """
        raise NotImplementedError(
            f"The initializer `{type(self).__name__}` must define "
            "`__call__(self, shape, dtype=None, **kwargs)`."
        )

    @classmethod
    def from_config(cls, config):
        """Makes an initializer from the output of `get_config`.

        Arguments:
            config: Dict of constructor arguments.
        """
        # Configs of Keras before version 2.4 hold a dtype.
        if "dtype" not in configurable.constructor_parameters(cls):
            config = {k: v for k, v in config.items() if k != "dtype"}
        return super().from_config(config)


class _Block(typing.NamedTuple):
    """Which values to make: those of a whole weight, or of a part of one."""

    shape: tuple
    whole_shape: tuple
    offset: tuple = None


class _BuiltInInitializer(Initializer):
    """Handles the call's arguments; `_values` makes the tensor."""

    _makes_parts = True

    def __call__(self, shape, dtype=None, **kwargs):
        layout = kwargs.pop("layout", None)
        block = self._block(shape, **kwargs)
        dtype = tf.as_dtype(dtype or tfk_config.floatx())
        self._check_dtype(dtype)
        values = self._values(block, dtype)
        return values if layout is None else _laid_out(values, layout)

    def _block(
        self, shape, partition_shape=None, partition_offset=None, **unknown
    ):
        if unknown:
            raise TypeError(
                f"`{type(self).__name__}` takes the keyword arguments "
                "`partition_shape`, `partition_offset` and `layout`. "
                f"Received: {', '.join(unknown)}."
            )
        whole_shape = _as_shape(shape)
        if partition_shape is None and partition_offset is None:
            return _Block(whole_shape, whole_shape)
        if not self._makes_parts:
            raise ValueError(
                f"`{type(self).__name__}` can't make a part of a weight on "
                "its own. Received: partition_shape="
                f"{partition_shape}, partition_offset={partition_offset}. Use "
                "another initializer for a weight that is split over devices."
            )
        part_shape = shape if partition_shape is None else partition_shape
        return _Block(_as_shape(part_shape), whole_shape, partition_offset)

    def _check_dtype(self, dtype):
        if not dtype.is_floating:
            raise ValueError(
                f"`{type(self).__name__}` makes floating point values. "
                f"Received: dtype={dtype.name!r}. Use `Zeros`, `Ones` or "
                "`Constant` for other types."
            )

    def _values(self, block, dtype):
        raise NotImplementedError


class Zeros(_BuiltInInitializer):
    """Makes zeros, as for biases.

    Example:

    >>> tfk.initializers.Zeros()((1, 2)).numpy()
    array([[0., 0.]], dtype=float32)
    """

    def _check_dtype(self, dtype):
        _check_has_numbers(self, dtype)

    def _values(self, block, dtype):
        return _filled(block.shape, 0, dtype)


class Ones(_BuiltInInitializer):
    """Makes ones, as for the scales of normalization layers.

    Example:

    >>> tfk.initializers.Ones()((1, 2), dtype="int32").numpy()
    array([[1, 1]], dtype=int32)
    """

    def _check_dtype(self, dtype):
        _check_has_numbers(self, dtype)

    def _values(self, block, dtype):
        return _filled(block.shape, 1, dtype)


class Constant(_BuiltInInitializer):
    """Makes a tensor of one value, or of given values.

    Arguments:
        value: Number, or an array of the weight's shape, such as a pretrained
            embedding matrix.

    Example:

    >>> tfk.initializers.Constant(0.5)((1, 2)).numpy()
    array([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, value=0):
        self.value = value

    def _check_dtype(self, dtype):
        """TensorFlow says which values do not fit which type."""

    def _values(self, block, dtype):
        return _filled(block.shape, self.value, dtype)


class Identity(_BuiltInInitializer):
    """Makes an identity matrix, which lets a layer start by passing values on.

    Arguments:
        gain: Float: the value on the diagonal.

    Raises:
        ValueError: When called, for a shape that is not that of a matrix.

    Example:

    >>> tfk.initializers.Identity(gain=2.0)((2, 3)).numpy()
    array([[2., 0., 0.],
           [0., 2., 0.]], dtype=float32)
    """

    _makes_parts = False

    def __init__(self, gain=1.0):
        self.gain = gain

    def _values(self, block, dtype):
        shape = _static_shape(self, block.whole_shape)
        if len(shape) != 2:
            raise ValueError(
                "`Identity` makes matrices, of rank 2. Received: "
                f"shape={shape}."
            )
        return tf.cast(self.gain * tf.eye(*shape, dtype=_sampled(dtype)), dtype)


class _RandomInitializer(_BuiltInInitializer):
    """Draws values. Children keep the constructor argument `seed`."""

    # Whether it does nothing but to draw.
    is_random = True

    def _draw(self, sampler, block, dtype, **parameters):
        sampled, seed = _sampled(dtype), self._seed_pair(block.offset)
        if tf.executing_eagerly() and sampled.is_floating:
            compiled = _compiled(sampler, sampled, tuple(parameters))
            values = compiled(
                tf.constant(block.shape, tf.int32),
                tf.cast(seed, tf.int64),
                *(tf.cast(value, sampled) for value in parameters.values()),
            )
        else:
            values = sampler(
                block.shape,
                seed=seed,
                dtype=sampled,
                alg=_ALGORITHM,
                **parameters,
            )
        return tf.cast(values, dtype)

    def _seed_pair(self, offset):
        """Returns the seed of one draw; the parts of a weight get their own."""
        pair = [self.seed, 0] if self.seed is not None else _fresh_seed_pair()
        for start in () if offset is None else offset:
            pair = tf.random.experimental.stateless_fold_in(
                tf.convert_to_tensor(pair), start, alg=_ALGORITHM
            )
        return pair


@functools.cache
def _compiled(sampler, dtype, names):
    """Returns a sampler as one function for all shapes, of the same values.

    It scales the random numbers where they lie: large weights take 0.8x of the
    time of the single ops, small ones 0.35x.
    """

    def sample(shape, seed, *parameters):
        return sampler(
            shape,
            seed=seed,
            dtype=dtype,
            alg=_ALGORITHM,
            **dict(zip(names, parameters)),
        )

    return tf.function(
        sample,
        input_signature=[
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([2], tf.int64),
            *(tf.TensorSpec([], dtype) for _ in names),
        ],
        autograph=False,
    )


class RandomNormal(_RandomInitializer):
    """Draws from a normal distribution.

    Arguments:
        mean: Float: the mean of the values.
        stddev: Float: their standard deviation.
        seed: Integer, which makes every call return the same values for the
            same shape. Without one, each call draws anew, reproducibly after
            `utils.set_random_seed`.

    Example:

    >>> initializer = tfk.initializers.RandomNormal(stddev=0.1, seed=3)
    >>> initializer((2, 3)).shape
    TensorShape([2, 3])
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean = mean
        self.stddev = stddev
        self.seed = _checked_seed(seed)

    def _values(self, block, dtype):
        sampler = tf.random.stateless_normal
        return self._draw(
            sampler, block, dtype, mean=self.mean, stddev=self.stddev
        )


class RandomUniform(_RandomInitializer):
    """Draws from a uniform distribution.

    Arguments:
        minval: Float or integer: the lower bound of the values.
        maxval: Float or integer: their upper bound, which is not drawn.
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> initializer = tfk.initializers.RandomUniform(0, 10, seed=3)
    >>> values = initializer((100,), dtype="int32")
    >>> bool(tf.reduce_all((values >= 0) & (values < 10)))
    True
    """

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        self.minval = minval
        self.maxval = maxval
        self.seed = _checked_seed(seed)

    def _check_dtype(self, dtype):
        bounds = (self.minval, self.maxval)
        if dtype.is_integer and not any(isinstance(b, float) for b in bounds):
            return
        if dtype.is_integer:
            raise ValueError(
                "`RandomUniform` needs integer bounds to draw integers. "
                f"Received: dtype={dtype.name!r}, minval={self.minval}, "
                f"maxval={self.maxval}."
            )
        super()._check_dtype(dtype)

    def _values(self, block, dtype):
        sampler = tf.random.stateless_uniform
        return self._draw(
            sampler, block, dtype, minval=self.minval, maxval=self.maxval
        )


class TruncatedNormal(_RandomInitializer):
    """Draws from a normal distribution cut two deviations from its mean.

    Values further away are drawn again, so that no unit starts with an
    outlier.

    Arguments:
        mean: Float: the mean of the values.
        stddev: Float: their standard deviation before the cut.
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> initializer = tfk.initializers.TruncatedNormal(stddev=0.1, seed=3)
    >>> bool(tf.reduce_all(tf.abs(initializer((100,))) <= 0.2))
    True
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean = mean
        self.stddev = stddev
        self.seed = _checked_seed(seed)

    def _values(self, block, dtype):
        sampler = tf.random.stateless_truncated_normal
        return self._draw(
            sampler, block, dtype, mean=self.mean, stddev=self.stddev
        )


class VarianceScaling(_RandomInitializer):
    """Draws values whose variance suits the size of the weight.

    The variance is `scale / n`, where `n` counts a unit's inputs
    (`mode="fan_in"`), the uses of an input (`"fan_out"`), or is the mean of
    both (`"fan_avg"`); so signals keep their size through deep networks. The
    Glorot, He and Lecun initializers are special cases of it.

    Arguments:
        scale: Positive float.
        mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`.
        distribution: `"truncated_normal"` (or `"normal"`, the same),
            `"untruncated_normal"` or `"uniform"`.
        seed: Integer, which fixes the values, or None to draw anew each time.

    Raises:
        ValueError: If an argument has another value.

    Example:

    >>> initializer = tfk.initializers.VarianceScaling(
    ...     scale=3.0, mode="fan_in", distribution="uniform", seed=3)
    >>> bool(tf.reduce_all(tf.abs(initializer((9, 50))) <= 1.0))
    True
    """

    def __init__(
        self,
        scale=1.0,
        mode="fan_in",
        distribution="truncated_normal",
        seed=None,
    ):
        if scale <= 0.0:
            raise ValueError(
                f"`scale` must be positive. Received: scale={scale}."
            )
        if mode not in _MODES:
            raise ValueError(
                f"`mode` must be one of {_MODES}. Received: mode={mode!r}."
            )
        self.scale = scale
        self.mode = mode
        self.distribution = _checked_distribution(distribution)
        self.seed = _checked_seed(seed)

    def _values(self, block, dtype):
        shape = _static_shape(self, block.whole_shape)
        variance = self.scale / max(1.0, _fan(shape, self.mode))
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            sampler = tf.random.stateless_uniform
            return self._draw(
                sampler, block, dtype, minval=-limit, maxval=limit
            )
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            sampler = tf.random.stateless_normal
            return self._draw(sampler, block, dtype, stddev=stddev)
        sampler = tf.random.stateless_truncated_normal
        return self._draw(
            sampler, block, dtype, stddev=stddev / _TRUNCATED_STDDEV
        )


class GlorotUniform(VarianceScaling):
    """Draws uniformly for `tanh`-like and linear layers, by Glorot's rule.

    The default of most layers. The values lie within
    `sqrt(6 / (fan_in + fan_out))` of zero.

    Reference: [Glorot & Bengio,
    2010](https://proceedings.mlr.press/v9/glorot10a.html).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.GlorotUniform(seed=3)((12, 12))
    >>> bool(tf.reduce_all(tf.abs(w) <= 0.5))
    True
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=1.0, mode="fan_avg", distribution="uniform", seed=seed
        )


class GlorotNormal(VarianceScaling):
    """Draws normally for `tanh`-like and linear layers, by Glorot's rule.

    The values have the standard deviation `sqrt(2 / (fan_in + fan_out))`.

    Reference: [Glorot & Bengio,
    2010](https://proceedings.mlr.press/v9/glorot10a.html).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.GlorotNormal(seed=3)((200, 200))
    >>> print(tf.math.reduce_std(w).numpy().round(2))
    0.07
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=1.0,
            mode="fan_avg",
            distribution="truncated_normal",
            seed=seed,
        )


class HeUniform(VarianceScaling):
    """Draws uniformly for `relu` layers, by He's rule.

    The values lie within `sqrt(6 / fan_in)` of zero.

    Reference: [He et al., 2015](https://arxiv.org/abs/1502.01852).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.HeUniform(seed=3)((12, 12))
    >>> bool(tf.reduce_all(tf.abs(w) <= 0.71))
    True
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=2.0, mode="fan_in", distribution="uniform", seed=seed
        )


class HeNormal(VarianceScaling):
    """Draws normally for `relu` layers, by He's rule.

    The values have the standard deviation `sqrt(2 / fan_in)`.

    Reference: [He et al., 2015](https://arxiv.org/abs/1502.01852).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.HeNormal(seed=3)((200, 200))
    >>> print(tf.math.reduce_std(w).numpy().round(2))
    0.1
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=2.0, mode="fan_in", distribution="truncated_normal", seed=seed
        )


class LecunUniform(VarianceScaling):
    """Draws uniformly with the variance `1 / fan_in`.

    The values lie within `sqrt(3 / fan_in)` of zero.

    Reference: [LeCun et al.,
    1998](http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.LecunUniform(seed=3)((12, 12))
    >>> bool(tf.reduce_all(tf.abs(w) <= 0.5))
    True
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=1.0, mode="fan_in", distribution="uniform", seed=seed
        )


class LecunNormal(VarianceScaling):
    """Draws normally with the variance `1 / fan_in`.

    For layers with the `selu` activation.

    Reference: [LeCun et al.,
    1998](http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf).

    Arguments:
        seed: Integer, which fixes the values, or None to draw anew each time.

    Example:

    >>> w = tfk.initializers.LecunNormal(seed=3)((200, 200))
    >>> print(tf.math.reduce_std(w).numpy().round(2))
    0.07
    """

    def __init__(self, seed=None):
        super().__init__(
            scale=1.0, mode="fan_in", distribution="truncated_normal", seed=seed
        )


class Orthogonal(_RandomInitializer):
    """Draws a random orthogonal matrix, which keeps the norm of a vector.

    For recurrent kernels, in which repeated products neither grow nor vanish.
    The rows are orthonormal if there are fewer rows than columns, else the
    columns. A weight of higher rank is made as a matrix of all but its last
    axis by the last one.

    Reference: [Saxe et al., 2014](https://arxiv.org/abs/1312.6120).

    Arguments:
        gain: Float: a factor on all values.
        seed: Integer, which fixes the values, or None to draw anew each time.

    Raises:
        ValueError: When called, for a shape of fewer than two axes.

    Example:

    >>> w = tfk.initializers.Orthogonal(seed=3)((4, 2))
    >>> np.abs(tf.matmul(w, w, transpose_a=True).numpy()).round(3)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    _makes_parts = False

    def __init__(self, gain=1.0, seed=None):
        self.gain = gain
        self.seed = _checked_seed(seed)

    def _values(self, block, dtype):
        shape = _static_shape(self, block.whole_shape)
        if len(shape) < 2:
            raise ValueError(
                "`Orthogonal` needs a shape of two or more axes. Received: "
                f"shape={shape}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = _Block(
            shape=(max(rows, columns), min(rows, columns)), whole_shape=shape
        )
        # TensorFlow has no QR decomposition for the shorter float types.
        wide_dtype = tf.float64 if dtype == tf.float64 else tf.float32
        normal = self._draw(tf.random.stateless_normal, tall, wide_dtype)
        q, r = tf.linalg.qr(normal, full_matrices=False)
        # The decomposition's signs are arbitrary: this makes q uniform.
        q *= tf.sign(tf.linalg.diag_part(r))
        if rows < columns:
            q = tf.transpose(q)
        return tf.cast(self.gain * tf.reshape(q, shape), dtype)


def _as_shape(shape):
    """Returns a shape as a tuple, or as a tensor if only a graph knows it."""
    if isinstance(shape, (list, tuple)) and any(map(tf.is_tensor, shape)):
        shape = tf.stack(shape)
    if tf.is_tensor(shape):
        static = tf.get_static_value(shape)
        return shape if static is None else tuple(static.tolist())
    dims = tf.TensorShape(shape)
    if not dims.is_fully_defined():
        raise ValueError(
            "A weight needs a shape without unknown sizes. Received: "
            f"shape={shape}."
        )
    return tuple(dims.as_list())


def _static_shape(initializer, shape):
    if tf.is_tensor(shape):
        raise ValueError(
            f"`{type(initializer).__name__}` depends on the sizes of the "
            "weight, which must be known when the graph is made. Received: "
            f"shape={shape}."
        )
    return shape


def _fan(shape, mode):
    """Counts what meets in a unit, and where an input goes.

    The last two axes of a convolution kernel are its inputs and outputs; all
    others are places of the kernel.
    """
    if len(shape) < 2:
        fan_in = fan_out = math.prod(shape)
    else:
        places = math.prod(shape[:-2])
        fan_in, fan_out = shape[-2] * places, shape[-1] * places
    fans = {
        "fan_in": fan_in,
        "fan_out": fan_out,
        "fan_avg": (fan_in + fan_out) / 2.0,
    }
    return fans[mode]


def _sampled(dtype):
    """Returns the type to compute in for a weight of type `dtype`."""
    if dtype in _SAMPLED_DTYPES:
        return dtype
    return tf.int32 if dtype.is_integer else tf.float32


def _filled(shape, value, dtype):
    if dtype == tf.bool:
        return tf.cast(tf.constant(value, shape=shape), dtype)
    if dtype.is_floating and dtype not in _SAMPLED_DTYPES:
        return tf.cast(_filled(shape, value, tf.float32), dtype)
    if tf.is_tensor(shape):
        return tf.broadcast_to(tf.constant(value, dtype), shape)
    return tf.constant(value, dtype=dtype, shape=shape)


def _laid_out(values, layout):
    """Spreads a weight over a mesh.

    The values are made first, so that they do not depend on the layout:
    sampled in shards, a seed gives other values than sampled as a whole.
    """
    dtensor = tf.experimental.dtensor
    whole = dtensor.Layout.replicated(layout.mesh, rank=values.shape.rank)
    return dtensor.relayout(dtensor.copy_to_mesh(values, whole), layout)


def _check_has_numbers(initializer, dtype):
    if not (dtype.is_numpy_compatible and dtype != tf.string):
        raise ValueError(
            f"`{type(initializer).__name__}` makes numbers or booleans. "
            f"Received: dtype={dtype.name!r}."
        )


def _checked_seed(seed):
    if seed is None or (hasattr(seed, "__index__") and not tf.is_tensor(seed)):
        return seed
    raise TypeError(f"`seed` must be an integer or None. Received: {seed!r}.")


def _checked_distribution(distribution):
    name = str(distribution).lower()
    name = "truncated_normal" if name == "normal" else name
    if name not in _DISTRIBUTIONS:
        raise ValueError(
            f"`distribution` must be one of {_DISTRIBUTIONS}. Received: "
            f"distribution={distribution!r}."
        )
    return name


def _fresh_seed_pair():
    """Returns the next seed of the process.

    It follows `tf.random.set_seed`, which no public function but this old one
    can read, and Python's generator where that was not called.
    """
    global_seed, op_seed = tf.compat.v1.get_seed(None)
    if op_seed is None:
        return [random.randrange(2**31), 0]
    return [global_seed, op_seed]


zeros = Zeros
ones = Ones
constant = Constant
identity = Identity
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
lecun_normal = LecunNormal
lecun_uniform = LecunUniform

_FAMILY = object_family.ObjectFamily(
    "initializer",
    "keras.initializers",
    {
        "Constant": Constant,
        "constant": Constant,
        "GlorotNormal": GlorotNormal,
        "glorot_normal": GlorotNormal,
        "GlorotUniform": GlorotUniform,
        "glorot_uniform": GlorotUniform,
        "HeNormal": HeNormal,
        "he_normal": HeNormal,
        "HeUniform": HeUniform,
        "he_uniform": HeUniform,
        "Identity": Identity,
        "identity": Identity,
        "LecunNormal": LecunNormal,
        "lecun_normal": LecunNormal,
        "LecunUniform": LecunUniform,
        "lecun_uniform": LecunUniform,
        "Ones": Ones,
        "ones": Ones,
        "one": Ones,
        "Orthogonal": Orthogonal,
        "orthogonal": Orthogonal,
        "RandomNormal": RandomNormal,
        "random_normal": RandomNormal,
        "normal": RandomNormal,
        "RandomUniform": RandomUniform,
        "random_uniform": RandomUniform,
        "uniform": RandomUniform,
        "TruncatedNormal": TruncatedNormal,
        "truncated_normal": TruncatedNormal,
        "VarianceScaling": VarianceScaling,
        "variance_scaling": VarianceScaling,
        "Zeros": Zeros,
        "zeros": Zeros,
        "zero": Zeros,
    },
)


def serialize(initializer, use_legacy_format=False):
    """Returns the config from which `deserialize` makes an equal initializer.

    Arguments:
        initializer: `Initializer` object, or a function of shape and dtype.
        use_legacy_format: Boolean: whether to write the format of Keras before
            version 2.12.

    Returns:
        A dict; a string for a built-in function.

    Example:

    >>> config = tfk.initializers.serialize(tfk.initializers.Constant(3))
    >>> config["class_name"], config["config"]
    ('Constant', {'value': 3})
    """
    return _FAMILY.serialize(initializer, use_legacy_format)


def deserialize(config, custom_objects=None, use_legacy_format=False):
    """Returns the initializer that a config describes.

    Arguments:
        config: Dict made by `serialize`, or a name.
        custom_objects: Dict of names to classes and functions of yours.
        use_legacy_format: Boolean. Both formats are recognised anyway.

    Returns:
        An initializer.

    Raises:
        ValueError: If the config names something unknown.

    Example:

    >>> config = tfk.initializers.serialize(tfk.initializers.Constant(3))
    >>> tfk.initializers.deserialize(config).value
    3
    """
    return _FAMILY.deserialize(config, custom_objects, use_legacy_format)


def get(identifier):
    """Returns the initializer that a layer's argument stands for.

    Arguments:
        identifier: None, a name, a config, a class, or an initializer, which
            is returned as it is.

    Returns:
        An initializer, or None.

    Raises:
        ValueError: If the name is unknown.
        TypeError: If the identifier is none of these.

    Example:

    >>> type(tfk.initializers.get("he_normal")).__name__
    'HeNormal'
    """
    return _FAMILY.get(identifier)
