"""Identities at the county's own sign-in service, each linked to one person."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, or_, select

from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict


class OutsideIdentities:
    """Links, unlinks and finds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def link(self, issuer: str, subject: str, staff_id: str, now_ms: int) -> None:
        """From now on `subject` of `issuer` is this person; linking the same again changes nothing.

        Raises:
            Conflict: `sso_taken`, the identity is somebody else's, or the person has another one.
        """
        table = schema.outside_identity
        same = (table.c.issuer == issuer) & (table.c.subject == subject)

        def work(connection: Connection) -> None:
            rows = connection.execute(select(table).where(or_(same, table.c.staff_id == staff_id))).all()
            if rows and [tuple(row)[:3] for row in rows] != [(issuer, subject, staff_id)]:
                raise Conflict("sso_taken")
            if not rows:
                row = {"issuer": issuer, "subject": subject, "staff_id": staff_id, "linked_ms": now_ms}
                connection.execute(insert(table), row)

        await self._database.write(work)

    async def unlink(self, staff_id: str) -> bool:
        """The person has no outside identity any more; False where she had none."""
        table = schema.outside_identity
        return await self._database.write(
            lambda c: c.execute(delete(table).where(table.c.staff_id == staff_id)).rowcount > 0
        )

    async def is_linked(self, staff_id: str) -> bool:
        """Whether the person has one."""
        table = schema.outside_identity
        query = select(table.c.staff_id).where(table.c.staff_id == staff_id)
        return await self._database.read(lambda c: c.scalar(query)) is not None

    async def staff_of(self, issuer: str, subject: str) -> str | None:
        """Whose identity it is."""
        table = schema.outside_identity
        query = select(table.c.staff_id).where(table.c.issuer == issuer, table.c.subject == subject)
        return await self._database.read(lambda c: c.scalar(query))
