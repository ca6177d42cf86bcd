"""Where pictures are made: one at a time, each in a process of its own, never in the server's."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import structlog

from server.pictures import limits
from server.pictures.faults import BadPicture, Fault
from server.pictures.kept import FOLDER, Picture, is_pdf, move_in
from server.pictures.worker import BAD_PICTURE, COUNT_ONLY, Made

log = structlog.get_logger(__name__)

WAITING: Final = 8
"""Callers that may wait for their turn; more are turned away."""


class Busy(Exception):
    """Too many pictures at once."""


class Studio:
    """Takes files in turn."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def pages(self, path: Path) -> int:
        """How many pages the file has: 1, or those of a PDF.

        Raises:
            BadPicture: it cannot be read.
            Busy: too many others wait.
        """
        if not await asyncio.to_thread(is_pdf, path):
            return 1
        async with self._in_turn():
            return (await _worker(path, path.parent, COUNT_ONLY)).pages

    async def make(self, path: Path, page: int, lesson_folder: Path) -> Picture:
        """Makes and keeps the qualities of a picture, or of page `page` (from 0) of a PDF.

        Raises:
            BadPicture, Busy: as `pages`.
            OSError: the disk refuses.
        """
        async with self._in_turn():
            with tempfile.TemporaryDirectory(prefix=".making-", dir=lesson_folder / FOLDER) as folder:
                made = await _worker(path, Path(folder), page)
                digest = await asyncio.to_thread(_digest, Path(folder) / "full.webp")
                await asyncio.to_thread(move_in, Path(folder), lesson_folder / FOLDER, digest)
        return Picture(digest, made.width, made.height)

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1


async def _worker(path: Path, folder: Path, page: int) -> Made:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.pictures.worker", str(path), str(folder), str(page),
        stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limits.ANSWER_WITHIN_S):
            answer, complaint = await process.communicate()
    except TimeoutError as error:
        raise BadPicture("too_heavy") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == BAD_PICTURE:
        raise BadPicture(msgspec.json.decode(answer, type=Fault))
    if process.returncode != 0:  # killed for its time, or broken by a file made to break it
        log.warning("picture too heavy", status=process.returncode, reason=_last_line(complaint))
        raise BadPicture("too_heavy")
    return msgspec.json.decode(answer, type=Made)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _last_line(complaint: bytes) -> str:
    """What kind of error ended the worker; its text may quote the file, which no log may."""
    return complaint.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0]
