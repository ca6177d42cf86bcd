"""What is SQLite's own: the file, its pragmas, and what can be wrong with it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store.errors import Conflict, StoreDamaged, StoreError
from server.store.migrate import migrate
from server.store.store import FILE_NAME, Store, open_store

NOW = 1_800_000_000_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Of a file that was not there before."""
    store = await open_store(tmp_path)
    yield store
    await store.close()


async def test_sqlite_runs_in_wal_with_full_sync_and_foreign_keys(store: Store) -> None:
    def pragmas(connection: object) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]  # type: ignore[attr-defined]

    assert await store.database.read(pragmas) == ["wal", 2, 1, 2000]


async def test_a_second_open_finds_what_the_first_wrote_and_migrates_nothing(tmp_path: Path) -> None:
    first = await open_store(tmp_path)
    county_id = await first.people.add_county("县", "Asia/Shanghai", NOW)
    await first.close()
    await first.close()
    second = await open_store(tmp_path)
    assert await migrate(second.database) is False
    assert await second.people.time_zone(county_id) == "Asia/Shanghai"
    await second.close()


async def test_a_database_of_a_newer_program_is_refused_by_name(tmp_path: Path) -> None:
    await (await open_store(tmp_path)).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(Conflict) as refused:
        await open_store(tmp_path)
    assert refused.value.code == "store_newer"


async def test_a_file_that_is_no_database_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all, just text" * 100)
    with pytest.raises(StoreDamaged):
        await open_store(tmp_path)


async def test_a_folder_that_is_gone_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises((StoreError, OSError)):
        await open_store(tmp_path / "nowhere")


async def test_the_database_file_is_readable_by_its_owner_only(store: Store, tmp_path: Path) -> None:
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
