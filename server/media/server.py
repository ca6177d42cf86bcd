"""The media server: one port, many connections, one plane. This is all that the rest of the program sees of media."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Literal

import structlog

from server.media import sctp_chunks
from server.media.addresses import local_addresses
from server.media.answer import AnswerTransport, agreed_codecs
from server.media.clockwork import Clockwork
from server.media.connection import ClosedReason, Connection
from server.media.connection_plan import MediaConfig, plan_connection
from server.media.courier import Line
from server.media.dtls import DtlsServer, Identity
from server.media.handshakes import Handshakes
from server.media.ice_lite import Credentials
from server.media.line_keeper import LineKeeper, OwnLine
from server.media.listener import Listener
from server.media.misconduct import Misconduct
from server.media.offer import OfferRefused, parse_offer
from server.media.plane import EventKind
from server.media.python_plane import PythonPlane
from server.media.sctp_intake import Message
from server.media.side_channel import SideChannel
from signaling.messages import Rung

__all__ = ["MediaConfig", "MediaServer"]

IDENTITY_NS = 30 * 86_400 * 1_000_000_000
"""A certificate serves new connections for so long."""
HANDSHAKE_NS = 15_000_000_000

log = structlog.get_logger(__name__)


class MediaServer:
    """Connections by number. `on_event` hears what the plane reports: (kind, connection id, **ints).

    `on_rung` hears how much a connection's line carries, whenever that changes: (connection id, rung of the ladder).
    """

    def __init__(
        self,
        config: MediaConfig,
        on_event: Callable[..., None],
        on_rung: Callable[[int, Rung], None] = lambda connection_id, rung: None,
    ) -> None:
        self._config = config
        self._listener = Listener(lambda flow: self._handshakes.flow_lost(flow))
        self._identity = Identity()
        self._identity_ns = time.monotonic_ns()
        self._on_event = on_event
        self._connections: dict[int, Connection] = {}
        self.plane = PythonPlane(self._listener, lambda flow, data: self._handshakes.control(flow, data), self._event)
        self._handshakes = Handshakes(self.plane, self._listener, self._connections, self._connected, self._end)
        self._lines = LineKeeper(self.plane, on_rung, self._line_changed)
        self._misconduct = Misconduct()
        self._clockwork = Clockwork(self.plane, lambda now_ns: self._lines.watch(now_ns / 1e9), self._keep_house)
        self._ids = itertools.count(1)
        self._addresses: tuple[str, ...] = ()

    # --- life ---

    async def start(self) -> None:
        """Binds the port; raises OSError if it is taken."""
        await self._listener.start(self._config.host, self._config.port, self.plane, self._clockwork.after_read)
        bound = (self._config.host,) if self._config.host not in ("", "0.0.0.0", "::") else ()  # noqa: S104
        self._addresses = self._config.public_addresses or bound or local_addresses(ipv6=self._listener.ipv6)
        self._clockwork.start()
        log.info("media.listening", port=self.port, addresses=len(self._addresses))

    @property
    def port(self) -> int:
        """The port in use, UDP and TCP."""
        return self._listener.port

    async def close(self) -> None:
        """Says goodbye to every peer and closes the port; closing twice is closing once."""
        for connection_id in tuple(self._connections):
            self.close_connection(connection_id)
        self._clockwork.stop()
        await self._listener.close()

    # --- connections ---

    def offer(self, sdp: str, *, sends: bool = True, long_line: bool = False) -> Connection:
        """Answers an offer; the handshake goes on by itself. `sends`: whether it may have send lines at all.

        long_line: packets take long over it; such a line may be thin, and is tried upward from little.

        Raises:
            OfferRefused: with a stable code; nothing was kept.
        """
        offer = parse_offer(sdp)
        if offer.sent and not sends:
            raise OfferRefused("offer_sends", "who only watches has no send lines")
        if any(not agreed_codecs(line, self._config.video_codecs) for line in offer.lines):
            raise OfferRefused("offer_codec", "no video codec that this server is configured for")
        now_ns = time.monotonic_ns()
        if now_ns - self._identity_ns > IDENTITY_NS:
            self._identity, self._identity_ns = Identity(), now_ns
        peer, credentials = next(self._ids), Credentials.fresh()
        transport = AnswerTransport(credentials, self._identity.fingerprint, self._addresses, self.port)
        plan = plan_connection(peer, offer, transport, self._config, self._ids)
        self.plane.open_peer(peer, max_in_bps=self._config.max_in_bps, max_in_pps=self._config.max_in_pps)
        for source in plan.source_specs:
            self.plane.add_source(source)
        for route in plan.route_specs:
            self.plane.add_route(route)
        dtls = DtlsServer(self._identity, offer.fingerprints)
        connection = Connection(peer, plan.answer, plan.sources, plan.routes, dtls, now_ns)
        if offer.channel is not None:
            beside = self._handshakes.send_beside
            connection.side = SideChannel(
                offer.channel.port,
                lambda packet: beside(connection, packet),
                lambda message: self._came_beside(connection, message),
            )
        self._lines.add(peer, plan.routes, plan.video_tracks(), careful_from_s=now_ns / 1e9 if long_line else None)
        self._handshakes.await_from(connection, credentials, offer.ufrag)
        self._connections[peer] = connection
        return connection

    def show(self, connection_id: int, slot: int, kind: Literal["audio", "video"], source_id: int | None) -> None:
        """Shows a source in a slot of a connection from its next start on; None, or one that is gone, empties it.

        On a line that was found narrow a picture may be a lower layer of the same track, or missing for a while.

        Raises:
            KeyError: no such connection.
        """
        connection = self._connections[connection_id]
        wanted = source_id if self.plane.has_source(source_id) else None
        if kind == "audio":
            self.plane.switch_route(connection.routes[slot][0], wanted)
        else:
            self._lines.show(connection_id, slot, wanted)

    def tell(self, connection_id: int, number: int, text: bytes) -> None:
        """A numbered event that the signaling line brings; a weak line gets it here as well, at once (`courier`)."""
        connection = self._connections.get(connection_id)
        if connection is not None and connection.side is not None:
            connection.side.note(number, text)

    def rung(self, connection_id: int) -> Rung:
        """Which rung of the ladder this connection's line carries."""
        return self._lines.rung(connection_id)

    def own_line(self, connection_id: int) -> OwnLine | None:
        """What of a connection's troubles are its own line's, since this was last asked; None: that cannot be told."""
        return self._lines.own(connection_id)

    def inherit(self, connection_id: int, old: int) -> None:
        """A new connection over the same line as an old one: what was found of the line still holds."""
        self._lines.inherit(connection_id, old, time.monotonic())
        self._connections[connection_id].before = self._connections.get(old)

    def close_connection(self, connection_id: int) -> None:
        """Ends a connection, with a DTLS goodbye; an unknown one has ended already."""
        self._end(connection_id, "closed")

    def _end(self, peer: int, reason: ClosedReason) -> None:
        connection = self._connections.pop(peer, None)
        if connection is None:
            return
        if connection.side is not None:
            connection.side.close()
        self._handshakes.end(connection)
        self._lines.remove(peer, list(connection.sources.values()))
        self.plane.close_peer(peer)
        log.info("media.connection_closed", connection=peer, reason=reason)
        connection.on_closed(reason)

    # --- what becomes of connections ---

    def _event(self, kind: EventKind, peer: int, **figures: int) -> None:
        self._lines.noticed(kind, peer, figures, time.monotonic())
        self._on_event(kind, peer, **figures)

    def _came_beside(self, connection: Connection, message: Message) -> None:
        """What is nothing that a client says is counted, and told of if it is much."""
        packed = message.protocol == sctp_chunks.BINARY
        if connection.id in self._connections and not connection.on_beside(message.payload, packed):
            self.plane.count_drop("beside", connection.id)

    def _line_changed(self, peer: int, line: Line) -> None:
        connection = self._connections.get(peer)
        if connection is not None and connection.side is not None:
            connection.side.line(line)

    def _connected(self, connection: Connection) -> None:
        """It may send so much; from the connection it replaces it takes over events that nobody knows to have come."""
        self.plane.cap_peer(connection.id, self._config.cap_bps)
        before, connection.before = connection.before, None
        if before is not None and before.side is not None and connection.side is not None:
            connection.side.inherit(before.side)
        connection.on_connected()

    def _keep_house(self, now_ns: int, since_ns: int) -> None:
        """Measures lines, ends connections that never finished their handshake or whose consent is gone."""
        self._lines.second(now_ns / 1e9, since_ns / 1e9)
        for connection in tuple(self._connections.values()):
            if not connection.connected and now_ns - connection.opened_ns > HANDSHAKE_NS:
                self._end(connection.id, "handshake")
        for peer in self._handshakes.ice.expired(now_ns):
            self._end(peer, "consent")
        for peer, flow in self._handshakes.ice.moved(now_ns):
            self.plane.select_flow(peer, flow)
        for connection_id, reason, count in self._misconduct.look(self.plane.refused()):
            log.warning("media.out_of_bounds", connection=connection_id, reason=reason, dropped=count)
