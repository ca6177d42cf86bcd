"""The pictures of a lesson on disk: `pages/<digest>.<quality>.webp` in its folder, named by what they hold."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, get_args

from msgspec import Struct

Quality = Literal["full", "small", "thin"]
"""full: what a good line shows; small: for narrow lines; thin: grey, at most 20 kB, for lines that carry hardly more
than speech."""
QUALITIES: tuple[Quality, ...] = get_args(Quality)
FOLDER: Final = "pages"
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_FULL: Final = re.compile(r"([0-9a-f]{64})\.full\.webp")
_HEADER_BYTES: Final = 30
_LOSSY: Final = b"VP8 "
_PDF: Final = b"%PDF-"
_PDF_HEAD_BYTES: Final = 1024


class Picture(Struct, frozen=True):
    """A picture that is kept. digest: SHA-256 of its `full` file, hexadecimal; width, height: of that, in pixels."""

    digest: str
    width: int
    height: int


def file_name(digest: str, quality: Quality) -> str:
    """The file's name in FOLDER."""
    return f"{digest}.{quality}.webp"


def kept_in(lesson_folder: Path) -> list[Picture]:
    """Every whole picture of the lesson; what a crash left half made is swept away.

    Raises:
        OSError: the disk refuses.
    """
    folder = lesson_folder / FOLDER
    if not folder.is_dir():
        return []
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            shutil.rmtree(entry, ignore_errors=True)
    return sorted(_pictures(folder), key=lambda picture: picture.digest)


def _pictures(folder: Path) -> Iterator[Picture]:
    for entry in folder.iterdir():
        named = _FULL.fullmatch(entry.name)
        if named is None or not all((folder / file_name(named[1], one)).is_file() for one in QUALITIES):
            continue
        with entry.open("rb") as file:
            size = size_of(file.read(_HEADER_BYTES))
        if size is not None:
            yield Picture(named[1], *size)


def size_of(header: bytes) -> tuple[int, int] | None:
    """Width and height by the head of a lossy WebP file, without decoding it; None where it is none (RFC 9649, 2.5)."""
    if len(header) < _HEADER_BYTES or header[:4] != b"RIFF" or header[8:16] != b"WEBP" + _LOSSY:
        return None
    width, height = (int.from_bytes(header[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return width, height


def is_pdf(path: Path) -> bool:
    """By its content: the mark stands within the first kilobyte (ISO 32000-1, annex H.3)."""
    with path.open("rb") as file:
        return _PDF in file.read(_PDF_HEAD_BYTES)


def move_in(made: Path, folder: Path, digest: str) -> None:
    """Takes the files of one picture over from `made`, `full` last: with it the picture is whole.

    Raises:
        OSError: the disk refuses.
    """
    for quality in ("thin", "small", "full"):
        path = made / f"{quality}.webp"
        with path.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(path, folder / file_name(digest, quality))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
