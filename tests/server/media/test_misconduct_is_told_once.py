"""Who sends what it may not is told of once for each reason: by values, and by a client that does it."""

from __future__ import annotations

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from server.media.misconduct import LEAST, Misconduct
from server.media.server import MediaConfig, MediaServer
from tests.server.media.aiortc_clients import AiortcClient

WRONG_TYPE = 45


def test_it_is_told_once_for_each_peer_and_reason_and_only_of_many_in_a_second() -> None:
    misconduct = Misconduct()
    assert misconduct.look({1: {"limit": LEAST - 1}, 2: {}}) == []
    assert misconduct.look({1: {"limit": 2 * LEAST - 2}, 2: {"codec": 10 * LEAST}}) == [], (
        "of too slow, and of no fault"
    )
    assert misconduct.look({1: {"limit": 3 * LEAST}, 2: {"ssrc": LEAST}}) == [
        (1, "limit", 3 * LEAST),
        (2, "ssrc", LEAST),
    ]
    assert misconduct.look({1: {"limit": 9 * LEAST, "srtp": LEAST, "request": 4 * LEAST}}) == [(1, "srtp", LEAST)]
    assert misconduct.look({1: {"request": 9 * LEAST}}) == [(1, "request", 9 * LEAST)]
    assert misconduct.look({1: {"limit": 99 * LEAST, "srtp": 99 * LEAST}}) == []


@pytest.mark.media
async def test_a_client_with_a_wrong_payload_type_is_in_the_log_once_and_stays() -> None:
    server = MediaServer(MediaConfig(port=0), lambda *_, **__: None)
    await server.start()
    client = AiortcClient()
    connection = server.offer(await client.offer())
    try:
        with capture_logs() as log:
            async with asyncio.timeout(60):
                await client.accept(connection.answer)
                for round_ in (1, 2):
                    await send_wrong(client, first=round_ * 3 * LEAST)
                    while server.plane.refused()[connection.id].get("payload_type", 0) < round_ * 2 * LEAST:
                        await asyncio.sleep(0.01)
                    looked_until = time.monotonic_ns()
                    while server._clockwork._second_ns < looked_until:
                        await asyncio.sleep(0.01)
        told = [line for line in log if line["event"] == "media.out_of_bounds"]
        assert [(line["connection"], line["reason"]) for line in told] == [(connection.id, "payload_type")]
        assert connection.connected
    finally:
        await client.close()
        await server.close()


async def send_wrong(client: AiortcClient, first: int) -> None:
    """Packets of the microphone's stream, numbered from `first`, with a payload type that nobody offered."""
    sender = client.sending[0].sender
    for number in range(first, first + 3 * LEAST):
        head = bytes((0x80, WRONG_TYPE)) + number.to_bytes(2, "big") + bytes(4) + sender._ssrc.to_bytes(4, "big")
        await sender.transport._send_rtp(head + bytes(20))
