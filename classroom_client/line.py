"""What this end measures of its line, from aiortc's statistics. Pure: counters and times in, a message out."""

from __future__ import annotations

from typing import NamedTuple

from signaling.messages import Link


class Counters(NamedTuple):
    """Sums over all lines of one peer since it began."""

    packets: int
    lost: int
    bytes_in: int
    bytes_out: int


class LineMeter:
    """Differences of counters, and the signaling's round trip."""

    def __init__(self) -> None:
        self._rtt_ms = 0
        self._before: tuple[Counters, float] | None = None

    def heard(self, sent_ms: int, now_s: float) -> None:
        """A ping sent at `sent_ms` was answered now, both on the same clock."""
        self._rtt_ms = max(0, min(60_000, round(now_s * 1000) - sent_ms))

    def measure(self, counters: Counters, now_s: float) -> Link | None:
        """The line since the last call; None the first time, and when the peer is a new one."""
        before, self._before = self._before, (counters, now_s)
        if before is None or now_s <= before[1] or counters.packets < before[0].packets:
            return None
        old, seconds = before[0], now_s - before[1]
        lost = max(0, counters.lost - old.lost)
        expected = counters.packets - old.packets + lost
        return Link(
            rtt_ms=self._rtt_ms,
            loss_permille=min(1000, 1000 * lost // expected) if expected else 0,
            down_kbps=max(0, round((counters.bytes_in - old.bytes_in) * 8 / 1000 / seconds)),
            up_kbps=max(0, round((counters.bytes_out - old.bytes_out) * 8 / 1000 / seconds)),
        )
