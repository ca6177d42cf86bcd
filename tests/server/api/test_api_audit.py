"""What the audit log is told, who reads it, and that tampering is named."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from server.store.store import FILE_NAME

NOW = 1_800_000_000_000


@pytest.fixture
async def inspector(site_under_test) -> dict[str, str]:
    """The headers of somebody who may read the log and change nothing."""
    site = site_under_test
    county_id = (await site.store.people.subject(site.admin)).county_id
    return await site.bearer((await site.store.people.add_staff(county_id, None, "inspector", "督导", NOW)).id)


async def get(site, path: str, headers: dict[str, str] | None = None):
    async with site.request("GET", path, headers=headers or {}) as response:
        return response.status, await response.json(content_type=None)


async def post(site, path: str, body: object, headers: dict[str, str] | None = None):
    async with site.request("POST", path, json=body, headers=site.origin | (headers or {})) as response:
        return response.status, await response.json(content_type=None)


async def rows(site, inspector: dict[str, str], query: str = "") -> list[tuple[object, ...]]:
    """The log, oldest first, without times and hashes."""
    found = (await get(site, f"/api/audit{query}", inspector))[1]["rows"]
    names = ("who", "role", "what", "outcome", "about", "code", "times")
    return [tuple(row["entry"][name] for name in names) for row in reversed(found)]


async def test_a_sight_of_a_recording_is_written_before_it_is_shown_and_once_in_a_quarter_of_an_hour(
    site_under_test, inspector
) -> None:
    site = site_under_test
    site.add_recording()
    headers = await site.bearer(site.lead)
    path = f"/api/recordings/{site.lesson.id}"
    for _ in range(3):
        await get(site, path, headers)
        await get(site, f"{path}/files/x.mp4", headers)
    site.clock.now_ms += 15 * 60_000
    await get(site, path, headers)
    sight = (site.lead, "lead", "recordings.watch", "seen", site.lesson.id, "", 1)
    assert await rows(site, inspector, f"?about={site.lesson.id}&who={site.lead}")
    assert [row for row in await rows(site, inspector) if row[3] == "seen"] == [sight, sight]


async def test_a_list_is_no_sight(site_under_test, inspector) -> None:
    site = site_under_test
    site.add_recording()
    await get(site, "/api/recordings", await site.bearer(site.lead))
    assert await rows(site, inspector) == []


async def test_changes_say_who_did_what_to_whom(site_under_test, inspector) -> None:
    site = site_under_test
    admin = await site.bearer(site.admin)
    await post(site, "/api/accounts", {"staff_id": site.lead, "name": "lilei"}, admin)
    await post(site, f"/api/accounts/{site.lead}/close", {}, admin)
    assert await rows(site, inspector) == [
        (site.admin, "county_admin", "accounts.manage", "changed", site.lead, "open_account", 1),
        (site.admin, "county_admin", "accounts.manage", "changed", site.lead, "close_account", 1),
    ]


async def test_coming_in_is_written_with_the_way(site_under_test, inspector) -> None:
    site = site_under_test
    await post(site, "/api/enter", {"token": await site.link(site.lead)})
    await post(site, "/api/enter", {"token": await site.link(site.rooms[0])})
    assert await rows(site, inspector) == [
        (site.lead, "lead", "sign_in", "changed", "", "link", 1),
        (site.rooms[0], "classroom", "sign_in", "changed", "", "link", 1),
    ]


async def test_refusals_are_counted_and_tell_whose_and_why(site_under_test, inspector) -> None:
    site = site_under_test
    site.add_recording()
    stranger, lead = await site.bearer(site.stranger), await site.bearer(site.lead)
    for _ in range(4):
        await get(site, f"/api/recordings/{site.lesson.id}", stranger)
    await get(site, "/api/audit", lead)
    await get(site, "/api/audit")
    for _ in range(2):
        await post(site, "/api/sign-in", {"name": "lilei", "password": "wrong wrong"})
    async with site.request("POST", "/api/leave", headers={"Origin": "http://evil.example"} | lead) as response:
        assert response.status == 403
    assert sorted(await rows(site, inspector)) == sorted(
        [
            (site.stranger, "classroom", "recordings.watch", "refused", site.lesson.id, "not_found", 4),
            (site.lead, "lead", "audit.read", "refused", "", "not_allowed", 1),
            ("", "", "audit.read", "refused", "", "sign_in", 1),
            ("", "", "sign_in", "refused", "", "sign_in_refused", 2),
        ]
    )


async def test_where_from_is_a_prefix_and_never_an_address(site_under_test, inspector) -> None:
    site = site_under_test
    await post(site, "/api/enter", {"token": await site.link(site.lead)})
    (row,) = (await get(site, "/api/audit", inspector))[1]["rows"]
    assert row["entry"]["network"] == "127.0.0.0/24"


async def test_pages_go_back_to_the_first_row(site_under_test, inspector) -> None:
    site, numbers, path = site_under_test, [], "/api/audit?limit=3"
    for _ in range(7):
        await post(site, "/api/enter", {"token": await site.link(site.lead)})
    while path:
        page = (await get(site, path, inspector))[1]
        numbers.append([row["number"] for row in page["rows"]])
        path = f"/api/audit?limit=3&before={page['next']}" if page["next"] else ""
    assert numbers == [[7, 6, 5], [4, 3, 2], [1]]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "before=-1", "limit=1e3", "before=%EF%BC%95", "limit=" + "9" * 30]
)
async def test_a_query_that_is_no_number_is_refused(site_under_test, inspector, query: str) -> None:
    status, answer = await get(site_under_test, f"/api/audit?{query}", inspector)
    assert (status, answer["code"]) == (400, "bad_query")


async def test_an_inspector_verifies_the_log_and_is_told_the_row_that_was_changed(site_under_test, inspector) -> None:
    site = site_under_test
    for _ in range(5):
        await post(site, "/api/enter", {"token": await site.link(site.lead)})
    status, verdict = await get(site, "/api/audit/verify", inspector)
    assert (status, verdict["rows"], verdict["broken"]) == (200, 5, [])
    with closing(sqlite3.connect(site.folder / FILE_NAME)) as raw, raw:
        raw.execute("DROP TRIGGER audit_no_update")
        raw.execute("UPDATE audit SET who = 'staff-innocent' WHERE number = 3")
    verdict = (await get(site, "/api/audit/verify", inspector))[1]
    assert verdict["broken"] == [{"number": 3, "fault": "changed"}]


async def test_the_log_is_filtered_by_person_room_action_and_day_and_names_what_it_is_about(
    site_under_test, inspector
) -> None:
    site = site_under_test
    site.clock.now_ms = NOW  # 16:00 in the county's zone
    room, headers = site.rooms[0], await site.bearer(site.admin)
    device = await site.store.devices.add(room, "讲台左边", "page", site.admin, NOW)
    await post(site, f"/api/devices/{device.id}/rename", {"name": "右边"}, headers)
    site.clock.now_ms += 8 * 3_600_000  # midnight there
    await post(site, f"/api/rooms/{room}/restart-page", {}, headers)
    await get(site, f"/api/audit?who={site.admin}", await site.bearer(site.lead))

    about_room = await rows(site, inspector, f"?room={room}")
    assert [(row[2], row[4], row[5]) for row in about_room] == [
        ("devices.change", device.id, "rename"),
        ("devices.pair", room, "restart_page"),
    ]
    assert await rows(site, inspector, f"?who={site.admin}&what=devices.change") == about_room[:1]
    assert await rows(site, inspector, f"?room={room}&day=2027-01-15") == about_room[:1]
    assert await rows(site, inspector, f"?room={room}&day=2027-01-16") == about_room[1:]
    assert [row[0] for row in await rows(site, inspector, "?outcome=refused")] == [site.lead]

    status, page = await get(site, f"/api/audit?room={room}", inspector)
    assert status == 200
    assert page["zone"] == "Asia/Shanghai"
    assert page["names"] == {
        site.admin: "管理员",
        room: "第一教学点 · 教室",
        device.id: "第一教学点 · 教室 · 右边",
    }
    people = (await get(site, "/api/audit/people", inspector))[1]["people"]
    assert people == [{"id": site.lead, "name": "主讲教师"}, {"id": site.admin, "name": "管理员"}]
    for wrong in ("day=yesterday", "day=9999-12-31", "outcome=done"):
        assert (await get(site, f"/api/audit?{wrong}", inspector))[1]["code"] == "bad_query"
