"""Rows about crossing: what counts as crossing, and that lessons in which nothing came do not pass."""

from __future__ import annotations

from typing import Any

from bench.crossing import figures, rows_of


def result(*failures: str, lessons: int = 13, came: int = 10, due: int = 10) -> dict[str, Any]:
    received = {"pictures": came, "pictures_due": due, "sounds": came, "sounds_due": due}
    return {
        "lessons": lessons, "participants": 52, "server_cpu_pct": 50.0,
        "failures": list(failures), "received": received,
    }  # fmt: skip


def ok(told: dict[str, Any]) -> list[bool]:
    rows = rows_of(13, 3)
    return [row.meets(figure.value) for row, figure in zip(rows, figures(told, 13), strict=True)]


def test_late_lessons_in_which_everything_came_pass() -> None:
    assert ok(result("frames_lost: x", "join_slow: y")) == [True, True, True]


def test_what_is_anothers_or_nobodys_crosses() -> None:
    for code in ("picture_of_wrong_participant", "frame_unknown", "sound_unknown", "recording_sound_wrong"):
        assert ok(result(f"{code}: x")) == [False, True, True]


def test_nothing_that_comes_is_no_proof() -> None:
    assert ok(result(came=9)) == [True, False, True]
    assert ok(result(came=0, due=0)) == [True, False, True]


def test_who_is_not_there_is_no_proof() -> None:
    assert ok(result("join_failed: x")) == [True, True, False]
    assert ok(result("worker_failed: x", lessons=6)) == [True, True, False]
