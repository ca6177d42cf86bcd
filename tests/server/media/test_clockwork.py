"""What happens by the clock happens on time, with a read or without, and a fault ends nothing."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from server.media.clockwork import SECOND_NS, WATCH_NS, Clockwork
from server.media.python_plane import EARLY_NS, TICK_NS

MS = 1_000_000


class Plane:
    """Asks for a regular tick and for one in between."""

    def __init__(self) -> None:
        self.ticks: list[int] = []
        self.extra_ns: int | None = None

    def next_tick_ns(self) -> int:
        regular = (self.ticks[-1] if self.ticks else time.monotonic_ns()) + TICK_NS
        return regular if self.extra_ns is None else min(regular, self.extra_ns)

    def tick(self) -> None:
        self.ticks.append(time.monotonic_ns())
        self.extra_ns = None


def gaps(times: list[int]) -> list[int]:
    return [later - earlier for earlier, later in pairwise(times)]


async def test_without_packets_a_timer_does_it() -> None:
    plane, watched, seconds = Plane(), list[int](), list[tuple[int, int]]()
    clockwork = Clockwork(plane, lambda: watched.append(time.monotonic_ns()), lambda *args: seconds.append(args))
    clockwork.start()
    await asyncio.sleep(1.3)
    clockwork.stop()
    count = len(plane.ticks)
    await asyncio.sleep(0.2)
    assert len(plane.ticks) == count, "stopped"
    assert min(gaps(plane.ticks)) >= TICK_NS - EARLY_NS
    assert min(gaps(watched)) >= WATCH_NS - EARLY_NS
    assert [since >= SECOND_NS - EARLY_NS for _, since in seconds] == [True]


async def test_reads_do_the_work_and_timers_stay_out() -> None:
    plane = Plane()
    in_read, by_read = False, list[bool]()
    tick = plane.tick

    def noted() -> None:
        by_read.append(in_read)
        tick()

    plane.tick = noted  # type: ignore[method-assign]
    clockwork = Clockwork(plane, lambda: None, lambda *_: None)
    clockwork.start()
    for _ in range(80):
        await asyncio.sleep(0.008)
        in_read = True
        clockwork.after_read()
        in_read = False
    clockwork.stop()
    assert len(by_read) >= 3
    assert sum(by_read) >= len(by_read) - 1, "a stall of this process may let one timer in"
    assert min(gaps(plane.ticks)) >= TICK_NS - EARLY_NS


async def test_what_the_plane_wants_sooner_is_done_sooner() -> None:
    plane = Plane()
    clockwork = Clockwork(plane, lambda: None, lambda *_: None)
    clockwork.start()
    plane.extra_ns = time.monotonic_ns() + 5 * MS
    clockwork.after_read()
    await asyncio.sleep(0.03)
    clockwork.stop()
    assert len(plane.ticks) == 1


async def test_a_fault_in_one_work_ends_neither_it_nor_the_others() -> None:
    plane, watched = Plane(), list[int]()

    def broken() -> None:
        watched.append(1)
        raise RuntimeError

    clockwork = Clockwork(plane, broken, lambda *_: None)
    clockwork.start()
    await asyncio.sleep(0.9)
    clockwork.stop()
    assert len(watched) >= 2
    assert len(plane.ticks) >= 5
