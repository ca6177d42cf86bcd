"""The clock of one lesson: milliseconds since its log was opened, going on over a restart, never back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from signaling.messages import Logged, Opened

LONGEST_GAP_MS = 6 * 3_600_000
"""A restart that seems to have taken longer is a stepped wall clock, not a pause in a lesson."""


class LessonClock:
    """Counts monotonic time on from `at_ms`."""

    def __init__(self, at_ms: int = 0, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._zero_s = monotonic_s() - at_ms / 1000

    def now_ms(self) -> int:
        """The lesson's time now."""
        return int((self._monotonic_s() - self._zero_s) * 1000)


def resumed_at_ms(events: list[Logged], wall_now: datetime) -> int:
    """Where the clock of a lesson with this log goes on: at its last event, or later by the pause since then."""
    if not events:
        return 0
    last_ms, first = events[-1].at, events[0].event
    if not isinstance(first, Opened):
        return last_ms
    since_opened_ms = int((wall_now - datetime.fromisoformat(first.wall)).total_seconds() * 1000)
    return min(max(since_opened_ms, last_ms), last_ms + LONGEST_GAP_MS)


def wall_now() -> str:
    """UTC now, RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
