"""The pauses between attempts, the time that each has, and what ends either before (docs/protocol.md, P73)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from signaling.ws.backoff import attempt_s, pause_s, stale_s
from signaling.ws.round_trip import RoundTrip


class Attempts:
    """One line after the other. chance: for the jitter."""

    def __init__(self, round_trip: RoundTrip, chance: Callable[[], float]) -> None:
        self._round_trip = round_trip
        self._chance = chance
        self._failures = 0
        self._stood = False
        self._heard_s = float("-inf")
        self._since_s = 0.0
        self._limit: asyncio.Timeout | None = None
        """Of the step that is under way."""
        self._pausing = False
        self._sign = asyncio.Event()

    @property
    def first(self) -> bool:
        """No attempt has failed since the line stood."""
        return self._failures == 0

    @asynccontextmanager
    async def step(self) -> AsyncIterator[None]:
        """One step of an attempt: opening, or waiting for the welcome. Raises TimeoutError when its time is over."""
        self._sign.clear()
        self._since_s = _now()
        async with asyncio.timeout(attempt_s(self._failures, self._round_trip.shortest_s)) as self._limit:
            try:
                yield
            finally:
                self._limit = None

    def welcomed(self) -> None:
        """The line stands."""
        self._failures = 0
        self._stood = True

    async def pause(self) -> None:
        """The line is gone, or never came to stand: waits, with jitter, until a sign of life at most."""
        self._failures += not self._stood
        self._stood = False
        self._pausing = True
        try:
            async with asyncio.timeout(pause_s(self._failures, self._chance())):
                await self._sign.wait()
        except TimeoutError:
            return
        finally:
            self._pausing = False

    def sign(self) -> None:
        """A sign of life: a pause ends at once, and so does what has hung for longer than the line is long."""
        if self._pausing:
            self._sign.set()
            return
        limit, age_s = self._limit, _now() - self._since_s
        if limit is not None and not limit.expired() and age_s >= stale_s(self._round_trip.shortest_s):
            self._sign.set()
            self._limit = None
            limit.reschedule(_now())

    def heard(self) -> None:
        """Media arrives: while an attempt is under way, a sign of life only where it had ceased before."""
        came = self._limit is None or self._heard_s < self._since_s
        self._heard_s = _now()
        if came:
            self.sign()


def _now() -> float:
    return asyncio.get_running_loop().time()
