"""Clocks: when a packet was captured, and the one RTP timeline of a slot. Pure; every time is an argument.

Publishers' wall clocks differ by seconds. Forwarding their NTP times would break lip sync at every change of what a
slot shows, so each slot has one timeline and its sender reports carry this server's clock (RFC 7667, section 3.7, lets
a forwarder present streams as its own).
"""

from __future__ import annotations

from server.media.rtp import timestamp_difference

SECOND_NS = 1_000_000_000
NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900, where NTP starts, to 1970."""


def ntp_from_ns(unix_ns: int) -> int:
    """64-bit NTP timestamp (32.32 seconds since 1900) of a UNIX time in nanoseconds."""
    seconds, rest = divmod(unix_ns, SECOND_NS)
    return (seconds + NTP_EPOCH_S) << 32 & 0xFFFFFFFF_FFFFFFFF | (rest << 32) // SECOND_NS


def ns_from_ntp(ntp: int) -> int:
    """Nanoseconds on the sender's clock; only differences mean something."""
    return (ntp >> 32) * SECOND_NS + ((ntp & 0xFFFFFFFF) * SECOND_NS >> 32)


class SenderClock:
    """One peer's NTP clock on ours: the least (arrival - NTP) over its sender reports of the last minute.

    One clock for all sources of a peer: whatever error it has, its sound and picture share. The window lets the
    estimate follow a clock that runs fast or slow by up to some hundred parts in a million. A better estimate is taken
    over slowly: the reports of a sound and of its picture are sent at different instants, and their lips must match.
    """

    WINDOW_NS = 30 * SECOND_NS
    SLEW_PER_S = 0.04

    def __init__(self) -> None:
        self._now: int | None = None
        self._before: int | None = None
        self._since_ns = 0
        self._offset_ns = 0
        self._observed_ns = 0

    def observe(self, ntp_ns: int, arrival_ns: int) -> None:
        """Takes one sender report: `ntp_ns` on the sender's clock came at `arrival_ns` on ours."""
        offset = arrival_ns - ntp_ns
        if self._now is None or abs(offset - self._offset_ns) > SECOND_NS:
            self._now, self._before, self._since_ns = offset, None, arrival_ns
            self._offset_ns = offset
        elif arrival_ns - self._since_ns > self.WINDOW_NS:
            self._before, self._now, self._since_ns = self._now, offset, arrival_ns
        else:
            self._now = min(self._now, offset)
        best = self._now if self._before is None else min(self._now, self._before)
        most = int((arrival_ns - self._observed_ns) * self.SLEW_PER_S)
        self._offset_ns += max(-most, min(most, best - self._offset_ns))
        self._observed_ns = arrival_ns

    def offset_ns(self) -> int:
        """What to add to the sender's clock to get ours; 0 before the first report."""
        return self._offset_ns


class MediaClock:
    """RTP timestamps of one source, as instants on our clock."""

    def __init__(self, clock_hz: int, sender: SenderClock) -> None:
        self.clock_hz = clock_hz
        self._sender = sender
        self._rtp = 0
        self._ntp_ns: int | None = None
        self._arrival_ns: int | None = None

    def report(self, ntp: int, rtp: int, arrival_ns: int) -> None:
        """Takes a sender report of this source."""
        self._ntp_ns, self._rtp = ns_from_ntp(ntp), rtp
        self._sender.observe(self._ntp_ns, arrival_ns)

    @property
    def known(self) -> bool:
        """Whether a sender report has come."""
        return self._ntp_ns is not None

    def reset(self) -> None:
        """The source began anew: its timestamps mean something else."""
        self._ntp_ns = self._arrival_ns = None

    def captured_ns(self, rtp: int, arrival_ns: int) -> int:
        """When `rtp` was captured, on our clock; counted from the first arrival until a sender report has come."""
        if self._ntp_ns is not None:
            start = self._ntp_ns + self._sender.offset_ns()
        else:
            if self._arrival_ns is None:
                self._arrival_ns, self._rtp = arrival_ns, rtp
            start = self._arrival_ns
        return start + timestamp_difference(rtp, self._rtp) * SECOND_NS // self.clock_hz


class SlotTimeline:
    """The one RTP timeline of a slot: it never goes back, and runs with our clock across every change of source."""

    LEAST_STEP_S = 0.010

    def __init__(self, base: int, started_ns: int) -> None:
        self._base = base
        self._started_ns = started_ns

    def at(self, instant_ns: int, clock_hz: int) -> int:
        """The slot's RTP timestamp of an instant on our clock."""
        return self._base + (instant_ns - self._started_ns) * clock_hz // SECOND_NS & 0xFFFFFFFF

    def offset(self, rtp: int, captured_ns: int, clock_hz: int, last: int | None) -> int:
        """What to add to a new source's timestamps so that `rtp`, captured at `captured_ns`, falls on the timeline.

        last: the timestamp sent last, or None; the new one comes at least 10 ms after it.
        """
        wanted = self.at(captured_ns, clock_hz)
        if last is not None:
            step = int(self.LEAST_STEP_S * clock_hz)
            if timestamp_difference(wanted, last) < step:
                wanted = last + step
        return wanted - rtp & 0xFFFFFFFF
