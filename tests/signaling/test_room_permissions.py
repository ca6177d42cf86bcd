"""Who may do what in a room, by role and by the floor."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from signaling.messages import (
    Ack,
    AddPage,
    BoardCheck,
    CallOn,
    ClearPage,
    CountPresent,
    EndLesson,
    Erase,
    Hand,
    Hello,
    Laser,
    Level,
    Link,
    Offer,
    Ping,
    Redo,
    ReturnFloor,
    SendNote,
    SendSignal,
    SetTalk,
    Sources,
    StartLesson,
    StrokeDrawn,
    TakeSignal,
    TurnPage,
    Undo,
)
from signaling.permissions import permits
from signaling.room import Room
from tests.signaling.room_tools import INK, STROKE, events, refused

EVERY = (
    Offer(connection=1, sdp=""), Sources(live=["camera"]), StartLesson(), EndLesson(), CallOn(participant="room-2"),
    ReturnFloor(), Hand(up=True), SetTalk(talk="discussion"), INK, STROKE,
    Erase(id="erase-01", page=1, objects=["stroke-0"]), ClearPage(id="clear-01", page=1), Undo(id="undo-001"),
    Redo(id="redo-001"), AddPage(id="page-001"), TurnPage(page=1), Laser(x=1, y=1), Level(value=3),
    Link(rtt_ms=1, loss_permille=0, down_kbps=1, up_kbps=1), BoardCheck(number=0, hash="0" * 64), Ack(number=1),
    Ping(sent_ms=1), SendSignal(signal="wait"), TakeSignal(participant="room-1"), CountPresent(present=9),
    SendNote(text="The loudspeaker hums."),
)  # fmt: skip


@pytest.mark.parametrize("who", ["room-1", "room-1.b", "watch-1", "help-1"])
def test_P10_a_role_that_may_not_is_refused_and_nothing_changes(live: Room, who: str) -> None:
    live.join(who, 1_500)
    live.receive("staff-1", replace(STROKE, id="stroke-0"), 1_600)
    screen = "b" if who.endswith(".b") else "a"
    for message in EVERY:
        role = live.fold.people[who].member.role
        if not permits(role, type(message), screen=screen):  # type: ignore[arg-type]
            assert refused(live, who, message) == "not_allowed", message


def test_P10_the_floor_brings_the_pen_and_takes_it_away(live: Room) -> None:
    assert refused(live, "room-1", STROKE) == "not_allowed"
    live.receive("staff-1", CallOn(participant="room-1"), 2_000)
    assert events(live.receive("room-1", STROKE, 2_100)) == [
        StrokeDrawn(id="stroke-1", page=1, colour="#1a1a1a", width=40, points=[1, 2, 3])
    ]
    assert refused(live, "room-2", replace(STROKE, id="stroke-2")) == "not_allowed"
    assert refused(live, "room-1", ClearPage(id="clear-01", page=1)) == "not_allowed"
    live.receive("room-1", ReturnFloor(), 2_200)
    assert refused(live, "room-1", Undo(id="undo-001")) == "not_allowed"


def test_P10_hello_comes_only_first(live: Room) -> None:
    assert refused(live, "staff-1", Hello(version=1, lesson="lesson-1")) == "bad_message"


def test_P13_before_class_there_is_a_board_but_no_floor(room: Room) -> None:
    for message in (CallOn(participant="room-1"), ReturnFloor(), SetTalk(talk="discussion")):
        assert refused(room, "staff-1", message) == "not_live"
    assert refused(room, "room-1", Hand(up=True)) == "not_live"
    assert len(events(room.receive("staff-1", STROKE, 900))) == 1
