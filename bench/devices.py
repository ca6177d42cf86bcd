"""What 500 paired devices cost: each reports every 14 s over its own https connection, authenticated, its state stored.

Between lessons a page asks for its lessons every ten minutes besides, for the answers to its reports tell it of changes
(web/src/pages/classroom/itinerary.ts); each does so here at its own moment, by a connection of its own.

A real server, and devices with keys of their own, in 180 rooms. They report as the pages do: by cookie, with an Origin,
first by a request and then on a line (docs/devices.md).
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import aiohttp

from bench.harness import Figure, Row, cpu_s, percentile
from bench.served import Served
from server.api import csrf
from server.store.store import open_store

DEVICES: Final = 500
SCHOOLS: Final = 60
ROOMS_PER_SCHOOL: Final = 3
EVERY_S: Final = 14.0
LESSONS_EVERY_S: Final = 600.0
ROUNDS: Final = 3
IDLE_S: Final = 10.0
LATE_S: Final = 2.0
ANSWER_BYTES: Final = 4096

ROWS = (
    Row(
        "500 paired devices that report every 14 s and look at their lessons, the server's CPU",
        "% of a core",
        "<=",
        5.0,
    ),
    Row("of these devices, those with their newest state in the store", "devices", ">=", DEVICES),
)


async def measure() -> dict[str, Figure]:
    """CPU over three rounds of reports; what the idle server takes is the control."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        served = await Served.start(data, 1)
        keys = await _keys(data)
        idle_pct = await _cpu_pct(served.pid, IDLE_S)
        server = str(served.links["https"])
        build = await _build(server)
        context = unchecked()
        devices = [_Device(server, context, build, key, number) for number, key in enumerate(keys)]
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(one) for each in devices for one in (each.run(), each.look())]
                await asyncio.sleep(2 * EVERY_S)  # everybody has come in: handshakes and first reports are over
                repetitions = [await _cpu_pct(served.pid, EVERY_S) for _ in range(ROUNDS)]
                await asyncio.sleep(LATE_S)
                for task in running:
                    task.cancel()
            stored = await _stored(data)
        finally:
            await served.stop()
    took = [ms for device in devices for ms in device.took_ms]
    notes: dict[str, float | str] = {
        "reports": len(took),
        "failed": sum(device.failed for device in devices),
        "lessons_asked": sum(device.asked for device in devices),
        "answer_p95_ms": round(percentile(took, 0.95), 1),
    }
    return {
        ROWS[0].name: Figure(sum(repetitions) / ROUNDS, repetitions, control=idle_pct, notes=notes),
        ROWS[1].name: Figure(stored, [stored]),
    }


class _Device:
    """One device. The first report comes at its own moment of the interval, as the screens of a county do."""

    def __init__(self, server: str, context: ssl.SSLContext, build: str, key: str, number: int) -> None:
        self._server, self._context, self._build, self._number = server, context, build, number
        self._headers = {"Cookie": f"tongke={key}", "Origin": server, csrf.HEADER: csrf.token_of(key)}
        self.took_ms: list[float] = []
        self.failed = 0
        self.asked = 0

    async def run(self) -> None:
        """Reports until cancelled."""
        connector = aiohttp.TCPConnector(ssl=self._context, limit=1)
        due_s = asyncio.get_running_loop().time() + EVERY_S * self._number / DEVICES
        async with aiohttp.ClientSession(self._server, connector=connector, headers=self._headers) as http:
            await asyncio.sleep(due_s - asyncio.get_running_loop().time())
            async with http.post("/api/devices/health", json=self._health()) as answer:
                self.failed += answer.status != 200
            async with http.ws_connect("/api/devices/line", max_msg_size=ANSWER_BYTES) as line:
                while True:
                    due_s += EVERY_S
                    await asyncio.sleep(due_s - asyncio.get_running_loop().time())
                    await self._report(line)

    async def look(self) -> None:
        """Asks for its lessons until cancelled."""
        connector = aiohttp.TCPConnector(ssl=self._context, limit=1)
        due_s = asyncio.get_running_loop().time() + LESSONS_EVERY_S * self._number / DEVICES
        async with aiohttp.ClientSession(self._server, connector=connector, headers=self._headers) as http:
            while True:
                await asyncio.sleep(due_s - asyncio.get_running_loop().time())
                async with http.get("/api/lessons") as answer:
                    self.failed += answer.status != 200
                    self.asked += 1
                due_s += LESSONS_EVERY_S

    async def _report(self, line: aiohttp.ClientWebSocketResponse) -> None:
        began_s = time.perf_counter()
        await line.send_json(self._health())
        answer = await line.receive()
        self.failed += answer.type is not aiohttp.WSMsgType.TEXT or "now_ms" not in answer.json()
        self.took_ms.append(1000 * (time.perf_counter() - began_s))

    def _health(self) -> dict[str, Any]:
        return {
            "kind": "page",
            "version": self._build,
            "camera": "ok",
            "microphone": "ok",
            "sound": "ok",
            "level": len(self.took_ms) % 100,
            "width": 1920,
            "height": 1080,
            "clock_ms": time.time_ns() // 1_000_000,
            "rtt_ms": 12,
            "lesson": None,
            "rung": None,
        }


def unchecked() -> ssl.SSLContext:
    """The server is this machine's own, with an authority of its own."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _build(server: str) -> str:
    async with (
        aiohttp.ClientSession(server, connector=aiohttp.TCPConnector(ssl=unchecked())) as http,
        http.get("/api/version") as answer,
    ):
        return str((await answer.json())["build"])


async def _keys(data: Path) -> list[str]:
    """A county's rooms beside the demo's, and keys for the devices in them."""
    store = await open_store(data)
    try:
        now_ms = time.time_ns() // 1_000_000
        county_id = (await store.people.county_admins())[0].county_id
        rooms: list[str] = []
        for number in range(SCHOOLS):
            school = await store.people.add_school(county_id, "teaching_point", f"School {number}", now_ms)
            names = [f"Room {room}" for room in range(ROOMS_PER_SCHOOL)]
            rooms += [(await store.people.add_classroom(school.id, name, "simple", now_ms)).id for name in names]
        return await store.credentials.issue_many("device", [rooms[n % len(rooms)] for n in range(DEVICES)], now_ms)
    finally:
        await store.close()


async def _stored(data: Path) -> float:
    """How many devices' state in the store is no older than one interval and the writing."""
    store = await open_store(data)
    try:
        since_ms = time.time_ns() // 1_000_000 - round(1000 * (2 * EVERY_S))
        return float(sum(state.heard_ms >= since_ms for state in await store.devices.states()))
    finally:
        await store.close()


async def _cpu_pct(pid: int, seconds: float) -> float:
    before_s, began_s = cpu_s(pid), time.perf_counter()
    await asyncio.sleep(seconds)
    return 100 * (cpu_s(pid) - before_s) / (time.perf_counter() - began_s)
