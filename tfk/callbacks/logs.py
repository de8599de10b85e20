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
"""Logs: a dict of results that are fetched from the device on first read."""

import numpy as np
import tensorflow as tf


def _to_python(value):
    """The Python number (or NumPy array, from one axis on) of a tensor."""
    if isinstance(value, (dict, list, tuple)):
        return tf.nest.map_structure(_to_python, value)
    if isinstance(value, (tf.Tensor, tf.Variable)):
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        return value.item()
    return value


def _unfetched(source):
    """The items of `source`, without fetching them if it is a `Logs`."""
    return dict.items(source) if isinstance(source, Logs) else source


class Logs(dict):
    """A dict of names to results that is fetched when a value is first read.

    The loop hands one to the callbacks at the end of every batch and epoch.
    The tensors in it may still be computed on the device: looking at the names
    waits for nothing, and the first look at a value fetches all of them. From
    then on the values are Python numbers, or NumPy arrays where they have axes.

    Arguments: those of `dict`.

    Example:

    >>> from tfk.callbacks.logs import Logs
    >>> logs = Logs({"loss": tf.constant(0.5), "steps": tf.constant(3)})
    >>> "loss" in logs
    True
    >>> logs
    {'loss': 0.5, 'steps': 3}
    """

    __slots__ = ("_pending",)

    def __init__(self, *args, **kwargs):
        super().__init__(*map(_unfetched, args), **kwargs)
        # A variable changes under way: what is logged is its value now.
        for name, value in dict.items(self):
            if isinstance(value, tf.Variable):
                dict.__setitem__(self, name, value.read_value())
        self._pending = True

    @classmethod
    def wrap(cls, logs):
        """`logs` itself if it is a `Logs`, else a new one of its items."""
        return logs if isinstance(logs, cls) else cls(logs or {})

    def _fetch(self):
        if not self._pending:
            return
        for name, value in dict.items(self):
            dict.__setitem__(self, name, _to_python(value))
        self._pending = False

    # Without its own `__iter__`, `dict(logs)` and `**logs` would copy the
    # values past `__getitem__`.
    def __iter__(self):
        return super().__iter__()

    def __getitem__(self, name):
        self._fetch()
        return super().__getitem__(name)

    def get(self, name, default=None):
        self._fetch()
        return super().get(name, default)

    def values(self):
        self._fetch()
        return super().values()

    def items(self):
        self._fetch()
        return super().items()

    def pop(self, *args):
        self._fetch()
        return super().pop(*args)

    def popitem(self):
        self._fetch()
        return super().popitem()

    def setdefault(self, name, default=None):
        if name not in self:
            self[name] = default
        return self[name]

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        self._pending = True

    def update(self, *args, **kwargs):
        super().update(*map(_unfetched, args), **kwargs)
        self._pending = True

    def copy(self):
        return Logs(self)

    def __or__(self, other):
        result = self.copy()
        result.update(other)
        return result

    def __ror__(self, other):
        result = Logs(other)
        result.update(self)
        return result

    def __ior__(self, other):
        self.update(other)
        return self

    def __eq__(self, other):
        self._fetch()
        return super().__eq__(other)

    def __ne__(self, other):
        self._fetch()
        return super().__ne__(other)

    __hash__ = None

    def __repr__(self):
        self._fetch()
        return super().__repr__()

    def __reduce__(self):
        return Logs, (dict(self),)
