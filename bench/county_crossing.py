"""A county's lessons at once, as many as its recording classrooms can hold: 13 of 1 + 3 (`bench.crossing`)."""

from __future__ import annotations

from typing import Final

from bench.crossing import hold, rows_of
from bench.harness import Figure

LESSONS: Final = 13
REMOTES: Final = 3
ROWS = rows_of(LESSONS, REMOTES)


async def measure() -> dict[str, Figure]:
    """Its three rows."""
    return await hold(LESSONS, REMOTES)
