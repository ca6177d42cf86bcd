"""PostgreSQL that is stopped in the middle: typed errors while it is away, and on by itself when it is back."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from server.store.errors import StoreAway
from server.store.store import open_store

pytestmark = pytest.mark.media


class Server:
    """A PostgreSQL of its own, on a socket in a temporary folder, that can be stopped and started."""

    def __init__(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        self._programs = found[-1].parent
        self.folder = Path(tempfile.mkdtemp(prefix="tongke-pg-"))
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._data = str(self.folder / "data")
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        settings = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-w", "-l", str(self.folder / "log"), "-o", settings, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [f"{self._programs}/{program}", *arguments], user=self._user, cwd="/", stdout=subprocess.DEVNULL
        )
        assert done.returncode == 0


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


async def test_a_server_that_is_away_is_a_typed_error_and_nothing_written_before_is_lost(
    server: Server, tmp_path: Path
) -> None:
    url = URL.create("postgresql", username="postgres", database="postgres", query={"host": str(server.folder)})
    store = await open_store(tmp_path, url)
    await store.settings.set("before", "kept")
    server.stop()
    for _ in range(3):
        with pytest.raises(StoreAway):
            await store.settings.get("before")
        with pytest.raises(StoreAway):
            await store.settings.set("while", "away")
    server.start()
    assert await store.settings.get("before") == "kept"
    assert await store.settings.get("while") is None
    await store.settings.set("after", "back")
    await store.close()
