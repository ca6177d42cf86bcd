"""How fast a picture is sent to a line: what the rung leaves beside speech, strokes and pictures of people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from signaling.messages import Rung

BYTES_PER_S: Final[dict[Rung, int | None]] = {
    "full": None,
    "smaller": 30_000,
    "speaker": 12_000,
    "sound": 6_500,
    "voice": 2_500,
}
"""About a quarter of what the ladder's rungs carry at least, and on `sound` a little more: nothing but speech is there.
None: as fast as it goes."""
PIECE_BYTES: Final = 1_300
"""One packet's worth: between two of them speech has its turn."""
FIRST_BYTES: Final = 5_200
"""Sent at once: less than a line's queue holds in the time of one packet of low speech and its repetition."""


async def pieces(content: bytes, rung: Rung) -> AsyncIterator[bytes]:
    """`content` in pieces, each in its time."""
    rate = BYTES_PER_S[rung]
    if rate is None:
        yield content
        return
    yield content[:FIRST_BYTES]
    for start in range(FIRST_BYTES, len(content), PIECE_BYTES):
        await asyncio.sleep(PIECE_BYTES / rate)
        yield content[start : start + PIECE_BYTES]
