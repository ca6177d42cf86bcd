"""The county wall: lessons now, next and failed, rooms by health, and how much they are used."""

from __future__ import annotations

from server.devices.readiness import HEARD_WITHIN_MS, Seen
from server.devices.wall import Span, Wall, WallCounts, wall
from server.store.device_rows import RoomRow
from server.store.rows import LessonState
from server.store.wall import WallLesson, WallMember

DAY = 86_400_000
MONDAY = 20_000 * DAY
MINUTE = 60_000
NOW = MONDAY + 2 * DAY + 10 * 3_600_000
SPAN = Span(NOW, MONDAY + 2 * DAY, MONDAY + 3 * DAY, MONDAY, idle_after_days=7)


def room(name: str, school: str) -> RoomRow:
    return RoomRow(name, name, "", "simple", school, school.upper(), "county", "UTC")


ROOMS = [room("c1", "centre"), room("p1", "point"), room("p2", "point"), room("x1", "alone")]
MEMBERS = [WallMember("com", "一共同体", "centre"), WallMember("com", "一共同体", "point")]


def lesson(name: str, state: LessonState, start_ms: int, rooms: tuple[str, ...] = ("p1",), **more: int) -> WallLesson:
    started = None if state in ("planned", "UNREASONABLE_MISSED", "REASONABLE_MISSED") else start_ms
    return WallLesson(
        id=name, community_id="com", title=name, subject="数学", teacher="老师", school="CENTRE", school_id="centre",
        lead_room_id="c1", rooms=rooms, state=state, start_ms=start_ms, end_ms=start_ms + 40 * MINUTE,
        started_ms=started,
    )  # fmt: skip


def seen(lesson: str | None = None, *faults: str, ago_ms: int = 0) -> Seen:
    return Seen(NOW - ago_ms, lesson, frozenset(faults))


def wall_of(*lessons: WallLesson, **devices: list[Seen]) -> Wall:
    return wall(SPAN, ROOMS, MEMBERS, sorted(lessons, key=lambda one: one.start_ms), devices)


def test_lessons_of_today_are_now_next_held_failed_or_called_off_and_each_failure_says_why() -> None:
    found = wall_of(
        lesson("yesterday", "UNREASONABLE_MISSED", NOW - DAY),
        lesson("missed", "UNREASONABLE_MISSED", NOW - 240 * MINUTE),
        lesson("short", "INVALID", NOW - 200 * MINUTE),
        lesson("held", "VALID", NOW - 160 * MINUTE),
        lesson("over", "UNJUDGED", NOW - 100 * MINUTE),
        lesson("excused", "REASONABLE_MISSED", NOW - 60 * MINUTE),
        lesson("late", "planned", NOW - 2 * MINUTE),
        lesson("live", "live", NOW - 20 * MINUTE),
        lesson("belling", "planned", NOW - MINUTE),
        lesson("next", "planned", NOW + 60 * MINUTE),
    )
    assert found.counts == WallCounts(now=1, next=2, held=2, failed=3, excused=1, week=4)
    assert [one.id for one in found.now] == ["live"]
    assert [one.id for one in found.next] == ["belling", "next"]
    assert [(one.id, one.why) for one in found.failed] == [
        ("missed", "missed"),
        ("short", "too_short"),
        ("late", "not_started"),
    ]
    assert found.now[0].rooms == ["POINT"]


def test_a_room_that_has_a_lesson_soon_is_judged_as_on_the_ready_board_and_any_other_may_be_off() -> None:
    soon = lesson("soon", "planned", NOW + 5 * MINUTE, ("p1",))
    later = lesson("later", "planned", NOW + 120 * MINUTE, ("p2",))
    away = [seen(ago_ms=HEARD_WITHIN_MS + 1)]
    found = wall_of(soon, later, p1=away, p2=away, x1=[seen(None, "microphone.silent")])
    rooms = {one.id: (one.state, one.reasons) for group in found.communities for one in group.rooms}
    assert rooms == {
        "c1": ("none", []),
        "p1": ("red", ["silent"]),
        "p2": ("off", []),
        "x1": ("red", ["microphone.silent"]),
    }
    assert found.rooms == {"green": 0, "amber": 0, "red": 2, "off": 1, "none": 1}
    well = wall_of(p1=[seen()], p2=[seen(None, "camera.black")])
    assert well.rooms == {"green": 1, "amber": 1, "red": 0, "off": 0, "none": 2}


def test_a_live_lesson_asks_for_its_room_before_one_to_come() -> None:
    found = wall_of(
        lesson("live", "live", NOW - 20 * MINUTE), lesson("next", "planned", NOW + 10 * MINUTE), p1=[seen("live")]
    )
    assert next(one for one in found.communities[0].rooms if one.id == "p1").state == "green"


def test_rooms_stand_by_community_the_centre_first_and_those_of_none_last() -> None:
    found = wall_of()
    assert [(one.name, [room.id for room in one.rooms]) for one in found.communities] == [
        ("一共同体", ["c1", "p1", "p2"]),
        ("", ["x1"]),
    ]


def test_a_room_without_a_lesson_for_longer_than_the_policy_says_is_idle_and_lessons_are_counted_by_week() -> None:
    found = wall_of(
        lesson("long ago", "VALID", NOW - 7 * DAY - 1, ("p2",)),
        lesson("last week", "VALID", NOW - 7 * DAY, ("p1",)),
        lesson("monday", "VALID", MONDAY + 9 * 3_600_000, ("p1",)),
        lesson("not held", "UNREASONABLE_MISSED", NOW - 60 * MINUTE, ("p2",)),
    )
    assert (found.idle, found.idle_rooms) == (2, ["POINT · p2", "ALONE · x1"])
    assert {one.id: one.week for group in found.communities for one in group.rooms} == {
        "c1": 1,
        "p1": 1,
        "p2": 0,
        "x1": 0,
    }
    assert (found.week_per_room, found.communities[0].week) == (0.5, 1)


def test_an_empty_county_has_an_empty_wall() -> None:
    found = wall(SPAN, [], [], [], {})
    assert (found.communities, found.week_per_room, found.idle) == ([], 0.0, 0)
