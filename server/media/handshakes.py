"""STUN and DTLS of every connection: from where each is heard, whether it is who its offer said, and its goodbye.

Nothing here is done for a packet of media: the plane hands up only what is none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from server.media.connection import ClosedReason, Connection
from server.media.dtls import DtlsState
from server.media.ice_lite import Credentials, IceLite
from server.media.listener import Listener
from server.media.python_plane import PythonPlane

log = structlog.get_logger(__name__)


class Handshakes:
    """The handshakes of `connections`, by number, which the server keeps.

    on_connected: its keys are there. on_ended: it left, or failed; the server ends it.
    """

    def __init__(
        self,
        plane: PythonPlane,
        listener: Listener,
        connections: Mapping[int, Connection],
        on_connected: Callable[[Connection], None],
        on_ended: Callable[[int, ClosedReason], None],
    ) -> None:
        self._plane = plane
        self._listener = listener
        self._connections = connections
        self._on_connected = on_connected
        self._on_ended = on_ended
        self._flow_connection: dict[int, int] = {}
        self.ice = IceLite()

    def await_from(self, connection: Connection, credentials: Credentials, ufrag: str) -> None:
        """Takes the checks of a new connection's client, known by `ufrag`."""
        self.ice.add(connection.id, credentials, ufrag, connection.opened_ns)

    def control(self, flow: int, data: bytes) -> None:
        """One datagram of STUN or DTLS."""
        if data[0] < 4:
            self._check(flow, data)
            return
        connection = self._connections.get(self._flow_connection.get(flow, 0))
        if connection is None:
            return
        packets = connection.dtls.receive(data)
        self._send(connection, flow)
        self._follow(connection, flow)
        if packets and connection.side is not None:
            connection.side.receive(packets)

    def send_beside(self, connection: Connection, packet: bytes) -> None:
        """A packet of the connection's data channel."""
        flow = self._plane.selected_flow(connection.id) if connection.id in self._connections else None
        if flow is not None:
            connection.dtls.send(packet)
            self._send(connection, flow)

    def end(self, connection: Connection) -> None:
        """Says goodbye, and takes no more checks; the plane still knows the peer."""
        flow = self._plane.selected_flow(connection.id)
        connection.dtls.close()
        if flow is not None:
            self._send(connection, flow)
        for one in self.ice.remove(connection.id):
            if self._flow_connection.get(one) == connection.id:
                del self._flow_connection[one]

    def flow_lost(self, flow: int) -> None:
        """Nothing comes from there any more."""
        peer = self._flow_connection.pop(flow, None)
        if peer is not None:
            self.ice.lost_flow(peer, flow)
        self._plane.unbind_flow(flow)

    def _check(self, flow: int, data: bytes) -> None:
        address = self._listener.address(flow)
        checked = None if address is None else self.ice.check(flow, address, data, time.monotonic_ns())
        if checked is None:
            self._plane.count_drop("stun")
            return
        if checked.dropped is not None and self._flow_connection.get(checked.dropped) == checked.peer:
            del self._flow_connection[checked.dropped]
            self._plane.unbind_flow(checked.dropped)
        if checked.valid and self._flow_connection.get(flow) != checked.peer:
            self._plane.bind_flow(flow, checked.peer)
            self._flow_connection[flow] = checked.peer
        self._plane.send_raw(flow, checked.answer)
        if checked.selected or (checked.valid and self._plane.selected_flow(checked.peer) is None):
            self._plane.select_flow(checked.peer, flow)

    def _send(self, connection: Connection, flow: int) -> None:
        for datagram in connection.dtls.outgoing():
            self._plane.send_raw(flow, datagram)

    def _follow(self, connection: Connection, flow: int) -> None:
        state = connection.dtls.state
        if state is DtlsState.HANDSHAKING:
            timeout = connection.dtls.timeout_s()
            if timeout is not None and connection.retransmission is None:
                loop = asyncio.get_running_loop()
                connection.retransmission = loop.call_later(timeout + 0.01, self._retransmit, connection, flow)
        elif state is DtlsState.CONNECTED and not connection.connected:
            assert connection.dtls.keys is not None
            connection.connected = True
            self._plane.install_keys(connection.id, connection.dtls.keys)
            log.info("media.connected", connection=connection.id, profile=connection.dtls.keys.profile)
            self._on_connected(connection)
        elif state is DtlsState.CLOSED:
            self._on_ended(connection.id, "left")
        elif state is DtlsState.FAILED:
            self._on_ended(connection.id, "failed")

    def _retransmit(self, connection: Connection, flow: int) -> None:
        connection.retransmission = None
        if connection.id in self._connections and connection.dtls.state is DtlsState.HANDSHAKING:
            connection.dtls.retransmit()
            self._send(connection, flow)
            self._follow(connection, flow)
