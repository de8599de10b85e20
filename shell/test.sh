#!/usr/bin/env bash
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
#
# Runs all tests on all cores, or only the given paths in one process:
#
#   shell/test.sh
#   shell/test.sh tfk/layers/dense_test.py
#   shell/test.sh tfk/layers/dense_test.py::DenseTest -k bias
#
# Every other argument goes to pytest as it is.

caller="$PWD"
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

# Prints a test's path, seen from the caller's directory, as an absolute one.
# Anything else is printed unchanged.
absolute() {
  local file="${1%%::*}"
  if [[ "$file" != /* && -e "$caller/$file" ]]; then
    echo "$caller/$1"
  else
    echo "$1"
  fi
}

arguments=(-q)
has_path=false
for argument in "$@"; do
  argument="$(absolute "$argument")"
  # A misspelt path counts as one, for pytest to complain about it.
  if [[ -e "${argument%%::*}" || "${argument%%::*}" == *.py ]]; then
    has_path=true
  fi
  arguments+=("$argument")
done

# A worker is a TensorFlow process of its own, which takes seconds to start:
# worth it for many tests, not for a file.
if [[ $has_path == false ]]; then
  arguments+=(-n auto --maxprocesses 8 --dist worksteal)
  arguments+=(--durations 10 --durations-min 5)
fi

exec "$python" -m pytest "${arguments[@]}"
