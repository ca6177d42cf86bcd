"""The county over HTTP: lists and changes within reach, names, communities, policy."""

from __future__ import annotations

import pytest

from server.api import (
    county_communities,
    county_cover,
    county_invitations,
    county_lessons,
    county_registry,
    county_timetable,
    county_year,
)
from server.api.county_problems import CODES
from server.store.rows import School, Staff
from server.texts import Texts
from tests.server.api.county_people import Api, art, code, person, staff
from tests.server.store.county_town import BEFORE, Town


def test_every_refusal_has_words_in_both_languages() -> None:
    for language in ("zh-CN", "en"):
        texts = Texts(language)
        missing = [one for one in CODES for part in ("title", "detail") if texts.get(f"problem.{one}.{part}") is None]
        assert missing == []


def test_every_handler_has_a_name_of_its_own() -> None:
    modules = (
        county_communities,
        county_cover,
        county_invitations,
        county_lessons,
        county_registry,
        county_timetable,
        county_year,
    )
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
    assert Staff.__struct_fields__ == ("id", "county_id", "school_id", "role", "name", "code", "left_ms", "duty")
