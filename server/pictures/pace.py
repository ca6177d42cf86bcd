"""How fast a picture is sent to a line: what the rung leaves beside speech, strokes and pictures of people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from signaling.messages import Rung

BYTES_PER_S: Final[dict[Rung, int | None]] = {
    "full": None,
    "smaller": 30_000,
    "speaker": 12_000,
    "sound": 8_000,
    "voice": 3_500,
}
"""About a quarter of what the ladder's rungs carry at least, and on the last two more: nothing but speech is there.
None: as fast as it goes."""
PIECE_BYTES: Final = 1_300
"""One packet's worth: between two of them speech has its turn."""
FIRST_BYTES: Final = 5_200
"""Sent at once: less than a line's queue holds in the time of one packet of low speech and its repetition."""


def pieces(content: bytes, rung: Callable[[], Rung]) -> AsyncIterator[bytes]:
    """`content` in pieces, each in its time as the line is now."""
    return paced(content, lambda: BYTES_PER_S[rung()])


async def paced(content: bytes, bytes_per_s: Callable[[], int | None]) -> AsyncIterator[bytes]:
    """`content` in pieces, each in its time; one that was held up does not delay those after it. None: all at once."""
    clock = asyncio.get_running_loop().time
    due, sent = clock(), FIRST_BYTES
    yield content[:FIRST_BYTES]
    while sent < len(content):
        rate = bytes_per_s()
        if rate is None:
            yield content[sent:]
            return
        due += PIECE_BYTES / rate
        await asyncio.sleep(max(0.0, due - clock()))
        yield content[sent : sent + PIECE_BYTES]
        sent += PIECE_BYTES
