"""What the server takes while a class runs: CPU of its process and of its children, and their memory."""

from __future__ import annotations

import time
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]

from classroom_client.entry import Door, EntryError, fetch
from classroom_client.rehearsal.report import Load


class Reading(NamedTuple):
    """CPU seconds used so far, resident bytes now, and when it was read (monotonic seconds)."""

    cpu_s: float
    rss: int
    at_s: float


class Meter:
    """Reads the server's load: of its process where that is on this machine, else what /metrics tells of it."""

    def __init__(self, pid: int | None, door: Door) -> None:
        self._pid = pid
        self._door = door

    async def read(self) -> Reading | None:
        """The load so far; None when it cannot be had."""
        if self._pid is not None:
            return _of_process(self._pid)
        try:
            return _of_metrics((await fetch(self._door, "", "/metrics")).decode())
        except EntryError:
            return None


def load_between(first: Reading | None, last: Reading | None) -> Load:
    """CPU between two readings in % of one core, and the memory at the later one in MB."""
    if first is None or last is None or last.at_s <= first.at_s:
        return Load()
    return Load(100 * (last.cpu_s - first.cpu_s) / (last.at_s - first.at_s), last.rss / 1e6)


def _of_process(pid: int) -> Reading | None:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return None
    cpu_s, rss = 0.0, 0
    for each in family:
        try:
            times = each.cpu_times()
            rss += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        cpu_s += times.user + times.system
    return Reading(cpu_s, rss, time.monotonic())


def _of_metrics(text: str) -> Reading | None:
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("process_"))
    try:
        cpu_s, rss = float(values["process_cpu_seconds_total"]), float(values["process_resident_memory_bytes"])
    except (KeyError, ValueError):
        return None
    return Reading(cpu_s, int(rss), time.monotonic())
