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
"""Tests for the choice of files to keep."""

import os

import numpy as np

from tfk.callbacks import kept_files


def write(folder, kept, values):
    for number, value in enumerate(values):
        path = folder / f"{number}"
        path.write_text("")
        kept.add(str(path), value)
    return sorted(int(path.name) for path in folder.iterdir())


class KeptFilesTest:
    def test_the_newest_and_the_best_stay(self, tmp_path):
        cases = [
            (2, [None] * 5, [3, 4]),
            (2, [3, 1, 2, 5, 4], [1, 3, 4]),
            (1, [1, 2, 3, 0.5], [3]),
            (1, [None, 2, None, None], [1, 3]),
            (9, [3, 1, 2], [0, 1, 2]),
            (None, [3, 1, 2], [0, 1, 2]),
        ]
        for case, (max_to_keep, values, expected) in enumerate(cases):
            folder = tmp_path / str(case)
            folder.mkdir()
            kept = kept_files.KeptFiles(max_to_keep, np.less)
            assert write(folder, kept, values) == expected, case

    def test_a_file_that_is_written_again_counts_once(self, tmp_path):
        kept = kept_files.KeptFiles(2, np.less)
        for name in "abab":
            (tmp_path / name).write_text("")
            kept.add(str(tmp_path / name))
        assert len(list(tmp_path.iterdir())) == 2

    def test_folders_are_deleted(self, tmp_path):
        kept = kept_files.KeptFiles(1, np.less)
        (tmp_path / "model" / "variables").mkdir(parents=True)
        kept.add(str(tmp_path / "model"))
        kept.add(str(tmp_path / "next"))
        assert not list(tmp_path.iterdir())

    def test_a_checkpoint_beside_a_folder_is_not_its_own(self, tmp_path):
        kept = kept_files.KeptFiles(1, np.less)
        (tmp_path / "model" / "variables").mkdir(parents=True)
        names = ["model.data-00000-of-00001", "model.index"]
        for name in names:
            (tmp_path / name).write_text("")
        kept.add(str(tmp_path / "model"))
        kept.add(str(tmp_path / "next"))
        assert sorted(path.name for path in tmp_path.iterdir()) == names

    def test_checkpoints_are_deleted(self, tmp_path):
        kept = kept_files.KeptFiles(1, np.less, are_checkpoints=True)
        for name in ("cp.index", "cp.data-00000-of-00001", "cp.txt", "cp-2"):
            (tmp_path / name).write_text("")
        kept.add(str(tmp_path / "cp"))
        kept.add(str(tmp_path / "gone"))
        assert sorted(p.name for p in tmp_path.iterdir()) == ["cp-2", "cp.txt"]
        kept.add(str(tmp_path / "next"))

    def test_a_folder_beside_a_checkpoint_is_not_its_own(self, tmp_path):
        kept = kept_files.KeptFiles(1, np.less, are_checkpoints=True)
        (tmp_path / "cp" / "notes").mkdir(parents=True)
        for name in ("cp.index", "cp.data-00000-of-00001"):
            (tmp_path / name).write_text("")
        kept.add(str(tmp_path / "cp"))
        kept.add(str(tmp_path / "gone"))
        assert [path.name for path in tmp_path.iterdir()] == ["cp"]
        assert (tmp_path / "cp" / "notes").exists()
        kept.add(str(tmp_path / "cp"))
        kept.add(str(tmp_path / "next"))
        assert (tmp_path / "cp" / "notes").exists()

    def test_what_killed_processes_left_is_deleted(self, tmp_path):
        name, end = "m-{epoch:02d}-{val_loss:.2f}.keras", "0123456789ab.tmp"
        old = [f".m-01-0.50.keras.{end}", f"m-02-0.50.keras.{end}"]
        others = [f".x-01-0.50.keras.{end}", "m-01-0.50.keras", f"m.{end}"]
        for path in (tmp_path / other for other in old + others):
            path.write_text("")
            os.utime(path, (0, 0))
        # Another process may be writing this one.
        young = f".m-03-0.50.keras.{end}"
        (tmp_path / young).write_text("")
        # Of models in several files, it is a folder.
        folder = tmp_path / f".m-04-0.50.keras.{end}"
        (folder / "variables").mkdir(parents=True)
        os.utime(folder, (0, 0))
        kept_files.remove_left_over(str(tmp_path / name))
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == sorted([young, *others])
        kept_files.remove_left_over(str(tmp_path / "no" / name))
        kept_files.remove_left_over(str(tmp_path / "{epoch}" / "m.keras"))

    def test_nan_is_never_best(self, tmp_path):
        kept = kept_files.KeptFiles(1, np.less)
        for name, value in (("a", float("nan")), ("b", 1.0), ("c", 2.0)):
            (tmp_path / name).write_text("")
            kept.add(str(tmp_path / name), value)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c"]
