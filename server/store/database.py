"""One SQLAlchemy engine behind threads of its own: the event loop never waits for a disk or a database server.

Work is a function of one connection, run in one transaction. Whatever the engine, writers take turns, so that what a
writer read is still so when it writes; readers see one snapshot. Why not SQLAlchemy's asyncio extension, and why this
way with PostgreSQL: docs/decisions/0008 and 0009.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError

from server.store.engines import open_engine
from server.store.errors import translate

T = TypeVar("T")


def sqlite_url(path: Path) -> URL:
    """The address of a SQLite file."""
    return URL.create("sqlite+pysqlite", database=str(path))


class Database:
    """Runs functions of one connection, each in one transaction, on the store's threads.

    url: `sqlite+pysqlite:...` or `postgresql+psycopg:...`.
    """

    def __init__(self, url: URL) -> None:
        self._engine = open_engine(url)
        self._threads = ThreadPoolExecutor(self._engine.threads, thread_name_prefix="store")
        self._closed = False
        self.revision = object()
        """Another one after each write of this process, but those that were made aside."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, from one consistent snapshot.

        Raises:
            StoreError: the database did not answer; nothing changed.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work, False)

    async def write(self, work: Callable[[Connection], T], *, aside: bool = False) -> T:
        """What `work` returns, after its changes are on disk. An exception in `work` undoes them.

        aside: nothing that is remembered by `revision` tells of what is written, as of devices' reports.

        Raises:
            StoreError: the database refused; nothing changed.
        """
        run = self._run if aside else self._run_and_revise
        return await asyncio.get_running_loop().run_in_executor(self._threads, run, work, True)

    async def close(self) -> None:
        """Ends the threads after what they still have to do. Closing twice is closing once."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        self._engine.dispose()

    def _run(self, work: Callable[[Connection], T], writes: bool) -> T:
        try:
            with self._engine.transaction(writes=writes) as connection:
                return work(connection)
        except DBAPIError as error:
            raise translate(error) from error

    def _run_and_revise(self, work: Callable[[Connection], T], writes: bool) -> T:
        """In the thread that commits: a caller that was cancelled meanwhile would not say that something changed."""
        try:
            return self._run(work, writes)
        finally:
            self.revision = object()
