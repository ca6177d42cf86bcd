"""One peer of the plane: its keys, flows, sources, routes and allowance, and the RTCP that speaks for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.media import rtcp
from server.media.egress import Egress
from server.media.plane import PeerCounters, SrtpKeys
from server.media.route import Route
from server.media.rtp import header_extensions
from server.media.sent_log import SentLog
from server.media.source import Source
from server.media.srtp import Length, SrtpSession
from server.media.timeline import SenderClock
from server.media.uplink import JUDGED_EVERY_NS, SAMPLE_EVERY_NS, Uplink

OWN_SSRC = 1
"""The SSRC our reports and requests come from; what WebRTC receivers use that send nothing themselves."""
MAX_SSRCS = 64
"""Streams a peer may begin: each costs libsrtp memory."""
REPORT_EVERY_NS = 1_000_000_000
REFILL_EVERY_NS = 20_000_000
"""An allowance that is used up grows again in steps of this."""
DTLS_PER_S = 500
"""DTLS packets of one peer, what its data channel acknowledges included: each costs OpenSSL a decryption. STUN is not
among them: checks keep the connection, and whoever forges an address must not use up another's."""
MAX_COMPOUND_BYTES = 1100
MOST_REPAIR_BYTES = 16_000
"""Repairs that may be saved up: what a keyframe loses at random, and on a line of 64 kbit/s two seconds' worth."""
ASKED_SHARE, MOST_ASKED = 2, 64
"""Of what a peer sends at most each second packet is asked for again; so many may be saved up."""


class Peer:
    """State of one peer. `rx` and `tx` are None until the handshake is done; `flow` is where we send."""

    def __init__(
        self, peer: int, max_in_bps: int, max_in_pps: int, egress: Egress, drop: Callable[[str], None], now_ns: int
    ) -> None:
        self.id = peer
        self.egress = egress
        self.max_in_bytes = max_in_bps // 8
        self.max_in_packets = max_in_pps
        self.bytes_left = self.max_in_bytes
        self.packets_left = max_in_pps
        self._refilled_ns = self._dtls_ns = now_ns
        self._dtls_left = DTLS_PER_S
        self.rx: SrtpSession | None = None
        self.tx: SrtpSession | None = None
        self.flow: int | None = None
        self.flows: set[int] = set()
        self.length = Length()
        self.clock = SenderClock()
        self.uplink = Uplink()
        self.sent_log = SentLog()
        self._judged_ns = now_ns
        self._judged_bytes = 0
        self.sources: list[Source] = []
        self.heard: dict[int, Source] = {}
        self.routes: dict[int, Route] = {}
        self.by_ssrc: dict[int, Source] = {}
        self.known_ssrcs: set[int] = set()
        self.routes_by_ssrc: dict[int, Route] = {}
        self.cap_bps: int | None = None
        self.next_report_ns = now_ns + REPORT_EVERY_NS
        self.packets_in = self.bytes_in = self.packets_out = self.bytes_out = 0
        self.retransmitted = self.dropped = self.last_in_ns = 0
        self.refused: dict[str, int] = {}
        self._repaired_bytes = -MOST_REPAIR_BYTES
        self._asked = -MOST_ASKED
        self._drop = drop

    @property
    def ready(self) -> bool:
        """Whether packets can be sent to it."""
        return self.tx is not None and self.flow is not None

    def drop(self, reason: str) -> None:
        """Counts a packet of or to this peer that goes nowhere."""
        self.dropped += 1
        self.refused[reason] = self.refused.get(reason, 0) + 1
        self._drop(reason)

    def install(self, keys: SrtpKeys) -> None:
        """Makes the two SRTP sessions."""
        self.rx = SrtpSession(keys, sending=False)
        self.tx = SrtpSession(keys, sending=True)

    def may_repair(self, octets: int) -> bool:
        """Whether `octets` may be sent again: half as much as media: a full line is not filled more."""
        credit = self.bytes_out // 2 - self._repaired_bytes
        if credit > MOST_REPAIR_BYTES:
            self._repaired_bytes += credit - MOST_REPAIR_BYTES
        if credit < octets:
            return False
        self._repaired_bytes += octets
        return True

    def may_ask(self) -> bool:
        """Whether one more lost packet may be asked for: requests and repairs must not fill a line that is full."""
        earned = self.packets_in // ASKED_SHARE
        self._asked = max(self._asked, earned - MOST_ASKED)
        if self._asked >= earned:
            return False
        self._asked += 1
        return True

    def may_dtls(self, now_ns: int) -> bool:
        """Whether one more of its DTLS packets is looked at; media do not use this up."""
        if now_ns - self._dtls_ns >= REPORT_EVERY_NS:
            self._dtls_ns, self._dtls_left = now_ns, DTLS_PER_S
        self._dtls_left -= 1
        return self._dtls_left >= 0

    def asked_in_vain(self) -> None:
        """Counts a request of it that nothing follows from: repeated too soon, or for what is not there."""
        self.refused["request"] = self.refused.get("request", 0) + 1
        self._drop("request")

    def admitted(self, now_ns: int) -> Any:
        """The SRTP context for what it sends now; None before it has keys and while it is over its allowance.

        At most a second's allowance is saved up, so that a keyframe passes.
        """
        if self.rx is None:
            return None
        if self.packets_left <= 0 or self.bytes_left <= 0:
            if now_ns - self._refilled_ns < REFILL_EVERY_NS:
                return None
            share = (now_ns - self._refilled_ns) / REPORT_EVERY_NS
            self._refilled_ns = now_ns
            self.packets_left = min(self.max_in_packets, max(0, self.packets_left) + int(self.max_in_packets * share))
            self.bytes_left = min(self.max_in_bytes, max(0, self.bytes_left) + int(self.max_in_bytes * share))
        return self.rx.context

    def came(self, packets: int, octets: int) -> None:
        """Counts a run of its packets."""
        self.packets_left -= packets
        self.bytes_left -= octets
        self.packets_in += packets
        self.bytes_in += octets

    def lose_flow(self, flow: int) -> None:
        """This flow is not ours any more."""
        self.flows.discard(flow)
        if self.flow == flow:
            self.flow = None

    def add_source(self, source: Source) -> None:
        """A new source of this peer, found by its SSRC where the offer told one."""
        self.sources.append(source)
        for ssrc in (source.ssrc, source.rtx_ssrc):
            if ssrc is not None:
                self.by_ssrc[ssrc] = source
                self.known_ssrcs.add(ssrc)

    def may_begin(self, ssrc: int) -> bool:
        """Whether a stream with this SSRC may cost us memory: their number is limited."""
        return ssrc in self.known_ssrcs or len(self.known_ssrcs) < MAX_SSRCS

    def learn(self, data: memoryview, start: int, end: int, ssrc: int, payload_type: int) -> Source | None:
        """Finds the source of an unknown SSRC by its MID and RID (RFC 9143, section 9.2; RFC 8852)."""
        elements = header_extensions(data, start, end)
        for source in self.sources:
            spec = source.spec
            repairs = payload_type in source.repaired
            if not repairs and payload_type not in source.codecs:
                continue
            if self._text(elements, spec.mid_id) != spec.mid:
                continue
            if spec.rid and self._text(elements, spec.rrid_id if repairs else spec.rid_id) != spec.rid:
                continue
            self._bind(source, ssrc, repairs)
            return source
        return None

    @staticmethod
    def _text(elements: dict[int, bytes], element: int | None) -> str | None:
        value = None if element is None else elements.get(element)
        return None if value is None else value.decode("ascii", "replace")

    def _bind(self, source: Source, ssrc: int, repairs: bool) -> None:
        if repairs:
            if source.rtx_ssrc is not None:
                self.by_ssrc.pop(source.rtx_ssrc, None)
            source.rtx_ssrc = ssrc
        else:
            if source.ssrc is not None:
                self.by_ssrc.pop(source.ssrc, None)
            source.change_ssrc(ssrc)
        self.by_ssrc[ssrc] = source

    def send_rtcp(self, compound: bytes) -> None:
        """Encrypts and sends RTCP; nothing happens before the peer is ready."""
        if not compound or self.tx is None or self.flow is None:
            return
        protected = self.tx.rtcp(compound, protect=True)
        if protected is None:
            self.drop("protect")
        else:
            self.egress.send(self.flow, protected)

    def send_reports(self, now_ns: int, unix_ns: int) -> None:
        """The reports of a second: RR and REMB on what it sends us, SR and SDES on what we send it."""
        parts = []
        blocks = [block for source in self.heard.values() if (block := source.report_block(now_ns)) is not None]
        if blocks:
            parts.append(rtcp.receiver_report(OWN_SSRC, blocks))
            if self.cap_bps is not None:
                most = min(self.cap_bps, self.uplink.limit_bps or self.cap_bps)
                parts.append(rtcp.estimate(OWN_SSRC, most, [block.ssrc for block in blocks]))
        parts.extend([route.sender_report(now_ns, unix_ns) for route in self.routes.values() if route.source])
        compound = b""
        for part in parts:
            if compound and len(compound) + len(part) > MAX_COMPOUND_BYTES:
                self.send_rtcp(compound)
                compound = b""
            compound += part
        self.send_rtcp(compound)

    def sample_uplink(self, source: Source, data: memoryview, start: int, end: int, now_ns: int) -> None:
        """Notes how long a packet was on its way, if it says when it left."""
        self.uplink.next_sample_ns = now_ns + SAMPLE_EVERY_NS
        element = source.spec.abs_send_time_id
        value = None if element is None else header_extensions(data, start, end).get(element)
        if value is not None and len(value) == 3:
            self.uplink.observe(int.from_bytes(value, "big"), now_ns)

    def uplink_fell(self, now_ns: int) -> bool:
        """Judges what it sends, four times a second; True where it must hear of it at once."""
        elapsed_ns = now_ns - self._judged_ns
        if elapsed_ns < JUDGED_EVERY_NS or self.cap_bps is None:
            return False
        received_bps = (self.bytes_in - self._judged_bytes) * 8 * REPORT_EVERY_NS // elapsed_ns
        self._judged_ns, self._judged_bytes = now_ns, self.bytes_in
        return self.uplink.judge(received_bps, self.cap_bps)

    @property
    def lost_in(self) -> int:
        """Packets of its sources that were lost on their way."""
        return sum(source.lost for source in self.sources)

    def counters(self) -> PeerCounters:
        """Everything counted since it was opened."""
        return PeerCounters(
            packets_in=self.packets_in,
            bytes_in=self.bytes_in,
            packets_out=self.packets_out,
            bytes_out=self.bytes_out,
            lost_in=self.lost_in,
            retransmitted=self.retransmitted,
            dropped=self.dropped,
            last_in_ns=self.last_in_ns,
        )
