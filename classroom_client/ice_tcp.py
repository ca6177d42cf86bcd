"""ICE over TCP from our side (RFC 6544, active candidates), which aioice does not have.

A TCP connection to the server's media port becomes one more of aioice's local candidates: its checks and whatever
follows them travel in frames of RFC 4571. Uses `Connection._protocols`, `_check_list`, `_check_list_done` and
`check_start_task` (aioice 0.13).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

import structlog
from aioice import Candidate
from aioice.candidate import candidate_foundation
from aioice.ice import CandidatePair, Connection, StunProtocol

log = structlog.get_logger(__name__)

Address = tuple[str, int]

AFTER_S: Final = 0.4
"""UDP goes first: it is better wherever it works, and so it is only helped out where it does not answer at once."""
CONNECT_WITHIN_S: Final = 4.0
WAITING_MAX: Final = 64 * 1024
"""Bytes that wait for the line; what would come on top is late already, and dropped like a datagram."""
FRAME_MAX: Final = 0xFFFF
_PREFERENCE: Final = 90
"""Below UDP's 126 (RFC 6544, section 4.2)."""


def passive(sdp: str) -> list[Candidate]:
    """The server's TCP candidates in an answer, each once."""
    rows = {row.removeprefix("a=candidate:") for row in sdp.splitlines() if row.startswith("a=candidate:")}
    found = [Candidate.from_sdp(row) for row in sorted(rows)]
    return [each for each in found if each.transport.lower() == "tcp" and each.tcptype == "passive"]


async def try_tcp(ice: Connection, remote: Candidate) -> None:
    """Connects to a passive candidate a little later, unless another way has worked by then, and checks the pair."""
    await asyncio.sleep(AFTER_S)
    if ice._check_list_done:
        return
    stun = StunProtocol(ice)
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: _Frames(stun, (remote.host, remote.port)), remote.host, remote.port)
    except (OSError, TimeoutError) as error:
        log.debug("no tcp", error=type(error).__name__)
        return
    if ice._check_list_done:
        stun.transport.close()
        return
    stun.local_candidate = _active(stun.transport.get_extra_info("sockname")[0])
    ice._protocols.append(stun)
    pair = CandidatePair(stun, remote)
    pair.state = CandidatePair.State.WAITING
    ice._check_list.append(pair)
    ice.check_start_task(pair)


def _active(host: str) -> Candidate:
    """Our end; an active candidate's port is 9 (RFC 6544, section 4.5)."""
    return Candidate(
        foundation=candidate_foundation("host", "tcp", host), component=1, transport="tcp",
        priority=_PREFERENCE << 24 | 0xFFFF << 8 | 255, host=host, port=9, type="host", tcptype="active",
    )  # fmt: skip


class _Frames(asyncio.Protocol):
    """Cuts the stream into the frames that `stun` takes for datagrams from `peer`."""

    def __init__(self, stun: StunProtocol, peer: Address) -> None:
        self._stun, self._peer = stun, peer
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._stun.connection_made(_Datagrams(cast(asyncio.Transport, transport)))  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        data, at = self._rest + data, 0
        while len(data) - at >= 2:
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            if end > len(data):
                break
            self._stun.datagram_received(data[at + 2 : end], self._peer)
            at = end
        self._rest = data[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        self._stun.connection_lost(exc)


class _Datagrams:
    """The connection as aioice sends over it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def sendto(self, data: bytes, _address: Address | None = None) -> None:
        """One frame; none where the line is behind."""
        if len(data) <= FRAME_MAX and self._transport.get_write_buffer_size() < WAITING_MAX:
            self._transport.write(len(data).to_bytes(2, "big") + data)

    def get_extra_info(self, name: str) -> Any:
        """As of any transport."""
        return self._transport.get_extra_info(name)

    def is_closing(self) -> bool:
        """Whether it is closed or being closed."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Closes the connection."""
        self._transport.abort()
