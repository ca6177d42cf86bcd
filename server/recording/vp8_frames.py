"""VP8 payloads to frames (RFC 7741)."""

from __future__ import annotations

import struct

from server.recording.frames import Sink
from server.recording.matroska import TrackFormat


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
