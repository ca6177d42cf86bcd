"""The book of all footage: which participant, and which place in its loop, received bytes belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from classroom_client.rehearsal.footage import Footage, digest
from classroom_client.rehearsal.speech import CELLS, LOW_CELLS


class Whose(NamedTuple):
    """A participant of the rehearsal, by its numbers: the lesson's, and its own in the lesson (0 is the lead)."""

    lesson: int
    participant: int


class Place(NamedTuple):
    """A frame or packet of the footage: whose, and where it stands in the loop, from 0.

    Of sound `at` is the first of the `cells` that it fills (see `speech`).
    """

    whose: Whose
    at: int
    cells: int = 1

    def spoken(self) -> list[int]:
        """Which cells of the loop."""
        return [(self.at + step) % CELLS for step in range(self.cells)]


class Book:
    """Digests of every frame and packet. Bytes that were changed on the way are not in it."""

    def __init__(self, footage: Iterable[tuple[Whose, Footage]]) -> None:
        self._frames: dict[bytes, Place] = {}
        self._packets: dict[bytes, Place] = {}
        for whose, loop in footage:
            for index, frame in enumerate(loop.frames):
                self._frames[digest(b"".join(frame.slices))] = Place(whose, index)
            for index, packet in enumerate(loop.packets):
                self._packets[digest(packet)] = Place(whose, index)
            for index, packet in enumerate(loop.low):
                self._packets[digest(packet)] = Place(whose, index * LOW_CELLS % CELLS, LOW_CELLS)

    def frame(self, slices: bytes) -> Place | None:
        """Where a frame's joined slices belong."""
        return self._frames.get(digest(slices))

    def packet(self, opus: bytes) -> Place | None:
        """Where an Opus packet belongs."""
        return self._packets.get(digest(opus))
