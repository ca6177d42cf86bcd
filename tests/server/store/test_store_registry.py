"""Schools, rooms, classes, subjects, staff: saved together or not at all, and never those of another county."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from server.county.policy import Policy
from server.county.timetable import Bell
from server.store.county_rows import Prescribed, SchoolClass, SchoolSubject, SpecialDay, Term
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.registry import Registered
from server.store.rows import Classroom, School, Staff
from server.store.store import Store
from tests.server.store.county_town import BEFORE, HOLIDAYS, Town, build_town


@pytest.fixture
async def town(store: Store) -> Town:
    return await build_town(store)


async def refusal(store: Store, county_id: str, *values: Registered) -> str:
    with pytest.raises(Conflict) as refused:
        await store.registry.save(county_id, values)
    return refused.value.code


async def test_what_was_saved_is_listed_and_found_by_its_county_alone(store: Store, town: Town) -> None:
    other = await build_town(store, "邻县")
    assert await store.registry.all(School, town.county_id) == [town.centre, *town.points]
    assert await store.registry.all(SchoolClass, town.county_id) == town.classes
    assert await store.registry.get(Classroom, town.county_id, town.rooms[1].id) == town.rooms[1]
    assert await store.registry.get(Classroom, other.county_id, town.rooms[1].id) is None


async def test_saving_again_changes_what_changed_and_nothing_twice(store: Store, town: Town) -> None:
    renamed = replace(town.rooms[1], name="多媒体教室", profile="standard")
    new = Classroom(new_id("room", BEFORE), town.points[0].id, "音乐室", "simple", "2")
    await store.registry.save(town.county_id, [*town.rooms, renamed, new])
    assert await store.registry.all(Classroom, town.county_id) == sorted(
        [town.rooms[0], renamed, town.rooms[2], new], key=lambda room: room.id
    )


async def test_one_faulty_value_keeps_all_others_out(store: Store, town: Town) -> None:
    fine = Staff(new_id("staff", BEFORE), town.county_id, town.centre.id, "lead", "新教师", "t9")
    taken = Staff(new_id("staff", BEFORE), town.county_id, town.centre.id, "lead", "重号", "t1")
    assert await refusal(store, town.county_id, fine, taken) == "code_taken"
    assert await store.registry.get(Staff, town.county_id, fine.id) is None


@pytest.mark.parametrize("twice", [False, True])
async def test_a_code_and_a_subjects_name_are_used_once(store: Store, town: Town, twice: bool) -> None:
    code = "777" if twice else "101"
    schools = [School(new_id("school", BEFORE), town.county_id, "centre", "新", code) for _ in range(1 + twice)]
    assert await refusal(store, town.county_id, *schools) == "code_taken"
    subject = SchoolSubject(new_id("subject", BEFORE), town.county_id, "美术")
    assert await refusal(store, town.county_id, subject) == "name_taken"
    room = Classroom(new_id("room", BEFORE), town.points[0].id, "同号不同校", "simple", "5")
    await store.registry.save(town.county_id, [room, replace(town.rooms[0], code="5")])


async def test_codes_may_be_exchanged_in_one_go(store: Store, town: Town) -> None:
    first, second = town.points
    await store.registry.save(town.county_id, [replace(first, code="x"), replace(second, code=None)])
    await store.registry.save(town.county_id, [replace(first, code="103"), replace(second, code="y")])
    assert [school.code for school in await store.registry.all(School, town.county_id)] == ["101", "103", "y"]


async def test_nothing_of_another_county_is_referred_to_or_changed(store: Store, town: Town) -> None:
    other = await build_town(store, "邻县")
    stranger = Classroom(new_id("room", BEFORE), other.centre.id, "别人的教室", "simple")
    assert await refusal(store, town.county_id, stranger) == "unknown_school"
    assert await refusal(store, town.county_id, replace(other.rooms[0], school_id=town.centre.id)) == "not_there"
    assert await refusal(store, town.county_id, replace(other.lead, county_id=other.county_id)) == "not_there"
    foreign = School(new_id("school", BEFORE), other.county_id, "centre", "别县")
    assert await refusal(store, town.county_id, foreign) == "unknown_county"


async def test_a_room_stays_in_its_school_and_a_member_of_a_community_keeps_its_kind(store: Store, town: Town) -> None:
    moved = replace(town.rooms[1], school_id=town.centre.id)
    assert await refusal(store, town.county_id, moved) == "school_fixed"
    assert await refusal(store, town.county_id, replace(town.points[0], kind="centre")) == "kind_in_use"
    await store.communities.remove_teaching_point(town.community_id, town.points[0].id, BEFORE + 1)
    await store.registry.save(town.county_id, [replace(town.points[0], kind="centre")])


async def test_what_was_closed_is_out_of_the_lists_and_cannot_sign_in(store: Store, town: Town) -> None:
    closed = [replace(town.rooms[1], closed_ms=BEFORE), replace(town.colleague, left_ms=BEFORE)]
    await store.registry.save(town.county_id, closed)
    assert await store.registry.all(Classroom, town.county_id) == [town.rooms[0], town.rooms[2]]
    assert closed[0] in await store.registry.all(Classroom, town.county_id, closed=True)
    assert await store.people.subject(town.rooms[1].id) is None
    assert await store.people.subject(town.colleague.id) is None
    assert await store.people.subject(town.lead.id) is not None


async def test_the_policy_is_the_default_until_the_county_sets_one(store: Store, town: Town) -> None:
    assert await store.registry.policy(town.county_id) == Policy()
    await store.registry.set_policy(town.county_id, Policy(valid_after_min=25))
    assert await store.registry.policy(town.county_id) == Policy(valid_after_min=25)


async def test_prescribed_periods_are_replaced_by_subject(store: Store, town: Town) -> None:
    await store.registry.prescribe(town.county_id, town.art.id, {3: 2, 4: 2})
    await store.registry.prescribe(town.county_id, town.music.id, {3: 1})
    await store.registry.prescribe(town.county_id, town.art.id, {3: 1})
    assert set(await store.registry.prescribed(town.county_id)) == {
        Prescribed(town.art.id, 3, 1),
        Prescribed(town.music.id, 3, 1),
    }
    with pytest.raises(Conflict, match="subject-none"):
        await store.registry.prescribe(town.county_id, "subject-none", {})


async def test_a_person_has_one_first_role_and_any_further_ones(store: Store, town: Town) -> None:
    await store.registry.set_further_roles(town.county_id, town.lead.id, ["trainer", "lead", "school_admin"])
    assert await store.registry.further_roles(town.county_id) == {town.lead.id: ["school_admin", "trainer"]}


# --- communities -----------------------------------------------------------------------------------------------


async def test_a_school_may_leave_a_community_and_come_back_and_both_stays_are_kept(store: Store, town: Town) -> None:
    point = town.points[0]
    await store.communities.remove_teaching_point(town.community_id, point.id, BEFORE + 10)
    assert await store.communities.schools(town.community_id) == [town.centre, town.points[1]]
    await store.communities.add_teaching_point(town.community_id, point.id, BEFORE + 20)
    stays = [stay for stay in await store.communities.stays(town.county_id) if stay.school_id == point.id]
    assert [(stay.joined_ms, stay.left_ms) for stay in sorted(stays, key=lambda stay: stay.joined_ms)] == [
        (BEFORE, BEFORE + 10),
        (BEFORE + 20, None),
    ]
    with pytest.raises(Conflict) as refused:
        await store.communities.add_teaching_point(town.community_id, point.id, BEFORE + 30)
    assert refused.value.code == "already_a_member"


async def test_the_centre_does_not_leave_its_community(store: Store, town: Town) -> None:
    with pytest.raises(Conflict) as refused:
        await store.communities.remove_teaching_point(town.community_id, town.centre.id, BEFORE)
    assert refused.value.code == "not_a_member"


async def test_an_ended_community_is_out_of_the_lists_and_its_stays_are_history(store: Store, town: Town) -> None:
    await store.communities.rename(town.county_id, town.community_id, "旧共同体", town.term.id)
    await store.communities.end(town.community_id, BEFORE + 5)
    assert await store.communities.of_county(town.county_id) == []
    (ended,) = await store.communities.of_county(town.county_id, ended=True)
    assert (ended.name, ended.term_id, ended.ended_ms) == ("旧共同体", town.term.id, BEFORE + 5)
    assert {stay.left_ms for stay in await store.communities.stays(town.county_id)} == {BEFORE + 5}


# --- terms -----------------------------------------------------------------------------------------------------


async def test_a_term_has_its_days_and_a_calendar_in_the_countys_zone(store: Store, town: Town) -> None:
    assert await store.terms.all(town.county_id) == [town.term]
    assert await store.terms.special_days(town.county_id, town.term.id) == HOLIDAYS
    calendar = await store.terms.calendar(town.county_id, town.term.id)
    assert calendar is not None
    assert str(calendar.zone) == "Asia/Shanghai"
    assert calendar.taught_as(date(2026, 10, 10)) == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("begins", "ends", "code"),
    [
        (date(2026, 9, 1), date(2026, 8, 1), "ends_before_start"),
        (date(2026, 9, 1), date(2029, 1, 1), "term_too_long"),
    ],
)
async def test_impossible_terms_are_refused(store: Store, town: Town, begins: date, ends: date, code: str) -> None:
    with pytest.raises(Conflict) as refused:
        await store.terms.save(Term("term-x", town.county_id, "x", begins, ends))
    assert refused.value.code == code


async def test_a_terms_name_is_used_once_and_its_id_belongs_to_one_county(store: Store, town: Town) -> None:
    other = await build_town(store, "邻县")
    namesake = Term("term-x", town.county_id, town.term.name, town.term.begins, town.term.ends)
    for term, code in (
        (namesake, "name_taken"),
        (replace(other.term, county_id=town.county_id, name="x"), "not_there"),
    ):
        with pytest.raises(Conflict) as refused:
            await store.terms.save(term)
        assert refused.value.code == code
    await store.terms.save(replace(town.term, name="秋", ends=date(2026, 12, 31)))
    assert [term.name for term in await store.terms.all(town.county_id)] == ["秋"]


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ([SpecialDay(date(2026, 8, 1))], "day_outside_term"),
        ([SpecialDay(date(2026, 9, 3)), SpecialDay(date(2026, 9, 3))], "day_twice"),
        ([SpecialDay(date(2026, 9, 3), date(2026, 9, 3))], "follows_itself"),
    ],
)
async def test_impossible_special_days_are_refused(store: Store, town: Town, days: list[SpecialDay], code: str) -> None:
    with pytest.raises(Conflict) as refused:
        await store.terms.set_special_days(town.county_id, town.term.id, days)
    assert refused.value.code == code
    assert await store.terms.special_days(town.county_id, town.term.id) == HOLIDAYS


async def test_bells_are_the_countys_and_each_schools_own(store: Store, town: Town) -> None:
    late = [Bell(school_id=town.centre.id, period=1, starts_min=600, ends_min=640)]
    await store.terms.set_bells(town.county_id, town.centre.id, late, BEFORE)
    bells = await store.terms.bells(town.county_id)
    assert [bell.school_id for bell in bells] == [None] * 6 + [town.centre.id]
    for wrong, code in ((Bell(school_id=None, period=1, starts_min=9, ends_min=9), "ends_before_start"),):
        with pytest.raises(Conflict) as refused:
            await store.terms.set_bells(town.county_id, None, [wrong], BEFORE)
        assert refused.value.code == code
