"""Brings the database to the newest schema. Alembic is imported only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from server.store.database import Database
from server.store.errors import Conflict

HEAD = "0012"
"""The newest revision in migrations/versions; a test compares it with Alembic's own finding."""

MIGRATIONS = Path(__file__).with_name("migrations")


async def migrate(database: Database) -> bool:
    """Upgrades if needed; True if it did.

    Raises:
        Conflict: `store_newer`, the database was written by a newer version of the program.
        StoreError: the database cannot be read or written.
    """
    found = await database.read(revision)
    if found == HEAD:
        return False
    if found is not None and not any(MIGRATIONS.glob(f"versions/{found}_*.py")):
        raise Conflict("store_newer", found)
    await database.write(upgrade)
    return True


def revision(connection: Connection) -> str | None:
    """The revision the database is at, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def upgrade(connection: Connection) -> None:
    """Runs the missing migrations in the caller's transaction: all of them or none."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
