"""Carries a plan out: everything in the caller's one transaction, so that an exception leaves nothing half done."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection, update

from server.exchange.loading import load
from server.exchange.snapshot import Plan
from server.permissions import needs_second_factor
from server.store import schema
from server.store.bookings import entry_clashes
from server.store.communities import insert_community, join_community, leave_community, rename_community
from server.store.credentials import end_credentials
from server.store.entry_rules import check_entries
from server.store.errors import Clashing, Conflict
from server.store.making import Made, make_lessons
from server.store.mapping import insert_all, pieces, row_of
from server.store.people import find_subject
from server.store.registry import save_registered, write_further_roles
from server.store.terms import save_term, write_bells, write_special_days
from server.store.timetable import find_changes, find_entries, write_entries


class Outdated(Conflict):
    """The county, or the file, is not what the preview was made of."""

    def __init__(self) -> None:
        super().__init__("preview_outdated")


class Written(Struct, frozen=True):
    """How many lessons the timetable brought: made, changed, withdrawn."""

    made: int
    changed: int
    withdrawn: int


def write(connection: Connection, county_id: str, plan: Plan, fingerprint: str, now_ms: int) -> Written:
    """Writes `plan`, and makes the lessons that follow from it.

    Raises:
        Outdated: the county is not what the plan was made for.
        Clashing: a lesson that was planned by hand since then clashes.
    """
    if load(connection, county_id, now_ms).fingerprint() != fingerprint:
        raise Outdated
    for term in plan.terms:
        save_term(connection, term)
    end_credentials(connection, _risen(connection, plan), now_ms)
    save_registered(connection, county_id, [*plan.schools, *plan.rooms, *plan.classes, *plan.subjects, *plan.staff])
    for staff_id, roles in plan.further.items():
        write_further_roles(connection, county_id, staff_id, roles)
    _write_prescribed(connection, plan)
    for school_id in {bell.school_id for bell in plan.bells}:
        own = [bell for bell in plan.bells if bell.school_id == school_id]
        write_bells(connection, county_id, school_id, own, now_ms)
    for term_id, days in plan.days.items():
        write_special_days(connection, county_id, term_id, days)
    _write_communities(connection, county_id, plan, now_ms)
    _write_entries(connection, county_id, plan, now_ms)
    return _make(connection, county_id, _touched(connection, county_id, plan), now_ms)


def _risen(connection: Connection, plan: Plan) -> list[str]:
    """Who becomes an administrator: where they are signed in now, no phone was asked for."""
    wanted: dict[str, set[str]] = {person.id: {person.role} for person in plan.staff}
    for staff_id, roles in plan.further.items():
        wanted.setdefault(staff_id, set()).update(roles)
    rising = [staff_id for staff_id, roles in wanted.items() if needs_second_factor(tuple(roles))]
    known = [subject for subject in (find_subject(connection, one) for one in rising) if subject is not None]
    return [subject.id for subject in known if not needs_second_factor(subject.roles)]


def _write_prescribed(connection: Connection, plan: Plan) -> None:
    table = schema.prescribed_periods
    for one in plan.prescribed:
        same = (table.c.subject_id == one.subject_id) & (table.c.grade == one.grade)
        if not connection.execute(update(table).where(same).values(per_week=one.per_week)).rowcount:
            insert_all(connection, table, [row_of(one)])


def _write_communities(connection: Connection, county_id: str, plan: Plan, now_ms: int) -> None:
    for founding in plan.founded:
        insert_community(connection, founding.community, founding.centre_id, founding.points)
    for known in plan.renamed:
        rename_community(connection, county_id, known.id, known.name, known.term_id)
    for leaving in plan.left:
        leave_community(connection, leaving.community_id, leaving.school_id, now_ms)
    for joining in plan.joined:
        join_community(connection, joining.community_id, joining.school_id, now_ms)


def _write_entries(connection: Connection, county_id: str, plan: Plan, now_ms: int) -> None:
    """Entries by term, checked once more: lessons planned by hand are not part of the fingerprint."""
    table = schema.timetable_entry
    for piece in pieces(plan.removed):
        connection.execute(update(table).where(table.c.id.in_(piece)).values(removed_ms=now_ms))
    for term_id in sorted({entry.term_id for entry in plan.entries}):
        entries = [entry for entry in plan.entries if entry.term_id == term_id]
        check_entries(connection, county_id, term_id, entries)
        write_entries(connection, entries)
        clashes = entry_clashes(connection, county_id, term_id, find_entries(connection, term_id), entries, now_ms)
        if clashes:
            raise Clashing(clashes)


def _touched(connection: Connection, county_id: str, plan: Plan) -> set[str]:
    """The terms whose lessons may have to follow."""
    terms = {term.id for term in plan.terms} | {entry.term_id for entry in plan.entries} | set(plan.days)
    if plan.bells or plan.removed or plan.staff:
        terms |= {term.id for term in load(connection, county_id, 0).terms}
    return terms


def _make(connection: Connection, county_id: str, terms: Iterable[str], now_ms: int) -> Written:
    made: list[Made] = []
    for term_id in sorted(terms):
        changes = {(change.entry_id, change.day): change for change in find_changes(connection, term_id)}
        entries = find_entries(connection, term_id)
        made.append(make_lessons(connection, county_id, term_id, entries, changes, now_ms))
    return Written(sum(one.made for one in made), sum(one.changed for one in made), sum(one.withdrawn for one in made))
