"""Weeks, holidays, make-up days, and what local times mean in UTC."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.county.calendar import Calendar, local_day, local_minute, moment_ms
from server.county.weeks import BadWeeks, format_weeks, parse_weeks

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000
AUTUMN = Calendar(
    begins=date(2026, 9, 1),  # a Tuesday
    ends=date(2027, 1, 22),
    zone=SHANGHAI,
    special={date(2026, 10, 1): None, date(2026, 10, 2): None, date(2026, 10, 10): date(2026, 10, 2)},
)


def utc_ms(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


def test_week_one_is_the_week_the_first_day_lies_in() -> None:
    days = [date(2026, 9, 1), date(2026, 9, 6), date(2026, 9, 7), date(2026, 8, 31), date(2026, 8, 30)]
    assert [AUTUMN.week_of(day) for day in days] == [1, 1, 2, 1, 0]
    assert AUTUMN.weeks() == range(1, 22)


def test_a_holiday_has_no_lessons_and_a_make_up_day_those_of_the_day_it_follows() -> None:
    taught = dict(AUTUMN.days())
    assert date(2026, 10, 1) not in taught
    assert taught[date(2026, 10, 10)] == date(2026, 10, 2)
    assert taught[date(2026, 10, 9)] == date(2026, 10, 9)


def test_outside_the_term_there_is_no_school() -> None:
    assert AUTUMN.taught_as(date(2026, 8, 31)) is None
    assert AUTUMN.taught_as(date(2027, 1, 23)) is None
    assert AUTUMN.taught_as(date(2027, 1, 22)) == date(2027, 1, 22)


def test_a_local_time_is_the_moment_its_zone_says() -> None:
    assert moment_ms(date(2026, 9, 1), 10 * 60, SHANGHAI) == utc_ms("2026-09-01T02:00:00")
    assert moment_ms(date(2026, 9, 1), 24 * 60, SHANGHAI) == utc_ms("2026-09-01T16:00:00")


def test_a_lesson_stays_at_its_wall_clock_time_when_the_clocks_change() -> None:
    term = Calendar(date(2026, 3, 2), date(2026, 7, 3), BERLIN)
    before, after = term.span_ms(date(2026, 3, 27), 480, 525), term.span_ms(date(2026, 3, 30), 480, 525)
    assert before == (utc_ms("2026-03-27T07:00:00"), utc_ms("2026-03-27T07:45:00"))
    assert after == (utc_ms("2026-03-30T06:00:00"), utc_ms("2026-03-30T06:45:00"))


def test_a_start_that_the_clocks_skip_is_an_hour_later_and_the_lesson_as_long() -> None:
    term = Calendar(date(2026, 3, 2), date(2026, 7, 3), BERLIN)
    assert term.span_ms(date(2026, 3, 29), 150, 195) == (utc_ms("2026-03-29T01:30:00"), utc_ms("2026-03-29T02:15:00"))


def test_a_start_that_comes_twice_is_the_first() -> None:
    term = Calendar(date(2026, 9, 1), date(2027, 1, 22), BERLIN)
    assert term.span_ms(date(2026, 10, 25), 150, 195)[0] == utc_ms("2026-10-25T00:30:00")


def test_days_of_a_clock_change_have_23_and_25_hours() -> None:
    term = Calendar(date(2026, 1, 1), date(2026, 12, 31), BERLIN)
    lengths = [term.day_ms(day)[1] - term.day_ms(day)[0] for day in (date(2026, 3, 29), date(2026, 10, 25))]
    assert lengths == [23 * HOUR_MS, 25 * HOUR_MS]


@given(
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Chatham", "Asia/Urumqi"]),
    st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    st.integers(0, 1439),
)
def test_a_moment_shows_the_day_and_minute_it_was_made_of(zone_name: str, day: date, minute: int) -> None:
    zone = ZoneInfo(zone_name)
    utc = moment_ms(day, minute, zone)
    shown = local_day(utc, zone), local_minute(utc, zone)
    naive = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    skipped = naive.replace(tzinfo=zone).utcoffset() != naive.replace(tzinfo=zone, fold=1).utcoffset()
    assert shown == (day, minute) or (skipped and shown > (day, minute))


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("1-4", {1, 2, 3, 4}),
        ("3", {3}),
        ("1-3, 8", {1, 2, 3, 8}),
        ("1-8 odd", {1, 3, 5, 7}),
        ("2 - 8 even,9", {2, 4, 6, 8, 9}),
        ("１-３，８", {1, 2, 3, 8}),
    ],
)
def test_weeks_are_read_as_people_write_them(text: str, weeks: set[int]) -> None:
    assert parse_weeks(text) == weeks


@pytest.mark.parametrize("text", ["x", "0", "5-3", "1-99", "1,,2", "1;2", "-3", "1-4 third", "4 odd"])
def test_other_texts_name_no_weeks(text: str) -> None:
    with pytest.raises(BadWeeks):
        parse_weeks(text)


def test_an_empty_text_is_every_week() -> None:
    assert parse_weeks("  ") is None
    assert format_weeks(None) == ""


@given(st.frozensets(st.integers(1, 60), min_size=1))
def test_weeks_written_are_weeks_read(weeks: frozenset[int]) -> None:
    assert parse_weeks(format_weeks(weeks)) == weeks
