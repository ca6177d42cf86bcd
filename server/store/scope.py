"""What belongs to a county: nothing of another county is ever read, referred to or changed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Table, select

from server.store import schema
from server.store.errors import Conflict
from server.store.mapping import pieces

_PARENTS: dict[str, tuple[str, Table]] = {
    "classroom": ("school_id", schema.school),
    "school_class": ("school_id", schema.school),
    "timetable_entry": ("term_id", schema.term),
    "lesson": ("community_id", schema.community),
}


class NotThere(Conflict):
    """What is named does not exist in this county."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("not_there", detail)


def in_county(table: Table, county_id: str) -> ColumnElement[bool]:
    """The condition on rows of `table` that they are the county's."""
    if "county_id" in table.c:
        return table.c.county_id == county_id
    column, parent = _PARENTS[table.name]
    return table.c[column].in_(select(parent.c.id).where(in_county(parent, county_id)))


def require(connection: Connection, county_id: str, table: Table, identifiers: Iterable[str | None]) -> None:
    """Every identifier names a row of `table` in this county; None names nothing.

    Raises:
        Conflict: `unknown_<table>`, with the identifiers that are not there.
    """
    wanted = {identifier for identifier in identifiers if identifier is not None}
    for piece in pieces(sorted(wanted)):
        query = select(table.c.id).where(table.c.id.in_(piece), in_county(table, county_id))
        wanted -= set(connection.scalars(query))
    if wanted:
        raise Conflict(f"unknown_{table.name}", ", ".join(sorted(wanted)))
