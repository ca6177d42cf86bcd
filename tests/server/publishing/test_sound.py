"""Continuous sound out of what was recorded of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.publishing.sound import CONCEALED, SILENCE, SILENCE_SAMPLES, SILENT, Sound, continuous, packet_samples
from tests.server.recording.encoded import audio

FRAME = 960


def frames(*spans: tuple[int, int], size: int = 80) -> list[Sound]:
    """20 ms sounds in each span of ms."""
    times = [ms for start, end in spans for ms in range(start, end, 20)]
    return [(ms, size, FRAME, number) for number, ms in enumerate(times)]


def placed(sounds: list[Sound], end_ms: int) -> dict[int, int]:
    """number → ms at which it is played."""
    at, found = 0, {}
    for number in continuous(sounds, end_ms):
        if number >= 0:
            found[number] = at // 48
        at += SILENCE_SAMPLES if number < 0 else sounds[number][2]
    return found


def length_ms(sounds: list[Sound], end_ms: int) -> float:
    return sum(SILENCE_SAMPLES if n < 0 else sounds[n][2] for n in continuous(sounds, end_ms)) / 48


def test_sound_without_holes_stays_as_it_is() -> None:
    assert list(continuous(frames((0, 1000)), 1000)) == list(range(50))


def test_holes_at_the_beginning_middle_and_end_are_filled_with_silence() -> None:
    sounds = frames((200, 400), (1000, 1200))
    assert list(continuous(sounds, 2000)) == [*[-1] * 10, *range(10), *[-1] * 30, *range(10, 20), *[-1] * 40]


def test_nothing_recorded_is_silence_to_the_end() -> None:
    assert list(continuous([], 100)) == [-1] * 5


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 400)), max_size=60), st.integers(0, 20_000))
def test_the_length_is_exact_to_a_frame_and_no_sound_is_off_by_more_than_one(
    steps: list[tuple[int, int]], end_ms: int
) -> None:
    at, sounds = 0, []
    for number, (pause, size) in enumerate(steps):
        at += 20 + pause * 3
        sounds.append((at, size, FRAME, number))
    assert end_ms <= length_ms(sounds, end_ms) < end_ms + 20 + 20
    for number, ms in placed(sounds, end_ms).items():
        assert abs(ms - sounds[number][0]) <= 20


def test_a_short_loss_is_concealed_and_a_long_one_is_silence() -> None:
    assert list(continuous(frames((0, 200), (300, 400)), 400)) == [*range(10), *[CONCEALED] * 5, *range(10, 15)]
    assert list(continuous(frames((0, 200), (320, 420)), 420)) == [*range(10), *[SILENT] * 6, *range(10, 15)]
    assert list(continuous(frames((40, 80)), 80)) == [SILENT, SILENT, 0, 1]


def test_a_clock_that_drifts_is_followed_by_single_frames_at_quiet_places() -> None:
    sounds = [(round(n * 20 * 1.001), 20 if n % 50 == 49 else 80, FRAME, n) for n in range(6000)]
    order = list(continuous(sounds, 120_120))
    added = [index for index, number in enumerate(order) if number < 0]
    assert 5 <= len(added) <= 7
    assert all(order[index + 1] % 50 == 49 for index in added[:-1])
    assert [n for n in order if n >= 0] == list(range(6000))


def test_a_clock_that_runs_ahead_loses_single_frames_at_quiet_places() -> None:
    sounds = [(round(n * 20 * 0.999), 20 if n % 50 == 49 else 80, FRAME, n) for n in range(6000)]
    order = list(continuous(sounds, 119_880))
    gone = sorted(set(range(6000)) - set(order))
    assert 5 <= len(gone) <= 7
    assert all(number % 50 == 49 for number in gone)


def test_sounds_that_overlap_are_played_once() -> None:
    sounds = sorted(frames((0, 1000)) + [(ms, 80, FRAME, 100 + ms) for ms in range(500, 700, 20)])
    assert len([n for n in continuous(sounds, 1000) if n >= 0]) == 50


def test_opus_packets_tell_their_length() -> None:
    assert packet_samples(SILENCE) == 960
    assert {packet_samples(frame.payloads[0]) for frame in audio(1.0)} == {960}
    assert packet_samples(b"") == 0
    assert packet_samples(b"\x03") == 0
    assert packet_samples(b"\x1b\x03") == 2880 * 3
    assert packet_samples(b"\x79\x00") == 960 * 2
    assert packet_samples(b"\x80") == 120
