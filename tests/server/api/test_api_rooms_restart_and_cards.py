"""Loading a room's page anew from afar, the printed cards of the rooms, and what of it the audit log is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.server.api.device_screens import ask, assistant_of, get, pair, paired, report

if TYPE_CHECKING:
    from tests.server.api.conftest import Site


async def restart(site: Site, room: str, by: str) -> tuple[int, dict[str, Any]]:
    headers = await site.bearer(by)
    async with site.request("POST", f"/api/rooms/{room}/restart-page", headers=headers) as answer:
        return answer.status, await answer.json()


async def audited(site: Site, **query: str) -> list[dict[str, Any]]:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    status, page = await get(site, f"/api/audit?{asked}", site.admin)
    assert status == 200
    return [row["entry"] for row in page["rows"]]


async def test_a_room_that_is_asked_to_restart_loads_anew_in_class_too_and_once_only(site_under_test: Site) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    _, key = await paired(site, room)
    assert (await report(site, key, version=""))[1]["reload"] is False
    assert (await report(site, key, lesson=site.lesson.id))[1]["reload"] is False

    assistant = await assistant_of(site.store, room, site.clock())
    assert await restart(site, room, assistant) == (200, {"screens": 1, "within_s": 15})
    told = [(await report(site, key, lesson=site.lesson.id))[1]["reload"] for _ in range(2)]
    assert told == [True, True], "until the page was loaded anew: an answer may be lost"
    told = [(await report(site, key, version=version))[1]["reload"] for version in ("", "abc")]
    assert told == [False, False]


async def test_an_appliance_is_told_to_restart_until_it_has_begun_anew(site_under_test: Site) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    _, key = await paired(site, room)
    await report(site, key, kind="appliance")
    assert (await restart(site, room, site.admin))[0] == 200
    told = [
        (await report(site, key, kind="appliance", version=version))[1]["reload"] for version in ("1", "1", "", "1")
    ]
    assert told == [True, True, False, False]


async def test_a_room_that_is_off_has_no_screen_to_restart(site_under_test: Site) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    _, key = await paired(site, room)
    await report(site, key)
    site.clock.now_ms += 60_000
    assert (await restart(site, room, site.admin))[1]["screens"] == 0
    assert (await report(site, key))[1]["reload"] is False


async def test_nobody_restarts_a_room_out_of_reach(site_under_test: Site) -> None:
    site = site_under_test
    assistant = await assistant_of(site.store, site.rooms[0], site.clock())
    assert (await restart(site, site.rooms[1], assistant))[0] == 404
    assert (await restart(site, "room-nowhere", assistant))[0] == 404
    assert (await restart(site, site.rooms[0], site.lead))[0] == 403


async def test_cards_of_a_school_lead_to_giving_that_room_a_screen(site_under_test: Site) -> None:
    site = site_under_test
    room = await site.store.people.subject(site.rooms[0])
    assert room is not None
    status, found = await get(site, f"/api/rooms/cards?school={room.school_id}", site.admin)
    assert status == 200
    [card] = found["rooms"]
    assert (card["id"], card["school"], card["name"]) == (site.rooms[0], "第一教学点", "教室")
    assert card["url"] == f"{site.base}/pair#room={site.rooms[0]}"
    assert card["qr"]["size"] > 20
    assert (found["classroom"], found["trust"]) == (f"{site.base}/classroom", None)
    assert len((await get(site, "/api/rooms/cards", site.admin))[1]["rooms"]) == 3


async def test_pairing_replacing_renaming_revoking_and_restarting_are_in_the_audit_log(site_under_test: Site) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    device, _ = await paired(site, room)
    code = (await ask(site))["code"]
    assert (await pair(site, site.admin, code=code, classroom=room, device=device["id"]))[0] == 200
    headers = await site.bearer(site.admin)
    for path in ("rename", "revoke"):
        body = {"json": {"name": "左边"}} if path == "rename" else {}
        async with site.request("POST", f"/api/devices/{device['id']}/{path}", headers=headers, **body) as answer:
            assert answer.status == 200
    await restart(site, room, site.admin)
    told = [(one["what"], one["code"], one["about"]) for one in reversed(await audited(site, who=site.admin))]
    assert told == [
        ("devices.pair", "pair", device["id"]),
        ("devices.pair", "replace", device["id"]),
        ("devices.change", "rename", device["id"]),
        ("devices.change", "revoke", device["id"]),
        ("devices.pair", "restart_page", room),
    ]
