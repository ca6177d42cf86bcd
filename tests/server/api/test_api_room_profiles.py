"""What a room's profile means on the ready board: two profiles in one lesson, and a room that is upgraded."""

from __future__ import annotations

from msgspec.structs import replace

from classroom_client.broadcast import Broadcast
from classroom_client.capture import inputs_of
from classroom_client.config import FromCamera
from classroom_client.entry import open_door
from classroom_client.health import Reporter
from server.store.rows import Classroom
from tests.server.api.conftest import Site
from tests.server.api.device_screens import get, paired, report

MINUTE = 60_000


async def board(site: Site) -> list[tuple[str, list[str]]]:
    [entry] = (await get(site, "/api/ready", site.admin))[1]["lessons"]
    return [(one["ready"]["light"], [why["code"] for why in one["ready"]["reasons"]]) for one in entry["rooms"]]


async def test_each_room_of_a_lesson_is_held_to_its_own_profile(site_under_test: Site) -> None:
    site = site_under_test
    site.clock.now_ms = site.lesson.planned_start_ms - 20 * MINUTE
    county = (await site.store.people.subject(site.admin)).county_id  # type: ignore[union-attr]
    first, second = [await site.store.registry.get(Classroom, county, one) for one in site.rooms[:2]]
    assert first is not None
    assert second is not None
    await site.store.registry.save(county, [replace(first, profile="simple"), replace(second, profile="recording")])
    keys = [(await paired(site, room))[1] for room in site.rooms[:2]]
    for key in keys:
        await report(site, key, cameras=1)
    assert await board(site) == [("green", []), ("amber", ["one_camera"])]

    headers = await site.bearer(site.admin) | site.origin
    upgraded = {"school_id": first.school_id, "name": first.name, "profile": "recording", "code": None}
    async with site.request("POST", f"/api/county/rooms/{first.id}", headers=headers, json=upgraded) as response:
        assert response.status == 200
    assert await board(site) == [("amber", ["one_camera"]), ("amber", ["one_camera"])]
    await report(site, keys[0], cameras=2)
    await report(site, keys[1], lesson=site.lesson.id)
    assert await board(site) == [("green", []), ("amber", ["one_camera"])], "in class nobody looks again"


async def test_a_recording_room_with_nothing_but_an_appliance_lacks_a_camera(site_under_test: Site) -> None:
    site = site_under_test
    site.clock.now_ms = site.lesson.planned_start_ms - 20 * MINUTE
    county = (await site.store.people.subject(site.admin)).county_id  # type: ignore[union-attr]
    room = await site.store.registry.get(Classroom, county, site.rooms[0])
    assert room is not None
    await site.store.registry.save(county, [replace(room, profile="recording")])
    key = await site.store.credentials.issue("device", site.rooms[0], site.clock())
    broadcast = Broadcast(inputs_of(FromCamera("/dev/video0", None)))
    reporter = Reporter(open_door(site.base, None, False), "1.0", broadcast.plugged)
    await reporter.report(key)
    assert "one_camera" in (await board(site))[0][1]
    await reporter.close()
