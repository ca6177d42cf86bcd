"""Tickets of a county's devices as people look after them: what is broken where, and who took note of it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, RowMapping, Select, select, update

from server.store import schema
from server.store.database import Database
from server.store.rows import build

KEPT_IN_VIEW = 200


class Alert(Struct, frozen=True):
    """A ticket with the names of its room and of who took note of it (None: nobody did, or nobody known)."""

    id: str
    device_id: str
    device: str
    classroom_id: str
    room: str
    school_id: str
    school: str
    fault: str
    opened_ms: int
    closed_ms: int | None
    acknowledged_ms: int | None
    acknowledged_by: str | None


class Alerts:
    """Reads tickets, and notes who took note."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_now(self, county_id: str, school_id: str | None) -> list[Alert]:
        """Tickets that are not closed, oldest first. school_id: only of this school; None: of all."""
        ticket, device = schema.ticket, schema.device
        query = _alerts(county_id, school_id).where(ticket.c.closed_ms.is_(None), device.c.revoked_ms.is_(None))
        return await self._rows(query.order_by(ticket.c.opened_ms, ticket.c.id))

    async def closed(self, county_id: str, school_id: str | None, before_ms: int) -> list[Alert]:
        """The newest KEPT_IN_VIEW tickets closed before that moment, the last closed first."""
        ticket = schema.ticket
        query = _alerts(county_id, school_id).where(ticket.c.closed_ms < before_ms)
        return await self._rows(query.order_by(ticket.c.closed_ms.desc(), ticket.c.id).limit(KEPT_IN_VIEW))

    async def one(self, ticket_id: str, county_id: str, school_id: str | None) -> Alert | None:
        """The ticket, if it is of this county, and of this school where one is given."""
        found = await self._rows(_alerts(county_id, school_id).where(schema.ticket.c.id == ticket_id))
        return found[0] if found else None

    async def acknowledge(self, ticket_id: str, by: str | None, now_ms: int) -> None:
        """Somebody takes note of a ticket; None in `by` takes that back. The first one stays."""
        table = schema.ticket
        note = update(table).where(table.c.id == ticket_id)
        if by is None:
            note = note.values(acknowledged_ms=None, acknowledged_by=None)
        else:
            note = note.where(table.c.acknowledged_ms.is_(None)).values(acknowledged_ms=now_ms, acknowledged_by=by)
        await self._database.write(lambda c: c.execute(note))

    async def _rows(self, query: Select[Any]) -> list[Alert]:
        def work(connection: Connection) -> list[RowMapping]:
            return list(connection.execute(query).mappings())

        return [build(Alert, row) for row in await self._database.read(work)]


def _alerts(county_id: str, school_id: str | None) -> Select[Any]:
    ticket, device, room, school = schema.ticket, schema.device, schema.classroom, schema.school
    staff = schema.staff
    query: Select[Any] = (
        select(
            ticket.c.id,
            ticket.c.device_id,
            device.c.name.label("device"),
            device.c.classroom_id,
            room.c.name.label("room"),
            room.c.school_id,
            school.c.name.label("school"),
            ticket.c.fault,
            ticket.c.opened_ms,
            ticket.c.closed_ms,
            ticket.c.acknowledged_ms,
            staff.c.name.label("acknowledged_by"),
        )
        .select_from(
            ticket.join(device, device.c.id == ticket.c.device_id)
            .join(room, room.c.id == device.c.classroom_id)
            .join(school, school.c.id == room.c.school_id)
            .outerjoin(staff, staff.c.id == ticket.c.acknowledged_by)
        )
        .where(school.c.county_id == county_id)
    )
    return query if school_id is None else query.where(school.c.id == school_id)
