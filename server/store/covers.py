"""Cover: a class whose teacher is away sits in on a lesson of the day, with the consent of its lead."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from server.county.timetable import MAX_REMOTE_ROOMS
from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.lookups import named_or_another
from server.store.mapping import fetch, row_of
from server.store.rows import Subject
from server.store.scope import in_county, require
from server.store.visibility import lessons_within

CoverState = Literal["asked", "admitted", "refused", "withdrawn"]
Answer = Literal["admitted", "refused", "withdrawn"]


class CoverRequest(Struct, frozen=True):
    """A room that wants to sit in on a lesson, and the class in it if it was told."""

    id: str
    lesson_id: str
    classroom_id: str
    class_id: str | None
    state: CoverState
    asked_ms: int
    answered_ms: int | None


class AskedCover(Struct, frozen=True, kw_only=True):
    """An unanswered request with the names its lead decides by; `class_name` is empty where no class was told."""

    id: str
    lesson_id: str
    title: str
    start_ms: int
    school: str
    room: str
    class_name: str
    pupils: int
    asked_ms: int


class CoverClass(Struct, frozen=True):
    """A class that may be the one in the room."""

    id: str
    name: str
    grade: int
    pupils: int


class Covers:
    """Requests for cover and what came of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def choices(
        self, county_id: str, classroom_id: str, from_ms: int, to_ms: int, grade: int | None = None
    ) -> list[str]:
        """Lessons of the span that a room could join: planned or live, with a seat left, for a class of `grade`.

        Live ones come first, then the next ones; a lesson without any class told fits every grade.
        """
        return await self._database.read(lambda c: _choices(c, county_id, classroom_id, from_ms, to_ms, grade))

    async def classes(self, classroom_id: str) -> list[CoverClass]:
        """The classes that usually sit in the room; where none does, those of its school. By grade and name."""
        return await self._database.read(lambda c: room_classes(c, classroom_id))

    async def ask(
        self, county_id: str, lesson_id: str, classroom_id: str, class_id: str | None, now_ms: int
    ) -> CoverRequest:
        """A request its lead can answer; asking again while it is unanswered is the same request.

        Without `class_id` it is for the one class that usually sits in the room; of several, nobody knows which.

        Raises:
            Conflict: `unknown_lesson`, `unknown_classroom`, `unknown_school_class`, `lesson_over`, `lesson_full`,
                `already_there`, or `class_of_other_school`.
        """

        def work(connection: Connection) -> CoverRequest:
            require(connection, county_id, schema.lesson, [lesson_id])
            require(connection, county_id, schema.classroom, [classroom_id])
            require(connection, county_id, schema.school_class, [class_id])
            check_school(connection, classroom_id, class_id)
            _check_seat(connection, lesson_id, classroom_id)
            open_request = _open(connection, lesson_id, classroom_id)
            if open_request is not None:
                return open_request
            identifier = new_id("cover", now_ms)
            chosen = class_id or usual_class(connection, classroom_id)
            request = CoverRequest(identifier, lesson_id, classroom_id, chosen, "asked", now_ms, None)
            connection.execute(insert(schema.cover_request), row_of(request))
            return request

        return await self._database.write(work)

    async def answer(self, county_id: str, request_id: str, state: Answer, now_ms: int) -> CoverRequest:
        """Admits the room to the lesson's cast, refuses it, or takes the request back.

        Raises:
            Conflict: `unknown_cover_request`, `already_answered`, `lesson_over` or `lesson_full`.
        """

        def work(connection: Connection) -> CoverRequest:
            request = _find(connection, county_id, request_id)
            if request is None:
                raise Conflict("unknown_cover_request", request_id)
            if request.state != "asked":
                raise Conflict("already_answered", request.state)
            if state == "admitted":
                _check_seat(connection, request.lesson_id, request.classroom_id)
                _seat(connection, request)
            table = schema.cover_request
            statement = update(table).where(table.c.id == request_id).values(state=state, answered_ms=now_ms)
            connection.execute(statement)
            found = _find(connection, county_id, request_id)
            assert found is not None, "it was there a moment ago"
            return found

        return await self._database.write(work)

    async def get(self, county_id: str, request_id: str) -> CoverRequest | None:
        """One request of this county."""
        return await self._database.read(lambda c: _find(c, county_id, request_id))

    async def find(self, request_id: str) -> CoverRequest | None:
        """The request, for who may have no right to know of it; where there is none, another, which she puts away."""
        query = select(schema.cover_request).where(named_or_another(schema.cover_request.c.id, request_id))
        found = await self._database.read(lambda c: fetch(c, CoverRequest, query))
        return found[0] if found else None

    async def waiting(self, lesson_id: str) -> list[CoverRequest]:
        """Requests for the lesson that nobody answered, the oldest first."""
        table = schema.cover_request
        query = select(table).where(table.c.lesson_id == lesson_id, table.c.state == "asked")
        return await self._database.read(lambda c: fetch(c, CoverRequest, query.order_by(table.c.asked_ms)))

    async def asked_of(self, who: Subject) -> list[AskedCover]:
        """Unanswered requests for lessons in `who`'s hands that are not over, the oldest first."""
        lesson = schema.lesson
        hers = and_(lesson.c.state.in_(("planned", "live")), lessons_within(who, "lessons.change"))
        return await self._database.read(lambda c: _asked(c, hers))

    async def asked_in(self, lesson_id: str) -> list[AskedCover]:
        """Unanswered requests for one lesson, the oldest first."""
        return await self._database.read(lambda c: _asked(c, schema.lesson.c.id == lesson_id))


def _asked(connection: Connection, condition: ColumnElement[bool]) -> list[AskedCover]:
    table, lesson, room = schema.cover_request, schema.lesson, schema.classroom
    school, one = schema.school, schema.school_class
    query = (
        select(
            table.c.id, table.c.lesson_id, lesson.c.title, lesson.c.planned_start_ms.label("start_ms"),
            school.c.name.label("school"), room.c.name.label("room"), func.coalesce(one.c.name, "").label("class_name"),
            func.coalesce(one.c.pupils, 0).label("pupils"), table.c.asked_ms,
        )
        .select_from(
            table.join(lesson, lesson.c.id == table.c.lesson_id)
            .join(room, room.c.id == table.c.classroom_id)
            .join(school, school.c.id == room.c.school_id)
            .outerjoin(one, one.c.id == table.c.class_id)
        )
        .where(table.c.state == "asked", condition)
        .order_by(table.c.asked_ms, table.c.id)
    )  # fmt: skip
    return fetch(connection, AskedCover, query)


def _choices(
    connection: Connection, county_id: str, classroom_id: str, from_ms: int, to_ms: int, grade: int | None
) -> list[str]:
    lesson, seat, present = schema.lesson, schema.lesson_classroom, schema.lesson_class
    seats = select(func.count()).where(seat.c.lesson_id == lesson.c.id).scalar_subquery()
    mine = select(seat.c.lesson_id).where(seat.c.classroom_id == classroom_id)
    span = and_(lesson.c.planned_start_ms < to_ms, lesson.c.planned_end_ms > from_ms)
    query = (
        select(lesson.c.id)
        .where(in_county(lesson, county_id), lesson.c.origin != "rehearsal", seats < MAX_REMOTE_ROOMS)
        .where(or_(lesson.c.state == "live", and_(lesson.c.state == "planned", span)))
        .where(lesson.c.id.not_in(mine))
        .order_by(lesson.c.state != "live", lesson.c.planned_start_ms, lesson.c.id)
    )
    if grade is not None:
        of_grade = select(present.c.lesson_id).where(present.c.grade == grade)
        any_grade = lesson.c.id.not_in(select(present.c.lesson_id))
        query = query.where(or_(lesson.c.id.in_(of_grade), any_grade))
    return list(connection.scalars(query))


def _open(connection: Connection, lesson_id: str, classroom_id: str) -> CoverRequest | None:
    table = schema.cover_request
    query = select(table).where(
        table.c.lesson_id == lesson_id, table.c.classroom_id == classroom_id, table.c.state == "asked"
    )
    found = fetch(connection, CoverRequest, query)
    return found[0] if found else None


def _find(connection: Connection, county_id: str, request_id: str) -> CoverRequest | None:
    table, lesson = schema.cover_request, schema.lesson
    query = select(table).join(lesson).where(table.c.id == request_id, in_county(lesson, county_id))
    found = fetch(connection, CoverRequest, query)
    return found[0] if found else None


def room_classes(connection: Connection, classroom_id: str) -> list[CoverClass]:
    """Those that usually sit in the room; where none does, those of its school. Inside a transaction."""
    one, room = schema.school_class, schema.classroom
    query = select(one.c.id, one.c.name, one.c.grade, one.c.pupils).where(one.c.closed_ms.is_(None))
    query = query.order_by(one.c.grade, one.c.name, one.c.id)
    usual = fetch(connection, CoverClass, query.where(one.c.classroom_id == classroom_id))
    school = select(room.c.school_id).where(room.c.id == classroom_id).scalar_subquery()
    return usual or fetch(connection, CoverClass, query.where(one.c.school_id == school))


def usual_class(connection: Connection, classroom_id: str) -> str | None:
    """The one class that usually sits in the room; of several, or none, nobody knows. Inside a transaction."""
    one = schema.school_class
    query = select(one.c.id).where(one.c.classroom_id == classroom_id, one.c.closed_ms.is_(None))
    found = connection.scalars(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


def check_school(connection: Connection, classroom_id: str, class_id: str | None) -> None:
    """Raises: Conflict `class_of_other_school`, where the class is of another school than the room."""
    room, one = schema.classroom, schema.school_class
    school = connection.scalar(select(room.c.school_id).where(room.c.id == classroom_id))
    if class_id is not None and connection.scalar(select(one.c.school_id).where(one.c.id == class_id)) != school:
        raise Conflict("class_of_other_school", class_id)


def _check_seat(connection: Connection, lesson_id: str, classroom_id: str) -> None:
    lesson, seat = schema.lesson, schema.lesson_classroom
    state = connection.scalar(select(lesson.c.state).where(lesson.c.id == lesson_id))
    if state not in ("planned", "live"):
        raise Conflict("lesson_over", str(state))
    seated = list(connection.scalars(select(seat.c.classroom_id).where(seat.c.lesson_id == lesson_id)))
    if classroom_id in seated:
        raise Conflict("already_there", classroom_id)
    if len(seated) >= MAX_REMOTE_ROOMS:
        raise Conflict("lesson_full", lesson_id)


def _seat(connection: Connection, request: CoverRequest) -> None:
    """Gives the room the last seat, and counts its class in unless it is in the lesson already."""
    seat, present, one = schema.lesson_classroom, schema.lesson_class, schema.school_class
    last = connection.scalar(select(func.max(seat.c.position)).where(seat.c.lesson_id == request.lesson_id)) or 0
    place = {"lesson_id": request.lesson_id, "classroom_id": request.classroom_id}
    connection.execute(insert(seat), {**place, "position": last + 1, "joined_as": "cover"})
    size = connection.execute(select(one.c.grade, one.c.pupils).where(one.c.id == request.class_id)).one_or_none()
    known = select(present.c.class_id).where(
        present.c.lesson_id == request.lesson_id, present.c.class_id == request.class_id
    )
    if size is not None and connection.scalar(known) is None:
        row = {**place, "class_id": request.class_id, "grade": size.grade, "pupils": size.pupils}
        connection.execute(insert(present), row)
