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
"""Models in pickles: as the archive that they would be saved as."""

import os
import tempfile
import warnings

from tfk.saving import api
from tfk.saving import registry
from tfk.saving import serialization

_FILE = "model.keras"
_LOCAL = "<locals>"


def reduced(model):
    """Returns what `__reduce_ex__` of a model is to return.

    Arguments:
        model: The model, which is built.

    Returns:
        A function and its arguments: the bytes of an archive, and a dict of
        the names in it to the user's classes and functions.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, _FILE)
        with warnings.catch_warnings(), serialization.noting() as objects:
            # Of what a file has by name only: it is kept here.
            warnings.simplefilter("ignore")
            api.save_model(model, path)
        # What is registered inside of a function can't be pickled.
        kept = {
            name: obj
            for name, obj in objects.items()
            if not (_LOCAL in obj.__qualname__ and registry.is_known(obj))
        }
        with open(path, "rb") as file:
            return _revived, (file.read(), kept)


def _revived(archive, objects):
    """Makes a model of the arguments that `reduced` gave."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, _FILE)
        with open(path, "wb") as file:
            file.write(archive)
        return api.load_model(path, objects, safe_mode=False)
