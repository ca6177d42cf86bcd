"""What came through a weak line stands beside the line's bars."""

from __future__ import annotations

import pytest

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
    came = Came(
        every(20 * MS, 0, 30 * S), every(50 * MS, 0, 30 * S), [(at, at + 80 * MS) for at in every(S, 0, 30 * S)], 30, 30
    )
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
    verdict = judge(profile(*bars), [10 * S, 20 * S], Came(sounds, pictures, [], 4, 1), 20)
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
    came = Came(every(20 * MS, 13 * S, 20 * S), [], [(11 * S, 15 * S), (14 * S, 14 * S + 100 * MS)], 0, 0)
    verdict = judge(profile(settles_s=3), [10 * S, 20 * S], came, 20)
    assert (verdict.figures["speech_pct"], verdict.figures["stroke_p95_ms"]) == (100.0, 100.0)


def test_a_cut_is_over_when_both_sound_and_picture_flow_again() -> None:
    bars = (Bar("back_s", "<=", 1.5),)
    phases = [10 * S, 20 * S, 30 * S]
    cut = profile(*bars, phases=2, healed_after=0)
    back = judge(cut, phases, Came([5 * S, 21 * S], [5 * S, 21 * S + 400 * MS], [], 0, 0), 20)
    assert (back.figures["back_s"], back.bars[0].ok) == (1.4, True)
    never = judge(cut, phases, Came([5 * S, 21 * S], [5 * S], [], 0, 0), 20)
    assert (never.figures["back_s"], never.bars[0].value, never.bars[0].ok) == (None, None, False)


def test_lines_that_need_a_page_a_full_board_a_relay_or_a_move_are_not_rehearsed() -> None:
    left_out = {each.name for each in (*PROFILES, *LONG)} - set(rehearsed_lines())
    assert left_out == {"roam", "tcp", "relay", "late128"}
