"""By which ways media come about: UDP, TCP, relay, each by itself, all at a time (web/src/selftest/ways.ts)."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final, Literal

import msgspec
from aioice import TransportPolicy

from classroom_client.entry import Door, EntryError, post
from classroom_client.peer import Peer, PeerError
from classroom_client.ways import Relayed, Ways
from classroom_client.ways import Way as Through
from signaling.messages import IceServer

Way = Literal["udp", "tcp", "relay"]

WITHIN_S: Final = 8.0
DISCARD: Final = "9"
"""Where UDP is not to come about: aiortc wants some candidate of it."""
_UDP: Final = re.compile(r"^(a=candidate:\S+ \d+ udp \d+ \S+) \d+", re.IGNORECASE | re.MULTILINE)
_TCP: Final = re.compile(r"^a=candidate:\S+ \d+ tcp .*\r?\n", re.IGNORECASE | re.MULTILINE)


class _Answer(msgspec.Struct, frozen=True):
    sdp: str
    ice_servers: list[IceServer] = []


async def ways_figures(door: Door, key: str) -> dict[str, Any]:
    """Which of them work, and over what media come."""
    relays: asyncio.Future[list[Relayed]] = asyncio.get_running_loop().create_future()

    async def relayed() -> bool | None:
        try:
            async with asyncio.timeout(WITHIN_S):
                told = await relays
        except TimeoutError:
            return None
        works = await asyncio.gather(*(_works("relay", door, key, None, each) for each in told))
        return any(works) if told else None

    udp, tcp, relay = await asyncio.gather(
        _works("udp", door, key, relays), _works("tcp", door, key, relays), relayed()
    )
    by = {"udp": udp, "tcp": tcp, "relay": relay}
    return {**by, "media": next((way for way, works in by.items() if works), "none")}


def only(way: Way, answer: str) -> str:
    """The server's answer with the candidates of this way alone; the relay reaches the media port over UDP."""
    return _UDP.sub(rf"\1 {DISCARD}", answer) if way == "tcp" else _TCP.sub("", answer)


async def _works(
    way: Way, door: Door, key: str, relays: asyncio.Future[list[Relayed]] | None, through: Through = None
) -> bool:
    """Opens a connection as for a lesson, which carries nothing; `relays` is told the relay's addresses."""
    peer = Peer(0, through)
    if way == "relay":
        peer.transport.transport.iceGatherer._connection._transport_policy = TransportPolicy.RELAY
    try:
        async with asyncio.timeout(WITHIN_S):
            body, _ = await post(door, "/api/devices/media", {"sdp": await peer.offer()}, key)
            answer = msgspec.json.decode(body, type=_Answer)
            if relays is not None and not relays.done():
                relays.set_result(_addresses(door, answer.ice_servers))
            await peer.accept(only(way, answer.sdp))
            await peer.connected.wait()
    except (EntryError, PeerError, OSError, TimeoutError, msgspec.DecodeError):
        return False
    else:
        return True
    finally:
        await peer.close()


def _addresses(door: Door, servers: list[IceServer]) -> list[Relayed]:
    """The relay's addresses that a network which blocks UDP lets through."""
    ways = Ways(door.tls)
    ways.learn(servers)
    return ways.relays
