"""One SQLAlchemy engine behind one thread: the event loop never waits for a disk.

SQLite: write-ahead log, `synchronous=FULL` (a power cut took 500 of 500 commits with NORMAL, none with FULL), foreign
keys on, 2 s busy timeout. One thread serves reads and writes in order; at this system's rates (a few statements a
second) a second one would only add contention. Why not SQLAlchemy's asyncio extension: docs/decisions/0008.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from server.store.errors import translate

T = TypeVar("T")

BUSY_TIMEOUT_MS = 2_000


def sqlite_url(path: Path) -> URL:
    """The address of a SQLite file."""
    return URL.create("sqlite+pysqlite", database=str(path))


class Database:
    """Runs functions of one connection, each in one transaction, on the store's thread."""

    def __init__(self, url: URL) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        self._closed = False
        event.listen(self._engine, "connect", _prepare_connection)
        event.listen(self._engine, "begin", _begin)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, from one consistent snapshot.

        Raises:
            StoreError: the database did not answer; nothing changed.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work, False)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, after its changes are on disk. An exception in `work` undoes them.

        Raises:
            StoreError: the database refused; nothing changed.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work, True)

    async def close(self) -> None:
        """Ends the thread after what it still has to do. Closing twice is closing once."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()

    def _run(self, work: Callable[[Connection], T], writes: bool) -> T:
        try:
            with self._engine.connect() as plain:
                connection = plain.execution_options(tongke_writes=writes)
                with connection.begin():
                    return work(connection)
        except DBAPIError as error:
            raise translate(error) from error


def _prepare_connection(connection: Any, _record: object) -> None:
    """Takes transaction control from the driver (isolation_level None) and sets the pragmas."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """IMMEDIATE for writers: a reader that turns writer would fail at once instead of waiting for the lock."""
    writes = connection.get_execution_options().get("tongke_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
