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
# Sourced by lint.sh and format.sh: which files carry the license header, and
# which lack it.

licensed_files() {
  find . \( -name .git -o -name .venv -o -name build -o -name dist \) -prune \
    -o -type f \( -name '*.py' -o -name '*.sh' -o -path './.ci/run' \) -print |
    sort
}

# Prints a file without the `#!` line that may precede its header.
without_shebang() {
  sed '1{/^#!/d;}' "$1"
}

has_license() {
  [[ "$(without_shebang "$1")" == "$(cat shell/license_header.txt)"* ]]
}

files_without_license() {
  local file
  licensed_files | while read -r file; do
    if ! has_license "$file"; then
      echo "$file"
    fi
  done
}
