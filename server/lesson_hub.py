"""Every room of this server: who is let in, which runner serves which lesson, and what goes on after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog
from aiohttp import web

from server.api.auth import Authenticator, Clock
from server.api.origins import Origins
from server.audit.chain import Entry
from server.lesson_clock import LessonClock, resumed_at_ms, wall_now
from server.lesson_log import LessonLog
from server.media.plane import EventKind
from server.media.server import MediaServer
from server.recording.disk import DiskPolicy
from server.recording.package import Participant
from server.recording.recorder import Recorder, RecorderStatus
from server.room_media import Audience, RoomMedia
from server.room_recording import RoomRecording
from server.room_runner import Came, Joins, Lost, Phase, RoomRunner
from server.store.rows import LessonWithCast
from server.store.store import Store
from server.taps import Taps
from server.turn import RelayAccess
from server.turned_away import asker, refusal
from signaling.cast import Cast, Member, seat_of
from signaling.effects import Effect
from signaling.errors import TurnedAway
from signaling.messages import FromClient, FromServer, Goodbye, Hello, ParticipantId, Rung
from signaling.room import Room
from signaling.ws.connection import Connection as Line
from signaling.ws.endpoint import Grant

log = structlog.get_logger(__name__)

LEAD_INK = "#1a1a1a"
ROOM_INKS = ("#0067a5", "#b84a00", "#00735c")
"""Blue, orange and green that colour-blind eyes tell apart (after Okabe and Ito 2008), dark enough for white paper."""
DRAINED_WITHIN_S = 2.0


class LessonHub:
    """The `Hub` of the WebSocket endpoint, and the owner of all room runners.

    `publish` is told when a lesson's recording is complete, `refused` whom the audit log is to know as turned away.
    """

    def __init__(
        self,
        store: Store,
        authenticator: Authenticator,
        origins: Origins,
        media: MediaServer,
        taps: Taps,
        lessons_dir: Path,
        clock: Clock,
        publish: Callable[[str], None],
        disk: DiskPolicy,
        relay: RelayAccess,
        refused: Callable[[Entry], None] = lambda _entry: None,
    ) -> None:
        self._store = store
        self._authenticator = authenticator
        self._origins = origins
        self._media = media
        self._taps = taps
        self._lessons_dir = lessons_dir
        self._clock = clock
        self._publish = publish
        self._disk = disk
        self._relay = relay
        self._refused = refused
        self._rooms: dict[str, RoomRunner] = {}
        self._runners: dict[Line, RoomRunner] = {}
        self._owners: dict[int, RoomMedia] = {}
        self._opening = asyncio.Lock()
        self._tasks: asyncio.TaskGroup | None = None
        self._draining = False
        self._nobody = asyncio.Event()
        self._started = asyncio.Event()

    @property
    def rooms(self) -> dict[str, RoomRunner]:
        """The runners of the rooms that are open, by lesson."""
        return self._rooms

    # --- life --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Reopens the lessons that were live when the server went down, then serves until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for lesson in await self._store.lessons.in_state("live"):
                    await self._room(lesson)
                self._started.set()
                await asyncio.Event().wait()
        finally:
            for runner in self._rooms.values():
                await runner.stop()

    async def drain(self) -> None:
        """Tells every client that the server goes down and will be back; waits until they have been told."""
        self._draining = True
        lines = list(self._runners)
        for line in lines:
            line.send(Goodbye(code="draining", retry=True))
            line.close("draining")
        if self._runners:
            await asyncio.wait([asyncio.create_task(self._nobody.wait())], timeout=DRAINED_WITHIN_S)

    # --- the endpoint's hub ------------------------------------------------------------------------------------

    def check_origin(self, request: web.Request) -> None:
        """Raises: web.HTTPException, where a page of another origin asks."""
        self._origins.check(request)

    async def authenticate(self, request: web.Request) -> Grant | None:
        """Who asks, by cookie or bearer token; None where nobody is known by it."""
        identity = await self._authenticator.authenticate(request)
        return asker(identity, self._authenticator, request) if identity is not None else None

    async def joined(self, grant: Grant, hello: Hello, connection: Line) -> ParticipantId:
        """Lets a member of the lesson's cast into its room.

        Raises:
            TurnedAway: no such lesson, or not for this participant (both look alike), or the server drains.
        """
        await self._started.wait()
        if self._draining:
            raise TurnedAway("draining", retry=True)
        lesson = await self._store.lessons.get(hello.lesson)
        if lesson is None or grant.participant not in {member.id for member in lesson.cast}:
            self._refused(refusal(grant, hello.lesson, self._clock()))
            raise TurnedAway("no_such_lesson")
        who = _participant(grant.participant, lesson, hello)
        connection.name = who
        runner = await self._room(lesson)
        self._runners[connection] = runner
        self._nobody.clear()
        await runner.put(Joins(who, connection, hello.after))
        return who

    async def received(self, who: ParticipantId, connection: Line, message: FromClient) -> None:
        """A message from a participant; waits while the room is behind."""
        await self._runners[connection].put(Came(who, connection, message))

    async def left(self, who: ParticipantId, connection: Line) -> None:
        """The socket closed."""
        await self._runners.pop(connection).put(Lost(who, connection))
        if not self._runners:
            self._nobody.set()

    def tell(self, lesson_id: str, who: ParticipantId, message: FromServer) -> bool:
        """Sends a message to a participant whose line is up; whether it is."""
        runner = self._rooms.get(lesson_id)
        if runner is None or who not in runner.room.present:
            return False
        runner.send(who, message)
        return True

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

    # --- rooms -------------------------------------------------------------------------------------------------

    async def _room(self, lesson: LessonWithCast) -> RoomRunner:
        async with self._opening:
            runner = self._rooms.get(lesson.lesson.id)
            return runner or await self._open(lesson)

    async def _open(self, lesson: LessonWithCast) -> RoomRunner:
        """A room made again from its lesson's log, or a new one."""
        assert self._tasks is not None, "only while running"
        lesson_id = lesson.lesson.id
        lesson_log, events = await LessonLog.open(self._lessons_dir / lesson_id / "log.jsonl")
        clock = LessonClock(resumed_at_ms(events, datetime.now(UTC)))
        room = Room.replay(lesson.lesson.card(), _cast(lesson), events)
        runner = RoomRunner(
            room,
            lesson_log,
            RoomRecording(
                lesson_id,
                lambda on_status: self._recorder(lesson, clock, on_status),
                self._taps,
                lambda: self._store.consents.missing_in(lesson_id),
            ),
            self._room_media,
            clock,
            lambda phase: self._phase(lesson_id, phase),
            lambda who: self._relay.servers(who, self._clock() / 1000),
        )
        opening = room.reopen(clock.now_ms()) if events else room.open(wall_now(), clock.now_ms())
        if room.fold.phase != "waiting":  # the log may know more than the store: it is written first
            await self._phase(lesson_id, room.fold.phase)
        self._rooms[lesson_id] = runner
        self._tasks.create_task(self._run(lesson_id, runner, lesson_log, opening), name=f"room {lesson_id}")
        log.info("room open", lesson=lesson_id, events=len(events))
        return runner

    async def _run(self, lesson_id: str, runner: RoomRunner, lesson_log: LessonLog, opening: list[Effect]) -> None:
        try:
            await runner.run(opening)
        finally:
            del self._rooms[lesson_id]
            await lesson_log.close()
        log.info("room closed", lesson=lesson_id)
        self._publish(lesson_id)

    async def _phase(self, lesson_id: str, phase: Phase) -> None:
        if phase == "live":
            await self._store.lessons.began(lesson_id, self._clock())
        else:
            await self._store.lessons.ended(lesson_id, self._clock())

    # --- parts -------------------------------------------------------------------------------------------------

    def _recorder(
        self, lesson: LessonWithCast, clock: LessonClock, on_status: Callable[[RecorderStatus], None]
    ) -> Recorder:
        return Recorder(
            self._lessons_dir / lesson.lesson.id,
            lesson.lesson.card(),
            [Participant(id=m.id, role=m.role, school=m.school, name=m.name, colour=m.colour) for m in _cast(lesson)],
            clock.now_ms,
            on_status=on_status,
            on_keyframe=self._media.plane.request_keyframe,
            policy=self._disk,
        )

    def _room_media(self, audience: Audience) -> RoomMedia:
        return RoomMedia(self._media, audience, asyncio.get_running_loop().call_later, self._owners)


def _cast(lesson: LessonWithCast) -> Cast:
    inks = iter(ROOM_INKS)
    return Cast(
        Member(
            id=member.id,
            role=member.role,
            school=member.school,
            name=member.name,
            colour=LEAD_INK if member.role == "lead" else next(inks),
        )
        for member in lesson.cast
    )


def _participant(subject_id: str, lesson: LessonWithCast, hello: Hello) -> ParticipantId:
    """Which window of a member of the cast says hello: only classrooms have a second one."""
    role = next(member.role for member in lesson.cast if member.id == subject_id)
    return seat_of(subject_id, hello.screen if role == "classroom" else "a")
