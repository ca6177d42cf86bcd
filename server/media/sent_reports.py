"""When each sender report left, so that a receiver's report tells the round trip (RFC 3550, section 6.4.1). Pure."""

from __future__ import annotations

from server.media import rtcp

REMEMBERED = 16


class SentReports:
    """Of one route, by the middle 32 bits of their NTP time."""

    def __init__(self) -> None:
        self._sent_ns: dict[int, int] = {}

    def sent(self, middle: int, now_ns: int) -> None:
        """A report leaves now."""
        if len(self._sent_ns) >= REMEMBERED:
            del self._sent_ns[next(iter(self._sent_ns))]
        self._sent_ns[middle] = now_ns

    def round_trip_us(self, block: rtcp.ReportBlock, now_ns: int) -> int:
        """From a receiver's report; 0 if it answers no report of ours."""
        sent_ns = self._sent_ns.get(block.last_sr)
        if sent_ns is None:
            return 0
        return max(1, (now_ns - sent_ns) // 1000 - block.delay * 1_000_000 // 65536)
