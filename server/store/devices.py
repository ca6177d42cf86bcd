"""Devices in the database: which there are, their newest state, and a bounded history of each.

What devices report is kept in memory by `server.devices.desk` and comes here in batches, one transaction each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct
from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.rows import build

CHANGES_KEPT = 200
TESTS_KEPT = 60
"""The newest ones of each device; about a term of one test a school day."""


class Device(Struct, frozen=True):
    """A device of a room. It holds the key `credential_id`, or none: it was paired and has not come yet."""

    id: str
    classroom_id: str
    name: str
    kind: Literal["page", "appliance"]
    credential_id: str | None
    paired_ms: int
    paired_by: str | None
    revoked_ms: int | None


class State(Struct, frozen=True):
    """A device as it was last heard. `health` and `test_faults` are JSON."""

    device_id: str
    heard_ms: int
    health: str
    tested_ms: int | None
    test_faults: str


class Change(Struct, frozen=True):
    """Something about a device that was different from before. `what` is JSON."""

    device_id: str
    at_ms: int
    what: str


class Tested(Struct, frozen=True):
    """A self-test: its figures and the faults found, both JSON."""

    device_id: str
    at_ms: int
    figures: str
    faults: str


class Ticket(Struct, frozen=True):
    """A fault of a device, from when it was there until it was gone; who took note of it, and when."""

    id: str
    device_id: str
    fault: str
    opened_ms: int
    closed_ms: int | None
    acknowledged_ms: int | None = None
    acknowledged_by: str | None = None


class RoomRow(Struct, frozen=True):
    """A classroom with its school and county. `code` is what the county itself calls it, empty where it has none."""

    id: str
    name: str
    code: str
    profile: str
    school_id: str
    school: str
    county_id: str
    zone: str


class Seat(Struct, frozen=True):
    """A lesson as one of its rooms has to know it."""

    classroom_id: str
    lesson_id: str
    state: str
    start_ms: int
    end_ms: int


class Batch(Struct, frozen=True):
    """What is to be written together."""

    states: Sequence[State] = ()
    changes: Sequence[Change] = ()
    tests: Sequence[Tested] = ()
    opened: Sequence[Ticket] = ()
    closed: Sequence[tuple[str, int]] = ()
    """(ticket's id, when)."""


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
        return [build(RoomRow, row) for row in rows]

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

        def work(connection: Connection) -> None:
            _write_states(connection, batch.states)
            _append(connection, schema.device_change, batch.changes, CHANGES_KEPT)
            _append(connection, schema.device_test, batch.tests, TESTS_KEPT)
            if batch.opened:
                connection.execute(insert(schema.ticket), [_columns(one) for one in batch.opened])
            for ticket_id, at_ms in batch.closed:
                table = schema.ticket
                connection.execute(update(table).where(table.c.id == ticket_id).values(closed_ms=at_ms))

        await self._database.write(work)

    async def _set(self, device_id: str, **values: object) -> None:
        table = schema.device

        def work(connection: Connection) -> None:
            changed = connection.execute(update(table).where(table.c.id == device_id).values(**values))
            if changed.rowcount == 0:
                raise Conflict("no_such_device")

        await self._database.write(work)


def _write_states(connection: Connection, states: Sequence[State]) -> None:
    """Updates those that are there and inserts the others; the same statement for both databases."""
    if not states:
        return
    table = schema.device_state
    known = set(connection.scalars(select(table.c.device_id)))
    fresh = [_columns(state) for state in states if state.device_id not in known]
    if fresh:
        connection.execute(insert(table), fresh)
    changed = [_columns(state) for state in states if state.device_id in known]
    for row in changed:
        row["which"] = row.pop("device_id")
    if changed:
        connection.execute(update(table).where(table.c.device_id == bindparam("which")), changed)


def _append(connection: Connection, table: Table, rows: Sequence[Change | Tested], kept: int) -> None:
    """Appends rows with numbers of their own for each device, and drops its oldest beyond `kept`."""
    if not rows:
        return
    devices = {row.device_id for row in rows}
    newest = select(table.c.device_id, func.max(table.c.number)).where(table.c.device_id.in_(devices))
    last = {row[0]: row[1] for row in connection.execute(newest.group_by(table.c.device_id))}
    numbered = []
    for row in rows:
        last[row.device_id] = last.get(row.device_id, 0) + 1
        numbered.append({**_columns(row), "number": last[row.device_id]})
    connection.execute(insert(table), numbered)
    for device in devices:
        gone = (table.c.device_id == device) & (table.c.number <= last[device] - kept)
        connection.execute(delete(table).where(gone))


def _columns(value: Struct) -> dict[str, object]:
    return {field: getattr(value, field) for field in value.__struct_fields__}


def faulty(tickets: Iterable[Ticket]) -> dict[str, dict[str, str]]:
    """Open tickets as {device: {fault: ticket}}."""
    found: dict[str, dict[str, str]] = {}
    for ticket in tickets:
        found.setdefault(ticket.device_id, {})[ticket.fault] = ticket.id
    return found
