"""What /ready and /wall show of a lesson that nobody began, and of an appliance whose camera is unplugged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.appliances import appliance_in
from tests.e2e.people import words
from tests.e2e.running import Server
from tests.e2e.timetabled_town import POINT, timetabled

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(420)]

READY, FAULTS, WALL = (words(name) for name in ("ready", "devices", "wall"))
NO_CAMERA = FAULTS["fault"]["camera"]["missing"]["name"]
LATE_MIN = 3
"""Two minutes after the bell a lesson that nobody began is red (docs/devices.md)."""
WITHIN_MS = 60_000


def test_a_lesson_nobody_began_is_red_and_a_room_whose_camera_is_unplugged_is_amber(
    server: Server, launch: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    town = timetabled(server, starts_in_min=-LATE_MIN)
    context = launch(width=1920, height=1080)
    ready, wall = context.new_page(), context.new_page()
    ready.goto(town.admin.replace("/admin#", "/ready#"))
    lesson = ready.locator(f"[data-lesson='{town.lesson}']")
    expect(lesson).to_have_attribute("data-light", "red", timeout=WITHIN_MS)
    expect(lesson).to_contain_text(READY["reason"]["not_started"])
    expect(lesson.locator("[data-room]")).to_contain_text(READY["reason"]["no_device"])

    with appliance_in(town.room, tmp_path, "--camera", "/dev/video-that-is-not-there"):
        room = lesson.locator("[data-room]")
        expect(room).to_have_attribute("data-light", "amber", timeout=WITHIN_MS)
        expect(room).to_contain_text(NO_CAMERA)
        expect(lesson).to_have_attribute("data-light", "red")
        wall.goto(f"{town.base}/wall")
        tile = wall.locator("[data-room]").filter(has_text=POINT)
        expect(tile).to_have_attribute("data-state", "amber", timeout=WITHIN_MS)
        expect(wall.get_by_text(NO_CAMERA)).to_be_visible()
        failed = wall.locator(f"[data-lesson='{town.lesson}']")
        expect(failed).to_contain_text(WALL["why"]["not_started"])
    alerts = context.new_page()
    alerts.goto(f"{town.base}/admin#/alerts")
    expect(alerts.locator("[data-alert='lesson.not_started']")).to_be_visible(timeout=WITHIN_MS)
