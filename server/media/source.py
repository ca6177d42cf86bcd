"""One RTP stream that a peer sends: its numbering, what is missing of it, its history and its clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.media import rtcp
from server.media.plane import Codec, Kind, SourceSpec
from server.media.retransmit import AUDIO_HISTORY, VIDEO_HISTORY, History, Packet
from server.media.rtp import extended, timestamp_difference
from server.media.timeline import MediaClock

if TYPE_CHECKING:
    from server.media.peer import Peer
    from server.media.route import Route

MS = 1_000_000
MAX_JUMP = 3_000
"""Sequence numbers: a leap beyond it, either way, is a stream that began anew (RFC 3550, appendix A.1)."""
MAX_MISSING = 256
"""Lost packets asked for at a time; beyond that a keyframe is cheaper."""
FIRST_NACK_NS = 10 * MS
"""Packets that only changed places on the way arrive within this."""
NEXT_NACK_NS, RARE_NACK_NS = 50 * MS, 150 * MS
"""Until it is asked for again; each time twice as long, up to the last."""
GIVE_UP_NS = 1_000 * MS
MOST_LOST_ONWARD = 23
"""Of 256: Chromium lowers its bitrate above a tenth, and a sender must not suffer for one receiver's line."""
RELAYED_KEYFRAME_EVERY_NS = 500 * MS
"""Between keyframe requests that receivers caused."""
WAITING_KEYFRAME_EVERY_NS = 350 * MS
"""While a route waits: libwebrtc's encoder ignores requests within 300 ms of a keyframe."""
NEW_KEYFRAME_EVERY_NS = 100 * MS
"""For a route or tap that has just been opened."""
LOST_AFTER_NS = 2_000 * MS


class Source:
    """State of one source. The plane's loop appends to `batch` and calls the plane once per source and drain."""

    def __init__(self, spec: SourceSpec, peer: Peer) -> None:
        self.id = spec.source
        self.spec = spec
        self.peer = peer
        self.video = spec.kind is Kind.VIDEO
        self.clock_hz = spec.payload_types[0].clock_hz
        self.codecs = {one.pt: one.codec for one in spec.payload_types}
        self.repaired = {one.rtx_pt: one.pt for one in spec.payload_types if one.rtx_pt is not None}
        self.payload_type = -1
        self.ssrc: int | None = spec.ssrc
        self.rtx_ssrc: int | None = spec.rtx_ssrc
        self.clock = MediaClock(self.clock_hz, peer.clock)
        self.history = History(VIDEO_HISTORY if self.video else AUDIO_HISTORY)
        self.ring, self.ring_mask = self.history.ring, self.history.mask
        self.batch: list[Packet] = []
        self.late = False
        self.routes: list[Route] = []
        self.waiting: list[Route] = []
        self.tapped = False
        self.flowing = False
        self.last_ns = 0
        self.octets = 0
        self.next_index = 0
        self.next_sequence = -1
        self.missing: dict[int, list[int]] = {}
        self.keyframe_wanted = False
        self._keyframe_asked_ns = -RELAYED_KEYFRAME_EVERY_NS
        self._base = 0x10000
        self._first_index = 0
        self._received = 0
        self._found_again = 0
        self._reported_expected = 0
        self._reported_received = 0
        self._lost_onward = 0
        self._jitter = 0.0
        self._transit: int | None = None
        self._last_sr = 0
        self._last_sr_ns = 0

    @property
    def highest(self) -> int:
        """Index of the newest packet."""
        return self.next_index - 1

    def newest(self) -> Packet | None:
        """The newest packet, if any came."""
        return self.history.get(self.next_index - 1)

    def leaps(self, sequence: int) -> bool:
        """Whether this sequence number is too far from the newest to belong to the same numbering."""
        return abs(extended(sequence, self.highest) - self.highest) > MAX_JUMP

    def same_track(self, other: Source) -> bool:
        """Whether both are layers of one track."""
        return self.peer is other.peer and self.spec.mid == other.spec.mid

    def place(self, sequence: int, now_ns: int) -> int:
        """The index of a packet that is not simply the next one; -1 if it is to be dropped.

        Drops what came already and what is too old. A leap begins the stream anew: its routes start again at a
        keyframe, without a hole in their own numbers.
        """
        if self.next_sequence >= 0:
            index = extended(sequence, self.highest)
            ahead = index - self.highest
            if abs(ahead) > MAX_JUMP:
                self.restart()
            elif ahead <= 0:
                return self._place_late(index)
            else:
                self._note_missing(index, now_ns)
        if self.next_sequence < 0:
            index = self._base + sequence
            self._first_index = index - self._received
        self.next_index = index + 1
        self.next_sequence = sequence + 1 & 0xFFFF
        return index

    def _place_late(self, index: int) -> int:
        if self.next_index - index > self.history.mask or self.history.get(index) is not None:
            return -1
        self.missing.pop(index, None)
        self.late = True
        return index

    def place_repair(self, sequence: int) -> int:
        """The index of a packet undone from RTX; -1 if it is not missing (padding sent to probe the line)."""
        if self.next_sequence < 0:
            return -1
        index = extended(sequence, self.highest)
        return self._place_late(index) if index < self.next_index else -1

    def take_again(self, packet: Packet) -> None:
        """A lost packet that a later one carries again: sent on, and counted as lost all the same."""
        self.history.keep(packet)
        self.batch.append(packet)
        self.late = True
        self._found_again += 1

    def restart(self) -> None:
        """The numbering means something else from here on (a leap, another SSRC): routes wait for a new start."""
        self._base = (self.next_index >> 16) + 2 << 16
        self.next_sequence = -1
        self.missing.clear()
        self.clock.reset()
        self._transit = None
        self.hold_routes()

    def hold_routes(self) -> None:
        """Routes stop here and start again at the next packet that a receiver can start from."""
        for route in self.routes:
            route.pause()
            if route.wanted is None:
                route.wanted = self
                self.waiting.append(route)
        self.routes.clear()
        self.keyframe_wanted = True

    def change_payload_type(self, payload_type: int) -> None:
        """Another codec from here on: VP8's numbers mean nothing to H.264, so routes start anew."""
        if self.payload_type >= 0:
            self.hold_routes()
        self.payload_type = payload_type

    def change_ssrc(self, ssrc: int) -> None:
        """The peer sends this source under another SSRC now."""
        if self.next_sequence >= 0:
            self.restart()
        self.ssrc = ssrc

    def _note_missing(self, index: int, now_ns: int) -> None:
        if not self.video:
            return
        if index - self.next_index > MAX_MISSING or len(self.missing) > MAX_MISSING:
            self.missing.clear()
            self.keyframe_wanted = True
            return
        for lost in range(self.next_index, index):
            self.missing[lost] = [now_ns, now_ns + FIRST_NACK_NS, NEXT_NACK_NS]

    def lost_now(self, now_ns: int) -> list[int]:
        """Sequence numbers to ask for now; gives up on what has been missing for a second.

        A line that is overrun loses what is asked for as well: of that only so much is asked (`Peer.may_ask`).
        """
        due: list[int] = []
        for index, times in list(self.missing.items()):
            if now_ns - times[0] > GIVE_UP_NS:
                del self.missing[index]
            elif times[1] <= now_ns and self.peer.may_ask():
                times[1] = now_ns + times[2]
                times[2] = min(2 * times[2], RARE_NACK_NS)
                due.append(index & 0xFFFF)
        return due

    def may_ask_keyframe(self, now_ns: int, every_ns: int) -> bool:
        """Whether a PLI may go out now, `every_ns` after the last; if so, counts it as sent."""
        if now_ns - self._keyframe_asked_ns < every_ns:
            return False
        self._keyframe_asked_ns = now_ns
        return True

    def count(self, now_ns: int) -> None:
        """Statistics for the receiver reports, once per batch: jitter is sampled at each batch's first packet."""
        self._received += len(self.batch) - self._found_again
        self._found_again = 0
        for packet in self.batch:
            self.octets += len(packet[3])
        self.last_ns = now_ns
        timestamp = self.batch[0][1]
        transit = now_ns * self.clock_hz // 1_000_000_000 - timestamp & 0xFFFFFFFF
        if self._transit is not None:
            moved = abs(timestamp_difference(transit, self._transit))
            self._jitter += (moved - self._jitter) / 16
        self._transit = transit

    def reported(self, ntp: int, rtp: int, now_ns: int) -> None:
        """A sender report of this source came."""
        self.clock.report(ntp, rtp, now_ns)
        self._last_sr, self._last_sr_ns = ntp >> 16 & 0xFFFFFFFF, now_ns

    @property
    def lost(self) -> int:
        """Packets that were lost on their way, so far, if another has carried their sound again or not."""
        if self.next_sequence < 0:
            return 0
        return max(0, self.next_index - self._first_index - self._received)

    def lost_onward(self, fraction: int) -> None:
        """A receiver misses this share, in 1/256, of a sound.

        Its publisher is told in our next report, up to MOST_LOST_ONWARD: Opus adds the redundancy that mends single
        losses (RFC 6716, section 2.1.7) only when it hears of losses, and only the receivers' lines may have them.
        """
        self._lost_onward = max(self._lost_onward, min(fraction, MOST_LOST_ONWARD))

    def report_block(self, now_ns: int) -> rtcp.ReportBlock | None:
        """Our report on this source (RFC 3550, section 6.4.1); None before its first packet."""
        if self.ssrc is None or self.next_sequence < 0:
            return None
        expected = self.next_index - self._first_index
        newly_expected = expected - self._reported_expected
        newly_lost = newly_expected - (self._received - self._reported_received)
        self._reported_expected, self._reported_received = expected, self._received
        fraction = min(255, (newly_lost << 8) // newly_expected) if newly_expected > 0 and newly_lost > 0 else 0
        if not self.video:
            fraction, self._lost_onward = max(fraction, self._lost_onward), 0
        delay = (now_ns - self._last_sr_ns) * 65536 // 1_000_000_000 if self._last_sr else 0
        return rtcp.ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=fraction,
            lost=expected - self._received,
            highest=self.highest & 0xFFFFFFFF,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            last_sr=self._last_sr,
            delay=min(delay, 0xFFFFFFFF),
        )

    def codec_of(self, second: int) -> Codec | None:
        """The codec a packet's second byte means."""
        return self.codecs.get(second & 0x7F)
