"""The county wall over HTTP: whose rooms and lessons are on it, and at which local day and week."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.api.wall import span_around
from tests.server.api.device_screens import assistant_of, get, paired, report

if TYPE_CHECKING:
    from tests.server.api.conftest import Site

HOUR = 3_600_000


async def test_the_wall_shows_the_counties_lessons_and_rooms_and_a_school_its_own(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    await report(site, key, camera="missing", lesson=site.lesson.id)
    status, found = await get(site, "/api/wall", site.admin)
    assert (status, found["now_ms"], found["zone"]) == (200, site.clock(), "Asia/Shanghai")
    wall = found["wall"]
    assert [one["title"] for one in wall["next"]] == ["认识分数"]
    assert wall["next"][0]["rooms"] == ["第一教学点", "第二教学点"]
    rooms = {room["id"]: (room["state"], room["reasons"]) for group in wall["communities"] for room in group["rooms"]}
    assert rooms == {
        site.rooms[0]: ("amber", ["camera.missing"]),
        site.rooms[1]: ("red", ["no_device"]),
        site.stranger: ("none", []),
    }
    assert [group["name"] for group in wall["communities"]] == ["共同体", ""]

    assistant = await assistant_of(site.store, site.rooms[1], site.clock())
    own = (await get(site, "/api/wall", assistant))[1]["wall"]
    assert [room["id"] for group in own["communities"] for room in group["rooms"]] == [site.rooms[1]]
    assert [one["title"] for one in own["next"]] == ["认识分数"]
    elsewhere = await assistant_of(site.store, site.stranger, site.clock())
    assert (await get(site, "/api/wall", elsewhere))[1]["wall"]["next"] == []
    assert (await get(site, "/api/wall", site.lead))[0] == 403


def test_day_and_week_are_the_countys_own_also_over_a_daylight_change() -> None:
    now_ms = 1_800_000_000_000  # a Friday, 16:00 in Shanghai
    span = span_around(now_ms, "Asia/Shanghai", 7)
    assert (now_ms - span.day_ms, span.day_end_ms - now_ms) == (16 * HOUR, 8 * HOUR)
    assert span.day_ms - span.week_ms == 4 * 24 * HOUR
    sunday_ms = 1_774_789_200_000  # 29 March 2026, 15:00 in Berlin: the clocks went forward that night
    changed = span_around(sunday_ms, "Europe/Berlin", 7)
    assert changed.day_end_ms - changed.day_ms == 23 * HOUR
    assert changed.day_ms - changed.week_ms == 6 * 24 * HOUR


async def test_the_ready_board_is_open_to_assistants_and_trainers_with_the_lessons_of_their_reach(
    site_under_test: Site,
) -> None:
    site = site_under_test
    lead = await site.store.people.subject(site.lead)
    assert lead is not None
    trainer = (await site.store.people.add_staff(lead.county_id, None, "trainer", "教研员", site.clock())).id
    here = await assistant_of(site.store, site.rooms[0], site.clock())
    elsewhere = await assistant_of(site.store, site.stranger, site.clock())
    seen = {}
    for who in (trainer, here, elsewhere):
        status, board = await get(site, "/api/ready", who)
        assert status == 200
        seen[who] = [entry["lesson"]["title"] for entry in board["lessons"]]
    assert seen == {trainer: ["认识分数"], here: ["认识分数"], elsewhere: []}
