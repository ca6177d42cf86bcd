"""Writing MP4 (ISO/IEC 14496-12) with its index first, so that a player can begin before the end has come.

All sample sizes are known beforehand, so the index is built first and the frames are copied once, in pieces of one
second, picture and sound side by side.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import BinaryIO

from server.publishing.samples import Line, Sample, Sources

PIECE_S = 1
MOVIE_UNITS = 1000
UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
PREROLL_PACKETS = 4
"""80 ms of Opus are decoded before a seek's target (RFC 7845, section 4.6)."""

Piece = tuple[int, list[Sample]]
"""A run of samples that lie together in the file, and which line they are of."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box."""
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def write_mp4(out: BinaryIO, lines: list[Line], sources: Sources, copied: Callable[[int], None]) -> None:
    """Writes a whole file. `copied` is told of every piece's bytes.

    Raises:
        OSError: the disk refuses.
    """
    pieces = list(_pieces(lines))
    sizes = [sum(_size(sample, sources) for sample in samples) for _, samples in pieces]
    head = box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")
    total = sum(sizes)
    index_size = len(_moov(lines, pieces, [0] * len(pieces), sources))
    offsets: list[int] = []
    at = len(head) + index_size + 16
    for size in sizes:
        offsets.append(at)
        at += size
    out.write(head + _moov(lines, pieces, offsets, sources))
    out.write(struct.pack(">I4sQ", 1, b"mdat", 16 + total))
    for (_, samples), size in zip(pieces, sizes, strict=True):
        out.write(b"".join(map(sources.bytes_of, samples)))
        copied(size)


def _size(sample: Sample, sources: Sources) -> int:
    return sample.size + (len(sources.prefixes[sample.prefix]) if sample.prefix >= 0 else 0)


def _pieces(lines: list[Line]) -> Iterator[Piece]:
    runs: list[tuple[int, int, list[Sample]]] = []
    for number, line in enumerate(lines):
        pieces: dict[int, list[Sample]] = {}
        for sample in line.samples:
            pieces.setdefault(sample.at // (line.units_per_s * PIECE_S), []).append(sample)
        runs += [(second, number, samples) for second, samples in pieces.items()]
    for _, number, samples in sorted(runs, key=lambda run: run[:2]):
        yield number, samples


def _moov(lines: list[Line], pieces: list[Piece], offsets: list[int], sources: Sources) -> bytes:
    length = max(_end(line) * MOVIE_UNITS // line.units_per_s for line in lines)
    mvhd = full_box(
        b"mvhd", 1, 0, struct.pack(">QQIQ", 0, 0, MOVIE_UNITS, length), struct.pack(">IH10x", 0x10000, 0x100), UNITY,
        bytes(24), struct.pack(">I", len(lines) + 1),
    )  # fmt: skip
    traks = []
    for number, line in enumerate(lines):
        own = [(len(samples), offset) for (of, samples), offset in zip(pieces, offsets, strict=True) if of == number]
        traks.append(_trak(number + 1, line, own, sources))
    return box(b"moov", mvhd, *traks)


def _end(line: Line) -> int:
    last = line.samples[-1]
    return last.at + last.duration


def _trak(number: int, line: Line, chunks: list[tuple[int, int]], sources: Sources) -> bytes:
    first = line.samples[0].at
    length = _end(line) * MOVIE_UNITS // line.units_per_s
    tkhd = full_box(
        b"tkhd", 1, 3, struct.pack(">QQI4xQ8x", 0, 0, number, length),
        struct.pack(">HHHH", 0, 0, 0 if line.width else 0x100, 0), UNITY,
        struct.pack(">II", line.width << 16, line.height << 16),
    )  # fmt: skip
    media = (_end(line) - first) * MOVIE_UNITS // line.units_per_s
    delay = first * MOVIE_UNITS // line.units_per_s
    edits = [(delay, -1)] if delay else []
    edits.append((media, 0))
    elst = full_box(
        b"elst", 1, 0, struct.pack(">I", len(edits)), *(struct.pack(">QqI", d, t, 0x10000) for d, t in edits)
    )
    mdhd = full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, line.units_per_s, _end(line) - first, 0x55C4, 0))
    handler, header = (
        (b"vide", full_box(b"vmhd", 0, 1, bytes(8))) if line.width else (b"soun", full_box(b"smhd", 0, 0, bytes(4)))
    )
    hdlr = full_box(b"hdlr", 0, 0, bytes(4), handler, bytes(12), b"tongke\0")
    dinf = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    minf = box(b"minf", header, dinf, _stbl(line, chunks, sources))
    return box(b"trak", tkhd, box(b"edts", elst), box(b"mdia", mdhd, hdlr, minf))


def _stbl(line: Line, chunks: list[tuple[int, int]], sources: Sources) -> bytes:
    entry = _avc1(line) if line.width else _opus()
    parts = [
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full_box(b"stts", 0, 0, _runs(sample.duration for sample in line.samples)),
    ]
    if line.width:
        keys = [number for number, sample in enumerate(line.samples, 1) if sample.keyframe]
        parts.append(full_box(b"stss", 0, 0, struct.pack(f">I{len(keys)}I", len(keys), *keys)))
    sizes = [_size(sample, sources) for sample in line.samples]
    parts.append(full_box(b"stsz", 0, 0, struct.pack(f">II{len(sizes)}I", 0, len(sizes), *sizes)))
    parts.append(full_box(b"stsc", 0, 0, _sample_to_chunk([count for count, _ in chunks])))
    parts.append(full_box(b"co64", 0, 0, struct.pack(f">I{len(chunks)}Q", len(chunks), *(o for _, o in chunks))))
    if not line.width:
        parts.append(full_box(b"sgpd", 1, 0, struct.pack(">4sIIh", b"roll", 2, 1, -PREROLL_PACKETS)))
        parts.append(full_box(b"sbgp", 0, 0, struct.pack(">4sIII", b"roll", 1, len(sizes), 1)))
    return box(b"stbl", *parts)


def _runs(values: Iterable[int]) -> bytes:
    """A table of (count, value)."""
    runs = [(sum(1 for _ in run), value) for value, run in groupby(values)]
    return struct.pack(">I", len(runs)) + b"".join(struct.pack(">II", count, value) for count, value in runs)


def _sample_to_chunk(counts: list[int]) -> bytes:
    entries = [(number, count) for number, count in enumerate(counts, 1) if number == 1 or count != counts[number - 2]]
    return struct.pack(">I", len(entries)) + b"".join(struct.pack(">III", n, count, 1) for n, count in entries)


def _avc1(line: Line) -> bytes:
    """ISO/IEC 14496-15, section 5.4.2."""
    fields = struct.pack(">6xH16xHHII4xH32xHh", 1, line.width, line.height, 0x480000, 0x480000, 1, 0x18, -1)
    return box(b"avc1", fields, box(b"avcC", line.private))


def _opus() -> bytes:
    """Encapsulation of Opus in ISO Base Media File Format, section 4.3."""
    fields = struct.pack(">6xH8xHH4xI", 1, 2, 16, 48_000 << 16)
    return box(b"Opus", fields, box(b"dOps", struct.pack(">BBHIhB", 0, 2, 0, 48_000, 0, 0)))
