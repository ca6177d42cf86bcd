"""Every room of this server: who is let in, which runner serves which lesson, and what goes on after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog
from aiohttp import web

from server.admission import cast_of, member_for
from server.api.auth import Authenticator, Clock
from server.api.origins import check_origin
from server.audit.chain import Entry
from server.lesson_clock import LessonClock, resumed_at_ms, wall_now
from server.lesson_log import LessonLog
from server.lesson_phases import PATIENCE_S, LessonPhases
from server.media.plane import EventKind
from server.media.server import MediaServer
from server.open_sockets import OpenSockets, Seat
from server.origins import Origins
from server.pictures.kept import kept_in
from server.recording.disk import DiskPolicy
from server.recording.recorder import Recorder, RecorderStatus
from server.room_inputs import Asks, Came, Expects, Joins, Lost
from server.room_media import Audience, RoomMedia
from server.room_recording import RoomRecording, participants
from server.room_runner import Phase, RoomRunner
from server.store.errors import StoreError
from server.store.rows import LessonWithCast, Subject
from server.store.store import Store
from server.taps import Taps
from server.turn import RelayAccess
from server.turned_away import Asker, asker, refusal, visit
from signaling.cast import Cast, Member, Screen, seat_of
from signaling.effects import Effect
from signaling.errors import TurnedAway
from signaling.messages import CoverAsk, Expected, FromClient, FromServer, Goodbye, Hello, Logged, ParticipantId, Rung
from signaling.presence import has_place
from signaling.room import Room
from signaling.ws.connection import Connection as Line
from signaling.ws.endpoint import Grant

log = structlog.get_logger(__name__)

DRAINED_WITHIN_S = 2.0


def _seat(member: Member, screen: Screen) -> ParticipantId:
    """Only a class has a second window."""
    return seat_of(member.id, screen if member.role == "classroom" else "a")


async def _not_written(_entry: Entry) -> None:
    """Where there is no audit log."""


class LessonHub:
    """The `Hub` of the WebSocket endpoint, and the owner of all room runners.

    `publish` is told when a lesson's recording is complete, `refused` whom the audit log is to know as turned away;
    `watched` writes into it who watches, before she sees anything. At most `observers_at_most` watch one lesson.
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
        watched: Callable[[Entry], Awaitable[None]] = _not_written,
        observers_at_most: int = 4,
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
        self._watched = watched
        self._observers_at_most = observers_at_most
        self.phases = LessonPhases(store.lessons)
        """What the store is told of lessons that begin and end."""
        self._rooms: dict[str, RoomRunner] = {}
        self._sockets = OpenSockets(store, self._admitted)
        self._owners: dict[int, RoomMedia] = {}
        self._opening, self._admitting = asyncio.Lock(), asyncio.Lock()
        self._tasks: asyncio.TaskGroup | None = None
        self._draining = False
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
                await self._sockets.follow()
        finally:
            for runner in self._rooms.values():
                await runner.stop()
            await self.phases.close()

    async def drain(self) -> None:
        """Tells every client that the server goes down and will be back; waits until they have been told."""
        self._draining = True
        for line in self._sockets:
            line.send(Goodbye(code="draining", retry=True))
            line.close("draining")
        if len(self._sockets):
            await asyncio.wait([asyncio.create_task(self._sockets.nobody.wait())], timeout=DRAINED_WITHIN_S)

    # --- the endpoint's hub ------------------------------------------------------------------------------------

    def check_origin(self, request: web.Request) -> None:
        """Raises: web.HTTPException, where a page of another origin asks."""
        check_origin(self._origins, request)

    async def authenticate(self, request: web.Request) -> Grant | None:
        """Who asks, by cookie or bearer token; None where nobody is known by it."""
        identity = await self._authenticator.authenticate(request)
        return asker(identity, self._authenticator, request) if identity is not None else None

    async def joined(self, grant: Grant, hello: Hello, connection: Line) -> ParticipantId:
        """Lets somebody into a lesson's room, as what `server.admission` says.

        Raises:
            TurnedAway: no such lesson, or not for this participant (both look alike), or the server drains; or who
                would watch finds nobody there, or too many who do; or the store is away, which tells who may come in.
        """
        assert isinstance(grant, Asker), "made by `authenticate`"
        await self._started.wait()
        if self._draining:
            raise TurnedAway("draining", retry=True)
        try:
            return await self._let_in(grant, hello, connection)
        except StoreError as error:
            raise TurnedAway("internal", error.code, retry=True) from error

    async def _let_in(self, grant: Asker, hello: Hello, connection: Line) -> ParticipantId:
        found = await self._member(grant.subject, hello.lesson)
        if found is None:
            self._refused(refusal(grant, hello.lesson, self._clock()))
            raise TurnedAway("no_such_lesson")
        lesson, member = found
        watches = member.role == "observer"
        runner = await (self._to_watch(lesson, grant) if watches else self._room(lesson))
        who = _seat(member, hello.screen)
        connection.name = who
        self._sockets.add(connection, Seat(runner, who, grant, member))
        await runner.put(Expects(member))
        await runner.put(Joins(who, connection, hello.after, hello.ahead and hello.parts))
        return who

    async def _member(self, subject: Subject, lesson_id: str) -> tuple[LessonWithCast, Member] | None:
        """The lesson, and as what `subject` may come into it; None: not at all, or there is none."""
        lesson = await self._store.lessons.find(lesson_id)
        reads = await self._store.grids.within(subject, "lessons.read", lesson_id)
        member = None if lesson is None else member_for(subject, lesson, reads)
        return None if lesson is None or member is None else (lesson, member)

    async def _admitted(self, subject: Subject, lesson_id: str) -> Member | None:
        found = await self._member(subject, lesson_id)
        return None if found is None else found[1]

    async def page_ahead(self, subject: Subject, lesson_id: str, screen: Screen) -> bytes | None:
        """The page that is shown, in raw deflate, for somebody in a running lesson whose line is still being made.

        None where the line tells it as quickly.

        Raises:
            TurnedAway: no such lesson, or not for this participant; who only watches comes in first.
        """
        found, runner = await self._member(subject, lesson_id), self._rooms.get(lesson_id)
        if found is None or found[1].role == "observer":
            raise TurnedAway("no_such_lesson")
        return None if runner is None else await runner.page_ahead(_seat(found[1], screen))

    async def _to_watch(self, lesson: LessonWithCast, grant: Asker) -> RoomRunner:
        """The room, for somebody who only watches: written down first.

        One after the other, and whoever calls adds the socket at once: so none is counted too late.
        """
        async with self._admitting:
            runner = self._rooms.get(lesson.lesson.id)
            if runner is None:
                raise TurnedAway("not_open")
            if len(self._sockets.watchers(runner) - {grant.participant}) >= self._observers_at_most:
                raise TurnedAway("full")
            await self._watched(visit(grant, lesson.lesson.id, "watches", self._clock()))
            return runner

    def passed(self, who: ParticipantId, connection: Line, message: FromClient) -> bool:
        """Passes on, at once, what need not wait for anything else; whether it did."""
        return self._sockets.seat(connection).runner.passed(Came(who, connection, message))

    async def received(self, who: ParticipantId, connection: Line, message: FromClient) -> None:
        """A message from a participant; waits while the room is behind."""
        await self._sockets.seat(connection).runner.put(Came(who, connection, message))

    async def left(self, who: ParticipantId, connection: Line) -> None:
        """The socket closed."""
        seat = self._sockets.take(connection)
        await seat.runner.put(Lost(who, connection))
        if seat.watches:
            try:
                await self._watched(visit(seat.asker, seat.runner.room.fold.card.id, "left", self._clock()))
            except StoreError as error:
                log.error("audit not written", code=error.code)

    async def covers_changed(self, lesson_id: str) -> None:
        """A class asked to sit in on a lesson, or was answered: an open room is told, and lets in who was admitted."""
        runner, lesson = self._rooms.get(lesson_id), await self._store.lessons.get(lesson_id)
        if runner is None or lesson is None:
            return
        for member in cast_of(lesson):
            await runner.put(Expects(member))
        await runner.put(Asks(await self._asked(lesson_id)))

    def tell(self, lesson_id: str, who: ParticipantId, message: FromServer) -> bool:
        """Sends a message to a participant whose line is up; whether it is."""
        runner = self._rooms.get(lesson_id)
        if runner is None or who not in runner.room.present:
            return False
        runner.send(who, message)
        return True

    def rung_in(self, lesson_id: str, who: ParticipantId) -> Rung | None:
        """The rung of a participant's line, also while it is away; None of who is not in the lesson."""
        runner = self._rooms.get(lesson_id)
        person = None if runner is None else runner.room.fold.people.get(who)
        return person.rung if person is not None and has_place(person.presence) else None

    async def picture_kept(self, lesson_id: str, digest: str) -> bool:
        """A picture may be put on the lesson's board from now on; whether the room is open."""
        runner = self._rooms.get(lesson_id)
        if runner is not None:
            runner.room.fold.pictures.add(digest)
        return runner is not None

    def watching(self, lesson_id: str) -> list[Subject]:
        """Who only watches the lesson now."""
        runner = self._rooms.get(lesson_id)
        return [] if runner is None else self._sockets.subjects_watching(runner)

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
        """The lesson's room, a new one after one that is over; it takes what is put to it before the next `await`."""
        while True:
            async with self._opening:
                runner = self._rooms.get(lesson.lesson.id)
                if runner is None:
                    return await self._open(lesson)
                if not runner.over:
                    return runner
            await runner.closed.wait()

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
            lambda who, kind: self._refused_in(lesson_id, who, kind),
        )
        opening = room.reopen(clock.now_ms()) if events else room.open(wall_now(), clock.now_ms())
        if room.fold.phase != "waiting":  # the log may know more than the store: it is written first
            await self._phase(lesson_id, room.fold.phase)
        self._rooms[lesson_id] = runner
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

    def _refused_in(self, lesson_id: str, who: ParticipantId, kind: str) -> None:
        grant = self._sockets.asker(self._rooms[lesson_id], who)
        if grant is not None:
            self._refused(refusal(grant, lesson_id, self._clock(), f"not_allowed.{kind}"))

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
                del self._rooms[lesson_id]
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
