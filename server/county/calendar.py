"""A term's days and weeks, and the moments local times mean.

Days are dates and times are minutes since midnight, both in the county's zone. Week 1 is the week, from Monday, that
the first day of term lies in. A holiday has no lessons; a make-up day has those of the day it follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTES_OF_DAY = 24 * 60
MAX_TERM_DAYS = 400
"""Longer than any school year; a term that says more is a mistyped date."""


@dataclass(frozen=True)
class Calendar:
    """A term. `special` has None for a holiday, and for a make-up day the day whose timetable it follows."""

    begins: date
    ends: date
    zone: ZoneInfo
    special: Mapping[date, date | None] = field(default_factory=dict)

    def week_of(self, day: date) -> int:
        """The number of the week `day` lies in; 1 for the term's first, less before it."""
        return (_monday(day) - _monday(self.begins)).days // 7 + 1

    def weeks(self) -> range:
        """The numbers of the term's weeks."""
        return range(1, self.week_of(self.ends) + 1)

    def taught_as(self, day: date) -> date | None:
        """The day whose timetable `day` is taught by, itself as a rule; None where there is no school."""
        if not self.begins <= day <= self.ends:
            return None
        return self.special.get(day, day)

    def days(self) -> Iterator[tuple[date, date]]:
        """Every day with lessons, beside the day whose timetable it follows."""
        for ordinal in range(self.begins.toordinal(), self.ends.toordinal() + 1):
            day = date.fromordinal(ordinal)
            followed = self.taught_as(day)
            if followed is not None:
                yield day, followed

    def span_ms(self, day: date, starts_min: int, ends_min: int) -> tuple[int, int]:
        """The moments a lesson begins and ends, in UTC milliseconds.

        Its length is as planned whatever the clocks do: a start that a daylight change skips is later by the skipped
        hour, one that comes twice is the first (RFC 5545, section 3.3.5), and the end follows from the start.
        """
        start_ms = moment_ms(day, starts_min, self.zone)
        return start_ms, start_ms + (ends_min - starts_min) * 60_000

    def day_ms(self, day: date) -> tuple[int, int]:
        """The first moment of `day` and of the day after, in UTC milliseconds; 23 to 25 hours apart."""
        return moment_ms(day, 0, self.zone), moment_ms(day + timedelta(days=1), 0, self.zone)


def moment_ms(day: date, minute: int, zone: ZoneInfo) -> int:
    """UTC in milliseconds since 1970 of minute `minute` (0 to 1440) of a local day."""
    day, minute = day + timedelta(days=minute // MINUTES_OF_DAY), minute % MINUTES_OF_DAY
    return int(datetime.combine(day, time(minute // 60, minute % 60), zone).timestamp() * 1000)


def local_day(utc_ms: int, zone: ZoneInfo) -> date:
    """The local day that a moment lies in."""
    return datetime.fromtimestamp(utc_ms / 1000, zone).date()


def local_minute(utc_ms: int, zone: ZoneInfo) -> int:
    """Minutes from local midnight by the clock on the wall."""
    local = datetime.fromtimestamp(utc_ms / 1000, zone)
    return local.hour * 60 + local.minute


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
