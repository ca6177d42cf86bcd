"""What the ids in the audit log are called: people, rooms, devices, schools, lessons and the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, select

from server.store import schema
from server.store.database import Database
from server.store.scope import in_county

_NAMED = {
    "staff": schema.staff,
    "school": schema.school,
    "class": schema.school_class,
    "community": schema.community,
    "term": schema.term,
    "subject": schema.subject,
}
SEPARATOR = " · "


class Called:
    """Names by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def names(self, county_id: str, identifiers: Iterable[str]) -> dict[str, str]:
        """What these are called, those of this county that have a name; who left and what was closed included."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for identifier in identifiers:
            prefix, dash, _ = identifier.partition("-")
            wanted[prefix if dash else ""].add(identifier)

        def work(connection: Connection) -> dict[str, str]:
            found: dict[str, str] = {}
            for prefix, chosen in wanted.items():
                query = _query(prefix, county_id, chosen)
                if query is not None:
                    for identifier, *parts in connection.execute(query):
                        found[identifier] = SEPARATOR.join(part for part in parts if part)
            return found

        return await self._database.read(work)

    async def devices_of(self, classroom_id: str) -> list[str]:
        """The ids of every device a room has or had."""
        device = schema.device
        query = select(device.c.id).where(device.c.classroom_id == classroom_id)
        return list(await self._database.read(lambda c: c.scalars(query).all()))


def _query(prefix: str, county_id: str, chosen: set[str]) -> Select[Any] | None:
    """Id and name, the school's first where there is one; None for what has no name. At most 1,000 ids."""
    ids = sorted(chosen)[:1000]
    room, school, device, lesson = schema.classroom, schema.school, schema.device, schema.lesson
    if prefix == "room":
        rooms = select(room.c.id, school.c.name, room.c.name).select_from(room.join(school))
        return rooms.where(room.c.id.in_(ids), school.c.county_id == county_id)
    if prefix == "device":
        joined = device.join(room, room.c.id == device.c.classroom_id).join(school)
        devices = select(device.c.id, school.c.name, room.c.name, device.c.name).select_from(joined)
        return devices.where(device.c.id.in_(ids), school.c.county_id == county_id)
    if prefix in ("", "lesson"):
        return select(lesson.c.id, lesson.c.title).where(lesson.c.id.in_(ids), in_county(lesson, county_id))
    table = _NAMED.get(prefix)
    if table is None:
        return None
    return select(table.c.id, table.c.name).where(table.c.id.in_(ids), in_county(table, county_id))
