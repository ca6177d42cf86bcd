"""How long a client waits before it tries again (docs/protocol.md, P73)."""

from __future__ import annotations

BACKOFF_FROM_S = 0.2
BACKOFF_TO_S = 1.5


def pause_s(failures: int, chance: float) -> float:
    """How long to wait after so many failures in a row; chance: 0 to 1."""
    longest = min(BACKOFF_TO_S, BACKOFF_FROM_S * 2.0 ** min(failures, 8))
    return longest * (0.5 + 0.5 * chance)
