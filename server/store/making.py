"""Writes the lessons that `server.county.making` decides on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, select, update

from server.county import making
from server.county.making import Plan, reconcile
from server.county.timetable import Change, Entry, SeatedClass
from server.store import schema
from server.store.bookings import dated_entries
from server.store.errors import Conflict
from server.store.guest_seats import make_way
from server.store.ids import new_id
from server.store.mapping import insert_all, pieces, update_all
from server.store.terms import find_calendar


class Made(Struct, frozen=True):
    """How many lessons were made, changed and withdrawn, and the entries that no bell gives a time."""

    made: int
    changed: int
    withdrawn: int
    without_bell: list[str]


def make_lessons(
    connection: Connection,
    county_id: str,
    term_id: str,
    entries: Sequence[Entry],
    changes: dict[tuple[str, date], Change],
    now_ms: int,
    only: str | None = None,
) -> Made:
    """Brings the term's lessons that lie ahead, or `only` those of one entry, to what `entries` mean.

    Raises:
        Conflict: `unknown_term`.
    """
    calendar = find_calendar(connection, county_id, term_id)
    if calendar is None:
        raise Conflict("unknown_term", term_id)
    wanted, without_bell = dated_entries(connection, county_id, calendar, entries, changes)
    to_do = reconcile(_made(connection, term_id, only), wanted, now_ms)
    names = _subject_names(connection, county_id)
    titles = {entry.id: entry.title for entry in entries}
    sizes = _sizes(connection, county_id)
    new = [(new_id("", now_ms), key, plan) for key, plan in to_do.make]
    insert_all(
        connection,
        schema.lesson,
        [_new_row(lesson_id, key, plan, names, titles[key[0]]) for lesson_id, key, plan in new],
    )
    _withdraw(connection, to_do.withdraw)
    _change(connection, to_do.change, names)
    make_way(connection, [(lesson_id, plan.rooms) for lesson_id, plan in to_do.change], now_ms)
    _seat(connection, [*((lesson_id, plan) for lesson_id, _, plan in new), *to_do.change], sizes)
    return Made(len(to_do.make), len(to_do.change), len(to_do.withdraw), without_bell)


def _made(connection: Connection, term_id: str, only: str | None) -> list[making.Made]:
    """Every lesson that was made for the term, or `only` for one entry, before."""
    lesson, seat, present = schema.lesson, schema.lesson_classroom, schema.lesson_class
    chosen = select(lesson.c.id).where(lesson.c.term_id == term_id, lesson.c.entry_id.is_not(None))
    if only is not None:
        chosen = chosen.where(lesson.c.entry_id == only)
    rooms: dict[str, list[str]] = {}
    planned = select(seat).where(seat.c.lesson_id.in_(chosen), seat.c.joined_as == "planned")
    for row in connection.execute(planned.order_by(seat.c.position)):
        rooms.setdefault(row.lesson_id, []).append(row.classroom_id)
    classes: dict[str, list[SeatedClass]] = {}
    for row in connection.execute(select(present).where(present.c.lesson_id.in_(chosen), ~_guesting())):
        classes.setdefault(row.lesson_id, []).append(SeatedClass(row.class_id, row.classroom_id))
    return [
        making.Made(
            lesson_id=row.id,
            key=(row.entry_id, row.entry_day),
            plan=_plan(row, tuple(rooms.get(row.id, ())), tuple(sorted(classes.get(row.id, ())))),
            open=row.state == "planned" or (row.state == "REASONABLE_MISSED" and row.judged_ms is None),
        )
        for row in connection.execute(select(lesson).where(lesson.c.id.in_(chosen)))
    ]


def _plan(row: Any, rooms: tuple[str, ...], classes: tuple[SeatedClass, ...]) -> Plan:
    return Plan(
        community_id=row.community_id,
        term_id=row.term_id,
        start_ms=row.planned_start_ms,
        end_ms=row.planned_end_ms,
        subject_id=row.subject_id,
        mode=row.mode,
        lead_id=row.lead_id,
        lead_room_id=row.lead_room_id,
        rooms=rooms,
        classes=classes,
        cancelled=row.reason if row.state == "REASONABLE_MISSED" else None,
    )


def _columns(plan: Plan, names: dict[str, str]) -> dict[str, Any]:
    return {
        "community_id": plan.community_id,
        "lead_id": plan.lead_id,
        "subject": names[plan.subject_id],
        "mode": plan.mode,
        "state": "planned" if plan.cancelled is None else "REASONABLE_MISSED",
        "planned_start_ms": plan.start_ms,
        "planned_end_ms": plan.end_ms,
        "subject_id": plan.subject_id,
        "lead_room_id": plan.lead_room_id,
        "reason": plan.cancelled,
    }


def _new_row(lesson_id: str, key: tuple[str, date], plan: Plan, names: dict[str, str], title: str) -> dict[str, Any]:
    return {
        **_columns(plan, names),
        "id": lesson_id,
        "title": title or names[plan.subject_id],
        "origin": "timetable",
        "term_id": plan.term_id,
        "entry_id": key[0],
        "entry_day": key[1],
    }


def _change(connection: Connection, changes: Sequence[tuple[str, Plan]], names: dict[str, str]) -> None:
    """Rewrites lessons; a title stays unless it was the old subject's name, for then nobody chose it."""
    if not changes:
        return
    table = schema.lesson
    untitled = update(table).where(table.c.id == bindparam("its_id"), table.c.title == table.c.subject)
    connection.execute(
        untitled, [{"its_id": lesson_id, "title": names[plan.subject_id]} for lesson_id, plan in changes]
    )
    update_all(connection, table, [{**_columns(plan, names), "id": lesson_id} for lesson_id, plan in changes])
    for piece in pieces([lesson_id for lesson_id, _ in changes]):
        seat, present = schema.lesson_classroom, schema.lesson_class
        connection.execute(delete(present).where(present.c.lesson_id.in_(piece), ~_guesting()))
        connection.execute(delete(seat).where(seat.c.lesson_id.in_(piece), seat.c.joined_as == "planned"))


def _guesting() -> ColumnElement[bool]:
    """Whether a class in a lesson sits in a room that is covered or invited: no doing of the timetable."""
    seat, present = schema.lesson_classroom, schema.lesson_class
    same = (seat.c.lesson_id == present.c.lesson_id) & (seat.c.classroom_id == present.c.classroom_id)
    return exists().where(same, seat.c.joined_as != "planned")


def _withdraw(connection: Connection, lesson_ids: Sequence[str]) -> None:
    for piece in pieces(lesson_ids):
        for table in (schema.lesson_classroom, schema.lesson_class, schema.cover_request, schema.invitation):
            connection.execute(delete(table).where(table.c.lesson_id.in_(piece)))
        connection.execute(delete(schema.lesson).where(schema.lesson.c.id.in_(piece)))


def _seat(connection: Connection, plans: Sequence[tuple[str, Plan]], sizes: dict[str, tuple[int, int]]) -> None:
    """Writes who is expected: the remote rooms by seat, and the classes with their grade and size of today."""
    rooms = [
        {"lesson_id": lesson_id, "classroom_id": room, "position": position}
        for lesson_id, plan in plans
        for position, room in enumerate(plan.rooms, start=1)
    ]
    insert_all(connection, schema.lesson_classroom, rooms)
    classes = [
        {
            "lesson_id": lesson_id,
            "class_id": one.class_id,
            "classroom_id": one.classroom_id,
            "grade": sizes[one.class_id][0],
            "pupils": sizes[one.class_id][1],
        }
        for lesson_id, plan in plans
        for one in plan.classes
    ]
    insert_all(connection, schema.lesson_class, classes)


def _subject_names(connection: Connection, county_id: str) -> dict[str, str]:
    table = schema.subject
    return {row.id: row.name for row in connection.execute(select(table).where(table.c.county_id == county_id))}


def _sizes(connection: Connection, county_id: str) -> dict[str, tuple[int, int]]:
    """Grade and pupils of every class."""
    table, school = schema.school_class, schema.school
    query = select(table).join(school).where(school.c.county_id == county_id)
    return {row.id: (row.grade, row.pupils) for row in connection.execute(query)}
