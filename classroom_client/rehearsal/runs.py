"""Unbroken stretches of one participant's pictures or sound in one slot, as a receiver got them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from classroom_client.rehearsal.book import Place, Whose
from classroom_client.rehearsal.speech import CELLS

GAPS_MAX: Final = 1000
GAP_NS: Final = 100_000_000
"""Waits for sound beyond this are kept one by one; of shorter ones only the longest."""


@dataclass
class VideoRun:
    """Frames of one participant in one slot. Times in ns, monotonic."""

    slot: int
    whose: Whose
    first_serial: int
    first_ns: int
    last_serial: int
    last_sent_ns: int = 0
    last_ns: int = 0
    received: int = 0
    starts_with_keyframe: bool = False

    @property
    def lost(self) -> int:
        """Frames missing between the first and the last."""
        return self.last_serial - self.first_serial + 1 - self.received


@dataclass
class AudioRun:
    """Sound of one participant in one slot, counted in cells.

    gaps: waits over GAP_NS, from and until; longest_ns: of the rest.
    last_sent_ns: when the last packet left its sender, as far as the pictures around it tell; next_cell: the first that
    nothing came of yet; cells: of the last packet.
    """

    slot: int
    whose: Whose
    first_ns: int
    last_ns: int
    last_sent_ns: int
    next_cell: int
    cells: int
    received: int
    lost: int = 0
    longest_ns: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    _missing: set[int] = field(default_factory=set)
    """Cells of the last round that were passed over."""

    def heard(self, place: Place, at_ns: int, sent_ns: int) -> tuple[list[int], bool]:
        """Takes a packet: which of its cells are new, and whether it is the next one of the same encoding."""
        ahead = (place.at - self.next_cell + CELLS // 2) % CELLS - CELLS // 2
        goes_on = ahead == 0 and place.cells == self.cells
        cells = place.spoken()
        known = max(0, min(-ahead, place.cells))
        restored, new = self._missing.intersection(cells[:known]), cells[known:]
        skipped = [(self.next_cell + step) % CELLS for step in range(ahead)] if new else []
        self._missing = (self._missing | set(skipped)) - restored - set(new)
        self.lost += len(skipped) - len(restored)
        came = [*sorted(restored), *new]
        if came:
            self._came(len(came), at_ns, sent_ns)
        if new:
            self.next_cell, self.cells = (new[-1] + 1) % CELLS, place.cells
        return came, goes_on

    def _came(self, cells: int, at_ns: int, sent_ns: int) -> None:
        self.received += cells
        if at_ns - self.last_ns <= GAP_NS:
            self.longest_ns = max(self.longest_ns, at_ns - self.last_ns)
        elif len(self.gaps) < GAPS_MAX:
            self.gaps.append((self.last_ns, at_ns))
        self.last_ns, self.last_sent_ns = at_ns, sent_ns
