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
"""Models from the configs in files, whatever such a config may hold."""

import contextlib
import inspect

from tfk.saving import errors
from tfk.saving import serialization
from tfk.saving import shared_objects


def build(config, custom_objects=None, safe_mode=True, path=None, where=None):
    """Builds the model that a config describes.

    Arguments:
        config: Dict with `class_name` and `config`.
        custom_objects: Dict of names to classes and functions.
        safe_mode: Boolean: whether to refuse Python code in the config.
        path: String: the file, for messages.
        where: String: the part of the file, for messages.

    Returns:
        A model.

    Raises:
        UnsafeFileError: If the config holds what may do harm.
        CorruptFileError: If it describes nothing that could be built.
        ValueError: If it names what is not known, or a layer refuses its
            arguments. The first line of the message holds the file, the path
            of the layer and the reason.
    """
    with failures(path, where):
        shared_objects.completed(config)
        model = serialization.read_object(config, custom_objects, safe_mode)
        if inspect.isclass(model) or not hasattr(model, "save"):
            raise ValueError(
                "the config does not describe a model. Received: an object of "
                f"type {type(model).__name__}."
            )
        return model


@contextlib.contextmanager
def failures(path=None, where=None):
    """Within it, what a bad config leads to becomes an error of the file.

    Arguments:
        path: String: the file, for messages.
        where: String: the part of the file, for messages.
    """
    try:
        yield
    except errors.FileError as error:
        raise error.located(path, _place(where, error)) from error
    except (ValueError, TypeError) as error:
        place = _place(where, error) or "The model can't be built"
        start = f"{path}: " if path else ""
        raise ValueError(f"{start}{place}: {error}") from error
    except Exception as error:  # Whatever a broken config leads to.
        raise errors.CorruptFileError(
            "the config does not describe a model "
            f"({type(error).__name__}: {error}). Take another copy of the "
            "file; if it describes classes of your own, look at their "
            "`from_config`.",
            path,
            _place(where, error),
        ) from error


def _place(where, error):
    layer = getattr(error, "config_path", "")
    parts = [where or "", f"at '{layer}'" if layer else ""]
    return " ".join(part for part in parts if part) or None
