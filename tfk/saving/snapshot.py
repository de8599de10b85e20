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
"""Copies of a model's state, which another thread can write into a file."""

import os
import shutil
import tempfile

import numpy as np

from tfk.saving import serialization
from tfk.saving import weight_tree


class Snapshot:
    """What the file of a model holds, as it was when this was made.

    It stands in the place of the model in `api.save_model` and
    `api.save_weights`, while the model trains on. It can be written once.

    Arguments:
        model: A model that is built.
        weights_only: Boolean: whether to leave out the config and the assets,
            which `save_weights` does not write.
    """

    built = True

    def __init__(self, model, weights_only=False):
        self.name = model.name
        self._config = None
        self._scratch = None
        if not weights_only:
            self._config = serialization.serialize_whole(model)
            self._scratch = tempfile.TemporaryDirectory(prefix="tfk_snapshot_")
        self._tree = [
            (place, self._copy(obj)) for place, obj in weight_tree.walk(model)
        ]

    def _copy(self, obj):
        """Returns a stand-in for one object of the tree."""
        store = {}
        obj.save_own_variables(store)
        # An array may share memory with a variable: it is copied.
        arrays = {key: np.array(value) for key, value in store.items()}
        if self._scratch is None or not hasattr(obj, "save_assets"):
            return _Copy(obj, arrays)
        folder = tempfile.mkdtemp(dir=self._scratch.name)
        obj.save_assets(folder)
        return _CopyWithAssets(obj, arrays, folder)

    def frozen_tree(self):
        """Returns what `weight_tree.walk` yields for the model."""
        return self._tree

    def frozen_config(self):
        """Returns what `serialize_keras_object` returned for the model."""
        return self._config

    def close(self):
        """Deletes the copies of assets."""
        if self._scratch is not None:
            self._scratch.cleanup()


class _Copy:
    """The variables of one object."""

    def __init__(self, obj, arrays):
        self.name = getattr(obj, "name", None)
        self._arrays = arrays

    def save_own_variables(self, store):
        """Writes the arrays into a mapping."""
        for key, value in self._arrays.items():
            store[key] = value


class _CopyWithAssets(_Copy):
    """The variables of one object and its files."""

    def __init__(self, obj, arrays, folder):
        super().__init__(obj, arrays)
        self._folder = folder

    def save_assets(self, dir_path):
        """Moves the files into a folder."""
        for name in os.listdir(self._folder):
            source = os.path.join(self._folder, name)
            shutil.move(source, os.path.join(dir_path, name))
