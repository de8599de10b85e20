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
"""What reading a bad file raises."""

import contextlib


class FileError(ValueError):
    """An error in a file: which file, where in it, and what is wrong.

    Arguments:
        reason: String: what is wrong, and what to do.
        path: String: the file.
        where: String: the part of the file: a member of an archive, a path
            in an HDF5 file, or a JSON pointer.
    """

    def __init__(self, reason, path=None, where=None):
        self.reason = reason
        self.path = path
        self.where = where
        parts = [str(part) for part in (path, where) if part]
        super().__init__(": ".join([*parts, reason]))

    def located(self, path, where=None):
        """Returns the same error with the file's name, if it has none."""
        if self.path is not None:
            return self
        return type(self)(self.reason, path, self.where or where)


class UnsafeFileError(FileError):
    """A file holds what may do harm, so nothing of it was used.

    Arguments:
        reason: String: what is wrong, and what to do.
        path: String: the file.
        where: String: the part of the file.
    """


class CorruptFileError(FileError, OSError):
    """A file is broken, cut off, or not of the kind that it should be.

    Arguments:
        reason: String: what is wrong, and what to do.
        path: String: the file.
        where: String: the part of the file.
    """


@contextlib.contextmanager
def corrupt(path, where=None):
    """Within it, whatever reading a broken file raises becomes one error.

    Arguments:
        path: String: the file.
        where: String: the part of the file.
    """
    try:
        yield
    except (FileError, FileNotFoundError, MemoryError):
        raise
    except Exception as error:
        raise CorruptFileError(
            f"it is damaged ({type(error).__name__}: {error}). Take another "
            "copy of it.",
            path,
            where,
        ) from error
