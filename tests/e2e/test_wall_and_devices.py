"""A television looked after from the administration: paired by its code, on the board, the wall and the alerts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.people import words
from tests.e2e.running import Server
from tests.e2e.test_paired_devices import (
    NO_CAMERA,
    ROOM,
    SCHOOL,
    WITHIN_MS,
    base_of,
    plan_a_lesson,
    sign_in_admin,
)

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(420)]

Launch = Callable[..., BrowserContext]
DEVICES, ALERTS, AUDIT, FAULTS, WALL = (
    words(name) for name in ("admin-devices", "admin-alerts", "admin-audit", "devices", "wall")
)
NAMED = f"{SCHOOL} · {ROOM}"
OLD_MS = 30_000
"""web/src/pages/wall/wall.ts"""
NO_CAMERA_HERE = FAULTS["fault"]["camera"]["missing"]

UNTOLD = """() => {
  const list = document.querySelector('footer ul'), end = list.getBoundingClientRect().bottom;
  const named = [...list.children].filter(one => one.getBoundingClientRect().top < end - 1);
  const whole = named.every(one => one.scrollWidth <= one.clientWidth);
  const more = Number(document.querySelector('footer .more')?.textContent.match(/[0-9]+/)[0] ?? 0);
  return whole ? Number(document.querySelector('footer .idle b').textContent) - named.length - more : NaN;
}"""
"""How many idle rooms the wall's last line neither names whole nor counts."""


def pair_by_code(admin: Page, television: Page, base: str) -> None:
    """Types the code that the television shows into the section of the devices."""
    shown = television.locator("[data-code]")
    shown.wait_for()
    code = shown.get_attribute("data-code")
    assert code is not None
    admin.goto(f"{base}/admin#/devices")
    admin.get_by_role("button", name=DEVICES["pair"]["open"], exact=True).first.click()
    panel = admin.get_by_role("dialog")
    panel.get_by_label(DEVICES["pair"]["code"]).fill(code.lower())
    panel.get_by_label(DEVICES["room"]).select_option(label=NAMED)
    panel.get_by_role("button", name=DEVICES["pair"]["do"], exact=True).click()
    expect(admin.get_by_role("heading", name=NAMED)).to_be_visible()


def room_of(admin: Page, base: str) -> Locator:
    """The panel of the room."""
    admin.goto(f"{base}/admin#/devices")
    admin.get_by_role("button", name=NAMED).click()
    return admin.get_by_role("dialog")


def test_a_television_is_paired_seen_everywhere_restarted_and_revoked(
    server: Server, launch: Launch, devices: dict[str, dict[str, Path]]
) -> None:
    lesson = plan_a_lesson(server.data, 50 * 60_000)  # so far ahead that the room does not test itself meanwhile
    base = base_of(server)
    home = launch(microphone=devices["room1"]["microphone"], width=1280, height=720, flags=NO_CAMERA)
    television = home.new_page()
    television.goto(f"{base}/classroom")
    admin = sign_in_admin(server, launch(width=1366, height=768))
    pair_by_code(admin, television, base)
    expect(television.get_by_text(SCHOOL)).to_be_visible(timeout=WITHIN_MS)

    ready, wall = admin.context.new_page(), admin.context.new_page()
    ready.goto(f"{base}/ready")
    light = ready.locator(f"[data-lesson='{lesson}'] [data-room]")
    expect(light).to_have_attribute("data-light", "amber", timeout=WITHIN_MS)
    expect(light).to_contain_text(NO_CAMERA_HERE["name"])
    wall.goto(f"{base}/wall")
    tile = wall.locator("[data-room]").filter(has_text=SCHOOL)
    expect(tile).to_have_attribute("data-state", "amber", timeout=WITHIN_MS)
    expect(wall.get_by_text(NO_CAMERA_HERE["name"])).to_be_visible()
    expect(wall.locator(f"[data-lesson='{lesson}']")).to_be_visible()

    admin.goto(f"{base}/admin#/alerts")
    alert = admin.locator("[data-alert='camera.missing']")
    alert.wait_for(timeout=2 * WITHIN_MS)
    expect(alert).to_contain_text(NO_CAMERA_HERE["fix"])
    alert.get_by_role("button", name=ALERTS["note"]).click()
    expect(alert.get_by_role("button", name=ALERTS["note"])).to_have_count(0)

    television.evaluate("window.before = true")
    panel = room_of(admin, base)
    panel.get_by_role("button", name=DEVICES["restart"]["do"]).click()
    television.wait_for_function("() => window.before === undefined", timeout=WITHIN_MS)
    expect(television.get_by_text(SCHOOL)).to_be_visible(timeout=WITHIN_MS)

    panel.get_by_role("link", name=DEVICES["kind"]["page"]).click()
    device = admin.get_by_role("dialog")
    device.get_by_role("button", name=DEVICES["revoke"]["ask"]).click()
    device.get_by_role("button", name=DEVICES["revoke"]["do"], exact=True).click()
    television.locator("[data-code]").wait_for(timeout=WITHIN_MS)
    expect(tile).to_have_attribute("data-state", "none", timeout=WITHIN_MS)

    admin.goto(f"{base}/admin#/audit")
    told = admin.get_by_role("table")
    for change in ("pair", "acknowledge", "restart_page", "revoke"):
        expect(told.get_by_text(AUDIT["change"][change], exact=True).first).to_be_visible()
    admin.get_by_role("button", name=AUDIT["verify"]["do"]).click()
    expect(admin.get_by_role("status").filter(has_text="条记录")).to_be_visible()


def test_the_wall_says_when_what_it_shows_is_old(server: Server, launch: Launch) -> None:
    wall = sign_in_admin(server, launch(width=1920, height=1080))
    wall.clock.install()
    wall.goto(f"{base_of(server)}/wall")
    expect(wall.locator("[data-count='now']")).to_be_visible()
    assert wall.evaluate("document.documentElement.scrollHeight <= innerHeight")
    expect(wall.locator("footer li").first).to_be_visible()
    assert wall.evaluate(UNTOLD) == 0, "every idle room is named, or counted"
    wall.set_viewport_size({"width": 1200, "height": 1000})
    wall.wait_for_function(f"() => ({UNTOLD})() === 0 && document.querySelector('footer .more') !== null")
    wall.context.set_offline(True)
    wall.clock.fast_forward(OLD_MS)
    old = wall.get_by_role("alert")
    expect(old).to_contain_text(WALL["old"].split("，")[0], timeout=WITHIN_MS)
    wall.context.set_offline(False)
    expect(old).to_have_count(0, timeout=WITHIN_MS)
