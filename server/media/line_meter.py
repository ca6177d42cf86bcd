"""From transport-wide feedback to what it tells of a line, five times a second at most. Pure; time is an argument."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from server.media.congestion import Told
from server.media.least_delay import LeastDelay

EVERY_S = 0.2
STRETCH_S = 0.4
"""Rates are taken over this long: shorter, and one frame is a peak; longer, and a line that dipped looks wide."""


class _Heard(NamedTuple):
    now_s: float
    octets: int
    span_us: int
    sent_octets: int


class LineMeter:
    """One receiver's line."""

    def __init__(self) -> None:
        self._least = LeastDelay()
        self._stretch: deque[_Heard] = deque()
        self._before: _Heard | None = None
        """The last feedback that is older than the stretch."""
        self._told_s = 0.0
        self._way_us: int | None = None
        self._received = self._missing = 0

    def forget(self) -> None:
        """The way has become longer: its least delay is to be found anew."""
        self._least = LeastDelay()

    def told(self, now_s: float, figures: dict[str, int], round_trip_s: float) -> Told | None:
        """Takes one feedback (see `EventKind.TRANSPORT_FEEDBACK`); a result once enough has come together."""
        way_us = figures["least_delay_us"]
        self._way_us = way_us if self._way_us is None else min(self._way_us, way_us)
        self._received += figures["received"]
        self._missing += figures["missing"]
        self._least.observe(way_us, int(now_s * 1e9))
        heard = _Heard(now_s, figures["octets"], figures["span_us"], figures["sent_octets"])
        if self._before is None:
            self._before = heard
            return None
        self._stretch.append(heard)
        while now_s - self._stretch[0].now_s > STRETCH_S:
            self._before = self._stretch.popleft()
        return None if now_s - self._told_s < EVERY_S else self._sum_up(now_s, round_trip_s)

    def _sum_up(self, now_s: float, round_trip_s: float) -> Told:
        octets, span_us = sum(one.octets for one in self._stretch), sum(one.span_us for one in self._stretch)
        assert self._before is not None
        seconds = max(0.001, now_s - self._before.now_s)
        sent_bps = int((self._stretch[-1].sent_octets - self._before.sent_octets) * 8 / seconds)
        assert self._way_us is not None
        assert self._least.base is not None
        latest = [one for one in self._stretch if one.now_s > self._told_s]
        missing = 1000 * self._missing // max(1, self._missing + self._received)
        queue_ms = (self._way_us - self._least.base) / 1000
        self._told_s, self._way_us, self._received, self._missing = now_s, None, 0, 0
        return Told(
            now_s,
            queue_ms,
            sent_bps,
            _bps(octets, span_us),
            missing,
            round_trip_s,
            latest_bps=_bps(sum(one.octets for one in latest), sum(one.span_us for one in latest)),
        )


def _bps(octets: int, span_us: int) -> int:
    return int(octets * 8_000_000 / max(1000, span_us))
