"""The pictures of board pages on this device: fetched once each, in the quality that the line carries."""

from __future__ import annotations

import asyncio
from typing import Final, Literal, NamedTuple

import aiohttp
import cv2
import numpy as np
import structlog
from numpy.typing import NDArray

from classroom_client.entry import Door, session
from classroom_client.lesson import Lesson
from signaling.messages import Digest, Rung

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 0.2
AGAIN_AFTER_S: Final = 2.0
KEPT: Final = 6
"""Decoded; one takes up to 6 MB."""

Quality = Literal["thin", "small", "full"]
RANK: Final[tuple[Quality, ...]] = ("thin", "small", "full")
QUALITY: Final[dict[Rung, Quality]] = {
    "full": "full", "smaller": "small", "speaker": "small", "sound": "thin", "voice": "thin",
}  # fmt: skip


class Ground(NamedTuple):
    """A picture beneath the ink. pixels: shape (height, width, 3), BGR; aspect: width by height of the picture."""

    digest: Digest
    quality: Quality
    aspect: float
    pixels: NDArray[np.uint8]


class BoardPictures:
    """Fetches what the lesson's board shows."""

    def __init__(self, lesson_id: str, lesson: Lesson) -> None:
        self._path = f"/api/lessons/{lesson_id}/pictures"
        self._lesson = lesson
        self._held: dict[Digest, Ground] = {}

    @property
    def shown(self) -> Ground | None:
        """What belongs under the ink of the page now, once it has come."""
        picture = self._lesson.board.picture(self._lesson.board.current)
        return None if picture is None else self._held.get(picture.digest)

    async def run(self, door: Door, key: str) -> None:
        """Follows the board until cancelled; a line that breaks is tried again."""
        async with session(door, key) as http:
            while True:
                try:
                    await self._look(http)
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    log.warning("board picture did not come", error=type(error).__name__)
                    await asyncio.sleep(AGAIN_AFTER_S)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self, http: aiohttp.ClientSession) -> None:
        board, me = self._lesson.board, self._lesson.people.get(self._lesson.you or "")
        picture, quality = board.picture(board.current), QUALITY["full" if me is None else me.rung]
        if picture is None or self._is_held(picture.digest, quality):
            return
        async with http.get(f"{self._path}/{picture.digest}/{quality}", raise_for_status=True) as response:
            content = await response.read()
        pixels = await asyncio.to_thread(_decoded, content)
        if pixels is None:
            raise aiohttp.ClientPayloadError("not a picture")
        self._held.pop(picture.digest, None)
        self._held[picture.digest] = Ground(picture.digest, quality, picture.width / picture.height, pixels)
        while len(self._held) > KEPT:
            del self._held[next(iter(self._held))]

    def _is_held(self, digest: Digest, quality: Quality) -> bool:
        held = self._held.get(digest)
        return held is not None and RANK.index(held.quality) >= RANK.index(quality)


def _decoded(content: bytes) -> NDArray[np.uint8] | None:
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    return None if pixels is None else np.asarray(pixels, np.uint8)
