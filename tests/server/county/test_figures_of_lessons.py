"""Counts and rates of a span of lessons, by value."""

from __future__ import annotations

from server.county.figures import Counted, Figures, figures_of

NOW = 1_000


def test_rates_are_of_lessons_that_were_due_by_now() -> None:
    lessons = [
        Counted("VALID", "timetable", 500, ("valid", "invalid")),
        Counted("VALID", "planned", 600, ("valid",)),
        Counted("INVALID", "timetable", 700, ("absent",)),
        Counted("UNREASONABLE_MISSED", "timetable", 800, (None,)),
        Counted("REASONABLE_MISSED", "timetable", 900, (None,)),
        Counted("planned", "timetable", NOW + 1, (None,)),
        Counted("VALID", "self_initiated", 500, ("valid",)),
    ]
    assert figures_of(lessons, NOW) == Figures(
        states={"VALID": 3, "INVALID": 1, "UNREASONABLE_MISSED": 1, "REASONABLE_MISSED": 1, "planned": 1},
        due=5,
        valid=2,
        excused=1,
        pairs_due=6,
        pairs_valid=2,
        commencement=0.5,
        strict=0.4,
        listening=2 / 6,
    )


def test_a_lesson_is_due_from_the_moment_it_should_have_ended() -> None:
    assert figures_of([Counted("live", "timetable", NOW)], NOW).due == 1
    assert figures_of([Counted("live", "timetable", NOW + 1)], NOW).due == 0


def test_where_nothing_was_due_there_is_no_rate() -> None:
    found = figures_of([Counted("REASONABLE_MISSED", "timetable", 1, ())], NOW)
    assert (found.commencement, found.strict, found.listening) == (None, 0.0, None)
    assert figures_of([], NOW).strict is None
