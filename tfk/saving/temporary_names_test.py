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
"""Tests of names that tell which process writes a file."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tfk.saving import temporary_names

pytestmark = pytest.mark.skipif(
    temporary_names._owner() is None,
    reason="the system does not tell processes apart",
)

# Without the rest of tfk, which takes seconds to import.
_OTHER = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("names", sys.argv[1])
names = importlib.util.module_from_spec(spec)
spec.loader.exec_module(names)
for kind in ("tmp", "mark"):
    open(names.beside(os.path.join(sys.argv[2], "m.keras"), kind), "w").close()
os.mkdir(names.beside(os.path.join(sys.argv[2], "folder")))
os.mkdir(names.beside(os.path.join(sys.argv[2], "folder")) + ".old")
print("ready", flush=True)
sys.stdin.read()
"""


def _other_process(folder):
    """Starts a process that is in the middle of a save."""
    spec = importlib.util.find_spec("tfk.saving.temporary_names")
    process = subprocess.Popen(
        [sys.executable, "-c", _OTHER, spec.origin, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


class TemporaryNamesTest:
    def test_what_a_killed_process_left_is_deleted(self, tmp_path):
        process = _other_process(tmp_path)
        (tmp_path / "m.keras").write_text("good")
        before = sorted(os.listdir(tmp_path))
        assert len(before) == 5
        # It is alive: nothing of it is touched.
        temporary_names.remove_left_over(str(tmp_path))
        assert temporary_names.left_over(str(tmp_path), "mark") == []
        assert sorted(os.listdir(tmp_path)) == before
        process.kill()
        process.communicate()
        temporary_names.remove_left_over(str(tmp_path))
        ((mark, name),) = temporary_names.left_over(str(tmp_path), "mark")
        assert name == "m.keras"
        # The earlier folder is the only one.
        (old,) = [x for x in os.listdir(tmp_path) if x.endswith(".old")]
        found = {"m.keras", os.path.basename(mark), old}
        assert set(os.listdir(tmp_path)) == found
        (tmp_path / "folder").mkdir()
        temporary_names.remove_left_over(str(tmp_path))
        assert not (tmp_path / old).exists()

    def test_what_may_be_of_a_living_process_stays(self, tmp_path):
        place, process, start = temporary_names._owner().split("-")
        unique = "0123456789ab"
        other_place = unique if place != unique else unique[::-1]
        gone, kept = f"{place}-{process}-{int(start) + 1}", []
        for owner in (
            f"{place}-{process}-{start}",  # This process.
            f"{other_place}-{process}-{int(start) + 1}",  # Another machine's.
            f"{place}-0-{start}",
            unique,  # Made where processes can't be told apart.
        ):
            kept.append(f".m.keras.{owner}.{unique}.tmp")
        for name in (
            f"m.keras.{gone}.{unique}.tmp",
            f".m.keras.{gone}.{unique}.tmp.old",
            f".m.keras.{gone}.{unique}.tmpx",
            f".m.keras.{gone}.{unique}.mark",
            f".m.keras.{gone}.tmp",
            f".{gone}.{unique}.tmp",
            "m.tmp",
        ):
            kept.append(name)
        (tmp_path / "outside").write_text("x")
        folder = tmp_path / "folder"
        folder.mkdir()
        for name in kept:
            (folder / name).write_text("")
        (folder / f".m.keras.{gone}.{unique}.tmp").write_text("")
        link = folder / f".n.{gone}.{unique}.tmp"
        link.symlink_to(tmp_path, target_is_directory=True)
        temporary_names.remove_left_over(str(folder))
        assert sorted(os.listdir(folder)) == sorted(kept)
        assert (tmp_path / "outside").exists()
        temporary_names.remove_left_over(str(tmp_path / "no folder"))

    def test_names_are_not_too_long_for_the_disk(self, tmp_path):
        for length in (1, 200, 230):
            path = temporary_names.beside(str(tmp_path / ("x" * length)))
            with open(path, "w"):
                pass
