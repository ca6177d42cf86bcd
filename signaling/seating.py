"""Slots of one receiver: whoever is seated keeps its slot until it leaves the screen (docs/protocol.md, rule P48)."""

from __future__ import annotations

from collections.abc import Sequence

from signaling.layout import Placed, What
from signaling.messages import SLOTS, ParticipantId, Seat

Key = tuple[ParticipantId, What]


class Seating:
    """Remembers who sits where; a returning one gets its old slot if it is free."""

    def __init__(self) -> None:
        self._slots: dict[Key, int] = {}
        self._former: dict[Key, int] = {}

    def seat(self, placed: Sequence[Placed]) -> list[Seat]:
        """Seats for `placed`, the most important first; beyond SLOTS there is no room."""
        seated = placed[:SLOTS]
        keys = [(each.of, each.what) for each in seated]
        for gone in [key for key in self._slots if key not in keys]:
            self._former[gone] = self._slots.pop(gone)
        for key in keys:
            if key not in self._slots:
                self._slots[key] = self._free_for(key)
        return [
            Seat(slot=self._slots[key], participant=each.of, video=each.video, audio=each.audio, place=each.place)
            for key, each in zip(keys, seated, strict=True)
        ]

    def _free_for(self, key: Key) -> int:
        taken = set(self._slots.values())
        former = self._former.pop(key, None)
        if former is not None and former not in taken:
            return former
        waited_for = set(self._former.values())
        free = [slot for slot in range(SLOTS) if slot not in taken]
        return next((slot for slot in free if slot not in waited_for), free[0])
