"""The county model, lessons and who may see what, on each engine."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from server.store.errors import Conflict
from server.store.rows import CastMember, Classroom, Lesson, School, Staff, Subject
from server.store.store import Store

NOW = 1_800_000_000_000
MINUTE = 60_000


@dataclass(frozen=True)
class Town:
    county_id: str
    community_id: str
    centre: School
    lead: Staff
    points: list[School]
    rooms: list[Classroom]


async def build_town(store: Store, points: int = 3, prefix: str = "") -> Town:
    county_id = await store.people.add_county("县", "Asia/Shanghai", NOW)
    centre = await store.people.add_school(county_id, "centre", prefix + "中心小学", NOW)
    lead = await store.people.add_staff(county_id, centre.id, "lead", "主讲教师", NOW)
    community = await store.communities.create(county_id, prefix + "共同体", centre.id, NOW)
    schools, rooms = [], []
    for n in range(points):
        school = await store.people.add_school(county_id, "teaching_point", f"{prefix}教学点{n}", NOW)
        await store.communities.add_teaching_point(community.id, school.id, NOW)
        rooms.append(await store.people.add_classroom(school.id, "教室", "simple", NOW))
        schools.append(school)
    return Town(county_id, community.id, centre, lead, schools, rooms)


async def plan(store: Store, town: Town, start: int = NOW, rooms: int = 3) -> Lesson:
    return await store.lessons.plan(
        community_id=town.community_id,
        lead_id=town.lead.id,
        classrooms=[room.id for room in town.rooms[:rooms]],
        title="认识分数",
        subject="数学",
        mode="blended",
        planned_start_ms=start,
        planned_end_ms=start + 45 * MINUTE,
        now_ms=NOW,
    )


async def who(store: Store, subject_id: str) -> Subject:
    found = await store.people.subject(subject_id)
    assert found is not None
    return found


async def test_a_community_takes_three_teaching_points_and_refuses_a_fourth(store: Store) -> None:
    town = await build_town(store)
    fourth = await store.people.add_school(town.county_id, "teaching_point", "第四教学点", NOW)
    with pytest.raises(Conflict) as refused:
        await store.communities.add_teaching_point(town.community_id, fourth.id, NOW)
    assert refused.value.code == "community_full"
    assert await store.communities.schools(town.community_id) == [town.centre, *town.points]


async def test_a_community_wants_a_centre_at_its_head_and_points_below(store: Store) -> None:
    town = await build_town(store, points=1)
    with pytest.raises(Conflict) as refused:
        await store.communities.create(town.county_id, "倒置", town.points[0].id, NOW)
    assert refused.value.code == "not_a_centre"
    with pytest.raises(Conflict) as refused:
        await store.communities.add_teaching_point(town.community_id, town.centre.id, NOW)
    assert refused.value.code == "not_a_teaching_point"


async def test_a_lesson_knows_its_cast_lead_first_then_classrooms_by_seat(store: Store) -> None:
    town = await build_town(store)
    lesson = await plan(store, town)
    found = await store.lessons.get(lesson.id)
    assert found is not None
    assert found.lesson == lesson
    assert found.cast == (
        CastMember(town.lead.id, "lead", town.centre.id, "中心小学", "主讲教师"),
        *(
            CastMember(room.id, "classroom", school.id, school.name, "教室")
            for room, school in zip(town.rooms, town.points, strict=True)
        ),
    )


async def test_a_lesson_goes_from_planned_to_live_to_ended_and_not_back(store: Store) -> None:
    lesson = await plan(store, await build_town(store))
    await store.lessons.began(lesson.id, NOW + 1)
    await store.lessons.began(lesson.id, NOW + 2)
    await store.lessons.ended(lesson.id, NOW + 3)
    await store.lessons.ended(lesson.id, NOW + 4)
    found = await store.lessons.get(lesson.id)
    assert found is not None
    assert (found.lesson.state, found.lesson.started_ms, found.lesson.ended_ms) == ("UNJUDGED", NOW + 1, NOW + 3)
    assert await store.lessons.in_state("planned", "live") == []


async def test_a_lesson_that_never_began_ends_as_missed(store: Store) -> None:
    lesson = await plan(store, await build_town(store))
    await store.lessons.ended(lesson.id, NOW + 3)
    assert [entry.lesson.id for entry in await store.lessons.in_state("UNREASONABLE_MISSED")] == [lesson.id]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"classrooms": []}, "no_classroom"),
        ({"classrooms": ["a", "b", "c", "d"]}, "too_many_classrooms"),
        ({"planned_end_ms": NOW}, "ends_before_start"),
        ({"lead_id": "staff-nobody"}, "store_conflict"),
        ({"classrooms": ["room-nowhere"]}, "store_conflict"),
    ],
)
async def test_an_impossible_lesson_is_refused_by_code(store: Store, change: dict[str, object], code: str) -> None:
    town = await build_town(store)
    wish: dict[str, object] = {
        "community_id": town.community_id,
        "lead_id": town.lead.id,
        "classrooms": [town.rooms[0].id],
        "title": "t",
        "subject": "s",
        "mode": "delivery",
        "planned_start_ms": NOW,
        "planned_end_ms": NOW + MINUTE,
        "now_ms": NOW,
    }
    with pytest.raises(Conflict) as refused:
        await store.lessons.plan(**(wish | change))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert await store.lessons.of_community(town.community_id) == []


async def test_a_lesson_given_up_as_missed_can_still_begin(store: Store) -> None:
    lesson = await plan(store, await build_town(store))
    await store.lessons.ended(lesson.id, NOW + 1)
    await store.lessons.began(lesson.id, NOW + 2)
    found = await store.lessons.get(lesson.id)
    assert found is not None
    assert (found.lesson.state, found.lesson.started_ms, found.lesson.ended_ms) == ("live", NOW + 2, None)


async def test_cards_are_for_those_who_take_part_and_the_county_admin(store: Store) -> None:
    town, other = await build_town(store), await build_town(store, prefix="别")
    lesson = await plan(store, town, rooms=2)
    admin = await store.people.add_staff(town.county_id, None, "county_admin", "管理员", NOW)
    seen = {}
    for name in (town.lead.id, town.rooms[0].id, town.rooms[2].id, other.lead.id, other.rooms[0].id, admin.id):
        cards = await store.lessons.cards(await who(store, name), NOW - MINUTE, NOW + MINUTE)
        seen[name] = [entry.lesson.id for entry in cards]
    assert seen == {
        town.lead.id: [lesson.id],
        town.rooms[0].id: [lesson.id],
        town.rooms[2].id: [],
        other.lead.id: [],
        other.rooms[0].id: [],
        admin.id: [lesson.id],
    }


async def test_a_live_lesson_stays_on_its_card_after_its_planned_end(store: Store) -> None:
    town = await build_town(store)
    live, over = await plan(store, town, start=NOW), await plan(store, town, start=NOW)
    await store.lessons.began(live.id, NOW)
    cards = await store.lessons.cards(await who(store, town.lead.id), NOW + 90 * MINUTE, NOW + 100 * MINUTE)
    assert [entry.lesson.id for entry in cards] == [live.id]
    assert over.id != live.id


async def test_recordings_are_visible_to_the_community_and_admins_only(store: Store) -> None:
    town, other = await build_town(store), await build_town(store, prefix="别")
    lesson = await plan(store, town, rooms=1)
    admin = await store.people.add_staff(town.county_id, None, "county_admin", "管理员", NOW)
    seen = {}
    for name in (town.lead.id, town.rooms[0].id, town.rooms[1].id, other.lead.id, other.rooms[0].id, admin.id):
        seen[name] = await store.lessons.visible_to(await who(store, name), [lesson.id, "unknown"])
    assert seen == {
        town.lead.id: {lesson.id},
        town.rooms[0].id: {lesson.id},
        town.rooms[1].id: {lesson.id},
        other.lead.id: set(),
        other.rooms[0].id: set(),
        admin.id: {lesson.id},
    }


async def test_settings_keep_the_last_value(store: Store) -> None:
    assert await store.settings.get("a") is None
    await store.settings.set("a", "1")
    await store.settings.set("a", "2")
    assert await store.settings.get("a") == "2"


async def test_a_failed_write_leaves_nothing_behind(store: Store) -> None:
    town = await build_town(store, points=1)
    before = await store.communities.all()
    with pytest.raises(Conflict):
        await store.communities.create("county-nowhere", "x", town.centre.id, NOW)
    assert await store.communities.all() == before
