"""An appliance without a lesson: it looks at the timetable seldom, and at once when a report tells of another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from classroom_client import app, health
from classroom_client.app import Classroom
from classroom_client.config import JoinConfig
from classroom_client.keys import Keys

PATIENCE_S = 20.0


class FrontDoor:
    """The parts of a server that a classroom without a lesson asks for."""

    def __init__(self) -> None:
        self.looks = self.reports = 0
        self.timetable = "one"
        self.deaf = False
        self.lessons: list[dict[str, Any]] = []
        self.changed = asyncio.Condition()

    async def told(self, request: web.Request) -> web.Response:
        """The room's lessons."""
        async with self.changed:
            self.looks += 1
            self.changed.notify_all()
        return web.json_response({"lessons": self.lessons})

    async def heard(self, request: web.Request) -> web.Response:
        """A report."""
        async with self.changed:
            self.reports += 1
            self.changed.notify_all()
        if self.deaf:
            return web.Response(status=503)
        now_ms = round(datetime.now(UTC).timestamp() * 1000)
        return web.json_response({"now_ms": now_ms, "timetable": self.timetable, "reload": False})

    async def until(self, looks: int, reports: int) -> None:
        """Waits until it was asked so often in all."""
        async with asyncio.timeout(PATIENCE_S), self.changed:
            await self.changed.wait_for(lambda: self.looks >= looks and self.reports >= reports)


@pytest.fixture
async def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FrontDoor]:
    """With an appliance before it that reports and thinks many times a second."""
    monkeypatch.setattr(app, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(health, "EVERY_S", 0.05)
    monkeypatch.setattr(health, "ANSWERED_WITHIN_S", 0.5)
    front, site = FrontDoor(), web.Application()
    site.add_routes([web.get("/api/lessons", front.told), web.post("/api/devices/health", front.heard)])
    async with TestServer(site) as server:
        address = f"http://127.0.0.1:{server.port}"
        Keys(tmp_path).keep(address, "a key")
        config = JoinConfig(address, None, None, True, "a", None, False, tmp_path, "zh-CN")
        running = asyncio.create_task(Classroom(config).run())
        yield front
        running.cancel()
        await asyncio.wait([running])


async def test_it_looks_again_only_when_a_report_tells_of_other_lessons(door: FrontDoor) -> None:
    await door.until(looks=1, reports=20)
    assert door.looks <= 2, "once at first, and once when the first report has named the timetable"
    before, door.timetable = door.looks, "another"
    await door.until(looks=before + 1, reports=door.reports + 20)
    assert door.looks == before + 1


async def test_with_a_lesson_within_the_hour_and_reports_unanswered_it_looks_often(door: FrontDoor) -> None:
    start = datetime.now(UTC) + timedelta(minutes=40)
    lesson = {
        "id": "l", "title": "认识分数", "subject": "数学", "mode": "blended",
        "planned_start": start.isoformat(), "planned_end": (start + timedelta(minutes=40)).isoformat(),
    }  # fmt: skip
    you = {"id": "r", "role": "classroom"}
    lead = {"id": "t", "school": "中心小学"}
    card = {"lesson": lesson, "state": "planned", "lead": lead, "classrooms": [], "you": you}
    door.lessons, door.timetable = [card], "another"
    await door.until(looks=2, reports=20)
    assert door.looks <= 4, "a report would tell it of a change"
    door.deaf = True
    await door.until(looks=door.looks + 10, reports=1)
