"""Which classes of a lesson, and which rooms without one, forbid that it is recorded."""

from __future__ import annotations

import pytest

from server.county.timetable import SeatedClass
from server.store.consents import Missing
from server.store.rows import LessonOrigin
from server.store.store import Store
from signaling.messages import Mode
from tests.server.store.county_town import BEFORE, Town, build_town


async def test_each_class_of_a_lesson_needs_a_consent_that_holds(store: Store) -> None:
    town = await build_town(store)
    await store.timetable.save(town.county_id, town.term.id, [town.entry()], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    planned = await store.lessons.in_state("planned")
    lesson_id = planned[0].lesson.id
    centre, point, elsewhere = (one.id for one in town.classes)
    assert await store.consents.missing_in(lesson_id) == Missing(frozenset([centre, point]))
    await store.consents.record(centre, "2026-09", town.admin.id, BEFORE + 1)
    await store.consents.record(elsewhere, "2026-09", town.admin.id, BEFORE + 1)
    assert await store.consents.missing_in(lesson_id) == Missing(frozenset([point]))
    await store.consents.record(point, "2026-09", town.admin.id, BEFORE + 2)
    assert await store.consents.missing_in(lesson_id) == Missing()
    await store.consents.record(point, "2027-02", town.admin.id, BEFORE + 3)
    assert await store.consents.missing_in(lesson_id) == Missing()
    await store.consents.withdraw(centre, town.admin.id, BEFORE + 4)
    assert await store.consents.missing_in(lesson_id) == Missing(frozenset([centre]))


async def planned_without_classes(store: Store, town: Town, mode: Mode, origin: LessonOrigin) -> str:
    lesson = await store.lessons.plan(
        community_id=town.community_id, lead_id=town.lead.id, classrooms=[town.rooms[1].id, town.rooms[2].id],
        title="课", subject="美术", mode=mode, planned_start_ms=BEFORE, planned_end_ms=BEFORE + 1, now_ms=BEFORE,
        origin=origin,
    )  # fmt: skip
    return lesson.id


@pytest.mark.parametrize("origin", ["timetable", "planned", "self_initiated"])
async def test_a_room_without_a_named_class_counts_as_one_without_consent(store: Store, origin: LessonOrigin) -> None:
    town = await build_town(store)
    rooms = frozenset([town.rooms[1].id, town.rooms[2].id])
    found = await store.consents.missing_in(await planned_without_classes(store, town, "delivery", origin))
    assert (found, found.reason) == (Missing(rooms=rooms), "no_class")
    # with pupils at her side, the lead's own room is one of them
    blended = await planned_without_classes(store, town, "blended", origin)
    assert await store.consents.missing_in(blended) == Missing(rooms=rooms | {town.lead.id})


@pytest.mark.parametrize("origin", ["rehearsal", "demo"])
async def test_where_nobody_is_taught_no_class_need_be_named(store: Store, origin: LessonOrigin) -> None:
    town = await build_town(store)
    found = await store.consents.missing_in(await planned_without_classes(store, town, "blended", origin))
    assert (found, found.reason) == (Missing(), None)
    assert await store.consents.missing_in("no-such-lesson") == Missing()


async def test_of_a_timetables_lesson_each_room_is_asked_for_its_class(store: Store) -> None:
    town = await build_town(store)
    for one in town.classes:
        await store.consents.record(one.id, "2026-09", town.admin.id, BEFORE + 1)
    at_home, afar = (SeatedClass(one.id, room.id) for one, room in zip(town.classes[:2], town.rooms[:2], strict=True))
    wanted: list[tuple[int, Mode, tuple[SeatedClass, ...], set[str]]] = [
        (1, "blended", (at_home, afar), set()),
        (2, "blended", (afar,), {town.lead.id}),
        (3, "delivery", (afar,), set()),
        (4, "blended", (at_home,), {town.rooms[1].id}),
        (5, "delivery", (), {town.rooms[1].id}),
    ]
    entries = [town.entry(weekday=weekday, mode=mode, classes=classes) for weekday, mode, classes, _ in wanted]
    await store.timetable.save(town.county_id, town.term.id, entries, BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    first = {one.lesson.planned_start_ms: one.lesson.id for one in reversed(await store.lessons.in_state("planned"))}
    by_day = dict(zip((2, 3, 4, 5, 1), (first[at] for at in sorted(first)[:5]), strict=True))
    for weekday, _, _, rooms in wanted:
        found = await store.consents.missing_in(by_day[weekday])
        assert found == Missing(rooms=frozenset(rooms)), weekday


async def test_a_class_that_joins_for_cover_needs_consent_too(store: Store) -> None:
    town = await build_town(store)
    await store.timetable.save(town.county_id, town.term.id, [town.entry()], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    lesson_id = (await store.lessons.in_state("planned"))[0].lesson.id
    for one in town.classes[:2]:
        await store.consents.record(one.id, "2026-09", town.admin.id, BEFORE + 1)
    covered, room = town.classes[2], town.rooms[2]
    request = await store.covers.ask(town.county_id, lesson_id, room.id, covered.id, BEFORE + 2)
    assert await store.consents.missing_in(lesson_id) == Missing()
    await store.covers.answer(town.county_id, request.id, "admitted", BEFORE + 3)
    assert await store.consents.missing_in(lesson_id) == Missing(frozenset([covered.id]))
