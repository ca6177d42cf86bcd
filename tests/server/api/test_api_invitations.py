"""Invitations over HTTP: who may invite, who may answer, and in which words a late answer is refused."""

from __future__ import annotations

import pytest

from server.store.county_rows import SchoolClass
from server.store.rows import Classroom, School
from tests.server.api.county_people import Api, art, code, person, staff
from tests.server.store.county_town import BEFORE, Town

UNTIL = BEFORE + 7 * 86_400_000
PARTNER, ROOM = "school-partner", "room-partner"


@pytest.fixture
async def lesson_id(site_under_test, admin: Api, town: Town) -> str:
    """A lesson of the town's community; beside it stands a partner school with one room."""
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    partner = School(PARTNER, town.county_id, "teaching_point", "伙伴小学", "201")
    await site_under_test.store.registry.save(town.county_id, [partner, Classroom(ROOM, PARTNER, "教室", "simple")])
    return str((await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]["id"])


def form(until_ms: int = UNTIL, room: str = ROOM) -> dict[str, object]:
    return {"classroom_id": room, "until_ms": until_ms}


async def test_the_lead_invites_and_the_rooms_school_says_yes(site_under_test, town: Town, lesson_id: str) -> None:
    site, path = site_under_test, f"/lessons/{lesson_id}/invitations"
    hers, others, room = [await person(site, one) for one in (town.lead.id, town.colleague.id, ROOM)]
    partner = await staff(site, town, "assistant", PARTNER)
    elsewhere = await staff(site, town, "assistant", town.points[0].id)
    assert [one["id"] for one in (await hers.get(f"/lessons/{lesson_id}/guest-rooms"))[1]] == [ROOM]
    for who in (others, elsewhere, partner):
        assert (await who.post(path, form()))[0] in (403, 404)
    assert code(await room.post(path, form())) == (403, "not_allowed")
    status, made = await hers.post(path, form())
    assert (status, made["state"], made["invited_by"]) == (200, "open", town.lead.id)
    assert [one["id"] for one in (await partner.get("/invitations"))[1]] == [made["id"]]
    assert [one["id"] for one in (await room.get("/invitations"))[1]] == [made["id"]]
    assert (await elsewhere.get("/invitations"))[1] == []
    for who in (hers, others, elsewhere):
        assert code(await who.post(f"/invitations/{made['id']}", {"state": "accepted"})) == (404, "not_found")
    assert code(await partner.post(f"/invitations/{made['id']}", {"state": "withdrawn"})) == (404, "not_found")
    status, done = await partner.post(f"/invitations/{made['id']}", {"state": "accepted"})
    assert (status, done["state"]) == (200, "accepted")
    found = await site.store.lessons.get(lesson_id)
    assert [(one.id, one.joined_as) for one in found.cast[1:]] == [(town.rooms[1].id, "planned"), (ROOM, "invited")]
    site.clock.now_ms = found.lesson.planned_start_ms
    async with site.request("GET", "/api/lessons", headers=await site.bearer(ROOM)) as response:
        assert [one["lesson"]["id"] for one in await response.json()] == [lesson_id], "its device finds it by itself"
    await site.services.trail.flush()
    written = [one.entry for one in await site.store.audit.page(limit=20)]
    told = [(one.code, one.about) for one in written if one.about == made["id"] and one.outcome == "changed"]
    assert sorted(told) == [("answer_invitation", made["id"]), ("invite_room", made["id"])]


@pytest.mark.parametrize(
    ("language", "late", "gone"),
    [("zh-CN", "邀请已过期", "邀请已撤回"), ("en", "The invitation has expired", "The invitation was withdrawn")],
)
async def test_what_is_over_or_taken_back_is_refused_in_words(
    site_under_test, admin: Api, town: Town, lesson_id: str, language: str, late: str, gone: str
) -> None:
    site, path = site_under_test, f"/lessons/{lesson_id}/invitations"
    hers, partner = await person(site, town.lead.id), await staff(site, town, "school_admin", PARTNER)
    made = (await hers.post(path, form(BEFORE + 60_000)))[1]
    site.clock.now_ms = BEFORE + 60_000
    assert (await partner.get("/invitations"))[1] == []
    answer = await partner.post(f"/invitations/{made['id']}", {"state": "accepted"}, language)
    assert (code(answer), answer[1]["title"]) == ((409, "invitation_expired"), late)
    assert [one["state"] for one in (await hers.get(path))[1]] == ["expired"]
    again = (await admin.post(path, form()))[1]
    assert (await hers.post(f"/invitations/{again['id']}", {"state": "withdrawn"}))[1]["state"] == "withdrawn"
    answer = await partner.post(f"/invitations/{again['id']}", {"state": "accepted"}, language)
    assert (code(answer), answer[1]["title"]) == ((409, "invitation_withdrawn"), gone)


async def test_an_invitation_is_refused_that_makes_no_sense(site_under_test, town: Town, lesson_id: str) -> None:
    hers, path = await person(site_under_test, town.lead.id), f"/lessons/{lesson_id}/invitations"
    assert code(await hers.post(path, form(BEFORE))) == (409, "until_past")
    assert code(await hers.post(path, form(room=town.rooms[2].id))) == (409, "room_in_community")
    assert code(await hers.post(path, form(room=town.rooms[1].id))) == (409, "already_there")
    assert code(await hers.post(path, form(room="room-nobody"))) == (409, "unknown_reference")
    assert (await hers.post(path, form()))[0] == 200
    assert code(await hers.post(path, form())) == (409, "already_invited")


async def test_who_answers_is_told_the_classes_and_says_which(site_under_test, town: Town, lesson_id: str) -> None:
    site = site_under_test
    two = [SchoolClass(f"class-{grade}", PARTNER, grade, f"{grade}年级", 10 + grade) for grade in (3, 4)]
    await site.store.registry.save(town.county_id, two)
    hers, partner = await person(site, town.lead.id), await staff(site, town, "assistant", PARTNER)
    made = (await hers.post(f"/lessons/{lesson_id}/invitations", form()))[1]
    assert code(await hers.get(f"/invitations/{made['id']}/classes")) == (404, "not_found")
    assert (await partner.get(f"/invitations/{made['id']}/classes"))[1] == {
        "classes": [{"id": f"class-{n}", "name": f"{n}年级", "grade": n, "pupils": 10 + n} for n in (3, 4)],
        "usual": None,
    }
    answer = {"state": "accepted", "class_id": "class-4"}
    assert (await partner.post(f"/invitations/{made['id']}", answer))[1]["class_id"] == "class-4"
    assert "class-4" in (await site.store.consents.missing_in(lesson_id)).classes
