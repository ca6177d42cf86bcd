"""The county's wall and week grid over https, on a county at full size: asked of a real server, one after the other.

A grid that was composed a moment ago is handed out again until something changes; so it is also asked for when
something just has.
"""

from __future__ import annotations

import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import aiohttp
from sqlalchemy import update

from bench.county_store import write_county
from bench.devices import unchecked
from bench.harness import Figure, Row, percentile
from bench.served import Served
from server.store import schema
from server.store.store import open_store

ASKED: Final = 150
WEEKS_HELD: Final = 10
WARM: Final = 5
ROWS: Final = (
    Row("County wall of such a county, over https, p95", "ms", "<=", 100.0),
    Row("Week grid of the whole county, over https, p95", "ms", "<=", 100.0),
    Row("Week grid of the whole county, right after a change, over https, p95", "ms", "<=", 100.0),
)
GRID: Final = "/api/county/grid"
ASKS: Final = (("/api/wall", False), (GRID, False), (GRID, True))
"""What is asked for by each row, and whether something changes before each time."""


async def measure() -> dict[str, Figure]:
    """All, in the middle of a term: what is past was held."""
    with tempfile.TemporaryDirectory(prefix="tongke-bench-") as name:
        data = Path(name) / "data"
        token, lessons = await _county(data)
        served = await Served.start(data, 1)
        try:
            return {row.name: await _ask(served, *ask, token, lessons) for row, ask in zip(ROWS, ASKS, strict=True)}
        finally:
            await served.stop()


async def _county(data: Path) -> tuple[str, int]:
    """A county whose term began WEEKS_HELD weeks ago, with lessons on every day; its administrator's key."""
    data.mkdir(parents=True)
    store = await open_store(data)
    try:
        today = date.today()
        begins = today - timedelta(days=today.weekday() + 7 * WEEKS_HELD)
        county = await write_county(store, begins, days_a_week=7)
        now_ms = time.time_ns() // 1_000_000
        past = update(schema.lesson).where(schema.lesson.c.planned_end_ms < now_ms)
        held = past.values(state="VALID", started_ms=schema.lesson.c.planned_start_ms, judged_ms=now_ms)
        await store.database.write(lambda c: c.execute(held))
        return await store.credentials.issue("link", county.who.id, now_ms), county.lessons
    finally:
        await store.close()


async def _ask(served: Served, path: str, changes: bool, token: str, lessons: int) -> Figure:
    server, headers = str(served.links["https"]), {"Authorization": f"Bearer {token}"}
    took: list[float] = []
    size = 0
    async with aiohttp.ClientSession(
        server, connector=aiohttp.TCPConnector(ssl=unchecked()), headers=headers, auto_decompress=False
    ) as http:
        for number in range(ASKED + WARM):
            if changes:
                async with http.post("/api/county/subjects", json={"name": f"subject {number}"}) as answer:
                    assert answer.status == 200
            began_s = time.perf_counter()
            async with http.get(path) as answer:
                size = len(await answer.read())
                assert answer.status == 200
            took.append((time.perf_counter() - began_s) * 1000)
    took = took[WARM:]
    notes: dict[str, float | str] = {"lessons": lessons, "bytes": size, "median_ms": round(percentile(took, 0.5), 1)}
    return Figure(percentile(took, 0.95), took[:10], notes=notes)
