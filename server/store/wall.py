"""What the county wall reads: the lessons of a span with their rooms, and who belongs to which community."""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct
from sqlalchemy import Connection, func, select

from server.county.name_order import by_name
from server.store import schema
from server.store.database import Database
from server.store.rows import LessonState, build


class WallLesson(Struct, frozen=True):
    """A lesson with its rooms: `rooms` the remote ones, `lead_room_id` where its teacher is, if that is known."""

    id: str
    community_id: str
    title: str
    subject: str
    teacher: str
    school: str
    school_id: str | None
    lead_room_id: str | None
    rooms: tuple[str, ...]
    state: LessonState
    start_ms: int
    end_ms: int
    started_ms: int | None


class WallMember(Struct, frozen=True):
    """A school in a community now."""

    community_id: str
    community: str
    school_id: str


class WallReads:
    """Three queries in one transaction, however large the county is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, county_id: str, from_ms: int, to_ms: int) -> tuple[list[WallLesson], list[WallMember]]:
        """The county's lessons planned to begin within the span, or live, by time, rehearsals left out; and who is in
        which community now, by the community's name, its centre first.
        """
        return await self._database.read(
            lambda c: (_lessons(c, county_id, from_ms, to_ms), _members(c, county_id)),
        )


def _members(connection: Connection, county_id: str) -> list[WallMember]:
    community, member = schema.community, schema.community_member
    query = (
        select(community.c.id, community.c.name, member.c.school_id)
        .select_from(community.join(member, member.c.community_id == community.c.id))
        .where(community.c.county_id == county_id, community.c.ended_ms.is_(None), member.c.left_ms.is_(None))
        .order_by(community.c.id, member.c.position)
    )
    return by_name((WallMember(*row) for row in connection.execute(query)), lambda member: (member.community,))


def _lessons(connection: Connection, county_id: str, from_ms: int, to_ms: int) -> list[WallLesson]:
    lesson, community, staff, school = schema.lesson, schema.community, schema.staff, schema.school
    seat = schema.lesson_classroom
    planned = (lesson.c.planned_start_ms >= from_ms) & (lesson.c.planned_start_ms < to_ms)
    chosen = (
        (community.c.county_id == county_id) & (planned | (lesson.c.state == "live")) & (lesson.c.origin != "rehearsal")
    )
    joined = lesson.join(community, community.c.id == lesson.c.community_id)
    seats = (
        select(seat.c.lesson_id, seat.c.classroom_id)
        .select_from(joined.join(seat, seat.c.lesson_id == lesson.c.id))
        .where(chosen)
        .order_by(seat.c.lesson_id, seat.c.position)
    )
    rooms: dict[str, list[str]] = defaultdict(list)
    for lesson_id, classroom_id in connection.execute(seats):
        rooms[lesson_id].append(classroom_id)
    query = (
        select(
            lesson.c.id,
            lesson.c.community_id,
            lesson.c.title,
            lesson.c.subject,
            staff.c.name.label("teacher"),
            func.coalesce(school.c.name, "").label("school"),
            staff.c.school_id,
            lesson.c.lead_room_id,
            lesson.c.state,
            lesson.c.planned_start_ms.label("start_ms"),
            lesson.c.planned_end_ms.label("end_ms"),
            lesson.c.started_ms,
        )
        .select_from(
            joined.join(staff, staff.c.id == lesson.c.lead_id).outerjoin(school, school.c.id == staff.c.school_id)
        )
        .where(chosen)
        .order_by(lesson.c.planned_start_ms, lesson.c.id)
    )
    found = connection.execute(query).mappings()
    return [build(WallLesson, {**row, "rooms": tuple(rooms.get(row["id"], ()))}) for row in found]
