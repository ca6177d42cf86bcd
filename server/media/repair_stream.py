"""What leaves beside a route under its repair SSRC: lost packets once more (RTX, RFC 4588), and padding."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from server.media.plane import RouteSpec
from server.media.retransmit import Epoch, Epochs, Packet
from server.media.route_packets import EXTENDED, EXTENDED_BYTES, PLAIN, PLAIN_BYTES, extension_of, layout
from server.media.rtp import MARKER_BIT, PADDING_BIT, abs_send_time
from server.media.srtp import protect_rtp

if TYPE_CHECKING:
    from server.media.peer import Peer

RESEND_AFTER_NS = 20_000_000
"""A packet is sent again at most this often; receivers ask twice when the round trip is long."""
MAX_RESENT = 1024
PADDING = bytes(254) + b"\xff"
"""As much as one packet can carry: its last byte says how much there is."""


class RepairStream:
    """Another SSRC with a numbering of its own; a repair has the lost packet's number in front."""

    def __init__(self, spec: RouteSpec, peer: Peer) -> None:
        self._spec = spec
        self._peer = peer
        self._types = {one.pt: one.rtx_pt for one in spec.payload_types if one.rtx_pt is not None}
        self._sequence = secrets.randbelow(0x4000)
        self._resent_ns: dict[int, int] = {}
        self._counted = spec.transport_sequence_id is not None
        self._extension = extension_of(spec)
        self._header_bytes = PLAIN_BYTES if self._extension is None else EXTENDED_BYTES

    def resend(self, wanted: Iterable[int], epochs: Epochs, now_ns: int) -> None:
        """Answers a NACK. wanted: indices of the route's packets, which `epochs` remembers."""
        for index in wanted:
            if now_ns - self._resent_ns.get(index, -RESEND_AFTER_NS) < RESEND_AFTER_NS:
                continue
            if len(self._resent_ns) >= MAX_RESENT:
                self._resent_ns.clear()
            self._resent_ns[index] = now_ns
            self.send(index, epochs, now_ns)

    def send(self, index: int, epochs: Epochs, now_ns: int) -> None:
        """Sends one packet again, if it can still be found."""
        found = epochs.find(index)
        if found is not None:
            self._send_repair(*found, index, now_ns)

    def _send_repair(self, epoch: Epoch, packet: Packet, index: int, now_ns: int) -> None:
        peer = self._peer
        repair = self._types.get(epoch.payload_types.get(packet[2] & 0x7F, -1))
        if repair is None or self._spec.rtx_ssrc is None or peer.flow is None or peer.tx is None:
            return
        if not peer.may_repair(len(packet[3])):
            peer.drop("repair")
            return
        body = (index & 0xFFFF).to_bytes(2, "big") + epoch.renumbered(packet[3])
        timestamp = packet[1] + epoch.timestamp_shift & 0xFFFFFFFF
        if self._send(0, repair | packet[2] & MARKER_BIT, timestamp, body, now_ns):
            peer.retransmitted += 1

    def pad(self, packets: int, timestamp: int, now_ns: int) -> None:
        """Sends padding under the repair SSRC, which receivers throw away (RFC 3550, section 5.1; RFC 4588)."""
        repair = next(iter(self._types.values()), None)
        if repair is not None and self._spec.rtx_ssrc is not None and self._peer.ready:
            for _ in range(packets):
                self._send(PADDING_BIT, repair, timestamp, PADDING, now_ns)

    def _send(self, flag: int, second: int, timestamp: int, body: bytes, now_ns: int) -> bool:
        """Sends one packet under the repair SSRC; False if it could not be encrypted."""
        peer, base = self._peer, self._extension
        assert peer.tx is not None
        assert peer.flow is not None
        assert self._spec.rtx_ssrc is not None
        stamp = (peer.sent_log.next & 0xFFFF) << 8 if self._counted else abs_send_time(now_ns)
        extension = () if base is None else (base | stamp,)
        first = flag | (PLAIN if base is None else EXTENDED)
        buffer, sequence = peer.egress.buffer, self._sequence
        layout(base is not None, len(body))(
            buffer.view, 0, first, second, sequence, timestamp, self._spec.rtx_ssrc, *extension, body
        )
        self._sequence = sequence + 1 & 0xFFFF
        peer.length.view[0] = self._header_bytes + len(body)
        if protect_rtp(peer.tx.context, buffer.pointer, peer.length.pointer):
            peer.drop("protect")
            return False
        size = peer.length.view[0]
        peer.egress.send_run(peer.flow, size, size)
        if self._counted:
            peer.sent_log.sent(1, size, now_ns)
        return True
