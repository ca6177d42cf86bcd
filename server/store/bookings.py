"""Who needs which room, teacher and class when: what clash checks are asked about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, select

from server.county.calendar import Calendar
from server.county.clashes import Booking, Clash, find_clashes, uses_of
from server.county.timetable import Bells, Change, Dated, Entry, date_lessons
from server.store import schema
from server.store.entry_rules import school_of_lead
from server.store.errors import Conflict
from server.store.mapping import fetch
from server.store.scope import in_county
from server.store.terms import find_bells, find_calendar

OPEN_STATES = ("planned", "live")


def dated_entries(
    connection: Connection,
    county_id: str,
    calendar: Calendar,
    entries: Sequence[Entry],
    changes: Mapping[tuple[str, date], Change],
) -> tuple[list[Dated], list[str]]:
    """Every lesson the entries mean, and the entries without one because no bell says when they are."""
    bells, schools = Bells(find_bells(connection, county_id)), school_of_lead(connection, entries)
    hours = [(entry, bells.of_entry(entry, schools.get(entry.lead_id))) for entry in entries]
    timed = [(entry, when) for entry, when in hours if when is not None]
    return list(date_lessons(calendar, timed, changes)), [entry.id for entry, when in hours if when is None]


def entry_clashes(
    connection: Connection,
    county_id: str,
    term_id: str,
    entries: Sequence[Entry],
    about: Iterable[Entry],
    now_ms: int,
) -> list[Clash]:
    """Clashes of `about` with the rest of the timetable and with lessons planned by hand, from now on."""
    calendar = find_calendar(connection, county_id, term_id)
    if calendar is None:
        raise Conflict("unknown_term", term_id)
    table, entry = schema.timetable_exception, schema.timetable_entry
    query = select(table).join(entry, entry.c.id == table.c.entry_id).where(entry.c.term_id == term_id)
    changes = {(change.entry_id, change.day): change for change in fetch(connection, Change, query)}
    dated, _ = dated_entries(connection, county_id, calendar, entries, changes)
    guests = _guests(connection, term_id)
    bookings = [
        _booking(lesson, guests.get((lesson.entry.id, lesson.day), ()))
        for lesson in dated
        if lesson.cancelled is None and lesson.end_ms > now_ms
    ]
    end_ms = calendar.day_ms(calendar.ends)[1]
    bookings += lesson_bookings(connection, county_id, now_ms, end_ms, by_hand=True)
    return find_clashes(bookings, frozenset(entry.id for entry in about))


def lesson_bookings(
    connection: Connection, county_id: str, from_ms: int, to_ms: int, *, by_hand: bool = False
) -> list[Booking]:
    """What lessons within the span need, planned or live; `by_hand`: only those not made from the timetable."""
    lesson, seat, present = schema.lesson, schema.lesson_classroom, schema.lesson_class
    chosen = select(lesson.c.id).where(
        in_county(lesson, county_id),
        lesson.c.state.in_(OPEN_STATES),
        lesson.c.planned_start_ms < to_ms,
        lesson.c.planned_end_ms > from_ms,
    )
    if by_hand:
        chosen = chosen.where(lesson.c.entry_id.is_(None))
    rooms: dict[str, list[str]] = {}
    for row in connection.execute(select(seat).where(seat.c.lesson_id.in_(chosen))):
        rooms.setdefault(row.lesson_id, []).append(row.classroom_id)
    classes: dict[str, list[str]] = {}
    for row in connection.execute(select(present).where(present.c.lesson_id.in_(chosen))):
        classes.setdefault(row.lesson_id, []).append(row.class_id)
    return [
        Booking(
            owner=row.id,
            start_ms=row.planned_start_ms,
            end_ms=row.planned_end_ms,
            uses=uses_of(row.lead_id, row.lead_room_id, rooms.get(row.id, ()), classes.get(row.id, ())),
        )
        for row in connection.execute(select(lesson).where(lesson.c.id.in_(chosen)))
    ]


def _guests(connection: Connection, term_id: str) -> dict[tuple[str, date], tuple[str, ...]]:
    """Rooms that were invited to lessons of the timetable, by entry and day: they move with it."""
    lesson, seat = schema.lesson, schema.lesson_classroom
    query = (
        select(lesson.c.entry_id, lesson.c.entry_day, seat.c.classroom_id)
        .join(seat, seat.c.lesson_id == lesson.c.id)
        .where(lesson.c.term_id == term_id, lesson.c.state.in_(OPEN_STATES), seat.c.joined_as == "invited")
    )
    found: dict[tuple[str, date], tuple[str, ...]] = {}
    for entry_id, day, room in connection.execute(query):
        if entry_id is not None:
            found[entry_id, day] = (*found.get((entry_id, day), ()), room)
    return found


def _booking(dated: Dated, guests: Sequence[str]) -> Booking:
    entry = dated.entry
    classes = (one.class_id for one in entry.classes)
    return Booking(
        owner=entry.id,
        start_ms=dated.start_ms,
        end_ms=dated.end_ms,
        uses=uses_of(entry.lead_id, entry.lead_room_id, (*entry.rooms, *guests), classes),
    )
