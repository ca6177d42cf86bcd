"""The county over HTTP: lists and changes within reach, clashes in words, grids, excuses, cover."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from server.api import county_communities, county_cover, county_lessons, county_registry, county_timetable, county_year
from server.api.county_problems import CODES
from server.county.calendar import moment_ms
from server.store.rows import School, Staff
from server.texts import Texts
from tests.server.store.county_town import BEFORE, MONDAYS, ZONE, Town, build_town

MONDAY = date(2026, 9, 7)


class Api:
    """Requests of one person; answers are status and JSON."""

    def __init__(self, site: Any, headers: dict[str, str]) -> None:
        self._site = site
        self._headers = headers

    async def get(self, path: str) -> tuple[int, Any]:
        async with self._site.request("GET", "/api/county" + path, headers=self._headers) as response:
            return response.status, await response.json(content_type=None)

    async def post(self, path: str, body: object = None, language: str = "zh-CN") -> tuple[int, Any]:
        headers = self._headers | self._site.origin | {"Accept-Language": language}
        settings = {} if body is None else {"json": body}
        async with self._site.request("POST", "/api/county" + path, headers=headers, **settings) as response:
            return response.status, await response.json(content_type=None)


@pytest.fixture
async def town(site_under_test) -> Town:
    site_under_test.clock.now_ms = BEFORE
    return await build_town(site_under_test.store, "另一个县")


@pytest.fixture
async def admin(site_under_test, town: Town) -> Api:
    return await person(site_under_test, town.admin.id)


async def person(site, subject_id: str) -> Api:
    return Api(site, await site.bearer(subject_id))


async def staff(site, town: Town, role: str, school_id: str | None) -> Api:
    return await person(site, (await site.store.people.add_staff(town.county_id, school_id, role, role, BEFORE)).id)


def art(town: Town, **changes: object) -> dict[str, object]:
    form: dict[str, object] = {
        "community_id": town.community_id,
        "weekday": 1,
        "period": 1,
        "subject_id": town.art.id,
        "lead_id": town.lead.id,
        "lead_room_id": town.rooms[0].id,
        "mode": "blended",
        "rooms": [town.rooms[1].id],
        "classes": [{"class_id": town.classes[1].id, "classroom_id": town.rooms[1].id}],
    }
    return form | changes


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]


def test_every_refusal_has_words_in_both_languages() -> None:
    for language in ("zh-CN", "en"):
        texts = Texts(language)
        missing = [one for one in CODES for part in ("title", "detail") if texts.get(f"problem.{one}.{part}") is None]
        assert missing == []


def test_every_handler_has_a_name_of_its_own() -> None:
    modules = (county_communities, county_cover, county_lessons, county_registry, county_timetable, county_year)
    names = [endpoint.handler.__name__ for module in modules for endpoint in module.ENDPOINTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("kind", "new", "change"),
    [
        ("schools", {"name": "新学校", "kind": "centre", "code": "200"}, {"name": "改名学校", "kind": "centre"}),
        ("subjects", {"name": "科学", "weak": True}, {"name": "自然", "weak": True}),
        ("staff", {"name": "新教师", "role": "lead"}, {"name": "新教师", "role": "trainer"}),
    ],
)
async def test_what_is_added_is_listed_changed_closed_and_opened_again(
    admin: Api, kind: str, new: dict[str, object], change: dict[str, object]
) -> None:
    status, made = await admin.post(f"/{kind}", new)
    assert status == 200
    assert made in (await admin.get(f"/{kind}"))[1]
    status, changed = await admin.post(f"/{kind}/{made['id']}", change)
    assert (status, changed["id"]) == (200, made["id"])
    assert changed["name"] == change["name"]
    assert changed in (await admin.get(f"/{kind}"))[1]
    if kind != "subjects":
        assert (await admin.post(f"/{kind}/{made['id']}/close"))[0] == 200
        assert made["id"] not in {one["id"] for one in (await admin.get(f"/{kind}"))[1]}
        assert await admin.post(f"/{kind}/{made['id']}/reopen") == (200, changed)
        assert changed in (await admin.get(f"/{kind}"))[1]


async def test_rooms_and_classes_belong_to_a_school(admin: Api, town: Town) -> None:
    room = {"school_id": town.points[0].id, "name": "音乐室", "profile": "standard"}
    status, made = await admin.post("/rooms", room)
    assert status == 200
    assert code(await admin.post(f"/rooms/{made['id']}", room | {"school_id": town.centre.id})) == (409, "school_fixed")
    one = {"school_id": town.points[0].id, "grade": 4, "name": "四年级", "pupils": 9, "classroom_id": made["id"]}
    assert (await admin.post("/classes", one))[0] == 200
    assert code(await admin.post("/classes", one | {"school_id": "school-none"})) == (409, "unknown_reference")
    assert code(await admin.post("/classes", one | {"pupils": 201})) == (400, "bad_body")


@pytest.mark.parametrize("name", ["", " ", "a\x00b", "a\nb", " a", "x" * 81])
async def test_names_are_plain_words(admin: Api, name: str) -> None:
    assert code(await admin.post("/subjects", {"name": name})) == (400, "bad_body")


@pytest.mark.parametrize("name", ["Robert'); DROP TABLE school;--", "<script>alert(1)</script>", "王芳 · 3（1）"])
async def test_names_are_data_and_nothing_else(admin: Api, name: str) -> None:
    made = (await admin.post("/subjects", {"name": name}))[1]
    assert made["name"] == name
    assert made in (await admin.get("/subjects"))[1]


async def test_another_countys_things_are_not_there(site_under_test, admin: Api, town: Town) -> None:
    stranger = await person(site_under_test, site_under_test.admin)
    body = {"school_id": town.points[0].id, "name": "x", "profile": "simple"}
    missing = await admin.post("/rooms/room-none", body)
    assert code(missing) == (404, "not_found")
    assert await stranger.post(f"/rooms/{town.rooms[1].id}", body) == missing
    assert await stranger.post(f"/terms/{town.term.id}/make") == missing
    assert await stranger.get(f"/terms/{town.term.id}/entries") == missing
    assert await stranger.post(f"/communities/{town.community_id}/end") == missing


async def test_a_school_admin_sees_and_changes_her_own_school_alone(site_under_test, admin: Api, town: Town) -> None:
    school = town.points[0]
    hers = await staff(site_under_test, town, "school_admin", school.id)
    assert [one["id"] for one in (await hers.get("/schools"))[1]] == [school.id]
    assert [one["id"] for one in (await hers.get("/rooms"))[1]] == [town.rooms[1].id]
    assert {one["school_id"] for one in (await hers.get("/staff"))[1]} == {school.id}
    room = {"name": "实验室", "profile": "simple"}
    assert (await hers.post("/rooms", room | {"school_id": school.id}))[0] == 200
    assert code(await hers.post("/rooms", room | {"school_id": town.centre.id})) == (404, "not_found")
    assert code(await hers.post("/staff", {"name": "x", "role": "county_admin", "school_id": school.id}))[0] == 404
    assert code(await hers.post(f"/staff/{town.lead.id}/close")) == (404, "not_found")
    assert code(await hers.post("/schools", {"name": "x", "kind": "centre"})) == (403, "not_allowed")
    assert code(await hers.post(f"/terms/{town.term.id}/entries", art(town))) == (404, "not_found")
    status, mine = await (await staff(site_under_test, town, "school_admin", town.centre.id)).post(
        f"/terms/{town.term.id}/entries", art(town)
    )
    assert (status, mine["lead_id"]) == (200, town.lead.id)


async def test_who_left_is_signed_out(site_under_test, admin: Api, town: Town) -> None:
    hers = await person(site_under_test, town.colleague.id)
    assert (await hers.get("/terms"))[0] == 200
    await admin.post(f"/staff/{town.colleague.id}/close")
    assert (await hers.get("/terms"))[0] == 401


async def test_a_community_is_made_whole_or_not_at_all(site_under_test, admin: Api, town: Town) -> None:
    people, county_id = site_under_test.store.people, town.county_id
    centre: School = await people.add_school(county_id, "centre", "第二中心校", BEFORE)
    points = [(await people.add_school(county_id, "teaching_point", f"点{n}", BEFORE)).id for n in range(3)]
    form = {"name": "第二共同体", "centre_id": centre.id, "points": points}
    assert code(await admin.post("/communities", form | {"points": [*points[:2], centre.id]})) == (
        409, "not_a_teaching_point",
    )  # fmt: skip
    assert code(await admin.post("/communities", form | {"points": [*points, points[0]]})) == (400, "bad_body")
    assert len((await admin.get("/communities"))[1]) == 1
    status, made = await admin.post("/communities", form)
    assert status == 200
    fourth = (await people.add_school(county_id, "teaching_point", "点4", BEFORE)).id
    path = f"/communities/{made['id']}"
    assert code(await admin.post(f"{path}/join", {"school_id": fourth})) == (409, "community_full")
    assert (await admin.post(f"{path}/leave", {"school_id": points[0]}))[0] == 200
    assert (await admin.post(f"{path}/join", {"school_id": fourth}))[0] == 200
    told = next(one for one in (await admin.get("/communities"))[1] if one["community"]["id"] == made["id"])
    assert {stay["school_id"] for stay in told["stays"] if stay["left_ms"] is None} == {centre.id, *points[1:], fourth}
    assert (await admin.post(f"{path}/end"))[0] == 200
    assert code(await admin.post(f"{path}/end")) == (404, "not_found")


async def test_an_entry_brings_its_lessons_and_a_holiday_takes_one_away(admin: Api, town: Town) -> None:
    assert (await admin.post(f"/terms/{town.term.id}/entries", art(town)))[0] == 200
    status, grid = await admin.get("/grid?from=2026-09-07&days=42")
    assert status == 200
    assert (grid["zone"], grid["term_id"], grid["week"]) == ("Asia/Shanghai", town.term.id, 2)
    assert [lesson["entry_day"] for lesson in grid["lessons"]][:2] == ["2026-09-07", "2026-09-14"]
    days = {"days": [{"day": "2026-09-14", "name": "校运会"}]}
    assert (await admin.post(f"/terms/{town.term.id}/days", days))[0] == 200
    grid = (await admin.get("/grid?from=2026-09-07&days=14"))[1]
    assert [lesson["entry_day"] for lesson in grid["lessons"]] == ["2026-09-07"]
    assert (await admin.post(f"/terms/{town.term.id}/make"))[1]["made"] == 0


async def test_new_bells_move_the_lessons_ahead(admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    later = {"school_id": town.centre.id, "bells": [{"period": 1, "starts_min": 600, "ends_min": 640}]}
    assert (await admin.post("/bells", later))[0] == 200
    lesson = (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    assert lesson["start_ms"] == moment_ms(MONDAY, 600, ZONE)


async def test_a_clash_is_refused_with_both_lessons_and_the_time_in_words(admin: Api, town: Town) -> None:
    path = f"/terms/{town.term.id}/entries"
    first = (await admin.post(path, art(town)))[1]
    other = art(town, subject_id=town.music.id, lead_id=town.colleague.id, lead_room_id=None, classes=[])
    status, problem = await admin.post(path, other)
    assert (status, problem["code"]) == (409, "timetable_clash")
    (clash,) = problem["clashes"]
    sides = {clash["first"]["subject"]: clash["first"], clash["second"]["subject"]: clash["second"]}
    assert sides["美术"] == {"id": first["id"], "subject": "美术", "lead": "主讲教师", "community": "共同体"}
    assert sides["音乐"]["lead"] == "另一位教师"
    assert (clash["kind"], clash["what"], clash["times"]) == ("room", "第一教学点 · 教室", MONDAYS)
    assert clash["start"] == "2026-09-07T00:10:00.000Z"
    for words in ("第一教学点 · 教室", "2026-09-07 08:10–08:50", "美术 · 主讲教师", "音乐 · 另一位教师"):
        assert words in clash["words"]
    english = (await admin.post(path, other, language="en"))[1]
    assert "is in two lessons on 2026-09-07, 08:10 to 08:50" in english["clashes"][0]["words"]
    status, asked = await admin.post(path + "/check", other)
    assert (status, len(asked)) == (200, 1)
    assert len((await admin.get(path))[1]) == 1


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"weekday": 0}, (400, "bad_body")),
        ({"weeks": "every"}, (409, "bad_weeks")),
        ({"period": None}, (409, "period_or_time")),
        ({"period": None, "starts_min": 600, "ends_min": 590}, (409, "ends_before_start")),
        ({"rooms": []}, (409, "no_classroom")),
        ({"period": 9}, (409, "no_bell")),
        ({"subject_id": "subject-none"}, (409, "unknown_reference")),
        ({"lead_id": "staff-none"}, (409, "unknown_reference")),
        ({"surprise": 1}, (400, "bad_body")),
    ],
)
async def test_an_impossible_entry_is_refused_by_code(
    admin: Api, town: Town, change: dict[str, object], refused: tuple[int, str]
) -> None:
    assert code(await admin.post(f"/terms/{town.term.id}/entries", art(town, **change))) == refused
    assert (await admin.get("/grid?from=2026-09-07"))[1]["lessons"] == []


async def test_one_day_is_cancelled_and_restored(admin: Api, town: Town) -> None:
    entry = (await admin.post(f"/terms/{town.term.id}/entries", art(town)))[1]
    path = f"/entries/{entry['id']}"
    cancelled = {"day": "2026-09-07", "kind": "cancelled", "reason": "停电"}
    assert (await admin.post(path + "/change", cancelled))[0] == 200
    assert [change["reason"] for change in (await admin.get(f"/terms/{town.term.id}/changes"))[1]] == ["停电"]
    lesson = (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    assert (lesson["state"], lesson["reason"]) == ("REASONABLE_MISSED", "停电")
    assert (await admin.post(path + "/restore", {"day": "2026-09-07"}))[0] == 200
    assert (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]["state"] == "planned"
    assert (await admin.post(path + "/remove"))[0] == 200
    assert (await admin.get("/grid?from=2026-09-07"))[1]["lessons"] == []


@pytest.mark.parametrize("query", ["of=moon", "from=x", "days=0", "days=43", "days=a", "from=9999-12-31&days=7"])
async def test_a_grid_of_nonsense_is_refused(admin: Api, query: str) -> None:
    assert code(await admin.get(f"/grid?{query}")) == (400, "bad_days")


async def test_each_sees_the_grid_of_her_reach(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    seen = {}
    for name, subject in (("lead", town.lead.id), ("colleague", town.colleague.id), ("room", town.rooms[1].id),
                          ("other room", town.rooms[2].id)):  # fmt: skip
        grid = (await (await person(site_under_test, subject)).get("/grid?from=2026-09-07"))[1]
        seen[name] = len(grid["lessons"])
    assert seen == {"lead": 1, "colleague": 0, "room": 1, "other room": 0}


async def test_a_teacher_begins_a_lesson_of_her_own_and_of_nobody_elses(site_under_test, town: Town) -> None:
    hers = await person(site_under_test, town.lead.id)
    form = {
        "community_id": town.community_id,
        "rooms": [town.rooms[1].id],
        "subject_id": town.music.id,
        "mode": "delivery",
        "origin": "self_initiated",
    }
    status, made = await hers.post("/lessons", form)
    assert status == 200
    found = await site_under_test.store.lessons.get(made["id"])
    assert (found.lesson.title, found.lesson.planned_start_ms) == ("音乐", BEFORE)
    assert [member.id for member in found.cast] == [town.lead.id, town.rooms[1].id]
    assert code(await hers.post("/lessons", form | {"lead_id": town.colleague.id})) == (404, "not_found")
    assert code(await hers.post("/lessons", form)) == (409, "timetable_clash")
    assert (await hers.post("/lessons", form | {"origin": "rehearsal"}))[0] == 200


async def test_a_lesson_that_cannot_be_held_is_excused_with_a_reason(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    lesson = (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    hers, others = [await person(site_under_test, one.id) for one in (town.lead, town.colleague)]
    path = f"/lessons/{lesson['id']}"
    assert code(await others.post(path + "/excuse", {"reason": "x"})) == (404, "not_found")
    assert (await hers.post(path + "/excuse", {"reason": "教师外出培训"}))[0] == 200
    await admin.post(f"/terms/{town.term.id}/make")
    shown = (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    assert (shown["state"], shown["reason"]) == ("REASONABLE_MISSED", "教师外出培训")
    assert (await hers.post(path + "/restore"))[0] == 200
    assert code(await hers.post(path + "/restore")) == (409, "not_missed")


async def test_an_uncovered_class_joins_with_the_leads_consent(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    site_under_test.clock.now_ms = moment_ms(MONDAY, 485, ZONE)
    room = await person(site_under_test, town.rooms[2].id)
    hers, others = [await person(site_under_test, one.id) for one in (town.lead, town.colleague)]
    choices = (await room.get("/cover?grade=3"))[1]
    assert [one["subject"] for one in choices] == ["美术"]
    assert (await room.get("/cover?grade=5"))[1] == []
    assert code(await room.get("/cover?grade=x")) == (400, "bad_grade")
    lesson_id = choices[0]["id"]
    form = {"lesson_id": lesson_id, "class_id": town.classes[2].id}
    request = (await room.post("/cover", form))[1]
    assert (await room.post("/cover", form))[1] == request, "asking again is the same request"
    assert code(await others.post(f"/cover/{request['id']}", {"state": "admitted"})) == (404, "not_found")
    assert (await hers.get(f"/lessons/{lesson_id}/covers"))[1] == [request]
    assert (await room.get(f"/cover/{request['id']}"))[1] == request
    assert (await hers.get(f"/cover/{request['id']}"))[1] == request
    assert code(await others.get(f"/cover/{request['id']}")) == (404, "not_found")
    status, answered = await hers.post(f"/cover/{request['id']}", {"state": "admitted"})
    assert (status, answered["state"]) == (200, "admitted")
    shown = (await hers.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    assert [(one["id"], one["joined_as"]) for one in shown["rooms"]] == [
        (town.rooms[1].id, "planned"),
        (town.rooms[2].id, "cover"),
    ]
    assert {one["id"] for one in shown["classes"]} == {town.classes[1].id, town.classes[2].id}
    assert code(await hers.post(f"/cover/{request['id']}", {"state": "refused"})) == (409, "already_answered")
    assert code(await room.post("/cover", form)) == (409, "already_there")


async def test_the_policy_and_prescribed_periods_are_set_by_the_county(site_under_test, admin: Api, town: Town) -> None:
    assert (await admin.post("/policy", {"valid_after_min": 25}))[1]["valid_after_min"] == 25
    assert (await admin.get("/policy"))[1]["valid_after_min"] == 25
    assert code(await admin.post("/policy", {"valid_after_min": 0})) == (400, "bad_body")
    assert (await admin.post("/prescribed", {"subject_id": town.art.id, "per_week": {"3": 2}}))[0] == 200
    assert (await admin.get("/prescribed"))[1] == [{"subject_id": town.art.id, "grade": 3, "per_week": 2}]
    lead = await person(site_under_test, town.lead.id)
    assert code(await lead.post("/policy", {})) == (403, "not_allowed")
    assert (await lead.get("/policy"))[0] == 200


def test_staff_is_a_person_without_more_data_than_needed() -> None:
    assert Staff.__struct_fields__ == ("id", "county_id", "school_id", "role", "name", "code", "left_ms")
