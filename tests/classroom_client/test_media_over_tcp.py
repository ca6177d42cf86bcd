"""`tongke-classroom` without UDP: its peer with the real media server, over one TCP connection."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from classroom_client.ice_tcp import passive
from classroom_client.peer import Peer
from server.media.server import MediaConfig, MediaServer
from signaling.messages import SLOTS

pytestmark = pytest.mark.media
WITHIN_S = 10


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    running = MediaServer(MediaConfig(port=0), lambda kind, peer, **ints: None)
    await running.start()
    yield running
    await running.close()


async def joined(server: MediaServer, *, udp: bool) -> Peer:
    """A peer whose datagrams reach the server, or go where nobody is."""
    peer = Peer(1)
    answer = server.offer(await peer.offer()).answer
    rows = answer.split("\r\n")
    if not udp:
        rows = [re.sub(r"( udp \d+ \S+) \d+ ", r"\1 9 ", row) if "a=candidate:" in row else row for row in rows]
    await peer.accept("\r\n".join(rows))
    await asyncio.wait_for(peer.connected.wait(), WITHIN_S)
    return peer


async def test_without_udp_media_goes_by_tcp_to_the_same_port(server: MediaServer) -> None:
    peer = await joined(server, udp=False)
    assert peer.over_tcp
    await peer.close()


async def test_with_udp_it_goes_by_udp_and_no_tcp_connection_is_kept(server: MediaServer) -> None:
    peer = await joined(server, udp=True)
    assert not peer.over_tcp
    await peer.close()


async def test_the_server_numbers_its_packets_for_a_peer_that_tells_when_they_come(server: MediaServer) -> None:
    peer = Peer(1)
    answer = server.offer(await peer.offer()).answer
    sections = [section for section in answer.split("\r\nm=") if "a=sendonly" in section]
    assert len(sections) == 2 * SLOTS
    assert all("transport-wide-cc" in section and "transport-cc" in section for section in sections)
    await peer.close()


def test_each_passive_candidate_of_an_answer_is_found_once() -> None:
    rows = [
        "v=0",
        "a=candidate:0 1 udp 2130706431 10.0.0.1 8444 typ host",
        "a=candidate:1 1 tcp 1526726655 10.0.0.1 8444 typ host tcptype passive",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=candidate:1 1 tcp 1526726655 10.0.0.1 8444 typ host tcptype passive",
    ]
    assert [(each.host, each.port) for each in passive("\r\n".join(rows))] == [("10.0.0.1", 8444)]
