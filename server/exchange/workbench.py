"""Where files are worked on: one at a time, each in a process of its own, never in the server's."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import msgspec
import structlog

from server.exchange import limits
from server.exchange.packing import Pages
from server.exchange.reading import Job
from server.exchange.sheets import BadFile
from server.exchange.snapshot import Judged
from server.exchange.worker import BAD_FILE, TOO_HEAVY

log = structlog.get_logger(__name__)

WAITING: Final = 8
"""Callers that may wait for their turn; more are turned away."""


class Busy(Exception):
    """Too many files at once."""


class Workbench:
    """Takes files in turn."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def judge(self, job: Job) -> Judged:
        """What the file would change.

        Raises:
            BadFile: it cannot be read, or reading it took too much (`too_heavy`).
            Busy: too many others wait.
        """
        answer = await self._run("read", msgspec.msgpack.encode(job), job.name)
        return msgspec.msgpack.decode(answer, type=Judged)

    async def pack(self, pages: Pages) -> bytes:
        """A workbook.

        Raises:
            BadFile: `too_heavy`.
            Busy: too many others wait.
        """
        return await self._run("pack", msgspec.msgpack.encode(pages), "xlsx")

    async def _run(self, job: str, given: bytes, name: str) -> bytes:
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with self._turn:
                return await _worker(job, given, name)
        finally:
            self._waiting -= 1


async def _worker(job: str, given: bytes, name: str) -> bytes:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.exchange.worker", job, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        async with asyncio.timeout(limits.ANSWER_WITHIN_S):
            answer, complaint = await process.communicate(given)
    except TimeoutError as error:
        raise BadFile("too_heavy", name=name) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == BAD_FILE:
        code, values = msgspec.msgpack.decode(answer, type=tuple[str, dict[str, str]])
        raise BadFile(code, **values)
    if process.returncode is not None and (process.returncode < 0 or process.returncode == TOO_HEAVY):
        log.warning("file too heavy", job=job, status=process.returncode)
        raise BadFile("too_heavy", name=name)
    assert process.returncode == 0, _last_line(complaint)
    return answer


def _last_line(complaint: bytes) -> str:
    """What kind of error ended the worker; its text may quote the file, which no log may."""
    return complaint.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0]
