"""RTCP at work: what peers ask for is done, and what we miss of theirs is asked for."""

from __future__ import annotations

from msgspec.structs import asdict

from server.media import rtcp
from server.media.peer import OWN_SSRC, Peer
from server.media.plane import EventKind, OnEvent
from server.media.source import FIRST_NACK_NS, RELAYED_KEYFRAME_EVERY_NS, Source

TOLD_FOR_A_PACKET = 16
"""Packets told of by feedback that cost a peer's allowance as much as one packet."""


class Feedback:
    """NACKs and keyframe requests in both directions. `next_nack_ns` says when `send_nacks` has something to do."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._lossy: set[Source] = set()
        self.next_nack_ns: int | None = None

    def receive(self, peer: Peer, compound: bytes, now_ns: int) -> None:
        """Carries out what a peer's decrypted RTCP says. BYE means nothing: only signaling ends things."""
        for part in rtcp.parse(compound):
            match part:
                case rtcp.SenderReport():
                    source = peer.by_ssrc.get(part.ssrc)
                    if source is not None and source.ssrc == part.ssrc:
                        source.reported(part.ntp, part.rtp, now_ns)
                case rtcp.ReportBlock():
                    self._reported(peer, part, now_ns)
                case rtcp.Nack():
                    route, before = peer.routes_by_ssrc.get(part.ssrc), peer.retransmitted
                    if route is not None:
                        route.resend(part.lost, now_ns)
                    if peer.retransmitted == before:
                        peer.asked_in_vain()
                case rtcp.KeyframeWanted():
                    route = peer.routes_by_ssrc.get(part.ssrc)
                    source = None if route is None else route.source
                    if source is None or not self.want_keyframe(source, now_ns, RELAYED_KEYFRAME_EVERY_NS):
                        peer.asked_in_vain()
                case rtcp.Estimate():
                    self._on_event(EventKind.RECEIVER_ESTIMATE, peer.id, bitrate_bps=part.bitrate_bps)
                case rtcp.TransportFeedback():
                    peer.packets_left -= len(part.arrivals) // TOLD_FOR_A_PACKET
                    delivered = peer.sent_log.reported(part)
                    for route, index in peer.sent_log.overtaken():
                        if route.id in peer.routes:
                            route.repair(index, now_ns)
                    if delivered is not None:
                        self._on_event(EventKind.TRANSPORT_FEEDBACK, peer.id, **asdict(delivered))

    def _reported(self, peer: Peer, block: rtcp.ReportBlock, now_ns: int) -> None:
        route = peer.routes_by_ssrc.get(block.ssrc)
        if route is None or route.source is None:
            return
        route.source.lost_onward(block.fraction_lost)
        self._on_event(
            EventKind.RECEIVER_REPORT,
            peer.id,
            route=route.id,
            loss_permille=block.fraction_lost * 1000 // 256,
            highest=block.highest,
            lost=block.lost,
            rtt_us=route.reports.round_trip_us(block, now_ns),
            jitter_us=block.jitter * 1_000_000 // route.clock_hz,
        )

    def want_keyframe(self, source: Source, now_ns: int, every_ns: int) -> bool:
        """Sends a PLI to the publisher, unless one was sent within `every_ns`; whether it did, or will.

        A source that does not flow yet is only marked: a request before its first packet is lost on the publisher and
        would use up the allowance.
        """
        if not source.video:
            return False
        if not source.flowing or source.ssrc is None or not source.peer.ready:
            source.keyframe_wanted = True
            return True
        if source.may_ask_keyframe(now_ns, every_ns):
            source.peer.send_rtcp(rtcp.picture_loss(OWN_SSRC, source.ssrc))
            return True
        return False

    def note_loss(self, source: Source, now_ns: int) -> None:
        """This source misses packets: ask for them soon."""
        self._lossy.add(source)
        due = now_ns + FIRST_NACK_NS
        self.next_nack_ns = due if self.next_nack_ns is None else min(self.next_nack_ns, due)

    def send_nacks(self, now_ns: int) -> None:
        """Asks for everything whose time has come."""
        if self.next_nack_ns is None or now_ns < self.next_nack_ns:
            return
        for source in tuple(self._lossy):
            due = source.lost_now(now_ns)
            if due and source.ssrc is not None:
                source.peer.send_rtcp(rtcp.nack(OWN_SSRC, source.ssrc, due))
            if not source.missing:
                self._lossy.discard(source)
        self.next_nack_ns = now_ns + FIRST_NACK_NS if self._lossy else None

    def forget(self, source: Source) -> None:
        """The source is gone."""
        self._lossy.discard(source)
