"""Devices in the database: which there are, their newest state, and a bounded history of each.

What devices report is kept in memory by `server.devices.desk` and comes here in batches, one transaction each.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select, update

from server.county.name_order import by_name
from server.store import schema
from server.store.database import Database
from server.store.device_history import CHANGES_KEPT, write_batch
from server.store.device_rows import Batch, Change, Device, RoomRow, Seat, State, Tested, Ticket
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.rows import build


class Devices:
    """The devices of the county."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, classroom_id: str, name: str, kind: str, by: str | None, now_ms: int, credential_id: str | None = None
    ) -> Device:
        """A new device of a classroom; without a key yet, or holding `credential_id`.

        Raises:
            Conflict: there is no such classroom.
        """
        row = {
            "id": new_id("device", now_ms),
            "classroom_id": classroom_id,
            "name": name,
            "kind": kind,
            "credential_id": credential_id,
            "paired_ms": now_ms,
            "paired_by": by,
            "revoked_ms": None,
        }
        await self._database.write(lambda c: c.execute(insert(schema.device), row))
        return build(Device, row)

    async def hold(self, device_id: str, credential_id: str | None) -> None:
        """The device holds this key from now on, in place of the one it had; the caller revokes that one."""
        await self._set(device_id, credential_id=credential_id)

    async def repair(self, device_id: str, classroom_id: str, kind: str, by: str, now_ms: int) -> None:
        """The device is paired anew, after re-imaging or as another machine in its place; its history stays."""
        await self._set(device_id, classroom_id=classroom_id, kind=kind, paired_by=by, paired_ms=now_ms)

    async def rename(self, device_id: str, name: str) -> None:
        """Gives the device a name."""
        await self._set(device_id, name=name)

    async def revoke(self, device_id: str, now_ms: int) -> None:
        """Ends the device: its tickets are closed with it. Its key is the caller's to revoke."""

        def work(connection: Connection) -> None:
            table, ticket = schema.device, schema.ticket
            connection.execute(update(table).where(table.c.id == device_id).values(revoked_ms=now_ms))
            open_now = (ticket.c.device_id == device_id) & ticket.c.closed_ms.is_(None)
            connection.execute(update(ticket).where(open_now).values(closed_ms=now_ms))

        await self._database.write(work)

    async def all(self) -> list[Device]:
        """Every device that was not revoked, oldest first."""
        table = schema.device
        query = select(table).where(table.c.revoked_ms.is_(None)).order_by(table.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(Device, row) for row in rows]

    async def states(self) -> list[State]:
        """The newest state of each device that was ever heard."""
        rows = await self._database.read(lambda c: c.execute(select(schema.device_state)).mappings().all())
        return [build(State, row) for row in rows]

    async def open_tickets(self) -> list[Ticket]:
        """Tickets that are not closed, of devices that are not revoked, oldest first."""
        table, device = schema.ticket, schema.device
        query = select(table).join(device, device.c.id == table.c.device_id)
        query = query.where(table.c.closed_ms.is_(None), device.c.revoked_ms.is_(None))
        query = query.order_by(table.c.opened_ms, table.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(Ticket, row) for row in rows]

    async def history(self, device_id: str) -> tuple[list[Change], list[Tested], list[Ticket]]:
        """What changed, what tests found, and all tickets of a device, each newest first."""

        def work(connection: Connection) -> tuple[list[Change], list[Tested], list[Ticket]]:
            change, test, ticket = schema.device_change, schema.device_test, schema.ticket
            changes = select(change).where(change.c.device_id == device_id).order_by(change.c.number.desc())
            tests = select(test).where(test.c.device_id == device_id).order_by(test.c.number.desc())
            tickets = select(ticket).where(ticket.c.device_id == device_id).order_by(ticket.c.opened_ms.desc())
            return (
                [build(Change, row) for row in connection.execute(changes).mappings()],
                [build(Tested, row) for row in connection.execute(tests).mappings()],
                [build(Ticket, row) for row in connection.execute(tickets.limit(CHANGES_KEPT)).mappings()],
            )

        return await self._database.read(work)

    async def rooms(self) -> list[RoomRow]:
        """Every classroom, by school."""
        room, school, county = schema.classroom, schema.school, schema.county
        query = (
            select(
                room.c.id,
                room.c.name,
                func.coalesce(room.c.code, "").label("code"),
                room.c.profile,
                school.c.id.label("school_id"),
                school.c.name.label("school"),
                county.c.id.label("county_id"),
                county.c.time_zone.label("zone"),
            )
            .select_from(
                room.join(school, school.c.id == room.c.school_id).join(county, county.c.id == school.c.county_id)
            )
            .where(room.c.closed_ms.is_(None))
            .order_by(school.c.id, room.c.id)
        )
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return by_name((build(RoomRow, row) for row in rows), lambda room: (room.school, room.name))

    async def lessons_between(self, county_id: str, from_ms: int, to_ms: int) -> list[str]:
        """The county's lessons that are live, or planned within the span and not mere practice, by time."""
        lesson, community = schema.lesson, schema.community
        within = (lesson.c.planned_start_ms < to_ms) & (lesson.c.planned_end_ms >= from_ms)
        query = (
            select(lesson.c.id)
            .join(community, community.c.id == lesson.c.community_id)
            .where(community.c.county_id == county_id, (lesson.c.state == "live") | within)
            .where(lesson.c.origin != "rehearsal")
            .order_by(lesson.c.planned_start_ms, lesson.c.id)
        )
        return list(await self._database.read(lambda c: c.scalars(query).all()))

    async def seats(self, from_ms: int, to_ms: int) -> list[Seat]:
        """The lessons of every room that are live, or planned within the span, earliest first."""
        lesson, seat = schema.lesson, schema.lesson_classroom
        planned = (lesson.c.state == "planned") & (lesson.c.planned_start_ms < to_ms)
        planned &= lesson.c.planned_end_ms >= from_ms
        query = (
            select(
                seat.c.classroom_id,
                lesson.c.id.label("lesson_id"),
                lesson.c.state,
                lesson.c.planned_start_ms.label("start_ms"),
                lesson.c.planned_end_ms.label("end_ms"),
            )
            .select_from(seat.join(lesson, seat.c.lesson_id == lesson.c.id))
            .where((lesson.c.state == "live") | planned)
            .order_by(lesson.c.planned_start_ms, lesson.c.id)
        )
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(Seat, row) for row in rows]

    async def write(self, batch: Batch) -> None:
        """Writes all of a batch, or nothing of it; history beyond its bounds goes."""
        await self._database.write(lambda c: write_batch(c, batch), aside=True)

    async def _set(self, device_id: str, **values: object) -> None:
        table = schema.device

        def work(connection: Connection) -> None:
            changed = connection.execute(update(table).where(table.c.id == device_id).values(**values))
            if changed.rowcount == 0:
                raise Conflict("no_such_device")

        await self._database.write(work)
