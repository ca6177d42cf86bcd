"""The one media port: UDP and TCP on the same number, and the table of flows (who sends from where).

A flow is a number for one remote address on one of our sockets, or for one TCP connection. Addresses that are not bound
to a peer by the end of the read they came in are forgotten again, so that strangers cost nothing that lasts.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.media.datagrams import BATCH, STRIDE, DatagramSocket
from server.media.egress import MAX_RUN_BYTES
from server.media.framing import FramedConnection
from server.media.kernel_filter import attach
from server.media.srtp import PacketBuffer

MAX_CONNECTIONS = 512
MAX_STRANGERS = 64
"""TCP connections that have not authenticated yet."""
STRANGER_S = 10.0
READS_AT_A_TIME = 4
"""Batches read before the event loop gets its turn."""
GATHER_S = 50e-6
"""The rest of a frame is waited for: its packets then leave together, and a wake-up costs as much as several."""
PORT_ATTEMPTS = 20


class Receiver(Protocol):
    """Who handles what comes in: the plane."""

    def receive(self, sizes: Sequence[int], flows: Sequence[int], buffer: PacketBuffer, stride: int) -> None: ...
    def inject(self, flow: int, data: bytes) -> None: ...
    def is_bound(self, flow: int) -> bool: ...


@dataclass(slots=True)
class _UdpFlow:
    socket: DatagramSocket
    key: int | bytes
    address: tuple[str, int]
    segments: bool = True


class Listener:
    """Sockets and flows; the plane's `Egress`. `on_flow_lost` hears of TCP connections that ended."""

    def __init__(self, on_flow_lost: Callable[[int], None]) -> None:
        self.buffer = PacketBuffer(MAX_RUN_BYTES + STRIDE)
        self.dropped: Counter[str] = Counter()
        self.port = 0
        self._on_flow_lost = on_flow_lost
        self._receiver: Receiver | None = None
        self._after_read: Callable[[], None] = lambda: None
        self._sockets: list[DatagramSocket] = []
        self._servers: list[asyncio.Server] = []
        self._udp: dict[int, _UdpFlow] = {}
        self._tcp: dict[int, FramedConnection] = {}
        self._by_key: dict[int | bytes, int] = {}
        self._next_flow = 1

    async def start(self, host: str, port: int, receiver: Receiver, after_read: Callable[[], None]) -> None:
        """Binds every socket on one port number; raises OSError. `after_read` follows every read.

        host: an address, or "" for all of IPv4 and, where there is one, IPv6. port: 0 for any free one.
        """
        self._receiver, self._after_read = receiver, after_read
        for attempt in range(PORT_ATTEMPTS):
            try:
                await self._bind(host, port)
                break
            except OSError:
                await self.close()
                if port or attempt == PORT_ATTEMPTS - 1:
                    raise
        loop = asyncio.get_running_loop()
        for one in self._sockets:
            self._filter(one)
            loop.add_reader(one.socket.fileno(), self._readable, one)

    async def _bind(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        hosts = [host] if host else ["0.0.0.0", "::"]  # noqa: S104  (the media port is for every device)
        for one in hosts:
            family = socket.AF_INET6 if ":" in one else socket.AF_INET
            try:
                bound = DatagramSocket.bind(one, port, family)
            except OSError:
                if family == socket.AF_INET6 and not host:
                    continue
                raise
            self._sockets.append(bound)
            port = self.port = bound.socket.getsockname()[1]
            self._servers.append(
                await loop.create_server(lambda: FramedConnection(self), one, port, family=family, backlog=128)
            )

    async def close(self) -> None:
        """Closes every socket and connection; closing twice is closing once."""
        loop = asyncio.get_running_loop()
        for one in self._sockets:
            loop.remove_reader(one.socket.fileno())
            one.close()
        for server in self._servers:
            server.close()
        for connection in tuple(self._tcp.values()):
            connection.abort()
        self._sockets, self._servers = [], []

    @property
    def ipv6(self) -> bool:
        """Whether an IPv6 socket is open."""
        return any(one.socket.family == socket.AF_INET6 for one in self._sockets)

    # --- in ---

    def _readable(self, one: DatagramSocket) -> None:
        time.sleep(GATHER_S)
        for _ in range(READS_AT_A_TIME):
            sizes, keys = one.read()
            if sizes:
                self._handle(one, sizes, keys)
            if len(sizes) < BATCH:
                break
        self._after_read()

    def _handle(self, one: DatagramSocket, sizes: Sequence[int], keys: Sequence[int | bytes]) -> None:
        assert self._receiver is not None
        by_key = self._by_key
        flows = [by_key.get(key, 0) for key in keys]
        if 0 not in flows:
            self._receiver.receive(sizes, flows, one.buffer, STRIDE)
            return
        strangers = []
        for at, key in enumerate(keys):
            # Only what looks like STUN (RFC 7983) can make an address known; the rest stays flow 0, bound to nobody.
            if not flows[at] and one.buffer.view[at * STRIDE] < 4:
                flows[at] = self._open(one, key)
                strangers.append(flows[at])
        self._receiver.receive(sizes, flows, one.buffer, STRIDE)
        for flow in strangers:
            if not self._receiver.is_bound(flow):
                self.forget(flow)
        if any(flow in self._udp for flow in strangers):
            self._filter(one)

    def _filter(self, one: DatagramSocket) -> None:
        """Lets the kernel pass what the flows of a socket send; the ports of those gone go at the next newcomer."""
        attach(one.socket, {flow.address[1] for flow in self._udp.values() if flow.socket is one})

    def _open(self, one: DatagramSocket, key: int | bytes) -> int:
        known = self._by_key.get(key)
        if known is not None:
            return known
        flow, self._next_flow = self._next_flow, self._next_flow + 1
        self._by_key[key] = flow
        self._udp[flow] = _UdpFlow(one, key, one.address(key))
        return flow

    def opened(self, connection: FramedConnection) -> bool:
        """A TCP connection came in."""
        assert self._receiver is not None
        strangers = sum(not self._receiver.is_bound(flow) for flow in self._tcp)
        if len(self._tcp) >= MAX_CONNECTIONS or strangers >= MAX_STRANGERS:
            self.dropped["connection"] += 1
            return False
        connection.flow, self._next_flow = self._next_flow, self._next_flow + 1
        self._tcp[connection.flow] = connection
        asyncio.get_running_loop().call_later(STRANGER_S, self._expect_bound, connection)
        return True

    def _expect_bound(self, connection: FramedConnection) -> None:
        assert self._receiver is not None
        if connection.flow in self._tcp and not self._receiver.is_bound(connection.flow):
            connection.abort()

    def framed(self, connection: FramedConnection, frame: bytes) -> None:
        """A packet came over TCP."""
        assert self._receiver is not None
        self._receiver.inject(connection.flow, frame)
        self._after_read()

    def closed(self, connection: FramedConnection) -> None:
        """A TCP connection ended."""
        if self._tcp.pop(connection.flow, None) is not None:
            self._on_flow_lost(connection.flow)

    # --- out ---

    def address(self, flow: int) -> tuple[str, int] | None:
        """The remote address of a flow."""
        if flow in self._udp:
            return self._udp[flow].address
        return self._tcp[flow].address if flow in self._tcp else None

    def send_run(self, flow: int, size: int, datagram: int) -> None:
        """Sends the first `size` bytes of `buffer` as datagrams of `datagram` bytes."""
        data = self.buffer.view[:size]
        to = self._udp.get(flow)
        if to is None:
            self._write(flow, data, datagram)
        elif size <= datagram:
            to.socket.send(data, to.address, self._drop)
        elif to.segments:
            to.segments = to.socket.send_run(data, datagram, to.address, self._drop)
        else:
            to.socket.send_singly(data, datagram, to.address, self._drop)

    def send(self, flow: int, data: bytes) -> None:
        """Sends one datagram."""
        to = self._udp.get(flow)
        if to is None:
            self._write(flow, data, len(data))
        else:
            to.socket.send(data, to.address, self._drop)

    def _write(self, flow: int, data: bytes | memoryview, datagram: int) -> None:
        connection = self._tcp.get(flow)
        if connection is None or not connection.write(data, datagram):
            self._drop("egress_full")

    def forget(self, flow: int) -> None:
        """Forgets a flow; a TCP connection is closed."""
        udp = self._udp.pop(flow, None)
        if udp is not None:
            del self._by_key[udp.key]
        connection = self._tcp.pop(flow, None)
        if connection is not None:
            connection.finish()

    def _drop(self, reason: str) -> None:
        self.dropped[reason] += 1
