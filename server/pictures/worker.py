"""The process that decodes pictures of strangers: `python -m server.pictures.worker FILE FOLDER PAGE`.

Limits on its memory, its time and what it may write are its own, and where the system lets it, it has no network.
It writes `full.webp`, `small.webp` and `thin.webp` into FOLDER and says what it made as one line of JSON. PAGE -1 only
counts the pages.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from server.pictures import limits
from server.pictures.faults import BadPicture, Fault

OK, BAD_PICTURE = 0, 3
COUNT_ONLY: Final = -1
_NICER: Final = 5
"""Lessons come first; but a class waits for the page, so it gets a third of a busy processor, not a tenth."""
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


class Made(Struct, frozen=True):
    """What there is: pages of the file; width and height of the page that was made, in pixels."""

    pages: int
    width: int = 0
    height: int = 0


def main(path: Path, folder: Path, page: int) -> int:
    """Makes the qualities of one picture or page."""
    _confine()
    try:
        made: Made | Fault = _make(path, folder, page)
    except BadPicture as bad:
        made = bad.code
    except (MemoryError, RecursionError):
        made = "too_heavy"
    sys.stdout.buffer.write(msgspec.json.encode(made))
    return OK if isinstance(made, Made) else BAD_PICTURE


def _make(path: Path, folder: Path, page: int) -> Made:
    from server.pictures import opening, qualities

    if page == COUNT_ONLY:
        return Made(opening.count_pages(path))
    picture = opening.open_page(path, page)
    with ThreadPoolExecutor(2) as pool:  # the codecs leave other threads their turn
        made = {make.__name__: pool.submit(make, picture) for make in (qualities.thin, qualities.full, qualities.small)}
    for name, octets in made.items():
        (folder / f"{name}.webp").write_bytes(octets.result())
    return Made(1, picture.width, picture.height)


def _confine() -> None:
    for which, limit in (
        (resource.RLIMIT_AS, limits.MEMORY_BYTES),
        (resource.RLIMIT_CPU, limits.CPU_S),
        (resource.RLIMIT_FSIZE, limits.FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (limit, limit))
    os.nice(_NICER)
    # A network namespace of its own has no way out; a system that grants none is no reason to refuse pictures.
    ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
