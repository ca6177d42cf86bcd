"""What was told ahead of a signaling line: the page that is shown, while the line is still being made (P27).

The line then begins with the lesson as it was at that moment, and what happened since.
"""

from __future__ import annotations

import asyncio

from msgspec import Struct

from server.room_inputs import Inputs, LooksAhead
from signaling.messages import ParticipantId, RoomState
from signaling.parts import page_shown

WITHIN_S = 3.0
KEPT_S = 30.0
"""As long as a line that fails at first may take to come again."""


class Ahead(Struct, frozen=True):
    """The lesson at a moment, and the page that was shown then as the frame of one part."""

    state: RoomState
    content: bytes


class PagesAhead:
    """One room's. Who asks once more gets the same: nothing is made twice for whoever asks again and again."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._kept: dict[ParticipantId, Ahead] = {}

    async def page(self, who: ParticipantId) -> bytes | None:
        """The page that is shown, for a participant whose line is being made; None where the line tells it too."""
        known = self.of(who)
        if known is not None:
            return known.content
        try:
            state = await self._on_disk(who)
        except TimeoutError:
            return None
        content = None if state is None else await asyncio.to_thread(page_shown, state)
        if state is None or content is None:
            return None
        self._keep(who, Ahead(state, content))
        return content

    def of(self, who: ParticipantId) -> Ahead | None:
        """What `who` was told; None where it was nothing, or long ago."""
        return self._kept.get(who)

    async def _on_disk(self, who: ParticipantId) -> RoomState | None:
        """The room with nothing that is not on disk yet; None where the participant's line is up.

        Raises:
            TimeoutError: the room is far behind, or over.
        """
        told: asyncio.Future[RoomState | None] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(WITHIN_S):
            await self._inputs.put(LooksAhead(who, told))
            return await told

    def _keep(self, who: ParticipantId, ahead: Ahead) -> None:
        self._kept[who] = ahead
        asyncio.get_running_loop().call_later(KEPT_S, self._forget, who, ahead)

    def _forget(self, who: ParticipantId, ahead: Ahead) -> None:
        if self._kept.get(who) is ahead:
            del self._kept[who]
