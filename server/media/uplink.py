"""A publisher's line: is a queue standing on it? Pure; time is an argument.

Senders without transport-wide feedback slow down only when packets are lost, after every buffer on the way is full: a
second of delay on many a village line. The abs-send-time extension shows the queue itself, as the delay over the least
one seen; this sets the REMB below what comes through until the queue is gone.
"""

from __future__ import annotations

MS = 1_000_000
WINDOW_NS = 30_000 * MS
"""The least delay is taken over one to two of these, so that clocks may drift apart."""
SAMPLE_EVERY_NS = 20 * MS
STANDING_NS = 200 * MS
"""A queue this long throughout a second is a standing one; less may be the burst of a keyframe, or a busy server."""
GONE_NS = 100 * MS
PATIENCE = 2
"""Seconds in a row with a standing queue before the limit falls."""
LEAST_BPS = 60_000
_WRAP = 1 << 24
_TICK_NS = 1_000_000_000 / (1 << 18)


class Uplink:
    """`limit_bps` is what the peer should send at most; None while no queue was seen.

    `next_sample_ns` is kept by whoever calls `observe`: the next packet worth looking at.
    """

    def __init__(self) -> None:
        self.limit_bps: int | None = None
        self.next_sample_ns = 0
        self._sent_ns = 0.0
        self._last_send_time: int | None = None
        self._window_ns = 0
        self._least_now: float | None = None
        self._least_before: float | None = None
        self._second: float | None = None
        self._bad_seconds = 0

    def observe(self, send_time: int, arrival_ns: int) -> None:
        """One packet: its 24-bit abs-send-time (6.18 fixed point seconds) and when it came."""
        if self._last_send_time is None:
            self._sent_ns, self._window_ns = float(arrival_ns), arrival_ns
        else:
            step = (send_time - self._last_send_time) % _WRAP
            self._sent_ns += (step if step < _WRAP // 2 else step - _WRAP) * _TICK_NS
        self._last_send_time = send_time
        delay = arrival_ns - self._sent_ns
        self._second = delay if self._second is None else min(self._second, delay)
        if arrival_ns - self._window_ns > WINDOW_NS:
            self._least_before, self._least_now, self._window_ns = self._least_now, delay, arrival_ns
        else:
            self._least_now = delay if self._least_now is None else min(self._least_now, delay)

    def second(self, received_bps: int, cap_bps: int) -> None:
        """Once a second: what came in, and what the peer may send anyway."""
        least, self._second = self._second, None
        if least is None or self._least_now is None:
            return
        base = self._least_now if self._least_before is None else min(self._least_now, self._least_before)
        queue_ns = least - base
        self._bad_seconds = self._bad_seconds + 1 if queue_ns > STANDING_NS else 0
        if self._bad_seconds >= PATIENCE:
            self.limit_bps = max(LEAST_BPS, received_bps * 80 // 100)
        elif self.limit_bps is not None and queue_ns < GONE_NS:
            raised = self.limit_bps * 106 // 100
            self.limit_bps = None if raised >= cap_bps else raised
