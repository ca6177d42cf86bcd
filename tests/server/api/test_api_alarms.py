"""Alarms of lessons, rooms and the server over HTTP: told with severity, noted, on the wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.store.alarm_rows import Alarm
from tests.server.api.device_screens import assistant_of, get
from tests.server.api.test_api_alerts import alerts, note

if TYPE_CHECKING:
    from tests.server.api.conftest import Site


async def raised(site: Site) -> str:
    """Two alarms: the server's disk, and a lesson that is not recorded; the county."""
    county_id = (await site.store.people.subject(site.admin)).county_id
    school_id = (await site.store.people.subject(site.lead)).school_id
    recording = Alarm("lesson.recording", county_id, site.lesson.id, school_id, None, "数学 · 认识分数")
    wrong = [(Alarm("server.disk_low", county_id), site.clock()), (recording, site.clock())]
    await site.store.alarms.turn(wrong, [], site.clock())
    return county_id


async def test_alarms_stand_among_the_alerts_the_worst_first_and_are_noted_by_name(site_under_test: Site) -> None:
    site = site_under_test
    await raised(site)
    found = (await alerts(site, site.admin))["open"]
    assert [(one["fault"], one["severity"], one["about"], one["device"]) for one in found] == [
        ("lesson.recording", "red", "数学 · 认识分数", ""),
        ("server.disk_low", "amber", "", ""),
    ]
    assert found[0]["school"] == "中心小学"
    status, noted = await note(site, found[0]["id"], site.admin)
    assert (status, noted["acknowledged_by"]) == (200, "管理员")
    kept = [alarm.id for alarm in await site.store.alarms.open_now()]
    await site.store.alarms.turn([], kept, site.clock() + 1)
    after = await alerts(site, site.admin)
    assert (after["open"], len(after["closed"])) == ([], 2)


async def test_a_school_sees_and_notes_its_own_alarms_only(site_under_test: Site) -> None:
    site = site_under_test
    await raised(site)
    assistant = await assistant_of(site.store, site.rooms[0], site.clock())
    assert (await alerts(site, assistant))["open"] == []
    (first, _) = (await alerts(site, site.admin))["open"]
    assert (await note(site, first["id"], assistant))[1]["code"] == "not_found"
    assert (await note(site, "alarm-nowhere", site.admin))[1]["code"] == "not_found"


async def test_the_wall_shows_what_its_lists_of_lessons_and_rooms_do_not(site_under_test: Site) -> None:
    site = site_under_test
    county_id = await raised(site)
    late = Alarm("lesson.not_started", county_id, "lesson-2", None, None, "音乐")
    await site.store.alarms.turn([(late, 1)], [], 1)
    told = (await get(site, "/api/wall", site.admin))[1]["alarms"]
    assert told == [
        {"kind": "lesson.recording", "about": "数学 · 认识分数", "severity": "red"},
        {"kind": "server.disk_low", "about": "", "severity": "amber"},
    ]
