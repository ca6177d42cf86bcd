"""The sockets that are open, and by whose credential and rights: they close when it ends, or they do not suffice.

What ends here (signing out, a revoked device, a closed account, a role taken away) closes its sockets at once. What
another process wrote into the database is seen within LOOK_EVERY_S. A credential that merely runs out closes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import structlog
from msgspec import Struct
from msgspec.structs import replace

from server.room_runner import RoomRunner
from server.store.errors import StoreError
from server.store.rows import Subject
from server.store.store import Store
from server.turned_away import Asker
from signaling.cast import Member
from signaling.messages import ParticipantId
from signaling.ws.connection import Connection as Line

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 10.0


MemberFor = Callable[[Subject, str], Awaitable[Member | None]]
"""As what somebody may come into a lesson now; None: not at all."""


class Seat(Struct, frozen=True):
    """A socket's place: in which room, as whom (`member`: as what), by whose credential."""

    runner: RoomRunner
    who: ParticipantId
    asker: Asker
    member: Member

    @property
    def watches(self) -> bool:
        """Whether she only looks on."""
        return self.member.role == "observer"

    @property
    def guest(self) -> bool:
        """Whether she is there by her rights, and not because the lesson expects her."""
        return self.member.role in ("observer", "assistant")


class OpenSockets:
    """Where every socket belongs. All calls from the event loop."""

    def __init__(self, store: Store, member_for: MemberFor, look_every_s: float = LOOK_EVERY_S) -> None:
        self._credentials, self._people = store.credentials, store.people
        self._member_for = member_for
        self._look_every_s = look_every_s
        self._seats: dict[Line, Seat] = {}
        self.nobody = asyncio.Event()
        """Set while none is open, once there were some."""

    def __len__(self) -> int:
        return len(self._seats)

    def __iter__(self) -> Iterator[Line]:
        return iter(list(self._seats))

    def add(self, line: Line, seat: Seat) -> None:
        """A socket that came into a room."""
        self._seats[line] = seat
        self.nobody.clear()

    def seat(self, line: Line) -> Seat:
        """Where an open socket belongs."""
        return self._seats[line]

    def asker(self, runner: RoomRunner, who: ParticipantId) -> Asker | None:
        """Whose the place `who` is in this room, if a socket of it is open."""
        return next((seat.asker for seat in self._seats.values() if seat.runner is runner and seat.who == who), None)

    def take(self, line: Line) -> Seat:
        """The seat of a socket that is closed, and no longer kept."""
        seat = self._seats.pop(line)
        if not self._seats:
            self.nobody.set()
        return seat

    def watchers(self, runner: RoomRunner) -> set[ParticipantId]:
        """Who only watches in this room."""
        return {seat.who for seat in self._seats.values() if seat.runner is runner and seat.watches}

    def subjects_watching(self, runner: RoomRunner) -> list[Subject]:
        """Them as people, each once, in the order in which they came."""
        seats = [seat for seat in self._seats.values() if seat.runner is runner and seat.watches]
        return list({seat.who: seat.asker.subject for seat in seats}.values())

    async def follow(self) -> None:
        """Closes what lost its credential, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_every_s):
                    await self._credentials.ended.wait()
            self._credentials.ended.clear()
            try:
                await self._close_ended()
                await self._close_unentitled()
            except StoreError as error:
                log.warning("credentials not known", code=error.code)

    async def _close_ended(self) -> None:
        held = {seat.asker.credential for seat in self._seats.values()}
        gone = await self._credentials.gone(held) if held else set()
        for line, seat in list(self._seats.items()):
            if seat.asker.credential in gone:
                line.cut("unauthorized", retry=False)

    async def _close_unentitled(self) -> None:
        """Guests whose roles or school are others now, if what they are does not let them in as before."""
        guests = {line: seat for line, seat in self._seats.items() if seat.guest}
        known = await self._people.subjects({seat.asker.subject.id for seat in guests.values()}) if guests else {}
        for line, seat in guests.items():
            subject = known.get(seat.asker.subject.id)
            if subject is None or subject == seat.asker.subject:
                continue
            member = await self._member_for(subject, seat.runner.room.fold.card.id)
            if member is None or (member.role, member.beside) != (seat.member.role, seat.member.beside):
                line.cut("no_such_lesson", retry=False)
            elif line in self._seats:
                self._seats[line] = replace(seat, asker=replace(seat.asker, subject=subject))
