"""From RTP payloads to whole frames as Matroska holds them, one class for each codec: sound here, pictures beside it.

Each is fed the payloads of one stream in order (`push`) and told of payloads that never came (`gap`); it calls
`sink(rtp timestamp, capture_ns, parts, size, format)` for each whole frame, where `format` is the track format of a
keyframe and None for any other frame. Video begins at a keyframe, and begins anew at one after each gap: `hungry` says
that it waits for one. A damaged payload counts as a gap.

Payloads come as a slice of a larger buffer because a copy less for each packet is worth it here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server.recording.matroska import TrackFormat, opus_head

Sink = Callable[[int, int, list[bytes], int, TrackFormat | None], None]


class Frames(Protocol):
    """What turns one codec's payloads into frames."""

    hungry: bool

    def push(self, data: bytes, start: int, end: int, rtp: int, marker: int, capture_ns: int) -> None: ...
    def gap(self) -> None: ...


class OpusFrames:
    """RFC 7587: a payload is a frame. Every frame stands alone."""

    hungry = False

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._format = TrackFormat(codec="opus", private=opus_head())

    def push(self, data: bytes, start: int, end: int, rtp: int, marker: int, capture_ns: int) -> None:
        """Takes one payload."""
        self._sink(rtp, capture_ns, [data[start:end]], end - start, self._format)

    def gap(self) -> None:
        """Nothing: the next frame stands alone."""


class RedFrames:
    """RFC 2198: redundant audio. Only the primary block is kept; lost packets were asked for again already."""

    hungry = False

    def __init__(self, sink: Sink) -> None:
        self._opus = OpusFrames(sink)

    def push(self, data: bytes, start: int, end: int, rtp: int, marker: int, capture_ns: int) -> None:
        """Takes one payload."""
        at, redundant = start, 0
        while at + 4 <= end and data[at] & 0x80:
            redundant += ((data[at + 2] & 3) << 8) | data[at + 3]
            at += 4
        primary = at + 1 + redundant
        if primary < end:
            self._opus.push(data, primary, end, rtp, marker, capture_ns)

    def gap(self) -> None:
        """Nothing: the next frame stands alone."""
