"""The consent register: whether the guardians of a class agreed to recordings, to which text, and until when."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection, exists, insert, select, update

from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.rows import build


class Consent(Struct, frozen=True):
    """One entry. `version` names the text agreed to; `withdrawn_ms` is when it ended, null while it holds."""

    id: str
    school_class_id: str
    version: str
    recorded_by: str
    recorded_ms: int
    withdrawn_by: str | None
    withdrawn_ms: int | None


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

    async def without(self, school_class_ids: Iterable[str]) -> set[str]:
        """Those of the classes that may not be recorded: nobody agreed, or it was withdrawn."""
        wanted, table = set(school_class_ids), schema.consent
        query = select(table.c.school_class_id).where(
            table.c.school_class_id.in_(sorted(wanted)), table.c.withdrawn_ms.is_(None)
        )
        return wanted - set(await self._database.read(lambda c: c.scalars(query).all()))

    async def missing_in(self, lesson_id: str) -> set[str]:
        """The classes of a lesson for whose sake it may not be recorded; a lesson without classes has none.

        Raises:
            StoreError: the database did not answer.
        """
        present, table = schema.lesson_class, schema.consent
        holds = exists().where(table.c.school_class_id == present.c.class_id, table.c.withdrawn_ms.is_(None))
        query = select(present.c.class_id).where(present.c.lesson_id == lesson_id, ~holds)
        return set(await self._database.read(lambda c: c.scalars(query).all()))


def _end(connection: Connection, school_class_id: str, by: str, now_ms: int) -> bool:
    table = schema.consent
    statement = update(table).where(table.c.school_class_id == school_class_id, table.c.withdrawn_ms.is_(None))
    return connection.execute(statement.values(withdrawn_by=by, withdrawn_ms=now_ms)).rowcount > 0
