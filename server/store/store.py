"""The store: one object with a part for each concept, opened once and closed once."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url

from server.store.accounts import Accounts
from server.store.alarms import Alarms
from server.store.alerts import Alerts
from server.store.audit import AuditLog
from server.store.called import Called
from server.store.communities import Communities
from server.store.consents import Consents
from server.store.covers import Covers
from server.store.credentials import Credentials
from server.store.database import Database, sqlite_url
from server.store.deletions import Deletions
from server.store.devices import Devices
from server.store.errors import translate_os
from server.store.grid import Grids
from server.store.holds import Holds
from server.store.invitations import Invitations
from server.store.judgements import Judgements
from server.store.lessons import Lessons
from server.store.migrate import migrate
from server.store.names import Names
from server.store.outside import OutsideIdentities
from server.store.people import People
from server.store.planning import Planning
from server.store.registry import Registry
from server.store.settings import Settings
from server.store.setup import Setup
from server.store.sign_ins import SignIns
from server.store.terms import Terms
from server.store.timetable import Timetable
from server.store.wall import WallReads

FILE_NAME = "tongke.db"


class Store:
    """All that is kept besides lesson folders."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.people = People(database)
        self.communities = Communities(database)
        self.registry = Registry(database)
        self.terms = Terms(database)
        self.timetable = Timetable(database)
        self.lessons = Lessons(database)
        self.planning = Planning(database)
        self.covers = Covers(database)
        self.invitations = Invitations(database)
        self.judgements = Judgements(database)
        self.grids = Grids(database)
        self.names = Names(database)
        self.credentials = Credentials(database)
        self.called = Called(database)
        self.devices = Devices(database)
        self.alerts = Alerts(database)
        self.alarms = Alarms(database)
        self.wall = WallReads(database)
        self.settings = Settings(database)
        self.setup = Setup(database)
        self.accounts = Accounts(database)
        self.sign_ins = SignIns(database)
        self.audit = AuditLog(database)
        self.consents = Consents(database)
        self.deletions = Deletions(database)
        self.outside = OutsideIdentities(database)
        self.holds = Holds(database)

    async def close(self) -> None:
        """Closes the database. Closing twice is closing once."""
        await self.database.close()


def is_there(data_dir: Path, url: str) -> bool:
    """Whether a store was made before: a database server is taken at its word."""
    return bool(url) or (data_dir / FILE_NAME).exists()


def _make_sure_of(path: Path) -> None:
    """The file is there and its owner's alone."""
    try:
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise translate_os(error) from error


async def open_store(data_dir: Path, url: URL | str = "") -> Store:
    """The store at `url`, or for an empty one in a file of `data_dir`, brought to the newest schema first.

    Raises:
        StoreError: the file cannot be opened, is damaged, or was written by a newer version (`store_newer`).
    """
    if not url:
        path = data_dir / FILE_NAME
        _make_sure_of(path)
        url = sqlite_url(path)
    database = Database(make_url(url))
    try:
        await migrate(database)
    except BaseException:
        await database.close()
        raise
    return Store(database)
