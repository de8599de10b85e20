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
"""Texts to tokens: standardization, splitting, n-grams."""

import string

import numpy as np
import tensorflow as tf

from tfk.utils import tf_internal

STANDARDIZATIONS = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLITS = ("whitespace", "character")

_PUNCTUATION = string.punctuation.encode()
_PUNCTUATION_PATTERN = (
    "[" + "".join(f"\\{char}" for char in string.punctuation) + "]"
)
_TO_LOWER = bytes(range(256)).lower()
_UNCHANGED = bytes(range(256))
# Texts that are split at once: the memory for their words is bounded.
_NUM_TEXTS = 1 << 12


def standardized(texts, how):
    """Returns texts in their standard form.

    Arguments:
        texts: Tensor of strings, dense or ragged.
        how: One of `STANDARDIZATIONS`, a function of the tensor, or None.
    """
    if callable(how):
        return _compiled(how)(texts)
    if how in ("lower", "lower_and_strip_punctuation"):
        texts = tf.strings.lower(texts)
    if how in ("strip_punctuation", "lower_and_strip_punctuation"):
        texts = tf.strings.regex_replace(texts, _PUNCTUATION_PATTERN, "")
    return texts


def split(texts, how):
    """Returns the words of texts, along a new last axis.

    Arguments:
        texts: Tensor of strings, dense or ragged.
        how: One of `SPLITS`, a function of the tensor, or None to leave the
            texts whole.
    """
    if callable(how):
        return _compiled(how)(texts)
    if how == "whitespace":
        return tf.strings.split(texts)
    if how == "character":
        return tf.strings.unicode_split(texts, "UTF-8")
    return texts


def _compiled(function):
    """Returns a function of a user, with Python's `if` and `for` in graphs."""
    if tf.executing_eagerly():
        return function
    return tf_internal.convert_control_flow(function)


def word_lists(texts, how):
    """Yields the words of many texts as lists of bytes.

    Gives what `standardized` and `split` by whitespace do, without a tensor of
    all words: to learn a vocabulary from 100,000 sentences takes half the time.

    Arguments:
        texts: Array of strings or bytes.
        how: One of `STANDARDIZATIONS`, or None.

    Example:

    >>> from tfk.layers.preprocessing import text
    >>> texts = np.array(["It's here.", "Here!"], object)
    >>> list(text.word_lists(texts, "lower_and_strip_punctuation"))
    [[b'its', b'here', b'here']]
    """
    table, removed = _UNCHANGED, b""
    if how in ("lower", "lower_and_strip_punctuation"):
        table = _TO_LOWER
    if how in ("strip_punctuation", "lower_and_strip_punctuation"):
        removed = _PUNCTUATION
    texts = np.ravel(texts).tolist()
    for start in range(0, len(texts), _NUM_TEXTS):
        joined = _joined(texts[start : start + _NUM_TEXTS])
        yield joined.translate(table, removed).split()


def _joined(texts):
    try:
        return b" ".join(texts)
    except TypeError:
        return b" ".join(
            x.encode("utf-8", "surrogateescape") if isinstance(x, str) else x
            for x in texts
        )
