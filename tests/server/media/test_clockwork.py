"""What happens by the clock happens on time, with a read or without, and a fault ends nothing; time is in numbers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from server.media.clockwork import SECOND_NS, WATCH_NS, Clockwork
from server.media.python_plane import EARLY_NS, TICK_NS

MS = 1_000_000


class Time:
    """A clock that goes from one planned call to the next."""

    def __init__(self) -> None:
        self.now_ns = 1000 * SECOND_NS
        self.planned: list[Planned] = []

    def later(self, delay_s: float, work: Callable[[], None]) -> Planned:
        self.planned.append(Planned(self, self.now_ns + round(delay_s * 1e9), work))
        return self.planned[-1]

    def until(self, end_ns: int) -> None:
        while due := [one for one in self.planned if one.due_ns <= end_ns]:
            first = min(due, key=lambda one: one.due_ns)
            self.now_ns = max(self.now_ns, first.due_ns)
            first.cancel()
            first.work()
        self.now_ns = end_ns


class Planned:
    def __init__(self, time: Time, due_ns: int, work: Callable[[], None]) -> None:
        self.time, self.due_ns, self.work = time, due_ns, work

    def cancel(self) -> None:
        if self in self.time.planned:
            self.time.planned.remove(self)


class World:
    """A plane that asks for a tick a tenth of a second after the last, or for one in between."""

    def __init__(self) -> None:
        self.time = Time()
        self.ticks: list[int] = []
        self.watched: list[int] = []
        self.seconds: list[int] = []
        self.extra_ns: int | None = None
        self.fails = False
        self.clockwork = Clockwork(self, self.watch, self.second, lambda: self.time.now_ns, self.time.later)
        self.began_ns = self.time.now_ns
        self.clockwork.start()

    def next_tick_ns(self) -> int:
        regular = (self.ticks[-1] if self.ticks else self.began_ns) + TICK_NS
        return regular if self.extra_ns is None else min(regular, self.extra_ns)

    def tick(self) -> None:
        if self.fails:
            self.watched.append(0)
            raise RuntimeError
        self.ticks.append(self.time.now_ns)
        self.extra_ns = None

    def watch(self, now_ns: int) -> None:
        self.watched.append(now_ns)

    def second(self, now_ns: int, since_ns: int) -> None:
        self.seconds.append(since_ns)

    def passes(self, ms: int) -> None:
        self.time.until(self.time.now_ns + ms * MS)


def gaps(times: list[int]) -> list[int]:
    return [later - earlier for earlier, later in pairwise(times)]


def test_without_packets_a_timer_does_it() -> None:
    world = World()
    world.passes(1_350)
    assert set(gaps(world.ticks)) == {TICK_NS}
    assert all(WATCH_NS - EARLY_NS <= gap < WATCH_NS + TICK_NS for gap in gaps(world.watched))
    assert len(world.watched) >= 4
    assert world.seconds == [SECOND_NS]
    world.clockwork.stop()
    assert world.time.planned == []


def test_reads_do_the_work_and_timers_stay_out() -> None:
    world = World()
    for _ in range(125):
        world.passes(8)
        before = len(world.ticks)
        world.clockwork.after_read()
        assert before in (len(world.ticks), len(world.ticks) - 1)
    assert all(TICK_NS - EARLY_NS <= gap < TICK_NS for gap in gaps(world.ticks)), "none waited for its timer"
    assert len(world.time.planned) == 1


def test_what_the_plane_wants_sooner_is_done_sooner_and_once() -> None:
    world = World()
    world.extra_ns = world.time.now_ns + 5 * MS
    world.clockwork.after_read()
    world.passes(50)
    assert [at - world.began_ns for at in world.ticks] == [5 * MS]


def test_a_process_that_was_late_itself_does_not_judge_the_lines() -> None:
    world = World()
    world.time.now_ns += 600 * MS
    world.clockwork.after_read()
    assert (len(world.ticks), world.watched) == (1, [])
    world.passes(300)
    assert len(world.watched) == 1


def test_a_fault_in_the_tick_ends_nothing_and_does_not_come_again_at_once() -> None:
    world = World()
    world.fails, world.extra_ns = True, world.began_ns
    world.clockwork.after_read()
    world.passes(1_050)
    assert 9 <= world.watched.count(0) <= 12
    assert len([at for at in world.watched if at]) >= 3
    assert len(world.seconds) == 1
    world.fails = False
    world.passes(150)
    assert world.ticks
