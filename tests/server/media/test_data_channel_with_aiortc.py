"""Events beside the WebSocket over a real connection, with aiortc's data channel at the other end."""

from __future__ import annotations

import asyncio
import zlib

import pytest

from server.media.courier import Line
from server.media.server import MediaConfig, MediaServer
from tests.server.media.aiortc_clients import AiortcClient

pytestmark = pytest.mark.media


async def test_events_come_by_the_data_channel_of_a_weak_line_and_of_no_other() -> None:
    server = MediaServer(MediaConfig(host="127.0.0.1", port=0), lambda kind, peer, **figures: None)
    await server.start()
    client = AiortcClient(beside=True)
    came: asyncio.Queue[bytes] = asyncio.Queue()
    try:
        connection = server.offer(await client.offer())
        assert client.channel is not None
        client.channel.on("message", came.put_nowait)
        await client.accept(connection.answer)
        assert connection.side is not None
        server.tell(connection.id, 1, b'{"number":1}')
        connection.side.line(Line(weak=True, round_trip_s=0.1))
        async with asyncio.timeout(10):
            assert zlib.decompress(await came.get(), wbits=-15) == b'{"number":1}'
            server.tell(connection.id, 2, b'{"number":2}')
            assert zlib.decompress(await came.get(), wbits=-15) == b'{"number":2}'
    finally:
        await client.close()
        await server.close()


async def test_what_the_old_connection_could_not_deliver_comes_by_the_one_that_replaces_it() -> None:
    server = MediaServer(MediaConfig(host="127.0.0.1", port=0), lambda kind, peer, **figures: None)
    await server.start()
    gone, client = AiortcClient(beside=True), AiortcClient(beside=True)
    came: asyncio.Queue[bytes] = asyncio.Queue()
    try:
        old = server.offer(await gone.offer())  # its answer never arrives
        server.tell(old.id, 1, b'{"number":1}')
        new = server.offer(await client.offer())
        assert client.channel is not None
        client.channel.on("message", came.put_nowait)
        server.inherit(new.id, old.id)
        server.close_connection(old.id)
        await client.accept(new.answer)
        assert new.side is not None
        new.side.line(Line(weak=True, round_trip_s=0.1))
        async with asyncio.timeout(10):
            assert zlib.decompress(await came.get(), wbits=-15) == b'{"number":1}'
    finally:
        await gone.close()
        await client.close()
        await server.close()


async def test_a_client_without_a_data_channel_has_the_websocket_alone() -> None:
    server = MediaServer(MediaConfig(host="127.0.0.1", port=0), lambda kind, peer, **figures: None)
    await server.start()
    client = AiortcClient()
    try:
        connection = server.offer(await client.offer())
        assert connection.side is None
        server.tell(connection.id, 1, b"{}")
    finally:
        await client.close()
        await server.close()


async def test_what_the_client_sends_comes_whole_and_what_is_nothing_is_counted() -> None:
    server = MediaServer(MediaConfig(host="127.0.0.1", port=0), lambda kind, peer, **figures: None)
    await server.start()
    client = AiortcClient(beside=True)
    came: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()

    def take(message: bytes, packed: bool) -> bool:
        came.put_nowait((message, packed))
        return packed

    try:
        connection = server.offer(await client.offer())
        connection.on_beside = take
        assert client.channel is not None
        opened = asyncio.Event()
        client.channel.on("open", opened.set)
        await client.accept(connection.answer)
        async with asyncio.timeout(10):
            await opened.wait()
            told = [(b"x" * 5_000, True), (b"text", False)]
            client.channel.send(told[0][0])
            client.channel.send("text")
            assert sorted([await came.get(), await came.get()]) == sorted(told)
        assert server.plane.refused()[connection.id]["beside"] == 1
    finally:
        await client.close()
        await server.close()
