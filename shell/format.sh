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
# Mends the style of all files: license headers, imports, layout.

source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
source shell/license.sh

# Puts the header at the top, below the `#!` line where there is one.
add_license() {
  local mended
  mended="$(mktemp)"
  if [[ "$(head -c 2 "$1")" == "#!" ]]; then
    head -n 1 "$1" >"$mended"
  fi
  cat shell/license_header.txt >>"$mended"
  without_shebang "$1" >>"$mended"
  # Written through the file and not over it, to keep its permissions.
  cat "$mended" >"$1"
  rm -f "$mended"
}

files_without_license | while read -r file; do
  add_license "$file"
  echo "Added the license header to $file."
done
"$python" -m isort --quiet .
"$python" -m black --quiet .
