"""The least delay seen lately: what a packet's way takes while no queue stands on it. Pure.

Only differences of delays mean anything: two clocks are compared, and they may drift apart.
"""

from __future__ import annotations

WINDOW_NS = 30_000_000_000
"""The least delay is taken over one to two of these, so that clocks may drift and routes change."""


class LeastDelay:
    """`base` is the least delay of this and the last window, in the unit that is put in; None before the first."""

    def __init__(self) -> None:
        self._window_ns = 0
        self._now: float | None = None
        self._before: float | None = None

    @property
    def base(self) -> float | None:
        """The least of both windows."""
        if self._now is None or self._before is None:
            return self._now
        return min(self._now, self._before)

    def observe(self, delay: float, now_ns: int) -> None:
        """One more packet's delay."""
        if self._now is None:
            self._now, self._window_ns = delay, now_ns
        elif now_ns - self._window_ns > WINDOW_NS:
            self._before, self._now, self._window_ns = self._now, delay, now_ns
        else:
            self._now = min(self._now, delay)
