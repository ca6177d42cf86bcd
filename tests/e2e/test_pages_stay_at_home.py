"""Every page, opened: it asks nobody but its server (`launch` asserts it); and that this would be noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.at_home import strayed
from tests.e2e.running import Server
from tests.e2e.small_town import settle

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

OPEN_TO_ALL = ("", "signin", "pair", "trust", "api/openapi.json")
SETTLED_MS = 700
SIGNED_IN = ("admin", "ready", "wall", "replay", "teacher", "pair")


def test_no_page_asks_anybody_but_its_server(server: Server, launch: Callable[..., BrowserContext]) -> None:
    town = settle(server)
    visits = [
        [f"{town.base}/{page}" for page in OPEN_TO_ALL],
        [server.links["admin"]["url"], *(f"{server.links['http']}/{page}" for page in SIGNED_IN)],
        *([link] for link in (town.teacher, town.room, town.assistant, town.trainer)),
    ]
    for addresses in visits:
        page = launch().new_page()
        for address in addresses:
            page.goto(address)
            expect(page.locator("body")).not_to_be_empty()
            page.wait_for_timeout(SETTLED_MS)


def test_a_page_that_asks_elsewhere_is_noticed(server: Server, launch: Callable[..., BrowserContext]) -> None:
    browser = launch().browser
    assert browser is not None
    context = browser.new_context()
    found = strayed(context)
    page = context.new_page()
    page.route("**/stray", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(f"{server.links['http']}/stray")
    assert found == []
    page.evaluate("fetch('http://127.0.0.1:9/image').catch(() => null)")
    page.evaluate("{ new WebSocket('ws://127.0.0.1:9/socket'); }")
    page.wait_for_timeout(300)
    assert found == ["http://127.0.0.1:9/image", "ws://127.0.0.1:9/socket"]
