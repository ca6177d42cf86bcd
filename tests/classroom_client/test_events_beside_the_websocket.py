"""`tongke-classroom` on a weak line: its peer takes the events that the media server sends by the data channel."""

from __future__ import annotations

import asyncio

import pytest

from classroom_client.peer import Peer
from server.media.courier import Line
from server.media.server import MediaConfig, MediaServer
from signaling.codec import encode
from signaling.messages import HandChanged, Logged
from signaling.ws.early import events_of

pytestmark = pytest.mark.media


async def test_a_peer_takes_events_beside_its_media() -> None:
    event = Logged(number=7, at=0, by="room-1", event=HandChanged(participant="room-1", up=True))
    server = MediaServer(MediaConfig(host="127.0.0.1", port=0), lambda kind, peer, **figures: None)
    await server.start()
    came: asyncio.Queue[bytes] = asyncio.Queue()
    peer = Peer(1, beside=came.put_nowait)
    try:
        connection = server.offer(await peer.offer())
        assert connection.side is not None
        server.tell(connection.id, event.number, encode(event))
        connection.side.line(Line(weak=True, round_trip_s=0.1))
        await peer.accept(connection.answer)
        async with asyncio.timeout(10):
            assert events_of(await came.get()) == [event]
    finally:
        await peer.close()
        await server.close()
