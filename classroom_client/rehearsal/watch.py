"""What one receiver saw and heard, kept as runs: unbroken stretches of one participant in one slot, within one seat.

Every frame and every packet is recognised by its bytes and checked for its place in the row; nothing is decoded here.
A stated sample, one keyframe in SAMPLE_KEYFRAMES and SAMPLE_CELLS of sound after every SAMPLE_EVERY_CELLS, is
kept to be decoded when the lesson is over. Sound is counted in cells of its loop (see `speech`), of which a packet
fills one or more: whichever of a participant's two encodings brings a cell, it was heard.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from classroom_client.rehearsal import sei
from classroom_client.rehearsal.assemble import AccessUnit
from classroom_client.rehearsal.book import Book, Place, Whose
from classroom_client.rehearsal.footage import FPS
from classroom_client.rehearsal.receive_lines import Kind
from classroom_client.rehearsal.runs import AudioRun, VideoRun
from classroom_client.rehearsal.speech import CELLS, SECONDS
from classroom_client.rehearsal.tone import PACKET_MS

SAMPLE_KEYFRAMES: Final = 4
SAMPLE_CELLS: Final = 75
SAMPLE_EVERY_CELLS: Final = 250
SAMPLES_MAX: Final = 400
STRAYS_MAX: Final = 1000
RUN_BREAKS_NS: Final = 1_000_000_000
"""Nothing for so long ends a run."""
_LOOP_NS: Final = SECONDS * 1_000_000_000
_FRAME_NS: Final = 1_000_000_000 // FPS
_CELL_NS: Final = PACKET_MS * 1_000_000


@dataclass(frozen=True)
class Stray:
    """Bytes of no footage, or a stamp that contradicts its picture's bytes."""

    kind: Kind
    slot: int
    at_ns: int


@dataclass(frozen=True)
class PictureSample:
    """A keyframe to be decoded: what is in it must be what its stamp says."""

    slot: int
    place: Place
    nals: tuple[bytes, ...]


@dataclass(frozen=True)
class SoundSample:
    """Consecutive Opus packets to be decoded; the first begins in the loop's cell `at`."""

    slot: int
    whose: Whose
    at: int
    packets: tuple[bytes, ...]


@dataclass
class Watch:
    """The sink of one receiver's lines."""

    book: Book
    video_runs: list[VideoRun] = field(default_factory=list)
    audio_runs: list[AudioRun] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    relay_ns: array[int] = field(default_factory=lambda: array("q"))
    skew_ns: array[int] = field(default_factory=lambda: array("q"))
    pictures: list[PictureSample] = field(default_factory=list)
    sounds: list[SoundSample] = field(default_factory=list)
    first_frame_ns: int | None = None
    first_frame: AccessUnit | None = None
    follows: int | None = None
    """Whose sound and pictures are followed one by one, by number."""
    heard: list[tuple[int, int]] = field(default_factory=list)
    """When each cell of its sound came (ns), and which one of the loop."""
    seen_ns: list[int] = field(default_factory=list)
    _video: dict[int, VideoRun] = field(default_factory=dict)
    _audio: dict[int, AudioRun] = field(default_factory=dict)
    _keyframes: int = 0
    _packets: dict[int, list[bytes]] = field(default_factory=dict)
    _sound_shown: dict[int, tuple[Whose, int]] = field(default_factory=dict)

    def video(self, slot: int, unit: AccessUnit, shown_ns: int | None) -> None:
        """A whole coded frame (receive_lines.Sink)."""
        stamp = next((found for nal in unit.nals if (found := sei.parse(nal)) is not None), None)
        if stamp is None and unit.headless:
            return  # packets before it are lost, and with them its stamp: nobody can say whose it was
        place = self.book.frame(unit.picture)
        if stamp is None or place is None or (stamp.lesson, stamp.participant, stamp.frame) != (*place.whose, place.at):
            self._stray("video", slot, unit.arrived_ns)
            return
        run = self._video_run(slot, place.whose, stamp, unit)
        run.received += 1
        run.last_serial = max(run.last_serial, stamp.serial)
        run.last_sent_ns, run.last_ns = stamp.sent_ns, unit.arrived_ns
        self.relay_ns.append(unit.arrived_ns - stamp.sent_ns)
        if place.whose.participant == self.follows:
            self.seen_ns.append(unit.arrived_ns)
        if unit.keyframe:
            self._sample_picture(slot, place, unit)
            self._compare(slot, place.whose, stamp.serial, shown_ns)

    def audio(self, slot: int, packet: bytes, at_ns: int, shown_ns: int | None) -> None:
        """An Opus packet (receive_lines.Sink)."""
        place = self.book.packet(packet)
        if place is None:
            self._stray("audio", slot, at_ns)
            return
        # Sound bears no time of its own; it takes as long as the pictures do.
        sent_ns = at_ns - (self.relay_ns[-1] if self.relay_ns else 0)
        run = self._audio.get(slot)
        if run is None or run.whose != place.whose or at_ns - run.last_ns > RUN_BREAKS_NS:
            goes_on, came = False, place.spoken()
            end = (place.at + place.cells) % CELLS
            run = AudioRun(slot, place.whose, at_ns, at_ns, sent_ns, end, place.cells, received=place.cells)
            self._audio[slot] = run
            self.audio_runs.append(run)
        else:
            came, goes_on = run.heard(place, at_ns, sent_ns)
        if place.whose.participant == self.follows:
            self.heard += [(at_ns, cell) for cell in came]
        if not goes_on:
            self._packets.pop(slot, None)
        self._sample_sound(slot, place, packet)
        if shown_ns is not None:
            self._sound_shown[slot] = (place.whose, shown_ns - place.at * _CELL_NS)

    def foreign(self, slot: int, kind: Kind) -> None:
        """A packet of a codec that nobody sends (receive_lines.Sink)."""
        self._stray(kind, slot, 0)

    def reseat(self, slots: Iterable[int]) -> None:
        """What comes next in these slots begins new runs: their seats changed, or the lines are a new peer's."""
        for slot in slots:
            self._video.pop(slot, None)
            self._audio.pop(slot, None)
            self._packets.pop(slot, None)
            self._sound_shown.pop(slot, None)

    def _video_run(self, slot: int, whose: Whose, stamp: sei.FrameStamp, unit: AccessUnit) -> VideoRun:
        run = self._video.get(slot)
        if run is None or run.whose != whose or unit.arrived_ns - run.last_ns > RUN_BREAKS_NS:
            run = VideoRun(slot, whose, stamp.serial, unit.arrived_ns, stamp.serial, starts_with_keyframe=unit.keyframe)
            self._video[slot] = run
            self.video_runs.append(run)
        if self.first_frame_ns is None and unit.keyframe:
            self.first_frame_ns, self.first_frame = unit.arrived_ns, unit
        return run

    def _stray(self, kind: Kind, slot: int, at_ns: int) -> None:
        if len(self.strays) < STRAYS_MAX:
            self.strays.append(Stray(kind, slot, at_ns))

    def _sample_picture(self, slot: int, place: Place, unit: AccessUnit) -> None:
        if self._keyframes % SAMPLE_KEYFRAMES == 0 and len(self.pictures) < SAMPLES_MAX:
            self.pictures.append(PictureSample(slot, place, unit.nals))
        self._keyframes += 1

    def _sample_sound(self, slot: int, place: Place, packet: bytes) -> None:
        window = self._packets.setdefault(slot, [])
        window.append(packet)
        if len(window) * place.cells == SAMPLE_CELLS and len(self.sounds) < SAMPLES_MAX:
            first = (place.at + place.cells - SAMPLE_CELLS) % CELLS
            self.sounds.append(SoundSample(slot, place.whose, first, tuple(window)))
        if len(window) * place.cells >= SAMPLE_EVERY_CELLS:
            window.clear()

    def _compare(self, slot: int, whose: Whose, serial: int, shown_ns: int | None) -> None:
        """Lip sync as a browser finds it: the sender reports' times of a picture and of the sound that belongs to it.

        Picture n is n / FPS s after the sender's beginning, cell k is k * 20 ms after a whole round of the loop.
        """
        sound = self._sound_shown.get(slot)
        if shown_ns is None or sound is None or sound[0] != whose:
            return
        off = (sound[1] - (shown_ns - serial * _FRAME_NS)) % _LOOP_NS
        self.skew_ns.append(off if off < _LOOP_NS // 2 else off - _LOOP_NS)
