"""An empty county, set up by the guide in a browser, from the first administrator's sign-in to a rehearsal lesson."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from bench.ports import free_ports
from tests.e2e.people import Teacher, eventually, words
from tests.e2e.running import ROOT, Server

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(300)]
Launch = Callable[..., BrowserContext]
PASSWORD = "春天的小河静静流过村庄"
COUNTY, CENTRE, POINT, ROOM = "青山县", "城关中心小学", "柳树湾教学点", "三年级教室"
SIGN_IN, ADMIN, START, PAIR = (words(name) for name in ("signin", "admin", "admin-start", "pair"))
SCHOOLS, ROOMS, PEOPLE, CLASSES, SUBJECTS, COMMUNITIES, YEAR = (
    words(f"admin-{name}") for name in ("schools", "rooms", "people", "classes", "subjects", "communities", "year")
)
WITHIN_MS = 60_000


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A server whose county has only its first administrator; her one-time password."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "server", "accounts", "add", "wangfang", "--county", COUNTY, "--json"]
    made = subprocess.run([*command, "--data", str(data)], cwd=ROOT, capture_output=True, check=True)
    http, https, media = free_ports(3)
    server = Server(data, ["--port", http, "--https-port", https, "--media-port", media], demo=False)
    try:
        server.start()
        yield server, str(json.loads(made.stdout)["password"])
    finally:
        server.stop()


UNDER_THE_NEWS = """() => {
  const words = document.querySelector('.toast > span').getBoundingClientRect();
  const under = document.elementFromPoint(words.x + words.width / 2, words.y + words.height / 2);
  return under !== null && under.closest('.toast') === null;
}"""


def base_of(server: Server) -> str:
    return str(server.links["http"])


def sign_in(server: Server, page: Page, password: str) -> None:
    """The first sign-in of an administrator: a password of her own, and her phone."""
    page.goto(f"{base_of(server)}/signin?lang=zh-CN")
    page.get_by_label(SIGN_IN["name"]).fill("wangfang")
    page.get_by_label(SIGN_IN["password"], exact=True).fill(password)
    page.keyboard.press("Enter")
    page.get_by_label(SIGN_IN["fresh"]["label"]).fill(PASSWORD)
    page.get_by_label(SIGN_IN["fresh"]["again"]).fill(PASSWORD)
    page.keyboard.press("Enter")
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label(SIGN_IN["code"]["label"]).fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    page.get_by_role("button", name=SIGN_IN["recovery"]["go"]).click()
    expect(page).to_have_url(re.compile("/admin$"))


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog")


def save(page: Page) -> None:
    """Saves the form at the side, which closes when that is done."""
    panel(page).get_by_role("button", name=ADMIN["save"], exact=True).click()
    expect(panel(page)).to_have_count(0)


def begin(page: Page, step: str) -> None:
    """Back to the guide, where `step` is the next one, and on to it."""
    page.get_by_role("link", name=START["nav"], exact=True).click()
    now = page.locator("[aria-current=step]")
    expect(now).to_have_attribute("data-step", step)
    now.get_by_role("link", name=START["step"][step]["go"]).click()


def add_school(page: Page, name: str, kind: str) -> None:
    panel(page).get_by_label(SCHOOLS["name"], exact=True).fill(name)
    panel(page).get_by_role("radio", name=re.compile("^" + SCHOOLS["kinds"][kind])).check()
    save(page)
    expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()


def add_room(page: Page, name: str) -> None:
    """The form proposes the school that has no room yet."""
    panel(page).get_by_label(ROOMS["name"], exact=True).fill(name)
    save(page)


def set_up(page: Page) -> None:
    """Everything a first lesson needs, one step of the guide after the other."""
    begin(page, "schools")
    add_school(page, CENTRE, "centre")
    page.get_by_role("button", name=SCHOOLS["add"], exact=True).click()
    add_school(page, POINT, "teaching_point")

    begin(page, "rooms")
    add_room(page, "录播室")
    page.get_by_role("button", name=ROOMS["add"], exact=True).click()
    add_room(page, ROOM)
    expect(page.locator("tbody tr")).to_have_count(2)

    begin(page, "people")
    panel(page).get_by_label(PEOPLE["name"], exact=True).fill("李老师")
    panel(page).get_by_label(ADMIN["school"], exact=True).select_option(label=CENTRE)
    panel(page).get_by_role("button", name=ADMIN["save"], exact=True).click()
    panel(page).get_by_label(PEOPLE["signInName"]).fill("lilaoshi")
    panel(page).get_by_role("button", name=PEOPLE["open"], exact=True).click()
    assert re.fullmatch(r"[a-z0-9-]{10,}", panel(page).locator("[data-password]").inner_text())
    panel(page).get_by_role("button", name=ADMIN["close"], exact=True).click()
    expect(page.get_by_text(PEOPLE["state"]["first_password"])).to_be_visible()

    begin(page, "classes")
    panel(page).get_by_label(ADMIN["school"], exact=True).select_option(label=POINT)
    panel(page).get_by_label(CLASSES["name"], exact=True).fill("三（1）班")
    expect(panel(page).get_by_label(CLASSES["room"], exact=True).locator("option:checked")).to_have_text(ROOM)
    save(page)

    begin(page, "subjects")
    panel(page).get_by_label(SUBJECTS["name"], exact=True).fill("美术")
    panel(page).get_by_label("3年级").fill("2")
    save(page)
    expect(page.get_by_text("3年级 2 节")).to_be_visible()

    begin(page, "communities")
    panel(page).get_by_role("checkbox", name=POINT).check()
    save(page)
    expect(page.get_by_role("heading", name=f"{CENTRE}共同体")).to_be_visible()

    begin(page, "year")
    page.get_by_role("button", name=YEAR["add"], exact=True).click()
    panel(page).get_by_label(YEAR["name"], exact=True).fill("2026 秋季学期")
    panel(page).get_by_label(YEAR["begins"], exact=True).fill("2026-08-31")
    panel(page).get_by_label(YEAR["ends"], exact=True).fill("2027-06-30")
    save(page)
    page.get_by_role("button", name=YEAR["bells"]["change"], exact=True).click()
    save(page)


def pair(page: Page, television: Page, base: str) -> None:
    """The classroom's screen shows its code, the administrator types it."""
    television.goto(f"{base}/classroom?lang=zh-CN")
    code = television.locator("[data-code]").get_attribute("data-code")
    page.goto(f"{base}/pair#code={code}")
    page.get_by_role("radio", name=re.compile(ROOM)).check()
    page.get_by_role("button", name=PAIR["go"], exact=True).click()
    expect(page.get_by_role("heading", name=PAIR["done"])).to_be_visible()
    expect(television.get_by_text(POINT)).to_be_visible()


def test_an_empty_county_is_set_up_by_the_guide_up_to_a_rehearsal_that_a_classroom_joins(
    empty: tuple[Server, str], launch: Launch, devices: dict[str, dict[str, Path]]
) -> None:
    server, password = empty
    office = launch(**devices["lead"], width=1366, height=768)
    page = office.new_page()
    sign_in(server, page, password)
    expect(page.locator("li[data-done=true]")).to_have_count(0)
    set_up(page)
    page.get_by_role("link", name=START["nav"], exact=True).click()
    expect(page.locator("li[data-done=true]")).to_have_count(7)

    home = launch(**devices["room1"], width=1280, height=720)
    home.add_init_script("localStorage.setItem('tongke.tested', String(Date.now()))")  # no self-test before this lesson
    television = home.new_page()
    pair(page, television, base_of(server))

    page.goto(f"{base_of(server)}/admin?lang=zh-CN#/start")
    expect(page.locator("[data-step=devices]")).to_have_attribute("data-done", "true")
    page.get_by_role("button", name=START["rehearsal"]["go"], exact=True).click()
    expect(page).to_have_url(re.compile(r"/teacher\?lesson="))
    teacher = Teacher(page, [])
    teacher.start_class()
    eventually(lambda: teacher.picture(POINT), "the classroom's picture", WITHIN_MS / 1000)
    teacher.end_class()

    page.goto(f"{base_of(server)}/admin?lang=zh-CN#/start")
    expect(page.locator("[data-step=rehearsal]")).to_have_attribute("data-done", "true")
    lessons = page.evaluate("async () => (await (await fetch('/api/county/grid')).json()).lessons")
    assert lessons == [], "a rehearsal is in no grid"


def test_what_is_closed_comes_back_and_a_code_that_is_taken_is_refused_in_words(
    empty: tuple[Server, str], launch: Launch
) -> None:
    server, password = empty
    page = launch(width=390, height=844).new_page()
    sign_in(server, page, password)
    page.goto(f"{base_of(server)}/admin?lang=zh-CN#/schools/new")
    panel(page).get_by_label(SCHOOLS["code"], exact=True).fill("A1")
    add_school(page, CENTRE, "centre")

    page.get_by_role("button", name=SCHOOLS["add"], exact=True).click()
    panel(page).get_by_label(SCHOOLS["name"], exact=True).fill("<img src=x onerror=alert(1)>")
    panel(page).get_by_label(SCHOOLS["code"], exact=True).fill("A1")
    panel(page).get_by_role("button", name=ADMIN["save"], exact=True).click()
    expect(panel(page).get_by_role("alert")).to_contain_text("编号已经用了")
    panel(page).get_by_label(SCHOOLS["code"], exact=True).fill("A2")
    save(page)
    expect(page.get_by_role("button", name="<img src=x onerror=alert(1)>", exact=True)).to_be_visible()

    page.get_by_role("button", name=CENTRE, exact=True).click()
    panel(page).get_by_role("button", name=SCHOOLS["close"], exact=True).click()
    expect(page.get_by_role("button", name=CENTRE, exact=True)).to_have_count(0)
    assert page.evaluate(UNDER_THE_NEWS) is True, "what lies under the words of a toast can still be clicked"
    page.get_by_role("status").get_by_role("button", name=ADMIN["undo"], exact=True).click()
    expect(page.get_by_role("button", name=CENTRE, exact=True)).to_be_visible()

    page.get_by_role("button", name=CENTRE, exact=True).click()
    page.go_back()
    expect(panel(page)).to_have_count(0)

    page.goto(f"{base_of(server)}/admin?lang=zh-CN#/privacy/form")
    page.emulate_media(media="print")
    expect(page.locator("[data-sheet]")).to_be_visible()
    page.evaluate("location.hash = '#/schools'")
    expect(page.get_by_role("button", name=CENTRE, exact=True)).to_be_visible()
