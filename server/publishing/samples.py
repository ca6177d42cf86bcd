"""The frames of a published file: which bytes of which track file are shown or heard when."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from server.publishing.plan import Output
from server.publishing.sound import (
    CONCEALED,
    RATE_HZ,
    SILENCE,
    SILENCE_SAMPLES,
    SILENT,
    Sound,
    continuous,
    packet_samples,
)
from server.recording import h264
from server.recording.matroska_header import Header, NotARecording
from server.recording.matroska_reader import Block, read_blocks
from server.recording.package import Track


class Sample(Struct, frozen=True, array_like=True, gc=False):
    """One frame. at, duration: in the line's units. source: which opened file, or SILENT, or CONCEALED (then `offset`
    is the packet's only byte). prefix: which parameter sets go before it, -1 for none."""

    at: int
    duration: int
    source: int
    offset: int
    size: int
    keyframe: bool
    prefix: int = -1


class Line(Struct, kw_only=True):
    """One track of a published file. units_per_s: of its samples' times. private: avcC for H.264."""

    codec: str
    units_per_s: int
    samples: list[Sample]
    private: bytes = b""
    width: int = 0
    height: int = 0


class Sources:
    """The opened track files of an output, and the bytes that samples stand for. Close it when done.

    between: only what lies in this lesson time is read; the files may still be growing.
    """

    def __init__(self, folder: Path, between: tuple[int, int] | None = None) -> None:
        self._folder = folder
        self._between = between
        self._maps: list[mmap.mmap] = []
        self._numbers: dict[str, int] = {}
        self.prefixes: list[bytes] = []

    def open(self, track: Track) -> tuple[int, Header, list[Block]] | None:
        """A track's number, header and blocks; None if there is nothing in it."""
        path = self._folder / track.file
        try:
            header, blocks = read_blocks(path, self._between)
        except (NotARecording, FileNotFoundError):
            return None
        if not blocks:
            return None
        if track.file not in self._numbers:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                self._maps.append(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
            finally:
                os.close(descriptor)
            self._numbers[track.file] = len(self._maps) - 1
        return self._numbers[track.file], header, blocks

    def bytes_of(self, sample: Sample) -> bytes:
        """What goes into the published file."""
        if sample.source < 0:
            return SILENCE if sample.source == SILENT else bytes((sample.offset,))
        data = self._maps[sample.source][sample.offset : sample.offset + sample.size]
        return self.prefixes[sample.prefix] + data if sample.prefix >= 0 else data

    def first_bytes(self, number: int, offset: int, size: int) -> bytes:
        """The beginning of a block, for a look at its headers."""
        return self._maps[number][offset : offset + min(size, 2)]

    def close(self) -> None:
        """Lets go of the files."""
        for opened in self._maps:
            opened.close()


def picture_line(output: Output, sources: Sources, origin_ms: int) -> Line | None:
    """The picture of an output in ms from its start; None if it has none."""
    line: Line | None = None
    placed: list[tuple[int, int, Block, int]] = []
    for track in output.video:
        opened = sources.open(track)
        if opened is None:
            continue
        number, header, blocks = opened
        if line is None:
            line = Line(codec=header.codec, units_per_s=1000, samples=[], private=header.private)
        prefix = _prefix(sources, header, line)
        line.width, line.height = max((line.width, line.height), (track.width, track.height))
        shift = header.number("START_MS") - origin_ms - output.start_ms
        for block in blocks:
            at = max(0, block[0] + shift)
            if placed and at <= placed[-1][0]:
                at = placed[-1][0] + 1
            placed.append((at, number, block, prefix))
            prefix = -1
    if line is not None:
        line.samples = _with_durations(placed, output.end_ms - output.start_ms)
    return line


def _prefix(sources: Sources, header: Header, line: Line) -> int:
    """Parameter sets of a part that joins a line which began with others."""
    if header.codec != "h264" or header.private == line.private:
        return -1
    try:
        sets = h264.parameter_sets(header.private)
    except ValueError:
        return -1
    sources.prefixes.append(b"".join(len(nal).to_bytes(4, "big") + nal for nal in sets))
    return len(sources.prefixes) - 1


def _with_durations(placed: list[tuple[int, int, Block, int]], length: int) -> list[Sample]:
    samples = []
    for index, (at, number, (_, keyframe, offset, size), prefix) in enumerate(placed):
        after = placed[index + 1][0] if index + 1 < len(placed) else max(length, at + 1)
        samples.append(Sample(at, after - at, number, offset, size, keyframe, prefix))
    return samples


def sound_line(output: Output, sources: Sources, origin_ms: int) -> Line | None:
    """The sound of an output from its start to its end, at 48,000 units a second; None if none was recorded."""
    found: list[tuple[int, Block, int, int]] = []
    sounds: list[Sound] = []
    for track in output.audio:
        opened = sources.open(track)
        if opened is None:
            continue
        number, header, blocks = opened
        shift = header.number("START_MS") - origin_ms - output.start_ms
        for block in blocks:
            first = sources.first_bytes(number, block[2], block[3])
            samples = packet_samples(first)
            if block[0] + shift >= -20:
                sounds.append((max(0, block[0] + shift), block[3], samples, len(found)))
                found.append((number, block, samples, first[0] if first else 0))
    if not found:
        return None
    return Line(
        codec="opus",
        units_per_s=RATE_HZ,
        samples=_sounds(continuous(sounds, output.end_ms - output.start_ms), found),
    )


def _sounds(order: Iterable[int], found: list[tuple[int, Block, int, int]]) -> list[Sample]:
    samples: list[Sample] = []
    at = contents = 0
    for index in order:
        if index == SILENT:
            samples.append(Sample(at, SILENCE_SAMPLES, SILENT, 0, len(SILENCE), True))
        elif index == CONCEALED:
            samples.append(Sample(at, SILENCE_SAMPLES, CONCEALED, contents & 0xFC, 1, True))
        else:
            number, (_, _, offset, size), duration, contents = found[index]
            samples.append(Sample(at, duration, number, offset, size, True))
        at += samples[-1].duration
    return samples
