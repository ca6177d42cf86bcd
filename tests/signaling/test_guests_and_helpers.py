"""Who comes in besides the planned cast, and what an assistant does for her room: by value."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from signaling.cast import Cast, Member
from signaling.codec import Frames
from signaling.editions import earlier
from signaling.effects import Append, Effect, Send, Want
from signaling.errors import Refused
from signaling.messages import (
    EDITION,
    BoardDiffered,
    CallOn,
    Counted,
    CountPresent,
    CoverAsk,
    Covers,
    Expected,
    Goodbye,
    Hand,
    HandChanged,
    Joined,
    LessonCard,
    Logged,
    NoteSeen,
    Person,
    Roster,
    SendNote,
    SendSignal,
    Sign,
    Signalled,
    SignalTaken,
    Sources,
    StartLesson,
    TakeSignal,
    View,
    Welcome,
)
from signaling.room import Room

HELPER = Member("staff-7", "assistant", "第一教学点", "助教", "#333333", part="assistant", beside="room-1")
TRAINER = Member("staff-8", "observer", "", "", "#333333", part="trainer")
COVERED = Member("room-4", "classroom", "第四教学点", "四班", "#00735c", part="cover")


def _messages(effects: list[Effect], to: str, *kinds: type) -> list[Any]:
    return [one.message for one in effects if isinstance(one, Send) and one.to == to and isinstance(one.message, kinds)]


def _events(effects: list[Effect]) -> list[Any]:
    return [effect.event for effect in effects if isinstance(effect, Append)]


@pytest.fixture
def live(card: LessonCard) -> Room:
    """The lead and two classrooms in class, an assistant beside the first; places are left."""
    colours = ("#1a1a1a", "#0067a5", "#b84a00")
    members = [Member("staff-1", "lead", "中心小学", "主讲教师", colours[0])]
    members += [Member(f"room-{n}", "classroom", f"第{n}教学点", "班", colours[n]) for n in (1, 2)]
    room = Room(card, Cast(members))
    room.open("2026-03-02T07:55:00Z")
    for who in ("staff-1", "room-1", "room-2"):
        room.join(who, 100)
        room.receive(who, Sources(live=["microphone", "low_speech", "camera"]), 200)
    room.receive("staff-1", StartLesson(record=False), 1_000)
    room.expect(HELPER, 1_500)
    room.join("staff-7", 1_600)
    return room


def refused(room: Room, who: str, message: Any, now_ms: int = 2_000) -> str:
    before = room.state()
    with pytest.raises(Refused) as error:
        room.receive(who, message, now_ms)
    assert room.state() == before
    return error.value.code


# --- coming in besides the planned cast ---------------------------------------------------------------------


def test_P80_who_is_expected_later_is_told_with_names_and_logged_without(live: Room) -> None:
    effects = live.expect(COVERED, 3_000)
    assert _events(effects) == [Expected(participant="room-4", role="classroom", part="cover")]
    (roster,) = _messages(effects, "room-2", Roster)
    assert [person.id for person in roster.people] == ["staff-1", "room-1", "room-2", "room-4", "staff-7"]
    assert roster.people[3].school == "第四教学点"
    assert live.expect(COVERED, 3_100) == []


def test_P80_nobody_comes_in_who_is_not_expected(live: Room) -> None:
    with pytest.raises(Refused) as error:
        live.join("room-4", 3_000)
    assert error.value.code == "not_in_lesson"


def test_P80_a_class_that_sits_in_is_seen_called_on_and_survives_a_restart(live: Room) -> None:
    number = live.number
    effects = live.expect(COVERED, 3_000) + live.join("room-4", 3_200)
    effects += live.receive("room-4", Sources(live=["camera", "microphone"]), 3_300)
    effects += live.receive("staff-1", CallOn(participant="room-4"), 3_400)
    assert Joined(participant="room-4", role="classroom") in _events(effects)
    views = _messages(effects, "room-1", View)
    assert next((seat.participant, seat.place) for seat in views[-1].seats) == ("room-4", "stage")
    assert [logged.number for logged in _messages(effects, "room-1", Logged)] == list(
        range(number + 1, live.number + 1)
    )
    back = live.join("room-2", 3_500, after=number)
    assert next(logged.number for logged in _messages(back, "room-2", Logged)) == number + 1
    assert "room-4" in [person.id for person in _messages(back, "room-2", Welcome)[0].people]


def test_P80_the_log_with_the_grown_cast_gives_the_same_room(card: LessonCard, live: Room) -> None:
    log = list(live._tail.after(1) or [])
    start = live._tail._events[0]
    effects = live.join("room-1.b", 2_500) + live.expect(COVERED, 3_000) + live.join("room-4", 3_200)
    log = [start, *log, *(effect.logged for effect in effects if isinstance(effect, Append))]
    assert Room.replay(card, live.fold.cast, log).state() == live.state()


def test_P81_after_class_somebody_new_is_seen_off_and_nothing_is_logged(live: Room) -> None:
    live.end("lead", 4_000)
    number = live.number
    assert live.expect(TRAINER, 4_100) == []
    assert _messages(live.join("staff-8", 4_200), "staff-8", Goodbye) == [Goodbye(code="ended", retry=False)]
    assert live.number == number


def test_P45_who_watches_makes_nobody_send_more(live: Room) -> None:
    effects = live.expect(TRAINER, 3_000) + live.join("staff-8", 3_100)
    assert [effect for effect in effects if isinstance(effect, Want)] == []
    (view,) = _messages(effects, "staff-8", View)
    assert {(seat.participant, seat.video) for seat in view.seats} == {
        ("staff-1", "camera"), ("room-1", "camera"), ("room-2", "camera"),
    }  # fmt: skip


def test_P45_what_nobody_else_looks_at_is_missing_on_a_watchers_screen(card: LessonCard) -> None:
    room = Room(card, Cast([Member("staff-1", "lead", "S", "T", "#000000")]))
    room.open("2026-03-02T07:55:00Z")
    room.join("staff-1", 100)
    room.receive("staff-1", Sources(live=["microphone", "camera"]), 200)
    room.receive("staff-1", StartLesson(record=False), 1_000)
    (view,) = _messages(room.expect(TRAINER, 2_000) + room.join("staff-8", 2_100), "staff-8", View)
    assert [(seat.participant, seat.video, seat.audio) for seat in view.seats] == [("staff-1", None, "microphone")]


# --- an assistant --------------------------------------------------------------------------------------------


def test_P82_a_signal_is_the_rooms_until_the_lead_has_seen_it(live: Room) -> None:
    effects = live.receive("staff-7", SendSignal(signal="cannot_hear"), 3_000)
    assert _events(effects) == [Signalled(participant="room-1", signal="cannot_hear")]
    assert live.fold.people["room-1"].sign == Sign(signal="cannot_hear", at=3_000)
    assert _events(live.receive("staff-1", TakeSignal(participant="room-1"), 4_000)) == [
        SignalTaken(participant="room-1")
    ]
    assert live.state().people[1].sign == Sign(signal="cannot_hear", at=3_000, seen=True)
    assert live.receive("staff-1", TakeSignal(participant="room-1"), 4_100) == []
    assert _events(live.receive("staff-7", SendSignal(signal="all_fine"), 5_500))
    assert live.fold.people["room-1"].sign == Sign(signal="all_fine", at=5_500)


def test_P82_signals_come_no_closer_together_than_two_seconds(live: Room) -> None:
    live.receive("staff-7", SendSignal(signal="wait"), 3_000)
    assert refused(live, "staff-7", SendSignal(signal="wait"), 4_999) == "too_fast"
    assert live.receive("staff-7", SendSignal(signal="wait"), 5_000)


def test_P82_an_assistant_raises_and_lowers_the_hand_of_her_room_and_no_other(live: Room) -> None:
    assert _events(live.receive("staff-7", Hand(up=True), 3_000)) == [HandChanged(participant="room-1", up=True)]
    assert refused(live, "staff-7", Hand(up=True, participant="room-2")) == "not_allowed"
    assert _events(live.receive("staff-7", Hand(up=False), 4_000)) == [HandChanged(participant="room-1", up=False)]


def test_P82_an_assistant_without_a_room_signals_nothing(live: Room) -> None:
    live.expect(Member("staff-9", "assistant", "S", "A", "#333333", part="assistant", beside="room-9"), 2_000)
    live.join("staff-9", 2_100)
    for message in (SendSignal(signal="wait"), CountPresent(present=3), Hand(up=True)):
        assert refused(live, "staff-9", message) == "not_in_lesson"


def test_P83_a_count_is_logged_when_it_changes(live: Room) -> None:
    effects = live.receive("staff-7", CountPresent(present=23), 3_000)
    assert _events(effects) == [Counted(participant="room-1", present=23)]
    assert live.receive("staff-7", CountPresent(present=23), 3_100) == []
    assert live.state().people[1].present_count == 23


def test_P84_a_private_line_reaches_the_two_it_concerns_and_no_log(live: Room) -> None:
    effects = live.receive("staff-7", SendNote(text="音箱没有声音"), 3_000)
    seen = NoteSeen(by="staff-7", to="staff-1", text="音箱没有声音", at=3_000)
    assert effects == [Send("staff-1", seen), Send("staff-7", seen)]
    answer = live.receive("staff-1", SendNote(text="我等一下", to="staff-7"), 3_100)
    assert {effect.to for effect in answer if isinstance(effect, Send)} == {"staff-1", "staff-7"}
    assert _events(effects + answer) == []


@pytest.mark.parametrize("to", [None, "room-1", "staff-1", "staff-9"])
def test_P84_the_lead_writes_to_an_assistant_who_is_there(live: Room, to: str | None) -> None:
    assert refused(live, "staff-1", SendNote(text="好", to=to)) == "not_in_lesson"


def test_P84_a_line_that_nobody_would_read_is_refused(live: Room) -> None:
    live.lost("staff-1", 2_500)
    assert refused(live, "staff-7", SendNote(text="老师？"), 3_000) == "not_in_lesson"


# --- a class that asks to sit in -----------------------------------------------------------------------------


def test_P86_the_lead_alone_is_told_who_asks_and_again_when_she_comes_back(live: Room) -> None:
    asked = [CoverAsk(id="cover-1", school="第四教学点", room="四班", class_name="三年级一班", pupils=21)]
    assert live.covers_changed(asked, 3_000) == [Send("staff-1", Covers(asked=asked))]
    assert live.covers_changed(asked, 3_100) == []
    live.lost("staff-1", 3_200)
    assert _messages(live.join("staff-1", 3_300, after=live.number), "staff-1", Covers) == [Covers(asked=asked)]
    assert live.covers_changed([], 3_400) == [Send("staff-1", Covers(asked=[]))]


# --- clients of the first edition ----------------------------------------------------------------------------


def test_P85_an_older_client_reads_an_event_that_changes_nothing_with_the_same_number() -> None:
    for event in (
        Signalled(participant="room-1", signal="wait"),
        Expected(participant="x", role="observer", part="trainer"),
    ):
        frame = earlier(Logged(number=9, at=3, by="staff-7", event=event), 1)
        assert frame is not None
        assert msgspec.json.decode(frame, type=Logged) == Logged(
            number=9, at=3, by="staff-7", event=BoardDiffered(participant="server", number=0)
        )


def test_P85_an_older_client_is_told_no_new_message_and_no_new_field(live: Room) -> None:
    for message in (Roster(people=[]), Covers(asked=[]), NoteSeen(by="a", to="b", text="c", at=1)):
        assert earlier(message, 1) is None
    (welcome,) = _messages(live.join("room-1", 3_000), "room-1", Welcome)
    told = msgspec.json.decode(earlier(welcome, 1) or b"")["people"]
    new = {"part", "beside", "sign", "present_count"}
    assert {field for person in told for field in person} == set(Person.__struct_fields__) - new


def test_P85_each_client_gets_the_frame_of_its_edition() -> None:
    frames, roster = Frames(), Roster(people=[])
    assert frames.told_to(1, roster) is None
    assert frames.told_to(EDITION, roster) == b'{"type":"roster","people":[]}'
