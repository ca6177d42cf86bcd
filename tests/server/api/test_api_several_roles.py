"""Somebody with several roles may do what any of them may, and is managed only by who manages all of them."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from itertools import combinations

import pytest

from server.api.site import ENDPOINTS
from server.permissions import ACTIONS, PUBLIC, ROLES, allows, manages, needs_second_factor, reach, reaches
from server.store.rows import StaffRole

NOW = 1_800_000_000_000
PASSWORD = "春天的小河静静流过村庄"


async def post(site, path: str, body: object, headers: dict[str, str]) -> tuple[int, dict]:
    async with site.request("POST", path, json=body, headers=site.origin | headers) as response:
        return response.status, await response.json(content_type=None)


async def get(site, path: str, headers: dict[str, str]) -> dict:
    async with site.request("GET", path, headers=headers) as response:
        assert response.status == 200
        return await response.json(content_type=None)


async def somebody(site, first: StaffRole, *further: StaffRole, school_id: str | None = None) -> str:
    """A new member of staff of the site's county with these roles; her id."""
    county_id = (await site.store.people.subject(site.admin)).county_id
    person = await site.store.people.add_staff(county_id, school_id, first, "多面手", NOW)
    await site.store.registry.set_further_roles(county_id, person.id, further)
    return person.id


def test_the_rights_of_several_roles_are_the_union_of_theirs() -> None:
    for one, other in combinations(ROLES, 2):
        for action in ACTIONS:
            assert set(reaches((one, other), action)) == {*reaches(one, action), *reaches(other, action)}
            assert allows((one, other), action) == (allows(one, action) or allows(other, action))
        assert needs_second_factor((one, other)) == (needs_second_factor(one) or needs_second_factor(other))


def test_the_widest_reach_of_several_roles_counts() -> None:
    assert reach(("lead", "school_admin"), "lessons.change") == "school"
    assert reach(("school_admin", "trainer"), "lessons.read") == "county"
    assert reaches(("lead", "school_admin"), "recordings.watch") == ("school", "community")


def test_nobody_manages_somebody_who_also_has_a_role_above_her_own() -> None:
    assert manages("school_admin", ("lead", "assistant"))
    assert not manages("school_admin", ("lead", "county_admin"))
    assert manages(("lead", "school_admin"), "lead")


@pytest.mark.parametrize("roles", [("lead", "trainer"), ("trainer", "school_admin"), ("assistant", "lead")])
async def test_every_route_is_answered_to_who_has_the_right_by_any_role(site_under_test, roles) -> None:
    site, wrong = site_under_test, []
    lead = await site.store.people.subject(site.lead)
    person = await somebody(site, *roles, school_id=lead.school_id)
    for endpoint in ENDPOINTS:
        if endpoint.action == PUBLIC:
            continue
        headers = await site.bearer(person)
        path = re.sub(r"\{name[^}]*\}", "x.mp4", re.sub(r"\{\w+\}", site.lesson.id, endpoint.path))
        settings = {"json": {}, "headers": headers | site.origin} if endpoint.method == "POST" else {"headers": headers}
        async with site.request(endpoint.method, path, **settings) as response:
            refused = response.status == 403 and (await response.json(content_type=None))["code"] == "not_allowed"
            if refused == any(allows(role, endpoint.action) for role in roles):
                wrong.append((endpoint.method, endpoint.path, response.status))
    assert wrong == []


async def test_a_page_is_told_the_rights_of_all_roles_and_opens_by_the_first(site_under_test) -> None:
    site = site_under_test
    told = await get(site, "/api/me", await site.bearer(await somebody(site, "lead", "inspector")))
    assert (told["role"], told["page"]) == ("lead", "/teacher")
    assert (told["rights"]["audit.read"], told["rights"]["lessons.change"]) == ("county", "own")


async def test_recordings_of_all_roles_are_seen(site_under_test) -> None:
    site = site_under_test
    site.add_recording()
    alone = await get(site, "/api/recordings", await site.bearer(await somebody(site, "lead")))
    both = await get(site, "/api/recordings", await site.bearer(await somebody(site, "lead", "trainer")))
    assert [one["id"] for one in alone["recordings"]] == []
    assert [one["id"] for one in both["recordings"]] == [site.lesson.id]


async def test_an_administrator_by_a_further_role_signs_in_with_a_phone(site_under_test) -> None:
    site = site_under_test
    person = await somebody(site, "lead", "county_admin")
    asked = {"staff_id": person, "name": "duomian"}
    _, given = await post(site, "/api/accounts", asked, await site.bearer(site.admin))
    body = {"name": "duomian", "password": given["password"], "new_password": PASSWORD}
    assert (await post(site, "/api/sign-in", body, {}))[1]["next"] == "set_up_code"


async def test_roles_are_given_and_taken_with_the_person_and_left_when_left_out(site_under_test) -> None:
    site = site_under_test
    headers = await site.bearer(site.admin)
    form = {"name": "李梅", "role": "lead", "further_roles": ["trainer", "lead", "inspector"]}
    status, made = await post(site, "/api/county/staff", form, headers)
    assert (status, made["further_roles"]) == (200, ["inspector", "trainer"])
    path = f"/api/county/staff/{made['id']}"
    _, renamed = await post(site, path, {"name": "李小梅", "role": "lead"}, headers)
    assert renamed["further_roles"] == ["inspector", "trainer"]
    _, fewer = await post(site, path, {"name": "李小梅", "role": "trainer", "further_roles": []}, headers)
    assert (fewer["role"], fewer["further_roles"]) == ("trainer", [])
    assert fewer in await get(site, "/api/county/staff", headers)


async def test_a_school_administrator_touches_nobody_with_a_role_above_her_own(site_under_test) -> None:
    site = site_under_test
    lead = await site.store.people.subject(site.lead)
    hers = await site.bearer(await somebody(site, "school_admin", school_id=lead.school_id))
    above = await somebody(site, "lead", "county_admin", school_id=lead.school_id)
    asked = {"staff_id": above, "name": "gaowei"}
    assert (await post(site, "/api/accounts", asked, hers))[0] == 404
    await post(site, "/api/accounts", asked, await site.bearer(site.admin))
    assert above not in {one["staff_id"] for one in (await get(site, "/api/accounts", hers))["accounts"]}
    form = {"name": "改名", "role": "lead", "school_id": lead.school_id}
    tries = [(f"/api/accounts/{above}/reset", {}), (f"/api/accounts/{above}/close", {})]
    tries += [(f"/api/accounts/{above}/unlock", {}), (f"/api/county/staff/{above}", form)]
    assert {(await post(site, path, body, hers))[0] for path, body in tries} == {404}
    raised = form | {"further_roles": ["county_admin"]}
    assert (await post(site, f"/api/county/staff/{site.lead}", raised, hers))[0] == 404


async def test_who_mistyped_too_often_need_not_wait_once_an_administrator_unlocks_her(site_under_test) -> None:
    site = site_under_test
    asked = {"staff_id": site.lead, "name": "lilei"}
    _, given = await post(site, "/api/accounts", asked, await site.bearer(site.admin))
    wrong = {"name": "lilei", "password": "wrong wrong wrong"}
    right = {"name": "lilei", "password": given["password"], "new_password": PASSWORD}
    for _ in range(6):
        _, refused = await post(site, "/api/sign-in", wrong, {})
    assert refused["code"] == "sign_in_wait"
    unlock = f"/api/accounts/{site.lead}/unlock"
    assert (await post(site, unlock, {}, await site.bearer(site.admin)))[0] == 200
    async with site.request("POST", "/api/sign-in", json=right, headers=site.origin) as response:
        assert response.status == 200
        assert "tongke" in SimpleCookie(response.headers["Set-Cookie"])
