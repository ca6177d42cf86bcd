"""The store on both engines: the same contract tests run on SQLite and, in `make test`, on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

from server.store.database import sqlite_url
from server.store.store import FILE_NAME, Store, open_store

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.media)]


@dataclass
class Postgres:
    """A running server in a folder of its own, reached by its socket alone."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> URL:
        return URL.create("postgresql", username="postgres", database=database, query={"host": str(self.folder)})

    def new_database(self, template: str = "template0") -> str:
        """A database nobody used, empty or a copy of `template`."""
        name = f"test{next(self.numbers)}"
        engine = create_engine(self.url("postgres").set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        return name


def _programs() -> Path:
    """Where Debian keeps the newest server's programs, which are on nobody's PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.fail("PostgreSQL is not installed: deploy/setup.sh dev installs it")
    return found[-1].parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """PostgreSQL on a socket in a temporary folder, without TCP; it refuses to run as root."""
    programs, folder = _programs(), Path(tempfile.mkdtemp(prefix="tongke-pg-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    run(f"{programs}/initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run(f"{programs}/pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", settings, "start")
    try:
        yield Postgres(folder)
    finally:
        run(f"{programs}/pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database, to be copied."""
    name = postgres.new_database()
    _migrate(tmp_path_factory.mktemp("unused"), postgres.url(name))
    return name


def _migrate(folder: Path, url: URL) -> None:
    async def migrate() -> None:
        await (await open_store(folder, url)).close()

    asyncio.run(migrate())


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL | str:
    """An empty, migrated store: on PostgreSQL its address; on SQLite nothing, and the file is in `tmp_path`."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_database"), tmp_path / FILE_NAME)
        return ""
    postgres = request.getfixturevalue("postgres")
    return postgres.url(postgres.new_database(request.getfixturevalue("migrated_postgres")))


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """A database with nothing in it, on each engine."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "empty.db")
    postgres = request.getfixturevalue("postgres")
    return postgres.url(postgres.new_database())


@pytest.fixture
async def store(store_url: URL | str, tmp_path: Path) -> AsyncIterator[Store]:
    """The store, empty, on each engine."""
    store = await open_store(tmp_path, store_url)
    yield store
    await store.close()
