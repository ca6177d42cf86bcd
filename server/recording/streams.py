"""One RTP stream on its way to its track: put in order, freed of what RTP adds, given lesson time.

Retransmissions arrive late, so a packet that comes too early is held until the missing ones are there or will not come
any more. What a source may do to its stream is all allowed here: wrap, jump, begin anew with another SSRC, change its
codec in mid-stream (RFC 3550, section 8.2 and appendix A.1).
"""

from __future__ import annotations

from collections.abc import Callable

from server.recording.frames import FRAMES, Frames
from server.recording.matroska import TrackFormat
from server.recording.timeline import Timeline

PATIENCE_NS = 400_000_000
"""How long a missing packet is waited for."""
MOST_HELD = 512
LARGEST_JUMP = 1024
"""A sequence number further off than this belongs to a new beginning."""
FRESH_NS = 10_000_000_000
"""An estimate of capture further off its arrival than this is not believed."""
CLOCK_HZ = {"audio": 48_000, "video": 90_000}

FrameSink = Callable[[int, list[bytes], int, TrackFormat | None], None]
"""(lesson time in µs, parts, size, the format if a keyframe)."""
Packet = tuple[int, int, int, bytes, int, int, int, int]
"""codec, rtp timestamp, marker, data, start, end, capture_ns, arrival_ns."""


class RtpStream:
    """The packets of one source. `sink` takes its frames; `zero_ns` is the monotonic instant of lesson time 0."""

    __slots__ = (
        "_clock_hz", "_codec", "_expected", "_frames", "_held", "_now_ns", "_push", "_sink", "_ssrc", "_timeline",
        "_zero_ns", "late", "lost", "received",
    )  # fmt: skip

    def __init__(self, kind: str, zero_ns: int, sink: FrameSink) -> None:
        self._clock_hz = CLOCK_HZ[kind]
        self._zero_ns = zero_ns
        self._sink = sink
        self._expected = -1
        self._ssrc = -1
        self._codec = -1
        self._held: dict[int, Packet] = {}
        self._frames: Frames | None = None
        self._push: Callable[[bytes, int, int, int, int, int], None] | None = None
        self._timeline = Timeline(self._clock_hz, zero_ns)
        self._now_ns = 0
        self.received = 0
        self.lost = 0
        self.late = 0

    @property
    def hungry(self) -> bool:
        """It has begun, and nothing more can be kept before a keyframe."""
        return self._frames is not None and self._frames.hungry

    def starve(self) -> None:
        """What came is not kept: begin anew at a keyframe."""
        if self._frames is not None:
            self._frames.gap()

    def take(
        self, codec: int, capture_ns: int, seq: int, rtp: int, ssrc: int, marker: int,
        data: bytes, start: int, end: int, arrival_ns: int,
    ) -> None:  # fmt: skip
        """Takes one packet whose payload is `data[start:end]` (empty if it was only padding)."""
        self.received += 1
        self._now_ns = arrival_ns
        if seq == self._expected and ssrc == self._ssrc and codec == self._codec and not self._held:
            self._expected = (seq + 1) & 0xFFFF
            if start < end:
                self._push(data, start, end, rtp, marker, capture_ns)  # type: ignore[misc]
            return
        if ssrc != self._ssrc:
            self._restart(ssrc, seq)
        ahead = (seq - self._expected) & 0xFFFF
        if LARGEST_JUMP < ahead < 0x10000 - LARGEST_JUMP:
            self._restart(ssrc, seq)
            ahead = 0
        if ahead >= 0x8000 or seq in self._held:
            self.late += 1
            return
        self._held[seq] = (codec, rtp, marker, data[start:end], 0, end - start, capture_ns, arrival_ns)
        self._release()
        if len(self._held) > MOST_HELD:
            self._give_up()

    def tick(self, now_ns: int) -> None:
        """Stops waiting for what did not come in time."""
        while self._held and now_ns - next(iter(self._held.values()))[7] > PATIENCE_NS:
            self._give_up()

    def end(self) -> None:
        """Nothing more comes: lets go of all that is held."""
        while self._held:
            self._give_up()

    def _restart(self, ssrc: int, seq: int) -> None:
        self.end()
        if self._frames is not None:
            self._frames.gap()
        if ssrc != self._ssrc:
            self._timeline = Timeline(self._clock_hz, self._zero_ns)
        self._ssrc = ssrc
        self._expected = seq

    def _release(self) -> None:
        while (packet := self._held.pop(self._expected, None)) is not None:
            self._expected = (self._expected + 1) & 0xFFFF
            codec, rtp, marker, data, start, end, capture_ns, _ = packet
            if codec != self._codec:
                self._change_codec(codec)
            if start < end and self._push is not None:
                self._push(data, start, end, rtp, marker, capture_ns)

    def _give_up(self) -> None:
        nearest = min((seq - self._expected) & 0xFFFF for seq in self._held)
        self.lost += nearest
        self._expected = (self._expected + nearest) & 0xFFFF
        if nearest and self._frames is not None:
            self._frames.gap()
        self._release()

    def _change_codec(self, codec: int) -> None:
        self._codec = codec
        make = FRAMES.get(codec)
        self._frames = make(self._frame) if make is not None else None
        self._push = self._frames.push if self._frames is not None else None

    def _frame(self, rtp: int, capture_ns: int, parts: list[bytes], size: int, kept: TrackFormat | None) -> None:
        if not -FRESH_NS < capture_ns - self._now_ns < FRESH_NS:
            capture_ns = self._now_ns
        self._sink(self._timeline.lesson_us(rtp, capture_ns), parts, size, kept)
