"""Prescribed periods against the timetable and what was held (R5): where a class comes short of a weak subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct


class Due(NamedTuple):
    """A class must have `per_week` periods of a subject."""

    class_id: str
    subject_id: str
    per_week: int


class Count(NamedTuple):
    """Lessons of one class and subject in a week: not given up or cancelled, and held so far (VALID)."""

    planned: int
    held: int


class Provided(Struct, frozen=True):
    """A class's week of one subject, in periods."""

    class_id: str
    subject_id: str
    prescribed: int
    planned: int
    held: int

    @property
    def gap(self) -> int:
        """How many prescribed periods the week will not have."""
        return max(0, self.prescribed - self.planned)


def provide(due: Iterable[Due], counts: Mapping[tuple[str, str], Count]) -> list[Provided]:
    """One line per class and subject, the largest gaps first, then as `due` has them."""
    lines = [
        Provided(one.class_id, one.subject_id, one.per_week, *counts.get((one.class_id, one.subject_id), Count(0, 0)))
        for one in due
        if one.per_week > 0
    ]
    return sorted(lines, key=lambda line: -line.gap)
