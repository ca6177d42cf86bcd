"""One task per room: inputs go into the pure `Room`, its effects are carried out in order.

What an effect `Append` carries is on disk before any later effect of its batch is carried out: nobody, its author
included, sees an event that a power cut could take back. While one batch syncs, the next one gathers (group commit).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Literal

import structlog
from msgspec.structs import replace

from server.lesson_clock import LessonClock
from server.lesson_log import LessonLog, LogError
from server.media.offer import OfferRefused
from server.pages_ahead import PagesAhead
from server.room_inputs import Asks, Came, Ends, Expects, Input, Inputs, Joins, LooksAhead, Lost, Recorded
from server.room_lines import RoomLines
from server.room_media import Audience, RoomMedia, Wish
from server.room_recording import RoomRecording
from server.room_steps import Attach, Foretell, Negotiate, Step
from signaling import permissions
from signaling.cast import Member
from signaling.codec import refusal, type_of
from signaling.effects import Append, Close, Effect, Record, Route, Send, Want
from signaling.errors import Refused
from signaling.messages import (
    Counted,
    Ended,
    FromClient,
    FromServer,
    IceServer,
    Link,
    Logged,
    Offer,
    ParticipantId,
    RefusedMessage,
    Rung,
    Started,
    Welcome,
)
from signaling.passing import PASSING
from signaling.room import Room

log = structlog.get_logger(__name__)

TICK_S = 1.0
"""All rooms tick in the same moment: a wake-up of the server costs as much as several ticks."""
WRITE_AGAIN_AFTER_S = 0.5

Phase = Literal["live", "ended"]


class RoomRunner:
    """Runs one room. `on_phase` is told once when class begins and once when it is over, `on_count` how many pupils sit
    in a room.

    `ice_servers` says by which relay a participant may come; each welcome tells it. `on_refused` is told who sent which
    kind of message without the right to, once for each.
    """

    def __init__(
        self,
        room: Room,
        lesson_log: LessonLog,
        recording: RoomRecording,
        make_media: Callable[[Audience], RoomMedia],
        clock: LessonClock,
        on_phase: Callable[[Phase], Coroutine[None, None, None]],
        ice_servers: Callable[[ParticipantId], list[IceServer]] = lambda who: [],
        on_count: Callable[[ParticipantId, int], Coroutine[None, None, None]] | None = None,
        on_refused: Callable[[ParticipantId, str], None] = lambda who, kind: None,
    ) -> None:
        self.room = room
        self._log = lesson_log
        self._recording = recording
        self.media = make_media(self)
        self._clock = clock
        self._on_phase = on_phase
        self._ice_servers = ice_servers
        self._on_count = on_count
        self._on_refused = on_refused
        self._refused: set[tuple[ParticipantId, str]] = set()
        self._inputs = Inputs()
        self._lines = RoomLines(self.media.tell)
        self.ahead = PagesAhead(self._inputs)
        """What was told of the board before a line was there."""
        self.over = False
        """Nothing is taken any more."""
        self.closed = asyncio.Event()
        """Its log is closed: the lesson's room may be opened again."""
        self._rungs: dict[ParticipantId, Rung] = {}
        """Measured and not yet told to the room, which takes them with its next inputs or tick."""
        self._background: asyncio.TaskGroup | None = None

    # --- from outside ------------------------------------------------------------------------------------------

    async def put(self, item: Input) -> None:
        """Takes an input in its turn, waiting while the room is behind."""
        await self._inputs.put(item)

    def passed(self, came: Came) -> bool:
        """Takes, at once, what only passes an idle room; whether it did."""
        if type(came.message) not in PASSING or not self._inputs.idle:
            return False
        if self._lines.speaks(came.who, came.line):
            for step in self._message(came.who, came.message, self._clock.now_ms()):
                self._do(step)
        return True

    async def page_ahead(self, who: ParticipantId) -> bytes | None:
        """The page that is shown, for a participant whose line is being made; None where the line tells it too."""
        return await self.ahead.page(who)

    async def run(self, opening: list[Effect]) -> None:
        """Carries out `opening` and then what the inputs ask for, until the class is over and everybody has left."""
        async with asyncio.TaskGroup() as background:
            self._background = background
            await self._carry_out(opening)
            loop = asyncio.get_running_loop()
            while not self._finished():
                to_tick_s = TICK_S - loop.time() % TICK_S
                await self._carry_out(self._steps(await self._inputs.gather(to_tick_s)))
            self.over = True
            self._recording.finish()
        self.media.close()

    def _finished(self) -> bool:
        return self.room.fold.phase == "ended" and not len(self._lines) and self._inputs.empty

    async def stop(self) -> None:
        """Finishes the recording's files and closes the media; the lesson may go on after a restart."""
        await self._recording.end()
        self.media.close()

    # --- inputs to steps ---------------------------------------------------------------------------------------

    def _steps(self, batch: list[Input]) -> list[Step]:
        now_ms = self._clock.now_ms()
        steps: list[Step] = []
        for item in batch:
            steps += self._step(item, now_ms)
        while self._rungs:
            steps += self.room.rung_changed(*self._rungs.popitem(), now_ms)
        return [*steps, *self.room.tick(now_ms)]

    def _step(self, item: Input, now_ms: int) -> list[Step]:
        match item:
            case Joins(who=who, line=line, after=after, ahead=ahead):
                self._lines.came(who, line)
                told = self.ahead.of(who) if ahead and not after else None
                state = told.state if told else None
                return [Attach(who, line), *self.room.join(who, now_ms, after, state)]
            case LooksAhead(who=who, told=told_of):
                return [Foretell(told_of, None if self._lines.is_up(who) else self.room.state())]
            case Came(who=who, line=line, message=message):
                return self._message(who, message, now_ms) if self._lines.speaks(who, line) else []
            case Lost(who=who, line=line):
                if not self._lines.speaks(who, line):
                    return []
                self._lines.lost(who)
                return list(self.room.lost(who, now_ms))
            case Recorded(on=on, reason=reason):
                return list(self.room.recording_changed(on, reason, now_ms))
            case Expects(member=member):
                return self._expect(member, now_ms)
            case Asks(asked=asked):
                return list(self.room.covers_changed(asked, now_ms))
            case Ends(reason=reason):
                return list(self.room.end(reason, now_ms))

    def _expect(self, member: Member, now_ms: int) -> list[Step]:
        steps: list[Step] = list(self.room.expect(member, now_ms))
        if steps and member.role == "classroom":
            self._recording.joined_by(self.room.fold.cast)
        return steps

    def _message(self, who: ParticipantId, message: FromClient, now_ms: int) -> list[Step]:
        if isinstance(message, Link):
            message = self.media.own_line(who, message)
        try:
            effects: list[Step] = list(self.room.receive(who, message, now_ms))
        except Refused as refused:
            if refused.code == "not_allowed" and (who, type_of(message)) not in self._refused:
                self._refused.add((who, type_of(message)))
                self._on_refused(who, type_of(message))
            return [Send(who, refusal(message, refused))]
        return [*effects, Negotiate(who, message)] if isinstance(message, Offer) else effects

    # --- steps to deeds ----------------------------------------------------------------------------------------

    async def _carry_out(self, steps: Sequence[Step]) -> None:
        lines = [step.logged for step in steps if isinstance(step, Append)]
        if lines:
            await self._write(lines)
        for step in steps:
            self._do(step)
        for line in lines:
            await self._tell_store(line.event)
        self._recording.reconcile(self.room.fold, self.media, self._clock.now_ms())

    async def _write(self, lines: list[Logged]) -> None:
        """Waits until the lines are on disk, however long the disk takes: nothing is told before."""
        while True:
            try:
                return await self._log.append(lines)
            except LogError as error:
                log.error("lesson log unwritable", lesson=self.room.fold.card.id, code=error.code)
                await asyncio.sleep(WRITE_AGAIN_AFTER_S)

    def _do(self, step: Step) -> None:
        match step:
            case Send(to=to, message=message):
                if isinstance(message, Welcome):
                    message = replace(message, ice_servers=self._ice_servers(to))
                self.send(to, message)
            case Append():
                return
            case Route(participant=who, slot=slot, kind=kind, of=of, source=source, layer=layer):
                self.media.route(who, slot, kind, Wish(of, source, layer) if of and source else None)
            case Want(participant=who, source=source, layers=layers):
                self.media.want(who, source, layers)
            case Record(on=True):
                self._start(self._recording.run(self._recorder_says))
            case Record():
                self._recording.finish()
            case Close(participant=who, code=code):
                self._lines.close(who, code)
                self.media.leave(who)
            case Attach(who=who, line=line):
                self._lines.attach(who, line)
            case Negotiate(who=who, offer=offer):
                self._negotiate(who, offer)
            case Foretell(told=told, state=state):
                if not told.done():
                    told.set_result(state)

    def _negotiate(self, who: ParticipantId, offer: Offer) -> None:
        sends = permissions.sends_media(self.room.fold.people[who].member.role)
        try:
            self.media.offer(who, offer, sends=sends, long_line=self._lines.long(who))
        except OfferRefused as refused:
            self.send(who, RefusedMessage(code="offer_refused", of="offer", detail=refused.code))

    async def _tell_store(self, event: object) -> None:
        if isinstance(event, Started):
            await self._on_phase("live")
        elif isinstance(event, Ended):
            await self._on_phase("ended")
        elif isinstance(event, Counted) and self._on_count is not None:
            await self._on_count(event.participant, event.present)

    # --- recording and media -----------------------------------------------------------------------------------

    def _start(self, work: Coroutine[None, None, None]) -> None:
        assert self._background is not None, "only while running"
        self._background.create_task(work)

    def _recorder_says(self, on: bool, reason: str) -> None:
        self._start(self.put(Recorded(on, reason)))

    # --- the media's audience ----------------------------------------------------------------------------------

    def send(self, to: ParticipantId, message: FromServer) -> None:
        """A message for a participant, if its line is up."""
        self._lines.send(to, message)

    def line_measured(self, who: ParticipantId, rung: Rung) -> None:
        """What the line of a participant carries now."""
        self._rungs[who] = rung
        self._lines.measured(who, rung)

    def came_beside(self, who: ParticipantId, message: bytes, packed: bool) -> bool:
        """A message that a participant's data channel brought; False: it was nothing that a client says."""
        return self._lines.came_beside(who, message, packed)

    def media_changed(self) -> None:
        """Sources appeared or vanished: the recording follows."""
        self._recording.reconcile(self.room.fold, self.media, self._clock.now_ms())
