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
"""The `.keras` archive: a zip file of a config, weights and assets.

What an archive may hold is known in advance. Everything else in it, and every
name that could lead out of it, is refused before anything is read.
"""

import contextlib
import datetime
import json
import os
import re
import stat
import tempfile
import zipfile
import zlib

from tfk.saving import budget
from tfk.saving import errors
from tfk.saving import files
from tfk.saving import hdf5_weights
from tfk.saving import late_values
from tfk.saving import model_builder
from tfk.saving import plain_json
from tfk.saving import serialization
from tfk.saving import weight_tree
from tfk.saving import zip_writer

# Readers of files look at it to tell the generations of the format apart.
FORMAT_VERSION = "2.21.0"

_METADATA = "metadata.json"
_CONFIG = "config.json"
_WEIGHTS = "model.weights.h5"
_ASSETS = "assets/"
# It has the version, the date, and the names of the assets.
_MAX_METADATA = 4 * 2**20
_REQUIRED = (_METADATA, _CONFIG, _WEIGHTS)

_ASSET_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}$")
_FLOOR = 64 * 2**20
_RATIO = 100
_CHUNK = 2**20
_ENCRYPTED = 0x1


# Writing


def save(model, path):
    """Writes a model into an archive; an interrupted save changes nothing.

    Arguments:
        model: A model.
        path: String: the file.
    """
    config = serialization.serialize_whole(model)
    text = plain_json.dumps(config, f"The config of '{model.name}'")
    metadata = {
        "keras_version": FORMAT_VERSION,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
        "saved_by": "tfk",
    }
    tree = weight_tree.frozen(model)
    with files.replacing(path) as temporary:
        with tempfile.TemporaryDirectory() as scratch:
            members = _save_assets(tree, scratch)
            with zip_writer.written_around(
                temporary,
                _WEIGHTS,
                lambda file, disk: hdf5_weights.write(tree, file, disk),
            ) as archive:
                metadata["assets"] = [member for _, member in members]
                archive.writestr(_METADATA, json.dumps(metadata))
                archive.writestr(_CONFIG, text)
                for source, member in members:
                    archive.write(source, member)


def _save_assets(tree, folder):
    """Lets objects write their assets; returns files and member names."""
    members = []
    for index, (place, obj) in enumerate(weight_tree.walk(tree)):
        if not hasattr(obj, "save_assets"):
            continue
        own = os.path.join(folder, str(index))
        os.makedirs(own)
        obj.save_assets(own)
        for name in sorted(os.listdir(own)):
            source = os.path.join(own, name)
            if not _ASSET_NAME.match(name) or not os.path.isfile(source):
                raise ValueError(
                    "`save_assets` must write files, under plain names. "
                    f"Received: {name!r} from {type(obj).__name__}."
                )
            member = f"{_ASSETS}{place}/{name}" if place else _ASSETS + name
            members.append((source, member))
    return members


# Reading


def load(path, custom_objects=None, compile=True, safe_mode=True):
    """Builds the model that an archive holds.

    Arguments:
        path: String: the file.
        custom_objects: Dict of names to classes and functions.
        compile: Boolean: whether to compile the model as it was.
        safe_mode: Boolean: whether to refuse Python code in the config.

    Returns:
        A model.

    Raises:
        UnsafeFileError: If the archive holds what may do harm.
        CorruptFileError: If it is broken.
        ValueError: If it names classes that are not known.
    """
    with Archive(path) as archive:
        config = archive.read_config()
        if not compile and isinstance(config, dict):
            config.pop("compile_config", None)
        with archive.weights() as weights:
            with budget.limited_to(weights.num_bytes):
                with late_values.deferred() as pending:
                    model = model_builder.build(
                        config, custom_objects, safe_mode, path, _CONFIG
                    )
            hdf5_weights.load(model, weights, is_new=True)
            pending.draw_all_but(model)
        archive.load_assets(model)
    return model


def load_weights(model, path, skip_mismatch=False, by_name=False):
    """Sets the weights of a model to those in an archive."""
    with Archive(path) as archive:
        with archive.weights() as weights:
            hdf5_weights.load(model, weights, skip_mismatch, by_name)


class Archive:
    """A `.keras` file whose members were found to be as they should be.

    Use it as a context manager.

    Arguments:
        path: String: the file.
    """

    def __init__(self, path):
        self._path = path
        self._stack = contextlib.ExitStack()
        try:
            with self._reading():
                self._zip = self._stack.enter_context(zipfile.ZipFile(path))
            self._size = os.path.getsize(path)
            self._unpacked = 0
            self._metadata = None
            self._members = {}
            for info in self._zip.infolist():
                self._check(info)
                self._members[info.filename] = info
            self._check_complete()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def _check(self, info):
        name = info.orig_filename
        if name != info.filename or not _is_plain_path(name):
            raise self._unsafe("a member has a name that leads elsewhere", name)
        if name in self._members:
            raise self._unsafe("two members have the same name", name)
        if info.flag_bits & _ENCRYPTED:
            raise self._unsafe("a member is encrypted", name)
        mode = info.external_attr >> 16
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise self._unsafe("a member is no plain file", name)
        if name not in _REQUIRED and not name.startswith(_ASSETS):
            raise self._unsafe("the archive has a member too many", name)

    def _check_complete(self):
        missing = [name for name in _REQUIRED if name not in self._members]
        if missing:
            raise errors.CorruptFileError(
                f"this is not a `.keras` archive: it lacks {missing}. It has "
                f"{sorted(self._members)[:5]}.",
                self._path,
            )

    def read_config(self):
        """Returns the model's config."""
        self.read_metadata()
        text = self._read(_CONFIG, plain_json.MAX_BYTES)
        config = plain_json.loads(text, self._path, _CONFIG)
        if not serialization.is_serialized_object(config):
            raise errors.CorruptFileError(
                "the config does not describe a model.", self._path, _CONFIG
            )
        return config

    def read_metadata(self):
        """Returns which version wrote the archive, and when."""
        if self._metadata is None:
            text = self._read(_METADATA, _MAX_METADATA)
            self._metadata = plain_json.loads(text, self._path, _METADATA)
        return self._metadata

    @contextlib.contextmanager
    def weights(self):
        """Gives the `WeightFile`, for the time of a `with` block."""
        with tempfile.TemporaryDirectory() as scratch:
            copy = os.path.join(scratch, "weights.h5")
            # Weights are not charged: their size is compared with what the
            # HDF5 file in them says.
            limit = _FLOOR + _RATIO * self._members[_WEIGHTS].compress_size
            self._unpack(_WEIGHTS, copy, limit)
            with hdf5_weights.WeightFile(copy, self._path, _WEIGHTS) as file:
                yield file

    def load_assets(self, model):
        """Lets the objects of a model read their assets."""
        owners = {
            place: obj
            for place, obj in weight_tree.walk(model)
            if hasattr(obj, "load_assets")
        }
        self._check_has_assets()
        folders = {}
        for name in self._members:
            if name.startswith(_ASSETS):
                place, _, base = name[len(_ASSETS) :].rpartition("/")
                folders.setdefault(place, []).append((name, base))
        for place in folders:
            if place not in owners:
                raise self._unsafe(
                    "no layer of the model has assets here", _ASSETS + place
                )
        with tempfile.TemporaryDirectory() as scratch:
            for index, (place, members) in enumerate(sorted(folders.items())):
                folder = os.path.join(scratch, str(index))
                os.mkdir(folder)
                for name, base in members:
                    self._unpack(name, os.path.join(folder, base), None)
                self._load_own(owners[place], folder, _ASSETS + place)

    def _check_has_assets(self):
        """Raises if there are fewer than were saved: a layer would be empty."""
        metadata = self.read_metadata()
        saved = metadata.get("assets") if isinstance(metadata, dict) else None
        for name in saved if isinstance(saved, list) else ():
            if isinstance(name, str) and name not in self._members:
                raise errors.CorruptFileError(
                    "the archive lacks a member that was saved in it. Take "
                    "another copy of it.",
                    self._path,
                    repr(name),
                )

    def _load_own(self, owner, folder, where):
        try:
            owner.load_assets(folder)
        except errors.FileError as error:
            raise error.located(self._path, where) from error
        except Exception as error:  # Whatever broken assets lead to.
            raise errors.CorruptFileError(
                f"{type(owner).__name__} can't read its assets: {error}",
                self._path,
                where,
            ) from error

    def _read(self, name, limit):
        chunks = []
        self._copy(name, chunks.append, limit)
        return b"".join(chunks)

    def _unpack(self, name, target, limit):
        with open(target, "xb") as file:
            self._copy(name, file.write, limit)

    def _copy(self, name, write, limit):
        """Unpacks a member, but no more of it than is believable."""
        info = self._members[name]
        total = 0
        with self._reading(name), self._zip.open(info) as member:
            while chunk := member.read(_CHUNK):
                total += len(chunk)
                if name != _WEIGHTS:
                    self._unpacked += len(chunk)
                if (limit is not None and total > limit) or (
                    self._unpacked > _FLOOR + _RATIO * self._size
                ):
                    raise self._unsafe(
                        f"a member of {info.compress_size:,} bytes unpacks to "
                        "more than it can mean",
                        name,
                    )
                write(chunk)

    @contextlib.contextmanager
    def _reading(self, where=None):
        try:
            yield
        except (errors.FileError, FileNotFoundError):
            raise
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            OSError,
            RuntimeError,
            ValueError,
        ) as error:
            raise errors.CorruptFileError(
                "this is not a `.keras` archive, or it was cut off or damaged "
                f"({error}). Take another copy of it.",
                self._path,
                where,
            ) from error

    def _unsafe(self, reason, where):
        return errors.UnsafeFileError(
            f"{reason}. Nothing was loaded.", self._path, repr(where)
        )


def _is_plain_path(name):
    """Whether a member's name is made of plain names and single slashes."""
    if "\\" in name or "\x00" in name or ":" in name:
        return False
    *folders, base = name.split("/")
    if any(part in ("", ".", "..") for part in folders):
        return False
    return _ASSET_NAME.match(base) is not None
