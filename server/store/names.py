"""What people call things: for messages that must name two lessons, or a room, teacher or class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Table, select

from server.county.clashes import Kind
from server.county.timetable import Entry
from server.store import schema
from server.store.database import Database
from server.store.scope import in_county

TABLES: Final[dict[Kind, Table]] = {
    "room": schema.classroom,
    "teacher": schema.staff,
    "class": schema.school_class,
}


class Named(Struct, frozen=True):
    """An entry of the timetable or a lesson, as people know it."""

    subject: str
    lead: str
    community: str


class Names:
    """Names by identifier."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_owners(self, county_id: str, owners: Iterable[str], unsaved: Sequence[Entry] = ()) -> dict[str, Named]:
        """Of entries and lessons; `unsaved` entries are named though the store does not have them yet."""
        wanted = list(owners)

        def work(connection: Connection) -> dict[str, Named]:
            saved = _lessons(connection, county_id, wanted) | _entries(connection, county_id, wanted)
            return saved | _unsaved(connection, county_id, unsaved)

        return await self._database.read(work)

    async def of_things(self, county_id: str, things: Iterable[tuple[Kind, str]]) -> dict[str, str]:
        """Of rooms, teachers and classes: the school's name, then their own."""
        wanted = list(things)

        def work(connection: Connection) -> dict[str, str]:
            names: dict[str, str] = {}
            for kind, table in TABLES.items():
                named = [identifier for known, identifier in wanted if known == kind]
                query = (
                    select(table.c.id, table.c.name, schema.school.c.name.label("school"))
                    .select_from(table.outerjoin(schema.school, schema.school.c.id == table.c.school_id))
                    .where(table.c.id.in_(named), in_county(table, county_id))
                )
                for row in connection.execute(query):
                    names[row.id] = " · ".join(part for part in (row.school, row.name) if part)
            return names

        return await self._database.read(work)


def _lessons(connection: Connection, county_id: str, wanted: list[str]) -> dict[str, Named]:
    lesson, staff, community = schema.lesson, schema.staff, schema.community
    query = (
        select(lesson.c.id, lesson.c.subject, staff.c.name.label("lead"), community.c.name.label("community"))
        .select_from(lesson.join(staff, staff.c.id == lesson.c.lead_id).join(community))
        .where(lesson.c.id.in_(wanted), in_county(lesson, county_id))
    )
    return {row.id: Named(row.subject, row.lead, row.community) for row in connection.execute(query)}


def _entries(connection: Connection, county_id: str, wanted: list[str]) -> dict[str, Named]:
    entry, staff, community, subject = schema.timetable_entry, schema.staff, schema.community, schema.subject
    query = (
        select(entry.c.id, subject.c.name.label("subject"), staff.c.name.label("lead"), community.c.name.label("of"))
        .select_from(entry.join(staff).join(community).join(subject))
        .where(entry.c.id.in_(wanted), in_county(entry, county_id))
    )
    return {row.id: Named(row.subject, row.lead, row.of) for row in connection.execute(query)}


def _unsaved(connection: Connection, county_id: str, entries: Sequence[Entry]) -> dict[str, Named]:
    def names(table: Table, identifiers: Iterable[str]) -> dict[str, str]:
        query = select(table.c.id, table.c.name).where(table.c.id.in_(list(identifiers)), in_county(table, county_id))
        return {row.id: row.name for row in connection.execute(query)}

    subjects = names(schema.subject, (entry.subject_id for entry in entries))
    leads = names(schema.staff, (entry.lead_id for entry in entries))
    communities = names(schema.community, (entry.community_id for entry in entries))
    return {
        entry.id: Named(
            subjects.get(entry.subject_id, ""), leads.get(entry.lead_id, ""), communities.get(entry.community_id, "")
        )
        for entry in entries
    }
