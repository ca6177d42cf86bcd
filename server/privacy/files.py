"""Deleting a recording from a lesson's folder, so that a second look proves it gone.

What goes: tracks, published media, pictures of the pages, thumbnails, manifest, and whatever else lies there. What
stays is the lesson log, for the figures of reports: who was there by id, when, on which line. It has no names; the
shapes of what was written on the board go from it (docs/decisions/0012).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, structs

from server.lesson_log import read_log
from server.recording.package import MANIFEST, sync_folder, write_atomically
from signaling.log import encode_line
from signaling.messages import Logged, PicturePut, StrokeDrawn

LOG = "log.jsonl"
NO_SHAPE = [0, 0, 0]
"""A stroke of one point without pressure at the page's corner: it counts, and shows nothing."""
NO_DIGEST = "0" * 64
"""Who has a picture of her own could find by its digest where it was shown."""


class Found(Struct, frozen=True):
    """What a recording takes: files, and their size in bytes; the log is not counted."""

    files: int
    bytes: int


def recorded(lessons: Path) -> list[str]:
    """The lessons whose folder holds anything but the log."""
    if not lessons.is_dir():
        return []
    return sorted(folder.name for folder in lessons.iterdir() if folder.is_dir() and any(_all_but_log(folder)))


def measure(folder: Path) -> Found:
    """What is there to be deleted."""
    sizes = [
        path.lstat().st_size
        for entry in _all_but_log(folder)
        for path in (entry.rglob("*") if entry.is_dir() and not entry.is_symlink() else (entry,))
        if not path.is_dir() or path.is_symlink()
    ]
    return Found(len(sizes), sum(sizes))


def delete(folder: Path) -> None:
    """Deletes the recording: the manifest first, so that a half deleted one is no recording any more. Can be repeated.

    Raises:
        OSError: the disk refuses; what is gone is gone.
    """
    if not folder.is_dir():
        return
    (folder / MANIFEST).unlink(missing_ok=True)
    for entry in list(_all_but_log(folder)):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    if (folder / LOG).exists():
        _forget_shapes(folder / LOG)
    sync_folder(folder)


def is_gone(folder: Path) -> bool:
    """Whether nothing of a recording is left, looked at anew."""
    if not folder.is_dir():
        return True
    return not any(_all_but_log(folder)) and not any(_has_shape(logged) for logged in _lines(folder / LOG))


def is_back(folder: Path) -> bool:
    """Whether there is anything beside the log, in a folder from which it was deleted."""
    return folder.is_dir() and any(_all_but_log(folder))


def _all_but_log(folder: Path) -> Iterator[Path]:
    return (entry for entry in folder.iterdir() if entry.name != LOG)


def _lines(path: Path) -> Iterator[Logged]:
    return iter(read_log(path)) if path.exists() else iter(())


def _forget_shapes(path: Path) -> None:
    """Writes the log anew without the shapes of strokes, whole or not at all; numbers and times stay."""
    if any(_has_shape(logged) for logged in _lines(path)):
        write_atomically(path, b"".join(encode_line(_without_shape(logged)) for logged in _lines(path)))
        os.chmod(path, 0o600)


def _has_shape(logged: Logged) -> bool:
    match logged.event:
        case StrokeDrawn(points=points):
            return list(points) != NO_SHAPE
        case PicturePut(digest=digest):
            return digest != NO_DIGEST
        case _:
            return False


def _without_shape(logged: Logged) -> Logged:
    match logged.event:
        case StrokeDrawn() as drawn:
            return structs.replace(logged, event=structs.replace(drawn, points=NO_SHAPE))
        case PicturePut() as put:
            return structs.replace(logged, event=structs.replace(put, digest=NO_DIGEST))
        case _:
            return logged
