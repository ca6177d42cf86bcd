"""A room of another community is invited to a lesson, says yes in time, and goes with its invitation."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from server.county.calendar import moment_ms
from server.county.timetable import SeatedClass
from server.store import schema
from server.store.consents import Missing
from server.store.county_rows import SchoolClass
from server.store.database import Database
from server.store.errors import Clashing, Conflict
from server.store.guest_classes import guest_classes
from server.store.ids import new_id
from server.store.invitations import GuestRoom
from server.store.planning import Wish
from server.store.rows import Classroom, School, Staff, Subject
from server.store.store import Store
from tests.server.store.county_town import BEFORE, ZONE, Town, build_town

UNTIL = moment_ms(date(2026, 9, 7), 12 * 60, ZONE)
STARTS = moment_ms(date(2026, 9, 7), 490, ZONE)


@pytest.fixture
async def town(store: Store) -> Town:
    """A town whose Monday lesson is made; beside its community there is a partner school with two rooms."""
    town = await build_town(store)
    partner = School("school-partner", town.county_id, "teaching_point", "伙伴小学", "201")
    rooms = [Classroom(f"room-partner-{one}", partner.id, f"教室{one}", "simple") for one in (1, 2, 3)]
    classes = [SchoolClass("class-partner", partner.id, 3, "三年级", 14, rooms[0].id)]
    await store.registry.save(town.county_id, [partner, *rooms, *classes])
    await store.timetable.save(town.county_id, town.term.id, [town.entry()], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    return town


async def first(store: Store, town: Town) -> str:
    """The lesson of 7 September."""
    found = await store.lessons.of_community(town.community_id)
    assert found[0].lesson.planned_start_ms == STARTS
    return found[0].lesson.id


async def invite(
    store: Store, town: Town, lesson_id: str, room: str = "room-partner-1", until_ms: int = UNTIL, now_ms: int = BEFORE
) -> str:
    made = await store.invitations.invite(town.county_id, lesson_id, room, town.lead.id, until_ms, now_ms)
    assert (made.state, made.until_ms, made.invited_by, made.classroom_id) == ("open", until_ms, town.lead.id, room)
    return made.id


async def rooms(store: Store, lesson_id: str) -> list[tuple[str, str]]:
    found = await store.lessons.get(lesson_id)
    assert found is not None
    return [(one.id, one.joined_as) for one in found.cast[1:]]


async def device(store: Store, room: str) -> list[str]:
    """The lessons a room's device finds by itself on 7 September."""
    who = await store.people.subject(room)
    assert isinstance(who, Subject)
    return [one.lesson.id for one in await store.lessons.cards(who, STARTS - 3_600_000, STARTS + 3_600_000)]


async def refused(awaitable: object) -> str:
    with pytest.raises(Conflict) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value.code


async def test_an_invited_room_takes_part_once_its_school_says_yes(store: Store, town: Town) -> None:
    lesson_id = await first(store, town)
    made = await invite(store, town, lesson_id)
    assert await rooms(store, lesson_id) == [(town.rooms[1].id, "planned")]
    assert await device(store, "room-partner-1") == []
    done = await store.invitations.accept(town.county_id, made, "staff-x", None, BEFORE + 5)
    assert (done.state, done.class_id, done.answered_by, done.answered_ms) == (
        "accepted", "class-partner", "staff-x", BEFORE + 5,
    )  # fmt: skip
    assert await rooms(store, lesson_id) == [(town.rooms[1].id, "planned"), ("room-partner-1", "invited")]
    assert await device(store, "room-partner-1") == [lesson_id]
    assert await device(store, "room-partner-2") == []
    assert await device(store, town.rooms[2].id) == []
    present = schema.lesson_class
    query = select(present.c.class_id, present.c.grade, present.c.pupils).where(present.c.lesson_id == lesson_id)
    counted = await store.database.read(lambda c: {tuple(row) for row in c.execute(query)})
    assert ("class-partner", 3, 14) in counted
    missing = await store.consents.missing_in(lesson_id)
    assert "class-partner" in missing.classes, "its guardians are asked as those of any class"


async def test_a_room_whose_class_nobody_named_is_not_recorded(store: Store, town: Town) -> None:
    lesson_id = await first(store, town)
    made = await invite(store, town, lesson_id, "room-partner-2")
    await store.invitations.accept(town.county_id, made, "x", None, BEFORE)
    missing = await store.consents.missing_in(lesson_id)
    assert isinstance(missing, Missing)
    assert "room-partner-2" in missing.rooms


async def test_nobody_says_yes_to_what_is_over_or_taken_back(store: Store, town: Town) -> None:
    lesson_id = await first(store, town)
    one, two, three = [await invite(store, town, lesson_id, f"room-partner-{n}", BEFORE + 10 * n) for n in (1, 2, 3)]
    accept = store.invitations.accept
    assert await refused(accept(town.county_id, one, "x", None, BEFORE + 10)) == "invitation_expired"
    await store.invitations.withdraw(town.county_id, two, BEFORE + 11)
    assert await refused(accept(town.county_id, two, "x", None, BEFORE + 12)) == "invitation_withdrawn"
    await store.invitations.decline(town.county_id, three, "x", BEFORE + 12)
    assert await refused(accept(town.county_id, three, "x", None, BEFORE + 13)) == "already_answered"
    assert await refused(store.invitations.withdraw(town.county_id, three, BEFORE + 13)) == "already_answered"
    assert await refused(accept("county-other", one, "x", None, BEFORE)) == "unknown_invitation"
    assert await store.invitations.lapse(BEFORE + 10) == []
    assert await refused(accept(town.county_id, one, "x", None, BEFORE + 5)) == "invitation_expired"
    told = {told.id: told.state for told in await store.invitations.of_lesson(lesson_id, BEFORE)}
    assert told == {one: "expired", two: "withdrawn", three: "declined"}
    assert await rooms(store, lesson_id) == [(town.rooms[1].id, "planned")]


async def test_a_seat_goes_with_its_invitation(store: Store, town: Town) -> None:
    lesson_id = await first(store, town)
    made = await invite(store, town, lesson_id)
    await store.invitations.accept(town.county_id, made, "x", None, BEFORE)
    taken = await store.invitations.withdraw(town.county_id, made, BEFORE + 7)
    assert (taken.state, taken.withdrawn_ms) == ("withdrawn", BEFORE + 7)
    assert await rooms(store, lesson_id) == [(town.rooms[1].id, "planned")]
    assert await device(store, "room-partner-1") == []
    assert "class-partner" not in (await store.consents.missing_in(lesson_id)).classes
    again = await invite(store, town, lesson_id, now_ms=BEFORE + 8)
    await store.invitations.accept(town.county_id, again, "x", None, BEFORE)
    assert await store.invitations.lapse(UNTIL - 1) == []
    assert await store.invitations.lapse(UNTIL) == [lesson_id]
    assert await rooms(store, lesson_id) == [(town.rooms[1].id, "planned")]
    assert [one.state for one in await store.invitations.of_lesson(lesson_id, BEFORE)] == ["expired", "withdrawn"]


async def test_a_lesson_that_began_in_time_keeps_its_guest_and_is_left_alone(
    store: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson_id = await first(store, town)
    made = await invite(store, town, lesson_id)
    await store.invitations.accept(town.county_id, made, "x", None, BEFORE)
    await store.lessons.began(lesson_id, STARTS)
    with monkeypatch.context() as watched:
        watched.setattr(Database, "write", None)  # a look every few seconds, for as long as the county exists
        assert await store.invitations.lapse(UNTIL) == []
    assert ("room-partner-1", "invited") in await rooms(store, lesson_id)
    await store.lessons.ended(lesson_id, UNTIL)
    assert await refused(store.invitations.withdraw(town.county_id, made, UNTIL)) == "lesson_over"


async def test_never_more_than_three_rooms_and_only_from_outside(store: Store, town: Town) -> None:
    lesson_id, accept = await first(store, town), store.invitations.accept
    made = [await invite(store, town, lesson_id, f"room-partner-{number}") for number in (1, 2, 3)]
    for one in made[:2]:
        await accept(town.county_id, one, "x", None, BEFORE)
    assert await refused(accept(town.county_id, made[2], "x", None, BEFORE)) == "lesson_full"
    assert len(await rooms(store, lesson_id)) == 3
    invite_room = store.invitations.invite
    for room, until_ms, code in (
        (town.rooms[2].id, UNTIL, "lesson_full"),
        ("room-partner-1", UNTIL, "already_there"),
        ("room-partner-1", BEFORE, "until_past"),
        ("room-nobody", UNTIL, "unknown_classroom"),
    ):
        assert await refused(invite_room(town.county_id, lesson_id, room, town.lead.id, until_ms, BEFORE)) == code
    other = (await store.lessons.of_community(town.community_id))[1].lesson.id
    in_it = invite_room(town.county_id, other, town.rooms[2].id, town.lead.id, UNTIL, BEFORE)
    assert await refused(in_it) == "room_in_community"
    await invite(store, town, other)
    twice = invite_room(town.county_id, other, "room-partner-1", town.lead.id, UNTIL, BEFORE)
    assert await refused(twice) == "already_invited"


async def test_a_guest_is_in_one_lesson_at_a_time(store: Store, town: Town) -> None:
    lesson_id = await first(store, town)
    made = await invite(store, town, lesson_id)
    assert [one.name for one in await store.invitations.rooms_for(town.county_id, lesson_id)] == [
        "教室1",
        "教室2",
        "教室3",
    ]
    assert await store.invitations.rooms_for("county-other", lesson_id) == []
    community = await store.communities.create(
        town.county_id, "别的共同体", town.centre.id, BEFORE, None, ["school-partner"]
    )
    wish = Wish(
        community_id=community.id, lead_id=town.colleague.id, rooms=("room-partner-1",), title="", mode="delivery",
        subject_id=town.music.id, origin="planned", start_ms=STARTS + 600_000, end_ms=STARTS + 1_800_000,
    )  # fmt: skip
    planned = await store.planning.plan(town.county_id, wish, BEFORE)
    with pytest.raises(Clashing) as clash:
        await store.invitations.accept(town.county_id, made, "x", None, BEFORE)
    assert [(one.kind, one.id) for one in clash.value.clashes] == [("room", "room-partner-1")]
    other = await invite(store, town, lesson_id, "room-partner-2")
    await store.invitations.accept(town.county_id, other, "x", None, BEFORE)
    with pytest.raises(Clashing):
        await store.planning.plan(
            town.county_id, replace(wish, lead_id=town.admin.id, rooms=("room-partner-2",)), BEFORE
        )
    entry = town.entry(
        id=new_id("entry", BEFORE), community_id=community.id, lead_id=town.colleague.id, lead_room_id=None,
        mode="delivery", rooms=("room-partner-2",), classes=(), subject_id=town.music.id,
    )  # fmt: skip
    with pytest.raises(Clashing):
        await store.timetable.save(town.county_id, town.term.id, [entry], BEFORE)
    assert planned


async def test_the_timetable_leaves_a_guest_its_seat_while_there_is_one(store: Store, town: Town) -> None:
    lesson_id = await first(store, town)
    for number in (1, 2):
        made = await invite(store, town, lesson_id, f"room-partner-{number}")
        await store.invitations.accept(town.county_id, made, "x", None, BEFORE)
    known = (await store.timetable.entries(town.county_id, town.term.id))[0]
    await store.timetable.save(town.county_id, town.term.id, [replace(known, mode="delivery", classes=())], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    planned = (town.rooms[1].id, "planned")
    assert await rooms(store, lesson_id) == [planned, ("room-partner-1", "invited"), ("room-partner-2", "invited")]
    both = replace(
        known, rooms=(town.rooms[1].id, town.rooms[2].id), classes=(SeatedClass(town.classes[2].id, town.rooms[2].id),),
        mode="delivery",
    )  # fmt: skip
    await store.timetable.save(town.county_id, town.term.id, [both], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    assert await rooms(store, lesson_id) == [planned, (town.rooms[2].id, "planned"), ("room-partner-1", "invited")]
    states = {one.room: one.state for one in await store.invitations.of_lesson(lesson_id, BEFORE)}
    assert states == {"教室1": "accepted", "教室2": "withdrawn"}
    await store.timetable.remove(town.county_id, [known.id], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    assert await store.lessons.get(lesson_id) is None


async def test_an_open_invitation_is_told_to_the_room_and_its_school(store: Store, town: Town) -> None:
    lesson_id = await first(store, town)
    made = await invite(store, town, lesson_id)
    ask = store.invitations.waiting
    [told] = await ask(town.county_id, None, None, BEFORE)
    assert (told.id, told.lead_school, told.school, told.room, told.by) == (
        made, "中心小学", "伙伴小学", "教室1", "主讲教师",
    )  # fmt: skip
    assert await ask(town.county_id, "school-partner", None, BEFORE) == [told]
    assert await ask(town.county_id, None, "room-partner-1", BEFORE) == [told]
    assert await ask(town.county_id, None, "room-partner-2", BEFORE) == []
    assert await ask(town.county_id, town.centre.id, None, BEFORE) == []
    assert await ask("county-other", None, None, BEFORE) == []
    assert await ask(town.county_id, None, None, UNTIL) == []
    assert GuestRoom("room-partner-1", "伙伴小学", "教室1") in await store.invitations.rooms_for(
        town.county_id, lesson_id
    )


async def test_of_several_classes_the_one_of_that_hour_is_proposed(store: Store, town: Town) -> None:
    lesson_id = await first(store, town)

    async def told(room: str) -> tuple[list[str], str | None]:
        found = await guest_classes(store.database, lesson_id, room)
        return [one.id for one in found.classes], found.usual

    assert await told("room-partner-1") == (["class-partner"], "class-partner")
    assert await told("room-partner-2") == (["class-partner"], "class-partner"), "the only one of its school"
    other = SchoolClass("class-other", "school-partner", 4, "四年级", 11, "room-partner-1")
    await store.registry.save(town.county_id, [other])
    assert await told("room-partner-1") == (["class-partner", "class-other"], None), "nobody knows"
    other_centre = School("school-centre-2", town.county_id, "centre", "另一中心", "301")
    lead = Staff("staff-centre-2", town.county_id, other_centre.id, "lead", "客座")
    await store.registry.save(town.county_id, [other_centre, lead])
    community = await store.communities.create(town.county_id, "共同体二", other_centre.id, BEFORE)
    await store.communities.add_teaching_point(community.id, "school-partner", BEFORE)
    hers = town.entry(
        community_id=community.id, lead_id=lead.id, lead_room_id=None, mode="delivery", weeks="3,5,7",
        rooms=("room-partner-1",), classes=(SeatedClass("class-other", "room-partner-1"),),
    )  # fmt: skip
    await store.timetable.save(town.county_id, town.term.id, [hers], BEFORE)
    await store.timetable.make(town.county_id, town.term.id, BEFORE)
    assert await told("room-partner-1") == (["class-partner", "class-other"], "class-other")
