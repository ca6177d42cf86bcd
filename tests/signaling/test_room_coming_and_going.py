"""Who comes into a room, goes away, comes back and is still there after a restart."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from signaling.cast import Cast, Member
from signaling.effects import Append, Record, Send
from signaling.errors import Refused
from signaling.messages import (
    CallOn,
    CameBack,
    FloorReturned,
    Hand,
    HandChanged,
    Joined,
    Left,
    LessonCard,
    Logged,
    Opened,
    Ping,
    RecordingChanged,
    Seat,
    Snapshot,
    StartLesson,
    View,
    Welcome,
    WentAway,
)
from signaling.room import Room
from tests.signaling.room_tools import STROKE, WALL, events, messages, of_kinds, told, view_of


def test_P11_a_log_begins_with_opened(card: LessonCard, cast: Cast) -> None:
    opened = Opened(version=1, lesson="lesson-1", mode="blended", wall=WALL)
    assert Room(card, cast).open(WALL) == [Append(1, 0, "server", opened)]


def test_P1_the_newcomer_is_welcomed_and_everybody_is_told(empty: Room) -> None:
    empty.join("staff-1", 100)
    effects = empty.join("room-1", 250)
    joined = Joined(participant="room-1", role="classroom")
    assert effects[0] == Append(3, 250, "room-1", joined)
    assert effects[1] == Send("staff-1", Logged(number=3, at=250, by="room-1", event=joined))
    welcome, snapshot, view = messages(effects, "room-1")
    assert isinstance(welcome, Welcome)
    assert (welcome.you, welcome.role, welcome.number, welcome.now_ms) == ("room-1", "classroom", 3, 250)
    assert [(p.id, p.presence) for p in welcome.people][:3] == [
        ("staff-1", "present"),
        ("room-1", "present"),
        ("room-2", "expected"),
    ]
    assert snapshot == Snapshot(state=empty.state())
    assert isinstance(view, View)


def test_P20_a_stranger_stays_outside(empty: Room) -> None:
    for stranger in ("room-9", "staff-1.b", "room-1.b.b", ""):
        with pytest.raises(Refused, match="not_in_lesson"):
            empty.join(stranger, 0)
    with pytest.raises(Refused, match="not_in_lesson"):
        empty.receive("room-1", Ping(sent_ms=1), 0)


def test_P20_a_broken_line_is_away_and_comes_back(live: Room) -> None:
    effects = live.lost("room-1", 5_000)
    assert events(effects) == [WentAway(participant="room-1")]
    assert told(effects, "staff-1") == [WentAway(participant="room-1")]
    assert messages(effects, "room-1") == []
    assert events(live.join("room-1", 9_500, after=live.number)) == [CameBack(participant="room-1", away_ms=4_500)]
    assert live.lost("room-9", 9_900) == []


def test_P21_place_hand_sources_and_floor_are_kept_while_away(live: Room) -> None:
    live.receive("room-1", Hand(up=True), 2_000)
    live.receive("staff-1", CallOn(participant="room-2"), 2_100)
    live.lost("room-1", 3_000)
    live.lost("room-2", 3_000)
    assert live.tick(32_999) == []
    assert live.fold.floor == "room-2"
    told = {person.id: person for person in live.state().people}
    assert (told["room-1"].hand, told["room-1"].presence) == (True, "away")
    assert told["room-2"].live == ["microphone", "camera"]
    effects = live.tick(33_000)
    assert events(effects) == [FloorReturned(participant="room-2")]
    assert view_of(effects, "room-3") == View(
        stage="board",
        seats=[Seat(slot=0, participant="staff-1", video="camera", audio="microphone", place="inset")],
    )


def test_P22_after_ten_minutes_away_the_place_is_lost(live: Room) -> None:
    live.receive("room-1", Hand(up=True), 2_000)
    live.lost("room-1", 3_000)
    assert events(live.tick(602_999)) == []
    assert events(live.tick(603_000)) == [
        HandChanged(participant="room-1", up=False),
        Left(participant="room-1", reason="expired"),
    ]
    told = {person.id: person for person in live.state().people}
    assert (told["room-1"].presence, told["room-1"].live) == ("left", [])
    assert events(live.join("room-1", 700_000)) == [Joined(participant="room-1", role="classroom")]


def test_P22_who_leaves_gives_floor_and_hand_back_first(live: Room) -> None:
    live.receive("staff-1", CallOn(participant="room-1"), 2_000)
    live.receive("room-1", Hand(up=True), 2_100)
    assert events(live.leave("room-1", 3_000)) == [
        FloorReturned(participant="room-1"),
        HandChanged(participant="room-1", up=False),
        Left(participant="room-1", reason="left"),
    ]
    assert live.leave("room-1", 3_100) == []


def test_P24_who_lacks_little_gets_the_events_who_lacks_much_a_snapshot(live: Room) -> None:
    held = live.number
    live.lost("room-1", 2_000)
    missed = [live.receive("staff-1", replace(STROKE, id=f"stroke-{n:04d}"), 3_000) for n in range(1_990)]
    effects = live.join("room-1", 4_000, after=held)
    assert [message.number for message in messages(effects, "room-1") if isinstance(message, Logged)] == list(
        range(held + 1, live.number + 1)
    )
    assert len(missed) == 1_990
    live.lost("room-1", 5_000)
    for n in range(1_990, 2_010):
        live.receive("staff-1", replace(STROKE, id=f"stroke-{n:04d}"), 6_000)
    assert isinstance(messages(live.join("room-1", 7_000, after=held), "room-1")[1], Snapshot)


@pytest.mark.parametrize("after", [0, 99_999])
def test_P24_who_holds_nothing_or_another_log_gets_a_snapshot(live: Room, after: int) -> None:
    effects = live.join("room-1", 2_000, after=after)
    assert [type(message) for message in messages(effects, "room-1")] == [Welcome, Snapshot, View]


def test_P25_who_holds_everything_gets_no_event_again(live: Room) -> None:
    effects = live.join("room-1", 2_000, after=live.number)
    assert events(effects) == []
    assert [type(message) for message in messages(effects, "room-1")] == [Welcome, View]


def test_P23_after_a_restart_everybody_is_away_and_the_recording_goes_on(card: LessonCard, cast: Cast) -> None:
    room = Room(card, cast)
    effects = room.open(WALL) + room.join("staff-1", 100) + room.join("room-1", 200)
    effects += room.receive("staff-1", StartLesson(), 300) + room.receive("staff-1", CallOn(participant="room-1"), 400)
    again = Room.replay(card, cast, [effect.logged for effect in of_kinds(effects, Append)])
    assert again.state() == room.state()
    reopened = again.reopen(9_000)
    assert events(reopened) == [
        WentAway(participant="staff-1"),
        WentAway(participant="room-1"),
        RecordingChanged(on=True, reason="restart"),
    ]
    assert of_kinds(reopened, Record) == [Record(True, "restart")]
    assert again.fold.floor == "room-1"
    back = again.join("room-1", 10_000, after=room.number)
    assert events(back) == [CameBack(participant="room-1", away_ms=1_000)]
    assert [message.number for message in messages(back, "room-1") if isinstance(message, Logged)] == list(
        range(room.number + 1, again.number + 1)
    )


def test_P11_events_of_people_who_are_no_longer_in_the_cast_are_folded_without_them(
    card: LessonCard, cast: Cast
) -> None:
    room = Room(card, cast)
    effects = room.open(WALL) + room.join("room-3", 100) + room.join("staff-1", 100)
    effects += room.receive("staff-1", STROKE, 200)
    fewer = Cast([Member("staff-1", "lead", "中心小学", "主讲教师", "#1a1a1a")])
    again = Room.replay(card, fewer, [effect.logged for effect in of_kinds(effects, Append)])
    assert [person.id for person in again.state().people] == ["staff-1"]
    assert again.state().board == room.state().board
