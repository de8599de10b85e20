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

import gzip
import io
import os
import pathlib
import stat
import tarfile
import time
import zipfile

import pytest

from tfk.saving import archive_members
from tfk.saving import archives
from tfk.saving import errors

KINDS = ["w", "w:gz", "w:bz2", "w:xz", "zip"]
GOOD = {"data/a.txt": b"one", "data/sub/b.bin": b"\x00" * 1000, "top": b""}


def _tar(path, entries, mode="w:gz", **kwargs):
    """Writes a tar file of names and contents, or of `TarInfo` objects."""
    with tarfile.open(path, mode, **kwargs) as archive:
        for name, content in entries:
            info = name
            if isinstance(name, str):
                info = tarfile.TarInfo(name)
            if content is not None:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content or b""))
    return str(path)


def _zip(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content or b"")
    return str(path)


def _make(path, entries, kind):
    return _zip(path, entries) if kind == "zip" else _tar(path, entries, kind)


def _special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, None


def _link(name, target):
    return _special(name, tarfile.SYMTYPE, target)


def _copy(name, target):
    return _special(name, tarfile.LNKTYPE, target)


def _zip_link(name, target):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


def _listing(folder):
    return sorted(
        str(path.relative_to(folder))
        for path in pathlib.Path(folder).rglob("*")
    )


def _refused(path, tmp_path, error=errors.UnsafeFileError, match=None):
    """Checks that nothing is written, in the folder or beside it."""
    folder = tmp_path / "in" / "folder"
    before = _listing(tmp_path)
    with pytest.raises(error, match=match) as e:
        archives.extract(path, str(folder))
    assert str(e.value).startswith(path)
    after = [p for p in _listing(tmp_path) if p not in ("in", "in/folder")]
    assert after == [p for p in before if p not in ("in", "in/folder")]
    assert not folder.exists() or os.listdir(folder) == []


class ExtractTest:
    @pytest.mark.parametrize("kind", KINDS)
    def test_all_of_it_is_unpacked(self, kind, tmp_path):
        path, out = tmp_path / "a", tmp_path / "out"
        _make(path, GOOD.items(), kind)
        assert not archives.is_extracted(path, out)
        assert archives.extract(path, out)
        for name, content in GOOD.items():
            assert (out / name).read_bytes() == content
        assert len(_listing(out)) == 5
        assert archives.is_extracted(path, out)
        (out / "top").write_text("longer")
        assert not archives.is_extracted(path, out)
        assert archives.extract(path, out)
        assert archives.is_extracted(path, out)
        assert archives.extract(path, tmp_path / "other", ["tar", "zip"])

    def test_what_is_no_archive_is_told(self, tmp_path):
        path = tmp_path / "a"
        for content in (b"", b"<html>", b"\x1f\x8b", b"PK"):
            path.write_bytes(content)
            assert not archives.extract(str(path), str(tmp_path / "out"))
        good = _zip(path, GOOD.items())
        assert not archives.extract(good, str(tmp_path / "out"), "tar")
        assert not archives.extract(good, str(tmp_path / "out"), None)
        assert not (tmp_path / "out").exists()
        with pytest.raises(ValueError, match="archive_format='rar'"):
            archives.extract(good, str(tmp_path / "out"), "rar")

    def test_links_within_the_archive_are_made(self, tmp_path):
        entries = [
            ("./", None),
            ("a/x.txt", b"text"),
            _link("a/near", "x.txt"),
            _link("b/far", "../a/x.txt"),
            _link("folder", "./a"),
            _copy("b/copy", "a/x.txt"),
        ]
        entries[0] = _special("./", tarfile.DIRTYPE)
        archives.extract(_tar(tmp_path / "t", entries), str(tmp_path / "out"))
        for name in ("a/near", "b/far", "folder/x.txt", "b/copy"):
            assert (tmp_path / "out" / name).read_text() == "text"
        path = _zip(
            tmp_path / "z", [("x", b"text"), _zip_link("d/link", "../x")]
        )
        archives.extract(path, str(tmp_path / "zip"))
        assert (tmp_path / "zip/d/link").read_text() == "text"

    def test_rights_are_those_of_plain_files(self, tmp_path):
        entries = []
        for name, mode in (("run", 0o6755), ("read", 0o4000), ("all", 0o1777)):
            info = tarfile.TarInfo(name)
            info.mode = mode
            entries.append((info, b"x"))
        out = tmp_path / "out"
        archives.extract(_tar(tmp_path / "t", entries), str(out))
        modes = [
            stat.S_IMODE((out / n).stat().st_mode)
            for n in sorted(os.listdir(out))
        ]
        assert modes == [0o755, 0o644, 0o755]

    def test_other_files_in_the_folder_stay(self, tmp_path):
        out = tmp_path / "out"
        (out / "data").mkdir(parents=True)
        (out / "data/mine").write_text("mine")
        (out / "data/a.txt").write_text("old")
        archives.extract(_tar(tmp_path / "t", GOOD.items()), str(out))
        assert (out / "data/mine").read_text() == "mine"
        assert (out / "data/a.txt").read_text() == "one"

    def test_what_stands_in_the_way_is_not_followed(self, tmp_path):
        out, outside = tmp_path / "out", tmp_path / "outside"
        out.mkdir()
        outside.mkdir()
        path = _tar(tmp_path / "t", GOOD.items())
        (out / "data").symlink_to(outside)
        with pytest.raises(ValueError, match="is there already"):
            archives.extract(path, str(out))
        assert os.listdir(outside) == [] and os.listdir(out) == ["data"]
        (out / "data").unlink()
        (out / "top").symlink_to(outside / "file")
        archives.extract(path, str(out))
        assert os.listdir(outside) == []
        assert not (out / "top").is_symlink()


_LONG = "d" * 200
HOSTILE_TARS = {
    "upwards": [("../evil", b"x")],
    "upwards_inside": [("a/../../evil", b"x")],
    "harmless_upwards": [("a/../b", b"x")],
    "absolute": [("/tmp/evil", b"x")],
    "drive": [("C:/evil", b"x")],
    "backslash": [("..\\evil", b"x")],
    "no_name": [("./", b"x")],
    "link_out": [_link("l", "/etc")],
    "link_up": [_link("a/l", "../../x")],
    "link_to_nothing": [_link("l", "missing")],
    "link_through_name": [("a/x", b""), _link("l", "a/../../x")],
    "file_through_link": [
        ("a/x", b""),
        _link("l", "a"),
        ("l/evil", b"x"),
    ],
    "file_through_late_link": [
        ("a/x", b""),
        ("l/evil", b"x"),
        _link("l", "a"),
    ],
    "file_over_link": [("x", b""), _link("l", "x"), ("l", b"x")],
    "link_in_other_case": [("a/x", b""), _link("L", "a"), ("l/evil", b"x")],
    "link_to_link": [("a/x", b""), _link("l", "a"), _link("m", "l")],
    "links_in_a_ring": [_link("a", "b"), _link("b", "a")],
    # Names too long for `realpath`, so that checks by it give up.
    "long_chain": [
        *[_link(f"{_LONG}{i}", f"{_LONG}{i + 1}/..") for i in range(20)],
        _link("escape", f"{_LONG}0/../../../etc"),
        ("escape/evil", b"x"),
    ],
    "copy_of_outside": [_copy("l", "../secret")],
    "copy_of_absolute": [_copy("l", "/etc/passwd")],
    "copy_escapes": [("a", b"x"), _copy("../l", "a")],
    "copy_of_link": [("x", b""), _link("l", "x"), _copy("c", "l")],
    "copy_of_itself": [_copy("c", "c")],
    "fifo": [_special("f", tarfile.FIFOTYPE)],
    "device": [_special("f", tarfile.CHRTYPE)],
    "block": [_special("f", tarfile.BLKTYPE)],
    "twice": [("a", b"x"), ("a", b"y")],
    "below_a_file": [("a", b"x"), ("a/b", b"y")],
    "deep": [("/".join("a" * 100), b"x")],
    "long_name": [("n" * 300, b"x")],
}


class HostileTest:
    @pytest.mark.parametrize("case", sorted(HOSTILE_TARS))
    @pytest.mark.parametrize("place", ["first", "last"])
    def test_tars_are_refused_whole(self, case, place, tmp_path):
        entries = [*GOOD.items(), *HOSTILE_TARS[case]]
        if place == "first":
            entries = [*HOSTILE_TARS[case], *GOOD.items()]
        path = _tar(tmp_path / "t.tar", entries, format=tarfile.PAX_FORMAT)
        _refused(path, tmp_path, match="Nothing was unpacked")

    @pytest.mark.parametrize(
        "entry",
        [
            ("../evil", b"x"),
            ("/evil", b"x"),
            ("C:evil", b"x"),
            ("a\\..\\evil", b"x"),
            _zip_link("l", "/etc"),
            _zip_link("l", "../x"),
            _zip_link("l", "missing"),
            _zip_link("l", "x" * 5000),
        ],
    )
    def test_zips_are_refused_whole(self, entry, tmp_path):
        path = _zip(tmp_path / "z.zip", [*GOOD.items(), entry])
        _refused(path, tmp_path, match="Nothing was unpacked")

    def test_zips_of_special_or_encrypted_files_are_refused(self, tmp_path):
        info = zipfile.ZipInfo("fifo")
        info.create_system, info.external_attr = 3, stat.S_IFIFO << 16
        path = _zip(tmp_path / "z.zip", [(info, b"")])
        _refused(path, tmp_path, match="no file or folder")
        content = pathlib.Path(_zip(path, [("a", b"x")])).read_bytes()
        # The flags of the entry in the directory at the end.
        at = content.index(b"PK\x01\x02") + 8
        pathlib.Path(path).write_bytes(
            content[:at] + b"\x01" + content[at + 1 :]
        )
        _refused(path, tmp_path, match="encrypted")

    @pytest.mark.parametrize("kind", KINDS)
    def test_cut_off_archives_leave_nothing(self, kind, tmp_path):
        path = tmp_path / "a"
        _make(path, [("data/x", os.urandom(20000)), *GOOD.items()], kind)
        content = path.read_bytes()
        for share in (0.3, 0.6):
            path.write_bytes(content[: int(len(content) * share)])
            try:
                # What lacks its beginning or its end may be no archive at all.
                assert not archives.extract(str(path), str(tmp_path / "out"))
            except errors.CorruptFileError as error:
                assert str(error).startswith(str(path))
            assert _listing(tmp_path) in (["a"], ["a", "out"])

    def test_damaged_content_leaves_nothing(self, tmp_path):
        path = tmp_path / "z.zip"
        _zip(path, [("a", b"x" * 1000), ("b", os.urandom(1000))])
        content = bytearray(path.read_bytes())
        content[500] ^= 1
        path.write_bytes(content)
        _refused(str(path), tmp_path, errors.CorruptFileError)


class SizeTest:
    def test_bombs_are_not_unpacked(self, tmp_path, monkeypatch):
        monkeypatch.setattr(archive_members, "_FLOOR", 2**20)
        zeros = b"\x00" * 2**24
        _refused(_zip(tmp_path / "z", [("a", zeros)]), tmp_path)
        _refused(_tar(tmp_path / "t", [("a", zeros)]), tmp_path)
        # Each of them is small.
        parts = [(f"p{i}", zeros[: 2**18]) for i in range(80)]
        _refused(_zip(tmp_path / "z", parts), tmp_path)
        copies = [
            ("a", zeros[: 2**19]),
            *[_copy(f"c{i}", "a") for i in range(50)],
        ]
        _refused(_tar(tmp_path / "t", copies), tmp_path)

    def test_declared_sizes_are_not_believed(self, tmp_path):
        for size in (2**60, -1):
            info = tarfile.TarInfo("a")
            info.size = size
            with open(tmp_path / "t", "wb") as file:
                file.write(info.tobuf(tarfile.GNU_FORMAT) + b"\x00" * 2048)
            _refused(str(tmp_path / "t"), tmp_path, errors.FileError)

    def test_headers_of_any_size_are_not_read(self, tmp_path):
        info = tarfile.TarInfo("pax")
        info.type, info.size = tarfile.XHDTYPE, 2**31
        with gzip.open(tmp_path / "t", "wb") as file:
            file.write(tarfile.TarInfo("ok").tobuf() + info.tobuf())
            file.write(b"\x00" * 2**22)
        _refused(str(tmp_path / "t"), tmp_path, match="a header has")

    def test_many_members_are_refused_in_time(self, tmp_path, monkeypatch):
        monkeypatch.setattr(archives, "_MEMBER_FLOOR", 100)
        block = tarfile.TarInfo("d/").tobuf()
        with gzip.open(tmp_path / "t", "wb") as file:
            file.write(block * 20000)
        start = time.perf_counter()
        _refused(str(tmp_path / "t"), tmp_path)
        assert time.perf_counter() - start < 10
