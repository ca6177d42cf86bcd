"""Pairing, reports, self-tests and the list of devices, over HTTP."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from server.devices.codes import KEPT_MS, LIFETIME_MS
from server.devices.tickets import LASTS_MS
from server.store.errors import StoreAway
from server.store.store import Store

if TYPE_CHECKING:
    from tests.server.api.conftest import Site

MINUTE = 60_000
HEALTH: dict[str, Any] = {
    "kind": "page",
    "version": "abc",
    "camera": "ok",
    "microphone": "ok",
    "sound": "ok",
    "width": 1920,
    "height": 1080,
    "level": 3,
}


async def ask(site: Site, kind: str = "page") -> dict[str, Any]:
    async with site.request("POST", "/api/devices/code", json={"kind": kind}) as answer:
        assert answer.status == 200
        body: dict[str, Any] = await answer.json()
        return body


async def claim(site: Site, code: dict[str, Any]) -> tuple[str, str | None]:
    """The state, and the key where one came."""
    async with site.request("POST", "/api/devices/claim", json={"claim": code["claim"]}) as answer:
        assert answer.status == 200
        cookie = answer.cookies.get("tongke")
        return (await answer.json())["state"], cookie.value if cookie else None


async def pair(site: Site, by: str, **body: Any) -> tuple[int, dict[str, Any]]:
    headers = await site.bearer(by)
    async with site.request("POST", "/api/devices/pair", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def paired(site: Site, room: str, **more: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A device of `room`, and the headers its requests carry."""
    code = await ask(site)
    status, device = await pair(site, site.admin, code=code["code"], classroom=room, **more)
    assert status == 200, device
    state, key = await claim(site, code)
    assert state == "paired"
    return device, {"Authorization": f"Bearer {key}"}


async def report(site: Site, key: dict[str, str], **changed: Any) -> tuple[int, dict[str, Any]]:
    body = {**HEALTH, "clock_ms": site.clock(), **changed}
    async with site.request("POST", "/api/devices/health", json=body, headers=key) as answer:
        return answer.status, await answer.json()


async def get(site: Site, path: str, who: str) -> tuple[int, Any]:
    async with site.request("GET", path, headers=await site.bearer(who)) as answer:
        return answer.status, await answer.json()


async def assistant_of(store: Store, room: str, now_ms: int) -> str:
    """An assistant teacher of the school that `room` is in."""
    subject = await store.people.subject(room)
    assert subject is not None
    person = await store.people.add_staff(subject.county_id, subject.school_id, "assistant", "助教", now_ms)
    return person.id


async def test_the_screens_of_a_room_that_is_closed_are_out_at_once(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    assert (await report(site, key))[0] == 200
    headers = await site.bearer(site.admin)
    async with site.request("POST", f"/api/county/rooms/{site.rooms[0]}/close", headers=headers) as answer:
        assert answer.status == 200
    assert (await report(site, key))[0] == 401


async def test_a_screen_shows_a_code_is_given_a_room_and_is_that_room_from_then_on(site_under_test: Site) -> None:
    site = site_under_test
    code = await ask(site)
    assert code["url"] == f"{site.base}/pair#code={code['code']}"
    assert code["qr"]["size"] > 20
    assert await claim(site, code) == ("waiting", None)

    status, device = await pair(site, site.admin, code=code["code"].lower(), classroom=site.rooms[0], name=" 讲台左边 ")
    assert status == 200
    assert (device["room"], device["name"], device["online"]) == (site.rooms[0], "讲台左边", False)

    state, key = await claim(site, code)
    assert state == "paired"
    assert await claim(site, code) == ("expired", None)
    async with site.request("GET", "/api/me", headers={"Authorization": f"Bearer {key}"}) as answer:
        assert (await answer.json())["id"] == site.rooms[0]


async def test_who_looks_after_a_room_hears_whether_its_screen_plays_what_it_missed(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    heard = []
    for more in ({"lesson": "l", "catching_up": True}, {"lesson": "l"}):
        assert (await report(site, key, **more))[0] == 200
        rooms = (await get(site, "/api/devices", site.admin))[1]["rooms"]
        heard += [device["health"]["catching_up"] for room in rooms for device in room["devices"]]
    assert heard == [True, False]


async def test_a_screen_on_the_servers_own_machine_shows_an_address_for_phones(site_under_test: Site) -> None:
    site = site_under_test
    object.__setattr__(site.services, "lan", lambda: "https://192.168.1.20:8443")
    code = await ask(site)
    assert code["url"] == f"https://192.168.1.20:8443/pair#code={code['code']}"


async def test_who_pairs_is_told_the_address_that_the_screen_reaches_the_server_by(site_under_test: Site) -> None:
    site = site_under_test
    assert (await get(site, "/api/devices", site.admin))[1]["classroom"] == f"{site.base}/classroom"
    object.__setattr__(site.services, "lan", lambda: "https://192.168.1.20:8443")
    assert (await get(site, "/api/devices", site.admin))[1]["classroom"] == "https://192.168.1.20:8443/classroom"


async def test_several_devices_of_a_room_have_keys_of_their_own(site_under_test: Site) -> None:
    site = site_under_test
    first, first_key = await paired(site, site.rooms[0])
    second, second_key = await paired(site, site.rooms[0])
    assert first["id"] != second["id"]
    assert (await report(site, first_key))[1]["device"] == first["id"]
    assert (await report(site, second_key))[1]["device"] == second["id"]


async def test_wrong_expired_and_used_codes_get_one_answer_and_the_guesser_is_stopped(site_under_test: Site) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    used, old = await ask(site), await ask(site)
    assert (await pair(site, site.admin, code=used["code"], classroom=room))[0] == 200
    site.clock.now_ms += LIFETIME_MS
    answers = [
        await pair(site, site.admin, code=code, classroom=room)
        for code in (used["code"], old["code"], "ABCDEFGH", "-", "甲乙丙丁戊己庚辛")
    ]
    assert {status for status, _ in answers} == {404}
    assert {tuple(body.items()) for _, body in answers} == {tuple(answers[0][1].items())}
    assert answers[0][1]["code"] == "pairing_code_refused"

    for _ in range(5):
        await pair(site, site.admin, code="ABCDEFGH", classroom=room)
    fresh = await ask(site)
    status, body = await pair(site, site.admin, code=fresh["code"], classroom=room)
    assert (status, body["code"]) == (429, "too_many_codes")
    assistant = await assistant_of(site.store, room, site.clock())
    assert (await pair(site, assistant, code=fresh["code"], classroom=room))[0] == 200


async def test_an_assistant_pairs_for_its_own_school_only_and_a_teacher_not_at_all(site_under_test: Site) -> None:
    site = site_under_test
    assistant = await assistant_of(site.store, site.rooms[0], site.clock())
    code = await ask(site)
    for room in (site.rooms[1], site.stranger, "room-nowhere"):
        status, body = await pair(site, assistant, code=code["code"], classroom=room)
        assert (status, body["code"]) == (404, "not_found")
    assert (await pair(site, site.lead, code=code["code"], classroom=site.rooms[0]))[0] == 403
    assert (await pair(site, assistant, code=code["code"], classroom=site.rooms[0]))[0] == 200
    rooms = (await get(site, "/api/devices", assistant))[1]["rooms"]
    assert [room["id"] for room in rooms] == [site.rooms[0]]


async def test_a_device_paired_again_after_re_imaging_keeps_its_history_and_its_old_key_ends(
    site_under_test: Site,
) -> None:
    site = site_under_test
    device, old_key = await paired(site, site.rooms[0], name="电视")
    await report(site, old_key)
    again, new_key = await paired(site, site.rooms[0], device=device["id"])
    assert (again["id"], again["name"]) == (device["id"], "电视")
    assert (await report(site, old_key))[0] == 401
    assert (await report(site, new_key))[1]["device"] == device["id"]
    assert len((await get(site, f"/api/devices/{device['id']}", site.admin))[1]["changes"]) >= 1


async def test_a_revoked_device_is_nobody_at_once(site_under_test: Site) -> None:
    site = site_under_test
    device, key = await paired(site, site.rooms[0])
    assert (await report(site, key))[0] == 200
    path = f"/api/devices/{device['id']}"
    headers = {**await site.bearer(site.admin), "Content-Type": "application/json"}
    async with site.request("POST", f"{path}/revoke", headers=headers) as answer:
        assert answer.status == 200
    assert (await report(site, key))[0] == 401
    assert (await get(site, path, site.admin))[0] == 404
    assert (await get(site, "/api/devices", site.admin))[1]["rooms"][0]["devices"] == []


async def test_a_device_is_renamed(site_under_test: Site) -> None:
    site = site_under_test
    device, _ = await paired(site, site.rooms[0])
    headers = await site.bearer(site.admin)
    path = f"/api/devices/{device['id']}/rename"
    async with site.request("POST", path, json={"name": "后墙电视"}, headers=headers) as answer:
        assert (await answer.json())["name"] == "后墙电视"


async def test_a_report_is_answered_with_time_zone_build_and_a_name_for_the_timetable(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    _, first = await report(site, key)
    assert (first["now_ms"], first["zone"], first["reload"]) == (site.clock(), "Asia/Shanghai", False)
    async with site.request("GET", "/api/version") as answer:
        assert await answer.json() == {"build": first["build"]}
    site.clock.now_ms += 12_000
    assert (await report(site, key))[1]["timetable"] == first["timetable"]
    await site.store.lessons.began(site.lesson.id, site.clock())
    site.clock.now_ms += 12_000
    assert (await report(site, key))[1]["timetable"] != first["timetable"]


async def test_at_night_an_old_page_is_loaded_anew_once_and_the_fresh_one_stays(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    build = (await report(site, key))[1]["build"]
    night = datetime.fromtimestamp(site.clock() / 1000, ZoneInfo("Asia/Shanghai")).replace(hour=4, minute=30)
    site.clock.now_ms = round((night + timedelta(days=1)).timestamp() * 1000)
    told = [(await report(site, key, version=version))[1]["reload"] for version in ("older", "", build)]
    assert told == [True, False, False]


async def test_a_screen_that_came_in_by_a_link_becomes_known_by_its_first_report(site_under_test: Site) -> None:
    site = site_under_test
    link = await site.link(site.rooms[1])
    async with site.request("POST", "/api/enter", json={"token": link}) as answer:
        key = {"Authorization": f"Bearer {answer.cookies['tongke'].value}"}
    assert (await report(site, key))[0] == 200
    assert (await report(site, {"Authorization": f"Bearer {link}"}))[0] == 403, "a link itself is no device"
    rooms = (await get(site, "/api/devices", site.admin))[1]["rooms"]
    assert [len(room["devices"]) for room in rooms if room["id"] == site.rooms[1]] == [1]


async def test_people_and_strangers_cannot_report(site_under_test: Site) -> None:
    site = site_under_test
    assert (await report(site, await site.bearer(site.admin)))[0] == 403
    assert (await report(site, {}))[0] == 401
    _, key = await paired(site, site.rooms[0])
    assert (await report(site, key, camera="<b>"))[0] == 400
    assert (await report(site, key, version="v" * 65))[0] == 400
    assert (await report(site, key, extra=1))[0] == 400


async def test_an_unplugged_camera_opens_a_ticket_that_closes_by_itself(site_under_test: Site) -> None:
    site = site_under_test
    device, key = await paired(site, site.rooms[0])
    began = site.clock()
    for camera, times in (("missing", 5), ("ok", 5)):
        for _ in range(times):
            await report(site, key, camera=camera)
            site.clock.now_ms += 15_000
    history = (await get(site, f"/api/devices/{device['id']}", site.admin))[1]
    [ticket] = history["tickets"]
    assert ticket["fault"] == "camera.missing"
    assert ticket["closed"] is not None
    stored = (await site.store.devices.history(device["id"]))[2][0]
    assert (stored.opened_ms, stored.closed_ms) == (began, began + 5 * 15_000 + LASTS_MS)
    assert [change["what"]["faults"] for change in history["changes"]] == [[], ["camera.missing"]]


async def test_a_self_test_is_judged_kept_and_opens_its_tickets_at_once(site_under_test: Site) -> None:
    site = site_under_test
    device, key = await paired(site, site.rooms[0])
    await report(site, key)
    figures = {
        "by": "hand",
        "took_ms": 21_000,
        "clock_ms": site.clock(),
        "camera": {"width": 1280, "height": 720, "brightness": 2.0, "contrast": 0.5, "sharpness": 0.0, "motion": 0.0},
        "microphone": {"level_db": -52.5, "peak_db": -20.0, "clipped": 0.0},
        "loop": {"played": True, "heard_db": 2.0},
        "line": {"rtt_ms": 12, "down_kbps": 9000, "up_kbps": 5000, "media": "udp"},
    }
    async with site.request("POST", "/api/devices/selftest", json=figures, headers=key) as answer:
        assert await answer.json() == {
            "faults": [
                {"code": "speaker.unheard", "severity": "red"},
                {"code": "camera.black", "severity": "amber"},
            ]
        }
    history = (await get(site, f"/api/devices/{device['id']}", site.admin))[1]
    assert history["tests"][0]["faults"] == ["camera.black", "speaker.unheard"]
    assert history["tests"][0]["figures"]["loop"] == {
        "played": True,
        "heard_db": 2.0,
        "delay_ms": None,
        "echo_db": None,
    }
    assert {ticket["fault"] for ticket in history["tickets"]} == {"camera.black", "speaker.unheard"}
    assert history["device"]["tested"] is not None
    await report(site, key)
    assert len((await get(site, f"/api/devices/{device['id']}", site.admin))[1]["device"]["faults"]) == 2


async def test_the_line_is_probed_both_ways_within_bounds(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    async with site.request("GET", "/api/devices/probe", headers=key) as answer:
        assert len(await answer.read()) == 2 * 1024 * 1024
    async with site.request("POST", "/api/devices/probe", data=bytes(64 * 1024), headers=key) as answer:
        assert await answer.json() == {"bytes": 64 * 1024}
    async with site.request("POST", "/api/devices/probe", data=bytes(300 * 1024), headers=key) as answer:
        assert answer.status == 413
    assert (await get(site, "/api/devices/probe", site.admin))[0] == 403


async def test_the_desk_goes_on_after_a_restart_with_states_tickets_and_keys(site_under_test: Site) -> None:
    from server.devices.desk import DeviceDesk

    site = site_under_test
    device, key = await paired(site, site.rooms[0])
    for _ in range(5):
        await report(site, key, camera="missing")
        site.clock.now_ms += 15_000
    await site.services.devices.write()
    again = DeviceDesk(site.store, site.services.devices.build, site.clock)
    [known] = await again.devices([site.rooms[0]])
    before = await site.services.devices.find(device["id"])
    assert before is not None
    assert (known.device, known.faults, known.open, known.health) == (
        before.device,
        before.faults,
        before.open,
        before.health,
    )
    assert set(known.open) == {"camera.missing"}


async def test_the_ready_board_shows_rooms_before_the_bell_and_a_lesson_not_started_after_it(
    site_under_test: Site,
) -> None:
    site = site_under_test
    site.clock.now_ms = site.lesson.planned_start_ms - 20 * MINUTE
    _, key = await paired(site, site.rooms[0])
    await report(site, key, camera="missing")
    [entry] = (await get(site, "/api/ready", site.admin))[1]["lessons"]
    assert (entry["light"], entry["ready"]["light"]) == ("red", "green")
    lights = [(room["ready"]["light"], [one["code"] for one in room["ready"]["reasons"]]) for room in entry["rooms"]]
    assert lights == [("amber", ["camera.missing"]), ("red", ["no_device"])]

    site.clock.now_ms = site.lesson.planned_start_ms + 3 * MINUTE
    [entry] = (await get(site, "/api/ready", site.admin))[1]["lessons"]
    assert entry["ready"] == {
        "light": "red",
        "reasons": [{"code": "not_started", "light": "red"}],
        "heard_ms": None,
    }
    assert entry["rooms"][0]["ready"]["reasons"][0]["code"] == "silent"
    assert entry["rooms"][0]["heard"] is not None


async def test_the_ready_board_is_for_those_who_look_after_rooms_each_within_its_reach(site_under_test: Site) -> None:
    site = site_under_test
    here = await site.store.people.subject(site.rooms[0])
    elsewhere = await site.store.people.subject(site.stranger)
    assert here is not None
    assert elsewhere is not None
    counts = {}
    for role, subject in (("school_admin", here), ("school_admin", elsewhere), ("inspector", here)):
        who = await site.store.people.add_staff(here.county_id, subject.school_id, role, "某人", site.clock())  # type: ignore[arg-type]
        counts[(role, subject.school)] = len((await get(site, "/api/ready", who.id))[1]["lessons"])
    assert counts == {("school_admin", "第一教学点"): 1, ("school_admin", "别处"): 0, ("inspector", "第一教学点"): 1}
    assert (await get(site, "/api/ready", site.lead))[0] == 403
    assert (await get(site, "/api/ready", site.rooms[0]))[0] == 403


async def enters(site: Site, token: str) -> tuple[int, dict[str, str]]:
    """The status, and what the requests of the screen that came in carry."""
    async with site.request("POST", "/api/enter", json={"token": token}) as answer:
        cookie = answer.cookies.get("tongke")
        return answer.status, {"Authorization": f"Bearer {cookie.value if cookie else ''}"}


async def test_a_device_key_is_not_exchanged_for_a_second_one(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    assert (await enters(site, key["Authorization"].removeprefix("Bearer ")))[0] == 401
    cookie = await site.store.credentials.issue("cookie", site.lead, site.clock())
    assert (await enters(site, cookie))[0] == 401
    assert (await enters(site, await site.link(site.lead)))[0] == 200


@pytest.mark.parametrize("how", ["revoked", "replaced"])
async def test_a_device_that_is_gone_leaves_no_other_way_into_its_room(site_under_test: Site, how: str) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    other, elsewhere = await paired(site, room), await paired(site, site.rooms[1])
    link = await site.link(room)
    device, key = await paired(site, room)
    copied = {"Authorization": f"Bearer {await site.store.credentials.issue('device', room, site.clock())}"}
    _, unheard = await enters(site, link)

    if how == "revoked":
        path = f"/api/devices/{device['id']}/revoke"
        async with site.request("POST", path, headers=await site.bearer(site.admin)) as answer:
            assert answer.status == 200
    else:
        await paired(site, room, device=device["id"])
    assert [(await report(site, gone))[0] for gone in (key, copied, unheard)] == [401, 401, 401]
    assert (await enters(site, link))[0] == 401
    # what other devices hold is theirs, heard yet or not
    assert [(await report(site, kept))[0] for kept in (other[1], elsewhere[1])] == [200, 200]


async def test_a_code_typed_three_times_at_once_makes_one_device(site_under_test: Site) -> None:
    site = site_under_test
    code = await ask(site)
    tries = [pair(site, site.admin, code=code["code"], classroom=site.rooms[0]) for _ in range(3)]
    assert sorted(status for status, _ in await asyncio.gather(*tries)) == [200, 404, 404]
    assert len(await site.services.devices.everybody()) == 1
    given = await asyncio.gather(*(claim(site, code) for _ in range(3)))
    assert [key is not None for state, key in given if state == "paired"] == [True]


async def test_a_code_and_a_claim_outlast_a_store_that_fails(
    site_under_test: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    code = await ask(site)

    async def away(*_given: Any, **_more: Any) -> Any:
        raise StoreAway

    with monkeypatch.context() as patched:
        patched.setattr(site.store.devices, "add", away)
        assert (await pair(site, site.admin, code=code["code"], classroom=room))[0] == 503
    status, device = await pair(site, site.admin, code=code["code"], classroom=room)
    assert status == 200
    for missing, part in (("issue", site.store.credentials), ("hold", site.store.devices)):
        with monkeypatch.context() as patched:
            patched.setattr(part, missing, away)
            site.clock.now_ms += KEPT_MS - 1
            async with site.request("POST", "/api/devices/claim", json={"claim": code["claim"]}) as answer:
                assert answer.status == 503
    state, key = await claim(site, code)
    assert (state, await claim(site, code)) == ("paired", ("expired", None))
    assert (await report(site, {"Authorization": f"Bearer {key}"}))[1]["device"] == device["id"]


async def test_a_key_that_is_given_to_a_screen_is_written_down(site_under_test: Site) -> None:
    site = site_under_test
    device, _ = await paired(site, site.rooms[0])
    rows = [row.entry for row in await site.store.audit.page()]
    assert [(row.who, row.role, row.what, row.outcome, row.about, row.code) for row in rows] == [
        (site.rooms[0], "classroom", "devices.pair", "changed", device["id"], "claim_key"),
        (site.admin, "county_admin", "devices.pair", "changed", device["id"], "pair"),
    ]
