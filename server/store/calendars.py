"""Calendar feeds in the database: addresses that are secrets, and the number of each event's newest change."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update

from server.store import schema
from server.store.credentials import digest
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.mapping import fetch, insert_all, pieces

FeedKind = Literal["teacher", "room", "school"]
MOST = 20
"""Live feeds of one person."""


class Feed(Struct, frozen=True):
    """A subscription that `staff_id` made to the lessons of a teacher, a room or a school."""

    id: str
    county_id: str
    staff_id: str
    kind: FeedKind
    about: str
    made_ms: int


class Told(Struct, frozen=True):
    """An event as calendars were told of it: `sequence` grows with each change (RFC 5545, section 3.8.7.4)."""

    lesson_id: str
    digest: bytes
    sequence: int
    changed_ms: int
    ends_ms: int


class Calendars:
    """Makes, finds and revokes feeds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, county_id: str, staff_id: str, kind: FeedKind, about: str, now_ms: int) -> tuple[Feed, str]:
        """A new feed and its secret, which is told this once.

        Raises:
            Conflict: `too_many_calendars`.
        """
        feed, secret = Feed(new_id("feed", now_ms), county_id, staff_id, kind, about, now_ms), secrets.token_urlsafe(32)
        row = {field: getattr(feed, field) for field in feed.__struct_fields__}

        def work(connection: Connection) -> None:
            table = schema.calendar_feed
            live = select(func.count()).where(table.c.staff_id == staff_id, table.c.revoked_ms.is_(None))
            if (connection.scalar(live) or 0) >= MOST:
                raise Conflict("too_many_calendars")
            connection.execute(insert(table), row | {"hash": digest(secret)})

        await self._database.write(work)
        return feed, secret

    async def of(self, staff_id: str) -> list[Feed]:
        """A person's live feeds, oldest first."""
        table = schema.calendar_feed
        query = select(table).where(table.c.staff_id == staff_id, table.c.revoked_ms.is_(None)).order_by(table.c.id)
        return await self._database.read(lambda c: fetch(c, Feed, query))

    async def find(self, secret: str) -> Feed | None:
        """The live feed of this address, or None."""
        table = schema.calendar_feed
        query = select(table).where(table.c.hash == digest(secret), table.c.revoked_ms.is_(None))
        found = await self._database.read(lambda c: fetch(c, Feed, query))
        return found[0] if found else None

    async def revoke(self, staff_id: str, feed_id: str, now_ms: int) -> bool:
        """Whether a live feed of this person was there; its address leads nowhere from now on."""
        table = schema.calendar_feed
        statement = update(table).where(
            table.c.id == feed_id, table.c.staff_id == staff_id, table.c.revoked_ms.is_(None)
        )
        return await self._database.write(lambda c: c.execute(statement.values(revoked_ms=now_ms)).rowcount == 1)

    async def number(self, events: Mapping[str, tuple[bytes, int]], keep_from_ms: int, now_ms: int) -> dict[str, Told]:
        """Each event with its number, counted up where it differs from what was told before.

        events: by lesson, the digest of what is told and when the lesson ends. Events that ended before `keep_from_ms`
        are forgotten: they have left every feed.
        """
        known = await self._database.read(lambda c: _known(c, events))
        changed = [
            Told(lesson_id, content, known[lesson_id].sequence + 1 if lesson_id in known else 0, now_ms, ends_ms)
            for lesson_id, (content, ends_ms) in events.items()
            if lesson_id not in known or known[lesson_id].digest != content
        ]
        if changed:
            await self._database.write(lambda c: _write(c, changed, keep_from_ms))
        return known | {one.lesson_id: one for one in changed}


def content_digest(*parts: str) -> bytes:
    """Tells whether an event's content is another than before."""
    return hashlib.sha256("\0".join(parts).encode()).digest()


def _known(connection: Connection, lesson_ids: Mapping[str, object]) -> dict[str, Told]:
    table = schema.calendar_event
    found: dict[str, Told] = {}
    for piece in pieces(lesson_ids):
        query = select(table).where(table.c.lesson_id.in_(piece))
        found |= {one.lesson_id: one for one in fetch(connection, Told, query)}
    return found


def _write(connection: Connection, changed: list[Told], keep_from_ms: int) -> None:
    table = schema.calendar_event
    connection.execute(delete(table).where(table.c.ends_ms < keep_from_ms))
    for piece in pieces([one.lesson_id for one in changed]):
        connection.execute(delete(table).where(table.c.lesson_id.in_(piece)))
    insert_all(connection, table, [{field: getattr(one, field) for field in one.__struct_fields__} for one in changed])
