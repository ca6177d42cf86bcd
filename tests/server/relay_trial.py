"""What gets through deploy/relay.sh, tried in a network namespace of its own; the answers as JSON.

    unshare --net python -m tests.server.relay_trial FOLDER

Once as it is, and once more without its packet filter, which shows that the trial would see what came through.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aioice import stun, turn

from bench.namespace import ADDRESS, set_up
from server import certificates
from server.config import load
from server.turn import credentials, secret_of

ROOT = Path(__file__).parents[2]
SIX = "fd77::1"
MEDIA, OTHER = 8444, 8445
IPV6 = 2 << 24
"""REQUESTED-ADDRESS-FAMILY (RFC 8656, section 18.6)."""
READY_WITHIN_S = 20.0
ANSWERED_WITHIN_S = 1.0
STRANGERS = {
    4: ["127.0.0.1", "10.77.0.2", "192.168.7.7", "8.8.8.8"],
    6: ["::1", "fe80::1", "fd77::2", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:192.168.7.7", f"::ffff:{ADDRESS}"],
}


class Echo(asyncio.DatagramProtocol):
    """Sends everything back; the client's end keeps what comes."""

    def __init__(self, *, echo: bool = True) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self._echo = echo

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:  # type: ignore[override]
        self.came.put_nowait(data)
        if self._echo:
            self._transport.sendto(data, addr)


class SixClient(turn.TurnClientUdpProtocol):
    """Asks for an IPv6 allocation, which aioice does not know."""

    async def request_with_retry(self, request: stun.Message) -> Any:
        if request.message_method == stun.Method.ALLOCATE:
            request.attributes["REQUESTED-ADDRESS-FAMILY"] = IPV6
        return await super().request_with_retry(request)


async def main(folder: Path) -> None:
    family = (0x0017, "REQUESTED-ADDRESS-FAMILY", stun.pack_unsigned, stun.unpack_unsigned)
    stun.ATTRIBUTES_BY_TYPE[family[0]] = stun.ATTRIBUTES_BY_NAME[family[1]] = family
    set_up()
    subprocess.run(["ip", "addr", "add", f"{SIX}/64", "dev", "bench0", "nodad"], check=True)
    os.environ["TONGKE_RELAY_HOST"] = ADDRESS
    config = load({"data_dir": folder}, os.environ).config
    certificates.ensure(folder / "tls", ["localhost", ADDRESS], datetime.now(UTC))
    user = credentials(secret_of(folder), "room-1", datetime.now(UTC).timestamp())
    loop = asyncio.get_running_loop()
    for port in (MEDIA, OTHER):
        for address in (ADDRESS, SIX):
            await loop.create_datagram_endpoint(Echo, local_addr=(address, port))
    with subprocess.Popen([ROOT / "deploy/relay.sh", "--data", folder], cwd=ROOT, stdout=sys.stderr) as relay:
        try:
            await listening(config.relay.port)
            found = {"limited": await tried(config.relay.port, user)}
            subprocess.run(["nft", "delete", "table", "inet", "tongke_relay"], check=True)
            found["unlimited"] = await tried(config.relay.port, user)
            subprocess.run(["nft", "-f", folder / "relay/relay.nft"], check=True)
        finally:
            relay.terminate()
            relay.wait(15)
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
    print(json.dumps({**found, "left": tables}))


async def tried(port: int, user: tuple[str, str]) -> dict[str, Any]:
    """By family: which of the own ports answered, and what was said to strangers' addresses."""
    found: dict[str, Any] = {}
    for version, own in ((4, ADDRESS), (6, SIX)):
        async with allocated(port, user, version) as (transport, inbox):
            answered = []
            for to in (MEDIA, OTHER, 53):
                transport.sendto(b"hello", (own, to))
                with suppress(TimeoutError):
                    await asyncio.wait_for(inbox.came.get(), ANSWERED_WITHIN_S)
                    answered.append(to)
            inner = transport._TurnTransport__inner_protocol  # type: ignore[attr-defined]
            refused = {peer: await said(inner, 0x4100 + n, peer) for n, peer in enumerate(STRANGERS[version])}
            found[str(version)] = {"answered": answered, "refused": refused}
    return found


async def said(inner: Any, channel: int, peer: str) -> int:
    """The error code of a channel to the media port there, 0 where it was opened."""
    try:
        await inner.channel_bind(channel, (peer, MEDIA))
    except stun.TransactionFailed as failed:
        return int(failed.response.attributes["ERROR-CODE"][0])
    return 0


@asynccontextmanager
async def allocated(port: int, user: tuple[str, str], version: int) -> AsyncIterator[tuple[turn.TurnTransport, Echo]]:
    kind, turn.TurnClientUdpProtocol = turn.TurnClientUdpProtocol, SixClient if version == 6 else BASE
    try:
        transport, inbox = await turn.create_turn_endpoint(
            lambda: Echo(echo=False), server_addr=(ADDRESS, port), username=user[0], password=user[1]
        )
    finally:
        turn.TurnClientUdpProtocol = kind
    try:
        yield transport, inbox
    finally:
        transport.close()


BASE = turn.TurnClientUdpProtocol


async def listening(port: int) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            with suppress(OSError):
                socket.create_connection((ADDRESS, port), 1).close()
                return
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
