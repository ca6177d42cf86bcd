"""The rooms of a server without its web pages, and pages' sockets in memory."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TypeVar

from server.api.auth import Authenticator
from server.audit.chain import Entry
from server.config import Relay
from server.lesson_hub import LessonHub
from server.media.server import MediaConfig, MediaServer
from server.origins import Origins
from server.recording.disk import DiskPolicy
from server.store.store import Store
from server.taps import Taps
from server.turn import RelayAccess
from server.turned_away import Asker
from signaling.messages import EDITION, VERSION, FromClient, Hello, Logged
from signaling.ws.connection import Connection
from tests.memory_socket import MemorySocket
from tests.server.store.county_town import BEFORE

ANY_DISK = DiskPolicy(refuse_bytes=0, stop_bytes=0, resume_bytes=0)
T = TypeVar("T")


class Page:
    """Somebody in a lesson."""

    def __init__(self, server: RoomServer, asker: Asker) -> None:
        self._hub = server.hub
        self._far = MemorySocket()
        self.line = Connection(self._far)
        self.asker = asker
        self.who = ""
        self._writer: asyncio.Task[None] | None = None

    async def join(self, lesson_id: str, *, ahead: bool = False, parts: bool = False) -> Page:
        """Its hello; `parts` and `ahead` as docs/protocol.md has them."""
        self._writer = asyncio.create_task(self.line.run())
        self.line.takes_parts = parts
        hello = Hello(version=VERSION, lesson=lesson_id, edition=EDITION, parts=parts, ahead=ahead)
        self.who = await self._hub.joined(self.asker, hello, self.line)
        return self

    async def send(self, message: FromClient) -> None:
        if not self._hub.passed(self.who, self.line, message):
            await self._hub.received(self.who, self.line, message)

    async def leave(self) -> None:
        await self._hub.left(self.who, self.line)

    async def hears(self, kind: type[T]) -> T:
        """The next message, or event, of this kind."""
        async with asyncio.timeout(20):
            while True:
                message = await self._far.received.get()
                for told in (message, message.event if isinstance(message, Logged) else None):
                    if isinstance(told, kind):
                        return told


class RoomServer:
    """`folder` holds the lessons, `written` and `refused` are what the audit log hears, `closed` the rooms that end."""

    def __init__(self, store: Store, folder: Path, observers_at_most: int = 2) -> None:
        self.store = store
        self.folder = folder
        self.written: list[Entry] = []
        self.refused: list[Entry] = []
        self.closed: asyncio.Queue[str] = asyncio.Queue()
        taps = Taps()
        self.media = MediaServer(MediaConfig("127.0.0.1", 0, ("127.0.0.1",)), lambda *event, **figures: None)
        taps.attach(self.media.plane)
        self.hub = LessonHub(
            store, Authenticator(store.credentials, lambda: BEFORE, time.monotonic), Origins(), self.media, taps,
            folder, lambda: BEFORE, self.closed.put_nowait, ANY_DISK, RelayAccess(Relay("", 0, 0, ""), folder),
            self.refused.append, self._watched, observers_at_most=observers_at_most,
        )  # fmt: skip
        self._running: asyncio.Task[None] | None = None

    async def _watched(self, entry: Entry) -> None:
        await asyncio.sleep(0)  # others have their turn meanwhile, as with a database
        self.written.append(entry)

    async def start(self) -> None:
        await self.media.start()
        self._running = asyncio.create_task(self.hub.run())

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        await self.media.close()

    async def page(self, subject_id: str) -> Page:
        """Somebody who has signed in."""
        token = await self.store.credentials.issue("cookie", subject_id, BEFORE)
        found = await self.store.credentials.find(token, BEFORE)
        assert found is not None
        return Page(self, Asker(subject_id, found[1], found[0].id, "10.0.0.0/24"))
