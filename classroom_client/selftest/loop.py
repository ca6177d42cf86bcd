"""From our own loudspeaker back through our own microphone: is it heard, how late, and how much echo is left.

As the pages do (web/src/selftest/listen.ts): six chirps; the canceller learns the room from the first four.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, Final, NamedTuple

import numpy as np

from classroom_client.playout import RATE_HZ
from classroom_client.selftest.sound import FLOOR_DB, Found, Samples, chirp, decibels, find_chirp
from classroom_client.selftest.tasting import Tasting

CHIRPS: Final = 6
LEARNED: Final = 4
LISTENS_S: Final = 0.7
BETWEEN_S: Final = 0.12
LOUD: Final = 0.35
HEARD_DB: Final = 17.0
"""Below this a correlation is chance (server/devices/verdict.py has the same limit)."""


class Whistle:
    """Lays chirps over what the loudspeaker plays; `over` is called by whoever fills it."""

    def __init__(self) -> None:
        self._left: Samples = np.empty(0, np.float32)
        self._began_s: float | None = None
        self._lock = threading.Lock()

    def blow(self) -> None:
        """One chirp, as soon as the loudspeaker asks for more."""
        with self._lock:
            self._left, self._began_s = (LOUD * chirp(RATE_HZ)).astype(np.float32), None

    @property
    def began_s(self) -> float | None:
        """When the last chirp was given to the loudspeaker, monotonic seconds; None: nobody has asked for it."""
        with self._lock:
            return self._began_s

    def over(self, samples: Samples) -> Samples:
        """These samples, and what is left of a chirp."""
        with self._lock:
            if self._left.size == 0:
                return samples
            if self._began_s is None:
                self._began_s = time.monotonic()
            now, self._left = self._left[: samples.size], self._left[samples.size :]
        mixed = samples.copy()
        mixed[: now.size] += now
        return mixed


class Heard(NamedTuple):
    """A chirp that came back. delay_ms: after it was given to the loudspeaker."""

    found: Found
    delay_ms: int


async def loop_figures(whistle: Whistle, tasting: Tasting) -> dict[str, Any]:
    """Chirps and listens, about five seconds; the figures of a `LoopHeard` (server/devices/measurements.py)."""
    before: list[Heard] = []
    after: list[Found] = []
    for _ in range(CHIRPS):
        tasting.take("audio"), tasting.take("cleaned")
        whistle.blow()
        await asyncio.sleep(LISTENS_S)
        began_s = whistle.began_s
        if began_s is None:
            return {"played": False}
        raw, cleaned = tasting.take("audio"), tasting.take("cleaned")
        found = find_chirp(raw.samples, raw.rate_hz)
        left = find_chirp(cleaned.samples, cleaned.rate_hz)
        if found is not None:
            before.append(Heard(found, round(1000 * (raw.since_s + found.at_s - began_s))))
        if left is not None:
            after.append(left)
        await asyncio.sleep(BETWEEN_S)
    return summary(before, after)


def summary(before: list[Heard], after: list[Found]) -> dict[str, Any]:
    """What all chirps together say. The loop's delay is that of the chirp heard best."""
    if not before:
        return {"played": True, "heard_db": 0.0}
    best = max(before, key=lambda each: each.found.heard_db)
    figures: dict[str, Any] = {"played": True, "heard_db": best.found.heard_db}
    if best.found.heard_db >= HEARD_DB:
        figures["delay_ms"] = max(0, best.delay_ms)
        echo = _echo_left([each.found for each in before[LEARNED:]], after[LEARNED:])
        if echo is not None:
            figures["echo_db"] = echo
    return figures


def _echo_left(before: list[Found], after: list[Found]) -> float | None:
    """How much of the chirp is left behind the canceller, in dB against before it; None when nothing was heard."""
    total = sum(each.peak for each in before)
    if not after or total == 0:
        return None
    return max(FLOOR_DB, decibels(sum(each.peak for each in after) / total))
