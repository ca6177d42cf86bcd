"""Guessing identifiers and paths: what is another school's and what is not there look, byte for byte, the same.

And take the same time: a rank test over 1,000 interleaved tries (see the module next to this one for the bound).
"""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from server.store import schema
from server.store.calendars import Calendars
from server.store.device_rows import Batch, Ticket
from tests.server.api.test_api_rights_take_the_same_time import BOUND, interleaved
from tests.server.privacy.conftest import record

NOW = 1_800_000_000_000
READ = (
    "/api/classes/{class}/consent",
    "/api/classes/{class}/recordings",
    "/api/classes/{class}/export",
    "/api/recordings/{lesson}",
    "/api/recordings/{lesson}/log",
    "/api/recordings/{lesson}/files/media/film.mp4",
    "/api/devices/{device}",
    "/api/county/cover/{cover}",
    "/api/county/lessons/{lesson}/covers",
    "/api/county/lessons/{lesson}/invitations",
    "/api/county/lessons/{lesson}/guest-rooms",
    "/api/county/invitations/{invitation}/classes",
    "/api/lessons/{lesson}/watchers",
    "/api/lessons/{lesson}/page",
    "/api/lessons/{lesson}/missed",
)
CHANGE = (
    ("/api/classes/{class}/consent", {"version": "1"}),
    ("/api/classes/{class}/consent/withdraw", None),
    ("/api/county/lessons/{lesson}/excuse", {"reason": "停电"}),
    ("/api/county/lessons/{lesson}/restore", None),
    ("/api/devices/{device}/rename", {"name": "电视"}),
    ("/api/devices/{device}/revoke", None),
    ("/api/rooms/{room}/restart-page", None),
    ("/api/alerts/{alert}/acknowledge", {"noted": True}),
    ("/api/county/cover/{cover}", {"state": "admitted"}),
    ("/api/county/cover/{cover}", {"state": "withdrawn"}),
    ("/api/county/lessons/{lesson}/invitations", {"classroom_id": "room-x", "until_ms": NOW}),
    ("/api/county/invitations/{invitation}", {"state": "accepted"}),
    ("/api/county/invitations/{invitation}", {"state": "withdrawn"}),
    ("/api/accounts/{staff}/reset", {}),
    ("/api/accounts/{staff}/close", None),
    ("/api/accounts/{staff}/reopen", None),
    ("/api/accounts/{staff}/unlock", None),
    ("/api/calendars/{calendar}/revoke", None),
    ("/api/county/rooms/{room}/close", None),
    ("/api/county/classes/{class}/close", None),
    ("/api/county/staff/{staff}/close", None),
)
ODD = ("..", "%2e%2e", "%00", "a" * 65, "x%2F..%2Fx", "%F0%9F%98%80", "-", "null", "1%27%20OR%201=1--")


@pytest.fixture
async def ids(site_under_test) -> dict[str, str]:
    """A class, a recorded lesson, and one of everything else that belongs to one school."""
    site, store = site_under_test, site_under_test.store
    lead = await store.people.subject(site.lead)
    row = {"id": "class-01mcc5rm00r4chkxfy4xyvm1td", "school_id": lead.school_id, "grade": 3, "name": "三", "pupils": 9}
    await store.database.write(lambda c: c.execute(insert(schema.school_class), row))
    record(site.services.lessons_dir / site.lesson.id)
    site.add_recording()
    device = await store.devices.add(site.rooms[0], "", "page", None, NOW)
    ticket = Ticket("ticket-01mcc5rm00r4chkxfy4xyvm1td", device.id, "camera.missing", NOW, None)
    await store.devices.write(Batch(opened=[ticket]))
    cover = await store.covers.ask(lead.county_id, site.lesson.id, site.stranger, None, NOW)
    invitation = {
        "id": "invitation-01mcc5rm00r4chkxfy4xyvm1td", "lesson_id": site.lesson.id, "classroom_id": site.stranger,
        "invited_by": site.lead, "invited_ms": NOW, "until_ms": NOW + 1, "state": "open",
    }  # fmt: skip
    await store.database.write(lambda c: c.execute(insert(schema.invitation), invitation))
    feed, _ = await Calendars(store.database).make(lead.county_id, site.lead, "teacher", site.lead, NOW)
    await site.services.desk.open_account(site.lead, "lilei", site.clock())
    return {
        "class": row["id"], "lesson": site.lesson.id, "device": device.id, "alert": ticket.id, "cover": cover.id,
        "calendar": feed.id, "staff": site.lead, "room": site.rooms[0], "invitation": invitation["id"],
    }  # fmt: skip


@pytest.fixture
async def outsider(site_under_test) -> dict[str, str]:
    """The administrator of another school of the same county: all the rights, and none of them here."""
    site = site_under_test
    county = (await site.store.people.subject(site.admin)).county_id
    school = await site.store.people.add_school(county, "centre", "外校", NOW)
    return await site.bearer((await site.store.people.add_staff(county, school.id, "school_admin", "校长", NOW)).id)


def other(identifier: str) -> str:
    """One that is not there, of the same form."""
    return identifier[:-1] + ("0" if identifier[-1] != "0" else "1")


def filled(path: str, ids: dict[str, str]) -> str:
    for name, identifier in ids.items():
        path = path.replace("{" + name + "}", identifier)
    return path


async def answer(site, method: str, path: str, headers: dict[str, str], body: object = None):
    """Everything of the answer but its date."""
    sent = headers | (site.origin if method == "POST" else {})
    settings = {"json": body} if body is not None else {}
    async with site.request(method, path, headers=sent, **settings) as response:
        told = {name: value for name, value in response.headers.items() if name != "Date"}
        return response.status, told, await response.read()


async def test_another_schools_and_what_is_not_there_are_answered_with_the_same_bytes(
    site_under_test, ids, outsider
) -> None:
    site = site_under_test
    nowhere = {name: other(identifier) for name, identifier in ids.items()}
    assert await site.services.devices.find(ids["device"]) is not None
    tries = [("GET", path, None) for path in READ] + [("POST", path, body) for path, body in CHANGE]
    for method, path, body in tries:
        there = await answer(site, method, filled(path, ids), outsider, body)
        assert there[0] == 404, path
        assert there == await answer(site, method, filled(path, nowhere), outsider, body), path


@pytest.mark.parametrize("odd", ODD)
async def test_names_that_cannot_be_are_answered_like_any_that_is_not_there(
    site_under_test, outsider, odd: str
) -> None:
    site = site_under_test
    expected = await answer(site, "GET", "/api/classes/class-unknown/consent", outsider)
    anything = dict.fromkeys(("class", "lesson", "device", "cover"), odd)
    for path in (*READ, "/api/{class}", "/{class}", "/assets/{class}"):
        status, _, content = await answer(site, "GET", filled(path, anything), outsider)
        assert (status, content) == (expected[0], expected[2]), path


TIMED = [
    *(("GET", path, None) for path in (READ[0], READ[2], READ[5])),
    ("GET", "/api/devices/{device}", None),
    ("GET", "/api/county/cover/{cover}", None),
    ("POST", "/api/county/lessons/{lesson}/excuse", {"reason": "停电"}),
    ("POST", "/api/county/cover/{cover}", {"state": "admitted"}),
    ("POST", "/api/accounts/{staff}/close", None),
    ("POST", "/api/calendars/{calendar}/revoke", None),
]


@pytest.mark.media
@pytest.mark.parametrize(("method", "path", "body"), TIMED)
async def test_another_schools_and_what_is_not_there_take_the_same_time(
    site_under_test, ids, outsider, method: str, path: str, body: object
) -> None:
    site = site_under_test
    nowhere = {name: other(identifier) for name, identifier in ids.items()}

    async def ask(which: dict[str, str]) -> None:
        assert (await answer(site, method, filled(path, which), outsider, body))[0] == 404

    assert abs(await interleaved(lambda: ask(ids), lambda: ask(nowhere))) < BOUND
