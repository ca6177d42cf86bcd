"""Every route and every message type with every role, against the tables and against docs/rights.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from server.api.registry import Endpoint
from server.api.site import ENDPOINTS
from server.permissions import ACTIONS, PUBLIC, RIGHTS, ROLES, allows, manages, reach
from server.store.rows import Lesson, StaffRole, Subject
from signaling.messages import FromClient, Hello
from signaling.messages import Role as Part
from signaling.permissions import ON_THE_FLOOR, permits

PAGE = Path(__file__).parents[3] / "docs" / "rights.md"
NOW = 1_800_000_000_000


def table(head: str) -> dict[tuple[str, str], str]:
    """The cells of the page's table whose head begins with `head`, by row and column."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {head} |"))
    names = [cell.strip() for cell in lines[start].strip("|").split("|")]
    cells = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        row = [cell.strip() for cell in line.strip("|").split("|")]
        cells |= {(row[0].strip("`"), name): cell for name, cell in zip(names[1:], row[1:], strict=True)}
    return cells


def test_the_page_and_the_table_of_rights_say_the_same() -> None:
    cells = table("action")
    assert {action for action, _ in cells} == set(ACTIONS)
    for role in ROLES:
        assert {action: cells[action, role] for action in ACTIONS} == {
            action: reach(role, action) or "–" for action in ACTIONS
        }


def test_the_page_and_the_table_of_a_lesson_say_the_same() -> None:
    cells, types = table("message"), [kind for kind in get_args(FromClient) if kind is not Hello]
    assert {message for message, _ in cells} == {kind.__struct_config__.tag for kind in types}
    for role in get_args(Part):
        for kind in types:
            always, on_the_floor = permits(role, kind), permits(role, kind, has_floor=True)
            expected = "yes" if always else "floor" if on_the_floor else "–"
            assert cells[str(kind.__struct_config__.tag), role] == expected, (role, kind)


def test_who_only_watches_sends_nothing_that_others_hear_see_or_feel() -> None:
    watching = {"offer", "link", "board_check", "ack", "ping"}
    helping = {"send_signal", "count_present", "send_note", "hand"}
    for kind in get_args(FromClient):
        tag = str(kind.__struct_config__.tag)
        assert permits("observer", kind) <= (tag in watching)
        assert permits("assistant", kind) <= (tag in watching | helping)
        assert not (permits("observer", kind) or permits("assistant", kind)) or kind not in ON_THE_FLOOR


def test_inspectors_and_trainers_change_nothing_but_their_own_account() -> None:
    own = {"self", "account"}
    for role in ("inspector", "trainer"):
        assert {action for action in RIGHTS[role] if not action.endswith((".read", ".watch"))} == own  # type: ignore[index]


@pytest.mark.parametrize("role", ["", "pupil", "COUNTY_ADMIN", "recorder", "nobody"])
def test_a_role_nobody_knows_may_do_nothing(role: str) -> None:
    assert not [action for action in ACTIONS if allows(role, action)]


def test_nobody_opens_accounts_above_her_own() -> None:
    managed = {role: [other for other in ROLES if manages(role, other)] for role in ROLES}
    assert managed == {
        "county_admin": [role for role in ROLES if role != "classroom"],
        "school_admin": ["school_admin", "lead", "assistant"],
        **{role: [] for role in ("lead", "assistant", "trainer", "inspector", "classroom")},
    }


@pytest.fixture
async def everybody(site_under_test) -> dict[str, str]:
    """Somebody of each role, all of the lesson's own schools."""
    site = site_under_test
    lead = await site.store.people.subject(site.lead)
    room = await site.store.people.subject(site.rooms[0])
    people = {"county_admin": site.admin, "lead": site.lead, "classroom": site.rooms[0]}
    schools = {"school_admin": lead.school_id, "assistant": room.school_id, "trainer": None, "inspector": None}
    for role, school_id in schools.items():
        people[role] = (await site.store.people.add_staff(lead.county_id, school_id, role, role, NOW)).id
    return people


def address(endpoint: Endpoint, lesson: Lesson) -> str:
    return re.sub(r"\{name[^}]*\}", "x.mp4", re.sub(r"\{\w+\}", lesson.id, endpoint.path))


async def answer(site, endpoint: Endpoint, headers: dict[str, str]) -> tuple[int, str]:
    """Status and problem code of the emptiest request to an endpoint."""
    settings = {"json": {}} if endpoint.method == "POST" else {}
    sent = headers | ({} if endpoint.method == "GET" else site.origin)
    async with site.request(endpoint.method, address(endpoint, site.lesson), headers=sent, **settings) as response:
        if response.content_type != "application/problem+json":
            return response.status, ""
        return response.status, (await response.json(content_type=None))["code"]


async def test_every_route_is_answered_to_those_with_the_right_and_to_nobody_else(site_under_test, everybody) -> None:
    site, wrong = site_under_test, []
    assert set(everybody) == set(ROLES)
    for endpoint in ENDPOINTS:
        if endpoint.action == PUBLIC:
            continue
        tokens = await site.store.credentials.issue_many("device", list(everybody.values()), site.clock())
        for role, token in zip(everybody, tokens, strict=True):
            status, code = await answer(site, endpoint, {"Authorization": f"Bearer {token}"})
            refused = (status, code) == (403, "not_allowed")
            if refused == allows(role, endpoint.action) or status == 401 or status >= 500:
                wrong.append((endpoint.method, endpoint.path, role, status, code))
    assert wrong == []


async def test_no_route_but_the_public_ones_answers_who_is_not_signed_in(site_under_test) -> None:
    site = site_under_test
    answers = {endpoint.path: await answer(site, endpoint, {}) for endpoint in ENDPOINTS if endpoint.action != PUBLIC}
    assert set(answers.values()) == {(401, "sign_in")}


def test_what_is_public_is_known_by_name() -> None:
    public = {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS if endpoint.action == PUBLIC}
    assert public == {
        ("POST", "/api/enter"),
        ("POST", "/api/sign-in"),
        ("GET", "/api/sso"),
        ("GET", "/api/sso/begin"),
        ("GET", "/api/sso/return"),
        ("POST", "/api/sign-in/screen"),
        ("POST", "/api/sign-in/screen/collect"),
        ("POST", "/api/devices/code"),
        ("POST", "/api/devices/claim"),
        ("GET", "/api/version"),
        ("GET", "/api/calendar/{secret}.ics"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/ca.crt"),
        ("GET", "/trust"),
        ("GET", "/trust.css"),
    }


def test_every_change_is_a_post_and_none_is_public_but_coming_in() -> None:
    """A GET must change nothing: no Origin is checked on it."""
    assert {endpoint.method for endpoint in ENDPOINTS} == {"GET", "POST"}
    changing = {endpoint.action for endpoint in ENDPOINTS if endpoint.method == "GET"}
    assert not {action for action in changing if action.endswith((".change", ".manage", ".pair"))} - {"accounts.manage"}


@pytest.fixture
async def two_counties_of_lessons(site_under_test) -> tuple[str, str, str]:
    """Recordings of the lesson, of one in another community, and of one in another county."""
    site = site_under_test
    site.add_recording()
    county = (await site.store.people.subject(site.admin)).county_id
    other_county = await site.store.people.add_county("邻县", "Asia/Shanghai", NOW)
    lessons = [site.lesson.id]
    for name, county_id in (("乙", county), ("邻", other_county)):
        centre = await site.store.people.add_school(county_id, "centre", f"{name}中心小学", NOW)
        lead = await site.store.people.add_staff(county_id, centre.id, "lead", "老师", NOW)
        point = await site.store.people.add_school(county_id, "teaching_point", f"{name}教学点", NOW)
        room = await site.store.people.add_classroom(point.id, "教室", "simple", NOW)
        community = await site.store.communities.create(county_id, name, centre.id, NOW)
        await site.store.communities.add_teaching_point(community.id, point.id, NOW)
        lesson = await site.store.lessons.plan(
            community_id=community.id,
            lead_id=lead.id,
            classrooms=[room.id],
            title="t",
            subject="s",
            mode="blended",
            planned_start_ms=NOW,
            planned_end_ms=NOW + 1,
            now_ms=NOW,
        )
        site.shelf.replays[lesson.id] = msgspec.structs.replace(site.shelf.replays[site.lesson.id], id=lesson.id)
        lessons.append(lesson.id)
    return lessons[0], lessons[1], lessons[2]


async def visible(site, who: str) -> set[str]:
    """Which recordings `who` is listed and shown: always the same ones."""
    headers = await site.bearer(who)
    async with site.request("GET", "/api/recordings", headers=headers) as response:
        listed = {entry["id"] for entry in (await response.json())["recordings"]}
    for lesson_id in site.shelf.replays:
        async with site.request("GET", f"/api/recordings/{lesson_id}", headers=headers) as response:
            assert (response.status == 200) == (lesson_id in listed), (who, lesson_id)
    return listed


async def test_each_role_sees_the_recordings_of_its_reach(site_under_test, everybody, two_counties_of_lessons) -> None:
    ours, neighbours, _ = two_counties_of_lessons
    seen = {role: await visible(site_under_test, who) for role, who in everybody.items()}
    assert seen == {
        **{role: {ours, neighbours} for role in ("county_admin", "trainer", "inspector")},
        **{role: {ours} for role in ("school_admin", "lead", "assistant", "classroom")},
    }


async def test_a_teacher_sees_the_recordings_of_colleagues_in_communities_she_teaches_in(site_under_test) -> None:
    site = site_under_test
    site.add_recording()
    lead = await site.store.people.subject(site.lead)
    colleague = (await site.store.people.add_staff(lead.county_id, lead.school_id, "lead", "同事", NOW)).id
    assert await visible(site, colleague) == set()
    await site.store.lessons.plan(
        community_id=site.lesson.community_id,
        lead_id=colleague,
        classrooms=site.rooms[:1],
        title="t",
        subject="s",
        mode="delivery",
        planned_start_ms=NOW,
        planned_end_ms=NOW + 1,
        now_ms=NOW,
    )
    assert await visible(site, colleague) == {site.lesson.id}
    async with site.request("GET", "/api/lessons", headers=await site.bearer(colleague)) as response:
        assert [card["lead"]["id"] for card in await response.json()] == [colleague]


@pytest.mark.parametrize("how", ["the community ends", "her school leaves", "she changes her school", "she has none"])
async def test_who_belongs_to_a_community_no_more_keeps_the_recordings_of_her_own_lessons_only(
    site_under_test, how: str
) -> None:
    site, store = site_under_test, site_under_test.store
    site.add_recording()
    lead, point = await store.people.subject(site.lead), await store.people.subject(site.rooms[0])
    wanted = {"her school leaves": point.school_id, "she has none": None}
    school_id = wanted.get(how, lead.school_id)
    colleague = await store.people.add_staff(lead.county_id, school_id, "lead", "同事", NOW)
    own = await store.lessons.plan(
        community_id=site.lesson.community_id, lead_id=colleague.id, classrooms=site.rooms[1:], title="t", subject="s",
        mode="delivery", planned_start_ms=NOW, planned_end_ms=NOW + 1, now_ms=NOW,
    )  # fmt: skip
    site.shelf.replays[own.id] = msgspec.structs.replace(site.shelf.replays[site.lesson.id], id=own.id)
    if how != "she has none":
        assert await visible(site, colleague.id) == {site.lesson.id, own.id}
    if how == "the community ends":
        await store.communities.end(site.lesson.community_id, NOW)
    elif how == "her school leaves":
        await store.communities.remove_teaching_point(site.lesson.community_id, point.school_id, NOW)
    elif how == "she changes her school":
        elsewhere = await store.people.add_school(lead.county_id, "centre", "别的中心小学", NOW)
        await store.registry.save(lead.county_id, [msgspec.structs.replace(colleague, school_id=elsewhere.id)])
    assert await visible(site, colleague.id) == {own.id}


async def test_somebody_of_a_school_without_a_school_sees_nothing(site_under_test) -> None:
    site = site_under_test
    site.add_recording()
    county_id = (await site.store.people.subject(site.admin)).county_id
    for role in ("school_admin", "assistant"):
        nowhere: StaffRole = role  # type: ignore[assignment]
        assert await visible(site, (await site.store.people.add_staff(county_id, None, nowhere, "x", NOW)).id) == set()


async def test_what_is_not_there_and_what_is_not_theirs_have_the_same_answer(site_under_test, everybody) -> None:
    site = site_under_test
    site.add_recording()
    subject: Subject = await site.store.people.subject(site.stranger)
    headers = await site.bearer(subject.id)
    answers = set()
    for lesson_id in (site.lesson.id, "01jh0000000000000000000000", "..%2f..%2fetc", "a" * 400, "%00"):
        for rest in ("", "/log", "/files/x.mp4"):
            async with site.request("GET", f"/api/recordings/{lesson_id}{rest}", headers=headers) as response:
                kept = {k: v for k, v in response.headers.items() if k != "Date"}
                answers.add((response.status, await response.read(), tuple(sorted(kept.items()))))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404
