"""Names with HTML in them: every page shows them as the text they are, and nothing in them runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, BrowserContext, Page, expect

from server.store.store import FILE_NAME
from tests.e2e.people import follow
from tests.e2e.running import Server

pytestmark = pytest.mark.e2e
Launch = Callable[..., BrowserContext]
WITHIN_MS = 20_000


def hostile(what: str) -> str:
    return f"{what}<img src=x onerror=alert(1)>"


SCHOOL, ROOM, PERSON, TITLE = (hostile(what) for what in ("校", "室", "人", "题"))


class Administrator:
    """Asks the server with the key of the administrator's link."""

    def __init__(self, server: Server, http: APIRequestContext) -> None:
        self._base = f"{server.links['http']}/api/county"
        self._http = http
        self._headers = {"Authorization": f"Bearer {server.links['admin']['token']}"}

    def get(self, path: str) -> Any:
        answer = self._http.get(self._base + path, headers=self._headers)
        assert answer.ok, answer.text()
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._http.post(self._base + path, headers=self._headers, data=body)
        assert answer.ok, answer.text()
        return answer.json()

    def rename_all(self, lead: str) -> None:
        """Every school, room and subject, and who leads the demo lesson."""
        for number, one in enumerate(self.get("/schools")):
            self.post(f"/schools/{one['id']}", {"kind": one["kind"], "name": f"{SCHOOL}{number}"})
        for one in self.get("/rooms"):
            self.post(f"/rooms/{one['id']}", {"school_id": one["school_id"], "name": ROOM, "profile": one["profile"]})
        person = next(one for one in self.get("/staff") if one["id"] == lead)
        self.post(f"/staff/{lead}", {"name": PERSON, "role": person["role"], "school_id": person["school_id"]})


def entitle(server: Server) -> None:
    """The demo lesson, which is now: no form gives a lesson that there is another title."""
    with closing(sqlite3.connect(server.data / FILE_NAME)) as store, store:
        store.execute("UPDATE lesson SET title = ? WHERE id = ?", (TITLE, server.lesson["lesson"]))


def shows(page: Page, address: str, *texts: str) -> None:
    """The page shows each text, whole, and has made no picture of it."""
    page.goto(address)
    for text in texts:
        expect(page.get_by_text(text).first).to_be_visible(timeout=WITHIN_MS)
    assert page.locator("img[src=x], [onerror]").count() == 0


def test_names_with_html_in_them_are_text_on_every_page(server: Server, launch: Launch) -> None:
    page = launch(width=1366, height=900).new_page()
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    admin, base, lead = Administrator(server, page.request), server.links["http"], server.lesson["teacher"]["id"]
    admin.rename_all(lead)
    entitle(server)
    follow(page, server.links["admin"]["url"])
    expect(page.get_by_role("navigation").first).to_be_visible()
    shows(page, f"{base}/admin#/schools", SCHOOL)
    shows(page, f"{base}/admin#/rooms", SCHOOL, ROOM)
    shows(page, f"{base}/admin#/people", PERSON, SCHOOL)
    shows(page, f"{base}/wall", TITLE, SCHOOL)
    shows(page, f"{base}/ready", SCHOOL, ROOM)
    shows(page, str(server.lesson["teacher"]["url"]), TITLE)
    shows(page, str(server.lesson["classrooms"][0]["url"]), SCHOOL)
    assert ran == []
