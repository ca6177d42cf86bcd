"""When things are shown and heard, by values."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classroom_client.playout import (
    DELAY_S,
    FRAMES_MAX,
    RATE_HZ,
    SOUND_MAX_S,
    AudioPlayout,
    SlotClock,
    VideoPlayout,
    mix,
)


def test_jitter_is_evened_out_to_the_fastest_packet() -> None:
    clock = SlotClock()
    lateness = [0.0, 0.03, 0.01, 0.06, 0.0, 0.05]
    dues = [clock.due(0.04 * n, 100 + 0.04 * n + late) for n, late in enumerate(lateness)]
    assert np.allclose(dues, [100 + 0.04 * n + DELAY_S for n in range(6)])


def test_a_line_that_got_slower_for_good_is_followed_after_the_window() -> None:
    clock = SlotClock()
    clock.due(0.0, 10.0)
    for n in range(1, 120):
        due = clock.due(0.1 * n, 10.3 + 0.1 * n)
    assert abs(due - (0.1 * 119 + 10.3 + DELAY_S)) < 1e-9


def test_a_new_stream_starts_a_new_clock() -> None:
    clock = SlotClock()
    clock.due(0.0, 10.0)
    assert clock.due(5000.0, 11.0) == 11.0 + DELAY_S


def test_the_latest_due_picture_is_shown_and_the_others_are_passed_over() -> None:
    playout: VideoPlayout[str] = VideoPlayout()
    for name, due in (("a", 1.0), ("b", 1.1), ("c", 1.3)):
        playout.push(name, due)
    assert [playout.pick(now) for now in (0.9, 1.2, 1.25, 2.0, 3.0)] == [None, "b", None, "c", None]


def test_pictures_nobody_picks_do_not_pile_up() -> None:
    playout: VideoPlayout[int] = VideoPlayout()
    for n in range(10 * FRAMES_MAX):
        playout.push(n, float(n))
    assert playout.pick(9 * FRAMES_MAX) == 9 * FRAMES_MAX
    playout.clear()
    assert playout.pick(1e9) is None


def ramp(start: int, count: int) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.float32)


def test_sound_begins_after_the_delay_and_comes_out_as_it_went_in() -> None:
    playout = AudioPlayout()
    playout.push(ramp(1, 1000))
    assert not playout.pull(960).any()
    playout.push(ramp(1001, 5000))
    assert np.array_equal(playout.pull(960), ramp(1, 960))
    assert np.array_equal(playout.pull(480), ramp(961, 480))


def test_sound_that_runs_out_is_silence_until_enough_waits_again() -> None:
    playout = AudioPlayout()
    playout.push(ramp(1, 4000))
    out = np.concatenate([playout.pull(960) for _ in range(5)])
    assert np.array_equal(out[:4000], ramp(1, 4000))
    assert not out[4000:].any()
    playout.push(ramp(1, 960))
    assert not playout.pull(960).any()


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3000)), max_size=80))
def test_sound_is_bounded_and_in_order(steps: list[tuple[bool, int]]) -> None:
    playout = AudioPlayout()
    sent, last = 1, 0.0
    for is_push, count in steps:
        if is_push:
            playout.push(ramp(sent, count))
            sent += count
        else:
            heard = playout.pull(count)
            heard = heard[heard > 0]
            assert (np.diff(heard) >= 1).all()
            if heard.size:
                assert heard[0] > last
                last = float(heard[-1])
        assert playout.held_s <= SOUND_MAX_S


def test_a_mix_is_the_sum_within_bounds() -> None:
    half = np.full(4, 0.5, np.float32)
    assert mix([half, half / 2], 4).tolist() == [0.75] * 4
    assert mix([half, half, half], 4).tolist() == [1.0] * 4
    assert mix([], 4).tolist() == [0.0] * 4
    assert RATE_HZ == 48_000
