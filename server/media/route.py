"""One slot of a receiver: whatever source it shows, one SSRC, one run of sequence numbers and one timeline leave it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from server.media import rtcp
from server.media.payload import vp8_numbers
from server.media.plane import Codec, Kind, RouteSpec
from server.media.red import BACK, redundant
from server.media.repair_stream import RepairStream
from server.media.retransmit import Epoch, Epochs, Packet
from server.media.route_packets import EXTENDED, EXTENDED_BYTES, PLAIN, PLAIN_BYTES, extension_of, layout
from server.media.rtp import MARKER_BIT, PADDING_BIT, abs_send_time, extended
from server.media.runs import Run
from server.media.sent_reports import SentReports
from server.media.srtp import protect_rtp
from server.media.timeline import SECOND_NS, SlotTimeline, ntp_from_ns

if TYPE_CHECKING:
    from server.media.peer import Peer
    from server.media.source import Source


class Route:
    """State of one route. `source` is what it shows now, `wanted` what it will show from its next start on."""

    def __init__(self, spec: RouteSpec, peer: Peer, now_ns: int) -> None:
        self.id = spec.route
        self.peer = peer
        self.spec = spec
        self.video = spec.kind is Kind.VIDEO
        self.source: Source | None = None
        self.wanted: Source | None = None
        self.wanted_ns = 0
        self.clock_hz = spec.payload_types[0].clock_hz
        self.next_index = 0x10000 + secrets.randbelow(0x4000)
        self.packets = self.octets = 0
        self.repeats = 0
        """How many earlier packets each packet of sound carries again; not 0: the line loses at random."""
        self.epochs = Epochs()
        self._epoch: Epoch | None = None
        self._source_first = 0
        self._repeated = 0
        self._timeline = SlotTimeline(secrets.randbits(32), now_ns)
        self._last_timestamp: int | None = None
        self._last_picture: int | None = None
        self._last_tl0: int | None = None
        self._own_types: dict[Codec, int] = {one.codec: one.pt for one in spec.payload_types}
        self._counted = spec.transport_sequence_id is not None
        self._extension = extension_of(spec)
        self._header_bytes = PLAIN_BYTES if self._extension is None else EXTENDED_BYTES
        self.reports = SentReports()
        self.repairs = RepairStream(spec, peer)

    def start(self, source: Source, packet: Packet, now_ns: int) -> None:
        """Shows `source` from `packet` on, right after what was sent last."""
        self.pause()
        index, timestamp, _, _ = packet
        captured = source.clock.captured_ns(timestamp, now_ns)
        shift = self._timeline.offset(timestamp, captured, self.clock_hz, self._last_timestamp)
        picture_shift, tl0_shift = self._vp8_shifts(source, packet)
        self._epoch = Epoch(
            first=self.next_index,
            history=source.history,
            index_shift=self.next_index - index,
            timestamp_shift=shift,
            picture_shift=picture_shift,
            tl0_shift=tl0_shift,
            payload_types=self._types_from(source),
        )
        self.epochs.begin(self._epoch)
        self.source, self.wanted = source, None
        self._source_first = index
        self._repeated = self.next_index

    def pause(self) -> None:
        """Stops showing the present source; remembers where its numbers ended."""
        source, self.source = self.source, None
        if source is None or self._epoch is None:
            return
        newest = source.history.get(self.next_index - 1 - self._epoch.index_shift)
        if newest is None:
            return
        self._last_timestamp = newest[1] + self._epoch.timestamp_shift & 0xFFFFFFFF
        if source.codec_of(newest[2]) is Codec.VP8:
            picture, tl0 = vp8_numbers(newest[3])
            if picture is not None:
                self._last_picture = picture + self._epoch.picture_shift
            if tl0 is not None:
                self._last_tl0 = tl0 + self._epoch.tl0_shift

    def empty(self) -> None:
        """Shows nothing, and repairs nothing: often the line is full."""
        self.pause()
        self.epochs.forget()

    def _vp8_shifts(self, source: Source, packet: Packet) -> tuple[int, int]:
        if source.codec_of(packet[2]) is not Codec.VP8:
            return 0, 0
        picture, tl0 = vp8_numbers(packet[3])
        return (
            0 if picture is None or self._last_picture is None else self._last_picture + 1 - picture,
            0 if tl0 is None or self._last_tl0 is None else self._last_tl0 + 1 - tl0,
        )

    def _types_from(self, source: Source) -> dict[int, int]:
        """The source's payload types -> ours, for every codec that both sides have."""
        return {theirs: self._own_types[codec] for theirs, codec in source.codecs.items() if codec in self._own_types}

    def forward(self, runs: list[Run], late: bool, now_ns: int) -> None:
        """Sends packets of the present source, run by run.

        runs: all packets of one payload type. late: some may be older than where this route began.
        """
        epoch, peer = self._epoch, self.peer
        if peer.flow is None or peer.tx is None or epoch is None:
            return
        own_type = epoch.payload_types.get(runs[0][1][0][2] & 0x7F)
        if own_type is None:
            peer.drop("codec")
            return
        if self.repeats and Codec.RED in self._own_types:
            runs, own_type = self._repeating(epoch, runs, own_type), self._own_types[Codec.RED]
        if late or epoch.renumbers:
            runs = [run for each in runs if (run := self._as_seen_here(epoch, each))[1]]
        base, counted, number = self._extension, self._counted, peer.sent_log.next
        first_byte, stamped = (PLAIN, 0) if base is None else (EXTENDED, base | abs_send_time(now_ns))
        index_shift, timestamp_shift, ssrc = epoch.index_shift, epoch.timestamp_shift, self.spec.ssrc
        flow, context, egress, header_bytes = peer.flow, peer.tx.context, peer.egress, self._header_bytes
        overhead = header_bytes + peer.tx.tag_bytes
        view, pointer = egress.buffer.view, egress.buffer.pointer
        length, size_after, protect = peer.length.pointer, peer.length.view, protect_rtp
        for longest, packets in runs:
            write = layout(base is not None, longest)
            whole, segment, at = header_bytes + longest, overhead + longest, 0
            for index, timestamp, second, payload in packets:
                first, own = first_byte | second >> 3 & PADDING_BIT, own_type | second & MARKER_BIT
                sequence, stamp = index + index_shift & 0xFFFF, timestamp + timestamp_shift & 0xFFFFFFFF
                if base is None:
                    write(view, at, first, own, sequence, stamp, ssrc, payload)
                elif counted:
                    write(view, at, first, own, sequence, stamp, ssrc, base | (number & 0xFFFF) << 8, payload)
                    number += 1
                else:
                    write(view, at, first, own, sequence, stamp, ssrc, stamped, payload)
                size_after[0] = whole
                if protect(context, pointer + at, length):
                    peer.drop("protect")
                else:
                    at += segment
            if at:
                egress.send_run(flow, at, segment)
                if counted:
                    in_a_row = packets[-1][0] - packets[0][0] == len(packets) - 1
                    origin = (self, packets[0][0] + index_shift) if self.video and in_a_row else None
                    peer.sent_log.sent(len(packets), segment, now_ns, origin)
                newest = max([packet[0] for packet in packets]) if late else packets[-1][0]
                self._left(at // segment, at, longest, newest + index_shift)

    def _repeating(self, epoch: Epoch, runs: list[Run], own_type: int) -> list[Run]:
        """Sound as RED; what is padded in a run has lost its padding by that."""
        made = []
        for packet in [packet for _, packets in runs for packet in packets]:
            found = (epoch.history.get(packet[0] - back) for back in BACK[self.repeats])
            earlier = [one for one in found if one is not None and one[0] >= self._source_first]
            index, timestamp, second, _ = packet = epoch.history.get(packet[0]) or packet
            payload = redundant(packet, earlier, own_type)
            made.append((len(payload), [(index, timestamp, second, payload)]))
        return made

    def _as_seen_here(self, epoch: Epoch, run: Run) -> Run:
        """A run without what is older than this route's start, and with VP8's numbers as they go on here."""
        longest, packets = run
        return longest, [
            (index, timestamp, second, epoch.renumbered(payload))
            for index, timestamp, second, payload in packets
            if index >= self._source_first
        ]

    def _left(self, packets: int, sent_bytes: int, payload_bytes: int, index: int) -> None:
        """Counts a run that was sent. `index`: the highest of its packets, here."""
        if index >= self.next_index:
            self.next_index = index + 1
        self.packets += packets
        self.octets += packets * payload_bytes
        self.peer.packets_out += packets
        self.peer.bytes_out += sent_bytes

    def resend(self, sequences: list[int], now_ns: int) -> None:
        """Answers a NACK with what can still be found of it."""
        newest = self.next_index - 1
        self.repairs.resend((extended(sequence, newest) for sequence in sequences), self.epochs, now_ns)

    def repair(self, index: int, now_ns: int) -> None:
        """Sends one packet again that seems to be lost, if the line loses at random.

        Feedback tells of it about when a NACK does. Either may be lost, and the repair too: so each gets an answer.
        """
        if self.repeats:
            self.repairs.send(index, self.epochs, now_ns)

    def repeat_start(self, now_ns: int) -> None:
        """Sends again, once, what has left of the present source so far."""
        if self.source is not None:
            self.repairs.resend(range(self._repeated, self.next_index), self.epochs, now_ns)
            self._repeated = self.next_index

    def pad(self, packets: int, now_ns: int) -> None:
        """Sends padding, which receivers throw away."""
        self.repairs.pad(packets, self._last_timestamp or 0, now_ns)

    def sender_report(self, now_ns: int, unix_ns: int) -> bytes:
        """SR and SDES: this slot's timeline at this instant, in our clock.

        Empty while nothing is shown, or its publisher has not told when it was captured: what arrival tells of that is
        worse for lip sync than nothing.

        now_ns: monotonic; unix_ns: the same instant on the wall clock.
        """
        source, epoch = self.source, self._epoch
        newest = None if source is None else source.newest()
        if source is None or epoch is None or newest is None or not self.packets or not source.clock.known:
            return b""
        since = now_ns - source.clock.captured_ns(newest[1], source.last_ns)
        rtp = newest[1] + epoch.timestamp_shift + since * self.clock_hz // SECOND_NS & 0xFFFFFFFF
        ntp = ntp_from_ns(unix_ns)
        self.reports.sent(ntp >> 16 & 0xFFFFFFFF, now_ns)
        report = rtcp.SenderReport(self.spec.ssrc, ntp, rtp, self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF)
        return rtcp.sender_report(report) + rtcp.cname(self.spec.ssrc, self.spec.cname.encode())
