"""RTP timestamps on the lesson's clock."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.recording.timeline import STEP_NS, Timeline

MS = 1_000_000
ZERO_NS = 7_000_000_000_000


def run(clock_hz: int, steps_ms: list[int], first_rtp: int, errors_ms: list[int] | None = None) -> list[int]:
    """Lesson times in µs of frames `steps_ms` apart whose capture estimates are wrong by `errors_ms`."""
    timeline = Timeline(clock_hz, ZERO_NS)
    at_ms, found = 100, []
    for index, step in enumerate(steps_ms):
        at_ms += step
        rtp = (first_rtp + at_ms * clock_hz // 1000) & 0xFFFF_FFFF
        error = errors_ms[index % len(errors_ms)] if errors_ms else 0
        found.append(timeline.lesson_us(rtp, ZERO_NS + (at_ms + error) * MS))
    return found


@given(
    st.lists(st.integers(5, 2000), min_size=1, max_size=200),
    st.integers(0, 0xFFFF_FFFF),
    st.sampled_from([48_000, 90_000]),
)
def test_exact_clocks_give_exact_times_across_wraps(steps: list[int], first_rtp: int, clock_hz: int) -> None:
    found = run(clock_hz, steps, first_rtp)
    at, expected = 100_000, []
    for step in steps:
        at += step * 1000
        expected.append(at)
    assert all(abs(a - b) <= 1 for a, b in zip(found, expected, strict=True))


@given(
    st.lists(st.integers(0, 0xFFFF_FFFF), min_size=2, max_size=60), st.lists(st.integers(-(10**12), 10**12), min_size=2)
)
def test_time_never_runs_backwards_whatever_a_sender_says(stamps: list[int], captures: list[int]) -> None:
    timeline = Timeline(90_000, 0)
    found = [timeline.lesson_us(rtp, captures[index % len(captures)]) for index, rtp in enumerate(stamps)]
    assert found == sorted(found)


def test_a_clock_that_drifts_stays_within_two_milliseconds() -> None:
    timeline = Timeline(48_000, 0)
    worst = 0
    for number in range(150_000):
        true_ns = number * 20 * MS
        rtp = round(number * 960 * 1.0001) & 0xFFFF_FFFF
        worst = max(worst, abs(timeline.lesson_us(rtp, true_ns) - true_ns // 1000))
    assert worst < 2_000


def test_jitter_of_the_estimate_is_smoothed_away() -> None:
    found = run(48_000, [20] * 500, 0, errors_ms=[-30, 30, 5, -5, 20, -20, 0])
    steps = [b - a for a, b in pairwise(found[50:])]
    assert all(abs(step - 20_000) <= 2_500 for step in steps)
    assert abs(found[-1] - (100 + 500 * 20) * 1000) < 10_000


def test_a_correction_by_a_sender_report_is_worked_off_within_two_seconds() -> None:
    timeline = Timeline(90_000, 0)
    times = [
        timeline.lesson_us(number * 3600, (number * 40 + (80 if number < 25 else 0)) * MS) for number in range(100)
    ]
    assert times[24] == (24 * 40 + 80) * 1000
    assert abs(times[75] - 75 * 40 * 1000) < 5_000
    assert times == sorted(times)


def test_a_new_beginning_of_the_timestamps_is_followed_at_once() -> None:
    timeline = Timeline(90_000, 0)
    before = [timeline.lesson_us(number * 3600, number * 40 * MS) for number in range(10)]
    after = [timeline.lesson_us(0x7000_0000 + number * 3600, (400 + number * 40) * MS) for number in range(10)]
    assert before + after == [number * 40_000 for number in range(20)]


def test_an_error_of_a_step_is_not_taken_for_drift() -> None:
    timeline = Timeline(48_000, 0)
    timeline.lesson_us(0, 0)
    assert timeline.lesson_us(960, 20 * MS + STEP_NS) == (20 * MS + STEP_NS) // 1000
