"""Who asks for a lesson that is not hers is in the audit log; who is let in, or finds the server leaving, is not."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from server.api.auth import Authenticator
from server.audit.chain import Entry
from server.config import Relay
from server.lesson_hub import LessonHub
from server.media.server import MediaConfig, MediaServer
from server.origins import Origins
from server.recording.disk import DiskPolicy
from server.store.rows import Subject
from server.store.store import open_store
from server.taps import Taps
from server.turn import RelayAccess
from server.turned_away import Asker
from signaling.errors import TurnedAway
from signaling.messages import VERSION, Hello
from signaling.ws.connection import Connection

NOW = 1_800_000_000_000
ANY_DISK = DiskPolicy(refuse_bytes=0, stop_bytes=0, resume_bytes=0)


class Nowhere:
    """A socket nobody reads."""

    async def send(self, data: bytes) -> None: ...

    async def close(self, code: int) -> None: ...


async def test_who_is_turned_away_at_a_lessons_door_is_a_refusal_in_the_audit_log(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    told: list[Entry] = []
    media = MediaServer(MediaConfig("127.0.0.1", 0, ("127.0.0.1",)), lambda *event, **figures: None)
    hub = LessonHub(
        store, Authenticator(store.credentials, lambda: NOW, time.monotonic), Origins(), media, Taps(), tmp_path,
        lambda: NOW, lambda lesson: None, ANY_DISK, RelayAccess(Relay("", 0, 0, ""), tmp_path), told.append,
    )  # fmt: skip
    running = asyncio.create_task(hub.run())
    room = Subject("room-1", "classroom", "classroom", "county-1", "school-1", "S", "R")
    stranger = Asker(participant="room-1", subject=room, credential="key-1", network="10.0.0.0/24")
    for lesson in ("01kqx", "a lesson with <tags>"):
        with pytest.raises(TurnedAway) as turned:
            await hub.joined(stranger, Hello(version=VERSION, lesson=lesson), Connection(Nowhere()))  # type: ignore[arg-type]
        assert turned.value.code == "no_such_lesson"
    await hub.drain()
    with pytest.raises(TurnedAway):
        await hub.joined(stranger, Hello(version=VERSION, lesson="01kqx"), Connection(Nowhere()))  # type: ignore[arg-type]
    refused = Entry(
        at_ms=NOW, who="room-1", role="classroom", what="lesson", outcome="refused", about="01kqx",
        network="10.0.0.0/24", code="no_such_lesson",
    )  # fmt: skip
    assert [(one.about, one.outcome) for one in told] == [("01kqx", "refused"), ("", "refused")]
    assert told[0] == refused
    running.cancel()
    await asyncio.wait([running])
    await store.close()
