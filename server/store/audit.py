"""The audit log in the database: rows are appended and read, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, true

from server.audit.chain import GENESIS, Broken, Entry, Row, seal, verify
from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict

BLOCK = 2_000
"""Rows verified in one transaction: the store serves others in between."""
NAMED = 100
TRIES = 5
PEOPLE = 1_000
_HEAD = "audit.head"


class Verdict(Struct, frozen=True):
    """What verifying the whole log found: how many rows, the head to note elsewhere, the first hundred faults."""

    rows: int
    head: str
    broken: list[Broken]


class Wanted(Struct, frozen=True):
    """Which rows are asked for; what is empty or None is not asked. about: any of these. Moments are UTC ms."""

    who: str = ""
    about: tuple[str, ...] = ()
    what: str = ""
    outcome: str = ""
    from_ms: int | None = None
    to_ms: int | None = None


class AuditLog:
    """Appends and reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, entries: Sequence[Entry]) -> list[Row]:
        """Seals `entries` to the end of the log, on disk when this returns.

        Raises:
            StoreError: the log cannot be written; nothing was.
        """
        for attempt in range(1, TRIES + 1):
            try:
                return await self._database.write(lambda c: _append(c, entries), aside=True)
            except Conflict:  # another process appended at the same moment
                if attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    async def page(
        self, county_id: str | None = None, before: int | None = None, limit: int = 100, wanted: Wanted | None = None
    ) -> list[Row]:
        """At most `limit` rows with numbers below `before`, newest first, those `wanted`: of one county, or all."""
        table = schema.audit
        conditions = [_concerns(county_id), *_conditions(wanted or Wanted())]
        if before is not None:
            conditions.append(table.c.number < before)
        query = select(table).where(*conditions).order_by(table.c.number.desc()).limit(limit)
        return await self._database.read(lambda c: [_row(found) for found in c.execute(query).mappings()])

    async def people(self, county_id: str) -> list[str]:
        """Whoever of this county is in the log, the latest first, at most PEOPLE."""
        table = schema.audit
        query = select(table.c.who).where(table.c.who != "", _concerns(county_id)).group_by(table.c.who)
        query = query.order_by(func.max(table.c.number).desc()).limit(PEOPLE)
        return list(await self._database.read(lambda c: c.scalars(query).all()))

    async def verify(self) -> Verdict:
        """Reads the whole log and names what is not as it was written."""
        last: Row | None = None
        count, broken = 0, list[Broken]()
        while True:
            rows = await self._database.read(partial(_block, after=last.number if last else 0))
            if not rows:
                break
            broken += list(verify(rows, last))[: NAMED - len(broken)]
            count, last = count + len(rows), rows[-1]
        noted = await self._database.read(_noted_head)
        broken += _missing_tail(last, noted)[: NAMED - len(broken)]
        return Verdict(rows=count, head=head(last), broken=broken)


def head(row: Row | None) -> str:
    """A row as one word to write down: its number and hash; `0` for an empty log."""
    return f"{row.number}:{row.hash.hex()}" if row else "0"


def _concerns(county_id: str | None) -> ColumnElement[bool]:
    """A row is its doer's county's: a person's, or a room's. One of nobody known is everybody's: it names no county.

    The chain is one for the whole server, and so is verifying it: rows carry no county of their own.
    """
    table, staff, room, school = schema.audit, schema.staff, schema.classroom, schema.school
    if county_id is None:
        return true()
    people = select(staff.c.id).where(staff.c.county_id == county_id)
    rooms = select(room.c.id).select_from(room.join(school)).where(school.c.county_id == county_id)
    return or_(table.c.who == "", table.c.who.in_(people), table.c.who.in_(rooms))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = schema.audit
    found: list[ColumnElement[bool]] = []
    for column, value in ((table.c.who, wanted.who), (table.c.what, wanted.what), (table.c.outcome, wanted.outcome)):
        if value:
            found.append(column == value)
    if wanted.about:
        found.append(table.c.about.in_(wanted.about))
    if wanted.from_ms is not None:
        found.append(table.c.at_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(table.c.at_ms < wanted.to_ms)
    return found


def _append(connection: Connection, entries: Sequence[Entry]) -> list[Row]:
    table = schema.audit
    found = connection.execute(select(table).order_by(table.c.number.desc()).limit(1)).mappings().one_or_none()
    last = _row(found) if found else None
    rows: list[Row] = []
    for entry in entries:
        number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
        last = seal(number, entry, previous)
        rows.append(last)
    if rows:
        values = [
            structs.asdict(row.entry) | {"number": row.number, "previous": row.previous, "hash": row.hash}
            for row in rows
        ]
        connection.execute(insert(table), values)
        connection.execute(delete(schema.setting).where(schema.setting.c.key == _HEAD))
        connection.execute(insert(schema.setting), {"key": _HEAD, "value": head(last)})
    return rows


def _block(connection: Connection, after: int) -> list[Row]:
    table = schema.audit
    query = select(table).where(table.c.number > after).order_by(table.c.number).limit(BLOCK)
    return [_row(found) for found in connection.execute(query).mappings()]


def _noted_head(connection: Connection) -> str:
    return connection.scalar(select(schema.setting.c.value).where(schema.setting.c.key == _HEAD)) or "0"


def _missing_tail(last: Row | None, noted: str) -> list[Broken]:
    """Rows after `last` that the noted head says were written; the last row itself, where its hash is another."""
    number, _, digest = noted.partition(":")
    end = last.number if last else 0
    if int(number) > end:
        return [Broken(missing, "removed") for missing in range(end + 1, min(int(number), end + NAMED) + 1)]
    return [Broken(end, "resealed")] if last and int(number) == end and digest != last.hash.hex() else []


def _row(found: Mapping[Any, Any]) -> Row:
    entry = Entry(**{field: found[field] for field in Entry.__struct_fields__})
    return Row(number=found["number"], entry=entry, previous=bytes(found["previous"]), hash=bytes(found["hash"]))
