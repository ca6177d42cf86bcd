"""The room by value: messages and the time in, effects out."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from signaling.cast import Cast, Member
from signaling.effects import Append, Close, Effect, Record, Route, Send, Want
from signaling.errors import Refused
from signaling.messages import (
    Ack,
    AddPage,
    AnyEvent,
    BoardCheck,
    BoardChecked,
    BoardDiffered,
    CallOn,
    CameBack,
    ClearPage,
    CountPresent,
    DrawStroke,
    Ended,
    EndLesson,
    Erase,
    FloorGiven,
    FloorReturned,
    FromClient,
    Goodbye,
    Hand,
    HandChanged,
    Hello,
    Ink,
    InkSeen,
    Joined,
    Laser,
    LaserSeen,
    Left,
    LessonCard,
    Level,
    LevelSeen,
    Link,
    LinkMeasured,
    LinkSeen,
    Logged,
    Offer,
    Opened,
    Ping,
    Pong,
    RecordingChanged,
    Redo,
    ReturnFloor,
    RungChanged,
    Seat,
    SendNote,
    SendSignal,
    SetTalk,
    Snapshot,
    Sources,
    SourcesChanged,
    Started,
    StartLesson,
    StrokeDrawn,
    TakeSignal,
    TalkChanged,
    TurnPage,
    Undo,
    View,
    Welcome,
    WentAway,
)
from signaling.permissions import permits
from signaling.room import Room

WALL = "2026-03-02T07:55:00Z"
ROOMS = ("room-1", "room-2", "room-3")
STROKE = DrawStroke(id="stroke-1", page=1, colour="#1a1a1a", width=40, points=[1, 2, 3])
INK = Ink(id="stroke-1", page=1, colour="#1a1a1a", width=40, start=0, points=[1, 2, 3])


def _messages(effects: list[Effect], to: str) -> list[Any]:
    return [effect.message for effect in effects if isinstance(effect, Send) and effect.to == to]


def _events(effects: list[Effect]) -> list[AnyEvent]:
    return [effect.event for effect in effects if isinstance(effect, Append)]


def _told(effects: list[Effect], to: str) -> list[AnyEvent]:
    return [message.event for message in _messages(effects, to) if isinstance(message, Logged)]


def _of(effects: list[Effect], *kinds: type) -> list[Any]:
    return [effect for effect in effects if isinstance(effect, kinds)]


def _view(effects: list[Effect], to: str) -> View | None:
    views = [message for message in _messages(effects, to) if isinstance(message, View)]
    return views[-1] if views else None


@pytest.fixture
def empty(card: LessonCard, cast: Cast) -> Room:
    room = Room(card, cast)
    room.open(WALL)
    return room


@pytest.fixture
def room(empty: Room) -> Room:
    """The lead and three classrooms, all with camera and microphone, before class."""
    for who in ("staff-1", *ROOMS):
        empty.join(who, 100)
        empty.receive(who, Sources(live=["microphone", "camera"]), 200)
    return empty


@pytest.fixture
def live(room: Room) -> Room:
    room.receive("staff-1", StartLesson(), 1_000)
    return room


def refused(room: Room, who: str, message: FromClient, now_ms: int = 2_000) -> str:
    """The refusal's code; the room is as it was."""
    before = room.state()
    with pytest.raises(Refused) as error:
        room.receive(who, message, now_ms)
    assert room.state() == before
    return error.value.code


# --- coming in ---------------------------------------------------------------------------------------------


def test_P11_a_log_begins_with_opened(card: LessonCard, cast: Cast) -> None:
    opened = Opened(version=1, lesson="lesson-1", mode="blended", wall=WALL)
    assert Room(card, cast).open(WALL) == [Append(1, 0, "server", opened)]


def test_P1_the_newcomer_is_welcomed_and_everybody_is_told(empty: Room) -> None:
    empty.join("staff-1", 100)
    effects = empty.join("room-1", 250)
    joined = Joined(participant="room-1", role="classroom")
    assert effects[0] == Append(3, 250, "room-1", joined)
    assert effects[1] == Send("staff-1", Logged(number=3, at=250, by="room-1", event=joined))
    welcome, snapshot, view = _messages(effects, "room-1")
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
    assert _events(effects) == [WentAway(participant="room-1")]
    assert _told(effects, "staff-1") == [WentAway(participant="room-1")]
    assert _messages(effects, "room-1") == []
    assert _events(live.join("room-1", 9_500, after=live.number)) == [CameBack(participant="room-1", away_ms=4_500)]
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
    assert _events(effects) == [FloorReturned(participant="room-2")]
    assert _view(effects, "room-3") == View(
        stage="board",
        seats=[Seat(slot=0, participant="staff-1", video="camera", audio="microphone", place="inset")],
    )


def test_P22_after_ten_minutes_away_the_place_is_lost(live: Room) -> None:
    live.receive("room-1", Hand(up=True), 2_000)
    live.lost("room-1", 3_000)
    assert _events(live.tick(602_999)) == []
    assert _events(live.tick(603_000)) == [
        HandChanged(participant="room-1", up=False),
        Left(participant="room-1", reason="expired"),
    ]
    told = {person.id: person for person in live.state().people}
    assert (told["room-1"].presence, told["room-1"].live) == ("left", [])
    assert _events(live.join("room-1", 700_000)) == [Joined(participant="room-1", role="classroom")]


def test_P22_who_leaves_gives_floor_and_hand_back_first(live: Room) -> None:
    live.receive("staff-1", CallOn(participant="room-1"), 2_000)
    live.receive("room-1", Hand(up=True), 2_100)
    assert _events(live.leave("room-1", 3_000)) == [
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
    assert [message.number for message in _messages(effects, "room-1") if isinstance(message, Logged)] == list(
        range(held + 1, live.number + 1)
    )
    assert len(missed) == 1_990
    live.lost("room-1", 5_000)
    for n in range(1_990, 2_010):
        live.receive("staff-1", replace(STROKE, id=f"stroke-{n:04d}"), 6_000)
    assert isinstance(_messages(live.join("room-1", 7_000, after=held), "room-1")[1], Snapshot)


@pytest.mark.parametrize("after", [0, 99_999])
def test_P24_who_holds_nothing_or_another_log_gets_a_snapshot(live: Room, after: int) -> None:
    effects = live.join("room-1", 2_000, after=after)
    assert [type(message) for message in _messages(effects, "room-1")] == [Welcome, Snapshot, View]


def test_P25_who_holds_everything_gets_no_event_again(live: Room) -> None:
    effects = live.join("room-1", 2_000, after=live.number)
    assert _events(effects) == []
    assert [type(message) for message in _messages(effects, "room-1")] == [Welcome, View]


# --- who may -----------------------------------------------------------------------------------------------

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
    assert _events(live.receive("room-1", STROKE, 2_100)) == [
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
    assert len(_events(room.receive("staff-1", STROKE, 900))) == 1


# --- conduct -----------------------------------------------------------------------------------------------


def test_P13_start_begins_class_and_recording_once(room: Room) -> None:
    effects = room.receive("staff-1", StartLesson(), 1_000)
    assert _events(effects) == [Started(), RecordingChanged(on=True, reason="lesson")]
    assert _of(effects, Record) == [Record(True, "lesson")]
    assert _told(effects, "staff-1") == _told(effects, "room-3") == _events(effects)
    assert room.receive("staff-1", StartLesson(), 1_100) == []
    assert (room.state().phase, room.state().started_at, room.state().recording) == ("live", 1_000, True)


def test_P19_the_lead_may_refuse_the_recording(room: Room) -> None:
    effects = room.receive("staff-1", StartLesson(record=False), 1_000)
    assert _events(effects) == [Started(), RecordingChanged(on=False, reason="refused")]
    assert _of(effects, Record) == []


def test_P19_a_recording_that_stops_by_itself_is_told(live: Room) -> None:
    effects = live.recording_changed(False, "disk_full", 2_000)
    assert _events(effects) == [RecordingChanged(on=False, reason="disk_full")]
    assert live.recording_changed(False, "disk_full", 2_100) == []
    assert _events(live.recording_changed(True, "lesson", 3_000)) == [RecordingChanged(on=True, reason="lesson")]


def test_P14_end_says_goodbye_to_all_and_nothing_follows(live: Room) -> None:
    live.receive("staff-1", CallOn(participant="room-1"), 2_000)
    effects = live.receive("staff-1", EndLesson(), 3_000)
    assert _events(effects) == [Ended(reason="lead"), RecordingChanged(on=False, reason="ended")]
    assert _of(effects, Record) == [Record(False, "ended")]
    for who in ("staff-1", *ROOMS):
        assert _messages(effects, who)[-1] == Goodbye(code="ended", retry=False)
    assert effects[-2:] == [Send("room-3", Goodbye(code="ended", retry=False)), Close("room-3", "ended")]
    assert live.receive("staff-1", EndLesson(), 3_100) == []
    assert live.lost("room-1", 3_200) == live.tick(10_000_000) == live.reopen(4_000) == []
    assert refused(live, "staff-1", STROKE) == "lesson_ended"
    late = live.join("room-2", 4_000)
    assert _events(late) == []
    assert [type(message) for message in _messages(late, "room-2")][:2] == [Welcome, Snapshot]
    assert late[-2:] == [Send("room-2", Goodbye(code="ended", retry=False)), Close("room-2", "ended")]


def test_P14_an_admin_may_end_it_from_inside_and_outside(live: Room) -> None:
    live.join("admin-1", 2_000)
    assert _events(live.receive("admin-1", EndLesson(), 2_100))[0] == Ended(reason="admin")
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
    assert Ended(reason="timeout") in _events(live.tick(limit))


def test_P15_call_on_gives_the_floor_and_lowers_the_hand(live: Room) -> None:
    live.receive("room-1", Hand(up=True), 2_000)
    effects = live.receive("staff-1", CallOn(participant="room-1"), 2_500)
    assert _events(effects) == [FloorGiven(participant="room-1"), HandChanged(participant="room-1", up=False)]
    assert live.receive("staff-1", CallOn(participant="room-1"), 2_600) == []
    assert _events(live.receive("staff-1", CallOn(participant="room-2"), 2_700)) == [FloorGiven(participant="room-2")]
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
    assert _events(live.receive("room-1.b", Hand(up=True), 2_000)) == [HandChanged(participant="room-1", up=True)]
    assert live.receive("room-1", Hand(up=True), 2_100) == []
    assert {person.id: person.hand_at for person in live.state().people}["room-1"] == 2_000
    assert refused(live, "room-2", Hand(up=False, participant="room-1")) == "not_allowed"
    assert refused(live, "staff-1", Hand(up=True, participant="room-2")) == "not_allowed"
    lowered = live.receive("staff-1", Hand(up=False, participant="room-1"), 2_200)
    assert _events(lowered) == [HandChanged(participant="room-1", up=False)]


def test_P18_sources_are_told_in_the_order_of_the_lines_and_once(live: Room) -> None:
    effects = live.receive("room-1", Sources(live=["camera", "camera", "microphone", "camera2"]), 2_000)
    assert _events(effects) == [SourcesChanged(participant="room-1", live=["microphone", "camera", "camera2"])]
    assert live.receive("room-1", Sources(live=["camera2", "camera", "microphone"]), 2_100) == []


def test_P11_talk_is_an_event(live: Room) -> None:
    assert _events(live.receive("staff-1", SetTalk(talk="discussion"), 2_000)) == [TalkChanged(talk="discussion")]
    assert live.receive("staff-1", SetTalk(talk="discussion"), 2_100) == []


# --- what passes through -----------------------------------------------------------------------------------


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


# --- links and checks --------------------------------------------------------------------------------------


def _link(rtt_ms: int = 20, loss_permille: int = 0, freeze_ms: int = 0) -> Link:
    return Link(rtt_ms=rtt_ms, loss_permille=loss_permille, down_kbps=900, up_kbps=800, freeze_ms=freeze_ms)


def test_P28_reports_go_to_the_lead_at_once_and_to_the_log_once_a_minute(live: Room) -> None:
    seen = LinkSeen(participant="room-1", quality="good", rtt_ms=20, loss_permille=0, down_kbps=900, up_kbps=800)
    measured = LinkMeasured(
        participant="room-1", quality="good", rtt_ms=20, loss_permille=0, down_kbps=900, up_kbps=800
    )
    first = live.receive("room-1", _link(), 2_000)
    assert _events(first) == [measured]
    assert _messages(first, "staff-1")[0] == seen
    assert live.receive("room-1", _link(), 7_000) == [Send("staff-1", seen)]
    assert _events(live.receive("room-1", _link(), 61_999)) == []
    assert _events(live.receive("room-1", _link(), 62_000)) == [measured]


def test_P28_the_word_changes_slowly_and_the_change_is_logged(live: Room) -> None:
    words = []
    reports = [_link(rtt_ms=600)] + [_link(), _link(rtt_ms=600), _link(loss_permille=60)] + [_link()] * 3
    for number, link in enumerate(reports):
        effects = live.receive("room-1", link, 2_000 + number * 5_000)
        words.append((_messages(effects, "staff-1")[0].quality, len(_events(effects))))
    assert words == [("good", 1), ("good", 0), ("good", 0), ("weak", 1), ("weak", 0), ("weak", 0), ("good", 1)]


def test_P47_a_lost_line_gets_the_smallest_picture_and_low_speech(live: Room) -> None:
    live.receive("staff-1", Sources(live=["microphone", "camera"]), 1_500)
    live.receive("room-1", _link(rtt_ms=2_000), 2_000)
    effects = live.receive("room-1", _link(freeze_ms=4_000), 7_000)
    assert Route("room-1", 0, "video", "staff-1", "camera", "q") in effects
    assert Want("staff-1", "low_speech", ("f",)) in effects
    effects = live.receive("staff-1", Sources(live=["microphone", "low_speech", "camera"]), 7_100)
    assert Route("room-1", 0, "audio", "staff-1", "low_speech") in effects
    assert not [route for route in _of(effects, Route) if route.participant != "room-1"]


def test_P49_a_narrow_lines_rung_is_logged_once_and_its_screen_follows(live: Room) -> None:
    live.receive("staff-1", Sources(live=["microphone", "low_speech", "camera"]), 1_500)
    effects = live.rung_changed("room-1", "sound", 2_000)
    assert _events(effects) == [RungChanged(participant="room-1", rung="sound")]
    assert Route("room-1", 0, "video") in effects
    assert Route("room-1", 0, "audio", "staff-1", "low_speech") in effects
    assert not [route for route in _of(effects, Route) if route.participant == "room-2"]
    assert live.rung_changed("room-1", "sound", 2_100) == []
    assert next(person for person in live.state().people if person.id == "room-1").rung == "sound"
    back = live.rung_changed("room-1", "full", 9_000)
    assert Route("room-1", 0, "video", "staff-1", "camera", "h") in back
    assert Route("room-1", 0, "audio", "staff-1", "microphone") in back


def test_P49_a_line_too_thin_for_pictures_sends_none_either(live: Room) -> None:
    live.receive("room-1", Sources(live=["microphone", "camera"]), 1_500)
    effects = live.rung_changed("room-1", "sound", 2_000)
    assert Want("room-1", "camera", ()) in effects
    assert [route for route in _of(effects, Route) if (route.participant, route.kind) == ("staff-1", "video")]
    assert "microphone" in next(person for person in live.state().people if person.id == "room-1").live
    assert Want("room-1", "camera", ("q", "h")) in live.rung_changed("room-1", "full", 9_000)


def test_P49_what_comes_to_the_lead_badly_takes_her_picture_from_nobody(live: Room) -> None:
    live.receive("staff-1", Sources(live=["microphone", "camera"]), 1_500)
    effects = live.rung_changed("staff-1", "voice", 2_000)
    assert not [want for want in _of(effects, Want) if want.source == "camera" and want.participant == "staff-1"]
    assert not [route for route in _of(effects, Route) if route.participant != "staff-1" and route.kind == "video"]


def test_P49_nobody_has_a_rung_before_coming_or_after_class(live: Room) -> None:
    assert live.rung_changed("room-7", "sound", 2_000) == []
    live.end("admin", 3_000)
    assert live.rung_changed("room-1", "sound", 4_000) == []


def test_P39_a_board_in_step_is_told_to_the_lead(live: Room) -> None:
    live.receive("staff-1", STROKE, 2_000)
    number = live.number
    live.receive("room-2", Hand(up=True), 2_100)
    check = BoardCheck(number=number, hash=live.fold.board.hash())
    checked = BoardChecked(participant="room-1", number=number, same=True)
    assert live.receive("room-1", check, 2_200) == [Send("staff-1", checked)]


def test_P39_a_check_of_another_board_than_the_one_now_is_not_answered(live: Room) -> None:
    live.receive("staff-1", STROKE, 2_000)
    for number in (live.number - 1, live.number + 1):
        assert live.receive("room-1", BoardCheck(number=number, hash="0" * 64), 2_100) == []


def test_P39_a_board_that_differs_is_replaced_and_rests(live: Room) -> None:
    live.receive("staff-1", STROKE, 2_000)
    number = live.number
    check = BoardCheck(number=number, hash="0" * 64)
    effects = live.receive("room-1", check, 2_100)
    assert _events(effects) == [BoardDiffered(participant="room-1", number=number)]
    assert Send("room-1", Snapshot(state=live.state())) in effects
    assert effects[-1] == Send("staff-1", BoardChecked(participant="room-1", number=number, same=False))
    assert live.receive("room-1", check, 12_099) == []
    assert _events(live.receive("room-1", check, 12_100)) != []


# --- screens -----------------------------------------------------------------------------------------------


def test_P40_routes_and_views_are_told_only_when_they_change(live: Room) -> None:
    effects = live.receive("staff-1", CallOn(participant="room-1"), 2_000)
    assert _of(effects, Route) == [
        Route("staff-1", 0, "video", "room-1", "camera", "f"),
        Route("staff-1", 0, "audio", "room-1", "microphone"),
        Route("room-2", 1, "video", "room-1", "camera", "f"),
        Route("room-2", 1, "audio", "room-1", "microphone"),
        Route("room-3", 1, "video", "room-1", "camera", "f"),
        Route("room-3", 1, "audio", "room-1", "microphone"),
    ]
    assert _of(effects, Want) == [Want("room-1", "camera", ("h", "f"))]
    assert _view(effects, "room-1") is None
    assert _view(effects, "room-2") == View(
        stage="seat",
        seats=[
            Seat(slot=1, participant="room-1", video="camera", audio="microphone", place="stage"),
            Seat(slot=0, participant="staff-1", video="camera", audio="microphone", place="inset"),
        ],
    )
    back = live.receive("staff-1", ReturnFloor(), 3_000)
    assert Route("room-2", 1, "video") in back
    assert Route("room-2", 1, "audio") in back
    assert _of(live.receive("staff-1", STROKE, 3_100), Route, Want) == []


def test_P40_who_comes_back_is_told_its_view_and_keeps_its_routes(live: Room) -> None:
    live.lost("room-1", 2_000)
    effects = live.join("room-1", 2_500, after=live.number)
    assert _view(effects, "room-1") is not None
    assert _of(effects, Route, Want) == []


def test_P40_who_left_has_no_routes_and_no_seat(live: Room) -> None:
    effects = live.leave("room-1", 2_000)
    assert Route("room-1", 0, "video") in effects
    assert Route("staff-1", 0, "video") in effects
    view = _view(effects, "staff-1")
    assert view is not None
    assert [seat.participant for seat in view.seats] == ["room-2", "room-3"]


def test_P47_the_recording_wants_layers_that_nobody_looks_at(card: LessonCard, cast: Cast) -> None:
    room = Room(card, cast)
    room.open(WALL)
    room.join("staff-1", 0)
    assert _of(room.receive("staff-1", Sources(live=["camera"]), 100), Want) == [Want("staff-1", "camera", ())]
    assert _of(room.receive("staff-1", StartLesson(), 200), Want) == [Want("staff-1", "camera", ("f",))]


# --- restart -----------------------------------------------------------------------------------------------


def test_P23_after_a_restart_everybody_is_away_and_the_recording_goes_on(card: LessonCard, cast: Cast) -> None:
    room = Room(card, cast)
    effects = room.open(WALL) + room.join("staff-1", 100) + room.join("room-1", 200)
    effects += room.receive("staff-1", StartLesson(), 300) + room.receive("staff-1", CallOn(participant="room-1"), 400)
    again = Room.replay(card, cast, [effect.logged for effect in _of(effects, Append)])
    assert again.state() == room.state()
    reopened = again.reopen(9_000)
    assert _events(reopened) == [
        WentAway(participant="staff-1"),
        WentAway(participant="room-1"),
        RecordingChanged(on=True, reason="restart"),
    ]
    assert _of(reopened, Record) == [Record(True, "restart")]
    assert again.fold.floor == "room-1"
    back = again.join("room-1", 10_000, after=room.number)
    assert _events(back) == [CameBack(participant="room-1", away_ms=1_000)]
    assert [message.number for message in _messages(back, "room-1") if isinstance(message, Logged)] == list(
        range(room.number + 1, again.number + 1)
    )


def test_P11_events_of_people_who_are_no_longer_in_the_cast_are_folded_without_them(
    card: LessonCard, cast: Cast
) -> None:
    room = Room(card, cast)
    effects = room.open(WALL) + room.join("room-3", 100) + room.join("staff-1", 100)
    effects += room.receive("staff-1", STROKE, 200)
    fewer = Cast([Member("staff-1", "lead", "中心小学", "主讲教师", "#1a1a1a")])
    again = Room.replay(card, fewer, [effect.logged for effect in _of(effects, Append)])
    assert [person.id for person in again.state().people] == ["staff-1"]
    assert again.state().board == room.state().board
