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
"""Damage to the files of SavedModels, drawn at random from a seed.

What stands in them are messages of protocol buffers, and tables of keys and
values with checksums. A mutation that keeps both right leads deeper into a
reader than bytes that were changed.
"""

import os
import struct

from tfk.testing import file_mutations
from tfk.utils import tf_internal

_NUMBERS = (
    0,
    1,
    -1,
    2,
    7,
    255,
    2**15,
    2**31 - 1,
    2**32,
    2**40,
    2**62,
    -(2**62),
)
_OBJECT_GRAPH = b"_CHECKPOINTABLE_OBJECT_GRAPH"
_MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
_FOOTER = 48
_POLYNOMIAL = 0x82F63B78


def edit_files(rng, files: dict) -> dict:
    """Takes files of a folder away, mixes them up, or damages one of them.

    Arguments:
        rng: `random.Random`.
        files: Dict of paths to contents. It is not changed.

    Returns:
        Such a dict, in which None stands for a folder of that name.
    """
    files = dict(files)
    for _ in range(rng.choice((1, 1, 2))):
        names = [name for name in sorted(files) if files[name] is not None]
        if not names:
            break
        name, other = rng.choice(names), rng.choice(names)
        edit = rng.randrange(6)
        if edit == 0:
            del files[name]
        elif edit == 1:
            files[name] = files[other]
        elif edit == 2:
            files[name] = None
        elif edit == 3:
            files[name] = rng.choice((b"", b"{}", b"\x00" * 2**16, b"x"))
        elif edit == 4:
            folder, base = os.path.split(name)
            files[os.path.join(folder, base.upper())] = files.pop(name)
        else:
            content = files[name]
            files[name] = file_mutations.edit_bytes(rng, content)
    return files


# Messages


def edit_message(rng, message, texts=()):
    """Changes what a message says, in one to three places.

    Arguments:
        rng: `random.Random`.
        message: A message, which is changed.
        texts: Texts to put in some places.
    """
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = list(_places(message, 0))
        if places:
            _edit_field(rng, *rng.choice(places), texts)


def _places(message, depth):
    """Yields each message in a message with each field that it has."""
    for field, value in message.ListFields():
        yield message, field
        if field.message_type is None or _is_map(field) or depth > 8:
            continue
        for item in value if _is_repeated(field) else [value]:
            yield from _places(item, depth + 1)


def _is_repeated(field):
    if hasattr(field, "is_repeated"):  # In newer versions of protobuf.
        return field.is_repeated
    return field.label == field.LABEL_REPEATED


def _is_map(field):
    return field.message_type.GetOptions().map_entry


def _edit_field(rng, message, field, texts):
    value = getattr(message, field.name)
    if field.message_type is not None and _is_map(field):
        message.ClearField(field.name)
    elif _is_repeated(field):
        _edit_items(rng, value, field, texts)
    elif field.message_type is not None or rng.random() < 0.2:
        message.ClearField(field.name)
    else:
        setattr(message, field.name, _scalar(rng, field, value, texts))


def _edit_items(rng, items, field, texts):
    edit, at = rng.randrange(4), rng.randrange(len(items))
    if edit == 0:
        del items[at]
    elif edit == 1:
        items.append(items[at])
    elif edit == 2 and field.message_type is not None:
        other = type(items[at])()
        other.CopyFrom(items[rng.randrange(len(items))])
        items[at].CopyFrom(other)
    elif field.message_type is None:
        items[at] = _scalar(rng, field, items[at], texts)
    else:
        del items[at:]


def _scalar(rng, field, value, texts):
    """Returns another value of a field, of the type that it has."""
    if field.cpp_type == field.CPPTYPE_BOOL:
        return not value
    if field.cpp_type == field.CPPTYPE_STRING:
        text = rng.choice(["", "x", "../x", "x" * 3000, "\x00", *texts])
        if field.type == field.TYPE_STRING:
            return text
        return file_mutations.edit_bytes(rng, value or text.encode())
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return rng.choice((0.0, -1.0, 1e38, float("nan")))
    if field.cpp_type == field.CPPTYPE_ENUM:
        return rng.choice([x.number for x in field.enum_type.values])
    number = rng.choice((*_NUMBERS, value + 1, value * 2))
    bits = 32 if "32" in _TYPE_NAMES[field.cpp_type] else 64
    if _TYPE_NAMES[field.cpp_type].startswith("U"):
        return number % 2**bits
    return (number + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


_TYPE_NAMES = {1: "INT32", 2: "INT64", 3: "UINT32", 4: "UINT64"}


# Checkpoints


def edit_checkpoint(rng, index: bytes, data: bytes) -> tuple:
    """Changes what a checkpoint says that it holds, with right checksums.

    Arguments:
        rng: `random.Random`.
        index: The file `.index`.
        data: The file `.data-00000-of-00001`.

    Returns:
        The two files.
    """
    entries = read_table(index)
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(entries))
        key, value = entries[at]
        edit = rng.randrange(8)
        if edit == 0:
            del entries[at]
        elif edit == 1:
            other = rng.choice(entries)[0]
            entries[at] = rng.choice((key + b"x", other, b"x" * 3000)), value
        elif edit == 2:
            entries[at] = key, rng.choice(entries)[1]
        elif edit == 3:
            entries[at] = key, file_mutations.edit_bytes(rng, value)
        elif edit in (4, 5):
            entries, data = _edit_graph(rng, entries, data)
        else:
            kind = tf_internal.BundleEntryProto
            if not key:
                kind = tf_internal.BundleHeaderProto
            message = kind.FromString(value)
            edit_message(rng, message)
            entries[at] = key, message.SerializeToString()
        if not entries:
            break
    return write_table(sorted(dict(entries).items())), data


def _edit_graph(rng, entries, data):
    """Changes the graph of objects, and puts it behind all other data."""
    found = dict(entries)
    if _OBJECT_GRAPH not in found:
        return entries, data
    entry = tf_internal.BundleEntryProto.FromString(found[_OBJECT_GRAPH])
    stored = data[entry.offset : entry.offset + entry.size]
    size, start = _read_varint(stored, 0)
    kind = tf_internal.ObjectGraphProto
    try:
        graph = kind.FromString(stored[start + 4 : start + 4 + size])
    except Exception:  # It was edited before.
        return entries, data
    names = [x.local_name for node in graph.nodes for x in node.children]
    names += [x.checkpoint_key for node in graph.nodes for x in node.attributes]
    edit_message(rng, graph, names)
    stored = _stored_text(graph.SerializeToString())
    entry.offset, entry.size = len(data), len(stored)
    entry.crc32c = _masked(_crc32c(_unmasked_parts(stored)))
    found[_OBJECT_GRAPH] = entry.SerializeToString()
    return list(found.items()), data + stored


def _stored_text(text):
    """Returns one text as a checkpoint holds it: size, checksum, bytes."""
    checksum = _masked(_crc32c(struct.pack("<I", len(text))))
    return _varint(len(text)) + struct.pack("<I", checksum) + text


def _unmasked_parts(stored):
    # The checksum of all counts sizes as numbers of 32 bits.
    size, start = _read_varint(stored, 0)
    return struct.pack("<I", size) + stored[start:]


# Tables: sorted keys and values in blocks, as LevelDB has them.


def read_table(content: bytes) -> list:
    """Returns the pairs of keys and values in a table.

    Arguments:
        content: The file.
    """
    _, place = _read_handle(content, len(content) - _FOOTER)
    (start, size), _ = _read_handle(content, place)
    pairs = []
    for _, handle in _read_block(content[start : start + size]):
        (start, size), _ = _read_handle(handle, 0)
        pairs += _read_block(content[start : start + size])
    return pairs


def _read_block(block):
    (num_restarts,) = struct.unpack("<I", block[-4:])
    place, end, key, pairs = 0, len(block) - 4 * (num_restarts + 1), b"", []
    while place < end:
        shared, place = _read_varint(block, place)
        rest, place = _read_varint(block, place)
        size, place = _read_varint(block, place)
        key = key[:shared] + block[place : place + rest]
        place += rest + size
        pairs.append((key, block[place - size : place]))
    return pairs


def write_table(pairs: list) -> bytes:
    """Returns a table of keys and values.

    Arguments:
        pairs: Sorted list of pairs.
    """
    content, data = _with_block(b"", pairs)
    content, meta = _with_block(content, [])
    last = pairs[-1][0] if pairs else b""
    content, index = _with_block(content, [(last, data)])
    return content + (meta + index).ljust(40, b"\x00") + _MAGIC


def _with_block(content, pairs):
    """Returns the file with one more block, and the place of that."""
    block = b"".join(
        _varint(0) + _varint(len(key)) + _varint(len(value)) + key + value
        for key, value in pairs
    )
    block += struct.pack("<II", 0, 1)
    place = _varint(len(content)) + _varint(len(block))
    checksum = _masked(_crc32c(block + b"\x00"))
    return content + block + b"\x00" + struct.pack("<I", checksum), place


def _read_handle(content, place):
    start, place = _read_varint(content, place)
    size, place = _read_varint(content, place)
    return (start, size), place


def _read_varint(content, place):
    number = shift = 0
    while True:
        byte = content[place]
        place += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, place


def _varint(number):
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def _crc_table():
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (_POLYNOMIAL if number & 1 else 0)
        table.append(number)
    return table


_CRCS = _crc_table()


def _crc32c(content):
    found = 2**32 - 1
    for byte in content:
        found = _CRCS[(found ^ byte) & 255] ^ found >> 8
    return found ^ 2**32 - 1


def _masked(checksum):
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) % 2**32
