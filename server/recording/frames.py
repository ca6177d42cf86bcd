"""From RTP payloads to whole frames as Matroska holds them, one class for each codec.

Each is fed the payloads of one stream in order (`push`) and told of payloads that never came (`gap`); it calls
`sink(rtp timestamp, capture_ns, parts, size, format)` for each whole frame, where `format` is the track format of a
keyframe and None for any other frame. Video begins at a keyframe, and begins anew at one after each gap: `hungry` says
that it waits for one. A damaged payload counts as a gap.

Payloads come as a slice of a larger buffer because a copy less for each packet is worth it here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from server.media.plane import Codec
from server.recording import h264
from server.recording.matroska import TrackFormat, opus_head

Sink = Callable[[int, int, list[bytes], int, TrackFormat | None], None]

LENGTH = struct.Struct(">I")
FIRST_SLICE = 0x80
"""first_mb_in_slice, the slice header's first field, is 0 (coded as a 1 bit): the picture's first slice."""


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


class H264Frames:
    """RFC 6184, packetization-mode 1: single NAL units, STAP-A and FU-A; access units with 4-byte lengths."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.hungry = True
        self._sps = self._pps = b""
        self._parts: list[bytes] = []
        self._size = 0
        self._rtp = -1
        self._capture_ns = 0
        self._broken = False
        self._keyframe = False
        self._with_sps = False
        self._aligned = self._from_start = False
        self._open_at = -1
        self._open_size = 0

    def push(self, data: bytes, start: int, end: int, rtp: int, marker: int, capture_ns: int) -> None:
        """Takes one payload."""
        if rtp != self._rtp:
            if self._parts:
                self._finish()
            self._rtp = rtp
            self._capture_ns = capture_ns
            self._from_start = self._aligned
        kind = data[start] & 31
        if kind == 28 and end - start > 2:
            if data[start + 1] & 0xC0 or self._open_at < 0:
                self._fragment(data, start, end)
            else:
                self._parts.append(data[start + 2 : end])
                self._open_size += end - start - 2
        elif 0 < kind < 24:
            self._unit(data[start:end])
        elif kind == 24:
            self._aggregate(data, start + 1, end)
        else:
            self._broken = True
        if marker:
            self._finish()
            self._rtp = -1

    def gap(self) -> None:
        """Payloads are missing here: nothing is whole until the next keyframe."""
        self.hungry = True
        self._drop()
        self._rtp = -1
        self._aligned = False

    def _fragment(self, data: bytes, start: int, end: int) -> None:
        header = data[start + 1]
        if header & 0x80:
            if self._open_at >= 0:
                self._broken = True
            kind = header & 31
            if kind == h264.IDR:
                self._idr(data[start + 2])
            self._open_at = len(self._parts)
            self._parts += (b"", bytes(((data[start] & 0xE0) | kind,)), data[start + 2 : end])
            self._open_size = end - start - 1
        elif self._open_at < 0:
            self._broken = True
            return
        else:
            self._parts.append(data[start + 2 : end])
            self._open_size += end - start - 2
        if header & 0x40:
            self._parts[self._open_at] = LENGTH.pack(self._open_size)
            self._size += self._open_size + 4
            self._open_at = -1

    def _unit(self, nal: bytes) -> None:
        kind = nal[0] & 31
        if self._open_at >= 0:
            self._broken = True
        if kind == h264.IDR and len(nal) > 1:
            self._idr(nal[1])
        elif kind == h264.SPS:
            self._sps = nal
            self._with_sps = True
        elif kind == h264.PPS:
            self._pps = nal
        self._parts += (LENGTH.pack(len(nal)), nal)
        self._size += len(nal) + 4

    def _aggregate(self, data: bytes, at: int, end: int) -> None:
        while at + 2 < end:
            length = (data[at] << 8) | data[at + 1]
            at += 2
            if not length or at + length > end:
                self._broken = True
                return
            self._unit(data[at : at + length])
            at += length

    def _idr(self, slice_header: int) -> None:
        if not self._keyframe and not slice_header & FIRST_SLICE:
            self._broken = True
        self._keyframe = True

    def _finish(self) -> None:
        self._aligned = True
        if self._broken or self._open_at >= 0 or not self._parts:
            self.hungry = True
            self._drop()
            return
        frame_format = self._format() if self._keyframe else None
        if frame_format is not None:
            self.hungry = False
        if not self.hungry:
            self._sink(self._rtp, self._capture_ns, self._parts, self._size, frame_format)
        self._drop()

    def _format(self) -> TrackFormat | None:
        if not (self._with_sps or self._from_start):
            return None
        try:
            width, height = h264.picture_size(self._sps)
        except ValueError:
            return None
        if not self._pps:
            return None
        return TrackFormat(codec="h264", private=h264.avcc(self._sps, self._pps), width=width, height=height)

    def _drop(self) -> None:
        self._parts = []
        self._size = 0
        self._broken = self._keyframe = self._with_sps = False
        self._open_at = -1


class Vp8Frames:
    """RFC 7741: a frame is the payloads of one timestamp without their descriptors."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.hungry = True
        self._parts: list[bytes] = []
        self._size = 0
        self._rtp = -1
        self._capture_ns = 0
        self._broken = False

    def push(self, data: bytes, start: int, end: int, rtp: int, marker: int, capture_ns: int) -> None:
        """Takes one payload."""
        at = after_vp8_descriptor(data, start, end)
        if rtp != self._rtp:
            if self._parts:
                self._finish()
            self._rtp = rtp
            self._capture_ns = capture_ns
            self._broken = data[start] & 0x17 != 0x10
        if at >= end:
            self._broken = True
        else:
            self._parts.append(data[at:end])
            self._size += end - at
        if marker:
            self._finish()
            self._rtp = -1

    def gap(self) -> None:
        """Payloads are missing here: nothing is whole until the next keyframe."""
        self.hungry = True
        self._drop()
        self._rtp = -1

    def _finish(self) -> None:
        if self._broken or not self._parts:
            self.gap()
            return
        frame_format = vp8_format(self._parts[0])
        if frame_format is not None:
            self.hungry = False
        if not self.hungry:
            self._sink(self._rtp, self._capture_ns, self._parts, self._size, frame_format)
        self._drop()

    def _drop(self) -> None:
        self._parts = []
        self._size = 0
        self._broken = False


def after_vp8_descriptor(data: bytes, at: int, end: int) -> int:
    """Where the VP8 payload begins behind the descriptor at `at`; at or past `end` if there is none (section 4.2)."""
    extended = data[at] & 0x80
    at += 1
    if not extended or at >= end:
        return at
    flags = data[at]
    at += 1
    if flags & 0x80 and at < end:
        at += 2 if data[at] & 0x80 else 1
    if flags & 0x40:
        at += 1
    if flags & 0x30:
        at += 1
    return at


def vp8_format(frame: bytes) -> TrackFormat | None:
    """The format of a VP8 frame that is a keyframe, else None (RFC 6386, section 9.1)."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = struct.unpack_from("<HH", frame, 6)
    if not (width & 0x3FFF and height & 0x3FFF):
        return None
    return TrackFormat(codec="vp8", private=b"", width=width & 0x3FFF, height=height & 0x3FFF)


FRAMES: dict[int, Callable[[Sink], Frames]] = {
    Codec.OPUS: OpusFrames,
    Codec.RED: RedFrames,
    Codec.H264: H264Frames,
    Codec.VP8: Vp8Frames,
}
"""What makes frames of each codec. Read only."""
