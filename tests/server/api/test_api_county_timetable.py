"""The timetable over HTTP: entries and their lessons, clashes in words, single days, grids."""

from __future__ import annotations

import pytest

from server.county.calendar import moment_ms
from tests.server.api.county_people import MONDAY, Api, art, code, person
from tests.server.store.county_town import MONDAYS, ZONE, Town


async def test_an_entry_brings_its_lessons_and_a_holiday_takes_one_away(admin: Api, town: Town) -> None:
    assert (await admin.post(f"/terms/{town.term.id}/entries", art(town)))[0] == 200
    status, grid = await admin.get("/grid?from=2026-09-07&days=42")
    assert status == 200
    assert (grid["zone"], grid["term_id"], grid["week"]) == ("Asia/Shanghai", town.term.id, 2)
    assert [lesson["entry_day"] for lesson in grid["lessons"]][:2] == ["2026-09-07", "2026-09-14"]
    days = {"days": [{"day": "2026-09-14", "name": "校运会"}]}
    assert (await admin.post(f"/terms/{town.term.id}/days", days))[0] == 200
    grid = (await admin.get("/grid?from=2026-09-07&days=14"))[1]
    assert [lesson["entry_day"] for lesson in grid["lessons"]] == ["2026-09-07"]
    assert (await admin.post(f"/terms/{town.term.id}/make"))[1]["made"] == 0


async def test_new_bells_move_the_lessons_ahead(admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    later = {"school_id": town.centre.id, "bells": [{"period": 1, "starts_min": 600, "ends_min": 640}]}
    assert (await admin.post("/bells", later))[0] == 200
    lesson = (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    assert lesson["start_ms"] == moment_ms(MONDAY, 600, ZONE)


async def test_a_clash_is_refused_with_both_lessons_and_the_time_in_words(admin: Api, town: Town) -> None:
    path = f"/terms/{town.term.id}/entries"
    first = (await admin.post(path, art(town)))[1]
    other = art(town, subject_id=town.music.id, lead_id=town.colleague.id, lead_room_id=None, classes=[])
    status, problem = await admin.post(path, other)
    assert (status, problem["code"]) == (409, "timetable_clash")
    (clash,) = problem["clashes"]
    sides = {clash["first"]["subject"]: clash["first"], clash["second"]["subject"]: clash["second"]}
    assert sides["美术"] == {"id": first["id"], "subject": "美术", "lead": "主讲教师", "community": "共同体"}
    assert sides["音乐"]["lead"] == "另一位教师"
    assert (clash["kind"], clash["what"], clash["times"]) == ("room", "第一教学点 · 教室", MONDAYS)
    assert clash["start"] == "2026-09-07T00:10:00.000Z"
    for words in ("第一教学点 · 教室", "2026-09-07 08:10–08:50", "美术 · 主讲教师", "音乐 · 另一位教师"):
        assert words in clash["words"]
    english = (await admin.post(path, other, language="en"))[1]
    assert "is in two lessons on 2026-09-07, 08:10 to 08:50" in english["clashes"][0]["words"]
    status, asked = await admin.post(path + "/check", other)
    assert (status, len(asked)) == (200, 1)
    assert len((await admin.get(path))[1]) == 1


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"weekday": 0}, (400, "bad_body")),
        ({"weeks": "every"}, (409, "bad_weeks")),
        ({"period": None}, (409, "period_or_time")),
        ({"period": None, "starts_min": 600, "ends_min": 590}, (409, "ends_before_start")),
        ({"rooms": []}, (409, "no_classroom")),
        ({"period": 9}, (409, "no_bell")),
        ({"subject_id": "subject-none"}, (409, "unknown_reference")),
        ({"lead_id": "staff-none"}, (409, "unknown_reference")),
        ({"surprise": 1}, (400, "bad_body")),
    ],
)
async def test_an_impossible_entry_is_refused_by_code(
    admin: Api, town: Town, change: dict[str, object], refused: tuple[int, str]
) -> None:
    assert code(await admin.post(f"/terms/{town.term.id}/entries", art(town, **change))) == refused
    assert (await admin.get("/grid?from=2026-09-07"))[1]["lessons"] == []


async def test_one_day_is_cancelled_and_restored(admin: Api, town: Town) -> None:
    entry = (await admin.post(f"/terms/{town.term.id}/entries", art(town)))[1]
    path = f"/entries/{entry['id']}"
    cancelled = {"day": "2026-09-07", "kind": "cancelled", "reason": "停电"}
    assert (await admin.post(path + "/change", cancelled))[0] == 200
    assert [change["reason"] for change in (await admin.get(f"/terms/{town.term.id}/changes"))[1]] == ["停电"]
    lesson = (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]
    assert (lesson["state"], lesson["reason"]) == ("REASONABLE_MISSED", "停电")
    assert (await admin.post(path + "/restore", {"day": "2026-09-07"}))[0] == 200
    assert (await admin.get("/grid?from=2026-09-07"))[1]["lessons"][0]["state"] == "planned"
    assert (await admin.post(path + "/remove"))[0] == 200
    assert (await admin.get("/grid?from=2026-09-07"))[1]["lessons"] == []


@pytest.mark.parametrize("query", ["of=moon", "from=x", "days=0", "days=43", "days=a", "from=9999-12-31&days=7"])
async def test_a_grid_of_nonsense_is_refused(admin: Api, query: str) -> None:
    assert code(await admin.get(f"/grid?{query}")) == (400, "bad_days")


async def test_each_sees_the_grid_of_her_reach(site_under_test, admin: Api, town: Town) -> None:
    await admin.post(f"/terms/{town.term.id}/entries", art(town))
    seen = {}
    for name, subject in (("lead", town.lead.id), ("colleague", town.colleague.id), ("room", town.rooms[1].id),
                          ("other room", town.rooms[2].id)):  # fmt: skip
        grid = (await (await person(site_under_test, subject)).get("/grid?from=2026-09-07"))[1]
        seen[name] = len(grid["lessons"])
    assert seen == {"lead": 1, "colleague": 0, "room": 1, "other room": 0}
