"""Keeps recordings no longer than allowed: a look every hour, at start-up first, and once asked.

For one recording: the deletion is written down (from then on it is hidden), its files are counted, deleted, and looked
for again; only when nothing is left is it done, with a row in the audit log. A crash in between leaves it `deleting`,
and the next look goes on. Every look also checks that what was deleted stayed so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from server.audit.chain import Entry
from server.privacy import files
from server.recording.package import being_written
from server.store.deletions import Deletion, Kept
from server.store.errors import StoreError
from server.store.store import Store

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 3600.0


class Publications(Protocol):
    """What deleting must know of the library's jobs."""

    def give_up(self, lesson_id: str) -> bool:
        """Nothing of this recording is published any more; False while that is just being done."""


class RecordingKeeper:
    """Deletes what is due. `clock` is UTC in milliseconds."""

    def __init__(self, store: Store, lessons_dir: Path, publications: Publications, clock: Callable[[], int]) -> None:
        self._store = store
        self._lessons = lessons_dir
        self._publications = publications
        self._clock = clock
        self.failed = False
        """Whether the last look did not do what was due."""

    async def run(self) -> None:
        """Looks until cancelled. A database or a disk that is away is asked again at the next look."""
        while True:
            try:
                self.failed = False
                await self.look(self._clock())
            except (StoreError, OSError) as error:
                self.failed = True
                log.warning("recordings not looked through", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, now_ms: int) -> None:
        """Deletes everything that is due at `now_ms`, and what came back after it was deleted.

        Raises:
            StoreError, OSError: what was done before that stays done.
        """
        for kept in await self.kept(now_ms):
            if kept.judged and kept.hold is None and kept.delete_ms <= now_ms:
                await self._store.deletions.ask([kept.lesson_id], "retention", None, None, now_ms, now_ms)
        for deletion in await self._store.deletions.to_do(now_ms):
            await self._try(deletion, now_ms)
        for deletion in await self._store.deletions.done():
            if await asyncio.to_thread(files.is_back, self._folder(deletion)):
                log.error("deleted recording is back", lesson=deletion.lesson_id)
                await self._try(deletion, now_ms)

    async def kept(self, now_ms: int) -> list[Kept]:
        """Every recording that is there, of every county, the first to go first."""
        return await self._store.deletions.kept(await asyncio.to_thread(files.recorded, self._lessons), now_ms)

    async def _try(self, deletion: Deletion, now_ms: int) -> None:
        """Deletes one recording; a disk that refuses does not keep the others."""
        try:
            await self._delete(deletion, now_ms)
        except OSError as error:
            self.failed = True
            log.error("recording not deleted", lesson=deletion.lesson_id, errno=error.errno)

    async def _delete(self, deletion: Deletion, now_ms: int) -> None:
        folder = self._folder(deletion)
        if (folder.is_dir() and being_written(folder)) or not self._publications.give_up(deletion.lesson_id):
            return
        found = await asyncio.to_thread(files.measure, folder) if folder.is_dir() else files.Found(0, 0)
        if not await self._store.deletions.begin(deletion.id, found.files, found.bytes, now_ms):
            return
        await asyncio.to_thread(files.delete, folder)
        if not await asyncio.to_thread(files.is_gone, folder):
            self.failed = True
            log.error("recording not deleted", lesson=deletion.lesson_id, errno=None)
            return
        await self._store.audit.append([_entry(deletion, now_ms)])
        await self._store.deletions.finish(deletion.id, now_ms)
        log.info("recording deleted", lesson=deletion.lesson_id, cause=deletion.cause)

    def _folder(self, deletion: Deletion) -> Path:
        return self._lessons / deletion.lesson_id


def _entry(deletion: Deletion, now_ms: int) -> Entry:
    return Entry(
        at_ms=now_ms,
        who=deletion.asked_by or "",
        role="" if deletion.asked_by else "server",
        what="recordings.change",
        outcome="changed",
        about=deletion.lesson_id,
        code=f"deleted_{deletion.cause}",
    )
