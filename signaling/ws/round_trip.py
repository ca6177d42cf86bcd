"""How long a line's answers take (web/src/signaling/roundTrip.ts)."""

from __future__ import annotations

from collections import deque

RECENT = 8
"""So many answers say how short a line is: 16 s of them."""
SHORTEST_S = 0.001


class RoundTrip:
    """A line's round trip in seconds, 0 while unknown. `smoothed_s` as in RFC 6298, section 2."""

    def __init__(self) -> None:
        self.smoothed_s = 0.0
        self._recent: deque[float] = deque(maxlen=RECENT)

    @property
    def shortest_s(self) -> float:
        """The quickest of the latest answers: what stood behind a cut makes no line long."""
        return min(self._recent, default=0.0)

    def took(self, seconds: float) -> None:
        """An answer took so long."""
        seconds = max(SHORTEST_S, seconds)
        before_s = self.smoothed_s or seconds
        self.smoothed_s = before_s + (seconds - before_s) / 8
        self._recent.append(seconds)
