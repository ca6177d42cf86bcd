"""What a span of lessons comes to: how many in each state, and the two rates (formulas: docs/county.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct


class Counted(NamedTuple):
    """A lesson as the figures see it. `verdicts`: of the rooms it was planned for, None before it is judged."""

    state: str
    origin: str
    end_ms: int
    verdicts: tuple[str | None, ...] = ()


class Figures(Struct, frozen=True, kw_only=True):
    """Lessons of a span. Rates are shares of 1, None where nothing was due.

    states: how many of all lessons are in each state. due: timetable and planned lessons whose planned end has passed.
    commencement: VALID / (due - REASONABLE_MISSED). strict: VALID / due. listening: valid pairs of lesson and room
    / due pairs.
    """

    states: dict[str, int]
    due: int
    valid: int
    excused: int
    pairs_due: int
    pairs_valid: int
    commencement: float | None
    strict: float | None
    listening: float | None


def figures_of(lessons: Iterable[Counted], now_ms: int) -> Figures:
    """The figures of `lessons` at `now_ms`."""
    states: dict[str, int] = {}
    due: list[Counted] = []
    for lesson in lessons:
        states[lesson.state] = states.get(lesson.state, 0) + 1
        if lesson.origin in ("timetable", "planned", "demo") and lesson.end_ms <= now_ms:
            due.append(lesson)
    valid = sum(lesson.state == "VALID" for lesson in due)
    excused = sum(lesson.state == "REASONABLE_MISSED" for lesson in due)
    verdicts = [verdict for lesson in due for verdict in lesson.verdicts]
    listened = sum(verdict == "valid" for verdict in verdicts)
    return Figures(
        states=states,
        due=len(due),
        valid=valid,
        excused=excused,
        pairs_due=len(verdicts),
        pairs_valid=listened,
        commencement=_share(valid, len(due) - excused),
        strict=_share(valid, len(due)),
        listening=_share(listened, len(verdicts)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
