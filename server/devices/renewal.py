"""When a screen loads its page again because the server has a newer one: at night, far from any lesson. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NIGHT_BEGINS_H, NIGHT_ENDS_H = 1, 5
SPREAD_MIN = 120
"""The devices of a county do not all come at once: each has its own minute of the first two hours."""
CLEAR_MS = 15 * 60_000
"""No screen loads anew so long before a lesson of its room, or so long after one should have ended."""


def due(device_id: str, zone: str, lessons: Iterable[tuple[int, int]], now_ms: int) -> bool:
    """Whether this device may load its page anew now. lessons: (start, end) of its room's, UTC ms."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    minute = (local.hour - NIGHT_BEGINS_H) * 60 + local.minute
    own_minute = zlib.crc32(device_id.encode()) % SPREAD_MIN
    if not own_minute <= minute < (NIGHT_ENDS_H - NIGHT_BEGINS_H) * 60:
        return False
    return all(now_ms < start_ms - CLEAR_MS or now_ms > end_ms + CLEAR_MS for start_ms, end_ms in lessons)
