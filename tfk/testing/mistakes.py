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
"""A table of a hundred mistakes that users make, and what they are told.

The first line of a message says what is wrong, where, and what was received;
the remedy follows. Each mistake is a function under the `mistake` of a `Table`,
which takes the class of the error, words of its first line and words of the
remedy. The functions stand in test files: what other files of tfk do is not
taken for a user's doing.
"""

import collections
import time

import numpy as np
import pytest

import tfk

MAX_LINES = 40
MAX_FIRST_LINE = 400
MAX_SECONDS = 5.0

X = np.linspace(0.0, 1.0, 16, dtype="float32").reshape(8, 2)
Y = np.linspace(0.0, 1.0, 8, dtype="float32").reshape(8, 1)
CLASSES = np.array([0, 1, 2, 0, 1, 2, 0, 1])


class Mistake(
    collections.namedtuple("Mistake", "make error first_line remedy")
):
    """A function, and what it must raise."""

    def check(self):
        """Makes the mistake and checks that the message helps."""
        start = time.monotonic()
        message = self._message()
        seconds = time.monotonic() - start
        first_line = message.splitlines()[0]
        for words in self.first_line:
            assert words in first_line, message
        assert self.remedy in message, message
        assert len(message.splitlines()) <= MAX_LINES, message
        assert len(first_line) <= MAX_FIRST_LINE, message
        assert seconds < MAX_SECONDS, message

    def _message(self):
        """Returns what a user reads: the message and the notes below it."""
        if issubclass(self.error, Warning):
            with pytest.warns(self.error) as warned:
                self.make()
            return str(warned[0].message)
        with pytest.raises(self.error) as raised:
            self.make()
        notes = getattr(raised.value, "__notes__", ())
        return "\n".join([str(raised.value), *notes])


class Table(dict):
    """The mistakes of one file: a dict of names to `Mistake`s."""

    def mistake(self, error, *first_line, remedy):
        """Puts a function into the table.

        Arguments:
            error: Class of the error that it raises.
            *first_line: Words that the first line of the message has.
            remedy: Words of the message that say what to do.
        """

        def add(make):
            self[make.__name__] = Mistake(make, error, first_line, remedy)
            return make

        return add


def regression():
    """Returns a compiled model of two features and one output, `guess`."""
    model = tfk.Sequential(
        [tfk.Input((2,)), tfk.layers.Dense(1, name="guess")], name="boring"
    )
    model.compile("sgd", "mse")
    return model


def classifier(loss="sparse_categorical_crossentropy", **arguments):
    """Returns a compiled model of two features and three classes."""
    model = tfk.Sequential(
        [tfk.Input((2,)), tfk.layers.Dense(3, "softmax", name="guess")]
    )
    model.compile("sgd", loss, **arguments)
    return model


def two_outputs():
    """Returns a model with the outputs `price` and `sold`."""
    inputs = tfk.Input((2,), name="features")
    price = tfk.layers.Dense(1, name="price")(inputs)
    sold = tfk.layers.Dense(1, "sigmoid", name="sold")(inputs)
    return tfk.Model(inputs, [price, sold])


def two_inputs():
    """Returns a compiled model with the inputs `left` and `right`."""
    left = tfk.Input((2,), name="left")
    right = tfk.Input((2,), name="right")
    joined = tfk.layers.Concatenate()([left, right])
    model = tfk.Model([left, right], tfk.layers.Dense(1)(joined))
    model.compile("sgd", "mse")
    return model


def fit(model, x=X, y=Y, **arguments):
    """Trains in silence."""
    model.fit(x, y, verbose=0, **arguments)
