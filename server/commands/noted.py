"""What an operator does at the command line, in the audit log before it is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from server.audit.chain import Entry, Outcome
from server.config import Config
from server.permissions import Action
from server.store.store import is_there, open_store


def note(config: Config, what: Action, outcome: Outcome, code: str) -> Callable[[str], None]:
    """Writes that this is about to be done with what is named.

    A data directory without a database, such as recordings that were copied elsewhere, has no log to write into.

    Raises:
        StoreError: it is not on disk; what it tells of must not be done.
    """

    def write(about: str) -> None:
        now_ms = time.time_ns() // 1_000_000
        entry = Entry(now_ms, "", "operator", what, outcome, about=about, code=code)
        if is_there(config.data_dir, config.store.url):
            asyncio.run(_append(config, entry))

    return write


async def _append(config: Config, entry: Entry) -> None:
    store = await open_store(config.data_dir, config.store.url)
    try:
        await store.audit.append([entry])
    finally:
        await store.close()
