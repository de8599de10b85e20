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
# Makes .venv, or brings it up to date with setup.cfg, and goes to the root of
# the project. Sourced by the other scripts, which then call "$python"; run by
# itself, it only makes the environment. PYTHON=... names another interpreter
# to make it with.

set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
python="$root/.venv/bin/python"
stamp="$root/.venv/installed"
cd "$root"
# TensorFlow's C++ messages repeat what its exceptions say.
export TF_CPP_MIN_LOG_LEVEL="${TF_CPP_MIN_LOG_LEVEL:-3}"

# The Pythons that TensorFlow 2.21 is built for and tfk is written for.
is_supported() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
    >/dev/null 2>&1
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 python}; do
    if is_supported "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  echo "tfk needs Python 3.11, 3.12 or 3.13. Looked for:" \
    "${PYTHON:-python3 python3.11 python3.12 python3.13 python}." \
    "Install one of them, or name it with PYTHON=/path/to/python." >&2
  return 1
}

# Everything that decides what is installed, and where: a changed requirement
# or a moved directory asks for another installation.
wanted_state() {
  echo "$root"
  cat setup.py setup.cfg pyproject.toml
}

is_up_to_date() {
  [[ -f "$stamp" ]] && is_supported "$python" &&
    [[ "$(cat "$stamp")" == "$(wanted_state)" ]]
}

create_venv() {
  local base
  base="$(find_python)"
  if "$base" -c 'import ensurepip' 2>/dev/null; then
    "$base" -m venv --clear .venv
    return
  fi
  # Some distributions ship venv without ensurepip; pip can step in.
  if ! { "$base" -m venv --clear --without-pip .venv &&
    "$base" -m pip --python "$python" install pip; }; then
    echo "Cannot make .venv: $base has neither ensurepip nor a pip of version" \
      "22.3 or newer. Install its venv package (on Debian and Ubuntu:" \
      "apt install python3-venv), or update pip." >&2
    return 1
  fi
}

install() {
  if ! is_supported "$python" || ! "$python" -m pip --version >/dev/null 2>&1; then
    create_venv
  fi
  "$python" -m pip install --disable-pip-version-check -e '.[tests]'
  wanted_state >"$stamp"
}

# Sourced code in a condition runs without `set -e`, so the installation runs
# in a bash of its own and its exit status is what is looked at.
ensure_environment() {
  if is_up_to_date; then
    return
  fi
  # A second script started meanwhile waits here, where flock exists.
  if command -v flock >/dev/null; then
    exec 9<shell/environment.sh
    flock 9
    if is_up_to_date; then
      exec 9<&-
      return
    fi
  fi
  echo "Installing tfk and its tools into .venv (a few minutes the first time)." >&2
  local log status=0
  log="$(mktemp)"
  bash "$root/shell/environment.sh" --install >"$log" 2>&1 9<&- || status=$?
  if [[ $status -ne 0 ]]; then
    cat "$log" >&2
    echo "The installation into .venv failed; the reason is above." >&2
  fi
  rm -f "$log"
  if command -v flock >/dev/null; then
    exec 9<&-
  fi
  return "$status"
}

if [[ "${BASH_SOURCE[0]}" == "$0" && "${1:-}" == "--install" ]]; then
  install
else
  ensure_environment
fi
