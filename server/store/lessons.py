"""Lessons: planned, live, ended; who is expected in them; who may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.lookups import named_or_another
from server.store.rows import CastMember, Lesson, LessonOrigin, LessonState, LessonWithCast, Subject, build
from server.store.visibility import lessons_within
from signaling.messages import Mode

MAX_CLASSROOMS = 3
OPEN_STATES: tuple[LessonState, ...] = ("planned", "REASONABLE_MISSED", "UNREASONABLE_MISSED")
"""What can still begin: a lesson given up, or even cancelled, is held when its teacher starts it after all."""


class Lessons:
    """The lessons of the county."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(
        self,
        *,
        community_id: str,
        lead_id: str,
        classrooms: Sequence[str],
        title: str,
        subject: str,
        mode: Mode,
        planned_start_ms: int,
        planned_end_ms: int,
        now_ms: int,
        origin: LessonOrigin = "planned",
    ) -> Lesson:
        """A new planned lesson with one to three remote classrooms, in the order of their seats, and no classes.

        Raises:
            Conflict: `too_many_classrooms`, `no_classroom`, `ends_before_start`, or something named does not exist.
        """
        if not classrooms:
            raise Conflict("no_classroom")
        if len(classrooms) > MAX_CLASSROOMS:
            raise Conflict("too_many_classrooms")
        if planned_end_ms <= planned_start_ms:
            raise Conflict("ends_before_start")
        lesson = Lesson(
            id=new_id("", now_ms),
            community_id=community_id,
            lead_id=lead_id,
            title=title,
            subject=subject,
            mode=mode,
            state="planned",
            planned_start_ms=planned_start_ms,
            planned_end_ms=planned_end_ms,
            started_ms=None,
            ended_ms=None,
        )
        await self._database.write(lambda c: _insert(c, lesson, origin, classrooms))
        return lesson

    async def get(self, lesson_id: str) -> LessonWithCast | None:
        """The lesson and its cast."""
        found = await self._select(schema.lesson.c.id == lesson_id)
        return found[0] if found else None

    async def find(self, lesson_id: str) -> LessonWithCast | None:
        """As `get`, for who may have no right to know of it: as long in coming where there is none."""
        found = await self._select(named_or_another(schema.lesson.c.id, lesson_id))
        return found[0] if found and found[0].lesson.id == lesson_id else None

    async def get_many(self, lesson_ids: Iterable[str]) -> dict[str, LessonWithCast]:
        """Those of `lesson_ids` that exist."""
        found = await self._select(schema.lesson.c.id.in_(list(lesson_ids)))
        return {entry.lesson.id: entry for entry in found}

    async def in_state(self, *states: LessonState) -> list[LessonWithCast]:
        """Lessons in one of `states`, earliest first: what a restarted server goes on with."""
        return await self._select(schema.lesson.c.state.in_(states))

    async def of_community(self, community_id: str) -> list[LessonWithCast]:
        """All lessons of a community, earliest first."""
        return await self._select(schema.lesson.c.community_id == community_id)

    async def cards(self, who: Subject, from_ms: int, to_ms: int) -> list[LessonWithCast]:
        """Lessons within `who`'s reach that are live or planned within the span."""
        table = schema.lesson
        within = and_(table.c.planned_start_ms < to_ms, table.c.planned_end_ms >= from_ms)
        return await self._select(and_(lessons_within(who, "lessons.read"), or_(table.c.state == "live", within)))

    async def visible_to(self, who: Subject, lesson_ids: Iterable[str]) -> set[str]:
        """Those of `lesson_ids` whose recording `who` may see."""
        within = lessons_within(who, "recordings.watch")
        query = select(schema.lesson.c.id).where(schema.lesson.c.id.in_(list(lesson_ids)), within)
        return set(await self._database.read(lambda c: c.scalars(query).all()))

    async def began(self, lesson_id: str, now_ms: int) -> None:
        """The class started, late or not; a second call changes nothing."""
        table = schema.lesson
        statement = (
            update(table)
            .where(table.c.id == lesson_id, table.c.state.in_(OPEN_STATES))
            .values(state="live", started_ms=now_ms, ended_ms=None, reason=None, finding=None, judged_ms=None)
        )
        await self._database.write(lambda c: c.execute(statement))

    async def ended(self, lesson_id: str, now_ms: int) -> None:
        """The class is over: UNJUDGED, or UNREASONABLE_MISSED when it never began. A second call changes nothing."""
        table = schema.lesson

        def work(connection: Connection) -> None:
            for before, after in (("live", "UNJUDGED"), ("planned", "UNREASONABLE_MISSED")):
                statement = update(table).where(table.c.id == lesson_id, table.c.state == before)
                connection.execute(statement.values(state=after, ended_ms=now_ms))

        await self._database.write(work)

    async def counted(self, lesson_id: str, classroom_id: str, present: int) -> None:
        """So many pupils sit in a room of the lesson; of two classes in one room nobody knows whose: not kept."""
        await self._database.write(lambda c: _count(c, lesson_id, classroom_id, present))

    async def _select(self, condition: ColumnElement[bool]) -> list[LessonWithCast]:
        return await self._database.read(lambda c: _with_cast(c, condition))


def _insert(connection: Connection, lesson: Lesson, origin: LessonOrigin, classrooms: Sequence[str]) -> None:
    row = {field: getattr(lesson, field) for field in lesson.__struct_fields__}
    connection.execute(insert(schema.lesson), {**row, "origin": origin})
    rows = [
        {"lesson_id": lesson.id, "classroom_id": room, "position": position}
        for position, room in enumerate(classrooms, start=1)
    ]
    connection.execute(insert(schema.lesson_classroom), rows)


def _count(connection: Connection, lesson_id: str, classroom_id: str, present: int) -> None:
    table = schema.lesson_class
    here = and_(table.c.lesson_id == lesson_id, table.c.classroom_id == classroom_id)
    if len(connection.scalars(select(table.c.class_id).where(here)).all()) == 1:
        connection.execute(update(table).where(here).values(present=present))


def _with_cast(connection: Connection, condition: ColumnElement[bool]) -> list[LessonWithCast]:
    query = select(schema.lesson).where(condition).order_by(schema.lesson.c.planned_start_ms, schema.lesson.c.id)
    lessons = [build(Lesson, row) for row in connection.execute(query).mappings()]
    cast = _cast(connection, [lesson.id for lesson in lessons])
    return [LessonWithCast(lesson=lesson, cast=tuple(cast[lesson.id])) for lesson in lessons]


def _cast(connection: Connection, lesson_ids: list[str]) -> dict[str, list[CastMember]]:
    """Who is expected in each lesson, the lead first, then the classrooms by seat."""
    cast: dict[str, list[CastMember]] = defaultdict(list)
    staff, school, seat, room = schema.staff, schema.school, schema.lesson_classroom, schema.classroom
    leads = (
        select(
            schema.lesson.c.id.label("lesson"), staff.c.id, staff.c.name, school.c.id.label("school_id"), school.c.name
        )
        .select_from(
            schema.lesson.join(staff, staff.c.id == schema.lesson.c.lead_id).outerjoin(
                school, school.c.id == staff.c.school_id
            )
        )
        .where(schema.lesson.c.id.in_(lesson_ids))
    )
    for lesson, member, name, school_id, school_name in connection.execute(leads):
        cast[lesson].append(CastMember(member, "lead", school_id or "", school_name or "", name))
    rooms = (
        select(seat.c.lesson_id, room.c.id, room.c.name, school.c.id, school.c.name, seat.c.joined_as)
        .select_from(seat.join(room).join(school))
        .where(seat.c.lesson_id.in_(lesson_ids))
        .order_by(seat.c.position)
    )
    for lesson, member, name, school_id, school_name, joined_as in connection.execute(rooms):
        cast[lesson].append(CastMember(member, "classroom", school_id, school_name, name, joined_as))
    return cast
