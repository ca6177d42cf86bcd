"""What comes into a room from outside, and the bounded queue it waits in."""

from __future__ import annotations

import asyncio
from typing import Literal

from msgspec import Struct

from signaling.cast import Member
from signaling.messages import CoverAsk, FromClient, ParticipantId, RoomState
from signaling.ws.connection import Connection as Line

INPUTS_AT_MOST = 512
"""A full queue makes the senders wait: each reads its socket only as fast as the room takes."""


class Joins(Struct, frozen=True):
    """A participant's socket is open; it holds the events up to `after`.

    ahead: it has asked for the page that is shown.
    """

    who: ParticipantId
    line: Line
    after: int
    ahead: bool = False


class LooksAhead(Struct, frozen=True):
    """A participant whose socket is not open yet asks what is shown.

    told: gets the room's state; None where the socket is open by now.
    """

    who: ParticipantId
    told: asyncio.Future[RoomState | None]


class Came(Struct, frozen=True):
    """A message from a participant."""

    who: ParticipantId
    line: Line
    message: FromClient


class Lost(Struct, frozen=True):
    """A participant's socket closed."""

    who: ParticipantId
    line: Line


class Recorded(Struct, frozen=True):
    """The recorder began or stopped by itself."""

    on: bool
    reason: str


class Expects(Struct, frozen=True):
    """Somebody more may come in."""

    member: Member


class Asks(Struct, frozen=True):
    """These classes ask to sit in."""

    asked: list[CoverAsk]


class Ends(Struct, frozen=True):
    """An admin, or a rehearsal, ends the class from outside."""

    reason: Literal["admin", "timeout"]


Input = Joins | LooksAhead | Came | Lost | Recorded | Expects | Asks | Ends


class Inputs:
    """The inputs that wait, for one reader."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Input] = asyncio.Queue(INPUTS_AT_MOST)
        self._awaited = False

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._queue.empty()

    @property
    def idle(self) -> bool:
        """Whether nothing waits and the reader waits for the next: all before is carried out."""
        return self._awaited and self._queue.empty()

    async def put(self, item: Input) -> None:
        """Takes an input in its turn, waiting while the queue is full."""
        await self._queue.put(item)

    async def gather(self, within_s: float) -> list[Input]:
        """All inputs there are, at least one, or none where none came within `within_s`."""
        self._awaited = True
        try:
            async with asyncio.timeout(within_s):
                batch = [await self._queue.get()]
        except TimeoutError:
            return []
        finally:
            self._awaited = False
        while not self._queue.empty():
            batch.append(self._queue.get_nowait())
        return batch
