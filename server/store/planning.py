"""Lessons that are not from the timetable: planned by hand, begun by their teacher on the spot, or rehearsed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, insert, select

from server.county.clashes import Booking, find_clashes, uses_of
from server.county.timetable import MAX_REMOTE_ROOMS, SeatedClass
from server.store import schema
from server.store.bookings import lesson_bookings
from server.store.database import Database
from server.store.errors import Clashing, Conflict
from server.store.ids import new_id
from server.store.mapping import insert_all
from server.store.rows import LessonOrigin
from server.store.scope import require
from signaling.messages import Mode


class Wish(Struct, frozen=True, kw_only=True):
    """A lesson somebody wants. `origin` timetable and demo are not for wishes."""

    community_id: str
    lead_id: str
    lead_room_id: str | None = None
    rooms: tuple[str, ...]
    classes: tuple[SeatedClass, ...] = ()
    title: str
    subject_id: str
    mode: Mode
    origin: LessonOrigin
    start_ms: int
    end_ms: int


class Planning:
    """Single lessons."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(self, county_id: str, wish: Wish, now_ms: int) -> str:
        """The new lesson's id.

        Raises:
            Clashing: somebody or something would be in two lessons at once; a rehearsal never clashes.
            Conflict: `no_classroom`, `too_many_classrooms`, `room_twice`, `class_not_in_a_room`, `ends_before_start`,
                `bad_origin`, `lead_outside_community`, `room_outside_community`, `class_of_other_school`, or
                `unknown_<table>`.
        """
        code = _fault_of(wish)
        if code is not None:
            raise Conflict(code)
        lesson_id = new_id("", now_ms)

        def work(connection: Connection) -> None:
            _check_references(connection, county_id, wish)
            if wish.origin != "rehearsal":
                _check_clashes(connection, county_id, lesson_id, wish)
            _write(connection, lesson_id, wish)

        await self._database.write(work)
        return lesson_id


def _fault_of(wish: Wish) -> str | None:
    if not wish.rooms:
        return "no_classroom"
    if len(wish.rooms) > MAX_REMOTE_ROOMS:
        return "too_many_classrooms"
    if len({*wish.rooms, wish.lead_room_id}) < len(wish.rooms) + 1:
        return "room_twice"
    if not {seated.classroom_id for seated in wish.classes} <= {*wish.rooms, wish.lead_room_id}:
        return "class_not_in_a_room"
    if wish.end_ms <= wish.start_ms:
        return "ends_before_start"
    return "bad_origin" if wish.origin in ("timetable", "demo") else None


def _check_references(connection: Connection, county_id: str, wish: Wish) -> None:
    rooms = [room for room in (*wish.rooms, wish.lead_room_id) if room is not None]
    require(connection, county_id, schema.community, [wish.community_id])
    require(connection, county_id, schema.staff, [wish.lead_id])
    require(connection, county_id, schema.classroom, rooms)
    require(connection, county_id, schema.subject, [wish.subject_id])
    require(connection, county_id, schema.school_class, [one.class_id for one in wish.classes])
    _check_schools(connection, wish, rooms)


def _check_schools(connection: Connection, wish: Wish, rooms: Sequence[str]) -> None:
    """As in the timetable (server.store.entry_rules): who teaches in a community sees its recordings, so that nobody
    plans herself into another one.
    """
    member, room, staff, one = schema.community_member, schema.classroom, schema.staff, schema.school_class
    query = select(member.c.school_id).where(member.c.community_id == wish.community_id, member.c.left_ms.is_(None))
    schools = set(connection.scalars(query))
    lead = connection.scalar(select(staff.c.school_id).where(staff.c.id == wish.lead_id))
    if lead is not None and lead not in schools:
        raise Conflict("lead_outside_community")
    of_room = {row.id: row.school_id for row in connection.execute(select(room).where(room.c.id.in_(rooms)))}
    if not schools.issuperset(of_room.values()):
        raise Conflict("room_outside_community")
    seated = {seat.class_id: of_room[seat.classroom_id] for seat in wish.classes}
    classes = connection.execute(select(one.c.id, one.c.school_id).where(one.c.id.in_(seated)))
    if any(row.school_id != seated[row.id] for row in classes):
        raise Conflict("class_of_other_school")


def _check_clashes(connection: Connection, county_id: str, lesson_id: str, wish: Wish) -> None:
    uses = uses_of(wish.lead_id, wish.lead_room_id, wish.rooms, (one.class_id for one in wish.classes))
    booking = Booking(owner=lesson_id, start_ms=wish.start_ms, end_ms=wish.end_ms, uses=uses)
    others = lesson_bookings(connection, county_id, wish.start_ms, wish.end_ms)
    clashes = find_clashes([booking, *others], frozenset([lesson_id]))
    if clashes:
        raise Clashing(clashes)


def _write(connection: Connection, lesson_id: str, wish: Wish) -> None:
    subject = schema.subject
    name = connection.scalar(select(subject.c.name).where(subject.c.id == wish.subject_id))
    row = {
        "id": lesson_id,
        "community_id": wish.community_id,
        "lead_id": wish.lead_id,
        "lead_room_id": wish.lead_room_id,
        "title": wish.title or name,
        "subject": name,
        "subject_id": wish.subject_id,
        "mode": wish.mode,
        "state": "planned",
        "origin": wish.origin,
        "planned_start_ms": wish.start_ms,
        "planned_end_ms": wish.end_ms,
    }
    connection.execute(insert(schema.lesson), row)
    seats = [
        {"lesson_id": lesson_id, "classroom_id": room, "position": position}
        for position, room in enumerate(wish.rooms, start=1)
    ]
    insert_all(connection, schema.lesson_classroom, seats)
    insert_all(connection, schema.lesson_class, _class_rows(connection, lesson_id, wish.classes))


def _class_rows(connection: Connection, lesson_id: str, classes: Sequence[SeatedClass]) -> list[dict[str, object]]:
    one = schema.school_class
    sizes = {row.id: row for row in connection.execute(select(one).where(one.c.id.in_([c.class_id for c in classes])))}
    return [
        {
            "lesson_id": lesson_id,
            "class_id": seated.class_id,
            "classroom_id": seated.classroom_id,
            "grade": sizes[seated.class_id].grade,
            "pupils": sizes[seated.class_id].pupils,
        }
        for seated in classes
    ]
