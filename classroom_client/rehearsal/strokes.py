"""Strokes that tell when they were sent: the time is in the operation's id, which everybody gets with the event."""

from __future__ import annotations

import math
from typing import Final

from classroom_client.rehearsal.book import Whose
from signaling.messages import BOARD_HEIGHT, BOARD_WIDTH, DrawStroke

POINTS: Final = 30
KEPT: Final = 7
"""What a page keeps of a handwritten stroke, on an average (docs/protocol.md, P26): what weighs on a weak line."""
_COLOURS: Final = ("#1f2a24", "#b4321e", "#1d5fa8", "#2e7d32")


def stroke(whose: Whose, count: int, page: int, sent_ns: int, among: int = POINTS) -> DrawStroke:
    """A wave of `among` points, each at another place of the page. `count` numbers the author's strokes."""
    left = 400 + 137 * count % (BOARD_WIDTH - 3000)
    middle = 500 + 311 * (count + 3 * whose.participant) % (BOARD_HEIGHT - 1000)
    points: list[int] = []
    for step in range(among):
        points += [left + 80 * step, middle + round(300 * math.sin(step / 4)), 90 + 4 * step]
    return DrawStroke(
        id=f"{whose.lesson:x}-{whose.participant:x}-{count:x}-{sent_ns:016x}",
        page=page,
        colour=_COLOURS[whose.participant % len(_COLOURS)],
        width=40,
        points=points,
    )


def sent_ns_of(operation: str) -> int | None:
    """When the stroke with this operation id was sent, monotonic ns; None when it is no rehearsed stroke."""
    parts = operation.split("-")
    if len(parts) != 4 or len(parts[3]) != 16:
        return None
    try:
        return int(parts[3], 16)
    except ValueError:
        return None
