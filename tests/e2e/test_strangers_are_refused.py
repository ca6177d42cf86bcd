"""Whoever has no credential that holds is told the same on every page, in the same words and the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, expect

from tests.e2e.people import eventually, follow, words
from tests.e2e.running import Server
from tests.e2e.strangers import hold_and_end, strangers_at

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(420)]

Launch = Callable[..., BrowserContext]
PAGES = ("teacher", "classroom", "assistant", "watch", "admin", "ready", "wall", "replay", "pair")
BY_LINK = ("assistant", "wall")
"""Ten wrong tokens in ten minutes shut the door (docs/operating.md): two pages and a request for each kind."""
ANSWERS = (
    "/api/me", "/api/lessons", "/api/recordings", "/api/devices", "/api/ready", "/api/wall", "/api/audit",
    "/api/county/covers", "/api/recordings/{lesson}", "/api/recordings/{lesson}/log", "/api/lessons/{lesson}/missed",
)  # fmt: skip
UI, SIGN_IN, TEACHER, REPLAY = map(words, ("ui", "signin", "teacher", "replay"))
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
        decided = before == after and len(after.strip()) > 10 and UI["entering"] not in after
        return str(after) if decided else ""

    return CODE.sub("CODE", eventually(rests, "the page says something that stays"))


def with_cookie(context: BrowserContext, base: str, token: str | None) -> None:
    context.clear_cookies()
    if token is not None:
        context.add_cookies([{"name": "tongke", "value": token, "url": base}])


def told(response: APIResponse) -> tuple[int, dict[str, str], bytes]:
    """Everything of an answer but its date."""
    return response.status, {name: value for name, value in response.headers.items() if name != "date"}, response.body()


def has_a_next_step(page: Page) -> None:
    """A page that stays closed offers to sign in, or leads to one's own page."""
    way = page.get_by_role(
        "button", name=re.compile(f"{UI['signedOut']['signIn']}|{UI['signedOut']['wrongPage']['go']}")
    )
    expect(way).to_have_count(1)


def test_no_wrong_expired_and_revoked_cookies_get_the_same_words_and_bytes(server: Server, launch: Launch) -> None:
    base, lesson = str(server.links["http"]), server.lesson["lesson"]
    cookies: dict[str, str | None] = {"none": None, **strangers_at(server).cookies}
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
            if name != "classroom":  # a television is paired by its code
                has_a_next_step(page)
        page.goto(f"{base}/signin")
        answers[kind].append(page.evaluate(KNOCK, lesson))
        page.close()
    for kind in cookies:
        assert texts[kind] == texts["none"], kind
        assert answers[kind] == answers["none"], kind
    assert {status for status, _, _ in answers["none"][:-1]} == {401}
    assert "unauthorized" in answers["none"][-1]
    assert all(server.lesson["teacher"]["school"] not in text for text in texts["none"].values())


def test_wrong_expired_and_revoked_links_get_the_same_words_and_bytes(server: Server, launch: Launch) -> None:
    base = str(server.links["http"])
    texts: dict[str, dict[str, str]] = {}
    answers: list[tuple[int, dict[str, str], bytes]] = []
    for kind, token in strangers_at(server).links.items():
        context = launch(width=1280, height=720)
        page = context.new_page()
        texts[kind] = {}
        for name in BY_LINK:
            page.goto(f"{base}/{name}#token={token}")
            expect(page.get_by_role("heading", name=UI["signedOut"]["refused"]["title"])).to_be_visible()
            has_a_next_step(page)
            texts[kind][name] = said(page)
            assert token not in page.url
            page.goto("about:blank")
        answers.append(told(context.request.post(f"{base}/api/enter", data={"token": token})))
    assert texts["expired"] == texts["revoked"] == texts["wrong"]
    assert answers == [answers[0]] * 3
    assert answers[0][0] == 401


def test_people_of_another_county_or_school_see_nothing_of_a_lesson_and_cannot_tell_that_it_is_there(
    server: Server, launch: Launch
) -> None:
    base, lesson = str(server.links["http"]), server.lesson["lesson"]
    nowhere = lesson[:-1] + ("0" if lesson[-1] != "0" else "1")
    hold_and_end(server)
    for place, token in strangers_at(server).neighbours.items():
        context = launch(width=1280, height=720)
        page = context.new_page()
        follow(page, f"{base}/{place.partition('#')[0]}#token={token}")
        for path in ("/api/recordings/{}", "/api/recordings/{}/log", "/api/lessons/{}/missed"):
            there, not_there = (told(context.request.get(base + path.format(one))) for one in (lesson, nowhere))
            assert there == not_there
            assert there[0] in (403, 404)
        assert page.evaluate(KNOCK, lesson) == page.evaluate(KNOCK, nowhere)
        shown = {}
        for path in (f"replay/{lesson}", f"replay/{nowhere}", f"watch?lesson={lesson}", "ready", "wall", "replay"):
            page.goto(f"{base}/{path}")
            shown[path] = said(page)
        assert shown[f"replay/{lesson}"] == shown[f"replay/{nowhere}"]
        assert REPLAY["problem"]["not_found_text"] in shown[f"replay/{lesson}"]
        assert all(server.lesson["teacher"]["school"] not in text for text in shown.values())
        context.close()


def test_a_link_to_a_lesson_that_is_over_says_so_and_opens_no_door(server: Server, launch: Launch) -> None:
    link, lesson = str(server.lesson["teacher"]["url"]), server.lesson["lesson"]
    hold_and_end(server)
    page = launch().new_page()
    page.goto(link.replace("/teacher", f"/teacher?lesson={lesson}"))
    line = page.get_by_role("listitem").filter(has_text=server.lesson["title"])
    over = "|".join(UI["lesson"]["state"][state] for state in ("UNJUDGED", "INVALID"))
    expect(line.get_by_text(re.compile(over))).to_be_visible()
    assert page.get_by_role("button", name=TEACHER["door"]["start"], exact=True).count() == 0
    page.goto(f"{server.links['http']}/watch?lesson={lesson}")
    expect(page.get_by_role("heading", name=words("watch")["over"])).to_be_visible()


def test_a_code_that_opened_a_classroom_pc_once_opens_none_again(server: Server, launch: Launch) -> None:
    base = str(server.links["http"])
    phone = launch(width=390, height=844).new_page()
    follow(phone, server.lesson["teacher"]["url"])
    screen = launch().new_page()
    with screen.expect_request("**/api/sign-in/screen/collect") as asked:
        screen.goto(f"{base}/signin")
    code = asked.value.post_data_json["id"]
    phone.goto(f"{base}/signin#approve={code}")
    phone.get_by_role("button", name=SIGN_IN["approve"]["yes"]).click()
    expect(screen).to_have_url(re.compile("/teacher"))
    phone.goto("about:blank")
    phone.goto(f"{base}/signin#approve={code}")
    expect(phone.get_by_role("heading", name=SIGN_IN["approve"]["gone"])).to_be_visible()
    expect(phone.get_by_text(SIGN_IN["approve"]["goneText"])).to_be_visible()
