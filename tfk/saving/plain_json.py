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
"""JSON between programs that do not trust each other."""

import json
import numbers
import re

from tfk.saving import errors

# An entry with the places of dicts whose keys are integers. In JSON they are
# strings, as Keras writes them; it passes the entry over.
INTEGER_KEYS = "integer_keys"
MAX_BYTES = 64 * 2**20
MAX_DEPTH = 128
# A file of a few kB can unpack to millions of values, each of which takes 100
# bytes. The config of one layer has about a hundred brackets and commas, and
# ten objects, each of which may be asked what it describes.
MAX_MARKS = 5_000_000
MAX_OBJECTS = 500_000
_INT64_DIGITS = 20
_MIN_INT, _END_INT = -(2**63), 2**64
_INTEGER = re.compile(r"0|-?[1-9]\d{0,18}")
# A string that does not end goes on to the end of the text.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


def dumps(value, what):
    """Returns a value as JSON text.

    Arguments:
        value: Nested dicts, lists, strings, numbers and None.
        what: String: what it is, for messages.

    Raises:
        TypeError: If a value is of another type; it says where that stands.
        ValueError: If it is more than `loads` takes.
    """
    path = _first_unplain(value)
    if path is not None:
        value = with_text_keys(value)
        path = _first_unplain(value)
    if path is not None:
        place, found = path
        raise TypeError(
            f"{what} can't be saved: at {place} stands a value of type "
            f"{type(found).__name__}. Received: {found!r}. Let `get_config` "
            "return strings, numbers of at most 64 bits, lists, None, and "
            "dicts whose keys are all strings or all integers."
        )
    text = json.dumps(value)
    if len(text) > MAX_BYTES:
        raise ValueError(
            f"{what} can't be saved: it would have {len(text):,} bytes, and "
            f"what reads it takes at most {MAX_BYTES:,}. Keep large arrays in "
            "weights, or write them in `save_assets`."
        )
    bare = _STRING.sub("", text)
    many = _too_many(bare)
    if many:
        raise ValueError(
            f"{what} can't be saved: what reads it takes {many}. Keep large "
            "arrays in weights, or write them in `save_assets`."
        )
    depth = _depth(bare)
    if depth > MAX_DEPTH:
        raise ValueError(
            f"{what} can't be saved: it is {depth} levels deep, and what "
            f"reads it takes at most {MAX_DEPTH}. Nest models and lists less "
            "deeply."
        )
    return text


def dicts_of(value):
    """Returns all dicts of nested data, each before those in it.

    Arguments:
        value: Dict, list or tuple.
    """
    found = [value] if isinstance(value, dict) else []
    for item in value.values() if found else value:
        if isinstance(item, (dict, list, tuple)):
            found += dicts_of(item)
    return found


def with_text_keys(value):
    """Returns a dict in which integers as keys are strings.

    What it has then is an entry that tells `loads` where they were. Dicts with
    keys of other kinds besides are left alone.

    Arguments:
        value: Dict, with nested dicts and lists.
    """
    paths = []
    changed = _with_text_keys(value, (), paths)
    if not paths or not isinstance(value, dict) or INTEGER_KEYS in value:
        return value
    return {**changed, INTEGER_KEYS: paths}


def _with_text_keys(value, path, paths):
    if isinstance(value, (list, tuple)):
        items = enumerate(value)
        return [_with_text_keys(x, (*path, i), paths) for i, x in items]
    if not isinstance(value, dict):
        return value
    if path and value and all(map(_is_integer, value)):
        paths.append(list(path))
        value = {str(int(key)): item for key, item in value.items()}
    return {k: _with_text_keys(x, (*path, k), paths) for k, x in value.items()}


def _is_integer(key):
    return (
        isinstance(key, numbers.Integral)
        and not isinstance(key, bool)
        and _INTEGER.fullmatch(str(int(key))) is not None
    )


def _restore_integer_keys(value):
    """Makes those keys integers again that `with_text_keys` made strings."""
    if not isinstance(value, dict) or INTEGER_KEYS not in value:
        return
    paths = value.pop(INTEGER_KEYS)
    if not isinstance(paths, list):
        raise ValueError(f"`{INTEGER_KEYS}` is no list")
    # From the end: the inner ones are found by the keys of the outer ones.
    for path in reversed(paths):
        found = value
        try:
            for part in path:
                found = found[part]
            is_text = all(map(_INTEGER.fullmatch, found))
        except (IndexError, KeyError, TypeError) as error:
            raise ValueError(f"`{INTEGER_KEYS}` has a wrong place") from error
        if not isinstance(found, dict) or not is_text:
            raise ValueError(f"`{INTEGER_KEYS}` has a wrong place")
        items = list(found.items())
        found.clear()
        found.update((int(key), item) for key, item in items)


def _first_unplain(value):
    """Returns the path and the value of what JSON can't hold, or None."""
    found = _first_unplain_below(value)
    return None if found is None else (found[0] or "/", found[1])


def _first_unplain_below(value):
    if value is None or isinstance(value, (str, bool)):
        return None
    if isinstance(value, int):
        return None if _MIN_INT <= value < _END_INT else ("", value)
    if isinstance(value, float):
        return None if value == value else ("", value)
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        return "", value
    for key, item in items:
        if isinstance(value, dict) and not isinstance(key, str):
            return f"/{key}", key
        found = _first_unplain_below(item)
        if found is not None:
            return f"/{key}{found[0]}", found[1]
    return None


def loads(text, path=None, where=None):
    """Returns what JSON text holds, within limits.

    Arguments:
        text: String or bytes.
        path: String: the file, for messages.
        where: String: the part of the file, for messages.

    Raises:
        CorruptFileError: If it is not JSON, or is deeper, longer, of more
            values or of larger numbers than a config can be.
    """

    def corrupt(reason):
        return errors.CorruptFileError(reason, path, where)

    if not isinstance(text, (str, bytes)):
        raise TypeError(
            "JSON is a string, as `model.to_json()` returns it. Received: "
            f"{text!r} of type {type(text).__name__}."
        )
    if len(text) > MAX_BYTES:
        raise corrupt(f"a config has at most {MAX_BYTES:,} bytes.")
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise corrupt(f"this is not text in UTF-8 ({error}).") from error
    bare = _STRING.sub("", text)
    many = _too_many(bare)
    if many:
        raise corrupt(f"a config has {many}.")
    if _depth(bare) > MAX_DEPTH:
        raise corrupt(f"a config is at most {MAX_DEPTH} levels deep.")
    del bare
    try:
        value = json.loads(
            text,
            parse_int=_int64,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
        _restore_integer_keys(value)
        return value
    except ValueError as error:
        raise corrupt(f"this is not the JSON of a config ({error}).") from error


def _too_many(bare):
    """Says how many values a config may have, if a text has more.

    Arguments:
        bare: String: JSON without its strings.
    """
    marks, objects = sum(map(bare.count, "[]{},")), bare.count("{")
    if marks > MAX_MARKS:
        return f"at most {MAX_MARKS:,} brackets and commas, not {marks:,}"
    if objects > MAX_OBJECTS:
        return f"at most {MAX_OBJECTS:,} objects, not {objects:,}"
    return None


def _depth(bare):
    """Returns how deep a text without strings is nested."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(bare):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _int64(digits):
    value = int(digits) if len(digits) <= _INT64_DIGITS else _END_INT
    if not _MIN_INT <= value < _END_INT:
        raise ValueError(f"an integer of {len(digits)} digits")
    return value


def _constant(name):
    # Masks are made with infinities; nothing is made with NaN.
    if name == "NaN":
        raise ValueError("a number is NaN")
    return float(name)


def _object(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return made
