"""The store: one object with a part for each concept, opened once and closed once."""

from __future__ import annotations

from pathlib import Path

from server.store.accounts import Accounts
from server.store.audit import AuditLog
from server.store.communities import Communities
from server.store.credentials import Credentials
from server.store.database import Database, sqlite_url
from server.store.devices import Devices
from server.store.lessons import Lessons
from server.store.migrate import migrate
from server.store.people import People
from server.store.settings import Settings
from server.store.sign_ins import SignIns

FILE_NAME = "tongke.db"


class Store:
    """All that is kept besides lesson folders."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.people = People(database)
        self.communities = Communities(database)
        self.lessons = Lessons(database)
        self.credentials = Credentials(database)
        self.devices = Devices(database)
        self.settings = Settings(database)
        self.accounts = Accounts(database)
        self.sign_ins = SignIns(database)
        self.audit = AuditLog(database)

    async def close(self) -> None:
        """Closes the database. Closing twice is closing once."""
        await self.database.close()


async def open_store(data_dir: Path) -> Store:
    """The store in `data_dir`, created or brought to the newest schema first.

    Raises:
        StoreError: the file cannot be opened, is damaged, or was written by a newer version (`store_newer`).
    """
    path = data_dir / FILE_NAME
    path.touch(mode=0o600, exist_ok=True)
    database = Database(sqlite_url(path))
    try:
        await migrate(database)
    except BaseException:
        await database.close()
        raise
    return Store(database)
