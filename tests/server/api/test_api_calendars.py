"""Calendar feeds: read with another program's parser, numbered changes, secrets that can be taken back."""

from __future__ import annotations

from icalendar import Calendar

from server.store import schema
from tests.server.api.conftest import MINUTE, NOW


async def post(site, who: str, path: str, body: object = None) -> tuple[int, dict]:
    headers = await site.bearer(who) | site.origin
    settings = {} if body is None else {"json": body}
    async with site.request("POST", path, headers=headers, **settings) as response:
        return response.status, await response.json(content_type=None)


async def made(site, who: str, kind: str, about: str | None = None) -> str:
    status, answer = await post(site, who, "/api/calendars", {"kind": kind, "about": about})
    assert status == 200
    return answer["path"]


async def feed(site, path: str) -> bytes:
    async with site.request("GET", path) as response:
        assert (response.status, response.content_type) == (200, "text/calendar")
        return await response.read()


def events(content: bytes) -> list:
    return list(Calendar.from_ical(content).walk("VEVENT"))


async def test_a_teacher_subscribes_to_her_lessons_without_any_name_of_a_person(site_under_test) -> None:
    site = site_under_test
    content = await feed(site, await made(site, site.lead, "teacher"))
    (event,) = events(content)
    assert (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == (f"{site.lesson.id}@tongke", 0, "CONFIRMED")
    assert event.decoded("DTSTART").timestamp() * 1000 == NOW
    assert event.decoded("DTEND").timestamp() * 1000 == NOW + 45 * MINUTE
    assert str(event["SUMMARY"]) == "数学 · 认识分数"
    assert str(event["DESCRIPTION"]) == "第一教学点 教室, 第二教学点 教室"
    assert "主讲教师" not in "".join(line for line in content.decode().splitlines() if "NAME" not in line)
    assert max(len(line) for line in content.split(b"\r\n")) <= 75


async def test_a_change_has_the_next_number_and_asking_again_changes_nothing(site_under_test) -> None:
    site = site_under_test
    path = await made(site, site.lead, "teacher")
    first = await feed(site, path)
    site.clock.now_ms += MINUTE
    assert await feed(site, path) == first
    table = schema.lesson
    moved = table.update().values(planned_start_ms=NOW + MINUTE)
    await site.store.database.write(lambda c: c.execute(moved))
    (event,) = events(await feed(site, path))
    assert (event["SEQUENCE"], event.decoded("DTSTAMP").timestamp() * 1000) == (1, NOW + MINUTE)
    await site.store.database.write(
        lambda c: c.execute(table.update().values(state="REASONABLE_MISSED", reason="生病"))
    )
    content = await feed(site, path)
    assert [(event["SEQUENCE"], str(event["STATUS"])) for event in events(content)] == [(2, "CANCELLED")]
    assert "生病" not in content.decode()


async def test_an_address_is_kept_as_a_hash_and_leads_nowhere_once_taken_back(site_under_test) -> None:
    site = site_under_test
    path = await made(site, site.lead, "teacher")
    secret = path.rpartition("/")[2].removesuffix(".ics")
    rows = await site.store.database.read(lambda c: c.execute(schema.calendar_feed.select()).all())
    assert secret not in str(rows)
    async with site.request("GET", "/api/calendars", headers=await site.bearer(site.lead)) as response:
        (card,) = await response.json()
    assert (card["name"], secret in str(card)) == ("中心小学 · 主讲教师", False)
    assert (await post(site, site.admin, f"/api/calendars/{card['id']}/revoke"))[0] == 404
    assert (await post(site, site.lead, f"/api/calendars/{card['id']}/revoke"))[0] == 200
    answers = set()
    for guessed in (path, "/api/calendar/x.ics", f"/api/calendar/{'a' * 43}.ics"):
        async with site.request("GET", guessed) as response:
            answers.add((response.status, await response.read()))
    assert [status for status, _ in answers] == [404]


async def test_rooms_and_schools_are_subscribed_to_within_ones_reach(site_under_test) -> None:
    site = site_under_test
    room = (await site.store.people.subject(site.rooms[0])).school_id
    for kind, about in (("room", site.rooms[0]), ("school", room)):
        assert len(events(await feed(site, await made(site, site.admin, kind, about)))) == 1
    assistant = await site.store.people.add_staff(
        (await site.store.people.subject(site.lead)).county_id, room, "assistant", "助教", NOW
    )
    assert len(events(await feed(site, await made(site, assistant.id, "room", site.rooms[0])))) == 1
    refused = await post(site, assistant.id, "/api/calendars", {"kind": "room", "about": site.stranger})
    assert (refused[0], refused[1]["code"]) == (404, "not_found")


async def test_a_feed_ends_with_its_owners_leaving(site_under_test) -> None:
    site = site_under_test
    path = await made(site, site.lead, "teacher")
    left = schema.staff.update().where(schema.staff.c.id == site.lead).values(left_ms=NOW)
    await site.store.database.write(lambda c: c.execute(left))
    async with site.request("GET", path) as response:
        assert response.status == 404


async def test_a_feed_ends_for_good_with_the_closing_of_its_owners_account(site_under_test) -> None:
    site = site_under_test
    own, kept = await made(site, site.lead, "teacher"), await made(site, site.admin, "teacher", site.lead)
    await site.services.desk.open_account(site.lead, "lilei", NOW)
    assert (await post(site, site.admin, f"/api/accounts/{site.lead}/close"))[0] == 200
    assert (await post(site, site.admin, f"/api/accounts/{site.lead}/reopen"))[0] == 200
    async with site.request("GET", own) as response:
        assert response.status == 404
    assert len(events(await feed(site, kept))) == 1, "another's feed of her lessons stays"


async def test_nobody_has_more_than_twenty_feeds(site_under_test) -> None:
    site = site_under_test
    for _ in range(20):
        await made(site, site.lead, "teacher")
    status, answer = await post(site, site.lead, "/api/calendars", {"kind": "teacher"})
    assert (status, answer["code"]) == (409, "too_many_calendars")
