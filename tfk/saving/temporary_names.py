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
"""Names of files that are being written, and what killed processes left.

On Linux a name tells which process made it: a hash of the machine, its boot
and its container, the number of the process, and when it started. So another
process can tell for certain that the one that wrote a file is gone. What it
can't be certain of, such as files of other machines on a shared disk, it leaves
alone.
"""

import contextlib
import functools
import hashlib
import os
import re
import shutil
import uuid

# What stands behind a file's own name, as a regular expression.
ENDING = r"\.(?:[0-9a-f]{12}-\d+-\d+\.)?[0-9a-f]{12}\.tmp"
_OWNED = re.compile(
    r"\.(?P<name>.+)\.(?P<place>[0-9a-f]{12})-(?P<process>\d{1,9})"
    r"-(?P<start>\d{1,20})\.[0-9a-f]{12}\.(?P<kind>tmp|tmp\.old|mark)",
    re.DOTALL,
)
_MAX_NAME = 255  # Of most file systems, in bytes.


def beside(path, kind="tmp"):
    """Returns the path of a new file in the folder of another.

    Arguments:
        path: String: a local path.
        kind: String: what the name ends in.
    """
    folder, name = os.path.split(path)
    unique = f"{uuid.uuid4().hex[:12]}.{kind}"
    owner = _owner()
    if owner is not None:
        longer = f".{name}.{owner}.{unique}"
        if len(os.fsencode(longer)) <= _MAX_NAME:
            return os.path.join(folder, longer)
    return os.path.join(folder, f".{name}.{unique}")


def remove_left_over(folder):
    """Deletes the files and folders that killed processes left half written.

    Arguments:
        folder: String: a local folder.
    """
    for path, name in left_over(folder, "tmp"):
        _remove(path)
    for path, name in left_over(folder, "tmp.old"):
        # Where two folders can't change places in one step, it may be the only
        # good one.
        if os.path.lexists(os.path.join(folder, name)):
            _remove(path)


def left_over(folder, kind):
    """Returns pairs of the paths that killed processes left, and final names.

    Arguments:
        folder: String: a local folder.
        kind: String: what their names end in.
    """
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    matches = [_OWNED.fullmatch(x) for x in names if x.endswith(f".{kind}")]
    return [
        (os.path.join(folder, match.group()), match["name"])
        for match in matches
        if match and match["kind"] == kind and _is_left_over(folder, match)
    ]


def _is_left_over(folder, match):
    if match["place"] != _place():
        return False
    if not _is_gone(int(match["process"]), int(match["start"])):
        return False
    with contextlib.suppress(OSError):
        found = os.lstat(os.path.join(folder, match.group()))
        return found.st_uid == os.geteuid()
    return False


def _remove(path):
    with contextlib.suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.remove(path)


# Processes


def _owner():
    """Returns how this process is told from all others, or None."""
    start = None if _place() is None else _start(os.getpid())
    return None if start is None else f"{_place()}-{os.getpid()}-{start}"


@functools.cache
def _place():
    """Returns where numbers of processes mean the same as here, or None."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read()
        parts = [os.uname().nodename, boot, os.readlink("/proc/self/ns/pid")]
        # `/proc` might be that of another container.
        if os.readlink("/proc/self") != str(os.getpid()):
            return None
    except (AttributeError, OSError, ValueError):
        return None
    with contextlib.suppress(OSError):
        # The clock by which processes start.
        parts.append(os.readlink("/proc/self/ns/time"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _start(process):
    """Returns when a process started, in ticks since the boot, or None."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # The name of the program, in brackets, may hold anything.
            fields = file.read().rpartition(b")")[2].split()
        return int(fields[19])
    except (IndexError, OSError, ValueError):
        return None


def _is_gone(process, start):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # It is another user's.
    found = _start(process)
    return found is not None and found != start
