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
"""Unpacking of archives that strangers made.

All members of an archive are looked at before one of them is written, and a bad
one refuses the whole. Where a member would go is found from names alone: what
stands on the disk, or how this version of Python resolves links, decides
nothing.
"""

import os
import shutil
import stat
import unicodedata
from collections.abc import Sequence

from tfk.saving import archive_members
from tfk.saving import temporary_names
from tfk.saving.archive_members import COPY
from tfk.saving.archive_members import FILE
from tfk.saving.archive_members import FOLDER
from tfk.saving.archive_members import LINK

_READERS = {
    "tar": archive_members.TarReader,
    "zip": archive_members.ZipReader,
}
# Members are hardly smaller than this in an archive, compressed or not.
_MIN_MEMBER_BYTES = 32
_MEMBER_FLOOR = 100_000
_CHUNK = 2**18


def extract(
    path: str, folder: str, archive_format: str | Sequence[str] | None = "auto"
) -> bool:
    """Unpacks an archive into a folder: all of it, or nothing.

    Files that are there already are replaced. Links are made only within the
    archive, and no file gets more rights than those to be read, written by its
    owner, and run.

    Arguments:
        path: The archive.
        folder: Where to; it is made if it is not there.
        archive_format: `"tar"`, `"zip"`, a list of such names to try, `"auto"`
            for all of them, or None for none.

    Returns:
        Whether the file is an archive of such a format.

    Raises:
        UnsafeFileError: If a member would be written elsewhere, or is larger
            than can be meant. Nothing was written then.
        CorruptFileError: If the archive is broken. Nothing was written then.
    """
    reader = _reader(path, archive_format)
    if reader is None:
        return False
    members = _checked(path, reader.members())
    _check_place(path, members, folder)
    os.makedirs(folder, exist_ok=True)
    temporary_names.remove_left_over(folder)
    fresh = temporary_names.beside(os.path.join(folder, "unpacked"))
    os.mkdir(fresh)
    try:
        _write(path, reader, members, fresh)
        _merge(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def is_extracted(
    path: str, folder: str, archive_format: str | Sequence[str] | None = "auto"
) -> bool:
    """Whether all files of an archive are in a folder, in their full size.

    Arguments:
        path: The archive.
        folder: The folder.
        archive_format: As for `extract`.
    """
    reader = _reader(path, archive_format)
    if reader is None:
        return True
    for member in _checked(path, reader.members()):
        try:
            found = os.lstat(os.path.join(folder, *member.parts))
        except OSError:
            return False
        if member.kind == FILE and found.st_size != member.size:
            return False
    return True


def _reader(path, archive_format):
    """Returns the reader of an archive, or None if it is of no such format."""
    if archive_format is None:
        return None
    names = archive_format
    if isinstance(names, str):
        names = list(_READERS) if names == "auto" else [names]
    for name in names:
        if name not in _READERS:
            raise ValueError(
                "`archive_format` must be 'auto', 'tar', 'zip', None, or a "
                f"list of names. Received: archive_format={archive_format!r}."
            )
    for name in names:
        reader = _READERS[name](path)
        if reader.can_read():
            return reader
    return None


# Looking


def _checked(path, members):
    """Returns the members, found to be harmless together."""
    max_bytes = archive_members.max_bytes(path)
    max_members = _MEMBER_FLOOR + os.path.getsize(path) // _MIN_MEMBER_BYTES
    found, total = {}, 0
    for count, member in enumerate(members):
        name = "/".join(member.parts)
        if count >= max_members:
            raise archive_members.unsafe(
                path, f"it has more than {max_members:,} members", name
            )
        total += member.size
        if total > max_bytes:
            raise archive_members.unsafe(
                path,
                f"it has {os.path.getsize(path):,} bytes and would unpack to "
                f"more than {max_bytes:,}",
                name,
            )
        if not member.parts and member.kind == FOLDER:
            continue  # The folder itself: `./`.
        key = _folded(member.parts)
        if not key or (
            key in found and not member.kind == found[key].kind == FOLDER
        ):
            raise archive_members.unsafe(
                path, "two members have one name, or one has none", name
            )
        found[key] = member
    folders = {key[:end] for key in found for end in range(len(key))}
    for key, member in found.items():
        _check_parents(path, key, member, found)
        if member.kind in (LINK, COPY):
            target = _check_link(path, member, found, folders)
            total += target.size if member.kind == COPY else 0
    if total > max_bytes:
        raise archive_members.unsafe(path, "its links unpack to too much")
    return list(found.values())


def _folded(parts):
    """Returns the name that file systems take for the same as this one."""
    return tuple(
        unicodedata.normalize("NFKC", part).casefold() for part in parts
    )


def _check_parents(path, key, member, found):
    for end in range(1, len(key)):
        parent = found.get(key[:end])
        if parent is not None and parent.kind != FOLDER:
            raise archive_members.unsafe(
                path,
                "a member lies below another one, which is no folder",
                "/".join(member.parts),
            )


def _check_link(path, member, found, folders):
    """Returns the file or folder of the same archive that a link leads to."""
    name = "/".join(member.parts)
    base = member.parts[:-1] if member.kind == LINK else ()
    target = _target_parts(member.target or "", base)
    if target is None:
        raise archive_members.unsafe(
            path, f"a link leads elsewhere, to {member.target!r}", name
        )
    key = _folded(target)
    there = found.get(key)
    if there is None and (member.kind == COPY or key not in folders):
        raise archive_members.unsafe(
            path,
            f"a link leads to {member.target!r}, which the archive lacks",
            name,
        )
    if there is not None and there.kind not in (
        (FILE,) if member.kind == COPY else (FILE, FOLDER)
    ):
        raise archive_members.unsafe(
            path, f"a link leads to another link, {member.target!r}", name
        )
    if member.kind == COPY and there.parts != target:
        raise archive_members.unsafe(
            path, f"a link is written {member.target!r}, not as the file", name
        )
    return there


def _target_parts(target, base):
    """Returns where a link leads, from the archive's top, or None: out of it.

    Steps upwards count only at the start: behind a name they could lead back
    out of another link.
    """
    if target.startswith("/") or "\\" in target or "\x00" in target:
        return None
    steps = [step for step in target.split("/") if step not in ("", ".")]
    while steps and steps[0] == "..":
        if not base:
            return None
        steps, base = steps[1:], base[:-1]
    return None if ".." in steps else (*base, *steps)


def _check_place(path, members, folder):
    """Raises if something stands in the way, so that nothing is half done."""
    for member in members:
        place = folder
        for depth, part in enumerate(member.parts):
            place = os.path.join(place, part)
            try:
                mode = os.lstat(place).st_mode
            except FileNotFoundError:
                break
            is_last = depth == len(member.parts) - 1
            wants_folder = not is_last or member.kind == FOLDER
            if wants_folder != stat.S_ISDIR(mode):
                raise ValueError(
                    f"{path}: it can't be unpacked: {place!r} is there already "
                    f"and is {'no' if wants_folder else 'a'} folder. Nothing "
                    "was unpacked. Move that away, or unpack elsewhere."
                )


# Writing


def _write(path, reader, members, folder):
    for member in members:
        if member.kind == FOLDER:
            os.makedirs(os.path.join(folder, *member.parts), exist_ok=True)
    for member, stream in reader.contents(members):
        _write_file(path, _made_place(folder, member), member, stream)
    for member in members:
        place = _made_place(folder, member)
        if member.kind == COPY:
            target = _target_parts(member.target, ())
            shutil.copy(os.path.join(folder, *target), place)
        elif member.kind == LINK:
            os.symlink(member.target, place)


def _made_place(folder, member):
    place = os.path.join(folder, *member.parts)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    return place


def _write_file(path, place, member, stream):
    left = member.size
    with open(place, "xb") as file:
        while True:
            with archive_members.damage(path):
                chunk = stream.read(_CHUNK)
            left -= len(chunk)
            if left < 0 or (not chunk and left):
                raise archive_members.unsafe(
                    path,
                    f"a member is not of the {member.size:,} bytes that it "
                    "declares",
                    "/".join(member.parts),
                )
            if not chunk:
                break
            file.write(chunk)
    os.chmod(place, 0o755 if member.is_executable else 0o644)


def _merge(source, folder):
    """Moves what is in a folder into another one on the same disk."""
    for entry in list(os.scandir(source)):
        target = os.path.join(folder, entry.name)
        if entry.is_dir(follow_symlinks=False) and os.path.isdir(target):
            _merge(entry.path, target)
        else:
            os.replace(entry.path, target)
