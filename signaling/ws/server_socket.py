"""The server's end of a WebSocket, as a connection uses it: frames straight to the transport, TCP for weak lines."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from array import array
from contextlib import suppress
from functools import lru_cache
from typing import Any

from aiohttp import WSMsgType, web

from signaling.errors import GoodbyeCode
from signaling.link import LONG_LINE_MS

SEND_BUFFER_BYTES = 128 * 1024
UNACKED_BYTES_FOR_MS = 10_000
TCP_THIN_LINEAR_TIMEOUTS, TCP_RTO_MAX_MS = 16, 44
"""Of linux/tcp.h; Python has no names for them, and older kernels not the second."""
LONGEST_RTO_MS = 1_000
"""A line that was overrun for a moment gets its strokes again a second later, not after ever longer pauses."""
UNHURRIED_BYTES_PER_S = 16_000
"""A page at once would overfill the queue of a line of 128 kbit/s: most of it would have to come twice."""
SO_MAX_PACING_RATE = 47
"""Of asm-generic/socket.h."""
_SILENCE, _ROUND_TRIP = struct.Struct("=52xI"), struct.Struct("=68xI")
"""`tcpi_last_data_recv`, ms, and `tcpi_rtt`, µs, of `struct tcp_info` (linux/tcp.h)."""
PING_AFTER_MS = 6_000
LOST_AFTER_MS = 9_000
"""So long without a byte. The kernel knows it: a timer that each message moves would cost as much as its decoding."""
_PING = b"\x89\x00"
CLOSE_CODES: dict[GoodbyeCode, int] = {
    "ended": 1000, "draining": 1012, "replaced": 4001, "unauthorized": 4003, "no_such_lesson": 4004,
    "stalled": 4008, "version": 4010, "full": 4011, "not_open": 4012,
    "bad_message": 1007, "too_large": 1009, "too_fast": 1008, "internal": 1011,
}  # fmt: skip
"""RFC 6455, section 7.4; the goodbye before it says the same in words of this protocol."""


def tune(transport: asyncio.Transport) -> float:
    """A dead client shows in seconds and holds little memory; a long line is sent to no faster than a thin one takes.

    The round trip of a long line, in s; 0 of any other.
    """
    raw = transport.get_extra_info("socket")
    if raw is None:
        return 0.0
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKED_BYTES_FOR_MS)
    for option, value in ((TCP_THIN_LINEAR_TIMEOUTS, 1), (TCP_RTO_MAX_MS, LONGEST_RTO_MS)):
        with suppress(OSError):
            raw.setsockopt(socket.IPPROTO_TCP, option, value)
    round_trip_us = _told(raw, _ROUND_TRIP)
    if round_trip_us < LONG_LINE_MS * 1000:
        return 0.0
    with suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, UNHURRIED_BYTES_PER_S)
    return round_trip_us / 1e6


def _told(raw: socket.socket, field: struct.Struct) -> int:
    """A field of what the kernel tells of a TCP connection; 0 where it does not say."""
    told = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, field.size) if hasattr(socket, "TCP_INFO") else b""
    return int(field.unpack(told)[0]) if len(told) == field.size else 0


class ServerSocket:
    """The connection's view of an aiohttp WebSocket.

    The common case, nothing waits before it, writes the frame to the transport at once (RFC 6455, section 5.2: final
    text frames of a server are not masked); the writer of aiohttp would cost a task switch for each message.
    """

    def __init__(self, ws: web.WebSocketResponse[Any], transport: asyncio.Transport) -> None:
        self._ws = ws
        self._transport = transport
        self._tls = getattr(transport, "_ssl_protocol", None)

    def try_write(self, frame: bytes) -> bool:
        """Hands a text frame to the network if nothing waits before it; False, and nothing done, otherwise."""
        if self._ws.closed or self._transport.is_closing() or self._transport.get_write_buffer_size():
            return False
        self._transport.write(_text(frame))
        return True

    async def write(self, frame: bytes, *, binary: bool = False) -> None:
        """Hands a frame to the network and waits until there is room for the next."""
        await self._ws.send_frame(frame, WSMsgType.BINARY if binary else WSMsgType.TEXT)

    def buffered(self) -> int:
        """Bytes handed over that the network has not taken yet."""
        return 0 if self._transport.is_closing() else self._transport.get_write_buffer_size()

    def quiet(self) -> bool:
        """Whether the other end has confirmed all that was handed over, as far as this machine can tell."""
        if self._transport.is_closing() or (raw := self._transport.get_extra_info("socket")) is None:
            return False
        under_way = array("i", [0])
        try:
            fcntl.ioctl(raw.fileno(), termios.TIOCOUTQ, under_way)
        except OSError:
            return True
        return not under_way[0]

    def alive(self) -> bool:
        """Whether the other end was heard of lately; one that has been silent for long is pinged."""
        if self._transport.is_closing() or (raw := self._transport.get_extra_info("socket")) is None:
            return True
        silent_ms = _told(raw, _SILENCE)
        if PING_AFTER_MS < silent_ms < LOST_AFTER_MS and not self._transport.get_write_buffer_size():
            self._transport.write(_PING)
        return silent_ms < LOST_AFTER_MS

    async def close(self, code: GoodbyeCode) -> None:
        """The closing handshake, with a deadline."""
        await self._ws.close(code=CLOSE_CODES[code])

    def abort(self) -> None:
        """Drops the socket at once."""
        if self._tls is not None:
            # Python 3.11 forgets the TLS of a transport that is closed twice, and can no longer drop it.
            self._transport._ssl_protocol = self._tls  # type: ignore[attr-defined]
        self._transport.abort()


@lru_cache(maxsize=1)
def _text(payload: bytes) -> bytes:
    """A frame that goes to many is made once."""
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", 0x81, length) + payload
    if length < 65_536:
        return struct.pack("!BBH", 0x81, 126, length) + payload
    return struct.pack("!BBQ", 0x81, 127, length) + payload
