"""A page's WebSocket in memory, for the server's end of a line."""

from __future__ import annotations

import asyncio
import zlib

from signaling.codec import decode_from_server
from signaling.errors import GoodbyeCode
from signaling.messages import FromServer


class MemorySocket:
    """Takes everything at once; `received` has what came, in order."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[FromServer] = asyncio.Queue()

    def try_write(self, frame: bytes) -> bool:
        self.received.put_nowait(decode_from_server(frame))
        return True

    async def write(self, frame: bytes, *, binary: bool = False) -> None:
        self.try_write(zlib.decompress(frame, wbits=-zlib.MAX_WBITS) if binary else frame)

    def alive(self) -> bool:
        return True

    def buffered(self) -> int:
        return 0

    def quiet(self) -> bool:
        return True

    async def close(self, code: GoodbyeCode) -> None:
        self.abort()

    def abort(self) -> None:
        """Nothing to do."""
