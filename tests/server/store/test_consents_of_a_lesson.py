"""Which classes of a lesson forbid that it is recorded."""

from __future__ import annotations

from server.store.store import Store
from tests.server.store.county_town import BEFORE, build_town


async def test_each_class_of_a_lesson_needs_a_consent_that_holds(store: Store) -> None:
    town = await build_town(store)
    await store.timetable.save(town.county_id, town.term.id, [town.entry()], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    planned = await store.lessons.in_state("planned")
    lesson_id = planned[0].lesson.id
    centre, point, elsewhere = (one.id for one in town.classes)
    assert await store.consents.missing_in(lesson_id) == {centre, point}
    await store.consents.record(centre, "2026-09", town.admin.id, BEFORE + 1)
    await store.consents.record(elsewhere, "2026-09", town.admin.id, BEFORE + 1)
    assert await store.consents.missing_in(lesson_id) == {point}
    await store.consents.record(point, "2026-09", town.admin.id, BEFORE + 2)
    assert await store.consents.missing_in(lesson_id) == set()
    await store.consents.record(point, "2027-02", town.admin.id, BEFORE + 3)
    assert await store.consents.missing_in(lesson_id) == set()
    await store.consents.withdraw(centre, town.admin.id, BEFORE + 4)
    assert await store.consents.missing_in(lesson_id) == {centre}


async def test_a_lesson_without_registered_classes_needs_no_consent(store: Store) -> None:
    town = await build_town(store)
    lesson = await store.lessons.plan(
        community_id=town.community_id, lead_id=town.lead.id, classrooms=[town.rooms[1].id], title="课", subject="美术",
        mode="blended", planned_start_ms=BEFORE, planned_end_ms=BEFORE + 1, now_ms=BEFORE,
    )  # fmt: skip
    assert await store.consents.missing_in(lesson.id) == set()
    assert await store.consents.missing_in("no-such-lesson") == set()


async def test_a_class_that_joins_for_cover_needs_consent_too(store: Store) -> None:
    town = await build_town(store)
    await store.timetable.save(town.county_id, town.term.id, [town.entry()], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    lesson_id = (await store.lessons.in_state("planned"))[0].lesson.id
    for one in town.classes[:2]:
        await store.consents.record(one.id, "2026-09", town.admin.id, BEFORE + 1)
    covered, room = town.classes[2], town.rooms[2]
    request = await store.covers.ask(town.county_id, lesson_id, room.id, covered.id, BEFORE + 2)
    assert await store.consents.missing_in(lesson_id) == set()
    await store.covers.answer(town.county_id, request.id, "admitted", BEFORE + 3)
    assert await store.consents.missing_in(lesson_id) == {covered.id}
