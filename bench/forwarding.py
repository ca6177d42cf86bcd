"""Rows 1 and 4: CPU per forwarded packet beside Janus, and the time a packet spends in our relay.

Both servers hold all their lessons at once and are driven in turn: whatever else the machine does falls on both.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import peers
from bench.harness import Figure, Row, cpu_s, median
from bench.janus import Janus
from bench.load import Load, Result
from bench.load.scripts import Script, captured, steady
from bench.namespace import ADDRESS, set_up
from bench.plane_client import CAMERA, Plane

LESSONS: Final = 20
SUBSCRIBERS: Final = 3
REPETITIONS: Final = 3
SECONDS: Final = 3.0
WARM_UP_S: Final = 1.0
JANUS_GROUPS: Final = 100
COUNTY: Final = steady(1200, burst=10, packets_per_second=260)

CPU = "CPU per forwarded packet beside Janus VideoRoom"
ROWS = (
    Row(f"{CPU}, 10 lessons of 1 to 3", "ratio", "<=", 0.7),
    Row(f"{CPU}, 20 lessons of 1 to 3", "ratio", "<=", 0.7),
    Row(f"{CPU}, 10 lessons, Chromium's packet sizes", "ratio", "<=", 0.7),
    Row("added relay latency p50, 10 lessons of 1 to 3", "ms", "<=", 1.0),
    Row("added relay latency p99, 10 lessons of 1 to 3", "ms", "<=", 10.0),
)


@dataclass
class Side:
    """One of the two servers: its process, where its groups begin, and what each run cost per forwarded packet, us."""

    pid: int
    first_group: int
    cost_us: list[float] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    async def run(self, load: Load, lessons: int, script: Script) -> None:
        """One repetition."""
        before_s = cpu_s(self.pid)
        result = await load.run(range(self.first_group, self.first_group + lessons), SECONDS, script)
        self.cost_us.append((cpu_s(self.pid) - before_s) * 1e6 / max(1.0, result.received))
        self.results.append(result)


async def measure() -> dict[str, Figure]:
    """All five rows."""
    set_up()
    peers.prepare(ADDRESS)
    load = Load()
    keep: list[object] = []
    figures: dict[str, Figure] = {}
    plane = await Plane.start(ADDRESS)
    with tempfile.TemporaryDirectory(prefix="tongke-janus-") as folder:
        janus = await Janus.start(Path(folder))
        try:
            await _our_lessons(plane, load, keep)
            await _janus_lessons(janus, load, keep)
            sides = (plane.pid, janus.pid)
            ten = await _compare(load, sides, 10, COUNTY)
            figures[ROWS[0].name] = _ratio(*ten)
            figures[ROWS[1].name] = _ratio(*await _compare(load, sides, LESSONS, COUNTY))
            figures[ROWS[2].name] = _ratio(*await _compare(load, sides, 10, captured("f")))
            figures |= _latency(*ten)
        finally:
            await plane.stop()
            await janus.stop()
    return figures


async def _our_lessons(plane: Plane, load: Load, keep: list[object]) -> None:
    for group in range(LESSONS):
        lead, *rooms = await plane.join_many(1 + SUBSCRIBERS)
        load.add_sender(lead.end, group, COUNTY, *lead.sends(CAMERA))
        for room in rooms:
            await plane.show(room, 0, lead)
            load.add_receiver(room.end, group)
        keep += [lead, rooms]


async def _janus_lessons(janus: Janus, load: Load, keep: list[object]) -> None:
    for group in range(JANUS_GROUPS, JANUS_GROUPS + LESSONS):
        peer, end, names = await janus.publish(group)
        load.add_sender(end, group, COUNTY, peers.send_ssrc(peer, 0), peers.payload_type(peer, 0, "video/vp8"))
        subscribers = await asyncio.gather(*(janus.subscribe(names) for _ in range(SUBSCRIBERS)))
        for _, subscribed in subscribers:
            load.add_receiver(subscribed, group)
        keep.append(subscribers)
        keep.append(peer)


async def _compare(load: Load, pids: tuple[int, int], lessons: int, script: Script) -> tuple[Side, Side]:
    """Ours and Janus in turn; a first run of each is not counted."""
    ours, janus = Side(pids[0], 0), Side(pids[1], JANUS_GROUPS)
    for side in (ours, janus):
        await load.run(range(side.first_group, side.first_group + lessons), WARM_UP_S, script)
    for _ in range(REPETITIONS):
        await ours.run(load, lessons, script)
        await janus.run(load, lessons, script)
    return ours, janus


def _ratio(ours: Side, janus: Side) -> Figure:
    pairs = [a / b for a, b in zip(ours.cost_us, janus.cost_us, strict=True)]
    notes: dict[str, float | str] = {
        "our_us_per_packet": round(median(ours.cost_us), 2),
        "janus_us_per_packet": round(median(janus.cost_us), 2),
        "our_loss_pct": round(_loss_pct(ours), 3),
        "janus_loss_pct": round(_loss_pct(janus), 3),
    }
    return Figure(median(pairs), pairs, control=median(janus.cost_us), notes=notes)


def _loss_pct(side: Side) -> float:
    expected = sum(result.sent for result in side.results) * SUBSCRIBERS
    return 100 * (1 - sum(result.received for result in side.results) / max(1.0, expected))


def _latency(ours: Side, janus: Side) -> dict[str, Figure]:
    reads: list[tuple[str, Callable[[Result], float]]] = [
        (ROWS[3].name, lambda result: result.age_p50_us / 1000),
        (ROWS[4].name, lambda result: result.age_p99_us / 1000),
    ]
    figures = {}
    for name, read in reads:
        values = [read(result) for result in ours.results]
        figures[name] = Figure(median(values), values, control=median([read(result) for result in janus.results]))
    return figures
