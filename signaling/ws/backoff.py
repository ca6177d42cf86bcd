"""How long a client waits before it tries again, and how long it tries and listens (docs/protocol.md, P73).

The pages do the same: web/src/signaling/backoff.ts.
"""

from __future__ import annotations

BACKOFF_FROM_S = 0.2
BACKOFF_TO_S = 1.5
ATTEMPT_S = 2.0
ATTEMPT_ROUND_TRIPS = 8
"""TCP, TLS and the upgrade, and room for two losses: a new attempt would begin with TCP again."""
LONGEST_ATTEMPT_S = 6.0
LONG_LINE_S = 0.15
"""A round trip from which on a line is a long one."""
STALE_S = 1.0
"""A sign of life ends an attempt that hangs for so long: TCP asks again only after 1, 3 and 7 s."""
STALE_ROUND_TRIPS = 4
"""On a long line it may be on its way still."""
SILENT_S = 4.0
SILENT_ROUND_TRIPS = 4
"""TCP that lost something is silent for some of them."""
LONGEST_SILENT_S = 12.0
"""And while media packets come: the line stands then, and what was sent by TCP is on its way."""


def pause_s(failures: int, chance: float) -> float:
    """How long to wait after so many failed attempts in a row; chance: 0 to 1, so that not all come in one instant."""
    longest = min(BACKOFF_TO_S, BACKOFF_FROM_S * 2.0 ** min(failures + 1, 8))
    return BACKOFF_FROM_S + (longest - BACKOFF_FROM_S) * chance


def attempt_s(failures: int, round_trip_s: float) -> float:
    """How long an attempt may take after so many failed ones in a row; round_trip_s: as it was last, 0 where unknown.

    On a short line it hangs because something was lost, and a new one is quicker. On a long one it may only be slow.
    """
    if 0.0 < round_trip_s < LONG_LINE_S:
        return ATTEMPT_S
    first = max(ATTEMPT_S, ATTEMPT_ROUND_TRIPS * round_trip_s)
    return min(LONGEST_ATTEMPT_S, first * 2.0 ** min(failures, 8))


def stale_s(round_trip_s: float) -> float:
    """From this age on an attempt, or a step of it, is ended by a sign of life."""
    return max(STALE_S, STALE_ROUND_TRIPS * round_trip_s)


def silent_s(round_trip_s: float, *, media: bool) -> float:
    """Without a frame for so long a line is given up; media: whether media packets come."""
    if media:
        return LONGEST_SILENT_S
    return min(LONGEST_SILENT_S, SILENT_S + SILENT_ROUND_TRIPS * round_trip_s)
