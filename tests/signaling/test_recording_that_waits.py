"""A recorder that stopped by itself waits to go on: over a restart too, and never past the end of class."""

from __future__ import annotations

import pytest

from signaling.cast import Cast
from signaling.effects import Append, Effect, Record
from signaling.messages import EndLesson, LessonCard, Logged, RecordingChanged, StartLesson
from signaling.room import Room
from tests.signaling.conftest import WALL


def _logged(effects: list[Effect]) -> list[Logged]:
    return [effect.logged for effect in effects if isinstance(effect, Append)]


@pytest.fixture
def room(card: LessonCard, cast: Cast) -> Room:
    return Room(card, cast)


@pytest.fixture
def begun(room: Room) -> list[Logged]:
    """The log of a class that began."""
    effects = room.open(WALL) + room.join("staff-1", 100) + room.receive("staff-1", StartLesson(), 200)
    return _logged(effects)


def test_P23_a_recording_that_stood_still_is_taken_up_after_a_restart_without_a_word(
    room: Room, begun: list[Logged]
) -> None:
    log = begun + _logged(room.recording_changed(False, "consent", 300))
    again = Room.replay(room.fold.card, room.fold.cast, log)
    effects = again.reopen(9_000)
    assert [effect for effect in effects if isinstance(effect, Record)] == [Record(True, "restart")]
    assert not [one for one in _logged(effects) if isinstance(one.event, RecordingChanged)]
    assert (again.fold.recording, again.fold.recording_reason) == (False, "consent")
    assert [one.event for one in _logged(again.recording_changed(True, "lesson", 9_100))] == [
        RecordingChanged(on=True, reason="lesson")
    ]


def test_P23_a_class_that_its_lead_did_not_want_recorded_is_not_recorded_after_a_restart(room: Room) -> None:
    effects = room.open(WALL) + room.join("staff-1", 100) + room.receive("staff-1", StartLesson(record=False), 200)
    again = Room.replay(room.fold.card, room.fold.cast, _logged(effects))
    assert not [effect for effect in again.reopen(9_000) if isinstance(effect, Record)]


def test_P14_what_the_recorder_says_after_class_is_not_logged(room: Room, begun: list[Logged]) -> None:
    room.receive("staff-1", EndLesson(), 300)
    assert room.recording_changed(False, "consent", 310) == []
    assert room.recording_changed(True, "lesson", 320) == []
