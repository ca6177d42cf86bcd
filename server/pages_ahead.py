"""What was told ahead of a signaling line: the page that is shown, while the line is still being made (P27).

The line then begins with the lesson as it was at that moment, and what happened since.
"""

from __future__ import annotations

import asyncio

from signaling.messages import ParticipantId, RoomState

KEPT_S = 30.0
"""As long as a line that fails at first may take to come again."""


class PagesAhead:
    """One room's."""

    def __init__(self) -> None:
        self._kept: dict[ParticipantId, RoomState] = {}

    def keep(self, who: ParticipantId, state: RoomState) -> None:
        """The page shown in this state was told to `who`."""
        self._kept[who] = state
        asyncio.get_running_loop().call_later(KEPT_S, self._forget, who, state)

    def of(self, who: ParticipantId) -> RoomState | None:
        """The state whose page `who` was told; None where it was none, or long ago."""
        return self._kept.get(who)

    def _forget(self, who: ParticipantId, state: RoomState) -> None:
        if self._kept.get(who) is state:
            del self._kept[who]
