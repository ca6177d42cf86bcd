"""A WebSocket over TLS whose other end does not answer is dropped at once, however often it was closed before."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from server.certificates import ensure, server_context
from signaling.ws.server_socket import ServerSocket


@pytest.mark.parametrize("closed", [0, 1, 2])
async def test_a_socket_is_dropped_however_often_it_was_closed(tmp_path: Path, closed: int) -> None:
    made = ensure(tmp_path, ["localhost"], datetime.now(UTC))
    gone = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        transport = cast(asyncio.Transport, writer.transport)
        socket = ServerSocket(cast(Any, None), transport)
        for _ in range(closed):
            transport.close()
        socket.abort()
        socket.abort()
        gone.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context(made))
    client = ssl.create_default_context(cafile=str(made.authority))
    try:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="localhost")
        async with asyncio.timeout(10):
            await gone.wait()
            with suppress(ConnectionError):
                assert await reader.read() == b""
        writer.transport.abort()
    finally:
        server.close()
        await server.wait_closed()
