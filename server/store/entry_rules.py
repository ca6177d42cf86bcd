"""What an entry of the timetable must be, beyond itself: everything it names is of this county and fits together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Table, select

from server.county.timetable import Bells, Entry, fault_of
from server.store import schema
from server.store.errors import Conflict
from server.store.scope import NotThere, in_county, require
from server.store.terms import find_bells


def check_entries(connection: Connection, county_id: str, term_id: str, entries: Sequence[Entry]) -> None:
    """Raises for the first entry that cannot be; its id is in the error's text.

    Raises:
        Conflict: a code of `fault_of`; `unknown_<table>`; `other_term`; `lead_outside_community` or
            `room_outside_community`, whose school is not in the community; `class_of_other_school`, sitting in a room
            of another school; `no_bell`, no bell says when that period is.
    """
    for entry in entries:
        code = "other_term" if entry.term_id != term_id else fault_of(entry)
        if code is not None:
            raise Conflict(code, entry.id)
    _check_references(connection, county_id, term_id, entries)
    _check_known(connection, county_id, entries)
    _check_schools(connection, county_id, entries)


def check_lead(connection: Connection, community_id: str, lead_id: str, entry_id: str) -> None:
    """A teacher is of the community's schools, or of none: one of the county's own people. So is who stands in a day.

    Raises:
        Conflict: `lead_outside_community`.
    """
    school = connection.scalar(select(schema.staff.c.school_id).where(schema.staff.c.id == lead_id))
    if school is not None and school not in _members(connection).get(community_id, set()):
        raise Conflict("lead_outside_community", entry_id)


def school_of_lead(connection: Connection, entries: Iterable[Entry]) -> dict[str, str | None]:
    """By lead, the school whose bells ring for them."""
    leads = {entry.lead_id for entry in entries}
    query = select(schema.staff.c.id, schema.staff.c.school_id).where(schema.staff.c.id.in_(leads))
    return {row.id: row.school_id for row in connection.execute(query)}


def _check_references(connection: Connection, county_id: str, term_id: str, entries: Sequence[Entry]) -> None:
    named: tuple[tuple[Table, Iterable[str | None]], ...] = (
        (schema.term, [term_id]),
        (schema.community, (entry.community_id for entry in entries)),
        (schema.subject, (entry.subject_id for entry in entries)),
        (schema.staff, (entry.lead_id for entry in entries)),
        (schema.classroom, (room for entry in entries for room in (*entry.rooms, entry.lead_room_id))),
        (schema.school_class, (one.class_id for entry in entries for one in entry.classes)),
    )
    for table, identifiers in named:
        require(connection, county_id, table, identifiers)


def _check_known(connection: Connection, county_id: str, entries: Sequence[Entry]) -> None:
    """An identifier that is known is one of this county's entries."""
    table = schema.timetable_entry
    wanted = [entry.id for entry in entries]
    everywhere = set(connection.scalars(select(table.c.id).where(table.c.id.in_(wanted))))
    here = set(connection.scalars(select(table.c.id).where(table.c.id.in_(wanted), in_county(table, county_id))))
    if everywhere - here:
        raise NotThere(", ".join(sorted(everywhere - here)))


def _check_schools(connection: Connection, county_id: str, entries: Sequence[Entry]) -> None:
    members = _members(connection)
    room_school = _schools(connection, county_id, schema.classroom)
    class_school = _schools(connection, county_id, schema.school_class)
    lead_school = school_of_lead(connection, entries)
    bells = Bells(find_bells(connection, county_id))
    for entry in entries:
        community = members.get(entry.community_id, set())
        lead = lead_school[entry.lead_id]
        rooms = [room for room in (*entry.rooms, entry.lead_room_id) if room is not None]
        if lead is not None and lead not in community:
            raise Conflict("lead_outside_community", entry.id)
        if any(room_school[room] not in community for room in rooms):
            raise Conflict("room_outside_community", entry.id)
        if any(class_school[one.class_id] != room_school[one.classroom_id] for one in entry.classes):
            raise Conflict("class_of_other_school", entry.id)
        if bells.of_entry(entry, lead) is None:
            raise Conflict("no_bell", entry.id)


def _members(connection: Connection) -> dict[str, set[str]]:
    """By community, the schools that are in it now."""
    members: dict[str, set[str]] = {}
    member = schema.community_member
    for row in connection.execute(select(member).where(member.c.left_ms.is_(None))):
        members.setdefault(row.community_id, set()).add(row.school_id)
    return members


def _schools(connection: Connection, county_id: str, table: Table) -> dict[str, str]:
    query = select(table.c.id, table.c.school_id).where(in_county(table, county_id))
    return {row.id: row.school_id for row in connection.execute(query)}
