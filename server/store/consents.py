"""The consent register: whether the guardians of a class agreed to recordings, to which text, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Connection, RowMapping, exists, insert, select, update

from server.county.name_order import by_name
from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.rows import build
from server.store.unnamed import leads_room_unnamed, remote_room_unnamed


class Consent(Struct, frozen=True):
    """One entry. `version` names the text agreed to; `withdrawn_ms` is when it ended, null while it holds."""

    id: str
    school_class_id: str
    version: str
    recorded_by: str
    recorded_ms: int
    withdrawn_by: str | None
    withdrawn_ms: int | None


class ClassConsent(Struct, frozen=True, kw_only=True):
    """How one class stands. `version`, `recorded_ms`, `recorded_by` (a name): of the newest entry, null without one."""

    class_id: str
    school_id: str
    school: str
    grade: int
    name: str
    pupils: int
    holds: bool
    version: str | None
    recorded_ms: int | None
    recorded_by: str | None
    withdrawn_ms: int | None


class Missing(Struct, frozen=True):
    """For whose sake a lesson may not be recorded. classes: their guardians have not agreed. rooms: no class is named
    for them; the lead's id stands for the room she teaches in.
    """

    classes: frozenset[str] = frozenset()
    rooms: frozenset[str] = frozenset()

    @property
    def reason(self) -> Literal["consent", "no_class"] | None:
        """Why it may not be recorded, as the screens are told; None where it may."""
        return "consent" if self.classes else "no_class" if self.rooms else None


class Consents:
    """Records, withdraws and lists; nothing is ever deleted from it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, school_class_id: str, version: str, by: str, now_ms: int) -> Consent:
        """The class's guardians agree to the text `version`; an older consent of the class ends.

        Raises:
            Conflict: there is no such class.
        """
        consent = Consent(new_id("consent", now_ms), school_class_id, version, by, now_ms, None, None)

        def work(connection: Connection) -> None:
            _end(connection, school_class_id, by, now_ms)
            row = {field: getattr(consent, field) for field in consent.__struct_fields__}
            connection.execute(insert(schema.consent), row)

        await self._database.write(work)
        return consent

    async def withdraw(self, school_class_id: str, by: str, now_ms: int) -> None:
        """The class's consent ends now.

        Raises:
            Conflict: `no_consent`, there is none that holds.
        """

        def work(connection: Connection) -> None:
            if not _end(connection, school_class_id, by, now_ms):
                raise Conflict("no_consent")

        await self._database.write(work)

    async def of(self, school_class_id: str) -> list[Consent]:
        """All entries of a class, newest first."""
        table = schema.consent
        query = select(table).where(table.c.school_class_id == school_class_id)
        query = query.order_by(table.c.recorded_ms.desc(), table.c.id.desc())
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(Consent, row) for row in rows]

    async def overview(self, county_id: str, school_id: str | None) -> list[ClassConsent]:
        """Every class of a county, or of one school of it, that is not closed, with its newest entry."""
        return await self._database.read(lambda c: _overview(c, county_id, school_id))

    async def class_name(self, school_class_id: str) -> str | None:
        """What the class is called."""
        query = select(schema.school_class.c.name).where(schema.school_class.c.id == school_class_id)
        return await self._database.read(lambda c: c.scalar(query))

    async def without(self, school_class_ids: Iterable[str]) -> set[str]:
        """Those of the classes that may not be recorded: nobody agreed, or it was withdrawn."""
        wanted, table = set(school_class_ids), schema.consent
        query = select(table.c.school_class_id).where(
            table.c.school_class_id.in_(sorted(wanted)), table.c.withdrawn_ms.is_(None)
        )
        return wanted - set(await self._database.read(lambda c: c.scalars(query).all()))

    async def missing_in(self, lesson_id: str) -> Missing:
        """For whose sake a lesson may not be recorded.

        Of a room in which a class sits that nobody named, nobody knows whose guardians to ask.

        Raises:
            StoreError: the database did not answer.
        """
        return await self._database.read(lambda c: _missing(c, lesson_id))


def _missing(connection: Connection, lesson_id: str) -> Missing:
    lesson, present, seat, table = schema.lesson, schema.lesson_class, schema.lesson_classroom, schema.consent
    holds = exists().where(table.c.school_class_id == present.c.class_id, table.c.withdrawn_ms.is_(None))
    classes = select(present.c.class_id).where(present.c.lesson_id == lesson_id, ~holds)
    rooms = select(seat.c.classroom_id).select_from(seat.join(lesson, lesson.c.id == seat.c.lesson_id))
    rooms = rooms.where(lesson.c.id == lesson_id, remote_room_unnamed())
    lead = select(lesson.c.lead_id).where(lesson.c.id == lesson_id, leads_room_unnamed())
    unnamed = [*connection.scalars(rooms), *connection.scalars(lead)]
    return Missing(frozenset(connection.scalars(classes)), frozenset(unnamed))


def _end(connection: Connection, school_class_id: str, by: str, now_ms: int) -> bool:
    table = schema.consent
    statement = update(table).where(table.c.school_class_id == school_class_id, table.c.withdrawn_ms.is_(None))
    return connection.execute(statement.values(withdrawn_by=by, withdrawn_ms=now_ms)).rowcount > 0


def _overview(connection: Connection, county_id: str, school_id: str | None) -> list[ClassConsent]:
    one, school, table, staff = schema.school_class, schema.school, schema.consent, schema.staff
    classes = (
        select(one.c.id.label("class_id"), one.c.school_id, school.c.name.label("school"), one.c.grade, one.c.name,
               one.c.pupils)
        .select_from(one.join(school))
        .where(school.c.county_id == county_id, one.c.closed_ms.is_(None))
        .order_by(school.c.id, one.c.id)
    )  # fmt: skip
    if school_id is not None:
        classes = classes.where(one.c.school_id == school_id)
    entries = (
        select(table, staff.c.name.label("by_name"))
        .select_from(table.join(one).join(school).outerjoin(staff, staff.c.id == table.c.recorded_by))
        .where(school.c.county_id == county_id)
        .order_by(table.c.recorded_ms, table.c.id)
    )
    newest = {row["school_class_id"]: row for row in connection.execute(entries).mappings()}
    rows = connection.execute(classes).mappings()
    told = [build(ClassConsent, {**row, **_newest(newest.get(row["class_id"]))}) for row in rows]
    return by_name(told, lambda one: (one.school, str(one.grade), one.name))


def _newest(entry: RowMapping | None) -> dict[str, Any]:
    if entry is None:
        return {"holds": False} | dict.fromkeys(("version", "recorded_ms", "recorded_by", "withdrawn_ms"))
    return {
        "holds": entry["withdrawn_ms"] is None,
        "version": entry["version"],
        "recorded_ms": entry["recorded_ms"],
        "recorded_by": entry["by_name"],
        "withdrawn_ms": entry["withdrawn_ms"],
    }
