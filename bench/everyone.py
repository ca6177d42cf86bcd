"""Row 3: ten lessons of one teacher and three classrooms, everyone shown to everyone, through one process."""

from __future__ import annotations

from typing import Final

from bench import peers
from bench.forwarding import COUNTY
from bench.harness import Figure, Row, cpu_s, median, worst_of
from bench.load import Load
from bench.namespace import ADDRESS, set_up
from bench.plane_client import CAMERA, Member, Plane

LESSONS: Final = 10
PARTICIPANTS: Final = 4
REPETITIONS: Final = 3
SECONDS: Final = 3.0
WARM_UP_S: Final = 1.0

ROWS = (Row("packets lost, 10 lessons of 1 and 3, everyone to everyone", "packets", "<=", 0),)


async def measure() -> dict[str, Figure]:
    """The worst repetition counts."""
    set_up()
    peers.prepare(ADDRESS)
    load = Load()
    plane = await Plane.start(ADDRESS)
    lessons = [await _lesson(plane, load, group) for group in range(LESSONS)]
    await load.run(range(LESSONS), WARM_UP_S)
    lost, cost_us, share, p99_ms = [], [], [], []
    for _ in range(REPETITIONS):
        before_s = cpu_s(plane.pid)
        result = await load.run(range(LESSONS), SECONDS)
        used_s = cpu_s(plane.pid) - before_s
        lost.append(result.sent * (PARTICIPANTS - 1) - result.received)
        cost_us.append(used_s * 1e6 / max(1.0, result.received))
        share.append(100 * used_s / result.seconds)
        p99_ms.append(result.age_p99_us / 1000)
    await plane.stop()
    notes: dict[str, float | str] = {
        "participants": sum(map(len, lessons)),
        "forwarded_per_s": round(LESSONS * PARTICIPANTS * (PARTICIPANTS - 1) * COUNTY.packets_per_second),
        "us_per_packet": round(median(cost_us), 2),
        "core_pct": round(median(share), 1),
        "p99_ms": round(median(p99_ms), 2),
    }
    return {ROWS[0].name: Figure(worst_of(lost), lost, notes=notes)}


async def _lesson(plane: Plane, load: Load, group: int) -> list[Member]:
    members = await plane.join_many(PARTICIPANTS)
    for member in members:
        others = [other for other in members if other is not member]
        for slot, other in enumerate(others):
            await plane.show(member, slot, other)
        load.add_sender(member.end, group, COUNTY, *member.sends(CAMERA))
        load.add_receiver(member.end, group)
    return members
