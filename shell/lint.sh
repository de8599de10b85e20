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
# Checks the style of all files; shell/format.sh mends most of what it finds.

source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
source shell/license.sh

failed=()

check() {
  local name="$1"
  shift
  if ! "$@"; then
    failed+=("$name")
  fi
}

check_licenses() {
  local missing
  missing="$(files_without_license)"
  if [[ -n "$missing" ]]; then
    echo "$missing" | sed 's/$/: the license header is missing/'
    return 1
  fi
}

check black "$python" -m black --quiet --check --diff .
check isort "$python" -m isort --quiet --check-only --diff .
check flake8 "$python" -m flake8 .
check license check_licenses

if [[ ${#failed[@]} -gt 0 ]]; then
  echo "Failed: ${failed[*]}. Run shell/format.sh, then mend what is left." >&2
  exit 1
fi
echo "Style: no complaints."
