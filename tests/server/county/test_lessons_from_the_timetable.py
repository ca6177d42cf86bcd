"""Entries become dated lessons; making them again changes only what changed, and nothing that was held."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.county.calendar import Calendar, moment_ms
from server.county.making import Changes, Made, plan_of, reconcile
from server.county.timetable import (
    Bell,
    Bells,
    Change,
    Dated,
    Entry,
    Hours,
    SeatedClass,
    date_lessons,
    fault_of,
)

ZONE = ZoneInfo("Asia/Shanghai")
TERM = Calendar(
    begins=date(2026, 9, 1),
    ends=date(2026, 10, 31),
    zone=ZONE,
    special={date(2026, 10, 1): None, date(2026, 10, 10): date(2026, 10, 1)},
)
THURSDAYS = [date(2026, 9, day) for day in (3, 10, 17, 24)] + [date(2026, 10, day) for day in (8, 10, 15, 22, 29)]
"""The Thursdays of the term: 1 October is a holiday, and Saturday the 10th is taught as it."""
MORNING = Hours(600, 640)
ART = Entry(
    id="entry-art",
    term_id="term",
    community_id="community",
    weekday=4,
    starts_min=600,
    ends_min=640,
    subject_id="subject-art",
    lead_id="staff-1",
    lead_room_id="room-0",
    mode="blended",
    rooms=("room-1", "room-2"),
    classes=(SeatedClass("class-1", "room-1"), SeatedClass("class-0", "room-0")),
)


def lessons(*entries: Entry, changes: tuple[Change, ...] = (), term: Calendar = TERM) -> list[Dated]:
    keyed = {(change.entry_id, change.day): change for change in changes}
    return list(date_lessons(term, [(entry, MORNING) for entry in entries], keyed))


def as_made(wanted: list[Dated], open_: bool = True) -> list[Made]:
    return [
        Made(lesson_id=f"lesson-{dated.day}", key=dated.key, plan=plan_of(dated), open=open_ and not dated.cancelled)
        for dated in wanted
    ]


def test_an_entry_is_a_lesson_on_each_of_its_weekdays_but_holidays_and_on_make_up_days() -> None:
    assert [dated.day for dated in lessons(ART)] == THURSDAYS


def test_an_entry_of_some_weeks_is_a_lesson_in_those_alone() -> None:
    assert [dated.day for dated in lessons(replace(ART, weeks="1,3"))] == [date(2026, 9, 3), date(2026, 9, 17)]
    followed = lessons(replace(ART, weeks="5"))
    assert [dated.day for dated in followed] == [date(2026, 10, 10)], "the make-up day stands for week 5"


def test_a_lesson_is_at_its_local_time() -> None:
    first = lessons(ART)[0]
    assert first.start_ms == moment_ms(date(2026, 9, 3), 600, ZONE)
    assert first.end_ms - first.start_ms == 40 * 60_000


def test_a_cancelled_day_keeps_its_lesson_with_the_reason() -> None:
    cancelled = Change(entry_id=ART.id, day=THURSDAYS[1], kind="cancelled", reason="停电")
    assert [dated.cancelled for dated in lessons(ART, changes=(cancelled,))][:3] == [None, "停电", None]


def test_a_moved_day_keeps_its_key_and_has_another_time_and_teacher() -> None:
    moved = Change(
        entry_id=ART.id,
        day=THURSDAYS[0],
        kind="changed",
        to_day=date(2026, 9, 4),
        starts_min=480,
        ends_min=520,
        lead_id="staff-2",
    )
    first = lessons(ART, changes=(moved,))[0]
    assert first.key == (ART.id, THURSDAYS[0])
    assert (first.start_ms, first.entry.lead_id) == (moment_ms(date(2026, 9, 4), 480, ZONE), "staff-2")


def test_a_school_with_bells_of_its_own_has_only_its_own() -> None:
    def bell(school: str | None, period: int, starts: int) -> Bell:
        return Bell(school_id=school, period=period, starts_min=starts, ends_min=starts + 40)

    bells = Bells([bell(None, 1, 480), bell(None, 2, 530), bell("late", 1, 570)])
    by_period = replace(ART, period=2, starts_min=None, ends_min=None)
    assert bells.of_entry(by_period, "any") == Hours(530, 570)
    assert bells.of_entry(by_period, None) == Hours(530, 570)
    assert bells.of_entry(by_period, "late") is None
    assert bells.hours(1, "late") == Hours(570, 610)
    assert bells.of_entry(ART, "late") == MORNING


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"weekday": 0}, "bad_weekday"),
        ({"weekday": 8}, "bad_weekday"),
        ({"period": 1}, "period_or_time"),
        ({"starts_min": None, "ends_min": None}, "period_or_time"),
        ({"ends_min": None}, "period_or_time"),
        ({"starts_min": 640}, "ends_before_start"),
        ({"ends_min": 1441}, "ends_before_start"),
        ({"weeks": "first"}, "bad_weeks"),
        ({"rooms": ()}, "no_classroom"),
        ({"rooms": ("a", "b", "c", "d"), "classes": ()}, "too_many_classrooms"),
        ({"rooms": ("room-1", "room-1"), "classes": ()}, "room_twice"),
        ({"rooms": ("room-1", "room-0")}, "room_twice"),
        ({"classes": (SeatedClass("c", "room-1"), SeatedClass("c", "room-2"))}, "class_twice"),
        ({"classes": (SeatedClass("c", "room-9"),)}, "class_not_in_a_room"),
        ({"mode": "delivery"}, "delivery_without_centre_class"),
        ({}, None),
    ],
)
def test_an_impossible_entry_is_named_by_code(wrong: dict[str, object], code: str | None) -> None:
    assert fault_of(replace(ART, **wrong)) == code


# --- making lessons again --------------------------------------------------------------------------------------

BEFORE = moment_ms(date(2026, 8, 1), 0, ZONE)
IN_OCTOBER = moment_ms(date(2026, 10, 1), 0, ZONE)
NOTHING = Changes((), (), ())


def test_the_first_making_makes_every_lesson_ahead() -> None:
    changes = reconcile([], lessons(ART), IN_OCTOBER)
    assert [key for key, _ in changes.make] == [(ART.id, day) for day in THURSDAYS if day.month == 10]
    assert (changes.change, changes.withdraw) == ((), ())


def test_making_again_finds_nothing_to_do() -> None:
    assert reconcile(as_made(lessons(ART)), lessons(ART), BEFORE) == NOTHING


def test_a_change_of_the_entry_reaches_what_lies_ahead_and_no_lesson_of_the_past() -> None:
    later = replace(ART, lead_id="staff-2")
    changes = reconcile(as_made(lessons(ART)), lessons(later), IN_OCTOBER)
    assert [lesson_id for lesson_id, _ in changes.change] == [f"lesson-{day}" for day in THURSDAYS if day.month == 10]
    assert {plan.lead_id for _, plan in changes.change} == {"staff-2"}
    assert (changes.make, changes.withdraw) == ((), ())


def test_a_lesson_that_began_or_was_judged_is_never_touched() -> None:
    assert reconcile(as_made(lessons(ART), open_=False), [], BEFORE) == NOTHING


def test_a_removed_entry_withdraws_its_lessons_ahead() -> None:
    changes = reconcile(as_made(lessons(ART)), [], IN_OCTOBER)
    assert changes.withdraw == tuple(f"lesson-{day}" for day in THURSDAYS if day.month == 10)


def test_a_new_holiday_withdraws_its_day_alone() -> None:
    with_holiday = Calendar(TERM.begins, TERM.ends, ZONE, {**TERM.special, THURSDAYS[2]: None})
    changes = reconcile(as_made(lessons(ART)), lessons(ART, term=with_holiday), BEFORE)
    assert changes == Changes((), (), (f"lesson-{THURSDAYS[2]}",))


ENTRIES = st.builds(
    lambda number, weekday, weeks, lead: replace(
        ART, id=f"entry-{number}", weekday=weekday, weeks=weeks, lead_id=f"staff-{lead}"
    ),
    st.integers(1, 5),
    st.integers(1, 7),
    st.sampled_from(["", "1-4", "2-8 even"]),
    st.integers(1, 2),
)
TIMETABLES = st.lists(ENTRIES, max_size=5, unique_by=lambda entry: entry.id)
MOMENTS = st.integers(BEFORE, moment_ms(date(2026, 11, 30), 0, ZONE))


def carried_out(made: list[Made], changes: Changes) -> list[Made]:
    """The store after `changes`."""
    plans = dict(changes.change)
    kept = [replace(lesson, plan=plans.get(lesson.lesson_id, lesson.plan)) for lesson in made]
    new = [Made(lesson_id=f"{key[0]} {key[1]}", key=key, plan=plan, open=True) for key, plan in changes.make]
    return [lesson for lesson in kept if lesson.lesson_id not in changes.withdraw] + new


@given(TIMETABLES, TIMETABLES, MOMENTS, MOMENTS)
def test_after_any_change_the_future_is_the_new_timetable_and_the_past_the_old_one(
    old: list[Entry], new: list[Entry], first_ms: int, second_ms: int
) -> None:
    now_ms = max(first_ms, second_ms)
    made = carried_out([], reconcile([], lessons(*old), min(first_ms, second_ms)))
    after = carried_out(made, reconcile(made, lessons(*new), now_ms))
    assert len({lesson.key for lesson in after}) == len(after)
    past = {lesson.key: lesson.plan for lesson in made if lesson.plan.start_ms <= now_ms}
    assert {lesson.key: lesson.plan for lesson in after if lesson.plan.start_ms <= now_ms} == past
    wanted = {dated.key: plan_of(dated) for dated in lessons(*new) if dated.start_ms > now_ms}
    assert {lesson.key: lesson.plan for lesson in after if lesson.plan.start_ms > now_ms} == wanted
    assert reconcile(after, lessons(*new), now_ms) == NOTHING
