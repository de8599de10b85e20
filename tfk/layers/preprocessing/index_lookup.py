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
"""What lookup layers share: a vocabulary, and tables made from it."""

import os

import numpy as np
import tensorflow as tf

from tfk import config
from tfk.engine import call_context
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers.preprocessing import adapted_state
from tfk.layers.preprocessing import encoding
from tfk.layers.preprocessing import sorted_lookup
from tfk.layers.preprocessing import tokens as token_files
from tfk.saving import budget
from tfk.saving import errors
from tfk.utils import portable_graph
from tfk.utils import structure

# Of a pointer in a list.
_TOKEN_BYTES = 8


class IndexLookup(PreprocessingLayer):
    """Maps tokens to their places in a vocabulary, or back.

    A subclass says what tokens are: it sets `_key_dtype` and overrides
    `_to_tokens` and `_from_tokens`.

    The vocabulary is a NumPy array outside of all tracking; a call costs one
    table lookup, however large it is. A new vocabulary makes a new table and
    closes the old one: functions compiled with the old one raise an error.
    """

    _output_modes = ("int", "one_hot", "multi_hot", "count", "tf_idf")
    _takes_arrays = True
    _is_elementwise = True
    _key_dtype = None

    # Replaced by the table once there is a vocabulary.
    lookup_table = None

    def __init__(
        self,
        max_tokens,
        num_oov_indices,
        mask_token,
        oov_token,
        vocabulary_dtype,
        vocabulary=None,
        idf_weights=None,
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        **kwargs,
    ):
        expected_size = kwargs.pop("vocabulary_size", None)
        kwargs.pop("has_input_vocabulary", None)
        output_mode = encoding.checked_output_mode(
            output_mode, self._output_modes, type(self).__name__
        )
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = (
                "int64" if output_mode == "int" else config.floatx()
            )
        super().__init__(**{"autocast": False, **kwargs})
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.vocabulary_dtype = vocabulary_dtype
        self.invert = invert
        self.output_mode = output_mode
        self.sparse = sparse
        self.pad_to_max_tokens = pad_to_max_tokens
        self._check_arguments(idf_weights)
        self._expected_size = expected_size
        self._tokens = self._to_tokens([])
        self._idf_weights = None
        self._loaded_idf_weights = None
        self._counts = None
        self._learned = None
        self._special_given = False
        self._is_given = False
        self._checkpoint = adapted_state.AdaptedState(self)
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
            self._is_given = True

    def _check_arguments(self, idf_weights):
        if self.max_tokens is not None and not _is_count(self.max_tokens, 2):
            self._fail(
                "`max_tokens` must be an integer greater than 1. Received: "
                f"max_tokens={self.max_tokens!r}."
            )
        if not _is_count(self.num_oov_indices, 0):
            self._fail(
                "`num_oov_indices` must be an integer from 0 on. Received: "
                f"num_oov_indices={self.num_oov_indices!r}."
            )
        size = _TOKEN_BYTES * self.num_oov_indices
        budget.spend(size, self.name, "the tokens of")
        if self.pad_to_max_tokens and self.max_tokens is None:
            self._fail(
                "`pad_to_max_tokens` needs `max_tokens`. Received: "
                "max_tokens=None."
            )
        if self.invert and self.output_mode != "int":
            self._fail(
                "`invert` needs output_mode='int'. Received: "
                f"output_mode={self.output_mode!r}."
            )
        if self.sparse and self.output_mode == "int":
            self._fail(
                "`sparse` is for vectors, not for indices. Received: "
                "sparse=True with output_mode='int'."
            )
        if idf_weights is not None and self.output_mode != "tf_idf":
            self._fail(
                "`idf_weights` are for output_mode='tf_idf'. Received: "
                f"output_mode={self.output_mode!r}."
            )
        dtype = tf.as_dtype(self._output_dtype)
        if self.output_mode == "int" and not dtype.is_integer:
            self._fail(
                "`dtype` must be an integer type where the output is indices. "
                f"Received: dtype={dtype.name}."
            )

    def _fail(self, what):
        raise ValueError(
            f"Layer '{self.name}' (of type {type(self).__name__}): {what}"
        )

    @property
    def _output_dtype(self):
        """The dtype of indices and vectors."""
        return self.compute_dtype

    # The vocabulary

    def _to_tokens(self, values):
        """Turns what a user gives into an array of tokens."""
        raise NotImplementedError

    def _from_tokens(self, tokens):
        """Turns an array of tokens into a list of Python values."""
        raise NotImplementedError

    @property
    def _has_mask(self):
        """Whether index 0 is the mask. In vectors a masked token is nothing."""
        return self.mask_token is not None and self.output_mode == "int"

    @property
    def _oov_start(self):
        return 1 if self._has_mask else 0

    @property
    def _token_start(self):
        return self._oov_start + self.num_oov_indices

    def _special_tokens(self):
        mask = [self.mask_token] if self._has_mask else []
        return mask + [self.oov_token] * self.num_oov_indices

    def vocabulary_size(self):
        """Returns the number of indices, with those of special tokens."""
        return len(self._tokens) + self._token_start

    def get_vocabulary(self, include_special_tokens=True):
        """Returns the vocabulary as a list: the token of each index.

        Arguments:
            include_special_tokens: Boolean: whether to begin with the mask
                and out-of-vocabulary tokens. Defaults to True.
        """
        special = self._special_tokens() if include_special_tokens else []
        return special + self._from_tokens(self._tokens)

    @property
    def has_weights_in_tf_keras(self):
        """Whether tf.keras keeps a vocabulary, or counts, in weights."""
        return not self._is_given or self.output_mode == "tf_idf"

    @property
    def input_vocabulary(self):
        """The vocabulary given to the constructor, or None."""
        if not self._is_given:
            return None
        return self.get_vocabulary(self._special_given)

    @property
    def input_idf_weights(self):
        """The weights given to the constructor, or None."""
        if not self._is_given or self._idf_weights is None:
            return None
        size = len(self._tokens)
        weights = self._idf_weights.numpy()
        weights = weights[self._token_start : self._token_start + size]
        if self._special_given:
            weights = np.pad(weights, (self._token_start, 0))
        return weights.tolist()

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Sets the vocabulary, in place of `adapt`.

        Functions that were compiled with the former vocabulary (a model's
        too) have to be compiled again; until then they raise an error.

        Arguments:
            vocabulary: List, array or tensor of tokens, or the path of a file
                with one token a line. It may begin with the mask and
                out-of-vocabulary tokens.
            idf_weights: Weight of each token, for `output_mode="tf_idf"`.

        Raises:
            ValueError: If a token is repeated, a special token stands in the
                wrong place, or there are too many tokens.
        """
        if isinstance(vocabulary, (str, os.PathLike)):
            vocabulary = token_files.read_user_file(os.fspath(vocabulary))
        elif isinstance(vocabulary, tf.Tensor):
            vocabulary = vocabulary.numpy()
        elif vocabulary is None:
            raise ValueError(
                f"The vocabulary of layer '{self.name}' must be a list of "
                "tokens or the path of a file. Received: vocabulary=None."
            )
        elif not hasattr(vocabulary, "__len__"):
            vocabulary = list(vocabulary)
        tokens = self._to_tokens(vocabulary)
        if not len(tokens):
            raise ValueError(
                f"The vocabulary of layer '{self.name}' can't be empty. "
                f"Received: vocabulary={vocabulary}."
            )
        idf_weights = self._checked_idf_weights(idf_weights, len(tokens))
        special = self._to_tokens(self._special_tokens())
        count = len(special)
        has_special = bool(count) and np.array_equal(tokens[:count], special)
        if has_special:
            tokens = tokens[count:]
            idf_weights = None if idf_weights is None else idf_weights[count:]
        self._check_vocabulary(tokens)
        self._install(tokens, idf_weights)
        self._learned = self._counts = None
        self._special_given = has_special
        self._is_given = False

    def _checked_idf_weights(self, idf_weights, count):
        if self.output_mode != "tf_idf":
            if idf_weights is not None:
                raise ValueError(
                    f"`idf_weights` of layer '{self.name}' are for "
                    "output_mode='tf_idf'. Received: "
                    f"output_mode={self.output_mode!r}."
                )
            return None
        if idf_weights is None:
            raise ValueError(
                f"Layer '{self.name}' needs `idf_weights` with a vocabulary "
                "where output_mode='tf_idf'. Received: idf_weights=None. Pass "
                "one weight a token, or let `adapt` learn both."
            )
        weights = np.asarray(idf_weights, np.float32).ravel()
        if len(weights) != count:
            raise ValueError(
                f"`idf_weights` of layer '{self.name}' must have one weight "
                f"for each of {count} tokens. Received: {len(weights)} weights."
            )
        if not np.isfinite(weights).all():
            raise ValueError(
                f"`idf_weights` of layer '{self.name}' must be finite. "
                f"Received: {weights[~np.isfinite(weights)][:5]} among them."
            )
        return weights

    def _check_vocabulary(self, tokens):
        listed = tokens.tolist()
        unique = set(listed)
        if len(unique) != len(listed):
            seen = set()
            twice = [t for t in listed if t in seen or seen.add(t)][:5]
            raise ValueError(
                f"The vocabulary of layer '{self.name}' has repeated tokens. "
                f"Received: {self._from_tokens(self._to_tokens(twice))} more "
                "than once. Remove the repetitions."
            )
        reserved = [self.mask_token]
        if self.num_oov_indices or self.invert:
            reserved.append(self.oov_token)
        reserved = [token for token in reserved if token is not None]
        for token, key in zip(reserved, self._to_tokens(reserved).tolist()):
            if key in unique:
                raise ValueError(
                    f"The vocabulary of layer '{self.name}' has the reserved "
                    f"token {token!r} in the wrong place. Received: it at "
                    f"index {listed.index(key)}. Leave reserved tokens out, or "
                    f"begin with exactly {self._special_tokens()}."
                )
        size = len(listed) + self._token_start
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                f"The vocabulary of layer '{self.name}' is larger than "
                f"`max_tokens`. Received: {size} tokens (special ones "
                f"included) with max_tokens={self.max_tokens}."
            )

    def _install(self, tokens, idf_weights):
        """Puts a vocabulary to use: the tokens, their weights, the table."""
        with tf.init_scope():
            table = self._make_table(tokens)
            if idf_weights is not None:
                idf_weights = self._padded_idf_weights(idf_weights)
            former = self.lookup_table
            self.lookup_table = table
            self._tokens = tokens
            self._idf_weights = idf_weights
            self._loaded_idf_weights = None
            self._state_changed()
            if former is not None:
                # Compiled functions that hold it must not go on unnoticed.
                tf.raw_ops.DestroyResourceOp(resource=former.resource_handle)

    def _make_table(self, tokens):
        start = self._token_start
        keys = tf.constant(tokens, self._key_dtype)
        indices = tf.range(start, start + len(tokens), dtype=tf.int64)
        if self.mask_token is not None:
            mask = self._to_tokens([self.mask_token])
            place = 0 if self._has_mask else encoding.NO_CATEGORY
            keys = tf.concat([tf.constant(mask, self._key_dtype), keys], 0)
            indices = tf.concat([tf.constant([place], tf.int64), indices], 0)
        if self.invert:
            default = self._to_tokens([self.oov_token])[0]
            keys, indices = indices, keys
        else:
            default = self._oov_start if self.num_oov_indices == 1 else -1
        return tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(keys, indices), default
        )

    def _padded_idf_weights(self, weights):
        """Weights of all indices: the mean for unknown tokens, 0 for none."""
        if self.pad_to_max_tokens:
            size = 2 * weights.itemsize * self.max_tokens
            budget.spend(size, self.name, "the weights of")
        unknown = np.full([self._token_start], weights.mean())
        after = 0
        if self.pad_to_max_tokens:
            after = self.max_tokens - self._token_start - len(weights)
        weights = np.concatenate([unknown, weights, np.zeros([after])])
        return tf.constant(weights, tf.float32)

    # Learning

    def _collected_state(self):
        counts = self._counts
        return None if counts is None else counts.copy(), self._learned

    def _restore_collected_state(self, state):
        self._counts, self._learned = state

    def reset_state(self):
        """Forgets what was counted; the vocabulary in use stays."""
        self._counts = token_files.TokenCounts()

    def update_state(self, data):
        """Counts the tokens of one batch.

        Arguments:
            data: Array or tensor of tokens.
        """
        counts = self._open_counts()
        values = token_files.flat_values(data, self)
        self._check_dtype(values.dtype, data)
        counts.add(values)
        if self.output_mode == "tf_idf":
            counts.add_documents(token_files.documents(data))

    @property
    def _has_given_state(self):
        return self._is_given

    def _open_counts(self):
        """Returns the counts to add to."""
        if self._is_given:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) was "
                "given a vocabulary and can't learn another one. Make one "
                "without `vocabulary`, or call `set_vocabulary`."
            )
        if self._counts is None:
            if len(self._tokens) and self._learned is None:
                raise ValueError(
                    f"Layer '{self.name}' can't go on from its vocabulary, "
                    "since the counts behind it are not there: it was set or "
                    "loaded. Received: reset_state=False. Use "
                    "reset_state=True."
                )
            self._counts = token_files.TokenCounts(self._learned)
        return self._counts

    def finalize_state(self):
        """Makes the vocabulary of the tokens counted most often."""
        if self._counts is None or self._is_given:
            return
        counts = self._ordered_counts()
        tokens = counts[0]
        if self.max_tokens is not None:
            tokens = tokens[: self.max_tokens - self._token_start]
        if not len(tokens):
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) found "
                "no tokens in the data that it was to adapt to. Received: "
                "only empty batches or reserved tokens."
            )
        weights = None
        if self.output_mode == "tf_idf":
            weights = token_files.idf(counts[2][: len(tokens)], counts[3])
        self._install(tokens, weights)
        self._counts, self._learned = None, counts
        self._is_adapted = True

    def get_adapted_state(self):
        """Returns what was counted, for `merge_state` of another layer.

        Returns:
            A dict of NumPy arrays.
        """
        if self._learned is None and self._counts is None:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) has no "
                "counts of tokens to share: it was not adapted, or its "
                "vocabulary was set or loaded."
            )
        learned = self._learned
        if self._counts is not None:
            learned = self._ordered_counts()
        tokens, counts, document_counts, num_documents = learned
        return {
            **self._packed(tokens),
            "counts": counts,
            "document_counts": document_counts,
            "num_documents": np.asarray(num_documents),
        }

    def _merge_adapted_state(self, state):
        counts = self._open_counts()
        counts.merge(
            self._unpacked(state),
            state["counts"],
            state["document_counts"],
            int(state["num_documents"]),
        )

    def _ordered_counts(self):
        reserved = [self.oov_token]
        if self.mask_token is not None:
            reserved.append(self.mask_token)
        left_out = set(self._to_tokens(reserved).tolist())
        tokens = self._counts.most_common(left_out)
        return self._counts.frozen(self._to_tokens(tokens))

    # Applying

    def call(self, inputs):
        """Looks the inputs up."""
        self._check_call_dtype(inputs)
        values = token_files.flat_tensor(inputs)
        if self.lookup_table is None:
            found = self._without_vocabulary(values)
        else:
            found = self._look_up(values)
        found = token_files.with_flat_tensor(inputs, found)
        if self.invert:
            if self.vocabulary_dtype != found.dtype:
                found = tf.cast(found, self.vocabulary_dtype)
            return found
        if self.output_mode == "int":
            if self._output_dtype != "int64":
                found = tf.cast(found, self._output_dtype)
            return found
        return encoding.encode(
            found,
            self.output_mode,
            self._depth(),
            tf.as_dtype(self._output_dtype),
            self.sparse,
            idf_weights=self._idf_weights_in_use(),
        )

    def _look_up(self, values):
        dtype = self.lookup_table.key_dtype
        if values.dtype != dtype:
            values = tf.cast(values, dtype)
        found = self._found(values)
        if self.invert or self.num_oov_indices == 1:
            return found
        is_unknown = tf.equal(found, -1)
        if self.num_oov_indices == 0:
            check = tf.debugging.Assert(
                tf.logical_not(tf.reduce_any(is_unknown)),
                [
                    f"Layer '{self.name}' has num_oov_indices=0, and so takes "
                    "only tokens of its vocabulary. Received others:",
                    tf.boolean_mask(values, is_unknown),
                ],
            )
            # Before a later layer complains of an index.
            with tf.control_dependencies([check]):
                return tf.identity(found)
        unknown = self._oov_start + self._oov_bucket(values)
        return tf.where(is_unknown, unknown, found)

    def _found(self, values):
        """Looks values up in the table."""
        table = self.lookup_table
        if table.key_dtype.is_integer and table.value_dtype.is_integer:
            if not portable_graph.has_integer_tables():
                with tf.init_scope():
                    keys, found = [x.numpy() for x in table.export()]
                    default = table.default_value.numpy()
                return sorted_lookup.look_up(values, keys, found, default)
        return table.lookup(values)

    def _oov_bucket(self, values):
        """Spreads unknown tokens over the out-of-vocabulary indices."""
        if values.dtype == tf.string:
            return tf.strings.to_hash_bucket_fast(values, self.num_oov_indices)
        return tf.math.floormod(values, self.num_oov_indices)

    def _without_vocabulary(self, values):
        """Gives outputs of the right kind while a model is drawn."""
        if not call_context.current().is_recording:
            raise self._use_before_adapt("vocabulary")
        if not self.invert:
            return tf.zeros_like(values, tf.int64)
        if self._key_dtype == tf.string:
            return tf.strings.as_string(values)
        return tf.cast(values, tf.int64)

    def _depth(self):
        if self.pad_to_max_tokens:
            return self.max_tokens
        if len(self._tokens):
            return self.vocabulary_size()
        if self._expected_size is None:
            raise self._use_before_adapt("vocabulary")
        return self._expected_size

    def _num_categories(self):
        if self.invert or self.output_mode != "int":
            return None
        if len(self._tokens):
            return self.vocabulary_size()
        return self._expected_size or self.max_tokens

    def _idf_weights_in_use(self):
        if self.output_mode != "tf_idf":
            return None
        if self._idf_weights is None:
            if not call_context.current().is_recording:
                raise self._use_before_adapt("document frequencies")
            return tf.zeros([self._depth()])
        return self._idf_weights

    def _check_call_dtype(self, inputs):
        if self.invert:
            if inputs.dtype == tf.string or inputs.dtype == tf.bool:
                raise ValueError(
                    f"Layer '{self.name}' (of type {type(self).__name__} with "
                    "invert=True) takes indices. Received: "
                    f"{structure.describe(inputs)}."
                )
        else:
            self._check_dtype(inputs.dtype, inputs)

    def _check_dtype(self, dtype, data):
        """Raises if the layer can't take values of a dtype."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape):
        depth = None if self.output_mode == "int" else self._depth()
        return encoding.encoded_shape(input_shape, self.output_mode, depth)

    # Saving

    def get_config(self):
        config = super().get_config()
        config["vocabulary"] = self.input_vocabulary
        config["idf_weights"] = self.input_idf_weights
        config["vocabulary_size"] = self.vocabulary_size()
        return config

    _unsaved_arguments = (
        *PreprocessingLayer._unsaved_arguments,
        "vocabulary",
        "idf_weights",
    )

    @classmethod
    def from_config(cls, config):
        """Makes a layer from the output of `get_config`.

        Arguments:
            config: Dict of constructor arguments.

        Raises:
            UnsafeFileError: If the config names a file: a config is data, and
                opens none.
        """
        for key in ("vocabulary", "idf_weights"):
            if isinstance(config.get(key), (str, bytes, os.PathLike)):
                raise errors.UnsafeFileError(
                    f"The config of a {cls.__name__} layer must hold its "
                    f"`{key}` as a list, not as a path, which could name any "
                    f"file on this machine. Received: {key}={config[key]!r}. "
                    f"Read the file yourself and put the list in its place."
                )
        if config.get("oov_method") == "floormod":
            # Keras 3's word for the only way there is here.
            others = ("oov_method", "salt")
            config = {k: v for k, v in config.items() if k not in others}
        return super().from_config(encoding.without_float_dtype(config))

    def save_own_variables(self, store):
        """Writes the weights of tf-idf mode.

        Arguments:
            store: Mutable mapping of names to arrays.
        """
        if self._idf_weights is not None:
            store["idf_weights"] = self._idf_weights.numpy()

    def load_own_variables(self, store):
        """Reads what `save_own_variables` wrote.

        Arguments:
            store: Mapping of names to arrays.
        """
        if self.output_mode != "tf_idf" or "idf_weights" not in store.keys():
            return
        weights = np.asarray(store["idf_weights"], np.float32)
        if len(self._tokens):
            self._install_loaded(self._tokens, weights)
        else:
            self._loaded_idf_weights = weights

    def save_assets(self, dir_path):
        """Writes a vocabulary that the config does not hold.

        Arguments:
            dir_path: String: an existing directory.
        """
        if self._is_given or not len(self._tokens):
            return
        special = self._to_tokens(self._special_tokens()).tolist()
        tokens = special + self._tokens.tolist()
        if self._key_dtype != tf.string:
            tokens = [str(token).encode() for token in tokens]
        token_files.write_file(dir_path, tokens)

    def load_assets(self, dir_path):
        """Reads what `save_assets` wrote.

        Arguments:
            dir_path: String: the directory.
        """
        if self._is_given:
            return
        tokens = self._to_tokens(token_files.read_file(dir_path))
        special = self._to_tokens(self._special_tokens())
        if len(special) and np.array_equal(tokens[: len(special)], special):
            tokens = tokens[len(special) :]
        self._check_vocabulary(tokens)
        self._install_loaded(tokens, self._loaded_idf_weights)

    def _install_loaded(self, tokens, padded_weights):
        weights = None
        if padded_weights is not None:
            start = self._token_start
            weights = padded_weights[start : start + len(tokens)]
            if len(weights) != len(tokens):
                raise ValueError(
                    f"The file holds {len(padded_weights)} `idf_weights` for "
                    f"layer '{self.name}', whose vocabulary has "
                    f"{len(tokens)} tokens. They don't belong together."
                )
        is_given = self._is_given
        self._install(tokens, weights)
        self._learned = self._counts = None
        self._is_given = is_given
        self._is_adapted = True

    # Copies

    def __getstate__(self):
        # A copy has a table of its own: new ones close those they replace.
        return {**vars(self), "lookup_table": None}

    def __setstate__(self, state):
        vars(self).update(state)
        if len(self._tokens):
            with tf.init_scope():
                self.lookup_table = self._make_table(self._tokens)

    # Checkpoints

    def _adapted_arrays(self):
        arrays = {}
        self.save_own_variables(arrays)
        return {**arrays, **self._packed(self._tokens)}

    def _set_adapted_arrays(self, arrays):
        tokens = self._unpacked(arrays)
        if len(tokens):
            self._install_loaded(tokens, arrays.get("idf_weights"))

    def _packed(self, tokens):
        """Returns tokens as arrays of numbers."""
        if self._key_dtype != tf.string:
            return {"tokens": tokens}
        listed = tokens.tolist()
        return {
            "text": np.frombuffer(b"".join(listed), np.uint8),
            "lengths": np.array([len(token) for token in listed], np.int64),
        }

    def _unpacked(self, arrays):
        if "tokens" in arrays:
            return self._to_tokens(arrays["tokens"])
        text = arrays["text"].tobytes()
        ends = np.cumsum(arrays["lengths"]).tolist()
        starts = [0, *ends[:-1]]
        return self._to_tokens([text[i:j] for i, j in zip(starts, ends)])


def _is_count(value, least):
    return isinstance(value, (int, np.integer)) and value >= least
