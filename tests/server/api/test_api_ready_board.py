"""The ready board: which rooms are fit for their lessons, and who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.server.api.device_screens import get, paired, report

if TYPE_CHECKING:
    from tests.server.api.conftest import Site

MINUTE = 60_000


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
