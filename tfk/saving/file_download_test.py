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

import hashlib
import http.server
import os
import pathlib
import tarfile
import threading
import zipfile

import pytest

import tfk
from tfk.saving import file_download

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def source(tmp_path):
    """A file to download, as its URL."""
    path = tmp_path / "server" / "words.bin"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path.as_uri()


@pytest.fixture
def get(tmp_path):
    """`get_file` with a cache of its own."""

    def get_file(*args, **kwargs):
        return tfk.utils.get_file(
            *args, cache_dir=str(tmp_path / "cache"), **kwargs
        )

    return get_file


def _cached(tmp_path):
    folder = tmp_path / "cache" / "datasets"
    return sorted(os.listdir(folder)) if folder.exists() else []


class GetFileTest:
    def test_files_are_downloaded_once(self, source, get, tmp_path):
        path = get("x.bin", source, file_hash=SHA256)
        assert path == str(tmp_path / "cache" / "datasets" / "x.bin")
        assert pathlib.Path(path).read_bytes() == CONTENT
        pathlib.Path(path).write_bytes(b"mine")
        assert get("x.bin", source) == path
        assert pathlib.Path(path).read_bytes() == b"mine"
        get("x.bin", source, force_download=True)
        assert pathlib.Path(path).read_bytes() == CONTENT
        assert get(origin=source).endswith("datasets/words.bin")
        assert get(origin=source, cache_subdir="a/b").endswith("a/b/words.bin")
        assert _cached(tmp_path) == ["words.bin", "x.bin"]

    def test_hashes_are_compared(self, source, get, tmp_path):
        md5 = hashlib.md5(CONTENT).hexdigest()
        path = get("x", source, md5_hash=md5)
        get("x", source, file_hash=md5.upper())
        get("x", source, file_hash=SHA256, hash_algorithm="sha256")
        pathlib.Path(path).write_bytes(b"old")
        get("x", source, file_hash=SHA256)
        assert pathlib.Path(path).read_bytes() == CONTENT
        with pytest.raises(ValueError, match="not the one that was meant"):
            get("y", source, file_hash="0" * 64)
        with pytest.raises(ValueError, match="not the one that was meant"):
            get("x", source, file_hash="0" * 64)
        assert pathlib.Path(path).read_bytes() == CONTENT
        assert _cached(tmp_path) == ["x"]
        with pytest.raises(ValueError, match="hash_algorithm='sha1'"):
            get("x", source, file_hash=SHA256, hash_algorithm="sha1")
        with pytest.raises(ValueError, match="file_hash=''"):
            get("x", source, file_hash="")

    @pytest.mark.parametrize(
        "name", ["../x", "a/b", "/etc/x", "..", "a\\b", "C:x", "a\x00"]
    )
    def test_names_are_plain(self, name, source, get, tmp_path):
        with pytest.raises(ValueError, match="plain one"):
            get(name, source)
        assert _cached(tmp_path) == []

    @pytest.mark.parametrize(
        "origin",
        [
            "https://host/",
            "https://host",
            "https://host/a/..",
            "https://host/%2e%2e",
            "https://host/a%2f..%2fb",
            "https://host/..%5cb",
        ],
    )
    def test_names_of_origins_are_plain(self, origin, get):
        with pytest.raises(ValueError, match="plain one"):
            get(origin=origin)

    def test_bad_arguments_are_named(self, source, get):
        with pytest.raises(ValueError, match="origin=None"):
            get("x")
        with pytest.raises(ValueError, match="fname=3"):
            get(3, source)
        with pytest.raises(ValueError, match="archive_format='rar'"):
            get("x", source, extract=True, archive_format="rar")

    def test_what_is_not_there_is_an_error(self, get, tmp_path):
        for origin in (
            (tmp_path / "missing").as_uri(),
            "nothing://host/file",
            "no-url/file",
        ):
            with pytest.raises(OSError, match="can't be downloaded"):
                get(origin=origin)
        assert _cached(tmp_path) == []

    def test_the_home_of_keras_is_the_default(
        self, source, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
        path = tfk.utils.get_file("x", source)
        assert path == str(tmp_path / "home" / "datasets" / "x")


class ExtractTest:
    def _tar(self, tmp_path, name="data.tar.gz", member="data/x.txt"):
        path = tmp_path / name
        (tmp_path / "x.txt").write_text("text")
        with tarfile.open(path, "w:gz") as archive:
            archive.add(tmp_path / "x.txt", member)
        return path

    def test_archives_are_unpacked_beside_the_file(self, get, tmp_path):
        origin = self._tar(tmp_path).as_uri()
        path = get(origin=origin, extract=True)
        assert path.endswith("datasets/data.tar.gz")
        unpacked = pathlib.Path(path).parent / "data" / "x.txt"
        assert unpacked.read_text() == "text"
        before = unpacked.stat().st_mtime_ns
        get(origin=origin, extract=True)
        assert unpacked.stat().st_mtime_ns == before
        unpacked.unlink()
        get(origin=origin, extract=True)
        assert unpacked.read_text() == "text"

    def test_untar_returns_the_folder(self, get, tmp_path):
        origin = self._tar(tmp_path).as_uri()
        for arguments in (("data", origin), (None, origin)):
            path = get(*arguments, untar=True)
            assert path.endswith("datasets/data")
            assert os.listdir(path) == ["x.txt"]
        assert _cached(tmp_path) == ["data", "data.tar.gz"]

    def test_hostile_archives_are_refused(self, get, tmp_path):
        origin = self._tar(tmp_path, member="../../evil").as_uri()
        with pytest.raises(tfk.errors.UnsafeFileError, match="upwards"):
            get(origin=origin, extract=True)
        assert _cached(tmp_path) == ["data.tar.gz"]
        path = tmp_path / "evil.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("good", b"")
            archive.writestr("../../evil", b"")
        with pytest.raises(tfk.errors.UnsafeFileError, match="upwards"):
            get(origin=path.as_uri(), extract=True)
        assert not list(tmp_path.rglob("evil"))

    def test_the_hash_comes_before_the_archive(self, get, tmp_path):
        origin = self._tar(tmp_path, member="../evil").as_uri()
        with pytest.raises(ValueError, match="not the one that was meant"):
            get(origin=origin, extract=True, file_hash="0" * 64)
        assert _cached(tmp_path) == []

    def test_what_is_no_archive_is_an_error(self, source, get):
        with pytest.raises(tfk.errors.CorruptFileError, match="no archive"):
            get(origin=source, extract=True)
        get(origin=source, extract=True, archive_format=None)


class _Handler(http.server.BaseHTTPRequestHandler):
    """Sends `CONTENT`, and breaks off as the server says."""

    def do_GET(self):
        server = self.server
        server.ranges.append(self.headers.get("Range"))
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        start = 0
        wanted = self.headers.get("Range")
        if wanted and server.resumes:
            start = int(wanted[len("bytes=") : -1])
            self.send_response(206)
            end = f"{start}-{len(CONTENT) - 1}/{len(CONTENT)}"
            self.send_header("Content-Range", f"bytes {end}")
        else:
            self.send_response(200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        size = server.sizes.pop(0) if server.sizes else len(CONTENT)
        self.wfile.write(CONTENT[start : start + size])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(file_download, "_PAUSE", 0.0)
    with http.server.HTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.ranges, server.sizes, server.resumes = [], [], True
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class BrokenDownloadTest:
    @pytest.mark.parametrize("resumes", [True, False])
    def test_it_goes_on(self, resumes, server, get):
        server.sizes, server.resumes = [1000, 500000], resumes
        path = get("x", f"{server.url}/file", file_hash=SHA256)
        assert pathlib.Path(path).read_bytes() == CONTENT
        second = 501000 if resumes else 500000
        assert server.ranges == [None, "bytes=1000-", f"bytes={second}-"]

    def test_it_leaves_nothing_in_the_end(self, server, get, tmp_path):
        server.sizes = [10] * 10
        with pytest.raises(OSError, match="broke off after 40 of 1,024,000"):
            get("x", f"{server.url}/file")
        assert len(server.ranges) == 4
        assert _cached(tmp_path) == []

    def test_missing_files_are_asked_for_once(self, server, get, tmp_path):
        with pytest.raises(OSError, match="404"):
            get("x", f"{server.url}/missing")
        assert len(server.ranges) == 1
        assert _cached(tmp_path) == []

    def test_servers_lead_to_no_local_file(self, server, get, tmp_path):
        with pytest.raises(OSError, match="can't be downloaded"):
            get("x", f"{server.url}/redirect")
        assert _cached(tmp_path) == []
