"""What a room's inputs lead to, in order: the room's effects, and what the runner adds around them."""

from __future__ import annotations

import asyncio

from msgspec import Struct

from signaling.effects import Effect
from signaling.messages import Offer, ParticipantId, RoomState
from signaling.ws.connection import Connection as Line


class Attach(Struct, frozen=True):
    """From here on, what is sent to `who` goes to this line."""

    who: ParticipantId
    line: Line


class Negotiate(Struct, frozen=True):
    """Answer this offer."""

    who: ParticipantId
    offer: Offer


class Foretell(Struct, frozen=True):
    """Hand over this state, all of which is on disk by now."""

    told: asyncio.Future[RoomState | None]
    state: RoomState | None


Step = Effect | Attach | Negotiate | Foretell
