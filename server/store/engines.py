"""The two engines, SQLite and PostgreSQL, and how each begins a transaction.

SQLite: write-ahead log, `synchronous=FULL` (a power cut took 500 of 500 commits with NORMAL, none with FULL), foreign
keys on, 2 s busy timeout. One thread serves reads and writes in order; at this system's rates (a few statements a
second) a second one would only add contention.

PostgreSQL: a connection a thread, readers at REPEATABLE READ, writers one at a time under an advisory lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.pool import QueuePool, StaticPool

BUSY_TIMEOUT_MS = 2_000
POSTGRESQL_THREADS = 4
CONNECT_WITHIN_S = 5
STATEMENT_WITHIN_MS = 30_000
LOCK_WITHIN_MS = 10_000
WRITERS = 0x746F6E676B65
"""The advisory lock of Tongke's writers: `tongke` in ASCII."""


class StoreEngine(Protocol):
    """What `server.store.database` needs of an engine."""

    threads: int

    def transaction(self, *, writes: bool) -> AbstractContextManager[Connection]:
        """A connection in a transaction, committed at the end unless an exception leaves it."""

    def dispose(self) -> None:
        """Closes every connection."""


def open_engine(url: URL) -> StoreEngine:
    """The engine for `url`; nothing is connected yet."""
    return PostgresqlEngine(url) if url.get_backend_name() == "postgresql" else SqliteEngine(url)


class SqliteEngine:
    """One file, one connection, one thread."""

    threads = 1

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(
            url, poolclass=StaticPool, hide_parameters=True, connect_args={"check_same_thread": False}
        )
        event.listen(self._engine, "connect", _prepare_connection)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def transaction(self, *, writes: bool) -> Iterator[Connection]:
        """IMMEDIATE for writers: a reader that turns writer would fail at once instead of waiting for the lock."""
        with self._engine.connect() as plain:
            connection = plain.execution_options(tongke_writes=writes)
            with connection.begin():
                yield connection

    def dispose(self) -> None:
        """Closes the file."""
        self._engine.dispose()


class PostgresqlEngine:
    """A database server. Connections that died while nobody used them are replaced unseen."""

    threads = POSTGRESQL_THREADS

    def __init__(self, url: URL) -> None:
        limits = f"-c statement_timeout={STATEMENT_WITHIN_MS} -c lock_timeout={LOCK_WITHIN_MS} -c timezone=UTC"
        self._engine: Engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=QueuePool,
            hide_parameters=True,
            pool_size=POSTGRESQL_THREADS,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_WITHIN_S, "options": limits, "application_name": "tongke"},
        )

    @contextmanager
    def transaction(self, *, writes: bool) -> Iterator[Connection]:
        """Writers wait for each other and then see all that was committed; the lock ends with the transaction."""
        level = "READ COMMITTED" if writes else "REPEATABLE READ"
        with self._engine.connect() as plain:
            connection = plain.execution_options(isolation_level=level)
            with connection.begin():
                if writes:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:writers)"), {"writers": WRITERS})
                yield connection

    def dispose(self) -> None:
        """Closes every connection."""
        self._engine.dispose()


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
    writes = connection.get_execution_options().get("tongke_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
