"""The way into the rooms of this server: who is let in, whose messages go where, and who is told what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from aiohttp import web

from server.admission import member_for
from server.api.auth import Authenticator, Clock
from server.api.origins import check_origin
from server.audit.chain import Entry
from server.media.server import MediaServer
from server.open_rooms import OpenRooms
from server.open_sockets import OpenSockets, Seat
from server.origins import Origins
from server.recording.disk import DiskPolicy
from server.room_inputs import Came, Expects, Joins, Lost
from server.room_runner import RoomRunner
from server.store.errors import StoreError
from server.store.rows import LessonWithCast, Subject
from server.store.store import Store
from server.taps import Taps
from server.turn import RelayAccess
from server.turned_away import Asker, asker, refusal, visit
from signaling.cast import Member, Screen, seat_of
from signaling.errors import TurnedAway
from signaling.messages import FromClient, FromServer, Goodbye, Hello, ParticipantId, Rung
from signaling.presence import has_place
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
    """The `Hub` of the WebSocket endpoint, over all open rooms.

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
        self._clock = clock
        self._refused = refused
        self._watched = watched
        self._observers_at_most = observers_at_most
        self.rooms = OpenRooms(store, media, taps, lessons_dir, clock, publish, disk, relay, refused=self._not_allowed)
        self._sockets = OpenSockets(store, self._admitted)
        self._admitting = asyncio.Lock()
        self._draining = False
        self._started = asyncio.Event()

    # --- life --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Reopens the lessons that were live when the server went down, then serves until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                await self.rooms.reopen(tasks)
                self._started.set()
                await self._sockets.follow()
        finally:
            await self.rooms.stop()

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
        runner = await (self._to_watch(lesson, grant) if watches else self.rooms.of(lesson))
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
        found, runner = await self._member(subject, lesson_id), self.rooms.running.get(lesson_id)
        if found is None or found[1].role == "observer":
            raise TurnedAway("no_such_lesson")
        return None if runner is None else await runner.page_ahead(_seat(found[1], screen))

    async def _to_watch(self, lesson: LessonWithCast, grant: Asker) -> RoomRunner:
        """The room, for somebody who only watches: written down first.

        One after the other, and whoever calls adds the socket at once: so none is counted too late.
        """
        async with self._admitting:
            runner = self.rooms.running.get(lesson.lesson.id)
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

    def tell(self, lesson_id: str, who: ParticipantId, message: FromServer) -> bool:
        """Sends a message to a participant whose line is up; whether it is."""
        runner = self.rooms.running.get(lesson_id)
        if runner is None or who not in runner.room.present:
            return False
        runner.send(who, message)
        return True

    def rung_in(self, lesson_id: str, who: ParticipantId) -> Rung | None:
        """The rung of a participant's line, also while it is away; None of who is not in the lesson."""
        runner = self.rooms.running.get(lesson_id)
        person = None if runner is None else runner.room.fold.people.get(who)
        return person.rung if person is not None and has_place(person.presence) else None

    async def picture_kept(self, lesson_id: str, digest: str) -> bool:
        """A picture may be put on the lesson's board from now on; whether the room is open."""
        runner = self.rooms.running.get(lesson_id)
        if runner is not None:
            runner.room.fold.pictures.add(digest)
        return runner is not None

    def watching(self, lesson_id: str) -> list[Subject]:
        """Who only watches the lesson now."""
        runner = self.rooms.running.get(lesson_id)
        return [] if runner is None else self._sockets.subjects_watching(runner)

    def _not_allowed(self, runner: RoomRunner, who: ParticipantId, kind: str) -> None:
        grant = self._sockets.asker(runner, who)
        if grant is not None:
            self._refused(refusal(grant, runner.room.fold.card.id, self._clock(), f"not_allowed.{kind}"))
