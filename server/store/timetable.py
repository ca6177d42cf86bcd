"""The weekly timetable: entries, and the days on which one of them is different."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from server.county.clashes import Clash
from server.county.timetable import Change, Entry, SeatedClass
from server.store import schema
from server.store.bookings import entry_clashes
from server.store.database import Database
from server.store.entry_rules import check_entries, check_lead
from server.store.errors import Clashing, Conflict
from server.store.making import Made, make_lessons
from server.store.mapping import fetch, insert_all, pieces, row_of, update_all
from server.store.scope import in_county, require
from server.store.terms import find_calendar


class Timetable:
    """The weekly timetable of every term, and the lessons made from it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entries(self, county_id: str, term_id: str) -> list[Entry]:
        """The term's entries, by weekday; those removed are left out."""

        def work(connection: Connection) -> list[Entry]:
            require(connection, county_id, schema.term, [term_id])
            return find_entries(connection, term_id)

        return await self._database.read(work)

    async def get(self, county_id: str, entry_id: str, *, removed: bool = False) -> Entry | None:
        """One entry of this county; with `removed`, also one that was taken out."""

        def work(connection: Connection) -> Entry | None:
            term_id = find_term_of(connection, county_id, entry_id)
            entries = find_entries(connection, term_id, removed=removed) if term_id else []
            return next((entry for entry in entries if entry.id == entry_id), None)

        return await self._database.read(work)

    async def check(self, county_id: str, term_id: str, entries: Sequence[Entry], now_ms: int) -> list[Clash]:
        """What `save` would refuse for; writes nothing.

        Raises:
            Conflict: as `save`, but for clashes.
        """

        def work(connection: Connection) -> list[Clash]:
            check_entries(connection, county_id, term_id, entries)
            return entry_clashes(connection, county_id, term_id, _after(connection, term_id, entries), entries, now_ms)

        return await self._database.read(work)

    async def save(self, county_id: str, term_id: str, entries: Sequence[Entry], now_ms: int) -> None:
        """Writes entries, new or changed: all of them or none. Their lessons follow with `make`.

        Raises:
            Clashing: `timetable_clash`, with who and when, from now on.
            Conflict: a code of `server.county.timetable.fault_of` or `server.store.entry_rules`; `detail` names the
                entry.
        """

        def work(connection: Connection) -> None:
            check_entries(connection, county_id, term_id, entries)
            after = _after(connection, term_id, entries)
            clashes = entry_clashes(connection, county_id, term_id, after, entries, now_ms)
            if clashes:
                raise Clashing(clashes)
            write_entries(connection, entries)

        await self._database.write(work)

    async def remove(self, county_id: str, entry_ids: Iterable[str], now_ms: int) -> None:
        """Takes entries out of the timetable; lessons that were held keep pointing at them.

        Raises:
            Conflict: `unknown_timetable_entry`.
        """
        table, wanted = schema.timetable_entry, list(entry_ids)

        def work(connection: Connection) -> None:
            require(connection, county_id, table, wanted)
            for piece in pieces(wanted):
                connection.execute(update(table).where(table.c.id.in_(piece)).values(removed_ms=now_ms))

        await self._database.write(work)

    async def changes(self, county_id: str, term_id: str) -> list[Change]:
        """The days on which an entry of the term is cancelled or changed."""

        def work(connection: Connection) -> list[Change]:
            require(connection, county_id, schema.term, [term_id])
            return find_changes(connection, term_id)

        return await self._database.read(work)

    async def set_change(self, county_id: str, change: Change, now_ms: int) -> None:
        """Cancels or changes one day's lesson of an entry.

        Raises:
            Clashing: the changed day clashes.
            Conflict: `unknown_timetable_entry`, `unknown_staff`, `lead_outside_community`, `no_lesson_that_day`,
                `day_outside_term`, `reason_missing`, `ends_before_start`.
        """

        def work(connection: Connection) -> None:
            entry, term_id = _check_change(connection, county_id, change)
            table = schema.timetable_exception
            connection.execute(delete(table).where(table.c.entry_id == change.entry_id, table.c.day == change.day))
            connection.execute(insert(table), row_of(change))
            if change.kind == "changed":
                known = find_entries(connection, term_id)
                clashes = entry_clashes(connection, county_id, term_id, known, [entry], now_ms)
                if clashes:
                    raise Clashing(clashes)

        await self._database.write(work)

    async def drop_change(self, county_id: str, entry_id: str, day: date) -> None:
        """Lets the day be as the timetable says again.

        Raises:
            Conflict: `unknown_timetable_entry`.
        """
        table = schema.timetable_exception

        def work(connection: Connection) -> None:
            require(connection, county_id, schema.timetable_entry, [entry_id])
            connection.execute(delete(table).where(table.c.entry_id == entry_id, table.c.day == day))

        await self._database.write(work)

    async def make(self, county_id: str, term_id: str, now_ms: int, only: str | None = None) -> Made:
        """Makes, changes and withdraws lessons until what lies ahead is what the timetable says; `only` one entry's.

        Raises:
            Conflict: `unknown_term`.
        """

        def work(connection: Connection) -> Made:
            entries = [entry for entry in find_entries(connection, term_id) if only in (None, entry.id)]
            changes = {(change.entry_id, change.day): change for change in find_changes(connection, term_id)}
            return make_lessons(connection, county_id, term_id, entries, changes, now_ms, only)

        return await self._database.write(work)


def find_entries(connection: Connection, term_id: str, *, removed: bool = False) -> list[Entry]:
    """The term's entries by weekday, with those taken out if `removed`.

    For use inside a transaction of the store, like all below.
    """
    table, room, seated = schema.timetable_entry, schema.timetable_entry_room, schema.timetable_entry_class
    current = select(table.c.id).where(table.c.term_id == term_id)
    if not removed:
        current = current.where(table.c.removed_ms.is_(None))
    rooms: dict[str, list[str]] = {}
    for row in connection.execute(select(room).where(room.c.entry_id.in_(current)).order_by(room.c.position)):
        rooms.setdefault(row.entry_id, []).append(row.classroom_id)
    classes: dict[str, list[SeatedClass]] = {}
    for row in connection.execute(select(seated).where(seated.c.entry_id.in_(current)).order_by(seated.c.class_id)):
        classes.setdefault(row.entry_id, []).append(SeatedClass(row.class_id, row.classroom_id))
    query = select(table).where(table.c.id.in_(current)).order_by(table.c.weekday, table.c.id)
    return [
        _entry(row, tuple(rooms.get(row["id"], ())), tuple(classes.get(row["id"], ())))
        for row in connection.execute(query).mappings()
    ]


def find_changes(connection: Connection, term_id: str) -> list[Change]:
    """Every cancelled or changed day of the term's entries."""
    table, entry = schema.timetable_exception, schema.timetable_entry
    query = select(table).join(entry, entry.c.id == table.c.entry_id).where(entry.c.term_id == term_id)
    return fetch(connection, Change, query.order_by(table.c.day, table.c.entry_id))


def find_term_of(connection: Connection, county_id: str, entry_id: str) -> str | None:
    """The term an entry of this county belongs to."""
    table = schema.timetable_entry
    query = select(table.c.term_id).where(table.c.id == entry_id, in_county(table, county_id))
    found: str | None = connection.scalar(query)
    return found


def _entry(row: Any, rooms: tuple[str, ...], classes: tuple[SeatedClass, ...]) -> Entry:
    columns = {field: row[field] for field in Entry.__struct_fields__ if field not in ("rooms", "classes")}
    return Entry(**columns, rooms=rooms, classes=classes)


def _after(connection: Connection, term_id: str, entries: Sequence[Entry]) -> list[Entry]:
    """The timetable as it will be once `entries` are written."""
    new = {entry.id: entry for entry in entries}
    return [entry for entry in find_entries(connection, term_id) if entry.id not in new] + list(entries)


def write_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Entries as they are from now on, their rooms and classes replaced; nothing is checked."""
    table, room, seated = schema.timetable_entry, schema.timetable_entry_room, schema.timetable_entry_class
    known: set[str] = set()
    for piece in pieces([entry.id for entry in entries]):
        known |= set(connection.scalars(select(table.c.id).where(table.c.id.in_(piece))))
        connection.execute(delete(room).where(room.c.entry_id.in_(piece)))
        connection.execute(delete(seated).where(seated.c.entry_id.in_(piece)))
    rows = [_columns(entry) for entry in entries]
    insert_all(connection, table, [row for row in rows if row["id"] not in known])
    update_all(connection, table, [row for row in rows if row["id"] in known])
    insert_all(connection, room, [row for entry in entries for row in _room_rows(entry)])
    insert_all(
        connection, seated, [{"entry_id": entry.id, **row_of(one)} for entry in entries for one in entry.classes]
    )


def _columns(entry: Entry) -> dict[str, Any]:
    row = row_of(entry)
    return {name: row[name] for name in row if name not in ("rooms", "classes")} | {"removed_ms": None}


def _room_rows(entry: Entry) -> list[dict[str, Any]]:
    return [
        {"entry_id": entry.id, "classroom_id": room, "position": position}
        for position, room in enumerate(entry.rooms, start=1)
    ]


def _check_change(connection: Connection, county_id: str, change: Change) -> tuple[Entry, str]:
    """The entry whose day changes, and its term.

    Raises:
        Conflict: see `Timetable.set_change`.
    """
    term_id = find_term_of(connection, county_id, change.entry_id)
    entries = find_entries(connection, term_id) if term_id else []
    entry = next((entry for entry in entries if entry.id == change.entry_id), None)
    calendar = find_calendar(connection, county_id, term_id) if term_id else None
    if entry is None or term_id is None or calendar is None:
        raise Conflict("unknown_timetable_entry", change.entry_id)
    require(connection, county_id, schema.staff, [change.lead_id])
    if change.lead_id is not None:
        check_lead(connection, entry.community_id, change.lead_id, entry.id)
    followed = calendar.taught_as(change.day)
    if followed is None or followed.isoweekday() != entry.weekday:
        raise Conflict("no_lesson_that_day", change.day.isoformat())
    if change.to_day is not None and not calendar.begins <= change.to_day <= calendar.ends:
        raise Conflict("day_outside_term", change.to_day.isoformat())
    if change.kind == "cancelled" and not change.reason.strip():
        raise Conflict("reason_missing")
    starts, ends = change.starts_min, change.ends_min
    if (starts is None) != (ends is None) or (
        starts is not None and ends is not None and not 0 <= starts < ends <= 1440
    ):
        raise Conflict("ends_before_start")
    return entry, term_id
