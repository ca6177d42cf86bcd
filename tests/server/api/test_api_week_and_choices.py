"""The week over HTTP: figures, gaps, what a lesson can be made of, cover that waits, entries taken out and back."""

from __future__ import annotations

from typing import Any

import pytest

from server.county.calendar import moment_ms
from tests.server.api.county_people import MONDAY, Api, art, code, person, staff
from tests.server.store.county_town import ZONE, Town


async def test_figures_are_of_the_lessons_in_the_grid(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    week = "/grid?from=2026-09-07&days=14"
    ahead = (await admin.get(week))[1]
    assert ahead["figures"] == {
        "states": {"planned": 2}, "due": 0, "valid": 0, "excused": 0, "pairs_due": 0, "pairs_valid": 0,
        "commencement": None, "strict": None, "listening": None,
    }  # fmt: skip
    assert {lesson["subject_id"] for lesson in ahead["lessons"]} == {town.art.id}
    site_under_test.clock.now_ms = moment_ms(MONDAY, 24 * 60, ZONE)
    await site_under_test.store.judgements.give_up(site_under_test.clock.now_ms)
    admin = await person(site_under_test, town.admin.id)
    figures = (await admin.get(week))[1]["figures"]
    assert (figures["states"], figures["due"]) == ({"UNREASONABLE_MISSED": 1, "planned": 1}, 1)
    assert (figures["commencement"], figures["listening"]) == (0.0, 0.0)
    missed = ahead["lessons"][0]["id"]
    assert (await admin.post(f"/lessons/{missed}/excuse", {"reason": "停电"}))[0] == 200
    figures = (await admin.get(week))[1]["figures"]
    assert (figures["excused"], figures["commencement"], figures["strict"]) == (1, None, 0.0)


async def test_a_class_short_of_a_weak_subject_is_named_with_its_gap(
    site_under_test, admin: Api, town: Town
) -> None:  # fmt: skip
    await admin.post("/prescribed", {"subject_id": town.art.id, "per_week": {"3": 2}})
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    found = (await admin.get("/provision?from=2026-09-09"))[1]
    assert (found["monday"], found["prescribed"], found["planned"], found["held"]) == ("2026-09-07", 6, 1, 0)
    first = found["lines"][0]
    assert (first["prescribed"], first["planned"]) == (2, 0), "the largest gap comes first"
    here = (await admin.get(f"/provision?from=2026-09-07&of=class&id={town.classes[1].id}"))[1]["lines"]
    assert here == [
        {"class_id": town.classes[1].id, "subject_id": town.art.id, "prescribed": 2, "planned": 1, "held": 0}
    ]
    hers = await staff(site_under_test, town, "school_admin", town.points[0].id)
    assert len((await hers.get("/provision?from=2026-09-07"))[1]["lines"]) == 1
    whole = (await admin.get(f"/provision?from=2026-09-07&of=community&id={town.community_id}"))[1]
    assert len(whole["lines"]) == 3


@pytest.mark.parametrize("query", ["from=x", "from=9999-12-31", "of=teacher", "of=moon"])
async def test_a_week_of_nonsense_is_refused(admin: Api, query: str) -> None:
    assert code(await admin.get(f"/provision?{query}")) == (400, "bad_days")


async def test_each_chooses_from_what_is_in_her_hands(site_under_test, admin: Api, town: Town) -> None:
    everything = (await admin.get("/choices"))[1]
    assert everything["communities"] == [
        {
            "id": town.community_id,
            "name": "共同体",
            "schools": [town.centre.id, *(school.id for school in town.points)],
        }
    ]
    assert {one["id"] for one in everything["teachers"]} == {town.lead.id, town.colleague.id, town.admin.id}
    hers = (await (await person(site_under_test, town.lead.id)).get("/choices"))[1]
    assert [one["id"] for one in hers["teachers"]] == [town.lead.id]
    assert {one["id"] for one in hers["rooms"]} == {room.id for room in town.rooms}
    school = await staff(site_under_test, town, "school_admin", town.centre.id)
    assert town.colleague.id in {one["id"] for one in (await school.get("/choices"))[1]["teachers"]}
    elsewhere = await staff(site_under_test, town, "lead", None)
    alone = (await elsewhere.get("/choices"))[1]
    assert [alone[part] for part in ("communities", "schools", "rooms", "classes")] == [[], [], [], []]


async def test_schools_and_rooms_are_told_in_the_order_of_their_names(admin: Api, town: Town) -> None:
    names = ["第三小学", "第十小学", "第一小学", "第二小学"]
    for number, name in enumerate(names):
        made = await admin.post("/schools", {"name": name, "kind": "teaching_point", "code": f"9{number}0"})
        await admin.post("/rooms", {"school_id": made[1]["id"], "name": f"{name}的教室", "profile": "standard"})
    wanted = ["第一小学", "第二小学", "第三小学", "第十小学"]
    told = (await admin.get("/choices"))[1]
    assert [one["name"] for one in told["schools"] if one["name"] in names] == wanted
    rooms = [one["name"] for one in told["rooms"] if one["name"].endswith("的教室")]
    assert rooms == [f"{name}的教室" for name in wanted]


async def test_the_lead_sees_by_name_who_asks_for_cover(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    asked_ms = site_under_test.clock.now_ms = moment_ms(MONDAY, 485, ZONE)
    room = await person(site_under_test, town.rooms[2].id)
    lesson = (await room.get("/cover?grade=3"))[1][0]
    request = (await room.post("/cover", {"lesson_id": lesson["id"], "class_id": town.classes[2].id}))[1]
    hers, others = [await person(site_under_test, one.id) for one in (town.lead, town.colleague)]
    told: dict[str, Any] = {
        "id": request["id"], "lesson_id": lesson["id"], "title": "美术", "start_ms": lesson["start_ms"],
        "school": "第二教学点", "room": "教室", "class_name": "三年级", "pupils": 12, "asked_ms": asked_ms,
    }  # fmt: skip
    assert await hers.get("/covers") == (200, [told])
    assert await others.get("/covers") == (200, [])
    assert await room.get("/covers") == (200, [])
    await hers.post(f"/cover/{request['id']}", {"state": "refused"})
    assert await hers.get("/covers") == (200, [])


async def test_what_is_left_empty_may_be_sent_empty(site_under_test, admin: Api, town: Town) -> None:
    path = f"/terms/{town.term.id}/entries"
    status, entry = await admin.post(path, art(town, title="", weeks=""))
    assert (status, entry["title"]) == (200, "")
    moved = {"day": "2026-09-07", "kind": "changed", "reason": "", "lead_id": town.colleague.id}
    assert (await admin.post(f"/entries/{entry['id']}/change", moved))[0] == 200
    assert code(await admin.post(path, art(town, title=" x"))) == (400, "bad_body")
    hers = await person(site_under_test, town.lead.id)
    own = {"community_id": town.community_id, "rooms": [town.rooms[2].id], "subject_id": town.music.id}
    status, _ = await hers.post("/lessons", own | {"mode": "delivery", "origin": "self_initiated", "title": ""})
    assert status == 200


async def test_an_entry_does_not_clash_with_itself(admin: Api, town: Town) -> None:
    entry = (await admin.post(f"/terms/{town.term.id}/entries", art(town)))[1]
    assert await admin.post(f"/entries/{entry['id']}/check", art(town, title="水彩")) == (200, [])
    taken = art(town, period=2, subject_id=town.music.id)
    await admin.post(f"/terms/{town.term.id}/entries", taken)
    clashes = (await admin.post(f"/entries/{entry['id']}/check", art(town, period=2)))[1]
    assert {clash["kind"] for clash in clashes} == {"room", "teacher", "class"}
    assert code(await admin.post("/entries/entry-none/check", taken)) == (404, "not_found")


async def test_an_entry_that_was_taken_out_comes_back_with_its_cancelled_day(admin: Api, town: Town) -> None:
    entry = (await admin.post(f"/terms/{town.term.id}/entries", art(town)))[1]
    path = f"/entries/{entry['id']}"
    await admin.post(path + "/change", {"day": "2026-09-14", "kind": "cancelled", "reason": "停电"})
    week = "/grid?from=2026-09-07&days=14"
    before = [(one["entry_day"], one["state"]) for one in (await admin.get(week))[1]["lessons"]]
    assert (await admin.post(path + "/remove"))[0] == 200
    assert (await admin.get(week))[1]["lessons"] == []
    assert code(await admin.post(path + "/remove")) == (404, "not_found")
    assert (await admin.post(path, art(town)))[0] == 200
    assert [(one["entry_day"], one["state"]) for one in (await admin.get(week))[1]["lessons"]] == before
