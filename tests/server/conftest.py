"""Fixtures of the server's tests: a store of its own, and a town with one lesson of the timetable."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store.store import FILE_NAME, Store, open_store
from tests.server.room_server import RoomServer
from tests.server.store.county_town import BEFORE, Town, build_town


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, to be copied: migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("empty")

    async def migrate() -> None:
        await (await open_store(folder)).close()

    asyncio.run(migrate())
    return folder / FILE_NAME


@pytest.fixture
async def store(tmp_path: Path, empty_database: Path) -> AsyncIterator[Store]:
    """A new SQLite store; folders below have their own where they ask for both databases."""
    shutil.copy(empty_database, tmp_path / FILE_NAME)
    store = await open_store(tmp_path)
    yield store
    await store.close()


@pytest.fixture
async def town(store: Store) -> Town:
    """A town with one lesson, made from the timetable's second week."""
    town = await build_town(store)
    await store.timetable.save(town.county_id, town.term.id, [town.entry(weeks="2")], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    return town


@pytest.fixture
async def server(store: Store, tmp_path: Path) -> AsyncIterator[RoomServer]:
    """The rooms of a server, empty."""
    server = RoomServer(store, tmp_path / "lessons")
    await server.start()
    yield server
    await server.stop()
