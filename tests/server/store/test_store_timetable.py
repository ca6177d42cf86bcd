"""Entries, clashes, lessons made from them, week grids."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from server.county.calendar import moment_ms
from server.county.timetable import Change, Entry, SeatedClass
from server.store import schema
from server.store.errors import Clashing, Conflict
from server.store.grid import GridLesson
from server.store.making import Made
from server.store.rows import Subject
from server.store.store import Store
from tests.server.store.county_town import BEFORE, MONDAYS, ZONE, Town, build_town

WEEK = moment_ms(date(2026, 9, 14), 0, ZONE), moment_ms(date(2026, 9, 21), 0, ZONE)
IN_TERM = moment_ms(date(2026, 9, 22), 0, ZONE)
"""Three Mondays have passed."""
ALL = moment_ms(date(2026, 8, 1), 0, ZONE), moment_ms(date(2026, 12, 1), 0, ZONE)


@pytest.fixture
async def town(store: Store) -> Town:
    return await build_town(store)


async def save(store: Store, town: Town, *entries: Entry, now_ms: int = BEFORE) -> None:
    await store.timetable.save(town.county_id, town.term.id, entries, now_ms)


async def make(store: Store, town: Town, now_ms: int = BEFORE) -> Made:
    return await store.timetable.make(town.county_id, town.term.id, now_ms)


async def admin(store: Store, town: Town) -> Subject:
    found = await store.people.subject(town.admin.id)
    assert found is not None
    return found


async def lessons(store: Store, town: Town) -> list[GridLesson]:
    return await store.grids.lessons(await admin(store, town), "county", "", *ALL)


async def refusal(store: Store, town: Town, *entries: Entry) -> str:
    with pytest.raises(Conflict) as refused:
        await save(store, town, *entries)
    assert await store.timetable.entries(town.county_id, town.term.id) == []
    return refused.value.code


async def test_an_entry_is_read_as_it_was_written_and_can_be_changed_and_removed(store: Store, town: Town) -> None:
    entry = town.entry(weeks="1-4,6")
    await save(store, town, entry)
    assert await store.timetable.entries(town.county_id, town.term.id) == [entry]
    later = replace(entry, weekday=2, rooms=(town.rooms[2].id, town.rooms[1].id), classes=())
    await save(store, town, later)
    assert await store.timetable.get(town.county_id, entry.id) == later
    await store.timetable.remove(town.county_id, [entry.id], BEFORE)
    assert await store.timetable.entries(town.county_id, town.term.id) == []
    assert await store.timetable.get(town.county_id, entry.id) is None


async def test_an_entry_names_only_what_fits_together(store: Store, town: Town) -> None:
    other = await build_town(store, "邻县")
    wrong: dict[str, Entry] = {
        "no_classroom": town.entry(rooms=()),
        "unknown_classroom": town.entry(rooms=(other.rooms[1].id,), classes=()),
        "unknown_staff": town.entry(lead_id=other.lead.id),
        "unknown_subject": town.entry(subject_id="subject-none"),
        "unknown_community": town.entry(community_id=other.community_id),
        "other_term": town.entry(term_id=other.term.id),
        "no_bell": town.entry(period=9),
        "class_of_other_school": town.entry(classes=(SeatedClass(town.classes[2].id, town.rooms[1].id),)),
    }
    assert {code: await refusal(store, town, entry) for code, entry in wrong.items()} == {code: code for code in wrong}


async def test_a_room_and_a_lead_are_of_the_community(store: Store, town: Town) -> None:
    await store.communities.remove_teaching_point(town.community_id, town.points[0].id, BEFORE)
    assert await refusal(store, town, town.entry()) == "room_outside_community"
    await store.registry.save(town.county_id, [replace(town.lead, school_id=town.points[0].id)])
    elsewhere = town.entry(rooms=(town.rooms[2].id,), classes=())
    assert await refusal(store, town, elsewhere) == "lead_outside_community"


@pytest.mark.parametrize("kind", ["teacher", "room", "class"])
async def test_a_clash_names_both_entries_who_and_when(store: Store, town: Town, kind: str) -> None:
    first = town.entry()
    apart = {"lead_id": town.colleague.id, "lead_room_id": None, "rooms": (town.rooms[2].id,), "classes": ()}
    shared = {
        "teacher": {"lead_id": town.lead.id},
        "room": {"rooms": (town.rooms[1].id,)},
        "class": {
            "rooms": (town.rooms[2].id, town.rooms[1].id),
            "classes": (SeatedClass(town.classes[1].id, town.rooms[1].id),),
        },
    }[kind]
    second = town.entry(**(apart | shared))
    await save(store, town, first)
    with pytest.raises(Clashing) as refused:
        await save(store, town, second)
    assert refused.value.code == "timetable_clash"
    found = next(clash for clash in refused.value.clashes if clash.kind == kind)
    assert {found.first, found.second} == {first.id, second.id}
    assert (found.start_ms, found.times) == (moment_ms(date(2026, 9, 7), 490, ZONE), MONDAYS)
    assert await store.timetable.entries(town.county_id, town.term.id) == [first]


async def test_entries_of_different_weeks_do_not_clash(store: Store, town: Town) -> None:
    await save(store, town, town.entry(weeks="1-9 odd"), town.entry(weeks="2-8 even", subject_id=town.music.id))


async def test_what_would_clash_can_be_asked_without_saving(store: Store, town: Town) -> None:
    pair = [town.entry(), town.entry(subject_id=town.music.id)]
    clashes = await store.timetable.check(town.county_id, town.term.id, pair, BEFORE)
    assert {clash.kind for clash in clashes} == {"teacher", "room", "class"}
    assert await store.timetable.entries(town.county_id, town.term.id) == []


async def test_lessons_are_made_with_their_rooms_classes_and_sizes(store: Store, town: Town) -> None:
    await save(store, town, town.entry())
    assert await make(store, town) == Made(MONDAYS, 0, 0, [])
    first = (await lessons(store, town))[0]
    assert (first.title, first.subject, first.state, first.origin) == ("美术", "美术", "planned", "timetable")
    assert (first.start_ms, first.end_ms) == tuple(moment_ms(date(2026, 9, 7), minute, ZONE) for minute in (490, 530))
    assert (first.lead, first.lead_school, first.lead_room_id) == ("主讲教师", "中心小学", town.rooms[0].id)
    assert [(room.id, room.school, room.joined_as) for room in first.rooms] == [
        (town.rooms[1].id, "第一教学点", "planned")
    ]
    assert sorted((one.id, one.grade, one.pupils, one.room_id) for one in first.classes) == sorted(
        (town.classes[n].id, 3, 10 + n, town.rooms[n].id) for n in (0, 1)
    )
    cast = await store.lessons.get(first.id)
    assert cast is not None
    assert [member.id for member in cast.cast] == [town.lead.id, town.rooms[1].id]


async def test_making_again_changes_nothing(store: Store, town: Town) -> None:
    await save(store, town, town.entry(), town.entry(weekday=4))
    await make(store, town)
    before = await lessons(store, town)
    assert await make(store, town) == Made(0, 0, 0, [])
    assert await lessons(store, town) == before


async def test_a_changed_entry_changes_its_lessons_ahead_and_keeps_their_ids(store: Store, town: Town) -> None:
    entry = town.entry()
    await save(store, town, entry)
    await make(store, town)
    before = await lessons(store, town)
    await save(store, town, replace(entry, rooms=(town.rooms[2].id,), classes=()), now_ms=IN_TERM)
    assert await make(store, town, IN_TERM) == Made(0, MONDAYS - 3, 0, [])
    after = await lessons(store, town)
    assert [lesson.id for lesson in after] == [lesson.id for lesson in before]
    assert after[:3] == before[:3]
    assert {lesson.rooms[0].id for lesson in after[3:]} == {town.rooms[2].id}
    assert [lesson.classes for lesson in after[3:]] == [[]] * (MONDAYS - 3)


async def test_a_held_lesson_is_never_touched_even_when_the_clock_is_set_back(store: Store, town: Town) -> None:
    entry = town.entry()
    await save(store, town, entry)
    await make(store, town)
    held = (await lessons(store, town))[0]
    await store.lessons.began(held.id, held.start_ms)
    await store.timetable.remove(town.county_id, [entry.id], BEFORE)
    assert await make(store, town) == Made(0, 0, MONDAYS - 1, [])
    assert [lesson.id for lesson in await lessons(store, town)] == [held.id]


async def test_a_title_that_a_teacher_chose_stays_and_the_subjects_name_follows(store: Store, town: Town) -> None:
    entry = town.entry()
    await save(store, town, entry)
    await make(store, town)
    chosen = (await lessons(store, town))[1]
    table = schema.lesson
    renaming = update(table).where(table.c.id == chosen.id).values(title="剪纸")
    await store.database.write(lambda c: c.execute(renaming))
    await save(store, town, replace(entry, subject_id=town.music.id))
    await make(store, town)
    assert [lesson.title for lesson in await lessons(store, town)][:3] == ["音乐", "剪纸", "音乐"]


async def test_a_cancelled_day_is_a_reasonable_miss_until_it_is_taken_back(store: Store, town: Town) -> None:
    entry, day = town.entry(), date(2026, 9, 14)
    await save(store, town, entry)
    await make(store, town)
    cancelled = Change(entry_id=entry.id, day=day, kind="cancelled", reason="校运会")
    await store.timetable.set_change(town.county_id, cancelled, BEFORE)
    assert await store.timetable.changes(town.county_id, town.term.id) == [cancelled]
    assert await make(store, town) == Made(0, 1, 0, [])
    found = (await lessons(store, town))[1]
    assert (found.state, found.reason, found.entry_day) == ("REASONABLE_MISSED", "校运会", day)
    await store.timetable.drop_change(town.county_id, entry.id, day)
    assert await make(store, town) == Made(0, 1, 0, [])
    assert [(lesson.state, lesson.reason) for lesson in await lessons(store, town)] == [("planned", None)] * MONDAYS


async def test_a_moved_day_is_another_time_and_teacher_of_the_same_lesson(store: Store, town: Town) -> None:
    entry = town.entry()
    await save(store, town, entry)
    await make(store, town)
    before = (await lessons(store, town))[0]
    moved = Change(
        entry_id=entry.id,
        day=date(2026, 9, 7),
        kind="changed",
        to_day=date(2026, 9, 8),
        starts_min=600,
        ends_min=640,
        lead_id=town.colleague.id,
    )
    await store.timetable.set_change(town.county_id, moved, BEFORE)
    await make(store, town)
    after = next(lesson for lesson in await lessons(store, town) if lesson.id == before.id)
    assert (after.start_ms, after.lead_id) == (moment_ms(date(2026, 9, 8), 600, ZONE), town.colleague.id)


async def test_a_change_of_a_day_without_that_lesson_or_into_a_clash_is_refused(store: Store, town: Town) -> None:
    entry, other = town.entry(), town.entry(weekday=2)
    await save(store, town, entry, other)
    monday = date(2026, 9, 7)
    wrong = {
        "no_lesson_that_day": Change(entry_id=entry.id, day=date(2026, 9, 8), kind="cancelled", reason="x"),
        "reason_missing": Change(entry_id=entry.id, day=monday, kind="cancelled", reason=" "),
        "day_outside_term": Change(entry_id=entry.id, day=monday, kind="changed", to_day=date(2027, 9, 8)),
        "ends_before_start": Change(entry_id=entry.id, day=monday, kind="changed", starts_min=600),
        "unknown_timetable_entry": Change(entry_id="entry-none", day=monday, kind="cancelled", reason="x"),
        "timetable_clash": Change(entry_id=entry.id, day=monday, kind="changed", to_day=date(2026, 9, 8)),
    }
    for code, change in wrong.items():
        with pytest.raises(Conflict) as refused:
            await store.timetable.set_change(town.county_id, change, BEFORE)
        assert refused.value.code == code
    assert await store.timetable.changes(town.county_id, town.term.id) == []


async def test_who_stands_in_a_day_is_of_the_community_or_of_no_school(store: Store, town: Town) -> None:
    entry, monday = town.entry(), date(2026, 9, 7)
    await save(store, town, entry)
    elsewhere = await store.people.add_school(town.county_id, "teaching_point", "别的学校", BEFORE)
    stranger = await store.people.add_staff(town.county_id, elsewhere.id, "lead", "外人", BEFORE)
    counties_own = await store.people.add_staff(town.county_id, None, "lead", "教研员", BEFORE)
    changed = Change(entry_id=entry.id, day=monday, kind="changed", lead_id=stranger.id)
    with pytest.raises(Conflict) as refused:
        await store.timetable.set_change(town.county_id, changed, BEFORE)
    assert refused.value.code == "lead_outside_community"
    await store.timetable.set_change(town.county_id, replace(changed, lead_id=counties_own.id), BEFORE)
    found = await store.timetable.changes(town.county_id, town.term.id)
    assert [change.lead_id for change in found] == [counties_own.id]


async def test_an_entry_whose_bell_was_taken_away_is_named(store: Store, town: Town) -> None:
    entry = town.entry()
    await save(store, town, entry)
    await store.terms.set_bells(town.county_id, None, [], BEFORE)
    assert await make(store, town) == Made(0, 0, 0, [entry.id])


async def test_each_grid_shows_its_own_lessons(store: Store, town: Town) -> None:
    other = await build_town(store, "邻县")
    await save(store, other, other.entry())
    await make(store, other)
    art = town.entry()
    music = town.entry(weekday=3, subject_id=town.music.id, lead_id=town.colleague.id, rooms=(town.rooms[2].id,))
    await save(store, town, art, replace(music, classes=()))
    await make(store, town)
    shown = {}
    for of, identifier in (
        ("county", ""),
        ("room", town.rooms[1].id),
        ("room", town.rooms[0].id),
        ("teacher", town.colleague.id),
        ("class", town.classes[1].id),
        ("school", town.points[1].id),
        ("community", town.community_id),
        ("room", other.rooms[1].id),
    ):
        found = await store.grids.lessons(await admin(store, town), of, identifier, *WEEK)  # type: ignore[arg-type]
        shown[(of, identifier)] = [lesson.subject for lesson in found]
    assert shown == {
        ("county", ""): ["美术", "音乐"],
        ("room", town.rooms[1].id): ["美术"],
        ("room", town.rooms[0].id): ["美术", "音乐"],
        ("teacher", town.colleague.id): ["音乐"],
        ("class", town.classes[1].id): ["美术"],
        ("school", town.points[1].id): ["音乐"],
        ("community", town.community_id): ["美术", "音乐"],
        ("room", other.rooms[1].id): [],
    }
