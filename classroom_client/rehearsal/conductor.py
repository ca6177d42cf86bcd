"""Conducts a rehearsal: workers for the lessons, the server's load while all of them are live, one report."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from classroom_client.entry import open_door
from classroom_client.lines.profiles import rehearsed_lines
from classroom_client.rehearsal.failures import Failure
from classroom_client.rehearsal.lesson_run import LessonJob, LessonResult
from classroom_client.rehearsal.limits import Limits
from classroom_client.rehearsal.load import Meter, Reading, load_between
from classroom_client.rehearsal.report import Report, Totals
from classroom_client.rehearsal.sabotage import Sabotage
from classroom_client.rehearsal.venue import Venue
from classroom_client.rehearsal.worker import GO, LINE_MAX, Done, Job, Line, Told

BEYOND_CLASS_S: Final = 240.0
"""How long a worker may take besides the class itself: footage, joining, publishing, checking."""


@dataclass(frozen=True)
class Plan:
    """What is to be rehearsed, and how the server is reached."""

    seconds: float
    sabotage: Sabotage
    ca: Path | None
    unchecked_on_loopback: bool
    limits: Limits


@dataclass
class _State:
    """What the workers told so far."""

    lessons: int
    preparing: set[int] = field(default_factory=set)
    live: int = 0
    all_ready: asyncio.Event = field(default_factory=asyncio.Event)
    results: list[LessonResult] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    first: Reading | None = None
    last: Reading | None = None


class Conductor:
    """One rehearsal. `say` makes a failure into a sentence; `progress` is told each step of each lesson."""

    def __init__(
        self, plan: Plan, venue: Venue, say: Callable[[Failure], str], progress: Callable[[Told], None]
    ) -> None:
        self._plan, self._venue, self._say, self._progress = plan, venue, say, progress
        ca = Path(venue.ca) if venue.ca else plan.ca
        door = open_door(venue.server, ca, plan.unchecked_on_loopback)
        self._meter = Meter(venue.pid, door)
        self._state = _State(len(venue.lessons))
        weak = venue.lessons[0].weak if venue.lessons else None
        self._profile = None if weak is None else rehearsed_lines()[weak.line]

    async def run(self) -> Report:
        """The whole rehearsal."""
        workers = _shares(self._venue.lessons, os.cpu_count() or 1)
        async with asyncio.TaskGroup() as tasks:
            self._state.preparing.update(range(len(workers)))
            for number, share in enumerate(workers):
                tasks.create_task(self._work(number, share))
        state = self._state
        totals = Totals(sorted(state.results, key=lambda result: result.number))
        failures = [*state.failures, *(each for result in totals.lessons for each in result.failures)]
        failures += totals.slow(self._plan.limits)
        sentences = list(dict.fromkeys(self._say(failure) for failure in failures))
        return totals.report(load_between(state.first, state.last), sentences)

    async def _work(self, number: int, share: list[LessonJob]) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._venue.inside, sys.executable, "-m", "classroom_client", "rehearse-worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_MAX,
        )  # fmt: skip
        try:
            over_s = 0.0 if self._profile is None else sum(phase.seconds for phase in self._profile.phases)
            async with asyncio.timeout(self._plan.seconds + over_s + BEYOND_CLASS_S):
                await self._talk(process, number, share)
        except TimeoutError:
            self._state.failures.append(Failure("worker_failed", {"reason": "timeout"}))
        finally:
            self._prepared(number)
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _talk(self, process: asyncio.subprocess.Process, number: int, share: list[LessonJob]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(self._job(share)) + b"\n")
        done = False
        while line := await process.stdout.readline():
            match msgspec.json.decode(line, type=Line):
                case Told(step="ready"):
                    self._prepared(number)
                    await self._state.all_ready.wait()
                    process.stdin.write(GO)
                case Told() as told:
                    await self._tell(told)
                case Done(lessons=results):
                    self._state.results += results
                    done = True
        code = await process.wait()
        if not done:
            self._state.failures.append(Failure("worker_failed", {"reason": str(code)}))

    def _prepared(self, number: int) -> None:
        """All lessons begin together, once every worker has its footage or is gone."""
        self._state.preparing.discard(number)
        if not self._state.preparing:
            self._state.all_ready.set()

    async def _tell(self, told: Told) -> None:
        state = self._state
        if told.step == "live":
            state.live += 1
            if state.live == state.lessons:
                state.first = await self._meter.read()
        elif told.step == "ending" and state.last is None:
            state.last = await self._meter.read()
        elif told.step.startswith("line.") and self._venue.line is not None and self._profile is not None:
            number = told.step.removeprefix("line.")
            self._venue.line.become(None if number == "good" else self._profile.phases[int(number)])
        self._progress(told)

    def _job(self, share: list[LessonJob]) -> Job:
        plan = self._plan
        return Job(
            server=self._venue.server,
            ca=self._venue.ca or (str(plan.ca) if plan.ca else None),
            unchecked_on_loopback=plan.unchecked_on_loopback,
            lessons=share,
            seconds=plan.seconds,
            sabotage=plan.sabotage,
            limits=plan.limits,
        )


def _shares(lessons: list[LessonJob], processors: int) -> list[list[LessonJob]]:
    """The lessons dealt out to as many workers as there are processors."""
    count = min(len(lessons), processors)
    return [lessons[first::count] for first in range(count)]
