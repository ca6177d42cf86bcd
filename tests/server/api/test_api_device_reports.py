"""What a device reports, its tickets, its line and its self-tests, over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from server.devices.desk import DeviceDesk
from server.devices.tickets import LASTS_MS
from tests.server.api.device_screens import get, paired, report

if TYPE_CHECKING:
    from tests.server.api.conftest import Site


async def test_who_looks_after_a_room_hears_whether_its_screen_plays_what_it_missed(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    heard = []
    for more in ({"lesson": "l", "catching_up": True}, {"lesson": "l"}):
        assert (await report(site, key, **more))[0] == 200
        rooms = (await get(site, "/api/devices", site.admin))[1]["rooms"]
        heard += [device["health"]["catching_up"] for room in rooms for device in room["devices"]]
    assert heard == [True, False]


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
