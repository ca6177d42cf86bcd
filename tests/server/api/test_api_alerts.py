"""Alerts: what is broken in the rooms of somebody's reach, who took note of it, and what was mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.devices.tickets import LASTS_MS
from tests.server.api.device_screens import assistant_of, get, paired, report

if TYPE_CHECKING:
    from tests.server.api.conftest import Site


async def alerts(site: Site, who: str) -> dict[str, Any]:
    status, found = await get(site, "/api/alerts", who)
    assert status == 200
    return dict(found)


async def note(site: Site, alert: str, by: str, noted: bool = True) -> tuple[int, dict[str, Any]]:
    headers, path = await site.bearer(by), f"/api/alerts/{alert}/acknowledge"
    async with site.request("POST", path, json={"noted": noted}, headers=headers) as answer:
        return answer.status, await answer.json()


async def broken(site: Site, room: str, name: str = "") -> dict[str, str]:
    """A device of the room with no camera and a silent microphone, long enough for tickets; its key."""
    _, key = await paired(site, room, name=name)
    for _ in range(2):
        await report(site, key, camera="missing", microphone="busy")
        site.clock.now_ms += LASTS_MS
    await report(site, key, camera="missing", microphone="busy")
    return key


async def test_alerts_tell_the_worst_first_where_it_is_since_when_and_what_was_mended(site_under_test: Site) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    began_ms = site.clock()
    key = await broken(site, room, "讲台左边")
    found = await alerts(site, site.admin)
    assert [(one["fault"], one["severity"]) for one in found["open"]] == [
        ("microphone.busy", "red"),
        ("camera.missing", "amber"),
    ]
    first = found["open"][0]
    assert (first["school"], first["room"], first["device_name"]) == ("第一教学点", "教室", "讲台左边")
    assert (first["opened"], first["closed"], first["acknowledged"]) == ("2027-01-15T08:00:00.000Z", None, None)
    assert began_ms == 1_800_000_000_000

    for _ in range(2):
        await report(site, key, camera="missing", microphone="ok")
        site.clock.now_ms += LASTS_MS
    found = await alerts(site, site.admin)
    assert [one["fault"] for one in found["open"]] == ["camera.missing"]
    assert [one["fault"] for one in found["closed"]] == ["microphone.busy"]
    assert found["closed"][0]["closed"] is not None


async def test_somebody_takes_note_once_by_name_takes_it_back_and_it_is_in_the_audit_log(site_under_test: Site) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    await broken(site, room)
    alert = (await alerts(site, site.admin))["open"][0]
    assistant = await assistant_of(site.store, room, site.clock())
    status, noted = await note(site, alert["id"], assistant)
    assert (status, noted["acknowledged_by"]) == (200, "助教")
    assert (await note(site, alert["id"], site.admin))[1]["acknowledged_by"] == "助教"
    assert (await note(site, alert["id"], site.admin, noted=False))[1]["acknowledged"] is None
    told = (await get(site, f"/api/audit?who={assistant}", site.admin))[1]["rows"]
    assert [(row["entry"]["code"], row["entry"]["about"]) for row in told] == [("acknowledge", alert["device"])]


async def test_alerts_of_other_schools_are_neither_seen_nor_noted(site_under_test: Site) -> None:
    site = site_under_test
    await broken(site, site.rooms[0])
    await broken(site, site.rooms[1])
    assistant = await assistant_of(site.store, site.rooms[1], site.clock())
    mine = await alerts(site, assistant)
    assert {one["school"] for one in mine["open"]} == {"第二教学点"}
    other = next(one for one in (await alerts(site, site.admin))["open"] if one["school"] == "第一教学点")
    assert (await note(site, other["id"], assistant))[1]["code"] == "not_found"
    assert (await note(site, "ticket-nowhere", assistant))[1]["code"] == "not_found"
    assert (await get(site, "/api/alerts", site.lead))[0] == 403
