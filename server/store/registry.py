"""What a county consists of, listed and saved: schools, rooms, classes, subjects, staff.

`save` takes any number of values, new and known ones mixed, and writes all or none: one form of the admin page, or a
whole import. Identifiers of new values are made by `server.store.ids`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, Table, delete, select, update

from server.county.policy import Policy, decode_policy, encode_policy
from server.store import schema
from server.store.county_rows import County, Prescribed, SchoolClass, SchoolSubject
from server.store.database import Database
from server.store.errors import Conflict
from server.store.mapping import fetch, insert_all, pieces, row_of, update_all
from server.store.rows import Classroom, School, Staff, StaffRole
from server.store.scope import NotThere, in_county, require

Registered = School | Classroom | SchoolClass | SchoolSubject | Staff
R = TypeVar("R", bound=Struct)

TABLES: Final[dict[type[Struct], Table]] = {
    School: schema.school,
    Classroom: schema.classroom,
    SchoolClass: schema.school_class,
    SchoolSubject: schema.subject,
    Staff: schema.staff,
}
"""In the order in which they refer to each other."""
CLOSED: Final = {"staff": "left_ms", "school": "closed_ms", "classroom": "closed_ms", "school_class": "closed_ms"}
UNIQUE: Final = (
    ("school", "county_id", "code", "code_taken"),
    ("classroom", "school_id", "code", "code_taken"),
    ("subject", "county_id", "code", "code_taken"),
    ("subject", "county_id", "name", "name_taken"),
    ("staff", "county_id", "code", "code_taken"),
)
FIXED: Final = {"classroom": "school_id", "school_class": "school_id"}
"""What cannot change, for the sake of lessons that were held: a room that moves is a new room."""


class Registry:
    """The standing parts of every county."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, kind: type[R], county_id: str, *, closed: bool = False) -> list[R]:
        """Everything of one kind (`School`, `Staff` ...), oldest first; what was closed only if asked for."""
        table = TABLES[kind]
        query = select(table).where(in_county(table, county_id)).order_by(table.c.id)
        if table.name in CLOSED and not closed:
            query = query.where(table.c[CLOSED[table.name]].is_(None))
        return await self._database.read(lambda c: fetch(c, kind, query))

    async def get(self, kind: type[R], county_id: str, identifier: str) -> R | None:
        """One thing of this county."""
        table = TABLES[kind]
        query = select(table).where(table.c.id == identifier, in_county(table, county_id))
        found = await self._database.read(lambda c: fetch(c, kind, query))
        return found[0] if found else None

    async def save(self, county_id: str, values: Sequence[Registered]) -> None:
        """Writes `values`, new or changed: all of them or none.

        Raises:
            Conflict: `code_taken`, `name_taken`, `school_fixed` (of a room or class), `kind_in_use` (of a school that
                is in a community), `not_there` (a known identifier of another county), or `unknown_<table>` (a
                reference to nothing in this county).
        """

        await self._database.write(lambda c: save_registered(c, county_id, values))

    # --- the county itself -------------------------------------------------------------------------------------

    async def county(self, county_id: str) -> County | None:
        """The county."""
        query = select(schema.county).where(schema.county.c.id == county_id)
        found = await self._database.read(lambda c: fetch(c, County, query))
        return found[0] if found else None

    async def set_county(self, county_id: str, name: str, time_zone: str) -> None:
        """Gives the county another name or time zone."""
        table = schema.county
        statement = update(table).where(table.c.id == county_id).values(name=name, time_zone=time_zone)
        await self._database.write(lambda c: c.execute(statement))

    async def policy(self, county_id: str) -> Policy:
        """The county's policy; the defaults for a county that is not there."""
        query = select(schema.county.c.policy).where(schema.county.c.id == county_id)
        text: str | None = await self._database.read(lambda c: c.scalar(query))
        return decode_policy(text or "{}")

    async def set_policy(self, county_id: str, policy: Policy) -> None:
        """Keeps `policy` for lessons judged from now on."""
        table = schema.county
        statement = update(table).where(table.c.id == county_id).values(policy=encode_policy(policy))
        await self._database.write(lambda c: c.execute(statement))

    # --- what has no identifier of its own ---------------------------------------------------------------------

    async def prescribed(self, county_id: str) -> list[Prescribed]:
        """How many periods a week each grade must have of each subject."""
        table = schema.prescribed_periods
        query = select(table).join(schema.subject).where(schema.subject.c.county_id == county_id)
        query = query.order_by(table.c.subject_id, table.c.grade)
        return await self._database.read(lambda c: fetch(c, Prescribed, query))

    async def prescribe(self, county_id: str, subject_id: str, per_week: dict[int, int]) -> None:
        """Replaces what is prescribed of one subject: periods a week by grade.

        Raises:
            Conflict: `unknown_subject`.
        """
        table = schema.prescribed_periods

        def work(connection: Connection) -> None:
            require(connection, county_id, schema.subject, [subject_id])
            connection.execute(delete(table).where(table.c.subject_id == subject_id))
            insert_all(connection, table, [row_of(Prescribed(subject_id, *pair)) for pair in sorted(per_week.items())])

        await self._database.write(work)

    async def further_roles(self, county_id: str) -> dict[str, list[StaffRole]]:
        """The roles staff have besides the one whose page opens first."""
        table = schema.staff_role
        query = select(table).join(schema.staff).where(schema.staff.c.county_id == county_id)
        roles: dict[str, list[StaffRole]] = {}
        for staff_id, role in await self._database.read(lambda c: c.execute(query.order_by(table.c.role)).all()):
            roles.setdefault(staff_id, []).append(role)
        return roles

    async def set_further_roles(self, county_id: str, staff_id: str, roles: Iterable[StaffRole]) -> None:
        """Replaces a person's further roles; the first one is not repeated among them.

        Raises:
            Conflict: `unknown_staff`.
        """
        await self._database.write(lambda c: write_further_roles(c, county_id, staff_id, roles))


def save_registered(connection: Connection, county_id: str, values: Sequence[Registered]) -> None:
    """As `Registry.save`. For use inside a transaction of the store, like the next."""
    for kind, table in TABLES.items():
        chosen = [row_of(value) for value in values if isinstance(value, kind)]
        if chosen:
            _save(connection, county_id, table, chosen)


def write_further_roles(connection: Connection, county_id: str, staff_id: str, roles: Iterable[StaffRole]) -> None:
    """As `Registry.set_further_roles`."""
    table, wanted = schema.staff_role, set(roles)
    require(connection, county_id, schema.staff, [staff_id])
    first = connection.scalar(select(schema.staff.c.role).where(schema.staff.c.id == staff_id))
    connection.execute(delete(table).where(table.c.staff_id == staff_id))
    rows: list[dict[str, Any]] = [{"staff_id": staff_id, "role": role} for role in sorted(wanted - {first})]
    insert_all(connection, table, rows)


def _save(connection: Connection, county_id: str, table: Table, rows: list[dict[str, Any]]) -> None:
    """Upserts rows of one table after what a database cannot say in words was checked."""
    known = _known(connection, county_id, table, [row["id"] for row in rows])
    _check_references(connection, county_id, table, rows)
    _check_fixed(connection, table, rows, known)
    _check_unique(connection, county_id, table, rows)
    insert_all(connection, table, [row for row in rows if row["id"] not in known])
    update_all(connection, table, [row for row in rows if row["id"] in known and row != known[row["id"]]])


def _known(connection: Connection, county_id: str, table: Table, identifiers: list[str]) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    for piece in pieces(identifiers):
        for row in connection.execute(select(table).where(table.c.id.in_(piece))).mappings():
            known[row["id"]] = dict(row)
    if known:
        query = select(table.c.id).where(in_county(table, county_id))
        foreign = known.keys() - set(connection.scalars(query))
        if foreign:
            raise NotThere(", ".join(sorted(foreign)))
    return known


def _check_references(connection: Connection, county_id: str, table: Table, rows: list[dict[str, Any]]) -> None:
    for column in table.c:
        for key in column.foreign_keys:
            named = {row[column.name] for row in rows}
            if key.column.table is schema.county:
                if named != {county_id}:
                    raise Conflict("unknown_county")
            else:
                require(connection, county_id, key.column.table, named)


def _check_fixed(
    connection: Connection, table: Table, rows: list[dict[str, Any]], known: dict[str, dict[str, Any]]
) -> None:
    def changed(column: str) -> list[str]:
        return [row["id"] for row in rows if row["id"] in known and known[row["id"]][column] != row[column]]

    if table.name in FIXED and changed(FIXED[table.name]):
        raise Conflict("school_fixed", ", ".join(changed(FIXED[table.name])))
    if table is schema.school and changed("kind"):
        member = schema.community_member
        query = select(member.c.school_id).where(member.c.school_id.in_(changed("kind")), member.c.left_ms.is_(None))
        if connection.scalar(query) is not None:
            raise Conflict("kind_in_use")


def _check_unique(connection: Connection, county_id: str, table: Table, rows: list[dict[str, Any]]) -> None:
    for name, scope, column, code in UNIQUE:
        if name != table.name:
            continue
        query = select(table.c.id, table.c[scope], table.c[column]).where(in_county(table, county_id))
        owners = {row["id"]: (row[scope], row[column]) for row in connection.execute(query).mappings()}
        owners |= {row["id"]: (row[scope], row[column]) for row in rows}
        taken: dict[tuple[str, str], str] = {}
        for owner, value in owners.items():
            if value[1] is not None and taken.setdefault(value, owner) != owner:
                raise Conflict(code, str(value[1]))
