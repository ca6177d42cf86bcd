"""`tongke-classroom` where only the relay is left: its peer with the media server, through coturn and HAProxy."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aioice import TransportPolicy

from classroom_client.peer import Peer
from classroom_client.ways import Ways
from server import certificates
from server.commands import relay
from server.config import load
from server.media.server import MediaConfig, MediaServer
from server.turn import RelayAccess
from tests.server.test_turn_relay import OWN, free_port, listening, needs_programs

pytestmark = [pytest.mark.media, needs_programs]


@dataclass
class Site:
    """A media server, the ways to it as a welcome tells them, and how its relay's certificate is checked."""

    media: MediaServer
    ways: Ways


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    media = MediaServer(MediaConfig(port=0), lambda kind, peer, **ints: None)
    await media.start()
    ports = {"relay.port": free_port(), "relay.tls_port": free_port(), "http.port": free_port()}
    config = load({"data_dir": tmp_path, "relay.host": OWN[0], "media.port": media.port, **ports}, {}).config
    identity = certificates.ensure(tmp_path / "tls", ["localhost", *OWN], datetime.now(UTC))
    folder = relay.write(config, OWN, root=False)
    programs = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in (
            ["turnserver", "-c", str(folder / relay.TURNSERVER_CONF)],
            ["haproxy", "-db", "-f", str(folder / relay.HAPROXY_CFG)],
        )
    ]
    try:
        for port in (config.relay.port, config.relay.tls_port):
            await listening(port)
        ways = Ways(ssl.create_default_context(cafile=str(identity.authority)))
        ways.learn(RelayAccess(config.relay, tmp_path).servers("room-1", datetime.now(UTC).timestamp()))
        yield Site(media, ways)
    finally:
        for program in programs:
            program.kill()
            program.wait()
        await media.close()


@pytest.mark.parametrize(("tried", "scheme"), [(1, "turns:"), (3, "turn:")])
async def test_where_nothing_else_gets_through_the_relay_carries_media_over_tls_and_tcp(
    site: Site, tried: int, scheme: str
) -> None:
    for _ in range(tried):
        site.ways.failed()
    way = site.ways.now
    assert way is not None
    assert way.server.urls[0].startswith(scheme)
    peer = Peer(1, way)
    ice = peer.transport.transport.iceGatherer._connection
    ice._transport_policy = TransportPolicy.RELAY  # as if the network let nothing through to the media port
    try:
        await peer.accept(site.media.offer(await peer.offer()).answer)
        await asyncio.wait_for(peer.connected.wait(), 20)
        assert ice._nominated[1].local_candidate.type == "relay"
    finally:
        await peer.close()
