"""A publisher's line: is a queue standing on it? Pure; time is an argument.

Senders without transport-wide feedback slow down only when packets are lost, after every buffer on the way is full: a
second of delay on many a village line. The abs-send-time extension shows the queue itself, as the delay over the least
one seen; this sets the REMB below what comes through until the queue is gone.
"""

from __future__ import annotations

from server.media.least_delay import LeastDelay

MS = 1_000_000
SAMPLE_EVERY_NS = 20 * MS
JUDGED_EVERY_NS = 250 * MS
STANDING_NS = 200 * MS
"""A queue this long throughout is a standing one; less may be the burst of a keyframe, or a busy server."""
GONE_NS = 100 * MS
PATIENCE = 5
"""Judgements in a row of a standing queue before the limit falls: a server that stalls for a second is none."""
LENGTH_PATIENCE = 10
"""Judgements in a row of a queue though no more came than was allowed: then the way has become longer."""
RAISE_PERCENT = 4
LEAST_BPS = 30_000
LONGEST_PAUSE_NS = 16_000 * MS
"""After more than this the send time, which wraps at 64 s, says nothing of how long the pause was."""
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
        self._last_ns = 0
        self._least = LeastDelay()
        self._least_lately: float | None = None
        self._standing = self._obeyed = 0

    def observe(self, send_time: int, arrival_ns: int) -> None:
        """One packet: its 24-bit abs-send-time (6.18 fixed point seconds) and when it came."""
        if self._last_send_time is None or arrival_ns - self._last_ns > LONGEST_PAUSE_NS:
            self._sent_ns, self._least = float(arrival_ns), LeastDelay()
        else:
            step = (send_time - self._last_send_time) % _WRAP
            self._sent_ns += (step if step < _WRAP // 2 else step - _WRAP) * _TICK_NS
        self._last_send_time, self._last_ns = send_time, arrival_ns
        delay = arrival_ns - self._sent_ns
        self._least_lately = delay if self._least_lately is None else min(self._least_lately, delay)
        self._least.observe(delay, arrival_ns)

    def judge(self, received_bps: int, cap_bps: int) -> bool:
        """Every JUDGED_EVERY_NS: what came in, and what the peer may send anyway. True: the limit has fallen."""
        least, self._least_lately = self._least_lately, None
        base = self._least.base
        if least is None or base is None:
            return False
        queue_ns = least - base
        self._standing = self._standing + 1 if queue_ns > STANDING_NS else 0
        obeys = queue_ns > STANDING_NS and self.limit_bps is not None and received_bps <= self.limit_bps * 11 // 10
        self._obeyed = self._obeyed + 1 if obeys else 0
        if self._obeyed >= LENGTH_PATIENCE:
            self._least, self._standing, self._obeyed = LeastDelay(), 0, 0
        elif self._standing >= PATIENCE:
            self._standing = 0
            self.limit_bps = max(LEAST_BPS, received_bps * 80 // 100)
            return True
        if self.limit_bps is not None and queue_ns < GONE_NS:
            raised = self.limit_bps * (100 + RAISE_PERCENT) // 100
            self.limit_bps = None if raised >= cap_bps else raised
        return False
