"""Alarms in the database: opened and closed by `server.watch`, noted by people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from server.store import schema
from server.store.alarm_rows import Alarm, NearLesson
from server.store.alerts import KEPT_IN_VIEW
from server.store.database import Database
from server.store.ids import new_id
from server.store.mapping import fetch, pieces, row_of

FORGOTTEN_MS = 200 * 86_400_000
"""Closed alarms are kept for a term."""


class OpenAlarm(Struct, frozen=True):
    """An alarm as it is kept, with the name of who took note of it."""

    id: str
    county_id: str
    kind: str
    about: str
    school_id: str | None
    classroom_id: str | None
    told: str
    opened_ms: int
    closed_ms: int | None
    acknowledged_ms: int | None
    school: str | None
    acknowledged_name: str | None

    def alarm(self) -> Alarm:
        """What went wrong."""
        return Alarm(self.kind, self.county_id, self.about, self.school_id, self.classroom_id, self.told)


class Alarms:
    """Keeps alarms, and reads what they are made of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_now(self, county_id: str | None = None, school_id: str | None = None) -> list[OpenAlarm]:
        """Alarms that are not closed, oldest first: of every county, one, or one of its schools."""
        return await self._rows(_within(county_id, school_id) & schema.alarm.c.closed_ms.is_(None))

    async def closed(self, county_id: str, school_id: str | None) -> list[OpenAlarm]:
        """The newest KEPT_IN_VIEW closed ones, the last closed first."""
        table = schema.alarm
        return await self._rows(_within(county_id, school_id) & table.c.closed_ms.is_not(None), newest=True)

    async def one(self, alarm_id: str, county_id: str, school_id: str | None) -> OpenAlarm | None:
        """The alarm, if it is of this county, and of this school where one is given."""
        found = await self._rows(_within(county_id, school_id) & (schema.alarm.c.id == alarm_id))
        return found[0] if found else None

    async def acknowledge(self, alarm_id: str, by: str | None, now_ms: int) -> None:
        """Somebody takes note of it; None in `by` takes that back. The first one stays."""
        table = schema.alarm
        note = update(table).where(table.c.id == alarm_id)
        if by is None:
            note = note.values(acknowledged_ms=None, acknowledged_by=None)
        else:
            note = note.where(table.c.acknowledged_ms.is_(None)).values(acknowledged_ms=now_ms, acknowledged_by=by)
        await self._database.write(lambda c: c.execute(note))

    async def turn(self, opened: Sequence[tuple[Alarm, int]], closed: Collection[str], now_ms: int) -> None:
        """Opens alarms (each with since when it is so) and closes those with these ids, in one transaction."""
        table = schema.alarm
        rows = [row_of(one) | {"id": new_id("alarm", now_ms), "opened_ms": since_ms} for one, since_ms in opened]

        def work(connection: Connection) -> None:
            if rows:
                connection.execute(insert(table), rows)
            for some in pieces(closed):
                connection.execute(update(table).where(table.c.id.in_(some)).values(closed_ms=now_ms))
            connection.execute(delete(table).where(table.c.closed_ms < now_ms - FORGOTTEN_MS))

        await self._database.write(work)

    async def near(self, from_ms: int, to_ms: int) -> list[NearLesson]:
        """Lessons that are live, or planned and begin within the span, of every county; rehearsals are left out."""
        return await self._database.read(lambda c: _near(c, from_ms, to_ms))

    async def counties(self) -> list[str]:
        """Every county of this server."""
        return list(await self._database.read(lambda c: c.scalars(select(schema.county.c.id)).all()))

    async def _rows(self, condition: ColumnElement[bool], *, newest: bool = False) -> list[OpenAlarm]:
        table, school, staff = schema.alarm, schema.school, schema.staff
        query = (
            select(table, school.c.name.label("school"), staff.c.name.label("acknowledged_name"))
            .select_from(
                table.outerjoin(school, school.c.id == table.c.school_id).outerjoin(
                    staff, staff.c.id == table.c.acknowledged_by
                )
            )
            .where(condition)
        )
        if newest:
            query = query.order_by(table.c.closed_ms.desc(), table.c.id).limit(KEPT_IN_VIEW)
        else:
            query = query.order_by(table.c.opened_ms, table.c.id)
        return await self._database.read(lambda c: fetch(c, OpenAlarm, query))


def _within(county_id: str | None, school_id: str | None) -> ColumnElement[bool]:
    """What is the server's own concerns a whole county, no single school."""
    table = schema.alarm
    condition = table.c.id.is_not(None) if county_id is None else table.c.county_id == county_id
    return condition if school_id is None else condition & (table.c.school_id == school_id)


def _near(connection: Connection, from_ms: int, to_ms: int) -> list[NearLesson]:
    lesson, community, staff, seat = schema.lesson, schema.community, schema.staff, schema.lesson_classroom
    room, school = schema.classroom, schema.school
    begins = lesson.c.planned_start_ms.between(from_ms, to_ms) & (lesson.c.state == "planned")
    chosen = (begins | (lesson.c.state == "live")) & (lesson.c.origin != "rehearsal")
    seats = (
        select(seat.c.lesson_id, room.c.id, room.c.school_id, room.c.name, school.c.name)
        .select_from(seat.join(lesson, lesson.c.id == seat.c.lesson_id).join(room).join(school))
        .where(chosen)
        .order_by(seat.c.lesson_id, seat.c.position)
    )
    rooms: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for lesson_id, room_id, school_id, name, of in connection.execute(seats).all():
        rooms[lesson_id].append((room_id, school_id, f"{of} · {name}"))
    query = (
        select(
            lesson.c.id, community.c.county_id, staff.c.school_id, lesson.c.subject, lesson.c.title, lesson.c.state,
            lesson.c.planned_start_ms, lesson.c.planned_end_ms,
        )
        .select_from(
            lesson.join(community, community.c.id == lesson.c.community_id).join(staff, staff.c.id == lesson.c.lead_id)
        )
        .where(chosen)
        .order_by(lesson.c.planned_start_ms, lesson.c.id)
    )  # fmt: skip
    return [
        NearLesson(
            lesson_id, county_id, school_id, f"{subject} · {title}", state, start_ms, end_ms, tuple(rooms[lesson_id])
        )
        for lesson_id, county_id, school_id, subject, title, state, start_ms, end_ms in connection.execute(query).all()
    ]
