"""What every bench shares: rows and their bars, CPU of processes, the machine, medians."""

from __future__ import annotations

import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One line of the table. bar: `("<=", limit)` or `(">=", limit)`."""

    name: str
    unit: str
    relation: str
    limit: float

    def meets(self, value: float | None) -> bool:
        """Whether a value keeps the bar; no value never does."""
        if value is None or math.isnan(value):
            return False
        return value <= self.limit if self.relation == "<=" else value >= self.limit


@dataclass(frozen=True)
class Figure:
    """What was measured for a row. control: the same of what it is compared with. repetitions: each run's value."""

    value: float
    repetitions: Sequence[float]
    control: float | None = None
    notes: dict[str, float | str] = field(default_factory=dict)


def cpu_s(pid: int) -> float:
    """CPU time of all threads of a process that are alive, by the scheduler's own clock."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(task.read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


def steal() -> tuple[int, int]:
    """Stolen and all ticks of this machine since it started."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[7], sum(ticks)


def machine() -> str:
    """Processor and cores."""
    names = [
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def median(values: Sequence[float]) -> float:
    """The middle one; nan where there are none."""
    return statistics.median(values) if values else math.nan


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; nan where there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def worst_of(values: Sequence[float]) -> float:
    """The largest; nan where there are none."""
    return max(values, default=math.nan)
