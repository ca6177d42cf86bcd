"""Files of a lesson's folder, opened so that no name can lead out of it.

Each step is opened relative to the last one's descriptor, without following symbolic links (openat(2), O_NOFOLLOW);
names are matched first. Whatever is wrong, the answer is the same 404.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

LESSON_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
FILE_NAME = re.compile(r"(?:(media|thumbs|tracks|pages)/)?([A-Za-z0-9][A-Za-z0-9_.:-]{0,199})")
PUBLISHED = ("media", "thumbs")


def open_file(lessons: Path, lesson_id: str, name: str) -> tuple[int, os.stat_result] | None:
    """A read-only descriptor of a regular file in the lesson's folder and its status, or None.

    name: `folder/file`, or `file` alone, which is looked for among the published ones. The caller closes it.
    """
    parts = FILE_NAME.fullmatch(name)
    if parts is None or not LESSON_ID.fullmatch(lesson_id):
        return None
    for folder in (parts[1],) if parts[1] else PUBLISHED:
        found = _regular_file(_open_folder(lessons, lesson_id, folder), parts[2])
        if found is not None:
            return found
    return None


def open_log(lessons: Path, lesson_id: str) -> tuple[int, os.stat_result] | None:
    """The lesson's log, as `open_file` would give it."""
    if not LESSON_ID.fullmatch(lesson_id):
        return None
    return _regular_file(_open_folder(lessons, lesson_id), "log.jsonl")


def _open_folder(base: Path, *names: str) -> int | None:
    """A descriptor of the folder `base/names[0]/...`, or None where a step is missing or no folder."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    descriptor: int | None = None
    try:
        descriptor = os.open(base, flags)
        for name in names:
            inner = os.open(name, flags | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
    except OSError:
        if descriptor is not None:
            os.close(descriptor)
        return None
    return descriptor


def _regular_file(folder: int | None, name: str) -> tuple[int, os.stat_result] | None:
    """Opens `name` in `folder` and closes `folder`. A pipe or a device would block or worse: regular files only."""
    if folder is None:
        return None
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    finally:
        os.close(folder)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return descriptor, status
    os.close(descriptor)
    return None
