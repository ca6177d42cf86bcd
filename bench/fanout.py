"""Row 7, second half: CPU of the board's fan-out beside a bare Node `ws` server under the same messages.

Ten lessons of a teacher who draws (30 ink messages and one stroke a second) to three classrooms. Ours checks every
message, folds and logs every stroke; the Node server copies bytes. Both are driven in turn from this process.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, ClientWebSocketResponse

from bench.harness import Figure, Row, cpu_s, median
from bench.served import CLASSROOMS, Served
from classroom_client.entry import enter
from classroom_client.rehearsal.book import Whose
from classroom_client.rehearsal.strokes import stroke
from signaling.codec import encode
from signaling.messages import EDITION, VERSION, Hello, Ink, StartLesson
from signaling.ws.client import SignalingClient

ROOT: Final = Path(__file__).parents[1]
LESSONS: Final = 10
PER_SECOND: Final = 30
SECONDS: Final = 4
REPETITIONS: Final = 5

ROWS = (Row("board fan-out, CPU per delivery beside a bare Node ws server", "ratio", "<=", 1.0),)

Send = Callable[[int, int], Awaitable[None]]
"""(lesson, count): the lesson's teacher sends message number count."""


async def measure() -> dict[str, Figure]:
    """The ratio of each pair of runs."""
    with tempfile.TemporaryDirectory(prefix="tongke-bench-", ignore_cleanup_errors=True) as folder:
        served = await Served.start(Path(folder) / "data", LESSONS)
        leads, readers = await _enter_all(served)
        node, sockets, drains, http = await _start_node()

        async def ours(lesson: int, count: int) -> None:
            for message in _drawn(lesson, count):
                await leads[lesson].send(message)

        async def theirs(lesson: int, count: int) -> None:
            for message in _drawn(lesson, count):
                await sockets[lesson].send_str(encode(message).decode())

        costs: list[list[float]] = [[], []]
        for repetition in range(REPETITIONS):
            for side, (pid, send) in enumerate(((served.pid, ours), (node.pid, theirs))):
                costs[side].append(await _run(pid, send, repetition))
        for task in (*readers, *drains):
            task.cancel()
        await http.close()
        node.terminate()
        await node.wait()
        await served.stop()
    pairs = [a / b for a, b in zip(*costs, strict=True)]
    notes: dict[str, float | str] = {"our_us_per_delivery": round(median(costs[0]), 1)}
    return {ROWS[0].name: Figure(median(pairs), pairs, control=median(costs[1]), notes=notes)}


async def _run(pid: int, send: Send, repetition: int) -> float:
    """CPU microseconds per delivered message."""
    before_s, began_s = cpu_s(pid), time.monotonic()
    for tick in range(SECONDS * PER_SECOND):
        await asyncio.sleep(max(0.0, began_s + tick / PER_SECOND - time.monotonic()))
        count = repetition * SECONDS * PER_SECOND + tick + 1
        await asyncio.gather(*(send(lesson, count) for lesson in range(LESSONS)))
    await asyncio.sleep(0.5)
    messages = SECONDS * (PER_SECOND + 1) * LESSONS * CLASSROOMS
    return (cpu_s(pid) - before_s) * 1e6 / messages


def _drawn(lesson: int, count: int) -> list[Ink | object]:
    """Twelve points of ink; every PER_SECOND-th time the finished stroke too."""
    drawing = stroke(Whose(lesson, 0), count, 1, count)
    ink = Ink(id=drawing.id, page=1, colour=drawing.colour, width=drawing.width, start=0, points=drawing.points[:36])
    return [ink] if count % PER_SECOND else [ink, drawing]


async def _enter_all(served: Served) -> tuple[list[SignalingClient], list[asyncio.Task[None]]]:
    """Everybody on the signaling socket, without media; class begun."""
    leads, readers = [], []
    for lesson in range(LESSONS):
        for number, token in enumerate(served.tokens(lesson)):
            hello = Hello(version=VERSION, edition=EDITION, lesson=served.lesson_id(lesson))
            client = SignalingClient(served.door.websocket, await enter(served.door, token), hello)
            readers.append(asyncio.create_task(_read(client)))
            if number == 0:
                leads.append(client)
    for lead in leads:
        while not lead.connected:
            await asyncio.sleep(0.05)
        await lead.send(StartLesson(record=False))
    await asyncio.sleep(2)
    return leads, readers


async def _read(client: SignalingClient) -> None:
    async with client:
        async for _ in client:
            pass


async def _start_node() -> tuple[
    asyncio.subprocess.Process, list[ClientWebSocketResponse], list[asyncio.Task[None]], ClientSession
]:
    """The Node server (its `ws` is the one that the web pages' tools bring) and its rooms; the senders' sockets."""
    environment = os.environ | {"NODE_PATH": str(ROOT / "web/node_modules")}
    node = await asyncio.create_subprocess_exec(
        "node", str(ROOT / "bench/fanout_peer/server.js"), stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert node.stdout is not None
    port = int(await node.stdout.readline())
    http = ClientSession()
    senders, drains = [], []
    for lesson in range(LESSONS):
        members = [await http.ws_connect(f"http://127.0.0.1:{port}/{lesson}") for _ in range(1 + CLASSROOMS)]
        senders.append(members[0])
        drains += [asyncio.create_task(_drain(member)) for member in members[1:]]
    return node, senders, drains, http


async def _drain(socket: ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass
