"""One published file of a recording, read packet by packet and decoded in part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import av
import numpy as np

from classroom_client.rehearsal import sei, stamp, tone
from classroom_client.rehearsal.book import Book, Whose
from classroom_client.rehearsal.decode import as_mono, hears_its_tone, luma
from classroom_client.rehearsal.footage import FPS, split_nals
from classroom_client.rehearsal.speech import SECONDS

SOUND_EVERY_S: Final = 5
_SLICES: Final = (1, 5)


class Described(Protocol):
    """What the manifest says of the file."""

    @property
    def file(self) -> str:
        """Its name."""

    @property
    def participant(self) -> str:
        """Whose picture and sound it is said to be."""

    @property
    def duration_ms(self) -> int:
        """How long it is said to be."""


@dataclass
class FileCheck:
    """What is in a file. skew_ms: sound against picture; span_error_ms: its time against the stamps' sending times.

    short_ms: how much earlier than the manifest says its last picture or sound comes.
    """

    file: str
    participant: str
    broken: str | None = None
    streams: int = 0
    frames: int = 0
    frames_lost: int = 0
    packets: int = 0
    wrong_pictures: int = 0
    wrong_sounds: int = 0
    decoded_pictures: int = 0
    decoded_sound_s: float = 0.0
    skew_ms: float | None = None
    span_error_ms: float | None = None
    short_ms: float = 0.0
    last_s: float = 0.0
    stamps: list[tuple[float, sei.FrameStamp]] = field(default_factory=list)
    sounds: list[tuple[float, int]] = field(default_factory=list)

    @property
    def off_ms(self) -> float:
        """By how much it is too short, or its clock wrong."""
        return max(self.short_ms, self.span_error_ms or 0.0)

    @property
    def playable(self) -> bool:
        """Whether it opened, and pictures and sound came out of it."""
        return self.broken is None and self.decoded_pictures > 0 and self.decoded_sound_s > 0


def check_file(file: Path, described: Described, whose: Whose | None, book: Book) -> FileCheck:
    """Checks one file against the footage of `whose` (None: nobody of this lesson, every frame is wrong).

    Raises:
        av.FFmpegError: it cannot be opened or read to its end.
    """
    check = FileCheck(described.file, described.participant)
    with av.open(str(file)) as container:
        check.streams = len(container.streams.video) + len(container.streams.audio)
        for pictures in container.streams.video[:1]:
            _check_pictures(container, pictures, check, whose, book)
    with av.open(str(file)) as container:
        for sound in container.streams.audio[:1]:
            _check_sound(container, sound, check, whose, book)
    check.short_ms = max(0.0, described.duration_ms - check.last_s * 1000)
    _count_lost(check)
    _compare_clocks(check)
    return check


def _check_pictures(container: Any, stream: Any, check: FileCheck, whose: Whose | None, book: Book) -> None:
    stream.thread_count = 1
    stream.codec_context.skip_frame = "NONKEY"
    length = _length_size(stream.codec_context.extradata)
    for packet in container.demux(stream):
        if packet.size and packet.pts is not None:
            nals = list(_nals(bytes(packet), length))
            place = book.frame(b"".join(nal for nal in nals if nal[0] & 0x1F in _SLICES))
            found = next((seen for nal in nals if (seen := sei.parse(nal)) is not None), None)
            check.frames += 1
            check.last_s = max(check.last_s, float(packet.pts * packet.time_base))
            if place is None or place.whose != whose:
                check.wrong_pictures += 1
            elif found is not None:
                check.stamps.append((float(packet.pts * packet.time_base), found))
        for picture in packet.decode():
            check.decoded_pictures += 1
            shown = stamp.read(luma(picture))
            if shown is None or Whose(shown.lesson, shown.participant) != whose:
                check.wrong_pictures += 1


def _check_sound(container: Any, stream: Any, check: FileCheck, whose: Whose | None, book: Book) -> None:
    """Decodes all of it; listens to the second after every SOUND_EVERY_S seconds of the participant's own sound."""
    heard: list[tone.Samples] = []
    for packet in container.demux(stream):
        if not packet.size or packet.pts is None:
            continue
        place = book.packet(bytes(packet))
        check.last_s = max(check.last_s, float(packet.pts * packet.time_base))
        if place is not None:
            check.packets += 1
            check.wrong_sounds += place.whose != whose
            check.sounds.append((float(packet.pts * packet.time_base), place.at))
        for frame in packet.decode():
            check.decoded_sound_s += frame.samples / frame.sample_rate
            if place is not None:
                heard.append(as_mono(frame))
    sound = np.concatenate(heard) if heard else np.zeros(0, np.float32)
    for at in range(0, sound.size - tone.RATE_HZ, SOUND_EVERY_S * tone.RATE_HZ):
        if whose is None or not hears_its_tone(sound[at : at + tone.RATE_HZ], whose):
            check.wrong_sounds += 1


def _count_lost(check: FileCheck) -> None:
    serials = [found.serial for _, found in check.stamps]
    if serials:
        check.frames_lost = max(serials) - min(serials) + 1 - len(set(serials))


def _compare_clocks(check: FileCheck) -> None:
    """The file's own time against the stamps, and its sound against its picture (see watch.Watch for the sum)."""
    if len(check.stamps) < 2:
        return
    (first_s, first), (last_s, last) = check.stamps[0], check.stamps[-1]
    check.span_error_ms = abs((last_s - first_s) * 1000 - (last.sent_ns - first.sent_ns) / 1e6)
    if not check.sounds:
        return
    packet_s = tone.PACKET_MS / 1000
    pictures = np.array([at - found.serial / FPS for at, found in check.stamps])
    sounds = np.array([at - index * packet_s for at, index in check.sounds])
    # Both are an instant of the sender's beginning, the sound's up to whole rounds of the loop.
    off = (sounds - np.median(pictures) + SECONDS / 2) % SECONDS - SECONDS / 2
    check.skew_ms = float(np.percentile(np.abs(off), 99) * 1000)


def _length_size(extradata: bytes | None) -> int | None:
    """Bytes of a NAL unit's length in this file (ISO/IEC 14496-15, 5.3.3.1); None: Annex B start codes."""
    if extradata is None or len(extradata) < 5 or extradata[0] != 1:
        return None
    return (extradata[4] & 3) + 1


def _nals(data: bytes, length: int | None) -> Iterator[bytes]:
    if length is None:
        yield from split_nals(data)
        return
    at = 0
    while at + length <= len(data):
        size = int.from_bytes(data[at : at + length], "big")
        nal = data[at + length : at + length + size]
        if nal:
            yield nal
        at += length + size
