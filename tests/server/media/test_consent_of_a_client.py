"""Consent (RFC 7675): media to a client ends 30 s after its last check, though its own media goes on coming."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiortc.mediastreams import AudioStreamTrack

from server.media.ice_lite import CONSENT_NS
from server.media.server import MediaConfig, MediaServer
from tests.server.media.aiortc_clients import AiortcClient

pytestmark = [pytest.mark.media, pytest.mark.waits, pytest.mark.timeout(120)]


async def test_media_ends_30_s_after_the_last_check_though_packets_still_come() -> None:
    server = MediaServer(MediaConfig(port=0), lambda *_, **__: None)
    await server.start()
    client, neighbour = AiortcClient(AudioStreamTrack()), AiortcClient(AudioStreamTrack())
    connection, other = server.offer(await client.offer()), server.offer(await neighbour.offer())
    ended: asyncio.Queue[str] = asyncio.Queue()
    connection.on_closed = ended.put_nowait
    try:
        async with asyncio.timeout(100):
            await asyncio.gather(client.accept(connection.answer), neighbour.accept(other.answer))
            server.show(connection.id, 0, "audio", other.sources["microphone", ""])
            checks = client.sending[0].sender.transport.transport._connection._query_consent_task
            checks.cancel()
            last_check_ns = max(server._handshakes.ice._by_peer[connection.id].flows.values())
            before = server.plane.stats().peers[connection.id]
            assert await ended.get() == "consent"
        silent_ns = time.monotonic_ns() - last_check_ns
        assert silent_ns > CONSENT_NS
        counted = server.plane.stats()
        assert connection.id not in counted.peers
        assert counted.packets_in > before.packets_in + 100, "its own sound came all the time"
        assert other.connected
    finally:
        await client.close()
        await neighbour.close()
        await server.close()
