"""Row 9: what recording costs per packet that is kept.

The server's part is the difference between runs with and without the recorder under the same load, in turn; the writer
processes' CPU is added whole. Nothing is forwarded, so that the difference stands out.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from bench import peers
from bench.harness import Figure, Row, cpu_s, median
from bench.load import Load
from bench.load.scripts import captured, speech
from bench.namespace import ADDRESS, set_up
from bench.plane_client import CAMERA, MICROPHONE, Member, Plane

LESSONS: Final = 5
CLASSROOMS: Final = 3
REPETITIONS: Final = 3
SECONDS: Final = 5.0
WARM_UP_S: Final = 1.0

ROWS = (Row("recording, server and writer, per recorded packet", "us", "<=", 10.0),)


async def measure() -> dict[str, Figure]:
    """The median of the repetitions."""
    set_up()
    peers.prepare(ADDRESS)
    load = Load()
    plane = await Plane.start(ADDRESS)
    lessons = [await _lesson(plane, load, group) for group in range(LESSONS)]
    groups = range(LESSONS)
    await load.run(groups, WARM_UP_S)
    costs, servers, writers, packets = [], [], [], 0.0
    for _ in range(REPETITIONS):
        idle_s, _, sent = await _run(plane, load, [])
        pids = await plane.ask(do="record", lessons=[_tracks(members) for members in lessons])
        await load.run(groups, WARM_UP_S)
        busy_s, written_s, packets = await _run(plane, load, pids)
        await plane.ask(do="stop_recording")
        servers.append((busy_s / packets - idle_s / sent) * 1e6)
        writers.append(written_s * 1e6 / packets)
        costs.append(servers[-1] + writers[-1])
    await plane.stop()
    notes: dict[str, float | str] = {
        "server_us": round(median(servers), 2),
        "writer_us": round(median(writers), 2),
        "packets_per_repetition": packets,
        "lessons": LESSONS,
    }
    return {ROWS[0].name: Figure(median(costs), costs, notes=notes)}


async def _run(plane: Plane, load: Load, writers: list[int]) -> tuple[float, float, float]:
    """CPU seconds of the server and of the writers, and packets sent, in one run and the moment after it."""
    before_s, before_writers_s = cpu_s(plane.pid), sum(map(cpu_s, writers))
    result = await load.run(range(LESSONS), SECONDS)
    await asyncio.sleep(0.5)
    return cpu_s(plane.pid) - before_s, sum(map(cpu_s, writers)) - before_writers_s, result.sent


async def _lesson(plane: Plane, load: Load, group: int) -> list[Member]:
    """A lead with a 720p camera, classrooms with half of that, and the microphones of the lead and of the floor."""
    members = await plane.join_many(1 + CLASSROOMS)
    for number, member in enumerate(members):
        load.add_sender(member.end, group, captured("h" if number else "f"), *member.sends(CAMERA))
        load.add_receiver(member.end, group)
    for member in members[:2]:
        load.add_sender(member.end, group, speech(), *member.sends(MICROPHONE))
    return members


def _tracks(members: list[Member]) -> list[dict[str, Any]]:
    tracks = [(number, "camera", "video") for number in range(len(members))]
    tracks += [(number, "microphone", "audio") for number in (0, 1)]
    return [
        {"participant": f"member-{n}", "name": name, "kind": kind, "source": members[n].sources[f"{name}/"]}
        for n, name, kind in tracks
    ]
