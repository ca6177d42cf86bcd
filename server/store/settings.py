"""Small facts the server keeps about itself: text by key."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from server.store import schema
from server.store.database import Database


class Settings:
    """Text by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        """The text under `key`, if any."""
        query = select(schema.setting.c.value).where(schema.setting.c.key == key)
        return await self._database.read(lambda c: c.scalar(query))

    async def set(self, key: str, value: str) -> None:
        """Keeps `value` under `key`, in place of what was there."""
        table = schema.setting

        await self._database.write(
            lambda c: (
                c.execute(delete(table).where(table.c.key == key)),
                c.execute(insert(table), {"key": key, "value": value}),
            )
        )
