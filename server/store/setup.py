"""How far a county is set up: counts of everything a first lesson needs, asked at once."""

from __future__ import annotations

from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select

from server.store import schema
from server.store.database import Database
from server.store.rows import build
from server.store.scope import in_county
from server.store.unnamed import some_room_unnamed

WEEK_MS = 7 * 86_400_000


class Standing(Struct, frozen=True, kw_only=True):
    """How many there are of each, without those that are closed, have left or ended; `terms`: not over yet.

    unnamed: lessons of the next seven days that will not be recorded since no class is named for one of their rooms.
    """

    centres: int
    points: int
    rooms: int
    schools_without_room: int
    teachers: int
    classes: int
    subjects: int
    communities: int
    terms: int
    bells: int
    entries: int
    devices: int
    rehearsals: int
    unnamed: int


class Setup:
    """What stands already."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self, county_id: str, today: date, now_ms: int) -> Standing:
        """The counts of a county now, on its local day."""
        query = select(*(counted.label(name) for name, counted in _counts(county_id, today, now_ms).items()))
        return await self._database.read(lambda c: build(Standing, c.execute(query).mappings().one()))


def _counts(county_id: str, today: date, now_ms: int) -> dict[str, ScalarSelect[int]]:
    school, room, lesson = schema.school, schema.classroom, schema.lesson
    one, community, bell = schema.school_class, schema.community, schema.bell
    open_room = room.c.closed_ms.is_(None)
    roomless = school.c.id.not_in(select(room.c.school_id).where(open_room))
    return {
        "centres": _schools(county_id, school.c.kind == "centre"),
        "points": _schools(county_id, school.c.kind == "teaching_point"),
        "rooms": _count(select(room.c.id).where(in_county(room, county_id), open_room)),
        "schools_without_room": _schools(county_id, roomless),
        "teachers": _count(_teachers(county_id)),
        "classes": _count(select(one.c.id).where(in_county(one, county_id), one.c.closed_ms.is_(None))),
        "subjects": _count(select(schema.subject.c.id).where(in_county(schema.subject, county_id))),
        "communities": _count(
            select(community.c.id).where(in_county(community, county_id), community.c.ended_ms.is_(None))
        ),
        "terms": _count(select(schema.term.c.id).where(in_county(schema.term, county_id), schema.term.c.ends >= today)),
        "bells": _count(select(bell.c.period).where(bell.c.county_id == county_id)),
        "entries": _count(_entries(county_id)),
        "devices": _count(_devices(county_id)),
        "rehearsals": _count(select(lesson.c.id).where(in_county(lesson, county_id), lesson.c.origin == "rehearsal")),
        "unnamed": _count(_unnamed(county_id, now_ms)),
    }


def _count(rows: Select[tuple[str]]) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _schools(county_id: str, condition: ColumnElement[bool]) -> ScalarSelect[int]:
    school = schema.school
    return _count(select(school.c.id).where(in_county(school, county_id), school.c.closed_ms.is_(None), condition))


def _teachers(county_id: str) -> Select[tuple[str]]:
    """Who teaches lessons, by her first role or a further one."""
    staff, further = schema.staff, schema.staff_role
    by_further = staff.c.id.in_(select(further.c.staff_id).where(further.c.role == "lead"))
    teaches = or_(staff.c.role == "lead", by_further)
    return select(staff.c.id).where(in_county(staff, county_id), staff.c.left_ms.is_(None), teaches)


def _entries(county_id: str) -> Select[tuple[str]]:
    entry = schema.timetable_entry
    return select(entry.c.id).where(in_county(entry, county_id), entry.c.removed_ms.is_(None))


def _unnamed(county_id: str, now_ms: int) -> Select[tuple[str]]:
    lesson = schema.lesson
    soon = lesson.c.planned_start_ms.between(now_ms, now_ms + WEEK_MS) & (lesson.c.state == "planned")
    return select(lesson.c.id).where(soon, in_county(lesson, county_id), some_room_unnamed())


def _devices(county_id: str) -> Select[tuple[str]]:
    device, room = schema.device, schema.classroom
    mine = device.c.classroom_id.in_(select(room.c.id).where(in_county(room, county_id)))
    return select(device.c.id).where(device.c.revoked_ms.is_(None), mine)
