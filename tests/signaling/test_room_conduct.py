"""The conduct of a class: start and end, floor, hands, talk, and what passes through without a number."""

from __future__ import annotations

import pytest

from signaling.effects import Append, Close, Record, Send
from signaling.messages import (
    Ack,
    CallOn,
    Ended,
    EndLesson,
    FloorGiven,
    FloorReturned,
    Goodbye,
    Hand,
    HandChanged,
    InkSeen,
    Laser,
    LaserSeen,
    Level,
    LevelSeen,
    Offer,
    Ping,
    Pong,
    RecordingChanged,
    Redo,
    ReturnFloor,
    SetTalk,
    Snapshot,
    Sources,
    SourcesChanged,
    Started,
    StartLesson,
    TalkChanged,
    TurnPage,
    Welcome,
)
from signaling.room import Room
from tests.signaling.room_tools import INK, ROOMS, STROKE, events, messages, of_kinds, refused, told


def test_P13_start_begins_class_and_recording_once(room: Room) -> None:
    effects = room.receive("staff-1", StartLesson(), 1_000)
    assert events(effects) == [Started(), RecordingChanged(on=True, reason="lesson")]
    assert of_kinds(effects, Record) == [Record(True, "lesson")]
    assert told(effects, "staff-1") == told(effects, "room-3") == events(effects)
    assert room.receive("staff-1", StartLesson(), 1_100) == []
    assert (room.state().phase, room.state().started_at, room.state().recording) == ("live", 1_000, True)


def test_P19_the_lead_may_refuse_the_recording(room: Room) -> None:
    effects = room.receive("staff-1", StartLesson(record=False), 1_000)
    assert events(effects) == [Started(), RecordingChanged(on=False, reason="refused")]
    assert of_kinds(effects, Record) == []


def test_P19_a_recording_that_stops_by_itself_is_told(live: Room) -> None:
    effects = live.recording_changed(False, "disk_full", 2_000)
    assert events(effects) == [RecordingChanged(on=False, reason="disk_full")]
    assert live.recording_changed(False, "disk_full", 2_100) == []
    assert events(live.recording_changed(True, "lesson", 3_000)) == [RecordingChanged(on=True, reason="lesson")]


def test_P14_end_says_goodbye_to_all_and_nothing_follows(live: Room) -> None:
    live.receive("staff-1", CallOn(participant="room-1"), 2_000)
    effects = live.receive("staff-1", EndLesson(), 3_000)
    assert events(effects) == [Ended(reason="lead"), RecordingChanged(on=False, reason="ended")]
    assert of_kinds(effects, Record) == [Record(False, "ended")]
    for who in ("staff-1", *ROOMS):
        assert messages(effects, who)[-1] == Goodbye(code="ended", retry=False)
    assert effects[-2:] == [Send("room-3", Goodbye(code="ended", retry=False)), Close("room-3", "ended")]
    assert live.receive("staff-1", EndLesson(), 3_100) == []
    assert live.lost("room-1", 3_200) == live.tick(10_000_000) == live.reopen(4_000) == []
    assert refused(live, "staff-1", STROKE) == "lesson_ended"
    late = live.join("room-2", 4_000)
    assert events(late) == []
    assert [type(message) for message in messages(late, "room-2")][:2] == [Welcome, Snapshot]
    assert late[-2:] == [Send("room-2", Goodbye(code="ended", retry=False)), Close("room-2", "ended")]


def test_P14_who_comes_when_all_is_over_changes_nothing_for_others(live: Room) -> None:
    live.receive("staff-1", EndLesson(), 3_000)
    before = live.state()
    late = live.join("room-2.b", 4_000)
    assert {effect.to for effect in of_kinds(late, Send)} == {"room-2.b"}
    assert live.state() == before, "the log knows of no second window"


def test_P14_an_admin_may_end_it_from_inside_and_outside(live: Room) -> None:
    live.join("admin-1", 2_000)
    assert events(live.receive("admin-1", EndLesson(), 2_100))[0] == Ended(reason="admin")
    assert live.end("admin", 2_200) == []


def test_P14_an_empty_room_ends_a_quarter_of_an_hour_after_its_planned_end(live: Room) -> None:
    planned_end = 45 * 60_000  # 08:40, 45 minutes after the log was opened
    limit = planned_end + 15 * 60_000
    live.tick(limit + 1)
    assert live.state().phase == "live", "there are people in it"
    for who in ("staff-1", *ROOMS):
        live.lost(who, 10_000)
    live.tick(limit - 1)
    assert live.state().phase == "live"
    assert Ended(reason="timeout") in events(live.tick(limit))


def test_P15_call_on_gives_the_floor_and_lowers_the_hand(live: Room) -> None:
    live.receive("room-1", Hand(up=True), 2_000)
    effects = live.receive("staff-1", CallOn(participant="room-1"), 2_500)
    assert events(effects) == [FloorGiven(participant="room-1"), HandChanged(participant="room-1", up=False)]
    assert live.receive("staff-1", CallOn(participant="room-1"), 2_600) == []
    assert events(live.receive("staff-1", CallOn(participant="room-2"), 2_700)) == [FloorGiven(participant="room-2")]
    assert live.fold.floor == "room-2"


@pytest.mark.parametrize("who", ["room-9", "staff-1", "watch-1", "room-1.b"])
def test_P15_only_a_classroom_that_is_here_can_be_called_on(live: Room, who: str) -> None:
    live.join("room-1.b", 1_500)
    assert refused(live, "staff-1", CallOn(participant=who)) == "not_in_lesson"
    live.leave("room-2", 1_600)
    assert refused(live, "staff-1", CallOn(participant="room-2")) == "not_in_lesson"


def test_P16_the_floor_goes_back_by_lead_or_holder(live: Room) -> None:
    assert live.receive("staff-1", ReturnFloor(), 1_500) == []
    for who in ("staff-1", "room-1"):
        live.receive("staff-1", CallOn(participant="room-1"), 2_000)
        effects = live.receive(who, ReturnFloor(), 2_100)
        assert effects[0] == Append(live.number, 2_100, who, FloorReturned(participant="room-1"))


def test_P17_hands_are_raised_from_either_window_and_lowered_by_the_lead(live: Room) -> None:
    live.join("room-1.b", 1_500)
    assert events(live.receive("room-1.b", Hand(up=True), 2_000)) == [HandChanged(participant="room-1", up=True)]
    assert live.receive("room-1", Hand(up=True), 2_100) == []
    assert {person.id: person.hand_at for person in live.state().people}["room-1"] == 2_000
    assert refused(live, "room-2", Hand(up=False, participant="room-1")) == "not_allowed"
    assert refused(live, "staff-1", Hand(up=True, participant="room-2")) == "not_allowed"
    lowered = live.receive("staff-1", Hand(up=False, participant="room-1"), 2_200)
    assert events(lowered) == [HandChanged(participant="room-1", up=False)]


def test_P18_sources_are_told_in_the_order_of_the_lines_and_once(live: Room) -> None:
    effects = live.receive("room-1", Sources(live=["camera", "camera", "microphone", "camera2"]), 2_000)
    assert events(effects) == [SourcesChanged(participant="room-1", live=["microphone", "camera", "camera2"])]
    assert live.receive("room-1", Sources(live=["camera2", "camera", "microphone"]), 2_100) == []


def test_P11_talk_is_an_event(live: Room) -> None:
    assert events(live.receive("staff-1", SetTalk(talk="discussion"), 2_000)) == [TalkChanged(talk="discussion")]
    assert live.receive("staff-1", SetTalk(talk="discussion"), 2_100) == []


def test_P11_ink_and_laser_go_to_all_others_a_level_to_the_lead_without_a_number(live: Room) -> None:
    number = live.number
    others = ROOMS
    assert live.receive("staff-1", INK, 2_000) == [Send(who, InkSeen(by="staff-1", ink=INK)) for who in others]
    assert live.receive("staff-1", Laser(x=5, y=6), 2_000) == [
        Send(who, LaserSeen(by="staff-1", x=5, y=6)) for who in others
    ]
    assert live.receive("room-1", Level(value=40), 2_000) == [Send("staff-1", LevelSeen(by="room-1", value=40))]
    assert live.receive("room-1", Ping(sent_ms=77), 2_000) == [Send("room-1", Pong(sent_ms=77, now_ms=2_000))]
    assert live.receive("room-1", Ack(number=3), 2_000) == []
    assert live.receive("room-1", Offer(connection=1, sdp="v=0"), 2_000) == []
    assert live.number == number


def test_P11_a_clock_that_runs_backwards_does_not_reach_the_log(live: Room) -> None:
    live.receive("room-1", Hand(up=True), 9_000)
    effects = live.receive("room-2", Hand(up=True), 3_000)
    assert effects[0] == Append(live.number, 9_000, "room-2", HandChanged(participant="room-2", up=True))


def test_P12_an_operation_that_comes_twice_is_refused_already_done(live: Room) -> None:
    live.receive("staff-1", STROKE, 2_000)
    assert refused(live, "staff-1", STROKE) == "already_done"


def test_P5_a_refused_board_message_changes_nothing(live: Room) -> None:
    assert refused(live, "staff-1", TurnPage(page=7)) == "no_such_page"
    assert refused(live, "staff-1", Redo(id="redo-001")) == "nothing_to_redo"
