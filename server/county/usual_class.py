"""Which class usually sits in a room at an hour of the week, by what its timetable made. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

WEEK_MS: Final = 7 * 86_400_000


class Sitting(Struct, frozen=True):
    """A class in the room, from and to moments in UTC milliseconds."""

    class_id: str
    start_ms: int
    end_ms: int


def usual_at(sittings: Iterable[Sitting], start_ms: int, end_ms: int) -> str | None:
    """The class that sat there most often at that hour of the week, else at any; None where two did alike, or none."""
    all_of_them = list(sittings)
    at_that_hour = [one for one in all_of_them if _at_hour(one, start_ms, end_ms)]
    first = Counter(one.class_id for one in at_that_hour or all_of_them).most_common(2)
    if not first or (len(first) == 2 and first[0][1] == first[1][1]):
        return None
    return first[0][0]


def _at_hour(one: Sitting, start_ms: int, end_ms: int) -> bool:
    """Whether it would overlap the span if it were in the same week."""
    shift_ms = round((start_ms - one.start_ms) / WEEK_MS) * WEEK_MS
    return one.start_ms + shift_ms < end_ms and one.end_ms + shift_ms > start_ms
