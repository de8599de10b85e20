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
"""Objects that stand in several places of a model, and are one in each.

A layer of two models inside a model is written twice. Both descriptions carry
the same number then, as in the files of Keras, so that one layer is made again.
"""

import collections
import contextlib
import copy
import json
import threading

from tfk.saving import plain_json

KEY = "shared_object_id"
_local = threading.local()


@contextlib.contextmanager
def _within(name, value):
    """Gives the thread another value, as long as the block runs."""
    before = getattr(_local, name, None)
    setattr(_local, name, value)
    try:
        yield
    finally:
        setattr(_local, name, before)


def writing():
    """Within it, `number_of` numbers the objects that are described.

    Descriptions are copied on their way to the outermost one, so that each is
    numbered; `number_shared` takes the numbers away that nothing shares.
    """
    return _within("written", {})


def not_writing():
    """Within it, nothing is numbered."""
    return _within("written", None)


def number_of(obj):
    """Returns the number of an object that is described, or None.

    Arguments:
        obj: An object with a state. Others may be made anew in each place.
    """
    written = getattr(_local, "written", None)
    if written is None or not hasattr(obj, "save_own_variables"):
        return None
    # The object is kept as well, so that no other one gets its identity.
    return written.setdefault(id(obj), (len(written) + 1, obj))[0]


def number_shared(config):
    """Numbers what stands in several places from 1 on, and nothing else.

    Arguments:
        config: What was described within `writing`, which is changed.
    """
    numbered = [part for part in plain_json.dicts_of(config) if KEY in part]
    counts = collections.Counter(part[KEY] for part in numbered)
    shared = [number for number, count in counts.items() if count > 1]
    numbers = {number: i for i, number in enumerate(shared, 1)}
    for part in numbered:
        number = part.pop(KEY)
        if number in numbers:
            part[KEY] = numbers[number]


def reading():
    """Within it, `found` gives what was `kept`. An outer one stays in force."""
    before = getattr(_local, "read", None)
    return _within("read", {} if before is None else before)


@contextlib.contextmanager
def copying():
    """Within it, what is described and made again is shared as before."""
    with _within("read", {}), writing():
        yield


def found(config, cls):
    """Returns the object of this class that a description was read as before.

    Arguments:
        config: Dict.
        cls: Class.
    """
    number = config.get(KEY)
    if not isinstance(number, int):
        return None
    obj = (getattr(_local, "read", None) or {}).get(number)
    return obj if type(obj) is cls else None


def keep(config, obj):
    """Takes note of what a description was read as.

    Arguments:
        config: Dict.
        obj: The object.
    """
    number, read = config.get(KEY), getattr(_local, "read", None)
    if isinstance(number, int) and read is not None:
        read[number] = obj


def completed(config):
    """Numbers the first description of layers that a file of Keras shares.

    Keras numbers an object when it describes it again, and the first one is
    copied before, so that it lacks the number. It is the one of the same name
    and the same arguments.

    Arguments:
        config: What a file describes. It is changed.
    """
    described = list(filter(_is_description, plain_json.dicts_of(config)))
    numbers = [entry[KEY] for entry in described if KEY in entry]
    counts = collections.Counter(n for n in numbers if isinstance(n, int))
    single = {number for number, count in counts.items() if count == 1}
    if not single:
        return
    first = {}
    for entry in described:
        if KEY not in entry:
            first.setdefault(_arguments(entry), []).append(entry)
    for entry in described:
        if isinstance(entry.get(KEY), int) and entry[KEY] in single:
            same = first.get(_arguments(entry), ())
            if len(same) == 1:
                same[0][KEY] = entry[KEY]


def _is_description(value):
    inner = value.get("config")
    return isinstance(inner, dict) and isinstance(inner.get("name"), str)


def _arguments(entry):
    """Returns the class and the arguments of a layer as a text."""
    arguments = copy.deepcopy(entry["config"])
    for part in plain_json.dicts_of(arguments):
        part.pop(KEY, None)
    return json.dumps([entry.get("class_name"), arguments], sort_keys=True)
