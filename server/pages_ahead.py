"""What was told ahead of a signaling line: the page that is shown, while the line is still being made (P27).

The line then begins with the lesson as it was at that moment, and what happened since.
"""

from __future__ import annotations

import asyncio

from msgspec import Struct

from signaling.messages import ParticipantId, RoomState

KEPT_S = 30.0
"""As long as a line that fails at first may take to come again."""


class Ahead(Struct, frozen=True):
    """The lesson at a moment, and the page that was shown then as the frame of one part."""

    state: RoomState
    content: bytes


class PagesAhead:
    """One room's. Who asks once more gets the same: nothing is made twice for whoever asks again and again."""

    def __init__(self) -> None:
        self._kept: dict[ParticipantId, Ahead] = {}

    def keep(self, who: ParticipantId, ahead: Ahead) -> None:
        """This is told to `who`."""
        self._kept[who] = ahead
        asyncio.get_running_loop().call_later(KEPT_S, self._forget, who, ahead)

    def of(self, who: ParticipantId) -> Ahead | None:
        """What `who` was told; None where it was nothing, or long ago."""
        return self._kept.get(who)

    def _forget(self, who: ParticipantId, ahead: Ahead) -> None:
        if self._kept.get(who) is ahead:
            del self._kept[who]
