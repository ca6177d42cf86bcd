"""The rehearsed lesson: everybody comes, class begins, each classroom has the floor once, all draw, class ends.

What a step needs is awaited from what the participants are told by the server; a step that does not come is a failure
with a name, and the lesson goes on as far as it can.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from classroom_client.entry import EntryError
from classroom_client.lines.profiles import Profile
from classroom_client.rehearsal.failures import Code, Failure
from classroom_client.rehearsal.participant import Participant
from signaling.errors import SignalingError
from signaling.messages import BoardCheck, CallOn, EndLesson, ReturnFloor, StartLesson

JOIN_DEADLINE_S: Final = 30.0
STEP_DEADLINE_S: Final = 10.0
LEAD_STROKE_EVERY_S: Final = 0.25
CLASS_STROKE_EVERY_S: Final = 0.5
CONTROL_S: Final = 6.0
SETTLES_S: Final = 6.0
"""Before a line becomes weak, and after it is good again."""


class Scenario:
    """One lesson: participants[0] is the lead. `progress` is told joined, live, ending and ended."""

    def __init__(
        self,
        participants: list[Participant],
        seconds: float,
        progress: Callable[[str], None],
        line: Profile | None = None,
    ) -> None:
        self.participants = participants
        self.lead, self.classes = participants[0], participants[1:]
        self.failures: list[Failure] = []
        self.board_identical = False
        self.ended_ns = 0
        self.live_ns = 0
        self.phases_ns: list[int] = []
        """When each phase of the last room's line began, and when the last one was over."""
        self._seconds = seconds
        self._line = line
        self._progress = progress

    async def play(self) -> None:
        """Plays the whole lesson; afterwards everything is in the participants and in `failures`."""
        async with self._everybody():
            if not await self._all_joined():
                self.ended_ns = time.monotonic_ns()
                return
            self._progress("joined")
            await self.lead.send(StartLesson(record=True))
            await self._expect("start", self.participants, lambda one: one.lesson.phase == "live")
            self.live_ns = time.monotonic_ns()
            self._progress("live")
            await (self._teach() if self._line is None else self._teach_over(self._line))
            self._progress("ending")
            await self._compare_boards()
            self.ended_ns = time.monotonic_ns()
            await self.lead.send(EndLesson())
            await self._expect("end", [self.lead], lambda one: one.lesson.phase == "ended")
            self._progress("ended")

    @asynccontextmanager
    async def _everybody(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._take_part(each)) for each in self.participants]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _take_part(self, one: Participant) -> None:
        try:
            await one.run()
        except* (EntryError, SignalingError, OSError) as group:
            for error in _leaves(group):
                reason = getattr(error, "code", type(error).__name__)
                self._fail("join_failed", receiver=one.name, reason=str(reason))

    async def _all_joined(self) -> bool:
        waits = [asyncio.wait_for(one.connected.wait(), JOIN_DEADLINE_S) for one in self.participants]
        results = await asyncio.gather(*waits, return_exceptions=True)
        missing = [one for one, result in zip(self.participants, results, strict=True) if result is not True]
        for one in missing:
            self._fail("join_failed", receiver=one.name, reason="timeout")
        return not missing

    async def _expect(self, step: str, whom: list[Participant], holds: Callable[[Participant], bool]) -> None:
        results = await asyncio.gather(*(one.until(partial(holds, one), STEP_DEADLINE_S) for one in whom))
        for one, result in zip(whom, results, strict=True):
            if not result:
                self._fail("step_missed", receiver=one.name, step=step)

    async def _teach(self) -> None:
        """The lead draws all the time; in turn each classroom has the floor and draws too."""
        drawing = asyncio.create_task(self._draw_for_ever(self.lead, LEAD_STROKE_EVERY_S))
        share_s = self._seconds / (len(self.classes) + 1)
        try:
            await asyncio.sleep(share_s / 2)
            for each in self.classes:
                await self._call_on(each, share_s)
            await asyncio.sleep(share_s / 2)
        finally:
            drawing.cancel()
            await asyncio.gather(drawing, return_exceptions=True)

    async def _teach_over(self, line: Profile) -> None:
        """The lead teaches and draws while the last room's line goes through its phases."""
        drawing = asyncio.create_task(self._draw_for_ever(self.lead, CLASS_STROKE_EVERY_S))
        try:
            await asyncio.sleep(CONTROL_S)
            for number, phase in enumerate(line.phases):
                self._change(f"line.{number}")
                if phase.moves:
                    self.classes[-1].move()
                if number == 0 and line.rejoins:
                    self.classes[-1].come_anew()
                await asyncio.sleep(phase.seconds)
            self._change("line.good")
            await asyncio.sleep(SETTLES_S)
        finally:
            drawing.cancel()
            await asyncio.gather(drawing, return_exceptions=True)

    def _change(self, step: str) -> None:
        self._progress(step)
        self.phases_ns.append(time.monotonic_ns())

    async def _call_on(self, called: Participant, seconds: float) -> None:
        who = called.lesson.you
        if who is None:
            return
        await self.lead.send(CallOn(participant=who))
        await self._expect("call_on", self.participants, lambda one: one.lesson.floor == who)
        for one in self.participants:
            if one is not called and not await one.until(partial(_on_stage, one, who), STEP_DEADLINE_S):
                self._fail("floor_not_seen", receiver=one.name, called=who)
        drawing = asyncio.create_task(self._draw_for_ever(called, CLASS_STROKE_EVERY_S))
        await asyncio.sleep(seconds)
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)
        # What is still on its way when the floor is taken away would rightly be refused.
        await self._expect("strokes", [called], lambda one: one.on_board.issuperset(one.drawn))
        await self.lead.send(ReturnFloor())
        await self._expect("return_floor", self.participants, lambda one: one.lesson.floor is None)

    async def _draw_for_ever(self, one: Participant, every_s: float) -> None:
        while True:
            await one.draw()
            await asyncio.sleep(every_s)

    async def _compare_boards(self) -> None:
        """Every client hashes the board it has folded, after the same event; the server checks them too."""
        drawn = {operation for one in self.participants for operation in one.drawn}
        await self._expect("board", self.participants, lambda one: drawn <= one.on_board)
        number = max(one.lesson.board_number for one in self.participants)
        await self._expect("board", self.participants, lambda one: one.lesson.board_number >= number)
        hashes = {one.name: one.lesson.board.hash() for one in self.participants}
        for one in self.participants:
            await one.send(BoardCheck(number=one.lesson.board_number, hash=hashes[one.name]))
        for one in self.participants:
            board = one.lesson.board
            lost = drawn.difference(shape.id for page in board.page_ids for shape in board.visible(page))
            if lost:
                self._fail("board_event_lost", receiver=one.name, lost=str(len(lost)), of=str(len(drawn)))
            if hashes[one.name] != hashes[self.lead.name]:
                self._fail("board_differs", receiver=one.name)
        self.board_identical = len(set(hashes.values())) == 1 and bool(drawn)

    def _fail(self, code: Code, **values: str) -> None:
        self.failures.append(Failure(code, values))


def _on_stage(one: Participant, who: str) -> bool:
    """Whether its view has `who` on the stage, seen and heard."""
    seats = [seat for seat in one.lesson.view.seats if seat.participant == who and seat.place == "stage"]
    return any(seat.video is not None and seat.audio is not None for seat in seats)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
