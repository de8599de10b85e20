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
"""Tests of the check of checkpoints before TensorFlow reads them."""

import shutil
import struct

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.saving import checkpoint_index
from tfk.testing import saved_model_mutations
from tfk.utils import tf_internal

CORRUPT = tfk.errors.CorruptFileError
UNSAFE = tfk.errors.UnsafeFileError


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The path of a checkpoint with all that may stand in one."""
    path = str(tmp_path_factory.mktemp("good") / "good")
    values = {
        "scalar": 1.5,
        "empty": np.zeros((0, 3)),
        "flags": [True, False],
        "texts": [["a", "b" * 300], ["", "é"]],
        "small": tf.cast([1, 2], tf.bfloat16),
        "large": np.zeros((300, 30), "float32"),
    }
    tracked = {name: tf.Variable(value) for name, value in values.items()}
    iterator = iter(tf.data.Dataset.range(3))
    return tf.train.Checkpoint(**tracked, iterator=iterator).write(path)


def _edited(good, folder, name, change):
    """Copies a checkpoint, with a change to the entry of a name."""
    path = str(folder / "bad")
    for ending in (".index", ".data-00000-of-00001"):
        shutil.copy(good + ending, path + ending)
    with open(good + ".index", "rb") as file:
        pairs = dict(saved_model_mutations.read_table(file.read()))
    (key,) = [key for key in pairs if key.decode().split("/")[0] == name]
    kind = tf_internal.BundleEntryProto
    if not name:
        kind = tf_internal.BundleHeaderProto
    message = kind.FromString(pairs[key])
    pairs[key] = change(message) or message.SerializeToString()
    with open(path + ".index", "wb") as file:
        file.write(saved_model_mutations.write_table(sorted(pairs.items())))
    return path


def _set(**values):
    def change(message):
        for name, value in values.items():
            setattr(message, name, value)

    return change


def _shape(*sizes):
    def change(message):
        del message.shape.dim[:]
        for size in sizes:
            message.shape.dim.add(size=size)

    return change


def _slice(start, length):
    def change(message):
        extent = message.slices.add().extent.add()
        extent.start, extent.length = start, length

    return change


class CheckpointIndexTest:
    def test_checkpoints_of_tensorflow_are_good(self, good, tmp_path):
        checkpoint_index.check(good)
        path = _edited(good, tmp_path, "scalar", lambda message: None)
        checkpoint_index.check(path)
        found = tf.train.load_checkpoint(path)
        assert len(found.get_variable_to_shape_map()) == 8
        # Keys that share their beginnings, in many blocks.
        many = [tf.Variable(float(i)) for i in range(3000)]
        path = tf.train.Checkpoint(many=many).write(str(tmp_path / "many"))
        checkpoint_index.check(path)
        parts = tf.Variable(np.arange(6.0)), tf.Variable(np.arange(4.0))
        path = str(tmp_path / "parts")
        slices = tf.constant(["10 0,6", "10 6,4"])
        tf.raw_ops.SaveV2(
            prefix=path,
            tensor_names=["x", "x"],
            shape_and_slices=slices,
            tensors=list(parts),
        )
        checkpoint_index.check(path)

    @pytest.mark.parametrize(
        ("name", "change", "error", "text"),
        [
            ("scalar", lambda message: b"\xff\xff", CORRUPT, "damaged"),
            ("scalar", _set(dtype=128), CORRUPT, "type"),
            ("scalar", _set(dtype=99), CORRUPT, "damaged"),
            ("scalar", _set(dtype=20), CORRUPT, "resource"),
            ("scalar", _set(offset=-1), CORRUPT, "beyond its file"),
            ("scalar", _set(size=2**40), CORRUPT, "beyond its file"),
            ("scalar", _set(size=-4), CORRUPT, "beyond its file"),
            ("scalar", _set(shard_id=3), CORRUPT, "number 3"),
            ("scalar", _set(shard_id=-1), CORRUPT, "number -1"),
            ("large", _shape(2**40), UNSAFE, "declares"),
            ("large", _shape(2**40, 2**40, 0), CORRUPT, "no shape"),
            ("large", _shape(-1), CORRUPT, "no shape"),
            ("large", _shape(*[1] * 255), CORRUPT, "no shape"),
            ("large", _slice(0, 1), CORRUPT, "dimensions"),
            ("small", _slice(1, 2), CORRUPT, "outside"),
            ("small", _slice(-1, 1), CORRUPT, "outside"),
            ("texts", _shape(2**30), UNSAFE, "declares"),
            ("texts", _set(size=100), CORRUPT, "end beyond"),
            ("", _set(num_shards=0), CORRUPT, "header"),
            ("", _set(num_shards=2), CORRUPT, "missing"),
            ("", _set(endianness=1), CORRUPT, "header"),
        ],
    )
    def test_what_tensorflow_could_not_bear_is_refused(
        self, name, change, error, text, good, tmp_path
    ):
        path = _edited(good, tmp_path, name, change)
        with pytest.raises(error, match=text) as e:
            checkpoint_index.check(path)
        assert str(e.value).startswith(path)

    def test_damaged_tables_are_refused(self, good, tmp_path):
        path = str(tmp_path / "bad")
        shutil.copy(
            f"{good}.data-00000-of-00001", f"{path}.data-00000-of-00001"
        )
        with open(f"{good}.index", "rb") as file:
            content = file.read()
        pairs = saved_model_mutations.read_table(content)
        block = saved_model_mutations.write_table
        hidden = bytearray(block(pairs))
        # Where to start reading: it stands in front of how many such places
        # there are, and of how the block is packed.
        place = hidden.index(b"\x00\x00\x00\x00\x01\x00\x00\x00\x00")
        inside, packed = bytearray(hidden), bytearray(hidden)
        inside[place] = 4
        packed[place + 8] = 1
        with pytest.raises(CORRUPT, match="index: this file .* missing"):
            checkpoint_index.check(path)
        for bad, text in (
            (b"", "no table"),
            (content[:-1], "no table"),
            (content[1:], "damaged"),
            (content[:20] + content[60:], "damaged"),
            (block(pairs[1:]), "header"),
            (block(pairs[::-1]), "order"),
            (block([*pairs, pairs[-1]]), "order"),
            (bytes(inside), "within an entry"),
            (bytes(packed), "packed"),
        ):
            with open(f"{path}.index", "wb") as file:
                file.write(bad)
            with pytest.raises(CORRUPT, match=text):
                checkpoint_index.check(path)
            with pytest.raises(CORRUPT):
                tfk.Sequential([tfk.layers.Dense(1)]).load_weights(path)

    def test_keys_and_blocks_that_unpack_to_too_much_are_refused(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(checkpoint_index, "_KEYS_FLOOR", 10**6)
        path = str(tmp_path / "bad")
        header = tf_internal.BundleHeaderProto(num_shards=1)
        header = header.SerializeToString()

        def check(pairs, blocks=1):
            with open(f"{path}.index", "wb") as file:
                file.write(_table(pairs, blocks))
            return checkpoint_index.num_shards(path)

        def keys(size, count):
            yield 0, b"", header
            yield 0, b"a" * size, b""
            for index in range(count):
                yield size, index.to_bytes(2, "big"), b""

        assert check(keys(1000, 900)) == 1
        with pytest.raises(CORRUPT, match="unpack to too much"):
            check(keys(1000, 2000))
        assert check(keys(2**16, 0)) == 1
        with pytest.raises(CORRUPT, match="a key .* 65,537 bytes"):
            check(keys(2**16 + 1, 0))
        # Many handles of a block that holds nothing.
        with pytest.raises(CORRUPT, match="overlap"):
            check([], blocks=500)


def _table(pairs, blocks):
    """Returns an index.

    Arguments:
        pairs: Iterable of how much a key shares with the one before, the rest
            of it, and a value.
        blocks: Integer: how often the block with them is listed.
    """

    def block(pairs):
        written = b"".join(
            _varint(shared)
            + _varint(len(key))
            + _varint(len(value))
            + key
            + value
            for shared, key, value in pairs
        )
        return written + struct.pack("<II", 0, 1)

    def handle(start, size):
        return _varint(start) + _varint(size)

    data = block(pairs)
    index = block([(0, b"b", handle(0, len(data)))] * blocks)
    behind = b"\x00" * 5
    footer = handle(0, len(data)) + handle(len(data) + 5, len(index))
    magic = struct.pack("<Q", 0xDB4775248B80FB57)
    return data + behind + index + behind + footer.ljust(40, b"\x00") + magic


def _varint(number):
    found = bytearray()
    while number >= 128:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])
