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
"""Damage to files, drawn at random from a seed, for fuzz tests of readers.

Some mutations know nothing of what they change, others keep the file's grammar
and change what it says, which leads deeper into a reader.
"""

import base64
import copy
import io
import json
import marshal
import struct
import zipfile

import h5py
import numpy as np

_NUMBERS = (0, 1, -1, 7, 127, 255, 256, 2**15, 2**31 - 1, 2**32 - 1, 2**63 - 1)
_PLAIN = (
    None,
    True,
    False,
    "",
    "x",
    "relu",
    "../../x",
    "\x00",
    "é" * 300,
    0,
    -1,
    2,
    2**31,
    2**62,
    -(2**62),
    1e308,
    0.5,
    [],
    {},
    [[]],
    [None, 3],
    [None, None],
    ["x", 0, 0],
    ["x", 0, 0, {}],
    {"class_name": "x", "config": None},
    {"class_name": "function", "config": "relu"},
    {"class_name": "__tuple__", "config": {"value": [1, 2]}},
    {"class_name": "__numpy__", "config": {"value": [1], "dtype": "V99"}},
    {"class_name": "__numpy__", "config": {"value": 1, "dtype": "float64"}},
    {"class_name": "__tensor__", "config": {}},
)
_CLASSES = (
    "Dense",
    "Lambda",
    "TFSMLayer",
    "StringLookup",
    "TFOpLambda",
    "Functional",
    "Sequential",
    "Model",
    "LSTM",
    "Bidirectional",
    "TimeDistributed",
    "Huber",
    "Adam",
    "L2",
    "Constant",
    "ExponentialDecay",
    "function",
    "__lambda__",
)


def hostile_values(canary: str, module: str) -> list:
    """Returns parts of configs that would do harm if they were believed.

    Arguments:
        canary: A file that no reader may open or write.
        module: A module that no reader may import.
    """
    code = compile(
        f"lambda *x: open({canary!r}, 'a').write('ran')", "x", "eval"
    )
    lambda_code = base64.b64encode(marshal.dumps(code.co_consts[0])).decode()
    bytecode = {"value": lambda_code, "defaults": None, "closure": None}
    return [
        canary,
        f"file://{canary}",
        {"class_name": "__lambda__", "config": bytecode},
        {"class_name": "function", "config": "canary", "module": module},
        {"class_name": "Canary", "config": {}, "module": module},
        {"class_name": "system", "config": {}, "module": "os"},
        {"class_name": "function", "config": "eval", "module": "builtins"},
        {
            "class_name": "Lambda",
            "module": "keras.layers",
            "config": {
                "function": [lambda_code, None, None],
                "function_type": "lambda",
                "module": module,
            },
        },
        {
            "class_name": "TFSMLayer",
            "module": "keras.layers",
            "config": {"filepath": canary},
        },
        {
            "class_name": "StringLookup",
            "module": "keras.layers",
            "config": {"vocabulary": canary},
        },
        {
            "class_name": "TFOpLambda",
            "module": "keras.src.layers.core.tf_op_layer",
            "config": {"function": "io.read_file"},
        },
    ]


# Bytes


def edit_bytes(rng, content: bytes) -> bytes:
    """Damages bytes, whatever they mean.

    Arguments:
        rng: `random.Random`.
        content: The file.
    """
    edit = rng.choice(
        (_flip, _flip, _flip, _set_number, _cut, _remove, _repeat, _blank)
    )
    return bytes(edit(rng, bytearray(content)))


def _flip(rng, content):
    for _ in range(rng.choice((1, 1, 2, 8))):
        if content:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return content


def _set_number(rng, content):
    layout = rng.choice(("<B", "<H", "<I", "<Q", ">I"))
    size = struct.calcsize(layout)
    if len(content) > size:
        at = rng.randrange(len(content) - size)
        number = rng.choice(_NUMBERS) % 2 ** (8 * size)
        content[at : at + size] = struct.pack(layout, number)
    return content


def _cut(rng, content):
    return content[: rng.randrange(len(content) + 1)]


def _span(rng, content):
    at = rng.randrange(len(content) + 1)
    return at, at + rng.choice((1, 2, 8, 64, 512))


def _remove(rng, content):
    start, end = _span(rng, content)
    return content[:start] + content[end:]


def _repeat(rng, content):
    start, end = _span(rng, content)
    return content[:end] + content[start:]


def _blank(rng, content):
    start, end = _span(rng, content)
    end = min(end, len(content))
    content[start:end] = rng.choice((b"\x00", b"\xff")) * (end - start)
    return content


# JSON


def edit_json(rng, text: str, hostile=()) -> str:
    """Changes what a JSON text says; it stays JSON.

    Arguments:
        rng: `random.Random`.
        text: The text.
        hostile: Values to put in some places.
    """
    value = json.loads(text)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        value = _edit_value(rng, value, hostile)
    return json.dumps(value)


def _edit_value(rng, value, hostile):
    places = list(_places(value))
    if not places:
        return rng.choice(_PLAIN)
    parent, key = rng.choice(places)
    edit = rng.randrange(8)
    if edit == 0:
        del parent[key]
    elif edit == 1:
        other, name = rng.choice(places)
        parent[key] = copy.deepcopy(other[name])
    elif edit == 2 and isinstance(parent, dict):
        other, name = rng.choice(places)
        parent[str(name)] = parent.pop(key)
    elif edit == 3:
        parent[key] = rng.choice(([parent[key]], {"config": parent[key]}))
    elif edit == 4 and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(parent[key]))
    elif edit == 5 and isinstance(parent, dict) and "class_name" in parent:
        parent["class_name"] = rng.choice(_CLASSES)
    elif edit == 6 and hostile:
        parent[key] = copy.deepcopy(rng.choice(hostile))
    else:
        parent[key] = copy.deepcopy(rng.choice(_PLAIN))
    return value


def _places(value):
    """Yields each container with each of its keys."""
    if isinstance(value, (dict, list)):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            yield value, key
            yield from _places(value[key])


# Archives


def edit_archive(rng, content: bytes) -> bytes:
    """Changes which members a zip file has, and what is in them.

    Arguments:
        rng: `random.Random`.
        content: The file.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [[name, archive.read(name)] for name in archive.namelist()]
    for _ in range(rng.choice((1, 1, 2))):
        if members:
            _edit_members(rng, members)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.compress_type = rng.choice((0, 8, 12))
            if rng.random() < 0.1:
                info.create_system = 3
                info.external_attr = rng.randrange(2**32)
            archive.writestr(info, data)
    return target.getvalue()


def replace_member(content: bytes, name: str, edit) -> bytes:
    """Returns a zip file with one member changed, and its checksum right.

    Arguments:
        content: The file.
        name: The member.
        edit: Function of the member's bytes.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        with zipfile.ZipFile(target, "w") as archive:
            for member in source.namelist():
                data = source.read(member)
                archive.writestr(member, edit(data) if member == name else data)
    return target.getvalue()


def _edit_members(rng, members):
    member = rng.choice(members)
    edit = rng.randrange(6)
    if edit == 0:
        members.remove(member)
    elif edit == 1:
        members.append([_member_name(rng, members), rng.choice(members)[1]])
    elif edit == 2:
        member[0] = _member_name(rng, members)
    elif edit == 3:
        member[1] = rng.choice(members)[1]
    elif edit == 4:
        member[1] = rng.choice((b"", b"{}", b"\x00" * 2**20, b"x"))
    else:
        member[1] = edit_bytes(rng, member[1])


def _member_name(rng, members):
    name = rng.choice(members)[0]
    return rng.choice(
        (
            name,
            name.upper(),
            f"../{name}",
            f"/{name}",
            f"assets/{name}",
            f"assets/../{name}",
            f"{name}/",
            f"{name}\\x",
            "x" * 3000,
            "assets/é",
        )
    )


# HDF5


def edit_hdf5(rng, content: bytes, canary: str) -> bytes:
    """Changes the tree of an HDF5 file, which stays readable for HDF5.

    Arguments:
        rng: `random.Random`.
        content: The file.
        canary: Another file, that links lead to.
    """
    target = io.BytesIO(content)
    with h5py.File(target, "r+") as file:
        for _ in range(rng.choice((1, 1, 2))):
            paths = []
            file.visit(paths.append)
            if paths:
                _edit_tree(rng, file, rng.choice(paths), paths, canary)
    return target.getvalue()


def edit_attribute(content: bytes, name: str, edit) -> bytes:
    """Returns an HDF5 file with one text at its top changed.

    Arguments:
        content: The file.
        name: The attribute.
        edit: Function of the text.
    """
    target = io.BytesIO(content)
    with h5py.File(target, "r+") as file:
        file.attrs[name] = edit(file.attrs[name])
    return target.getvalue()


def _edit_tree(rng, file, path, paths, canary):
    edits = (
        lambda: None,
        lambda: file.__setitem__(path, h5py.SoftLink("/" + rng.choice(paths))),
        lambda: file.__setitem__(path, h5py.ExternalLink(canary, "/x")),
        lambda: file.__setitem__(path, file[rng.choice(paths)]),
        lambda: file.create_group(path),
        lambda: file.__setitem__(path, np.dtype("f4")),
        lambda: file.create_dataset(path, data=_array(rng)),
        lambda: file.create_dataset(path, data=_array(rng), chunks=True),
        lambda: file.create_dataset(
            path, (2 ** rng.randrange(1, 50),), "f4", chunks=(64,)
        ),
        lambda: file.create_dataset(
            path, (4,), "f4", external=[(canary, 0, 16)]
        ),
        lambda: file.create_dataset(path, (2,), h5py.string_dtype()),
        lambda: file.create_dataset(path, data=h5py.Empty("f4")),
    )
    owner = file[path]
    edit = rng.randrange(len(edits) + 2)
    if edit >= len(edits):
        name = rng.choice(("dtype", "name", "weight_names", "layer_names"))
        owner.attrs[name] = rng.choice(("x", 3, "bfloat16", ["a", "b"], 1.5))
        return
    del file[path]
    try:
        edits[edit]()
    except (KeyError, TypeError, ValueError):
        # What was to be linked to lay below what was removed, or an array has
        # nothing to cut into chunks.
        pass


def _array(rng):
    shape = [rng.randrange(4) for _ in range(rng.randrange(4))]
    dtype = rng.choice(("f2", "f4", "f8", "i1", "u2", "i8", "?", "c8", "S3"))
    return np.ones(shape).astype(dtype)
