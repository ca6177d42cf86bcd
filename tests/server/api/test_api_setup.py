"""How far a county is set up, its name and zone, and what was closed opened again."""

from __future__ import annotations

from typing import Any

from server.county.calendar import moment_ms
from tests.server.store.county_town import BEFORE, ZONE

NOW = 1_800_000_000_000


async def post(site, path: str, body: object, who: str) -> tuple[int, Any]:
    headers = site.origin | await site.bearer(who)
    async with site.request("POST", path, json=body, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def get(site, path: str, who: str) -> Any:
    async with site.request("GET", path, headers=await site.bearer(who)) as response:
        assert response.status == 200
        return await response.json(content_type=None)


async def test_an_empty_county_has_nothing_and_each_step_counts_up(site_under_test) -> None:
    site = site_under_test
    county = await site.store.people.add_county("新县", "Asia/Shanghai", NOW)
    admin = (await site.store.people.add_staff(county, None, "county_admin", "管理员", NOW)).id
    assert set((await get(site, "/api/county/setup", admin)).values()) == {0}

    _, centre = await post(site, "/api/county/schools", {"name": "中心校", "kind": "centre"}, admin)
    _, point = await post(site, "/api/county/schools", {"name": "教学点", "kind": "teaching_point"}, admin)
    room = {"name": "一", "profile": "simple", "school_id": centre["id"]}
    await post(site, "/api/county/rooms", room, admin)
    person = {"name": "教研员兼教师", "role": "trainer", "further_roles": ["lead"], "school_id": centre["id"]}
    await post(site, "/api/county/staff", person, admin)
    await post(site, "/api/county/subjects", {"name": "美术"}, admin)
    made = {"name": "第一", "centre_id": centre["id"], "points": [point["id"]]}
    await post(site, "/api/county/communities", made, admin)
    await post(site, "/api/county/terms", {"name": "本学期", "begins": "2027-01-01", "ends": "2027-07-01"}, admin)
    await post(site, "/api/county/terms", {"name": "上学期", "begins": "2026-09-01", "ends": "2026-12-31"}, admin)
    bells = [{"period": 1, "starts_min": 500, "ends_min": 540}]
    await post(site, "/api/county/bells", {"bells": bells}, admin)
    assert await get(site, "/api/county/setup", admin) == {
        "centres": 1,
        "points": 1,
        "rooms": 1,
        "schools_without_room": 1,
        "teachers": 1,
        "classes": 0,
        "subjects": 1,
        "communities": 1,
        "terms": 1,
        "bells": 1,
        "entries": 0,
        "devices": 0,
        "rehearsals": 0,
        "unnamed": 0,
    }


async def test_lessons_of_the_coming_week_that_name_no_class_are_counted(site_under_test, town) -> None:
    site = site_under_test
    without = [town.entry(), town.entry(weekday=2, mode="delivery", classes=()), town.entry(weekday=3, classes=())]
    await site.store.timetable.save(town.county_id, town.term.id, without, BEFORE)
    await site.store.timetable.make(town.county_id, town.term.id, BEFORE)
    site.clock.now_ms = moment_ms(town.term.begins, 0, ZONE)
    # 1 September 2026 is a Tuesday: that day, Wednesday and Monday, of which the last names its classes
    assert (await get(site, "/api/county/setup", town.admin.id))["unnamed"] == 2


async def test_a_rehearsal_led_by_the_administrator_is_counted_and_is_hers_to_lead(site_under_test) -> None:
    site = site_under_test
    _, subject = await post(site, "/api/county/subjects", {"name": "美术"}, site.admin)
    wish = {
        "community_id": site.lesson.community_id,
        "rooms": site.rooms[:2],
        "subject_id": subject["id"],
        "mode": "delivery",
        "origin": "rehearsal",
        "title": "试讲",
    }
    status, made = await post(site, "/api/county/lessons", wish, site.admin)
    assert status == 200
    assert (await get(site, "/api/county/setup", site.admin))["rehearsals"] == 1
    card = next(one for one in await get(site, "/api/lessons", site.admin) if one["lesson"]["id"] == made["id"])
    assert (card["you"], card["state"]) == ({"id": site.admin, "role": "lead"}, "planned")
    assert [room["id"] for room in card["classrooms"]] == site.rooms[:2]


async def test_the_county_gets_another_name_and_zone_and_no_zone_that_is_none(site_under_test) -> None:
    site = site_under_test
    changed = {"name": "木垒县", "time_zone": "Asia/Urumqi"}
    assert (await post(site, "/api/county", changed, site.admin))[0] == 200
    told = await get(site, "/api/county", site.admin)
    assert (told["name"], told["time_zone"]) == ("木垒县", "Asia/Urumqi")
    status, problem = await post(site, "/api/county", {"name": "x", "time_zone": "../../etc/passwd"}, site.admin)
    assert (status, problem["code"]) == (409, "bad_zone")
    assert (await post(site, "/api/county", changed, site.lead))[0] == 403


async def test_the_end_of_a_community_is_taken_back_with_the_schools_it_had(site_under_test) -> None:
    site = site_under_test
    before = await get(site, "/api/county/communities", site.admin)
    path = f"/api/county/communities/{site.lesson.community_id}"
    left = before[0]["stays"][-1]["school_id"]
    await post(site, f"{path}/leave", {"school_id": left}, site.admin)
    staying = await get(site, "/api/county/communities", site.admin)
    site.clock.now_ms += 1000
    assert (await post(site, f"{path}/end", None, site.admin))[0] == 200
    assert (await get(site, "/api/county/communities", site.admin))[0]["community"]["ended_ms"] == site.clock.now_ms
    assert (await post(site, f"{path}/reopen", None, site.admin))[0] == 200
    assert await get(site, "/api/county/communities", site.admin) == staying
    assert (await post(site, "/api/county/communities/community-none/reopen", None, site.admin))[0] == 404


async def test_a_closed_account_opens_again(site_under_test) -> None:
    site = site_under_test
    await post(site, "/api/accounts", {"staff_id": site.lead, "name": "lilei"}, site.admin)
    path = f"/api/accounts/{site.lead}"
    for verb, state in (("close", "closed"), ("reopen", "first_password")):
        assert (await post(site, f"{path}/{verb}", None, site.admin))[0] == 200
        accounts = (await get(site, "/api/accounts", site.admin))["accounts"]
        assert [one["state"] for one in accounts if one["staff_id"] == site.lead] == [state]
