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
"""FeatureSpace: the columns of a table to vectors, in one go."""

import dataclasses
from typing import Any

import tensorflow as tf

from tfk import config as defaults
from tfk.engine import cascade
from tfk.engine import preprocessing_layer
from tfk.engine import symbolic
from tfk.engine.input_layer import Input
from tfk.engine.layer import Layer
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers.core import Identity
from tfk.layers.merging import Concatenate
from tfk.layers.preprocessing.category_encoding import CategoryEncoding
from tfk.layers.preprocessing.discretization import Discretization
from tfk.layers.preprocessing.hashed_crossing import HashedCrossing
from tfk.layers.preprocessing.hashing import Hashing
from tfk.layers.preprocessing.integer_lookup import IntegerLookup
from tfk.layers.preprocessing.normalization import Normalization
from tfk.layers.preprocessing.rescaling import Rescaling
from tfk.layers.preprocessing.string_lookup import StringLookup
from tfk.saving import api
from tfk.saving import configurable
from tfk.saving import registry
from tfk.saving import serialization
from tfk.utils import naming
from tfk.utils import structure

_OUTPUT_MODES = ("concat", "dict")
_ROWS = 1024


class Feature(configurable.Configurable):
    """How a `FeatureSpace` encodes one column.

    `FeatureSpace.float_normalized()` and the like make the usual ones,
    `FeatureSpace.feature` one with a layer of yours.

    Arguments:
        dtype: String: the type of the values in the column.
        preprocessor: Layer that the values, of shape `(batch_size, 1)`, go
            through.
        output_mode: `"int"`: what the layer gives are integers, which stay;
            `"one_hot"`: they are encoded; `"float"`: it gives numbers.
    """

    def __init__(self, dtype, preprocessor, output_mode):
        _check_choice("output_mode", output_mode, ("int", "one_hot", "float"))
        if not isinstance(preprocessor, Layer):
            preprocessor = serialization.deserialize_keras_object(
                preprocessor, safe_mode=serialization.in_safe_mode()
            )
        self.dtype = tf.as_dtype(dtype).name
        self.preprocessor = preprocessor
        self.output_mode = output_mode


class Cross(configurable.Configurable):
    """Which columns a `FeatureSpace` crosses.

    Arguments:
        feature_names: The names of the features.
        crossing_dim: Number of bins that combinations are hashed to.
        output_mode: `"one_hot"` or `"int"`, for the bins themselves.
    """

    def __init__(self, feature_names, crossing_dim, output_mode="one_hot"):
        _check_choice("output_mode", output_mode, ("int", "one_hot"))
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = output_mode

    @property
    def name(self):
        """The name of the crossed feature."""
        return "_X_".join(self.feature_names)


class FeatureSpace(PreprocessingLayer):
    """Encodes the columns of a table, each in its own way, and joins them.

    Say for each column what it is; `adapt` learns all vocabularies, ranges and
    bins in one pass over the data. Then map the space over a dataset, or begin
    a model with it: with `get_inputs()` and `get_encoded_features()`, with the
    space as a layer, or with both, to train on what was mapped and to serve raw
    columns.

    Arguments:
        features: Dict of the columns' names to what they are: one of
            `"float"`, `"float_normalized"`, `"float_rescaled"`,
            `"float_discretized"`, `"integer_categorical"`,
            `"integer_hashed"`, `"string_categorical"`, `"string_hashed"`, or
            what the methods of the same names return, which take options.
        output_mode: `"concat"` for one vector of all encoded features, sorted
            by name, crossed ones last; `"dict"` for a dict of them.
        crosses: List of tuples of names, or of what `FeatureSpace.cross`
            returns: features whose combinations are features too.
        crossing_dim: Bins of crosses that don't say it themselves.
        hashing_dim: Bins of hashed features that don't say it themselves.
        num_discretization_bins: Bins of discretized features that don't say it
            themselves.
        name: String: the name of the space.

    Call arguments:
        data: Dict of the columns, of shape `(batch_size,)` or
            `(batch_size, 1)`, or of single values; or a pandas frame. Other
            columns are left out.

    Output shape:
        `(batch_size, n)`, or a dict of such. For single values, the batch axis
        is left out.

    Example:

    >>> space = tfk.utils.FeatureSpace(
    ...     features={
    ...         "age": "float_normalized",
    ...         "town": tfk.utils.FeatureSpace.string_categorical(
    ...             num_oov_indices=0
    ...         ),
    ...     }
    ... )
    >>> table = {"age": [20.0, 40.0, 30.0], "town": ["Bern", "Rome", "Rome"]}
    >>> space.adapt(tf.data.Dataset.from_tensor_slices(table))
    >>> space({"age": 30.0, "town": "Bern"}).numpy()
    array([0., 0., 1.], dtype=float32)

    A model that takes raw columns:

    >>> vector = space.get_encoded_features()
    >>> outputs = tfk.layers.Dense(1)(vector)
    >>> model = tfk.Model(space.get_inputs(), outputs)
    """

    def __init__(
        self,
        features,
        output_mode="concat",
        crosses=None,
        crossing_dim=32,
        hashing_dim=32,
        num_discretization_bins=32,
        name=None,
    ):
        super().__init__(name=name, autocast=False)
        if not isinstance(features, dict) or not features:
            raise ValueError(
                "`features` of a FeatureSpace must be a dict of names to "
                f"features, with at least one. Received: features={features!r}."
            )
        _check_choice("output_mode", output_mode, _OUTPUT_MODES)
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.output_mode = output_mode
        self.features = {
            key: self._as_feature(key, value) for key, value in features.items()
        }
        self.crosses = [self._as_cross(x) for x in crosses or ()]
        self.crosses_by_name = {cross.name: cross for cross in self.crosses}
        self.preprocessors = {
            key: feature.preprocessor for key, feature in self.features.items()
        }
        self.crossers = {
            cross.name: HashedCrossing(cross.crossing_dim, name=cross.name)
            for cross in self.crosses
        }
        self._forget_encoders()

    def _as_feature(self, name, feature):
        if isinstance(feature, Feature):
            return feature
        if isinstance(feature, dict):
            return serialization.deserialize_keras_object(
                feature, safe_mode=serialization.in_safe_mode()
            )
        if feature == "float_discretized":
            return self.float_discretized(
                self.num_discretization_bins, name=name
            )
        if feature in ("integer_hashed", "string_hashed"):
            return getattr(self, feature)(self.hashing_dim, name=name)
        if feature in _PLAIN_KINDS:
            return getattr(self, feature)(name=name)
        raise ValueError(
            f"A feature must be one of {sorted(_KINDS)}, or what a method of "
            "`FeatureSpace` returned. Received: "
            f"features={{{name!r}: {feature!r}}}."
        )

    def _as_cross(self, cross):
        if isinstance(cross, dict):
            cross = serialization.deserialize_keras_object(
                cross, safe_mode=serialization.in_safe_mode()
            )
        elif isinstance(cross, (tuple, list)):
            cross = Cross(cross, self.crossing_dim)
        elif not isinstance(cross, Cross):
            raise ValueError(
                "`crosses` must be a list of tuples of names, or of what "
                f"`FeatureSpace.cross` returned. Received: {cross!r}."
            )
        unknown = [x for x in cross.feature_names if x not in self.features]
        if unknown:
            raise ValueError(
                "`crosses` must name features of the space. Received: "
                f"{unknown} in {cross.feature_names}, where the features are "
                f"{sorted(self.features)}."
            )
        return cross

    # Kinds of features

    @classmethod
    def cross(cls, feature_names, crossing_dim, output_mode="one_hot"):
        """Returns a cross of features.

        Arguments:
            feature_names: The names of the features.
            crossing_dim: Number of bins that combinations are hashed to.
            output_mode: `"one_hot"` or `"int"`.
        """
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype, preprocessor, output_mode):
        """Returns a feature with a layer of your own.

        Arguments:
            dtype: String: the type of the values in the column.
            preprocessor: Layer, or stage or model of several.
            output_mode: `"int"`, `"one_hot"` (for a layer that tells how many
                integers there are) or `"float"`.
        """
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name=None):
        """Returns a feature of numbers that stay as they are.

        Arguments:
            name: String that the layer is named after.
        """
        name = _layer_name(name, "float")
        return Feature("float32", Identity(dtype="float32", name=name), "float")

    @classmethod
    def float_rescaled(cls, scale=1.0, offset=0.0, name=None):
        """Returns a feature of numbers times a scale, plus an offset.

        Arguments:
            scale: Number.
            offset: Number.
            name: String that the layer is named after.
        """
        name = _layer_name(name, "float_rescaled")
        return Feature("float32", Rescaling(scale, offset, name=name), "float")

    @classmethod
    def float_normalized(cls, name=None):
        """Returns a feature of numbers brought to mean 0 and variance 1.

        Arguments:
            name: String that the layer is named after.
        """
        name = _layer_name(name, "float_normalized")
        return Feature("float32", Normalization(axis=-1, name=name), "float")

    @classmethod
    def float_discretized(
        cls, num_bins, bin_boundaries=None, output_mode="one_hot", name=None
    ):
        """Returns a feature of numbers put into bins.

        Arguments:
            num_bins: Number of bins, whose boundaries `adapt` learns. None
                with `bin_boundaries`.
            bin_boundaries: List of the boundaries, if they are known.
            output_mode: `"one_hot"` or `"int"`.
            name: String that the layer is named after.
        """
        layer = Discretization(
            num_bins=num_bins,
            bin_boundaries=bin_boundaries,
            name=_layer_name(name, "float_discretized"),
        )
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens=None,
        num_oov_indices=1,
        output_mode="one_hot",
        name=None,
    ):
        """Returns a feature of integers that are categories.

        Arguments:
            max_tokens: Largest number of categories, unknown ones included.
            num_oov_indices: Number of bins for values that `adapt` did not
                see.
            output_mode: `"one_hot"` or `"int"`.
            name: String that the layer is named after.
        """
        layer = IntegerLookup(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            name=_layer_name(name, "integer_categorical"),
        )
        return Feature("int64", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens=None,
        num_oov_indices=1,
        output_mode="one_hot",
        name=None,
    ):
        """Returns a feature of strings that are categories.

        Arguments:
            max_tokens: Largest number of categories, unknown ones included.
            num_oov_indices: Number of bins for values that `adapt` did not
                see.
            output_mode: `"one_hot"` or `"int"`.
            name: String that the layer is named after.
        """
        layer = StringLookup(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            name=_layer_name(name, "string_categorical"),
        )
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """Returns a feature of strings hashed to a number of bins.

        Arguments:
            num_bins: Number of bins.
            output_mode: `"one_hot"` or `"int"`.
            name: String that the layer is named after.
        """
        layer = Hashing(num_bins, name=_layer_name(name, "string_hashed"))
        return Feature("string", layer, output_mode)

    @classmethod
    def integer_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """Returns a feature of integers hashed to a number of bins.

        Arguments:
            num_bins: Number of bins.
            output_mode: `"one_hot"` or `"int"`.
            name: String that the layer is named after.
        """
        layer = Hashing(num_bins, name=_layer_name(name, "integer_hashed"))
        return Feature("int64", layer, output_mode)

    # Learning

    @property
    def _branches(self):
        return self.preprocessors

    @property
    def is_adapted(self):
        """Whether all layers that learn have learned."""
        return self._is_adapted or all(
            layer.is_adapted for layer in cascade.learning_layers(self)
        )

    def adapt(self, dataset, batch_size=None, steps=None, reset_state=True):
        """Learns the vocabularies, ranges and bins of all features.

        Arguments:
            dataset: `tf.data.Dataset` of dicts of columns, in batches or row
                by row, or of tuples that begin with such dicts; or a dict of
                arrays, or a pandas frame.
            batch_size: Rows in a batch of arrays.
            steps: Most elements to look at.
            reset_state: Boolean: whether to forget what was learned before.
        """
        batch_size, steps = preprocessing_layer.checked_amounts(
            batch_size, steps
        )
        if isinstance(dataset, tf.data.Dataset):
            dataset, steps = self._batches(dataset, steps), None
        else:
            dataset = _opened_frame(dataset)
            self._check_data(dataset)
        if cascade.learning_layers(self):
            cascade.adapt(self, dataset, batch_size, steps, reset_state, "auto")
        self._forget_encoders()
        self._is_adapted = True
        self._state_changed()

    def _batches(self, dataset, steps):
        """Returns a dataset of batches of the columns of the features."""
        if steps is not None:
            dataset = dataset.take(steps)
        spec = dataset.element_spec
        if isinstance(spec, tuple):
            dataset, spec = dataset.map(lambda x, *others: x), spec[0]
        self._check_data(spec)
        dataset = dataset.map(lambda x: {key: x[key] for key in self.features})
        if all(spec[key].shape.rank == 0 for key in self.features):
            dataset = dataset.batch(_ROWS)
        return dataset

    # Calling

    def __call__(self, data):
        data = _opened_frame(data)
        self._check_data(data)
        data = {
            name: _to_tensor(data[name], feature.dtype)
            for name, feature in self.features.items()
        }
        return super().__call__(data)

    def build(self, input_shape):
        """Makes the layers that depend on what was learned."""
        self._check_adapted()
        self._build_input_shape = input_shape
        self.built = True

    def call(self, inputs):
        """Encodes the columns.

        Arguments:
            inputs: Dict of tensors.
        """
        self._check_adapted()
        ranks = {x.shape.rank for x in inputs.values()}
        is_single = ranks == {0}
        if 0 in ranks and not is_single:
            shapes = {name: tuple(x.shape) for name, x in inputs.items()}
            raise ValueError(
                f"FeatureSpace '{self.name}' takes a batch of each column, or "
                f"a single value of each. Received: shapes {shapes}."
            )
        encoded = self._encode(self._columns_of(inputs))
        if is_single:
            return tf.nest.map_structure(lambda x: tf.squeeze(x, 0), encoded)
        return encoded

    def _columns_of(self, data):
        """Brings tensors to the dtypes, and to rank 2 at least."""
        return {
            name: _as_column(data[name], feature.dtype)
            for name, feature in self.features.items()
        }

    def _encode(self, columns):
        """Returns the encoded features, of tensors or of symbolic ones."""
        values = {
            name: layer(columns[name])
            for name, layer in self.preprocessors.items()
        }
        return self._join_branches(values)

    def _join_branches(self, values):
        """Crosses, encodes and joins what the preprocessors gave."""
        modes = {name: x.output_mode for name, x in self.features.items()}
        crossed = {
            cross.name: self.crossers[cross.name](
                [values[name] for name in cross.feature_names]
            )
            for cross in self.crosses
        }
        modes |= {cross.name: cross.output_mode for cross in self.crosses}
        encoded = {}
        for name in (*sorted(values), *sorted(crossed)):
            x = crossed[name] if name in crossed else values[name]
            if modes[name] == "one_hot":
                x = self._encoder(name, x)(x)
            encoded[name] = x
        if self.output_mode == "dict":
            return encoded
        return self._join(encoded)

    def _join(self, encoded):
        dtype = defaults.floatx()
        for name, x in encoded.items():
            if not x.dtype.is_floating:
                raise ValueError(
                    f"Feature '{name}' of FeatureSpace '{self.name}' can't be "
                    "part of one vector: it has not been encoded. Received: "
                    f"values of dtype {x.dtype.name}. Use "
                    "`output_mode='one_hot'` for the feature, or "
                    "`output_mode='dict'` for the space."
                )
            if x.dtype != dtype:
                encoded[name] = tf.cast(x, dtype)
        if self.concat is None:
            self.concat = Concatenate(axis=-1)
        if len(encoded) == 1:
            return next(iter(encoded.values()))
        return self.concat(list(encoded.values()))

    def _encoder(self, name, x):
        """Returns the layer that encodes a feature."""
        if name in self.crossers:
            num_tokens = self.crosses_by_name[name].crossing_dim
        else:
            num_tokens = self._num_tokens(name, x)
        encoder = self.one_hot_encoders.get(name)
        if encoder is None or encoder.num_tokens != num_tokens:
            encoder = CategoryEncoding(num_tokens, "multi_hot")
            self.one_hot_encoders[name] = encoder
        return encoder

    def _num_tokens(self, name, x):
        preprocessor = self.preprocessors[name]
        num_tokens = None
        if isinstance(preprocessor, PreprocessingLayer):
            num_tokens = preprocessor._num_categories()
        if num_tokens is None or not x.dtype.is_integer:
            raise ValueError(
                f"Feature '{name}' of FeatureSpace '{self.name}' can't be one-"
                "hot encoded, since its preprocessor "
                f"({type(preprocessor).__name__}) does not give integers of a "
                f"known number. Received: values of dtype {x.dtype.name} with "
                "output_mode='one_hot'. Use 'int' or 'float'."
            )
        return num_tokens

    def _check_data(self, data):
        if not isinstance(data, dict):
            raise ValueError(
                "A FeatureSpace takes a dict of columns, and `adapt` a dataset "
                "of them. Received: "
                f"data={structure.describe(data)} (of type "
                f"{type(data).__name__})."
            )
        missing = [name for name in self.features if name not in data]
        if missing:
            raise ValueError(
                f"FeatureSpace '{self.name}' takes the columns "
                f"{sorted(self.features)}. Received: no {missing} among "
                f"{sorted(data)}."
            )

    def _check_adapted(self):
        if not self.is_adapted:
            raise ValueError(
                f"FeatureSpace '{self.name}' was used before `adapt`. Call "
                "`.adapt(dataset)` first."
            )

    def _forget_encoders(self):
        """Leaves out what depends on what was learned."""
        self.one_hot_encoders = {}
        self.concat = None
        vars(self)["_symbols"] = None

    # Use in a model

    def get_inputs(self):
        """Returns a dict of the symbolic inputs of a model on raw columns."""
        return self._ready_symbols().inputs

    def get_encoded_features(self):
        """Returns the encoded features of `get_inputs`, symbolic too."""
        return self._ready_symbols().outputs

    def _ready_symbols(self):
        self._check_adapted()
        if self._symbols is None:
            inputs = {
                name: Input(shape=(1,), dtype=feature.dtype, name=name)
                for name, feature in self.features.items()
            }
            vars(self)["_symbols"] = _Symbols(inputs, self._encode(inputs))
        return self._symbols

    # Saving

    def get_config(self):
        """Returns what `from_config` needs to make an equal space."""
        config = super().get_config()
        for key in ("name", "trainable", "dtype"):
            config.pop(key)
        return config

    def get_build_config(self):
        """Returns what `build_from_config` needs."""
        if not self.is_adapted:
            return None
        return {
            name: layer.get_build_config() or {}
            for name, layer in self.preprocessors.items()
        }

    def build_from_config(self, config):
        """Makes the weights of the preprocessors.

        Arguments:
            config: What `get_build_config` returned.
        """
        for name, layer in self.preprocessors.items():
            if not layer.built and config.get(name):
                layer.build_from_config(config[name])
        self._is_adapted = True
        self.built = True

    def save(self, filepath):
        """Saves the space, with all it learned, to a `.keras` file.

        `tfk.models.load_model` reads it.

        Arguments:
            filepath: Path that ends in `.keras`.
        """
        api.save_model(self, filepath)

    def save_own_variables(self, store):
        """Writes nothing: the layers of the space write what is theirs.

        Arguments:
            store: Mutable mapping of names to arrays.
        """

    def load_own_variables(self, store):
        """Reads nothing: the layers of the space read what is theirs.

        Arguments:
            store: Mapping of names to arrays.
        """


@dataclasses.dataclass(frozen=True)
class _Symbols:
    """Symbolic inputs, and what a space makes of them."""

    inputs: dict
    outputs: Any


_PLAIN_KINDS = (
    "float",
    "float_normalized",
    "float_rescaled",
    "integer_categorical",
    "string_categorical",
)
_KINDS = (
    *_PLAIN_KINDS,
    "float_discretized",
    "integer_hashed",
    "string_hashed",
)


def _check_choice(argument, value, choices):
    if value not in choices:
        raise ValueError(
            f"`{argument}` must be one of {choices}. Received: "
            f"{argument}={value!r}."
        )


def _layer_name(name, kind):
    return f"{name or naming.unique_name(kind)}_preprocessor"


def _opened_frame(data):
    """Returns the columns of a pandas frame as a dict; other data as it is."""
    is_frame = hasattr(type(data), "to_numpy") and hasattr(data, "columns")
    return {name: data[name] for name in data.columns} if is_frame else data


def _to_tensor(value, dtype):
    if tf.is_tensor(value) or symbolic.is_symbolic(value):
        return value
    value = tf.convert_to_tensor(value)
    return _cast(value, dtype)


def _cast(x, dtype):
    is_number = tf.string not in (x.dtype, tf.as_dtype(dtype))
    return tf.cast(x, dtype) if is_number and x.dtype != dtype else x


def _as_column(x, dtype):
    x = _cast(x, dtype)
    if x.shape.rank is None or x.shape.rank == 0:
        return tf.reshape(x, (-1, 1))
    return tf.expand_dims(x, -1) if x.shape.rank == 1 else x


registry.add_builtins(
    "keras.utils",
    {"FeatureSpace": FeatureSpace, "Feature": Feature, "Cross": Cross},
)
# What a feature of plain numbers is called in files of Keras 3.
registry.add_builtins("keras.utils", {"TFDIdentity": Identity})
