"""What goes into the audit log, and when: changes and sights before the answer, refusals counted and soon after.

A refusal costs its sender nothing, so it must cost the server next to nothing: equal ones are counted in memory and
written as one row, those of somebody signed in within seconds, those of strangers within ten minutes. A recording is
watched in hundreds of requests: one sight in a quarter of an hour is one row. All memory is bounded.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

import structlog
from msgspec import structs

from server.audit.chain import Entry
from server.store.errors import StoreError

log = structlog.get_logger(__name__)

Append = Callable[[Sequence[Entry]], Awaitable[object]]

SAME_SIGHT_MS = 15 * 60_000
SIGHTS = 4_096
REFUSALS = 256
WRITTEN_AFTER_MS = 5_000
STRANGERS_WRITTEN_AFTER_MS = 600_000
LOOK_EVERY_S = 5.0


class Trail:
    """Writes entries through `append`, which returns when they are on disk. `clock` is UTC in milliseconds."""

    def __init__(self, append: Append, clock: Callable[[], int]) -> None:
        self._append = append
        self._clock = clock
        self._sights: OrderedDict[tuple[str, str, str], int] = OrderedDict()
        self._refusals: dict[Entry, tuple[int, int]] = {}

    async def write(self, entry: Entry) -> None:
        """Writes one entry now.

        Raises:
            StoreError: it is not on disk; what it tells of must not be answered as done.
        """
        await self._append([entry])

    async def seen(self, entry: Entry) -> None:
        """Writes that somebody looks at something, unless she did so in the last quarter of an hour.

        Raises:
            StoreError: it is not on disk; the thing must not be shown.
        """
        key = (entry.who, entry.what, entry.about)
        last_ms = self._sights.get(key)
        if last_ms is not None and 0 <= entry.at_ms - last_ms < SAME_SIGHT_MS:
            return
        await self._append([entry])
        self._sights[key] = entry.at_ms
        self._sights.move_to_end(key)
        if len(self._sights) > SIGHTS:
            self._sights.popitem(last=False)

    def refused(self, entry: Entry) -> None:
        """Counts a refusal; where there are too many different ones, by network only, then all together."""
        for kind in (entry, _vaguer(entry), structs.replace(_vaguer(entry), network="")):
            key = structs.replace(kind, at_ms=0)
            if key in self._refusals or len(self._refusals) < REFUSALS or not kind.network:
                first_ms, times = self._refusals.get(key, (entry.at_ms, 0))
                self._refusals[key] = (first_ms, times + 1)
                return

    async def flush(self, everything: bool = True) -> None:
        """Writes the refusals counted so far, or only those that waited long enough.

        Raises:
            StoreError: they are not on disk, and are kept for the next time.
        """
        now_ms = self._clock()
        due = [key for key, (first_ms, _) in self._refusals.items() if everything or now_ms - first_ms >= _wait(key)]
        counted = {key: self._refusals.pop(key) for key in due}
        try:
            rows = [structs.replace(key, at_ms=first, times=times) for key, (first, times) in counted.items()]
            await self._append(sorted(rows, key=lambda row: row.at_ms))
        except StoreError:
            self._refusals = counted | self._refusals
            raise

    async def run(self) -> None:
        """Writes what is due every few seconds, and everything when cancelled."""
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                await self._try_flush(everything=False)
        finally:
            await self._try_flush(everything=True)

    async def _try_flush(self, everything: bool) -> None:
        try:
            await self.flush(everything)
        except StoreError as error:
            log.error("audit not written", code=error.code, error=str(error))


def _wait(entry: Entry) -> int:
    return WRITTEN_AFTER_MS if entry.who else STRANGERS_WRITTEN_AFTER_MS


def _vaguer(entry: Entry) -> Entry:
    return structs.replace(entry, who="", role="", what="many", about="", code="")
