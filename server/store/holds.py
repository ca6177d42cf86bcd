"""Holds: recordings that are kept longer than the county keeps them, until a day, with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, structs
from sqlalchemy import Connection, insert, select, update

from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.rows import build
from server.store.visibility import deletion_stands

HoldCause = Literal["legal", "model"]
"""`legal`: nothing deletes it. `model`, a lesson to learn from: guardians can still have it erased."""


class Hold(Struct, frozen=True, kw_only=True):
    """A recording that is kept until `until_ms`, why, and by whom. Times are UTC milliseconds."""

    id: str
    lesson_id: str
    cause: HoldCause
    reason: str
    held_by: str
    held_ms: int
    until_ms: int


class Holds:
    """Puts and releases holds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, lesson_id: str, cause: HoldCause, reason: str, by: str, until_ms: int, now_ms: int) -> Hold:
        """Keeps a recording until `until_ms`; an older hold on it ends.

        Raises:
            Conflict: `already_deleting`, it is deleted or about to be.
        """
        hold = Hold(
            id=new_id("hold", now_ms), lesson_id=lesson_id, cause=cause, reason=reason, held_by=by, held_ms=now_ms,
            until_ms=until_ms,
        )  # fmt: skip
        free = select(schema.lesson.c.id).where(schema.lesson.c.id == lesson_id, ~deletion_stands())

        def work(connection: Connection) -> None:
            if connection.scalar(free) is None:
                raise Conflict("already_deleting")
            _release(connection, lesson_id, by, now_ms)
            connection.execute(insert(schema.recording_hold), structs.asdict(hold))

        await self._database.write(work)
        return hold

    async def release(self, lesson_id: str, by: str, now_ms: int) -> bool:
        """Ends the hold on a recording; False where there is none."""
        return await self._database.write(lambda c: _release(c, lesson_id, by, now_ms)) > 0


def active_holds(connection: Connection, lesson_ids: Iterable[str], now_ms: int) -> dict[str, Hold]:
    """The holds that count now, by lesson."""
    table = schema.recording_hold
    query = select(table).where(
        table.c.lesson_id.in_(list(lesson_ids)), table.c.released_ms.is_(None), table.c.until_ms > now_ms
    )
    return {row["lesson_id"]: build(Hold, row) for row in connection.execute(query).mappings()}


def _release(connection: Connection, lesson_id: str, by: str, now_ms: int) -> int:
    table = schema.recording_hold
    statement = update(table).where(table.c.lesson_id == lesson_id, table.c.released_ms.is_(None))
    return connection.execute(statement.values(released_by=by, released_ms=now_ms)).rowcount
