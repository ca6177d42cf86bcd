"""How long a client waits before it tries again, and how long it tries and listens (docs/protocol.md, P73)."""

from __future__ import annotations

BACKOFF_FROM_S = 0.2
BACKOFF_TO_S = 1.5
ATTEMPT_S = 2.0
ATTEMPT_ROUND_TRIPS = 8
"""TCP, TLS and the upgrade, and room for two losses: a new attempt would begin with TCP again."""
LONGEST_ATTEMPT_S = 6.0
SILENT_S = 4.0
SILENT_ROUND_TRIPS = 4
"""TCP that lost something is silent for some of them."""
LONGEST_SILENT_S = 12.0
"""And while media packets come: the line stands then, and what was sent by TCP is on its way."""


def pause_s(failures: int, chance: float) -> float:
    """How long to wait after so many failures in a row; chance: 0 to 1."""
    longest = min(BACKOFF_TO_S, BACKOFF_FROM_S * 2.0 ** min(failures, 8))
    return longest * (0.5 + 0.5 * chance)


def attempt_s(failures: int, round_trip_s: float) -> float:
    """How long an attempt may take after so many failures in a row; round_trip_s: as it was last, 0 where unknown."""
    first = max(ATTEMPT_S, ATTEMPT_ROUND_TRIPS * round_trip_s)
    return min(LONGEST_ATTEMPT_S, first * 2.0 ** min(failures, 8))


def silent_s(round_trip_s: float, *, media: bool) -> float:
    """Without a frame for so long a line is given up; media: whether media packets come."""
    if media:
        return LONGEST_SILENT_S
    return min(LONGEST_SILENT_S, SILENT_S + SILENT_ROUND_TRIPS * round_trip_s)


def smoothed_s(before_s: float, now_s: float) -> float:
    """A round trip after one more, as in RFC 6298, section 2: what once stood behind a cut says little of the line."""
    return now_s if before_s == 0.0 else before_s + (now_s - before_s) / 8
