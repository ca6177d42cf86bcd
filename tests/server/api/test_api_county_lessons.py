"""Lessons over HTTP: begun by a teacher herself, excused with a reason, joined by an uncovered class."""

from __future__ import annotations

from server.county.calendar import moment_ms
from tests.server.api.county_people import MONDAY, Api, art, code, person
from tests.server.store.county_town import BEFORE, ZONE, Town


async def test_a_teacher_begins_a_lesson_of_her_own_and_of_nobody_elses(site_under_test, town: Town) -> None:
    hers = await person(site_under_test, town.lead.id)
    form = {
        "community_id": town.community_id,
        "rooms": [town.rooms[1].id],
        "subject_id": town.music.id,
        "mode": "delivery",
        "origin": "self_initiated",
    }
    status, made = await hers.post("/lessons", form)
    assert status == 200
    found = await site_under_test.store.lessons.get(made["id"])
    assert (found.lesson.title, found.lesson.planned_start_ms) == ("音乐", BEFORE)
    assert [member.id for member in found.cast] == [town.lead.id, town.rooms[1].id]
    assert code(await hers.post("/lessons", form | {"lead_id": town.colleague.id})) == (404, "not_found")
    assert code(await hers.post("/lessons", form)) == (409, "timetable_clash")
    assert (await hers.post("/lessons", form | {"origin": "rehearsal"}))[0] == 200


async def test_a_lesson_that_cannot_be_held_is_excused_with_a_reason(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    lesson = (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    hers, others = [await person(site_under_test, one.id) for one in (town.lead, town.colleague)]
    path = f"/lessons/{lesson['id']}"
    assert code(await others.post(path + "/excuse", {"reason": "x"})) == (404, "not_found")
    assert (await hers.post(path + "/excuse", {"reason": "教师外出培训"}))[0] == 200
    await admin.post(f"/terms/{town.term.id}/make")
    shown = (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    assert (shown["state"], shown["reason"]) == ("REASONABLE_MISSED", "教师外出培训")
    assert (await hers.post(path + "/restore"))[0] == 200
    assert code(await hers.post(path + "/restore")) == (409, "not_missed")


async def test_an_uncovered_class_joins_with_the_leads_consent(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    site_under_test.clock.now_ms = moment_ms(MONDAY, 485, ZONE)
    room = await person(site_under_test, town.rooms[2].id)
    hers, others = [await person(site_under_test, one.id) for one in (town.lead, town.colleague)]
    choices = (await room.get("/cover?grade=3"))[1]
    assert [one["subject"] for one in choices] == ["美术"]
    assert (await room.get("/cover?grade=5"))[1] == []
    assert code(await room.get("/cover?grade=x")) == (400, "bad_grade")
    lesson_id = choices[0]["id"]
    form = {"lesson_id": lesson_id, "class_id": town.classes[2].id}
    request = (await room.post("/cover", form))[1]
    assert (await room.post("/cover", form))[1] == request, "asking again is the same request"
    assert code(await others.post(f"/cover/{request['id']}", {"state": "admitted"})) == (404, "not_found")
    assert (await hers.get(f"/lessons/{lesson_id}/covers"))[1] == [request]
    assert (await room.get(f"/cover/{request['id']}"))[1] == request
    assert (await hers.get(f"/cover/{request['id']}"))[1] == request
    assert code(await others.get(f"/cover/{request['id']}")) == (404, "not_found")
    status, answered = await hers.post(f"/cover/{request['id']}", {"state": "admitted"})
    assert (status, answered["state"]) == (200, "admitted")
    shown = (await hers.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    assert [(one["id"], one["joined_as"]) for one in shown["rooms"]] == [
        (town.rooms[1].id, "planned"),
        (town.rooms[2].id, "cover"),
    ]
    assert {one["id"] for one in shown["classes"]} == {town.classes[1].id, town.classes[2].id}
    assert code(await hers.post(f"/cover/{request['id']}", {"state": "refused"})) == (409, "already_answered")
    assert code(await room.post("/cover", form)) == (409, "already_there")
