"""From a source's batch to every route that shows it, and to the tap."""

from __future__ import annotations

from server.media.feedback import Feedback
from server.media.payload import starts_keyframe
from server.media.plane import Codec, EventKind, OnEvent, OnTap, TapPacket
from server.media.retransmit import Packet
from server.media.rtp import HEADER, RTP_VERSION, timestamp_difference
from server.media.runs import runs_of
from server.media.source import NEW_KEYFRAME_EVERY_NS, Source
from server.media.timeline import SECOND_NS

TAP_EVERY_NS = 80_000_000
"""What taps take can wait for a while, and handing it over in large batches costs little."""
MAX_TAPPED = 8_192
"""Packets waiting for the tap; beyond that the tap's owner has stopped listening and the newest are dropped."""


class Delivery:
    """`active` is the plane's own table of sources that flow or are waited for.

    `unix_offset_ns` turns the plane's monotonic clock into the wall clock of our sender reports.
    """

    def __init__(
        self,
        feedback: Feedback,
        on_event: OnEvent,
        on_tap: OnTap | None,
        active: dict[int, Source],
        unix_offset_ns: int,
    ) -> None:
        self._active = active
        self._feedback = feedback
        self._on_event = on_event
        self.on_tap = on_tap
        self.unix_offset_ns = unix_offset_ns
        self._tapped: list[tuple[Source, Codec, int, int, int, list[Packet]]] = []
        self._tapped_packets = 0
        self.next_tap_ns: int | None = None

    def deliver(self, source: Source, now_ns: int) -> None:
        """Sends a source's batch on; the batch is empty afterwards."""
        packets, late = source.batch, source.late
        source.peer.last_in_ns = now_ns
        source.count(now_ns)
        source.batch, source.late = [], False
        if not source.flowing:
            source.flowing = True
            self._active[source.id] = source.peer.heard[source.id] = source
            self._on_event(EventKind.SOURCE_STARTED, source.peer.id, source=source.id)
        if source.keyframe_wanted:
            source.keyframe_wanted = False
            self._feedback.want_keyframe(source, now_ns, NEW_KEYFRAME_EVERY_NS)
        if source.missing:
            self._feedback.note_loss(source, now_ns)
        if source.routes:
            runs = runs_of(packets)
            for route in source.routes:
                route.forward(runs, late, now_ns)
        if source.waiting:
            self._start_waiting(source, packets, late, now_ns)
        if source.tapped:
            self._keep_for_tap(source, packets, now_ns)

    def _start_waiting(self, source: Source, packets: list[Packet], late: bool, now_ns: int) -> None:
        """Switches the routes that wait for this source, if a receiver can start within this batch."""
        codec = source.codecs[source.payload_type]
        starts = [at for at, packet in enumerate(packets) if starts_keyframe(codec, packet[3])]
        if not starts:
            return
        start = starts[0]
        runs = runs_of(packets[start:])
        for route in [one for one in source.waiting if one.peer.ready]:
            source.waiting.remove(route)
            if route.source is not None:
                route.source.routes.remove(route)
            route.start(source, packets[start], now_ns)
            source.routes.append(route)
            route.forward(runs, late, now_ns)
            route.peer.send_rtcp(route.sender_report(now_ns, now_ns + self.unix_offset_ns))
            self._on_event(EventKind.ROUTE_STARTED, route.peer.id, route=route.id, source=source.id)

    def _keep_for_tap(self, source: Source, packets: list[Packet], now_ns: int) -> None:
        """Notes a batch as it is: what is done for many batches at once costs a fraction of it."""
        if self.next_tap_ns is None:
            self.next_tap_ns = now_ns + TAP_EVERY_NS
        kept = packets[: MAX_TAPPED - self._tapped_packets]
        self._tapped_packets += len(kept)
        captured_ns = source.clock.captured_ns(packets[0][1], now_ns)
        self._tapped.append((source, source.codecs[source.payload_type], source.ssrc or 0, now_ns, captured_ns, kept))

    def flush_tap(self, now_ns: int) -> None:
        """Hands over what was tapped, if it is time."""
        if self.next_tap_ns is None or now_ns < self.next_tap_ns:
            return
        batches, self._tapped, self._tapped_packets, self.next_tap_ns = self._tapped, [], 0, None
        if self.on_tap is not None:
            self.on_tap([packet for batch in batches for packet in _tap_packets(*batch)])


def _tap_packets(
    source: Source, codec: Codec, ssrc: int, arrival_ns: int, captured_ns: int, packets: list[Packet]
) -> list[TapPacket]:
    """A batch as the tap delivers it; its first packet was captured at `captured_ns`."""
    number, clock_hz, pack = source.id, source.clock_hz, HEADER.pack
    first = packets[0][1] if packets else 0
    tapped = []
    for index, timestamp, second, payload in packets:
        captured = captured_ns
        if timestamp != first:
            captured += timestamp_difference(timestamp, first) * SECOND_NS // clock_hz
        rtp = pack(RTP_VERSION, second, index & 0xFFFF, timestamp, ssrc) + payload
        tapped.append(TapPacket(number, arrival_ns, captured, codec, rtp))
    return tapped
