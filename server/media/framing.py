"""ICE-TCP: packets over a TCP connection, each after its length (RFC 4571, RFC 6544). For networks that block UDP."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol

MAX_FRAME_BYTES = 1500
MAX_BACKLOG_BYTES = 128 * 1024
"""Unsent bytes of a connection; beyond it packets are dropped, as a full router queue would."""


class FrameOwner(Protocol):
    """Who takes the frames of a connection."""

    def opened(self, connection: FramedConnection) -> bool:
        """Whether this connection may stay."""

    def framed(self, connection: FramedConnection, frame: bytes) -> None: ...

    def closed(self, connection: FramedConnection) -> None: ...


class FramedConnection(asyncio.Protocol):
    """One TCP connection of a peer. `flow` and `address` are set by the owner and by the connection itself."""

    def __init__(self, owner: FrameOwner) -> None:
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self.flow = 0
        self.address = ("0.0.0.0", 0)  # noqa: S104  (never bound; replaced on connection)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection if the owner agrees."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock, name = transport.get_extra_info("socket"), transport.get_extra_info("peername")
        if name is None or not self._owner.opened(self):
            transport.abort()
            return
        self.address = (name[0], name[1])
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Takes frames apart; a frame longer than any packet ends the connection."""
        received = self._received
        received += data
        at = 0
        while len(received) - at >= 2:
            size = received[at] << 8 | received[at + 1]
            if size > MAX_FRAME_BYTES:
                self.abort()
                return
            if len(received) - at - 2 < size:
                break
            if size:
                self._owner.framed(self, bytes(received[at + 2 : at + 2 + size]))
            at += 2 + size
        del received[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the owner once."""
        self._owner.closed(self)

    def write(self, data: bytes | memoryview, datagram: int) -> bool:
        """`data` as frames of `datagram` bytes; False if the connection is behind and they are dropped."""
        if self._transport is None or self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size() > MAX_BACKLOG_BYTES:
            return False
        pieces = [data[at : at + datagram] for at in range(0, len(data), datagram)]
        self._transport.write(b"".join(part for piece in pieces for part in (len(piece).to_bytes(2, "big"), piece)))
        return True

    def finish(self) -> None:
        """Ends the connection when all is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Ends the connection at once."""
        if self._transport is not None:
            self._transport.abort()
