"""A television nobody touches: paired by code, in its lesson by itself, back after a power cut, on the ready board."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from server.store.store import open_store
from tests.e2e.people import eventually, follow, words
from tests.e2e.running import Server
from tests.e2e.timetabled_town import noon_zone

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(420)]

Launch = Callable[..., BrowserContext]
NO_CAMERA = ("--use-fake-device-for-media-stream=device-count=0",)
JOIN_BEFORE_MS = 600_000
"""web/src/pages/classroom/itinerary.ts"""
TITLE = "面积的认识"
SCHOOL, ROOM = "柳树湾教学点", "二年级教室"
COUNTY = "演示县"
WITHIN_MS = 60_000
REVOKED = """id => fetch(`/api/devices/${id}/revoke`, {
  method: 'POST',
  headers: { 'x-csrf-token': document.cookie.match(/tongke_csrf=([\\w-]+)/)[1] },
}).then(answer => answer.status)"""
"""What the administration's page does: the status."""
CLASSROOM, PAIR, READY, DEVICES = (words(name) for name in ("classroom", "pair", "ready", "devices"))


def plan_a_lesson(data: Path, starts_in_ms: int) -> str:
    """A new room in the demo's county with one lesson to come; the lesson's id. The server runs on beside it.

    The county's clocks are set to about noon: whatever the hour here, the lesson is one of today.
    """

    async def work() -> str:
        store = await open_store(data)
        try:
            now_ms = time.time_ns() // 1_000_000
            county_id = (await store.people.county_admins())[0].county_id
            await store.registry.set_county(county_id, COUNTY, noon_zone(datetime.now(UTC)))
            school = await store.people.add_school(county_id, "teaching_point", SCHOOL, now_ms)
            room = await store.people.add_classroom(school.id, ROOM, "simple", now_ms)
            [community] = await store.communities.all()
            lead = (await store.people.staff_of((await store.communities.schools(community.id))[0].id))[0]
            lesson = await store.lessons.plan(
                community_id=community.id,
                lead_id=lead.id,
                classrooms=[room.id],
                title=TITLE,
                subject="数学",
                mode="blended",
                planned_start_ms=now_ms + starts_in_ms,
                planned_end_ms=now_ms + starts_in_ms + 2_400_000,
                now_ms=now_ms,
            )
            return lesson.id
        finally:
            await store.close()

    with ThreadPoolExecutor(1) as thread:  # the browser driver has an event loop of its own on this one
        return thread.submit(lambda: asyncio.run(work())).result()


def base_of(server: Server) -> str:
    return str(server.links["http"])


def sign_in_admin(server: Server, context: BrowserContext) -> Page:
    """The county's administrator, signed in by link."""
    page = context.new_page()
    follow(page, server.links["admin"]["url"])
    return page


def pair(server: Server, admin: Page, television: Page) -> None:
    """Scans the code with the phone, chooses the room, and sees that it worked."""
    shown = television.locator("[data-code]")
    shown.wait_for()
    code = shown.get_attribute("data-code")
    assert re.fullmatch("[2-9A-HJ-NP-Z]{8}", code or "")
    admin.goto(f"{base_of(server)}/pair#code={code}")
    admin.get_by_role("radio", name=re.compile(SCHOOL)).check()
    admin.get_by_role("button", name=PAIR["go"], exact=True).click()
    expect(admin.get_by_role("heading", name=PAIR["done"])).to_be_visible()


def devices_of(admin: Page, school: str) -> list[dict[str, Any]]:
    """The devices of a school's rooms, as the server tells its administrator."""
    rooms = admin.evaluate("async () => (await (await fetch('/api/devices')).json()).rooms")
    return [device for room in rooms if room["school"] == school for device in room["devices"]]


def test_a_television_is_paired_finds_its_lesson_and_comes_back_after_a_power_cut(
    server: Server, launch: Launch, devices: dict[str, dict[str, Path]]
) -> None:
    lesson = plan_a_lesson(server.data, JOIN_BEFORE_MS + 45_000)
    home = launch(**devices["room1"], width=1280, height=720)
    home.add_init_script("localStorage.setItem('tongke.tested', String(Date.now()))")  # no self-test before this lesson
    television = home.new_page()
    television.goto(f"{base_of(server)}/classroom")
    admin = sign_in_admin(server, launch(width=412, height=915))
    pair(server, admin, television)

    expect(television.get_by_text(SCHOOL)).to_be_visible()
    expect(television.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(television.get_by_text(CLASSROOM["between"]["camera"])).to_be_visible()
    assert "token" not in television.url

    teacher_late = television.get_by_text(CLASSROOM["waiting"]["teacherNotIn"])
    teacher_late.wait_for(timeout=WITHIN_MS)
    expect(television.get_by_role("heading", name=TITLE)).to_be_visible()

    television.close()
    television = home.new_page()
    television.goto(f"{base_of(server)}/classroom")
    television.get_by_text(CLASSROOM["waiting"]["teacherNotIn"]).wait_for(timeout=WITHIN_MS)
    [device] = devices_of(admin, SCHOOL)
    eventually(lambda: devices_of(admin, SCHOOL)[0]["health"]["lesson"] == lesson, "the server knows where it is")

    assert admin.evaluate(REVOKED, device["id"]) == 200
    television.locator("[data-code]").wait_for(timeout=WITHIN_MS)


def test_a_television_reports_on_one_socket_until_its_key_ends(server: Server, launch: Launch) -> None:
    plan_a_lesson(server.data, 6 * JOIN_BEFORE_MS)
    television = launch(width=1280, height=720).new_page()
    television.goto(f"{base_of(server)}/classroom")
    admin = sign_in_admin(server, launch(width=412, height=915))
    with television.expect_websocket(lambda opened: opened.url.endswith("/api/devices/line")) as line:
        pair(server, admin, television)
    heard = line.value.wait_for_event("framereceived", timeout=WITHIN_MS)
    [device] = devices_of(admin, SCHOOL)
    assert json.loads(heard)["device"] == device["id"]
    admin.evaluate(REVOKED, device["id"])
    television.locator("[data-code]").wait_for(timeout=WITHIN_MS)


def test_the_ready_board_goes_amber_for_an_unplugged_camera_and_green_when_it_is_plugged_in(
    server: Server, launch: Launch, devices: dict[str, dict[str, Path]]
) -> None:
    lesson = plan_a_lesson(server.data, 3 * JOIN_BEFORE_MS + 120_000)
    without = launch(microphone=devices["room1"]["microphone"], width=1280, height=720, flags=NO_CAMERA)
    television = without.new_page()
    television.goto(f"{base_of(server)}/classroom")
    admin = sign_in_admin(server, launch(width=1920, height=1080))
    ready = admin.context.new_page()
    ready.goto(f"{base_of(server)}/ready")
    light = ready.locator(f"[data-lesson='{lesson}'] [data-room]")
    expect(light).to_have_attribute("data-light", "red", timeout=WITHIN_MS)
    expect(light).to_contain_text(READY["reason"]["no_device"])

    pair(server, admin, television)
    expect(light).to_contain_text(DEVICES["fault"]["camera"]["missing"]["name"], timeout=WITHIN_MS)
    expect(light).to_have_attribute("data-light", "amber")
    expect(television.get_by_text(DEVICES["fault"]["camera"]["missing"]["name"])).to_be_visible()

    plugged = launch(**devices["room1"], width=1280, height=720)
    plugged.add_cookies(without.cookies())  # type: ignore[arg-type]
    without.close()
    television = plugged.new_page()
    television.goto(f"{base_of(server)}/classroom")
    expect(light).to_have_attribute("data-light", "green", timeout=WITHIN_MS)


def test_a_room_tests_itself_by_one_key_and_says_what_to_do(
    server: Server, launch: Launch, devices: dict[str, dict[str, Path]]
) -> None:
    plan_a_lesson(server.data, 5 * JOIN_BEFORE_MS)
    television = launch(**devices["room1"], width=1280, height=720).new_page()
    television.goto(f"{base_of(server)}/classroom")
    admin = sign_in_admin(server, launch(width=412, height=915))
    pair(server, admin, television)
    expect(television.get_by_role("heading", name=TITLE)).to_be_visible()

    television.keyboard.press("Enter")
    expect(television.get_by_text(DEVICES["test"]["running"])).to_be_visible()
    found = television.locator("[data-fault]")
    found.first.wait_for(timeout=90_000)
    # Nothing joins the loudspeaker of this browser to its microphone: exactly that is what a muted television is like.
    assert [one.get_attribute("data-fault") for one in found.all()] == ["speaker.unheard"]
    expect(found).to_contain_text(DEVICES["fault"]["speaker"]["unheard"]["fix"])
    television.keyboard.press("Enter")
    expect(television.get_by_role("heading", name=TITLE)).to_be_visible()

    [device] = devices_of(admin, SCHOOL)
    history = admin.evaluate("async id => (await fetch(`/api/devices/${id}`)).json()", device["id"])
    [tested] = history["tests"]
    assert tested["faults"] == ["speaker.unheard"]
    assert tested["figures"]["took_ms"] < 60_000
    assert tested["figures"]["line"]["media"] == "udp"
    assert [ticket["fault"] for ticket in history["tickets"]] == ["speaker.unheard"]
