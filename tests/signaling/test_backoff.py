"""How long a client waits and tries, by value; the pages hold the same (web/tests/signaling/backoff.test.ts)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.ws.backoff import attempt_s, pause_s, stale_s
from signaling.ws.round_trip import RoundTrip


@given(failures=st.integers(0, 1_000), chance=st.floats(0, 1, exclude_max=True))
def test_P73_the_pause_between_attempts_stays_within_its_bounds(failures: int, chance: float) -> None:
    assert 0.2 <= pause_s(failures, chance) <= 1.5


def test_P73_the_pause_is_never_under_a_fifth_of_a_second_and_its_limit_doubles() -> None:
    assert [(pause_s(failures, 0.0), pause_s(failures, 1.0)) for failures in (0, 1, 2, 3, 1_000)] == [
        (0.2, 0.4),
        (0.2, 0.8),
        (0.2, 1.5),
        (0.2, 1.5),
        (0.2, 1.5),
    ]


def test_P73_only_a_long_line_or_one_of_which_nothing_is_known_is_given_more_than_two_seconds() -> None:
    assert [attempt_s(failures, 0.149) for failures in (0, 1, 2, 1_000)] == [2.0, 2.0, 2.0, 2.0]
    assert [attempt_s(failures, 0.0) for failures in (0, 1, 2, 1_000)] == [2.0, 4.0, 6.0, 6.0]
    assert [attempt_s(failures, 0.15) for failures in (0, 1, 2)] == [2.0, 4.0, 6.0]
    assert [attempt_s(failures, 0.6) for failures in (0, 1)] == [pytest.approx(4.8), 6.0]


def test_P73_a_sign_of_life_leaves_an_attempt_the_time_that_the_line_takes() -> None:
    assert [stale_s(round_trip_s) for round_trip_s in (0.0, 0.05, 0.6)] == [1.0, 1.0, pytest.approx(2.4)]


def test_what_stood_behind_a_cut_makes_no_line_long() -> None:
    line = RoundTrip()
    assert (line.smoothed_s, line.shortest_s) == (0.0, 0.0)
    for took_s in (0.6, 8.6):
        line.took(took_s)
    assert line.smoothed_s == pytest.approx(1.6)
    assert line.shortest_s == 0.6
    for _ in range(8):
        line.took(0.9)
    assert line.shortest_s == 0.9
