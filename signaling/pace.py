"""How quickly parts of a board follow one another: speech must not notice. Pure; times are monotonic seconds.

One part is under way at a time. It grows while it takes no longer than a short one, and after each the line is left
alone for half as long as the part took.
"""

from __future__ import annotations

LEAST_OCTETS, MOST_OCTETS = 1_200, 128 * 1024
FAST_S = 0.15
"""A part that is there so soon says that the line is a good one."""
REST = 0.5
LEAST_SLOWER, MUCH_SLOWER = 1.4, 2.0
"""How much longer than the quickest part one may take and the next may still grow; and when it must shrink."""


class Pace:
    """`octets`: how much the next part may weigh."""

    def __init__(self) -> None:
        self.octets = LEAST_OCTETS
        self._quickest_s: float | None = None
        self._sent_s: float | None = None
        self._rests_until_s = 0.0

    def due_s(self, now_s: float) -> float | None:
        """Seconds until the next part may be sent; None while one is under way."""
        return None if self._sent_s is not None else max(0.0, self._rests_until_s - now_s)

    def sent(self, now_s: float) -> None:
        """A part leaves."""
        self._sent_s = now_s

    def came(self, now_s: float) -> None:
        """The part has come."""
        if self._sent_s is None:
            return
        took_s, self._sent_s = now_s - self._sent_s, None
        self._quickest_s = took_s if self._quickest_s is None else min(self._quickest_s, took_s)
        self._rests_until_s = now_s if took_s < FAST_S else now_s + REST * took_s
        if took_s < FAST_S:
            self.octets = min(MOST_OCTETS, 2 * self.octets)
        elif took_s > MUCH_SLOWER * self._quickest_s:
            self.octets = max(LEAST_OCTETS, self.octets // 2)
        elif took_s < LEAST_SLOWER * self._quickest_s:
            self.octets = min(MOST_OCTETS, self.octets + LEAST_OCTETS)
