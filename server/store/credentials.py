"""Tokens: 256 random bits, handed out once, kept only as their SHA-256.

A `link` opens a page until it expires and may be opened again on another screen; it is exchanged for a `cookie`
(staff) or a `device` key (a classroom's screen), the latter renewed as long as it is used. A fast hash is right for
secrets of full entropy: there is nothing to guess, and a lookup by it tells no time difference worth having.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from server.store import schema
from server.store.database import Database
from server.store.ids import new_id
from server.store.known_keys import KnownKeys
from server.store.mapping import pieces
from server.store.people import find_subject
from server.store.rows import Credential, CredentialKind, Subject, build

DAY_MS = 86_400_000
LIFETIME_MS: dict[CredentialKind, int] = {
    "link": 7 * DAY_MS,
    "cookie": DAY_MS // 2,
    "device": 30 * DAY_MS,
    "browser": 180 * DAY_MS,
}
RENEW_AFTER_MS = DAY_MS
"""A device key is prolonged when a day of its life has passed, not on every request."""


class Credentials:
    """Issues, finds, renews and revokes tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = KnownKeys()
        self.ended = asyncio.Event()
        """Set whenever credentials ended here, or may open less; who follows it clears it (`server.open_sockets`)."""

    async def issue(self, kind: CredentialKind, subject: str, now_ms: int) -> str:
        """A new token for `subject`; this is the only time it exists in clear."""
        return (await self.issue_many(kind, [subject], now_ms))[0]

    async def issue_many(self, kind: CredentialKind, subjects: list[str], now_ms: int) -> list[str]:
        """New tokens, one for each of `subjects`, in their order."""
        tokens = [secrets.token_urlsafe(32) for _ in subjects]
        rows = [
            {
                "id": new_id("key", now_ms),
                "hash": digest(token),
                "kind": kind,
                "subject": subject,
                "issued_ms": now_ms,
                "expires_ms": now_ms + LIFETIME_MS[kind],
            }
            for token, subject in zip(tokens, subjects, strict=True)
        ]
        if rows:
            await self._database.write(lambda c: c.execute(insert(schema.credential), rows))
        return tokens

    async def find(self, token: str, now_ms: int) -> tuple[Credential, Subject] | None:
        """Whose token this is, or None: unknown, expired, revoked, or its subject is gone."""
        if not 20 <= len(token) <= 128:
            return None
        return await self.find_hashed(digest(token), now_ms)

    async def find_hashed(self, hashed: bytes, now_ms: int) -> tuple[Credential, Subject] | None:
        """The same by what is kept of a token, for a connection whose holder once showed it."""
        generation = self._known.generation
        known = self._known.find(hashed, now_ms)
        if known is not None:
            return known
        found = await self._database.read(lambda c: _find(c, hashed, now_ms))
        if found is None:
            return None
        credential, subject = found
        if due_for_renewal(credential, now_ms):
            await self._prolong(credential.id, now_ms)
        else:
            self._known.remember(hashed, credential, subject, now_ms, generation)
        return credential, subject

    async def revoke(self, credential_id: str, now_ms: int) -> None:
        """Ends one token."""
        await self._revoke(schema.credential.c.id == credential_id, now_ms)

    async def revoke_subject(self, subject: str, now_ms: int) -> None:
        """Ends every token of `subject`."""
        await self._revoke(schema.credential.c.subject == subject, now_ms)

    async def revoke_screens(self, classroom_id: str, but: Collection[str], now_ms: int) -> None:
        """Ends every key of this room's screens, and every link into it, except the keys `but`."""
        table = schema.credential
        of_room = (table.c.subject == classroom_id) & table.c.kind.in_(("device", "link"))
        await self._revoke(of_room & table.c.id.not_in(sorted(but)), now_ms)

    def forget(self) -> None:
        """Credentials ended, or their holders' rights changed, here or in another part: none is known any more."""
        self._known.forget()
        self.ended.set()

    async def gone(self, credential_ids: Collection[str]) -> set[str]:
        """Those that were revoked, or whose holder is gone; one that merely ran out is not among them."""
        return await self._database.read(lambda c: _gone(c, credential_ids))

    async def purge(self, now_ms: int) -> None:
        """Deletes tokens that expired more than a day ago."""
        table = schema.credential
        await self._database.write(lambda c: c.execute(delete(table).where(table.c.expires_ms < now_ms - DAY_MS)))

    async def _prolong(self, credential_id: str, now_ms: int) -> None:
        table = schema.credential
        statement = update(table).where(table.c.id == credential_id, table.c.revoked_ms.is_(None))
        await self._database.write(lambda c: c.execute(statement.values(expires_ms=now_ms + LIFETIME_MS["device"])))

    async def _revoke(self, condition: ColumnElement[bool], now_ms: int) -> None:
        table = schema.credential
        statement = update(table).where(condition, table.c.revoked_ms.is_(None))
        await self._database.write(lambda c: c.execute(statement.values(revoked_ms=now_ms)))
        self.forget()


def end_credentials(connection: Connection, subjects: Collection[str], now_ms: int) -> None:
    """Ends every token of these people or rooms. For use inside a transaction of the store; then call `forget`."""
    table = schema.credential
    for some in pieces(subjects):
        ended = update(table).where(table.c.subject.in_(some), table.c.revoked_ms.is_(None))
        connection.execute(ended.values(revoked_ms=now_ms))


def _gone(connection: Connection, credential_ids: Collection[str]) -> set[str]:
    table, staff, room = schema.credential, schema.staff, schema.classroom
    rows = connection.execute(
        select(table.c.id, table.c.subject).where(table.c.id.in_(sorted(credential_ids)), table.c.revoked_ms.is_(None))
    ).all()
    subjects = {row.subject for row in rows}
    here = set(connection.scalars(select(staff.c.id).where(staff.c.id.in_(subjects), staff.c.left_ms.is_(None))))
    here |= set(connection.scalars(select(room.c.id).where(room.c.id.in_(subjects), room.c.closed_ms.is_(None))))
    return set(credential_ids) - {row.id for row in rows if row.subject in here}


def due_for_renewal(credential: Credential, now_ms: int) -> bool:
    """Whether a device key has used up the part of its life after which a use prolongs it."""
    renewed_ms = credential.expires_ms - LIFETIME_MS["device"]
    return credential.kind == "device" and now_ms - renewed_ms >= RENEW_AFTER_MS


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def _find(connection: Connection, hashed: bytes, now_ms: int) -> tuple[Credential, Subject] | None:
    row = (
        connection.execute(select(schema.credential).where(schema.credential.c.hash == hashed)).mappings().one_or_none()
    )
    if row is None or row["revoked_ms"] is not None or row["expires_ms"] <= now_ms:
        return None
    subject = find_subject(connection, row["subject"])
    return None if subject is None else (build(Credential, row), subject)
