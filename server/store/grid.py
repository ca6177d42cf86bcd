"""Lessons of a span of days as a grid shows them: all of the county's, or those of one room, teacher, class ..."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, or_, select

from server.county.provision import Count
from server.permissions import Action, reach
from server.store import schema
from server.store.database import Database
from server.store.known_grids import KnownGrids
from server.store.lookups import named_or_another
from server.store.rows import JoinedAs, LessonOrigin, LessonState, RoomVerdict, Subject
from server.store.scope import in_county
from server.store.visibility import lessons_within
from signaling.messages import Mode

GridOf = Literal["county", "room", "teacher", "class", "school", "community"]
GRIDS: Final[tuple[GridOf, ...]] = ("county", "room", "teacher", "class", "school", "community")

MISSED: Final[tuple[LessonState, ...]] = ("REASONABLE_MISSED", "UNREASONABLE_MISSED")
LONGEST_MS: Final = 2 * 86_400_000
"""Longer than any lesson: with it a span of days is one range of the index on planned starts."""


class GridRoom(Struct, frozen=True, gc=False):
    """A remote room in a lesson; `verdict` once the lesson is judged."""

    id: str
    name: str
    school: str
    joined_as: JoinedAs
    verdict: RoomVerdict | None


class GridClass(Struct, frozen=True, gc=False):
    """A class in a lesson, with its grade and size as they were."""

    id: str
    name: str
    grade: int
    pupils: int
    room_id: str


class GridLesson(Struct, frozen=True, kw_only=True):
    """A lesson with the names a grid shows. `entry_id` and `entry_day` say which entry of the timetable it is from."""

    id: str
    community_id: str
    start_ms: int
    end_ms: int
    started_ms: int | None
    ended_ms: int | None
    state: LessonState
    origin: LessonOrigin
    title: str
    subject: str
    subject_id: str | None
    mode: Mode
    reason: str | None
    entry_id: str | None
    entry_day: date | None
    lead_id: str
    lead: str
    lead_school: str
    lead_room_id: str | None
    rooms: list[GridRoom]
    classes: list[GridClass]


class Grids:
    """Week grids and day lists."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = KnownGrids[list[GridLesson]]()

    async def lessons(self, who: Subject, of: GridOf, identifier: str, from_ms: int, to_ms: int) -> list[GridLesson]:
        """Lessons planned within the span that `who` may see, earliest first; rehearsals are left out.

        identifier: whose grid; of no meaning for the county's. What comes may be shared: nobody changes it.
        """
        now_s, revision = asyncio.get_running_loop().time(), self._database.revision
        viewer = who.county_id if reach(who.roles, "timetable.read") == "county" else who
        key = (viewer, of, identifier, from_ms, to_ms)
        found = self._known.find(key, revision, now_s)
        if found is None:
            found = await self._lessons(who, of, identifier, from_ms, to_ms)
            self._known.remember(key, revision, found, now_s)
        return found

    async def _lessons(self, who: Subject, of: GridOf, identifier: str, from_ms: int, to_ms: int) -> list[GridLesson]:
        lesson = schema.lesson
        chosen = and_(
            lessons_within(who, "timetable.read"),
            lesson.c.planned_start_ms < to_ms,
            lesson.c.planned_start_ms > from_ms - LONGEST_MS,
            lesson.c.planned_end_ms > from_ms,
            lesson.c.origin != "rehearsal",
            _concerns(of, identifier),
        )
        return await self._database.read(lambda c: _grid(c, chosen))

    async def named(self, lesson_ids: Sequence[str]) -> list[GridLesson]:
        """These lessons, earliest first."""
        return await self._database.read(lambda c: _grid(c, schema.lesson.c.id.in_(list(lesson_ids))))

    async def held_by_class(self, county_id: str, from_ms: int, to_ms: int) -> dict[tuple[str, str], Count]:
        """By class and subject, lessons of the span that were not given up or cancelled, and those that were VALID."""
        lesson, present = schema.lesson, schema.lesson_class
        valid = func.sum(case((lesson.c.state == "VALID", 1), else_=0))
        query = (
            select(present.c.class_id, lesson.c.subject_id, func.count().label("planned"), valid.label("held"))
            .select_from(present.join(lesson, lesson.c.id == present.c.lesson_id))
            .where(lesson.c.planned_start_ms >= from_ms, lesson.c.planned_start_ms < to_ms)
            .where(lesson.c.origin != "rehearsal", lesson.c.state.not_in(MISSED), in_county(lesson, county_id))
            .group_by(present.c.class_id, lesson.c.subject_id)
        )
        rows = await self._database.read(lambda c: c.execute(query).all())
        return {(row.class_id, row.subject_id): Count(int(row.planned), int(row.held)) for row in rows}

    async def within(self, who: Subject, action: Action, lesson_id: str) -> bool:
        """Whether the lesson is one that `who` may do `action` with; as long in coming where there is none."""
        query = select(schema.lesson.c.id).where(
            named_or_another(schema.lesson.c.id, lesson_id), lessons_within(who, action)
        )
        return await self._database.read(lambda c: c.scalar(query)) == lesson_id


def _concerns(of: GridOf, identifier: str) -> ColumnElement[bool]:
    """Whether a lesson takes place in, with, or for whom the grid is."""
    lesson, seat, present = schema.lesson, schema.lesson_classroom, schema.lesson_class
    match of:
        case "county":
            return lesson.c.id.is_not(None)
        case "teacher":
            return lesson.c.lead_id == identifier
        case "community":
            return lesson.c.community_id == identifier
        case "room":
            seated = exists().where(seat.c.lesson_id == lesson.c.id, seat.c.classroom_id == identifier)
            return or_(lesson.c.lead_room_id == identifier, seated)
        case "class":
            return exists().where(present.c.lesson_id == lesson.c.id, present.c.class_id == identifier)
        case "school":
            rooms = select(schema.classroom.c.id).where(schema.classroom.c.school_id == identifier)
            staff = select(schema.staff.c.id).where(schema.staff.c.school_id == identifier)
            seated = exists().where(seat.c.lesson_id == lesson.c.id, seat.c.classroom_id.in_(rooms))
            return or_(lesson.c.lead_id.in_(staff), lesson.c.lead_room_id.in_(rooms), seated)


def _grid(connection: Connection, condition: ColumnElement[bool]) -> list[GridLesson]:
    """Rows are taken apart by their order, not by name: a county's week has two thousand of them."""
    lesson, staff, school = schema.lesson, schema.staff, schema.school
    columns = (
        lesson.c.id, lesson.c.community_id, lesson.c.planned_start_ms, lesson.c.planned_end_ms, lesson.c.started_ms,
        lesson.c.ended_ms, lesson.c.state, lesson.c.origin, lesson.c.title, lesson.c.subject, lesson.c.subject_id,
        lesson.c.mode, lesson.c.reason, lesson.c.entry_id, lesson.c.entry_day, lesson.c.lead_id,
        staff.c.name.label("lead"), func.coalesce(school.c.name, "").label("lead_school"), lesson.c.lead_room_id,
    )  # fmt: skip
    query = (
        select(*columns)
        .select_from(
            lesson.join(staff, staff.c.id == lesson.c.lead_id).outerjoin(school, school.c.id == staff.c.school_id)
        )
        .where(condition)
        .order_by(lesson.c.planned_start_ms, lesson.c.id)
    )
    found: Sequence[Any] = connection.execute(query).all()
    chosen = select(lesson.c.id).where(condition)
    rooms, classes = _rooms(connection, chosen), _classes(connection, chosen)
    return [_lesson(row, rooms.get(row[0], []), classes.get(row[0], [])) for row in found]


def _lesson(row: Sequence[Any], rooms: list[GridRoom], classes: list[GridClass]) -> GridLesson:
    (
        identifier, community_id, start_ms, end_ms, started_ms, ended_ms, state, origin, title, subject, subject_id,
        mode, reason, entry_id, entry_day, lead_id, lead, lead_school, lead_room_id,
    ) = row  # fmt: skip
    return GridLesson(
        id=identifier, community_id=community_id, start_ms=start_ms, end_ms=end_ms, started_ms=started_ms,
        ended_ms=ended_ms, state=state, origin=origin, title=title, subject=subject, subject_id=subject_id, mode=mode,
        reason=reason, entry_id=entry_id, entry_day=entry_day, lead_id=lead_id, lead=lead, lead_school=lead_school,
        lead_room_id=lead_room_id, rooms=rooms, classes=classes,
    )  # fmt: skip


def _rooms(connection: Connection, chosen: Select[tuple[str]]) -> dict[str, list[GridRoom]]:
    seat, room, school = schema.lesson_classroom, schema.classroom, schema.school
    query = (
        select(seat.c.lesson_id, seat.c.classroom_id, room.c.name, school.c.name, seat.c.joined_as, seat.c.verdict)
        .select_from(seat.join(room).join(school))
        .where(seat.c.lesson_id.in_(chosen))
        .order_by(seat.c.position)
    )
    rooms: dict[str, list[GridRoom]] = defaultdict(list)
    for lesson_id, *columns in connection.execute(query).all():
        rooms[lesson_id].append(GridRoom(*columns))
    return rooms


def _classes(connection: Connection, chosen: Select[tuple[str]]) -> dict[str, list[GridClass]]:
    present, one = schema.lesson_class, schema.school_class
    columns_told = (present.c.class_id, one.c.name, present.c.grade, present.c.pupils, present.c.classroom_id)
    query = (
        select(present.c.lesson_id, *columns_told)
        .select_from(present.join(one, one.c.id == present.c.class_id))
        .where(present.c.lesson_id.in_(chosen))
        .order_by(present.c.class_id)
    )
    classes: dict[str, list[GridClass]] = defaultdict(list)
    for lesson_id, *columns in connection.execute(query).all():
        classes[lesson_id].append(GridClass(*columns))
    return classes
