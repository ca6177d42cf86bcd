"""Row 9: what recording costs per packet that is kept.

The server's part is the difference between moments with and without the taps under the same load. They alternate fast,
because what else the machine does changes the whole of the server's CPU by more than recording adds to it. The writer
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
PAIRS: Final = 4
MOMENT_S: Final = 0.8
WRITING_S: Final = 4.0
WARM_UP_S: Final = 1.0

ROWS = (Row("recording, server and writer, per recorded packet", "us", "<=", 10.0),)


async def measure() -> dict[str, Figure]:
    """The median of the repetitions."""
    set_up()
    peers.prepare(ADDRESS)
    load = Load()
    plane = await Plane.start(ADDRESS)
    lessons = [await _lesson(plane, load, group) for group in range(LESSONS)]
    pids = await plane.ask(do="record", lessons=[_tracks(members) for members in lessons])
    repetition_s = 2 * PAIRS * MOMENT_S + WRITING_S
    driving = asyncio.create_task(load.run(range(LESSONS), WARM_UP_S + REPETITIONS * (repetition_s + WARM_UP_S)))
    await asyncio.sleep(WARM_UP_S)
    servers, writers = [], []
    for _ in range(REPETITIONS):
        servers.append(await _server_us(plane))
        writers.append(await _writer_us(plane, pids))
    driving.cancel()
    await plane.ask(do="stop_recording")
    await plane.stop()
    costs = [server + writer for server, writer in zip(servers, writers, strict=True)]
    notes: dict[str, float | str] = {
        "server_us": round(median(servers), 2),
        "writer_us": round(median(writers), 2),
        "lessons": LESSONS,
    }
    return {ROWS[0].name: Figure(median(costs), costs, notes=notes)}


async def _server_us(plane: Plane) -> float:
    """CPU per packet with the taps less that without them."""
    spent_s, packets = {True: 0.0, False: 0.0}, {True: 0, False: 0}
    for _ in range(PAIRS):
        for on in (False, True):
            await plane.ask(do="tap", on=on)
            moment_s, _, came = await _spent(plane, [], MOMENT_S)
            spent_s[on] += moment_s
            packets[on] += came
    return (spent_s[True] / packets[True] - spent_s[False] / packets[False]) * 1e6


async def _writer_us(plane: Plane, pids: list[int]) -> float:
    """CPU per packet of the processes that write, their rounds and syncs included; the taps are on."""
    await asyncio.sleep(WARM_UP_S)
    _, written_s, packets = await _spent(plane, pids, WRITING_S)
    return written_s / packets * 1e6


async def _spent(plane: Plane, pids: list[int], seconds: float) -> tuple[float, float, int]:
    """CPU seconds of the server and of the writers, and packets that came in, during so many seconds."""
    before = await plane.ask(do="stats")
    before_s, before_writers_s = cpu_s(plane.pid), sum(map(cpu_s, pids))
    await asyncio.sleep(seconds)
    spent_s, written_s = cpu_s(plane.pid) - before_s, sum(map(cpu_s, pids)) - before_writers_s
    return spent_s, written_s, (await plane.ask(do="stats"))["in"] - before["in"]


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
