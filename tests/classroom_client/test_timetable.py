"""Which lesson a room goes to, and which comes next."""

from __future__ import annotations

from classroom_client.entry import Card, You
from classroom_client.entry import Person as CardPerson
from classroom_client.timetable import JOIN_BEFORE_MS, SOON_MS, choose, following, is_soon, start_ms
from signaling.messages import LessonCard


def card(lesson: str, state: str, start: str) -> Card:
    known = LessonCard(id=lesson, title="", subject="", mode="blended", planned_start=start, planned_end=start)
    return Card(known, state, CardPerson("s"), [], You("room-1", "classroom"))


def test_the_live_lesson_comes_before_the_next_planned_one() -> None:
    early, late = card("a", "planned", "2026-03-02T02:00:00Z"), card("b", "planned", "2026-03-02T03:00:00Z")
    live, over = card("c", "live", "2026-03-02T04:00:00Z"), card("d", "VALID", "2026-03-02T01:00:00Z")
    bell_ms = start_ms(early)
    assert choose([late, early, over], bell_ms) is early
    assert choose([late, early, live, over], bell_ms) is live
    assert choose([over], bell_ms) is None


def test_a_planned_lesson_is_gone_to_ten_minutes_before_its_bell() -> None:
    soon = card("a", "planned", "2026-03-02T02:00:00Z")
    assert choose([soon], start_ms(soon) - JOIN_BEFORE_MS - 1) is None
    assert choose([soon], start_ms(soon) - JOIN_BEFORE_MS) is soon


def test_the_next_lesson_is_the_first_whose_bell_has_not_rung() -> None:
    early, late = card("a", "planned", "2026-03-02T02:00:00Z"), card("b", "planned", "2026-03-02T03:00:00Z")
    assert following([late, early, card("c", "live", "2026-03-02T02:30:00Z")], start_ms(early) - 1) is early
    assert following([late, early], start_ms(early)) is late
    assert following([late], start_ms(late)) is None


def test_a_lesson_is_soon_within_the_hour_before_its_bell_and_while_it_has_not_begun_after_it() -> None:
    one = card("a", "planned", "2026-03-02T02:00:00Z")
    before_ms = (SOON_MS, SOON_MS - 1, 0, -SOON_MS)
    assert [is_soon([one], start_ms(one) - ms) for ms in before_ms] == [False, True, True, True]
    assert not is_soon([card("b", "live", "2026-03-02T02:00:00Z")], start_ms(one))
