"""SQLite where nothing can be written: a typed error and words before anything is served, and nothing is touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from server.exits import IO_ERROR, explain
from server.store.errors import StoreReadOnly
from server.store.store import FILE_NAME, open_store
from server.texts import Texts
from tests.server.own_mounts import read_only, with_mounts


@pytest.mark.media
@with_mounts
async def test_a_database_that_cannot_be_written_is_refused_in_words_and_opens_again_afterwards(
    tmp_path: Path, empty_database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / FILE_NAME
    shutil.copy(empty_database, database)
    before = database.read_bytes()
    for what in (tmp_path, database):
        with read_only(what), pytest.raises(StoreReadOnly) as refused:
            await open_store(tmp_path)
        assert explain(refused.value, Texts("en")) == IO_ERROR
        assert "The database file cannot be written. Check the permissions" in capsys.readouterr().err
    assert database.read_bytes() == before
    await (await open_store(tmp_path)).close()
