"""The county as it stands, read from the store in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, select

from server.county.timetable import Change
from server.exchange.snapshot import Snapshot
from server.store import schema
from server.store.bookings import lesson_bookings
from server.store.county_rows import Prescribed, SchoolClass, SchoolSubject, SpecialDay, Stay, Term
from server.store.mapping import fetch
from server.store.rows import Classroom, Community, School, Staff, StaffRole
from server.store.scope import in_county
from server.store.terms import find_bells
from server.store.timetable import find_entries

_AHEAD_MS = 500 * 86_400_000
"""Lessons planned by hand are looked at for longer than any term lasts."""


def load(connection: Connection, county_id: str, now_ms: int) -> Snapshot:
    """The county's snapshot. For use inside a transaction of the store."""
    terms = _all(connection, Term, schema.term, county_id)
    entry, exception, member = schema.timetable_entry, schema.timetable_exception, schema.community_member
    communities = select(schema.community).where(
        schema.community.c.county_id == county_id, schema.community.c.ended_ms.is_(None)
    )
    stays = select(member).where(
        member.c.left_ms.is_(None), member.c.community_id.in_(communities.with_only_columns(schema.community.c.id))
    )
    changes = select(exception).join(entry, entry.c.id == exception.c.entry_id).where(in_county(entry, county_id))
    return Snapshot(
        county_id=county_id,
        time_zone=str(connection.scalar(select(schema.county.c.time_zone).where(schema.county.c.id == county_id))),
        terms=terms,
        days={term.id: fetch(connection, SpecialDay, _days(term.id)) for term in terms},
        schools=_all(connection, School, schema.school, county_id),
        rooms=_all(connection, Classroom, schema.classroom, county_id),
        classes=_all(connection, SchoolClass, schema.school_class, county_id),
        subjects=_all(connection, SchoolSubject, schema.subject, county_id),
        prescribed=_prescribed(connection, county_id),
        staff=_all(connection, Staff, schema.staff, county_id),
        further=_further(connection, county_id),
        bells=find_bells(connection, county_id),
        communities=fetch(connection, Community, communities.order_by(schema.community.c.id)),
        stays=fetch(connection, Stay, stays.order_by(member.c.community_id, member.c.position, member.c.school_id)),
        entries=[one for term in terms for one in find_entries(connection, term.id)],
        changes=fetch(connection, Change, changes.order_by(exception.c.day, exception.c.entry_id)),
        by_hand=lesson_bookings(connection, county_id, now_ms, now_ms + _AHEAD_MS, by_hand=True),
    )


def _all(connection: Connection, kind: type[Any], table: Any, county_id: str) -> list[Any]:
    return fetch(connection, kind, select(table).where(in_county(table, county_id)).order_by(table.c.id))


def _days(term_id: str) -> Select[Any]:
    return select(schema.term_day).where(schema.term_day.c.term_id == term_id).order_by(schema.term_day.c.day)


def _prescribed(connection: Connection, county_id: str) -> list[Prescribed]:
    table = schema.prescribed_periods
    query = select(table).join(schema.subject).where(schema.subject.c.county_id == county_id)
    return fetch(connection, Prescribed, query.order_by(table.c.subject_id, table.c.grade))


def _further(connection: Connection, county_id: str) -> dict[str, list[StaffRole]]:
    table = schema.staff_role
    query = select(table).join(schema.staff).where(schema.staff.c.county_id == county_id)
    roles: dict[str, list[StaffRole]] = {}
    for row in connection.execute(query.order_by(table.c.staff_id, table.c.role)):
        roles.setdefault(row.staff_id, []).append(row.role)
    return roles
