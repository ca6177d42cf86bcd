"""Terms, their holidays and make-up days, and the bells."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select, update

from server.county.calendar import MAX_TERM_DAYS, MINUTES_OF_DAY, Calendar
from server.county.timetable import Bell
from server.store import schema
from server.store.county_rows import SpecialDay, Term
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.mapping import fetch, insert_all, row_of
from server.store.scope import NotThere, in_county, require


class Terms:
    """When there is school, and when its periods are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, county_id: str) -> list[Term]:
        """The county's terms, the latest first."""
        table = schema.term
        query = select(table).where(table.c.county_id == county_id).order_by(table.c.begins.desc(), table.c.id)
        return await self._database.read(lambda c: fetch(c, Term, query))

    async def get(self, county_id: str, term_id: str) -> Term | None:
        """One term of this county."""
        return await self._database.read(lambda c: find_term(c, county_id, term_id))

    async def save(self, term: Term) -> None:
        """A new term, or a known one with another name or other days.

        Raises:
            Conflict: `ends_before_start`, `term_too_long`, `name_taken`, or `not_there` for another county's.
        """
        await self._database.write(lambda c: save_term(c, term))

    async def special_days(self, county_id: str, term_id: str) -> list[SpecialDay]:
        """The term's holidays and make-up days, by date."""
        table = schema.term_day
        query = select(table).where(table.c.term_id == term_id).order_by(table.c.day)

        def work(connection: Connection) -> list[SpecialDay]:
            require(connection, county_id, schema.term, [term_id])
            return fetch(connection, SpecialDay, query)

        return await self._database.read(work)

    async def set_special_days(self, county_id: str, term_id: str, days: Sequence[SpecialDay]) -> None:
        """Replaces the term's holidays and make-up days.

        Raises:
            Conflict: `unknown_term`, `day_outside_term`, `day_twice`, or `follows_itself`.
        """
        await self._database.write(lambda c: write_special_days(c, county_id, term_id, days))

    async def calendar(self, county_id: str, term_id: str) -> Calendar | None:
        """The term's calendar in the county's zone."""
        return await self._database.read(lambda c: find_calendar(c, county_id, term_id))

    async def bells(self, county_id: str) -> list[Bell]:
        """When the periods are: the county's, then each school's own."""
        return await self._database.read(lambda c: find_bells(c, county_id))

    async def set_bells(self, county_id: str, school_id: str | None, bells: Sequence[Bell], now_ms: int) -> None:
        """Replaces the periods of one school, or with `school_id` None those of all schools without their own.

        Raises:
            Conflict: `unknown_school`, `ends_before_start`, or `period_twice`.
        """
        await self._database.write(lambda c: write_bells(c, county_id, school_id, bells, now_ms))


def find_term(connection: Connection, county_id: str, term_id: str) -> Term | None:
    """One term of this county. For use inside a transaction of the store, like all below."""
    query = select(schema.term).where(schema.term.c.id == term_id, in_county(schema.term, county_id))
    found = fetch(connection, Term, query)
    return found[0] if found else None


def find_calendar(connection: Connection, county_id: str, term_id: str) -> Calendar | None:
    """The term's calendar, in the county's zone."""
    term = find_term(connection, county_id, term_id)
    if term is None:
        return None
    zone = connection.scalar(select(schema.county.c.time_zone).where(schema.county.c.id == county_id))
    days = fetch(connection, SpecialDay, select(schema.term_day).where(schema.term_day.c.term_id == term_id))
    return Calendar(term.begins, term.ends, ZoneInfo(str(zone)), {day.day: day.follows for day in days})


def find_bells(connection: Connection, county_id: str) -> list[Bell]:
    """The county's bells, its own before the schools'."""
    table = schema.bell
    query = select(table).where(table.c.county_id == county_id)
    bells = fetch(connection, Bell, query.order_by(table.c.school_id, table.c.period))
    return sorted(bells, key=lambda bell: (bell.school_id is not None, bell.school_id or "", bell.period))


def write_special_days(connection: Connection, county_id: str, term_id: str, days: Sequence[SpecialDay]) -> None:
    """As `Terms.set_special_days`."""
    table, term = schema.term_day, find_term(connection, county_id, term_id)
    if term is None:
        raise Conflict("unknown_term", term_id)
    _check_days(term, days)
    connection.execute(delete(table).where(table.c.term_id == term_id))
    insert_all(connection, table, [{"term_id": term_id, **row_of(day)} for day in days])


def write_bells(
    connection: Connection, county_id: str, school_id: str | None, bells: Sequence[Bell], now_ms: int
) -> None:
    """As `Terms.set_bells`."""
    table, fixed = schema.bell, {"county_id": county_id, "school_id": school_id}
    if any(not 0 <= bell.starts_min < bell.ends_min <= MINUTES_OF_DAY for bell in bells):
        raise Conflict("ends_before_start")
    if len({bell.period for bell in bells}) < len(bells):
        raise Conflict("period_twice")
    require(connection, county_id, schema.school, [school_id])
    connection.execute(delete(table).where(table.c.county_id == county_id, table.c.school_id == school_id))
    insert_all(connection, table, [{**row_of(bell), **fixed, "id": new_id("bell", now_ms)} for bell in bells])


def save_term(connection: Connection, term: Term) -> None:
    """As `Terms.save`."""
    if term.ends < term.begins:
        raise Conflict("ends_before_start")
    if (term.ends - term.begins).days >= MAX_TERM_DAYS:
        raise Conflict("term_too_long")
    table = schema.term
    namesake = select(table.c.id).where(
        table.c.county_id == term.county_id, table.c.name == term.name, table.c.id != term.id
    )
    if connection.scalar(namesake) is not None:
        raise Conflict("name_taken", term.name)
    if find_term(connection, term.county_id, term.id) is not None:
        connection.execute(update(table).where(table.c.id == term.id).values(row_of(term)))
    elif connection.scalar(select(table.c.id).where(table.c.id == term.id)) is not None:
        raise NotThere(term.id)
    else:
        connection.execute(insert(table), row_of(term))


def _check_days(term: Term, days: Sequence[SpecialDay]) -> None:
    if len({day.day for day in days}) < len(days):
        raise Conflict("day_twice")
    for day in days:
        if not term.begins <= day.day <= term.ends:
            raise Conflict("day_outside_term", day.day.isoformat())
        if day.follows == day.day:
            raise Conflict("follows_itself", day.day.isoformat())
