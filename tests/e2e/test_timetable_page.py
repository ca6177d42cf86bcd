"""The week grid, the lessons held and the teacher's first page in a browser, over a county of its own."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from server.county.calendar import moment_ms
from server.county.timetable import Bell, Entry, SeatedClass
from server.store.county_rows import SchoolClass, SchoolSubject, SpecialDay, Term
from server.store.ids import new_id
from server.store.planning import Wish
from server.store.rows import Classroom, School, Staff
from server.store.store import Store, open_store
from tests.e2e.people import words
from tests.e2e.running import ROOT, Server

pytestmark = pytest.mark.e2e
Launch = Callable[..., BrowserContext]
T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
TIMETABLE, LESSONS, HOME, TEACHER = (
    words("admin-timetable"),
    words("admin-lessons"),
    words("teacher-home"),
    words("teacher"),
)
UNDO = words("admin")["undo"]
WEEKS_AHEAD = 6
HOURS = [(500, 540), (550, 590), (610, 650)]


def now_ms() -> int:
    return int(time.time() * 1000)


@dataclass(frozen=True)
class Town:
    """A county with one community. `monday` is that of the coming week, all of which lies ahead.

    weekday: of its one weekly lesson, never today's or tomorrow's, so that what begins now cannot clash with it.
    """

    monday: date
    weekday: int
    community: str
    rooms: list[str]
    classes: list[str]
    lead: Staff
    admin: Staff
    art: SchoolSubject
    music: SchoolSubject


def in_store(server: Server, work: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    """Does `work` with the server's own data, in a thread whose event loop is not the browser's."""

    async def run() -> T:
        store = await open_store(server.data)
        try:
            return await work(store)
        finally:
            await store.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


async def build(store: Store) -> Town:
    """Centre and two points, a term from last week on, art once a week in period 1 since then."""
    at = now_ms()
    county = await store.people.add_county("某县", "Asia/Shanghai", at)
    today = datetime.now(ZONE).date()
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7)
    weekday = 4 if today.isoweekday() in (1, 7) else 1
    kinds = (("centre", "中心小学"), ("teaching_point", "第一教学点"), ("teaching_point", "第二教学点"))
    schools = [School(new_id("school", at + n), county, kind, name) for n, (kind, name) in enumerate(kinds)]
    rooms = [Classroom(new_id("room", at + n), school.id, "教室", "simple") for n, school in enumerate(schools)]
    classes = [
        SchoolClass(new_id("class", at + n), room.school_id, 3, "三年级", 9 + n, room.id)
        for n, room in enumerate(rooms)
    ]
    art, music = [SchoolSubject(new_id("subject", at), county, name, None, True) for name in ("美术", "音乐")]
    lead, colleague = [
        Staff(new_id("staff", at), county, schools[0].id, "lead", name) for name in ("主讲教师", "另一位教师")
    ]
    admin = Staff(new_id("staff", at), county, None, "county_admin", "管理员")
    await store.registry.save(county, [*schools, *rooms, *classes, art, music, lead, colleague, admin])
    community = await store.communities.create(county, "共同体", schools[0].id, at)
    for point in schools[1:]:
        await store.communities.add_teaching_point(community.id, point.id, at)
    begins = monday - timedelta(days=14)
    term = Term(new_id("term", at), county, "本学期", begins, monday + timedelta(days=7 * WEEKS_AHEAD - 3))
    await store.terms.save(term)
    holiday = monday + timedelta(days=2)
    made_up = SpecialDay(monday + timedelta(days=5), holiday)
    await store.terms.set_special_days(county, term.id, [SpecialDay(holiday, None, "校运会"), made_up])
    bells = [Bell(school_id=None, period=n, starts_min=a, ends_min=b) for n, (a, b) in enumerate(HOURS, 1)]
    await store.terms.set_bells(county, None, bells, at)
    entry = Entry(
        id=new_id("entry", at), term_id=term.id, community_id=community.id, weekday=weekday, period=1,
        subject_id=art.id, lead_id=lead.id, lead_room_id=rooms[0].id, mode="blended", rooms=(rooms[1].id,),
        classes=(SeatedClass(classes[1].id, rooms[1].id),),
    )  # fmt: skip
    past = moment_ms(begins, 0, ZONE)
    await store.timetable.save(county, term.id, [entry], past)
    await store.timetable.make(county, term.id, past)
    await store.judgements.give_up(at)
    told = [room.id for room in rooms], [one.id for one in classes]
    return Town(monday, weekday, community.id, *told, lead, admin, art, music)


@pytest.fixture
def town(server: Server) -> Town:
    return in_store(server, build)


def enter(server: Server, launch: Launch, who: Staff, page: str, language: str = "zh-CN") -> Page:
    """The page of somebody who opened her link."""
    token = in_store(server, lambda store: store.credentials.issue("link", who.id, now_ms()))
    opened = launch(width=1366, height=768, locale=language).new_page()
    base = str(server.lesson["teacher"]["url"]).partition("/teacher")[0]
    opened.goto(f"{base}{page}?lang={language}#token={token}")
    return opened


def open_week(server: Server, launch: Launch, town: Town, language: str = "zh-CN") -> Page:
    """The community's coming week, as the county's administrator sees it."""
    page = enter(server, launch, town.admin, "/admin", language)
    expect(page.get_by_role("navigation").first).to_be_visible()
    page.goto(f"{page.url.partition('#')[0]}#/timetable/community/{town.community}/{town.monday.isoformat()}")
    expect(page.get_by_role("table")).to_be_visible()
    return page


def lessons(page: Page, first: date, days: int = 42) -> list[dict[str, Any]]:
    """The lessons that the server has."""
    found: list[dict[str, Any]] = page.evaluate(
        "async address => (await (await fetch(address)).json()).lessons",
        f"/api/county/grid?from={first.isoformat()}&days={days}",
    )
    return found


def card(page: Page, subject: str) -> Any:
    return page.locator("[data-lesson]", has_text=subject)


def test_a_clash_is_named_while_one_types_and_what_is_added_becomes_lessons(
    server: Server, town: Town, launch: Launch
) -> None:
    page, form = open_week(server, launch, town), TIMETABLE["form"]
    expect(card(page, "美术")).to_have_count(1)
    first = page.get_by_role("row").nth(1)
    first.get_by_role("button", name=re.compile(TIMETABLE["add"])).first.click()
    panel = page.get_by_role("dialog")
    panel.get_by_label(form["weekday"]).select_option(str(town.weekday))
    panel.get_by_label(form["subject"]).select_option(label="音乐")
    panel.get_by_label(form["lead"], exact=True).select_option(label="另一位教师")
    clash = panel.get_by_text(re.compile("第一教学点 · 教室"))
    expect(clash).to_contain_text("美术 · 主讲教师")
    expect(clash).to_contain_text("音乐 · 另一位教师")
    save = panel.get_by_role("button", name=words("admin")["save"], exact=True)
    expect(save).to_be_disabled()
    panel.get_by_label(form["time"], exact=True).select_option("2")
    expect(clash).to_have_count(0)
    save.click()
    expect(panel).to_have_count(0)
    expect(page.get_by_role("row").nth(2).locator("[data-lesson]", has_text="音乐")).to_be_visible()
    ahead = [lesson for lesson in lessons(page, town.monday) if lesson["subject"] == "音乐"]
    assert [lesson["entry_day"] for lesson in ahead] == [
        (town.monday + timedelta(days=7 * week + town.weekday - 1)).isoformat() for week in range(WEEKS_AHEAD)
    ]
    assert {room["id"] for room in ahead[0]["rooms"]} == set(town.rooms[1:])
    page.get_by_role("button", name=UNDO).click()
    expect(card(page, "音乐")).to_have_count(0)
    assert {lesson["subject"] for lesson in lessons(page, town.monday)} == {"美术"}


def test_a_cancelled_day_is_excused_with_its_reason_and_comes_back(server: Server, town: Town, launch: Launch) -> None:
    page = open_week(server, launch, town)
    card(page, "美术").click()
    panel = page.get_by_role("dialog")
    panel.get_by_role("button", name=TIMETABLE["act"]["cancel"]).click()
    panel.get_by_role("button", name=TIMETABLE["reason"]["power"]).click()
    panel.get_by_role("button", name=TIMETABLE["act"]["cancelNow"], exact=True).click()
    expect(card(page, "美术")).to_have_class(re.compile("REASONABLE_MISSED"))
    states = [(lesson["state"], lesson["reason"]) for lesson in lessons(page, town.monday, 14)]
    assert states == [("REASONABLE_MISSED", TIMETABLE["reason"]["power"]), ("planned", None)]
    page.get_by_role("button", name=UNDO).click()
    expect(card(page, "美术")).to_have_class(re.compile("planned"))
    assert [lesson["state"] for lesson in lessons(page, town.monday, 7)] == ["planned"]


@pytest.mark.parametrize(("language", "follows"), [("zh-CN", "补课"), ("en", "Make-up day")])
def test_the_week_shows_holidays_make_up_days_and_gaps_in_both_languages(
    server: Server, town: Town, launch: Launch, language: str, follows: str
) -> None:
    page, told = open_week(server, launch, town, language), words_in("admin-timetable", language)
    days = page.locator("thead th[data-day]")
    expect(days).to_have_count(6)
    expect(days.nth(2)).to_contain_text("校运会")
    expect(days.nth(5)).to_contain_text(follows)
    expect(page.get_by_role("rowheader").first).to_contain_text(told["period"].replace("{{number}}", "1"))
    expect(page.get_by_text(told["week"].replace("{{number}}", "3").replace("{{term}}", "本学期"))).to_be_visible()
    expect(page.get_by_role("list", name=told["legend"])).to_contain_text(
        words_in("ui", language)["lesson"]["state"]["planned"]
    )


def words_in(page: str, language: str) -> dict[str, Any]:
    """A page's catalog in a language."""
    catalog: dict[str, Any] = json.loads((ROOT / "web/src/locales" / language / f"{page}.json").read_text())
    return catalog


def test_a_missed_lesson_is_explained_and_lowers_the_rate_no_more(server: Server, town: Town, launch: Launch) -> None:
    page = enter(server, launch, town.admin, "/admin")
    expect(page.get_by_role("navigation").first).to_be_visible()
    missed = town.monday - timedelta(days=14)
    page.goto(f"{page.url.partition('#')[0]}#/lessons/week/{missed.isoformat()}")
    rate = page.locator("[data-rate=commencement]")
    expect(rate).to_contain_text("0%")
    page.locator("[data-lesson]").click()
    panel = page.get_by_role("dialog")
    panel.get_by_label(TIMETABLE["reason"]["label"]).fill("教师外出培训")
    panel.get_by_role("button", name=LESSONS["save"]).click()
    expect(rate).to_contain_text("–")
    expect(page.locator("[data-lesson]")).to_contain_text("教师外出培训")
    assert [lesson["state"] for lesson in lessons(page, missed, 7)] == ["REASONABLE_MISSED"]


def test_a_teacher_begins_a_lesson_of_her_own_in_three_taps(server: Server, town: Town, launch: Launch) -> None:
    page = enter(server, launch, town.lead, "/teacher")
    page.get_by_role("button", name=HOME["own"]["open"]).click()
    page.get_by_role("dialog").get_by_role("button", name="音乐", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=HOME["own"]["start"]).click()
    expect(page.get_by_role("button", name=TEACHER["door"]["start"], exact=True)).to_be_visible()
    today = town.monday - timedelta(days=7)
    begun = [lesson for lesson in lessons(page, today, 8) if lesson["origin"] == "self_initiated"]
    assert [(lesson["subject"], lesson["lead_id"]) for lesson in begun] == [("音乐", town.lead.id)]
    assert [room["id"] for room in begun[0]["rooms"]] == [town.rooms[1]], "as in her lesson before"


def test_a_teacher_sees_her_next_lesson_and_lets_a_class_without_a_teacher_in(
    server: Server, town: Town, launch: Launch
) -> None:
    async def ask(store: Store) -> str:
        at = now_ms()
        wish = Wish(
            community_id=town.community, lead_id=town.lead.id, rooms=(town.rooms[1],), title="水彩", mode="delivery",
            subject_id=town.art.id, origin="planned", start_ms=at, end_ms=at + 2_400_000,
        )  # fmt: skip
        lesson = await store.planning.plan(town.admin.county_id, wish, at)
        await store.covers.ask(town.admin.county_id, lesson, town.rooms[2], town.classes[2], at)
        return lesson

    lesson = in_store(server, ask)
    page = enter(server, launch, town.lead, "/teacher")
    expect(page.get_by_role("heading", name="水彩")).to_be_visible()
    asked = page.get_by_role("status").filter(has_text="第二教学点")
    expect(asked).to_contain_text("三年级")
    asked.get_by_role("button", name=HOME["cover"]["admit"]).click()
    expect(asked.get_by_role("button", name=HOME["cover"]["admit"])).to_have_count(0)
    seats = next(one for one in lessons(page, town.monday - timedelta(days=7), 8) if one["id"] == lesson)["rooms"]
    assert [(room["id"], room["joined_as"]) for room in seats] == [
        (town.rooms[1], "planned"),
        (town.rooms[2], "cover"),
    ]
    page.get_by_role("button", name=re.compile(TEACHER["lessons"]["open"])).click()
    expect(page.get_by_role("button", name=TEACHER["door"]["start"], exact=True)).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_room_of_another_community_is_invited_and_its_school_agrees(
    server: Server, town: Town, launch: Launch, language: str
) -> None:
    said, asked = words_in("admin-timetable", language)["invite"], words_in("ui", language)["invited"]

    async def partner(store: Store) -> Staff:
        school = School("school-partner", town.admin.county_id, "teaching_point", "伙伴小学")
        principal = Staff("staff-partner", school.county_id, school.id, "school_admin", "伙伴校长")
        room = Classroom("room-partner", school.id, "音乐室", "simple")
        two = [SchoolClass(f"class-{n}", school.id, n, f"{n}年级", 9 + n, room.id) for n in (3, 4)]
        await store.registry.save(school.county_id, [school, room, *two, principal])
        return principal

    principal = in_store(server, partner)
    page = open_week(server, launch, town, language)
    card(page, "美术").click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_text(said["none"])).to_be_visible()
    panel.get_by_role("button", name=said["add"]).click()
    panel.get_by_label(said["room"]).select_option(label="伙伴小学 · 音乐室")
    panel.get_by_role("button", name=said["send"], exact=True).click()
    expect(panel.get_by_text(said["state"]["open"])).to_be_visible()
    theirs = enter(server, launch, principal, "/admin", language)
    expect(theirs.get_by_role("navigation").first).to_be_visible()
    theirs.goto(f"{theirs.url.partition('#')[0]}#/timetable")
    expect(theirs.get_by_text(asked["heading"])).to_be_visible()
    expect(theirs.get_by_text(asked["unnamed"])).to_be_visible()
    theirs.get_by_label(asked["which"]).select_option(label="4年级")
    expect(theirs.get_by_text(asked["consent"])).to_be_visible()
    theirs.get_by_role("button", name=asked["accept"]).click()
    expect(theirs.get_by_text(asked["accepted"])).to_be_visible()
    [lesson] = lessons(page, town.monday, 7)
    assert [(room["id"], room["joined_as"]) for room in lesson["rooms"]] == [
        (town.rooms[1], "planned"), ("room-partner", "invited"),
    ]  # fmt: skip
    assert "class-4" in [one["id"] for one in lesson["classes"]], "as was said"
    page.reload()
    card(page, "美术").click()
    expect(panel.locator("strong.accepted")).to_have_text(said["state"]["accepted"])
    panel.get_by_role("button", name=said["withdraw"]).click()
    expect(panel.get_by_text(said["state"]["withdrawn"])).to_be_visible()
    [lesson] = lessons(page, town.monday, 7)
    assert [room["id"] for room in lesson["rooms"]] == [town.rooms[1]]
