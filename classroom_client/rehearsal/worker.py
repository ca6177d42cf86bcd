"""A process that rehearses some of the lessons: its job on stdin, progress and results on stdout."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from classroom_client.entry import open_door
from classroom_client.rehearsal.book import Book, Whose
from classroom_client.rehearsal.footage import encode
from classroom_client.rehearsal.lesson_run import LessonJob, LessonResult, LessonRun
from classroom_client.rehearsal.limits import Limits
from classroom_client.rehearsal.sabotage import Sabotage

GO: Final = b"go\n"
LINE_MAX: Final = 64 * 1024 * 1024


class Job(Struct, frozen=True):
    """What a worker has to do, the first line on its stdin. After `ready` it waits for the line GO; the end of its
    stdin ends it.
    """

    server: str
    ca: str | None
    unchecked_on_loopback: bool
    lessons: list[LessonJob]
    seconds: float
    sabotage: Sabotage
    limits: Limits


class Told(Struct, frozen=True, tag=True):
    """A line of progress: ready, joined, live, ending or ended; `lesson` None where it is of all."""

    step: str
    lesson: int | None = None


class Done(Struct, frozen=True, tag=True):
    """The last line: every lesson's result."""

    lessons: list[LessonResult]


Line = Told | Done


def main() -> None:
    """The worker's whole life."""
    asyncio.run(_run())


async def _run() -> None:
    told = asyncio.StreamReader(limit=LINE_MAX)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    job = msgspec.json.decode(await told.readline(), type=Job)
    runs = _runs(job)
    _tell(Told("ready"))
    if await told.readline() != GO:
        return
    rehearsing = asyncio.create_task(_rehearse(job, runs))
    orphaned = asyncio.create_task(told.read())
    await asyncio.wait({orphaned, rehearsing}, return_when=asyncio.FIRST_COMPLETED)
    for task in (orphaned, rehearsing):
        if not task.done():
            task.cancel()
    await asyncio.wait({orphaned, rehearsing})
    if not rehearsing.cancelled():
        _tell(Done(rehearsing.result()))


def _runs(job: Job) -> list[LessonRun]:
    """The lessons of this worker with all their footage, ready to begin."""
    footage = {
        Whose(lesson.number, number): encode(lesson.number, number)
        for lesson in job.lessons
        for number in range(len(lesson.tokens))
    }
    book = Book(footage.items())
    door = open_door(job.server, Path(job.ca) if job.ca else None, job.unchecked_on_loopback)
    runs = [LessonRun(lesson, door, footage, book, job.sabotage, job.limits) for lesson in job.lessons]
    # The footage lives until the end; a full collection in class would stop every participant of this process.
    gc.collect()
    gc.freeze()
    return runs


async def _rehearse(job: Job, runs: list[LessonRun]) -> list[LessonResult]:
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(run.run(job.seconds, _teller(lesson.number)))
            for run, lesson in zip(runs, job.lessons, strict=True)
        ]
    return [each.result() for each in running]


def _teller(lesson: int) -> Callable[[str], None]:
    return lambda step: _tell(Told(step, lesson))


def _tell(line: Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()
