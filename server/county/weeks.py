"""Which weeks of a term a lesson is given in, as people write it: `1-16`, `1,3,5`, `2-16 even`; empty is every week."""

from __future__ import annotations

import re
import unicodedata

MAX_WEEK = 60
_PART = re.compile(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?(?:\s*(odd|even))?")


class BadWeeks(ValueError):
    """The text names no weeks."""


def parse_weeks(text: str) -> frozenset[int] | None:
    """The weeks `text` names, full-width digits and commas included; None for every week.

    Raises:
        BadWeeks: it is not written so, or a number is not 1 to MAX_WEEK, or a range runs backwards.
    """
    plain = unicodedata.normalize("NFKC", text)
    if not plain.strip():
        return None
    weeks: set[int] = set()
    for part in plain.split(","):
        found = _PART.fullmatch(part.strip())
        if found is None:
            raise BadWeeks(text)
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= MAX_WEEK:
            raise BadWeeks(text)
        step = {"odd": (1,), "even": (0,)}.get(found[3], (0, 1))
        weeks |= {week for week in range(first, last + 1) if week % 2 in step}
    if not weeks:
        raise BadWeeks(text)
    return frozenset(weeks)


def format_weeks(weeks: frozenset[int] | None) -> str:
    """The one way the store writes `weeks`: ranges in rising order."""
    ranges: list[list[int]] = []
    for week in sorted(weeks or ()):
        if ranges and ranges[-1][1] == week - 1:
            ranges[-1][1] = week
        else:
            ranges.append([week, week])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
