"""A single lesson stays within its community: who teaches in one sees its recordings, so nobody plans herself in."""

from __future__ import annotations

from typing import Any

import pytest

from server.store.county_rows import SchoolClass, SchoolSubject
from server.store.ids import new_id

NOW = 1_800_000_000_000


@pytest.fixture
async def planned(site_under_test):
    """Asks for a lesson in the site's community as `who`; status and code."""
    site = site_under_test
    county_id = (await site.store.people.subject(site.admin)).county_id
    art = SchoolSubject(new_id("subject", NOW), county_id, "美术", "art")
    await site.store.registry.save(county_id, [art])

    async def plan(who: str, **changes: Any) -> tuple[int, str | None]:
        wish = {
            "community_id": site.lesson.community_id, "rooms": site.rooms[:1], "subject_id": art.id,
            "mode": "delivery", "origin": "rehearsal", "title": "试讲",
        }  # fmt: skip
        headers = site.origin | await site.bearer(who)
        async with site.request("POST", "/api/county/lessons", json=wish | changes, headers=headers) as response:
            return response.status, (await response.json(content_type=None)).get("code")

    return plan


async def class_of(site, room_id: str) -> str:
    """A new class of the room's school; its id."""
    room = await site.store.people.subject(room_id)
    one = SchoolClass(new_id("class", NOW), room.school_id, 3, "三年级", 12)
    await site.store.registry.save(room.county_id, [one])
    return one.id


async def test_a_teacher_of_a_school_outside_plans_nothing_there_and_sees_no_recording_of_it(
    site_under_test, planned
) -> None:
    site = site_under_test
    site.add_recording()
    elsewhere = await site.store.people.subject(site.stranger)
    teacher = await site.store.people.add_staff(elsewhere.county_id, elsewhere.school_id, "lead", "别处的教师", NOW)
    assert await planned(teacher.id) == (409, "lead_outside_community")
    assert await site.store.lessons.visible_to(await site.store.people.subject(teacher.id), [site.lesson.id]) == set()
    assert await planned(site.lead) == (200, None)


async def test_a_class_sits_in_a_room_of_the_lesson_and_of_its_own_school(site_under_test, planned) -> None:
    site = site_under_test
    own, others = await class_of(site, site.rooms[0]), await class_of(site, site.rooms[1])
    seat = {"class_id": others, "classroom_id": site.rooms[0]}
    assert await planned(site.lead, classes=[seat]) == (409, "class_of_other_school")
    seat = {"class_id": others, "classroom_id": site.rooms[1]}
    assert await planned(site.lead, classes=[seat]) == (409, "class_not_in_a_room")
    seat = {"class_id": own, "classroom_id": site.rooms[0]}
    assert await planned(site.lead, classes=[seat]) == (200, None)
