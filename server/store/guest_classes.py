"""Which classes could be the one in a room that was invited, and which of them usually is there at that hour."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, select

from server.county.usual_class import WEEK_MS, Sitting, usual_at
from server.store import schema
from server.store.covers import CoverClass, room_classes, usual_class
from server.store.database import Database
from server.store.mapping import fetch

AROUND_MS: Final = 5 * WEEK_MS
"""A term's rhythm: also that of classes that come every other week."""


class GuestClasses(Struct, frozen=True):
    """`usual`: the one to propose, among `classes`; None where nobody knows."""

    classes: list[CoverClass]
    usual: str | None


async def guest_classes(database: Database, lesson_id: str, classroom_id: str) -> GuestClasses:
    """For the room at the lesson's hour."""
    return await database.read(lambda c: _find(c, lesson_id, classroom_id))


def _find(connection: Connection, lesson_id: str, classroom_id: str) -> GuestClasses:
    classes = room_classes(connection, classroom_id)
    if len(classes) == 1:
        return GuestClasses(classes, classes[0].id)
    lesson = schema.lesson
    query = select(lesson.c.planned_start_ms, lesson.c.planned_end_ms).where(lesson.c.id == lesson_id)
    start_ms, end_ms = connection.execute(query).one()
    sittings = _sittings(connection, lesson_id, classroom_id, start_ms)
    known = {one.id for one in classes}
    usual = usual_at([one for one in sittings if one.class_id in known], start_ms, end_ms)
    return GuestClasses(classes, usual or usual_class(connection, classroom_id))


def _sittings(connection: Connection, lesson_id: str, classroom_id: str, around_ms: int) -> list[Sitting]:
    """Of the room's own timetable: no covers, and no invitations to others' lessons."""
    lesson, present = schema.lesson, schema.lesson_class
    query = (
        select(present.c.class_id, lesson.c.planned_start_ms.label("start_ms"), lesson.c.planned_end_ms.label("end_ms"))
        .join(lesson, lesson.c.id == present.c.lesson_id)
        .where(
            present.c.classroom_id == classroom_id,
            present.c.lesson_id != lesson_id,
            lesson.c.origin == "timetable",
            lesson.c.planned_start_ms.between(around_ms - AROUND_MS, around_ms + AROUND_MS),
        )
    )
    seat = schema.lesson_classroom
    guest = select(seat.c.lesson_id).where(seat.c.classroom_id == classroom_id, seat.c.joined_as != "planned")
    return fetch(connection, Sitting, query.where(lesson.c.id.not_in(guest)))
