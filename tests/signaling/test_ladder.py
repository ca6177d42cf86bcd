"""What a narrow line is given, by value: the table of the ladder and what it leaves of a screen."""

from __future__ import annotations

from typing import get_args

import pytest

from signaling.ladder import LADDER, carries_pictures, fitted, ration, rung_for
from signaling.layout import Actor, Placed, Scene
from signaling.messages import Quality, Rung, Source

LEAD = Actor("staff-1", "lead", live=frozenset[Source]({"microphone", "low_speech", "camera", "screen", "media_sound"}))
FLOOR = Actor("room-1", "classroom", live=frozenset[Source]({"microphone", "low_speech", "camera"}))
OTHER = Actor("room-2", "classroom", live=frozenset[Source]({"microphone", "camera"}))
SCREEN = [
    Placed("room-1", "person", "stage", "camera", "microphone"),
    Placed("staff-1", "screen", "inset", "screen", "media_sound"),
    Placed("staff-1", "person", "inset", "camera", "microphone"),
    Placed("room-2", "person", "strip", "camera", "microphone"),
]


def scene(floor: str | None = "room-1") -> Scene:
    return Scene("blended", "live", "discussion", floor, (LEAD, FLOOR, OTHER))


def left_on(rung: Rung, floor: str | None = "room-1") -> list[tuple[str, Source | None, Source | None]]:
    return [(one.of, one.video, one.audio) for one in fitted(SCREEN, scene(floor), ration(rung, "good"))]


@pytest.mark.parametrize(
    ("budget", "rung"),
    [
        (None, "full"),
        (1_200_000, "full"),
        (1_199_999, "smaller"),
        (300_000, "speaker"),
        (120_000, "sound"),
        (60_000, "voice"),
    ],
)
def test_a_budget_has_one_rung(budget: int | None, rung: Rung) -> None:
    assert rung_for(budget) == rung


def test_each_rung_needs_less_than_the_one_above_it_and_the_last_needs_nothing() -> None:
    needs = [ration.from_bps for ration in LADDER]
    assert needs == sorted(needs, reverse=True)
    assert needs[-1] == 0


@pytest.mark.parametrize("rung", ["full", "smaller"])
def test_the_upper_rungs_leave_the_screen_as_it_is(rung: Rung) -> None:
    assert fitted(SCREEN, scene(), ration(rung, "good")) == SCREEN


def test_then_one_picture_and_low_speech_where_it_is_sent() -> None:
    assert left_on("speaker") == [
        ("room-1", "camera", "low_speech"),
        ("staff-1", None, "media_sound"),
        ("staff-1", None, "low_speech"),
        ("room-2", None, "microphone"),
    ]


def test_then_sound_alone_without_a_films() -> None:
    assert left_on("sound") == [
        ("room-1", None, "low_speech"),
        ("staff-1", None, None),
        ("staff-1", None, "low_speech"),
        ("room-2", None, "microphone"),
    ]


@pytest.mark.parametrize(("floor", "heard"), [("room-1", "room-1"), ("room-2", "room-2"), (None, "staff-1")])
def test_at_last_one_voice_that_of_the_floor_or_the_leads(floor: str | None, heard: str) -> None:
    assert [who for who, _, audio in left_on("voice", floor) if audio] == [heard]
    assert not [video for _, video, _ in left_on("voice", floor) if video]


@pytest.mark.parametrize(
    ("rung", "quality", "stands"), [("full", "lost", "speaker"), ("voice", "lost", "voice"), ("full", "weak", "full")]
)
def test_a_line_that_its_own_end_calls_lost_stands_low_at_once(rung: Rung, quality: Quality, stands: Rung) -> None:
    assert ration(rung, quality).rung == stands


def test_only_the_two_lowest_rungs_carry_no_pictures() -> None:
    assert [rung for rung in get_args(Rung) if not carries_pictures(rung)] == ["sound", "voice"]
