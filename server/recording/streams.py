"""One RTP stream on its way to its track: put in order, freed of what RTP adds, given lesson time.

Retransmissions arrive late, so a packet that comes too early is held until the missing ones are there or will not come
any more. What a source may do to its stream is all allowed here: wrap, jump, begin anew with another SSRC, change its
codec in mid-stream (RFC 3550, section 8.2 and appendix A.1).
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from server.media.plane import Codec
from server.recording.frames import Frames, OpusFrames, RedFrames, Sink
from server.recording.h264_frames import H264Frames
from server.recording.matroska import TrackFormat
from server.recording.timeline import Timeline
from server.recording.vp8_frames import Vp8Frames

PATIENCE_NS = 400_000_000
"""How long a missing packet is waited for."""
MOST_HELD = 512
LARGEST_JUMP = 1024
"""A sequence number further off than this belongs to a new beginning."""
FRESH_NS = 10_000_000_000
"""An estimate of capture further off its arrival than this is not believed."""
CLOCK_HZ = {"audio": 48_000, "video": 90_000}
RECORD = Struct(">IqBHBBHII")
"""A packet of `channel.PACKETS`: source id, capture ns, codec, length; then the RTP packet, whose fixed header is read
along with them: flags, marker and payload type, sequence number, timestamp, SSRC (RFC 3550, section 5.1)."""
RECORD_HEAD = 15
PLAIN = 0x80
"""Version 2, no padding, no header extension, no CSRC: what the plane's tap delivers."""

FrameSink = Callable[[int, list[bytes], int, TrackFormat | None], None]
"""(lesson time in µs, parts, size, the format if a keyframe)."""
Push = Callable[[bytes, int, int, int, int, int], None]
Packet = tuple[int, int, int, bytes, int, int]
"""codec, rtp timestamp, marker, payload, capture_ns, arrival_ns."""

FRAMES: dict[int, Callable[[Sink], Frames]] = {
    Codec.OPUS: OpusFrames,
    Codec.RED: RedFrames,
    Codec.H264: H264Frames,
    Codec.VP8: Vp8Frames,
}
"""What makes frames of each codec. Read only."""


def take_records(streams: dict[int, RtpStream], data: bytes, at: int, arrival_ns: int) -> None:
    """Takes all packets of `data[at:]`; those of sources not in `streams` are ignored.

    The hot loop of a recording: what is usual (the packet that is due) is done here without another call.
    """
    unpack = RECORD.unpack_from
    limit = len(data)
    while at < limit:
        source, capture_ns, codec, length, flags, kind, seq, rtp, ssrc = unpack(data, at)
        start = at + RECORD_HEAD
        at = end = start + length
        stream = streams.get(source)
        if stream is None:
            continue
        if flags == PLAIN:
            start += 12
        else:
            start, end = payload(data, start, end, flags)
        stream.received += 1
        stream.now_ns = arrival_ns
        if seq == stream.expected and ssrc == stream.ssrc and codec == stream.codec:
            stream.expected = (seq + 1) & 0xFFFF
            if start < end:
                stream.push(data, start, end, rtp, kind & 0x80, capture_ns)
        else:
            stream.sort(seq, ssrc, (codec, rtp, kind & 0x80, data[start:end], capture_ns, arrival_ns))


def payload(data: bytes, start: int, end: int, flags: int) -> tuple[int, int]:
    """Where the payload of the RTP packet `data[start:end]` is; empty if it has none (RFC 3550, section 5.1)."""
    at = start + 12 + 4 * (flags & 15)
    if flags & 0x10 and at + 4 <= end:
        at += 4 + 4 * ((data[at + 2] << 8) | data[at + 3])
    if flags & 0x20 and end > at:
        end -= data[end - 1]
    return at, end


class RtpStream:
    """The packets of one source. `sink` takes its frames; `zero_ns` is the monotonic instant of lesson time 0.

    ssrc, codec: of the packets being taken. expected: the sequence number due next, or -1 while packets are held;
    a packet that matches all three goes to `push`, any other to `sort`. now_ns: when the latest packet arrived.
    """

    __slots__ = (
        "_clock_hz", "_due", "_frames", "_held", "_sink", "_timeline", "_zero_ns",
        "codec", "expected", "late", "lost", "now_ns", "push", "received", "ssrc",
    )  # fmt: skip

    def __init__(self, kind: str, zero_ns: int, sink: FrameSink) -> None:
        self._clock_hz = CLOCK_HZ[kind]
        self._zero_ns = zero_ns
        self._sink = sink
        self._due = 0
        self._held: dict[int, Packet] = {}
        self._frames: Frames | None = None
        self._timeline = Timeline(self._clock_hz, zero_ns)
        self.push: Push = _nowhere
        self.ssrc = self.codec = self.expected = -1
        self.now_ns = 0
        self.received = self.lost = self.late = 0

    @property
    def hungry(self) -> bool:
        """It has begun, and nothing more can be kept before a keyframe."""
        return self._frames is not None and self._frames.hungry

    def starve(self) -> None:
        """What came is not kept: begin anew at a keyframe."""
        if self._frames is not None:
            self._frames.gap()

    def sort(self, seq: int, ssrc: int, packet: Packet) -> None:
        """Takes a packet that is not simply the next: late, early, of a new codec or of a new beginning."""
        if self.expected >= 0:
            self._due = self.expected
        if ssrc != self.ssrc:
            self._restart(ssrc, seq)
        ahead = (seq - self._due) & 0xFFFF
        if LARGEST_JUMP < ahead < 0x10000 - LARGEST_JUMP:
            self._restart(ssrc, seq)
            ahead = 0
        if ahead >= 0x8000 or seq in self._held:
            self.late += 1
        else:
            self._held[seq] = packet
            self._release()
            if len(self._held) > MOST_HELD:
                self._give_up()
        self.expected = -1 if self._held else self._due

    def tick(self, now_ns: int) -> None:
        """Stops waiting for what did not come in time."""
        while self._held and now_ns - next(iter(self._held.values()))[5] > PATIENCE_NS:
            self._give_up()
            self.expected = -1 if self._held else self._due

    def end(self) -> None:
        """Nothing more comes: lets go of all that is held."""
        while self._held:
            self._give_up()

    def _restart(self, ssrc: int, seq: int) -> None:
        self.end()
        if self._frames is not None:
            self._frames.gap()
        if ssrc != self.ssrc:
            self._timeline = Timeline(self._clock_hz, self._zero_ns)
        self.ssrc = ssrc
        self._due = seq

    def _release(self) -> None:
        while (packet := self._held.pop(self._due, None)) is not None:
            self._due = (self._due + 1) & 0xFFFF
            codec, rtp, marker, data, capture_ns, _ = packet
            if codec != self.codec:
                self._change_codec(codec)
            if data:
                self.push(data, 0, len(data), rtp, marker, capture_ns)

    def _give_up(self) -> None:
        nearest = min((seq - self._due) & 0xFFFF for seq in self._held)
        self.lost += nearest
        self._due = (self._due + nearest) & 0xFFFF
        if nearest and self._frames is not None:
            self._frames.gap()
        self._release()

    def _change_codec(self, codec: int) -> None:
        self.codec = codec
        make = FRAMES.get(codec)
        self._frames = make(self._frame) if make is not None else None
        self.push = self._frames.push if self._frames is not None else _nowhere

    def _frame(self, rtp: int, capture_ns: int, parts: list[bytes], size: int, kept: TrackFormat | None) -> None:
        if not -FRESH_NS < capture_ns - self.now_ns < FRESH_NS:
            capture_ns = self.now_ns
        self._sink(self._timeline.lesson_us(rtp, capture_ns), parts, size, kept)


def _nowhere(data: bytes, start: int, end: int, rtp: int, marker: int, capture_ns: int) -> None:
    """A codec that is not recorded."""
