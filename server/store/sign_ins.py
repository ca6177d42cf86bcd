"""Where somebody is signed in: one row for each cookie that was handed out and still holds."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from server.store import schema
from server.store.credentials import digest
from server.store.database import Database
from server.store.rows import build

Way = Literal["password", "link", "phone", "sso"]


class SignIn(Struct, frozen=True):
    """One of them. `browser` is its family and system, `network` where it was, as a prefix."""

    id: str
    began_ms: int
    expires_ms: int
    network: str
    browser: str
    way: Way


class SignIns:
    """Keeps, lists and ends sign-ins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def began(self, token: str, subject: str, way: Way, network: str, browser: str, now_ms: int) -> None:
        """The cookie `token` was handed out."""

        def work(connection: Connection) -> None:
            credential = schema.credential
            key = connection.scalar(select(credential.c.id).where(credential.c.hash == digest(token)))
            row = {"credential_id": key, "subject": subject, "began_ms": now_ms, "way": way}
            connection.execute(insert(schema.sign_in), row | {"network": network, "browser": browser[:64]})

        await self._database.write(work)

    async def of(self, subject: str, now_ms: int) -> list[SignIn]:
        """Those of `subject` that hold now, newest first."""
        table, credential = schema.sign_in, schema.credential
        query = (
            select(credential.c.id, credential.c.expires_ms, table)
            .select_from(table.join(credential))
            .where(table.c.subject == subject, credential.c.revoked_ms.is_(None), credential.c.expires_ms > now_ms)
            .order_by(table.c.began_ms.desc(), credential.c.id.desc())
        )
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(SignIn, row) for row in rows]

    async def end(self, subject: str, sign_in_id: str, now_ms: int) -> bool:
        """Ends one of `subject`'s own; False where it is not one of hers, or over."""
        credential = schema.credential
        own = (
            credential.c.id == sign_in_id,
            credential.c.subject == subject,
            credential.c.kind == "cookie",
            credential.c.revoked_ms.is_(None),
        )
        statement = update(credential).where(*own).values(revoked_ms=now_ms)
        return await self._database.write(lambda c: c.execute(statement).rowcount == 1)
