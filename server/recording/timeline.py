"""From RTP timestamps to the lesson's clock. Pure: no clock is read.

A track's RTP timestamps say exactly how far its frames are apart, on a clock of its own; the plane's estimate of each
packet's capture says where they belong on ours, with some noise and an occasional correction when a sender report
comes. So the timestamps carry the time and the estimate steers it: small errors are worked off slowly, a large one is
a new beginning.
"""

from __future__ import annotations

STEP_NS = 500_000_000
"""An error this large is not drift: the sender began anew or slept."""
SMOOTHING_NS = 500_000_000
"""An error is worked off with this time constant ..."""
STEEPEST = 10
"""... but time never runs slower or faster than by one part in this many."""


class Timeline:
    """One track's mapping. `clock_hz`: the RTP clock; `zero_ns`: the monotonic instant of the lesson's time 0."""

    __slots__ = ("_clock_hz", "_last_rtp", "_last_us", "_media_ns", "_offset_ns", "_ticks", "_zero_ns")

    def __init__(self, clock_hz: int, zero_ns: int, not_before_us: int | None = None) -> None:
        self._clock_hz = clock_hz
        self._zero_ns = zero_ns
        self._ticks = 0
        self._media_ns = 0
        self._offset_ns = 0
        self._last_rtp: int | None = None
        self._last_us = not_before_us

    def lesson_us(self, rtp: int, capture_ns: int) -> int:
        """Microseconds on the lesson's clock of the frame with timestamp `rtp`; never less than the one before.

        rtp: 32-bit timestamp, within half a wrap of the one before (RFC 3550, section 5.1).
        capture_ns: monotonic estimate of its capture.
        """
        last = self._last_rtp
        self._last_rtp = rtp
        if last is None:
            self._offset_ns = capture_ns
        else:
            delta = (rtp - last) & 0xFFFF_FFFF
            self._ticks += delta if delta < 0x8000_0000 else delta - 0x1_0000_0000
            media_ns = self._ticks * 1_000_000_000 // self._clock_hz
            elapsed = media_ns - self._media_ns
            self._media_ns = media_ns
            error = capture_ns - self._offset_ns - media_ns
            if error:
                self._offset_ns += correction(error, elapsed)
        us = (self._offset_ns + self._media_ns - self._zero_ns) // 1000
        if self._last_us is not None and us < self._last_us:
            us = self._last_us
        self._last_us = us
        return us


def correction(error_ns: int, elapsed_ns: int) -> int:
    """How much of the error is corrected after `elapsed_ns` of media."""
    if not -STEP_NS < error_ns < STEP_NS:
        return error_ns
    if elapsed_ns <= 0:
        return 0
    wanted = error_ns * elapsed_ns // SMOOTHING_NS if elapsed_ns < SMOOTHING_NS else error_ns
    most = elapsed_ns // STEEPEST
    return min(most, max(-most, wanted))
