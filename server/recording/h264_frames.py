"""H.264 payloads to access units (RFC 6184)."""

from __future__ import annotations

import struct

from server.recording import h264
from server.recording.frames import Sink
from server.recording.matroska import TrackFormat

LENGTH = struct.Struct(">I")
FIRST_SLICE = 0x80
"""first_mb_in_slice, the slice header's first field, is 0 (coded as a 1 bit): the picture's first slice."""


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
