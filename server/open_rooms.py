"""The rooms that are open: each is made from its lesson's log, run until the lesson is over, and then published."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from server.admission import cast_of, member_for
from server.api.auth import Clock
from server.lesson_clock import LessonClock, resumed_at_ms, wall_now
from server.lesson_log import LessonLog
from server.lesson_phases import PATIENCE_S, LessonPhases
from server.media.plane import EventKind
from server.media.server import MediaServer
from server.pictures.kept import kept_in
from server.recording.disk import DiskPolicy
from server.recording.recorder import Recorder, RecorderStatus
from server.room_inputs import Asks, Expects
from server.room_media import Audience, RoomMedia
from server.room_recording import RoomRecording, participants
from server.room_runner import Phase, RoomRunner
from server.store.errors import StoreError
from server.store.rows import LessonWithCast
from server.store.store import Store
from server.taps import Taps
from server.turn import RelayAccess
from signaling.cast import Cast
from signaling.effects import Effect
from signaling.messages import CoverAsk, Expected, Logged, ParticipantId, Rung
from signaling.room import Room

log = structlog.get_logger(__name__)

OnRefused = Callable[[RoomRunner, ParticipantId, str], None]
"""Told whom a room refused what: its message's type."""


class OpenRooms:
    """The owner of all room runners.

    `publish` is told when a lesson's recording is complete, `refused` what a room did not allow.
    """

    def __init__(
        self,
        store: Store,
        media: MediaServer,
        taps: Taps,
        lessons_dir: Path,
        clock: Clock,
        publish: Callable[[str], None],
        disk: DiskPolicy,
        relay: RelayAccess,
        refused: OnRefused,
    ) -> None:
        self._store = store
        self._media = media
        self._taps = taps
        self._lessons_dir = lessons_dir
        self._clock = clock
        self._publish = publish
        self._disk = disk
        self._relay = relay
        self._refused = refused
        self.phases = LessonPhases(store.lessons)
        """What the store is told of lessons that begin and end."""
        self.running: dict[str, RoomRunner] = {}
        """The runners, by lesson."""
        self._owners: dict[int, RoomMedia] = {}
        self._opening = asyncio.Lock()
        self._tasks: asyncio.TaskGroup | None = None

    async def reopen(self, tasks: asyncio.TaskGroup) -> None:
        """Opens the rooms that were live when the server went down; every room from now on runs in `tasks`."""
        self._tasks = tasks
        for lesson in await self._store.lessons.in_state("live"):
            await self.of(lesson)

    async def stop(self) -> None:
        """Ends every runner, and waits until the store has been told of the lessons."""
        for runner in self.running.values():
            await runner.stop()
        await self.phases.close()

    async def of(self, lesson: LessonWithCast) -> RoomRunner:
        """The lesson's room, a new one after one that is over; it takes what is put to it before the next `await`."""
        while True:
            async with self._opening:
                runner = self.running.get(lesson.lesson.id)
                if runner is None:
                    return await self._open(lesson)
                if not runner.over:
                    return runner
            await runner.closed.wait()

    async def covers_changed(self, lesson_id: str) -> None:
        """A class asked to sit in on a lesson, or was answered: an open room is told, and lets in who was admitted."""
        runner, lesson = self.running.get(lesson_id), await self._store.lessons.get(lesson_id)
        if runner is None or lesson is None:
            return
        for member in cast_of(lesson):
            await runner.put(Expects(member))
        await runner.put(Asks(await self._asked(lesson_id)))

    # --- what the media port tells -----------------------------------------------------------------------------

    def media_event(self, kind: EventKind, peer: int, **figures: int) -> None:
        """What the plane reports of a connection."""
        owner = self._owners.get(peer)
        if owner is not None and kind in (EventKind.SOURCE_STARTED, EventKind.SOURCE_LOST):
            owner.source_flows(figures["source"], kind is EventKind.SOURCE_STARTED)

    def rung_changed(self, peer: int, rung: Rung) -> None:
        """A connection's line carries less than before, or more again."""
        owner = self._owners.get(peer)
        if owner is not None:
            owner.line_measured(peer, rung)

    # --- a room's life -----------------------------------------------------------------------------------------

    async def _open(self, lesson: LessonWithCast) -> RoomRunner:
        """A room made again from its lesson's log, or a new one."""
        assert self._tasks is not None, "only while running"
        lesson_id = lesson.lesson.id
        asked = await self._asked(lesson_id)
        lesson_log, events = await LessonLog.open(self._lessons_dir / lesson_id / "log.jsonl")
        clock = LessonClock(resumed_at_ms(events, datetime.now(UTC)))
        room = Room.replay(lesson.lesson.card(), await self._cast(lesson, events), events)
        room.fold.pictures |= {one.digest for one in await asyncio.to_thread(kept_in, self._lessons_dir / lesson_id)}
        runner = RoomRunner(
            room,
            lesson_log,
            RoomRecording(
                lesson_id,
                lambda on_status: self._recorder(room, clock, on_status),
                self._taps,
                lambda: self._store.consents.missing_in(lesson_id),
            ),
            self._room_media,
            clock,
            lambda phase: self._phase(lesson_id, phase),
            lambda who: self._relay.servers(who, self._clock() / 1000),
            lambda room_id, present: self._counted(lesson_id, room_id, present),
            lambda who, kind: self._refused(runner, who, kind),
        )
        opening = room.reopen(clock.now_ms()) if events else room.open(wall_now(), clock.now_ms())
        if room.fold.phase != "waiting":  # the log may know more than the store: it is written first
            await self._phase(lesson_id, room.fold.phase)
        self.running[lesson_id] = runner
        self._tasks.create_task(self._run(lesson_id, runner, lesson_log, opening), name=f"room {lesson_id}")
        await runner.put(Asks(asked))
        log.info("room open", lesson=lesson_id, events=len(events))
        return runner

    async def _cast(self, lesson: LessonWithCast, events: list[Logged]) -> Cast:
        """Who is expected, and who watched or helped before a restart."""
        cast = cast_of(lesson)
        for who in [one.event.participant for one in events if isinstance(one.event, Expected)]:
            subject = await self._store.people.subject(who)
            member = None if subject is None else member_for(subject, lesson, reads=True)
            cast = cast if member is None or who in cast else cast.with_member(member)
        return cast

    async def _asked(self, lesson_id: str) -> list[CoverAsk]:
        return [
            CoverAsk(id=one.id, school=one.school, room=one.room, class_name=one.class_name, pupils=one.pupils)
            for one in await self._store.covers.asked_in(lesson_id)
        ]

    async def _counted(self, lesson_id: str, room_id: str, present: int) -> None:
        """The count is in the lesson's log too: a store that is away, or slow, is not waited for."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._store.lessons.counted(lesson_id, room_id, present)
        except (StoreError, TimeoutError) as error:
            log.error("count not written", lesson=lesson_id, error=type(error).__name__)

    async def _run(self, lesson_id: str, runner: RoomRunner, lesson_log: LessonLog, opening: list[Effect]) -> None:
        try:
            await runner.run(opening)
        finally:
            runner.over = True  # whoever comes now waits until another room can have the log
            try:
                await lesson_log.close()
            finally:
                del self.running[lesson_id]
                runner.closed.set()
        log.info("room closed", lesson=lesson_id)
        self._publish(lesson_id)

    async def _phase(self, lesson_id: str, phase: Phase) -> None:
        await self.phases.tell(lesson_id, phase, self._clock())

    # --- parts -------------------------------------------------------------------------------------------------

    def _recorder(self, room: Room, clock: LessonClock, on_status: Callable[[RecorderStatus], None]) -> Recorder:
        return Recorder(
            self._lessons_dir / room.fold.card.id,
            room.fold.card,
            participants(room.fold.cast),
            clock.now_ms,
            on_status=on_status,
            on_keyframe=self._media.plane.request_keyframe,
            policy=self._disk,
        )

    def _room_media(self, audience: Audience) -> RoomMedia:
        return RoomMedia(self._media, audience, asyncio.get_running_loop().call_later, self._owners)
