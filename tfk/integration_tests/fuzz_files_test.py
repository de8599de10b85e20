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
"""Damaged and hostile files end in a model or in a clear error.

`shell/fuzz.sh` runs more cases, from a new seed.
"""

import subprocess
import sys

import pytest

from tfk.testing import fuzz

SEED = 1
# Cases of each target, dealt out to tests that may run in parallel.
CASES = {
    "archive_bytes": 3000,
    "archive_config": 200,
    "archive_members": 1500,
    "archive_weights": 400,
    "config": 5000,
    "config_text": 6800,
    "hdf5_bytes": 1000,
    "hdf5_config": 300,
    "hdf5_tree": 300,
    "weights_bytes": 1000,
    "weights_tree": 500,
}
# TensorFlow reads files of these, and could end the process that does it.
APART = (
    "saved_model_bytes",
    "saved_model_files",
    "saved_model_messages",
    "saved_model_variables",
)
CASES_APART = 120
_CHUNK = 500


@pytest.fixture(scope="module")
def fuzzer():
    with fuzz.Fuzzer() as fuzzer:
        yield fuzzer


def _chunks():
    for target, count in CASES.items():
        for first in range(0, count, _CHUNK):
            cases = range(first, min(first + _CHUNK, count))
            yield pytest.param(target, cases, id=f"{target}-{first}")


class FuzzTest:
    def test_there_are_enough_cases(self, fuzzer):
        assert {*CASES, *APART} == set(fuzzer.targets)
        assert sum(CASES.values()) >= 20_000

    @pytest.mark.parametrize(("target", "cases"), list(_chunks()))
    def test_files_end_in_a_model_or_an_error(self, target, cases, fuzzer):
        counts = fuzzer.run(target, SEED, cases)
        assert not counts["failures"], "\n\n".join(counts["failures"][:5])
        assert counts["refused"] > 0

    def test_saved_models_end_in_a_model_or_an_error(self):
        command = [sys.executable, "-m", "tfk.testing.fuzz"]
        command += ["--seed", str(SEED), "--count", str(CASES_APART)]
        result = subprocess.run(
            [*command, "--target", *APART],
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert result.returncode == 0, result.stdout + result.stderr[-3000:]
        assert f"{len(APART) * CASES_APART} cases" in result.stdout
