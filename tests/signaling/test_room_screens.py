"""Routes and views follow who is shown, and layers who looks."""

from __future__ import annotations

from signaling.cast import Cast
from signaling.effects import Route, Want
from signaling.messages import (
    CallOn,
    LessonCard,
    ReturnFloor,
    Seat,
    Sources,
    StartLesson,
    View,
)
from signaling.room import Room
from tests.signaling.room_tools import STROKE, WALL, of_kinds, view_of


def test_P40_routes_and_views_are_told_only_when_they_change(live: Room) -> None:
    effects = live.receive("staff-1", CallOn(participant="room-1"), 2_000)
    assert of_kinds(effects, Route) == [
        Route("staff-1", 0, "video", "room-1", "camera", "f"),
        Route("staff-1", 0, "audio", "room-1", "microphone"),
        Route("room-2", 1, "video", "room-1", "camera", "f"),
        Route("room-2", 1, "audio", "room-1", "microphone"),
        Route("room-3", 1, "video", "room-1", "camera", "f"),
        Route("room-3", 1, "audio", "room-1", "microphone"),
    ]
    assert of_kinds(effects, Want) == [Want("room-1", "camera", ("h", "f"))]
    assert view_of(effects, "room-1") is None
    assert view_of(effects, "room-2") == View(
        stage="seat",
        seats=[
            Seat(slot=1, participant="room-1", video="camera", audio="microphone", place="stage"),
            Seat(slot=0, participant="staff-1", video="camera", audio="microphone", place="inset"),
        ],
    )
    back = live.receive("staff-1", ReturnFloor(), 3_000)
    assert Route("room-2", 1, "video") in back
    assert Route("room-2", 1, "audio") in back
    assert of_kinds(live.receive("staff-1", STROKE, 3_100), Route, Want) == []


def test_P40_who_comes_back_is_told_its_view_and_keeps_its_routes(live: Room) -> None:
    live.lost("room-1", 2_000)
    effects = live.join("room-1", 2_500, after=live.number)
    assert view_of(effects, "room-1") is not None
    assert of_kinds(effects, Route, Want) == []


def test_P40_who_left_has_no_routes_and_no_seat(live: Room) -> None:
    effects = live.leave("room-1", 2_000)
    assert Route("room-1", 0, "video") in effects
    assert Route("staff-1", 0, "video") in effects
    view = view_of(effects, "staff-1")
    assert view is not None
    assert [seat.participant for seat in view.seats] == ["room-2", "room-3"]


def test_P47_the_recording_wants_layers_that_nobody_looks_at(card: LessonCard, cast: Cast) -> None:
    room = Room(card, cast)
    room.open(WALL)
    room.join("staff-1", 0)
    assert of_kinds(room.receive("staff-1", Sources(live=["camera"]), 100), Want) == [Want("staff-1", "camera", ())]
    assert of_kinds(room.receive("staff-1", StartLesson(), 200), Want) == [Want("staff-1", "camera", ("f",))]
