"""A screen that woke up while the network changed: what did not load of its page is loaded again, without a hand."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.e2e.people import Classroom, open_classroom
from tests.e2e.running import ROOT, Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

Launch = Callable[..., BrowserContext]
WITHIN_MS = 30_000
FIRST_MS = 2_000
"""As long as loadAgain.js waits."""


def shared() -> str:
    """A file that the classroom's page shares with others, whatever the build calls it."""
    page = (ROOT / "web/dist/classroom/index.html").read_text("utf-8")
    found = re.search(r'rel="modulepreload"[^>]*href="/assets/([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("what", ["classroom-*.js", shared, "*.css"])
def test_a_page_that_did_not_load_whole_loads_itself_again(
    server: Server, launch: Launch, what: str | Callable[[], str]
) -> None:
    television, refused = launch(width=1280, height=720), list[str]()

    def changes(route: Route) -> None:
        if len(refused) < 2:
            refused.append(route.request.url)
            route.abort("connectionaborted")
        else:
            route.continue_()

    television.route(f"**/assets/{what if isinstance(what, str) else what()}", changes)
    room = open_classroom(television, server.lesson["classrooms"][0]["url"])
    expect(room.page.get_by_label(Classroom.words["waiting"]["self"])).to_be_visible(timeout=WITHIN_MS)
    assert len(refused) == 2
    assert room.complaints == []


def test_what_does_not_come_later_is_no_reason_to_begin_anew(server: Server, launch: Launch) -> None:
    room = open_classroom(launch(width=1280, height=720), server.lesson["classrooms"][0]["url"])
    expect(room.page.get_by_label(Classroom.words["waiting"]["self"])).to_be_visible(timeout=WITHIN_MS)
    room.page.evaluate(
        """() => {
          window.stays = true;
          const later = { rel: 'stylesheet', href: '/nothing.css' };
          document.head.append(Object.assign(document.createElement('link'), later));
        }"""
    )
    room.page.wait_for_timeout(2 * FIRST_MS)
    assert room.page.evaluate("window.stays")
