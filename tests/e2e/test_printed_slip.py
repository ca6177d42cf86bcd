"""The slip with a first password, as it is printed: alone on the sheet, and whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.people import follow, words
from tests.e2e.running import Server

pytestmark = pytest.mark.e2e
Launch = Callable[..., BrowserContext]
PEOPLE = words("admin-people")
A4_WIDTH_PX = 794


def test_only_the_slip_is_printed_and_all_of_it(server: Server, launch: Launch) -> None:
    page = launch(width=A4_WIDTH_PX, height=1123).new_page()
    follow(page, server.links["admin"]["url"])
    page.goto(f"{server.links['http']}/admin#/people/{server.lesson['teacher']['id']}")
    panel = page.locator("dialog[open]")
    panel.get_by_label(PEOPLE["signInName"]).fill("zhujiang")
    panel.get_by_role("button", name=PEOPLE["open"], exact=True).click()
    slip = page.locator("[data-sheet]")
    expect(slip.locator("[data-password]")).to_be_visible()
    expect(panel.get_by_label(PEOPLE["name"], exact=True)).to_be_visible()
    page.emulate_media(media="print")
    expect(slip.locator("[data-password]")).to_be_visible()
    expect(panel.get_by_label(PEOPLE["name"], exact=True)).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    box = slip.bounding_box()
    assert box is not None
    assert box["x"] > 0
    assert box["x"] + box["width"] < A4_WIDTH_PX
