"""What came through a weak line stands beside the line's bars."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from classroom_client import texts
from classroom_client.lines.line import Conditions
from classroom_client.lines.profiles import LONG, PROFILES, Bar, Phase, Profile, rehearsed_lines
from classroom_client.rehearsal.line_verdict import Came, judge, missed

S = 1_000_000_000
MS = 1_000_000


def profile(*bars: Bar, phases: int = 1, healed_after: int | None = None, settles_s: float = 0.0) -> Profile:
    line = Phase(10.0, Conditions(), Conditions())
    return Profile("line", (line,) * phases, bars, healed_after=healed_after, settles_s=settles_s)


def every(step_ns: int, since_ns: int, until_ns: int) -> list[int]:
    return list(range(since_ns, until_ns, step_ns))


def test_all_that_was_sent_came() -> None:
    strokes = [(at, at + 80 * MS) for at in every(S, 0, 30 * S)]
    sounds = every(20 * MS, 0, 30 * S)
    came = Came(sounds, every(50 * MS, 0, 30 * S), strokes, 30, 30, spoken=sounds)
    verdict = judge(profile(Bar("speech_pct", ">=", 99), Bar("strokes_lost", "<=", 0)), [10 * S, 20 * S], came, 20)
    assert verdict.figures == {
        "speech_pct": 100.0,
        "longest_gap_s": 0.02,
        "fps": 20.0,
        "freeze_pct": 0.0,
        "stroke_p95_ms": 80.0,
        "strokes_lost": 0.0,
        "fps_fell_pct": 0.0,
    }
    assert [(bar.value, bar.ok) for bar in verdict.bars] == [(100.0, True), (0.0, True)]
    assert missed(verdict) == []


def test_a_silence_and_a_frozen_picture_are_counted_and_missed_bars_are_named() -> None:
    sounds = every(20 * MS, 0, 12 * S) + every(20 * MS, 14 * S, 20 * S)
    pictures = every(50 * MS, 0, 15 * S) + every(50 * MS, 18 * S, 20 * S)
    bars = (Bar("speech_pct", ">=", 97), Bar("freeze_pct", "<=", 3))
    verdict = judge(profile(*bars), [10 * S, 20 * S], Came(sounds, pictures, [], 4, 1, spoken=sounds), 20)
    assert verdict.figures["speech_pct"] == 80.0
    assert verdict.figures["longest_gap_s"] == 2.02
    assert verdict.figures["freeze_pct"] == pytest.approx(30.5)
    assert verdict.figures["stroke_p95_ms"] is None
    assert verdict.figures["strokes_lost"] == 3
    assert [(each.code, each.values["measure"], each.values["value"]) for each in missed(verdict)] == [
        ("line_bar", "speech_pct", "80"),
        ("line_bar", "freeze_pct", "30.5"),
    ]


def test_a_steady_line_is_judged_once_it_has_settled() -> None:
    sounds = every(20 * MS, 13 * S, 20 * S)
    came = Came(sounds, [], [(11 * S, 15 * S), (14 * S, 14 * S + 100 * MS)], 0, 0, spoken=sounds)
    verdict = judge(profile(settles_s=3), [10 * S, 20 * S], came, 20)
    assert (verdict.figures["speech_pct"], verdict.figures["stroke_p95_ms"]) == (100.0, 100.0)


def test_speech_is_what_was_said_in_that_time_however_late_it_came() -> None:
    said = every(20 * MS, 0, 30 * S)
    heard = [at + (300 if at < 18 * S else 800) * MS for at in said]
    verdict = judge(profile(), [10 * S, 20 * S], Came(heard, [], [], 0, 0, spoken=said), 20)
    assert verdict.figures["speech_pct"] == 100.0


def test_a_cut_is_over_when_both_sound_and_picture_flow_again() -> None:
    bars = (Bar("back_s", "<=", 1.5),)
    phases = [10 * S, 20 * S, 30 * S]
    cut = profile(*bars, phases=2, healed_after=0)
    back = judge(cut, phases, Came([5 * S, 21 * S], [5 * S, 21 * S + 400 * MS], [], 0, 0), 20)
    assert (back.figures["back_s"], back.bars[0].ok) == (1.4, True)
    never = judge(cut, phases, Came([5 * S, 21 * S], [5 * S], [], 0, 0), 20)
    assert (never.figures["back_s"], never.bars[0].value, never.bars[0].ok) == (None, None, False)


def test_a_room_that_came_anew_is_judged_from_its_first_picture_on() -> None:
    line = replace(profile(Bar("first_picture_s", "<=", 2), Bar("fps", ">=", 15)), rejoins=True)
    pictures = [10 * S, *range(11 * S, 20 * S, 50 * MS)]
    came = Came([], pictures, anew_ns=10 * S + 100 * MS)
    verdict = judge(line, [10 * S, 20 * S], came, 20)
    assert (verdict.figures["first_picture_s"], verdict.figures["fps"]) == (1.0, 20.0)
    never = judge(line, [10 * S, 20 * S], Came([], [10 * S], anew_ns=10 * S + 100 * MS), 20)
    assert (never.figures["first_picture_s"], [bar.ok for bar in never.bars]) == (None, [False, False])
    assert judge(line, [10 * S, 20 * S], Came([], pictures), 20).figures["first_picture_s"] is None, "it did not"


def test_a_move_takes_as_long_as_the_longest_time_without_sound_or_picture() -> None:
    line = profile(Bar("back_s", "<=", 3), phases=2, healed_after=-1)
    sounds = [*range(10 * S, 20 * S, 20 * MS), *range(22 * S, 30 * S, 20 * MS)]
    pictures = [*range(10 * S, 14 * S, 50 * MS), *range(15 * S + 500 * MS, 30 * S, 50 * MS)]
    assert judge(line, [10 * S, 20 * S, 30 * S], Came(sounds, pictures), 20).figures["back_s"] == 2.0


def test_a_line_that_needs_a_full_board_is_not_rehearsed() -> None:
    left_out = {each.name for each in (*PROFILES, *LONG)} - set(rehearsed_lines())
    assert left_out == {"late128"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_bar_of_a_rehearsed_line_has_words(language: str) -> None:
    words = json.loads((Path(texts.__file__).parent / f"locale/{language}.json").read_text())
    for line in rehearsed_lines().values():
        verdict = judge(line, [(10 + n) * S for n in range(len(line.phases) + 1)], Came(), 20)
        assert verdict.bars
        assert {f"rehearse.bar.{bar.measure}" for bar in verdict.bars} <= set(words)
