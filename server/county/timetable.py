"""The weekly timetable and the dated lessons it means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from server.county.calendar import MINUTES_OF_DAY, Calendar
from server.county.weeks import BadWeeks, parse_weeks
from signaling.messages import Mode

MAX_REMOTE_ROOMS = 3


class SeatedClass(Struct, frozen=True, order=True):
    """A class that takes part, and the room it sits in."""

    class_id: str
    classroom_id: str


class Entry(Struct, frozen=True, kw_only=True):
    """A weekly lesson. Its time is `period` of its lead's school, or `starts_min` to `ends_min` local.

    weekday: 1 is Monday. weeks: as `server.county.weeks` reads them. rooms: the remote rooms, in the order of their
    seats. title: what new lessons are called; empty for the subject's name.
    """

    id: str
    term_id: str
    community_id: str
    weekday: int
    period: int | None = None
    starts_min: int | None = None
    ends_min: int | None = None
    weeks: str = ""
    subject_id: str
    title: str = ""
    lead_id: str
    lead_room_id: str | None = None
    mode: Mode
    rooms: tuple[str, ...]
    classes: tuple[SeatedClass, ...] = ()


class Change(Struct, frozen=True, kw_only=True):
    """One day's lesson of an entry is cancelled for a `reason`, or changed: another day, time or teacher."""

    entry_id: str
    day: date
    kind: Literal["cancelled", "changed"]
    reason: str = ""
    to_day: date | None = None
    starts_min: int | None = None
    ends_min: int | None = None
    lead_id: str | None = None


class Hours(NamedTuple):
    """When a lesson is, in minutes since local midnight."""

    starts_min: int
    ends_min: int


class Bell(Struct, frozen=True, kw_only=True):
    """When period `period` is in a school, or for `school_id` None in every school without bells of its own."""

    school_id: str | None
    period: int
    starts_min: int
    ends_min: int


class Bells:
    """The hours of the periods. A school with one bell of its own has only its own."""

    def __init__(self, bells: Iterable[Bell]) -> None:
        self._hours: dict[str | None, dict[int, Hours]] = defaultdict(dict)
        for bell in bells:
            self._hours[bell.school_id][bell.period] = Hours(bell.starts_min, bell.ends_min)

    def hours(self, period: int, school_id: str | None) -> Hours | None:
        """When `period` is in the school; None where no bell says."""
        own = self._hours.get(school_id) or self._hours.get(None, {})
        return own.get(period)

    def of_entry(self, entry: Entry, school_id: str | None) -> Hours | None:
        """When the entry is, its lead's school being `school_id`."""
        if entry.starts_min is not None and entry.ends_min is not None:
            return Hours(entry.starts_min, entry.ends_min)
        return None if entry.period is None else self.hours(entry.period, school_id)


class Dated(Struct, frozen=True, kw_only=True):
    """A lesson an entry means on `day` (the key, with the entry, whatever else changes). Moments are UTC milliseconds.

    `cancelled` is the reason of a lesson that will not be.
    """

    entry: Entry
    day: date
    start_ms: int
    end_ms: int
    cancelled: str | None = None

    @property
    def key(self) -> tuple[str, date]:
        """What stays the same from one making of the lessons to the next."""
        return self.entry.id, self.day


def date_lessons(
    calendar: Calendar,
    entries: Iterable[tuple[Entry, Hours]],
    changes: Mapping[tuple[str, date], Change],
) -> Iterator[Dated]:
    """Every lesson of `entries` in the term, by entry and day."""
    by_weekday: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for day, followed in calendar.days():
        by_weekday[followed.isoweekday()].append((day, calendar.week_of(followed)))
    for entry, hours in entries:
        weeks = parse_weeks(entry.weeks)
        for day, week in by_weekday[entry.weekday]:
            if weeks is None or week in weeks:
                yield _dated(calendar, entry, hours, day, changes.get((entry.id, day)))


def _dated(calendar: Calendar, entry: Entry, hours: Hours, day: date, change: Change | None) -> Dated:
    if change is None:
        start_ms, end_ms = calendar.span_ms(day, *hours)
        return Dated(entry=entry, day=day, start_ms=start_ms, end_ms=end_ms)
    starts, ends = change.starts_min, change.ends_min
    then = hours if starts is None or ends is None else Hours(starts, ends)
    start_ms, end_ms = calendar.span_ms(change.to_day or day, *then)
    return Dated(
        entry=replace(entry, lead_id=change.lead_id or entry.lead_id),
        day=day,
        start_ms=start_ms,
        end_ms=end_ms,
        cancelled=change.reason if change.kind == "cancelled" else None,
    )


def fault_of(entry: Entry) -> str | None:
    """The code of what makes the entry impossible by itself, or None."""
    if not 1 <= entry.weekday <= 7:
        return "bad_weekday"
    time_fault = _fault_of_time(entry)
    if time_fault is not None:
        return time_fault
    if not entry.rooms:
        return "no_classroom"
    if len(entry.rooms) > MAX_REMOTE_ROOMS:
        return "too_many_classrooms"
    if len({*entry.rooms, entry.lead_room_id}) < len(entry.rooms) + 1:
        return "room_twice"
    return _fault_of_classes(entry)


def leaves_room_unnamed(entry: Entry) -> bool:
    """Whether pupils sit in a room of the entry and no class is named for it: its lessons are not recorded."""
    seated = {one.classroom_id for one in entry.classes}
    taught = (*entry.rooms, entry.lead_room_id) if entry.mode == "blended" else entry.rooms
    return not seated.issuperset(taught)


def _fault_of_time(entry: Entry) -> str | None:
    starts, ends = entry.starts_min, entry.ends_min
    if (entry.period is None) == (starts is None) or (starts is None) != (ends is None):
        return "period_or_time"
    if starts is not None and ends is not None and not 0 <= starts < ends <= MINUTES_OF_DAY:
        return "ends_before_start"
    try:
        parse_weeks(entry.weeks)
    except BadWeeks:
        return "bad_weeks"
    return None


def _fault_of_classes(entry: Entry) -> str | None:
    if len({seated.class_id for seated in entry.classes}) < len(entry.classes):
        return "class_twice"
    for seated in entry.classes:
        if seated.classroom_id not in (*entry.rooms, entry.lead_room_id):
            return "class_not_in_a_room"
        if entry.mode == "delivery" and seated.classroom_id == entry.lead_room_id:
            return "delivery_without_centre_class"
    return None
