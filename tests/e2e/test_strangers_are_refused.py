"""Whoever has no credential that holds is told the same on every page, in the same words and the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page

from tests.e2e.people import eventually, words
from tests.e2e.running import Server
from tests.e2e.strangers import cookies_of_strangers

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

Launch = Callable[..., BrowserContext]
PAGES = ("teacher", "classroom", "assistant", "watch", "admin", "ready", "wall", "replay")
ANSWERS = (
    "/api/me", "/api/lessons", "/api/recordings", "/api/devices", "/api/ready", "/api/wall", "/api/audit",
    "/api/county/covers", "/api/recordings/{lesson}", "/api/recordings/{lesson}/log", "/api/lessons/{lesson}/missed",
)  # fmt: skip
ENTERING = words("ui")["entering"]
CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{4}\s*[2-9A-HJ-NP-Z]{4}\b")
KNOCK = """async lesson => new Promise(resolve => {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws');
  const heard = [];
  socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', version: 1, lesson, after: 0, screen: 'a' }));
  socket.onmessage = ({ data }) => heard.push(data);
  socket.onclose = ({ code }) => resolve(JSON.stringify([code, heard]));
})"""


def said(page: Page) -> str:
    """What the page says once it has made up its mind; a pairing code, which is another each time, left out."""

    def rests() -> str:
        before = page.evaluate("document.body.innerText")
        page.wait_for_timeout(700)
        after = page.evaluate("document.body.innerText")
        decided = before == after and len(after.strip()) > 10 and ENTERING not in after
        return str(after) if decided else ""

    return CODE.sub("CODE", eventually(rests, "the page says something that stays"))


def with_cookie(context: BrowserContext, base: str, token: str | None) -> None:
    context.clear_cookies()
    if token is not None:
        context.add_cookies([{"name": "tongke", "value": token, "url": base}])


def told(response: APIResponse) -> tuple[int, dict[str, str], bytes]:
    """Everything of an answer but its date."""
    return response.status, {name: value for name, value in response.headers.items() if name != "date"}, response.body()


def test_no_wrong_expired_and_revoked_cookies_get_the_same_words_and_bytes(server: Server, launch: Launch) -> None:
    base, lesson = str(server.links["http"]), server.lesson["lesson"]
    cookies: dict[str, str | None] = {"none": None, **cookies_of_strangers(server)}
    context = launch(width=1280, height=720)
    texts: dict[str, dict[str, str]] = {}
    answers: dict[str, list[Any]] = {}
    for kind, token in cookies.items():
        with_cookie(context, base, token)
        answers[kind] = [told(context.request.get(base + path.replace("{lesson}", lesson))) for path in ANSWERS]
        page = context.new_page()
        texts[kind] = {}
        for name in PAGES:
            page.goto(f"{base}/{name}")
            texts[kind][name] = said(page)
        page.goto(f"{base}/signin")
        answers[kind].append(page.evaluate(KNOCK, lesson))
        page.close()
    for kind in cookies:
        assert texts[kind] == texts["none"], kind
        assert answers[kind] == answers["none"], kind
    assert {status for status, _, _ in answers["none"][:-1]} == {401}
    assert "unauthorized" in answers["none"][-1]
    assert all(server.lesson["teacher"]["school"] not in text for text in texts["none"].values())
