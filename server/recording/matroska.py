"""Writing Matroska (RFC 9559): one track per file, built so that a kill or a power cut costs at most the last cluster.

A file begins with a header of fixed layout whose unknowns (segment size, duration, seek head) are room left free.
Clusters are built in memory and written whole, each with its size, its CRC-32 and its timestamp in milliseconds.
`finish` appends cues and statistics and fills the room in the header; `repair.py` does the same for a file whose
writer died. Nothing already written is ever moved.
"""

from __future__ import annotations

import struct
import zlib

from msgspec import Struct

from server.recording import ebml

SEGMENT = 0x18538067
SEEK_HEAD = 0x114D9B74
INFO = 0x1549A966
TRACKS = 0x1654AE6B
TAGS = 0x1254C367
CLUSTER = 0x1F43B675
CUES = 0x1C53BB6B
DURATION = 0x4489
SIMPLE_BLOCK = 0xA3
TIMESTAMP = 0xE7

SEEK_ROOM = 96
DURATION_ROOM = 11
KEYFRAME = 0x80
CLUSTER_HEAD = struct.Struct(">I4sBB4sBBI")
"""ID, size, CRC-32 (ID, length, value), Timestamp (ID, length, 4 bytes)."""
BLOCK_HEAD = struct.Struct(">BIBhB")
"""SimpleBlock: ID, size in 4 bytes, track number, timestamp relative to the cluster, flags."""

CODEC_IDS = {"h264": "V_MPEG4/ISO/AVC", "vp8": "V_VP8", "opus": "A_OPUS"}
APPLICATION = "tongke"


class TrackFormat(Struct, frozen=True, kw_only=True):
    """What a track holds. private: avcC for H.264, OpusHead for Opus, empty for VP8. Sizes in pixels."""

    codec: str
    private: bytes
    width: int = 0
    height: int = 0
    channels: int = 2


class Cue(Struct, frozen=True):
    """A keyframe's time in ms and its cluster's position in the segment."""

    ms: int
    position: int


def opus_head(channels: int = 2) -> bytes:
    """The identification header of an Opus stream that skips nothing (RFC 7845, section 5.1)."""
    return struct.pack("<8sBBHIHB", b"OpusHead", 1, channels, 0, 48_000, 0, 0)


def ebml_header(document: str = "matroska") -> bytes:
    """The EBML header (RFC 9559, section 5)."""
    fields = (
        ebml.uint(0x4286, 1)
        + ebml.uint(0x42F7, 1)
        + ebml.uint(0x42F2, 4)
        + ebml.uint(0x42F3, 8)
        + ebml.text(0x4282, document)
        + ebml.uint(0x4287, 4)
        + ebml.uint(0x4285, 2)
    )
    return ebml.element(0x1A45DFA3, fields)


def info(duration_ms: float | None) -> bytes:
    """The Info element: timestamps count milliseconds; None leaves room for the duration."""
    duration = ebml.void(DURATION_ROOM) if duration_ms is None else ebml.float_8(DURATION, duration_ms)
    return ebml.element(
        INFO,
        ebml.uint(0x2AD7B1, 1_000_000) + ebml.text(0x4D80, APPLICATION) + ebml.text(0x5741, APPLICATION) + duration,
    )


def track_entry(number: int, track: TrackFormat) -> bytes:
    """One TrackEntry (RFC 9559, section 5.1.4.1)."""
    video = bool(track.width)
    fields = (
        ebml.uint(0xD7, number)
        + ebml.uint(0x73C5, number)
        + ebml.uint(0x83, 1 if video else 2)
        + ebml.uint(0x9C, 0)
        + ebml.text(0x86, CODEC_IDS[track.codec])
    )
    if track.private:
        fields += ebml.element(0x63A2, track.private)
    if video:
        fields += ebml.element(0xE0, ebml.uint(0xB0, track.width) + ebml.uint(0xBA, track.height))
    else:
        fields += ebml.uint(0x56AA, 0) + ebml.uint(0x56BB, 80_000_000)
        fields += ebml.element(0xE1, ebml.float_8(0xB5, 48_000.0) + ebml.uint(0x9F, track.channels))
    return ebml.element(0xAE, fields)


def tags(values: dict[str, str]) -> bytes:
    """A Tags element about the whole segment."""
    simple = b"".join(ebml.element(0x67C8, ebml.text(0x45A3, k) + ebml.text(0x4487, v)) for k, v in values.items())
    return ebml.element(TAGS, ebml.element(0x7373, ebml.element(0x63C0, b"") + simple))


def file_header(track: TrackFormat, values: dict[str, str]) -> bytes:
    """Everything before the first cluster, with room for what only the end knows."""
    return (
        ebml_header()
        + ebml.identifier(SEGMENT)
        + ebml.UNKNOWN_SIZE_8
        + ebml.void(SEEK_ROOM)
        + info(None)
        + ebml.element(TRACKS, track_entry(1, track))
        + tags(values)
    )


def seek_head(positions: dict[int, int]) -> bytes:
    """A SeekHead of exactly SEEK_ROOM bytes: element ID → position in the segment, at most 4 of them."""
    entries = b"".join(
        ebml.element(0x4DBB, ebml.element(0x53AB, ebml.identifier(i)) + ebml.element(0x53AC, p.to_bytes(8, "big")))
        for i, p in positions.items()
    )
    head = ebml.element(SEEK_HEAD, entries)
    return head + ebml.void(SEEK_ROOM - len(head))


def cues(points: list[Cue], track: int = 1) -> bytes:
    """The Cues element: where to begin reading for a time."""
    return ebml.element(
        CUES,
        b"".join(
            ebml.element(
                0xBB,
                ebml.uint(0xB3, point.ms)
                + ebml.element(0xB7, ebml.uint(0xF7, track) + ebml.uint(0xF1, point.position)),
            )
            for point in points
        ),
    )


class Index(Struct, frozen=True):
    """What ends a file: the bytes of cues and statistics, and each one's position in the segment."""

    data: bytes
    positions: dict[int, int]


def index(points: list[Cue], values: dict[str, str], position: int) -> Index:
    """Cues and statistics for the end of the segment, which is at `position` in it."""
    cue_bytes = cues(points) if points else b""
    positions = {CUES: position} if points else {}
    positions[TAGS] = position + len(cue_bytes)
    return Index(cue_bytes + tags(values), positions)


def completion(segment: int, ends: Index, duration_ms: float, file_size: int) -> tuple[int, bytes]:
    """What to write over the header of a file that is complete, and where.

    segment: offset in the file of the segment's payload.
    """
    first = {INFO: SEEK_ROOM, TRACKS: SEEK_ROOM + len(info(None))}
    patch = ebml.size_8(file_size - segment) + seek_head(first | ends.positions) + info(duration_ms)
    return segment - 8, patch


def cluster_head(ms: int, body: bytes) -> bytes:
    """The first bytes of a cluster that holds `body` (whole blocks): size, CRC-32 and timestamp."""
    stamp = b"\xe7\x84" + ms.to_bytes(4, "big")
    crc = zlib.crc32(body, zlib.crc32(stamp))
    return CLUSTER_HEAD.pack(
        CLUSTER, ebml.size_4(12 + len(body)), ebml.CRC32, 0x84, crc.to_bytes(4, "little"), TIMESTAMP, 0x84, ms
    )


class ClusterBuilder:
    """Gathers blocks until the cluster is taken. Times are ms from the file's start."""

    __slots__ = ("_parts", "frames", "keyframe_ms", "last_ms", "ms", "size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.ms = self.last_ms = 0
        self.size = 0
        self.frames = 0
        self.keyframe_ms: int | None = None

    def add(self, ms: int, parts: list[bytes], size: int, keyframe: bool, track: int = 0x81) -> None:
        """Adds a frame of `size` bytes in `parts`; it must not be over 32 s later than the cluster's first."""
        if not self._parts:
            self.ms = ms
        if keyframe and self.keyframe_ms is None:
            self.keyframe_ms = ms
        self._parts.append(
            BLOCK_HEAD.pack(SIMPLE_BLOCK, 0x1000_0000 | (size + 4), track, ms - self.ms, KEYFRAME if keyframe else 0)
        )
        self._parts += parts
        self.frames += 1
        self.last_ms = ms
        self.size += size + BLOCK_HEAD.size

    def take(self) -> bytes:
        """The whole cluster as bytes; the builder is empty afterwards."""
        body = b"".join(self._parts)
        head = cluster_head(self.ms, body)
        self._parts = []
        self.size = self.frames = 0
        self.keyframe_ms = None
        return head + body
