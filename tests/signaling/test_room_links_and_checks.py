"""Lines that get better and worse, and boards compared with the lead's."""

from __future__ import annotations

from signaling.effects import Route, Send, Want
from signaling.link import grade, of_its_own
from signaling.messages import (
    BoardCheck,
    BoardChecked,
    BoardDiffered,
    Hand,
    Link,
    LinkMeasured,
    LinkSeen,
    RungChanged,
    Snapshot,
    Sources,
)
from signaling.room import Room
from tests.signaling.room_tools import STROKE, events, messages, of_kinds


def _link(rtt_ms: int = 20, loss_permille: int = 0, freeze_ms: int = 0) -> Link:
    return Link(rtt_ms=rtt_ms, loss_permille=loss_permille, down_kbps=900, up_kbps=800, freeze_ms=freeze_ms)


def test_a_frozen_picture_and_anothers_loss_are_no_trouble_of_a_line_that_loses_nothing() -> None:
    told = _link(rtt_ms=90, loss_permille=359, freeze_ms=4_000)
    assert of_its_own(told, 0, weak=False) == _link(rtt_ms=90)
    assert of_its_own(told, 12, weak=False) == _link(rtt_ms=90, loss_permille=12, freeze_ms=4_000)
    assert of_its_own(told, 0, weak=True) == _link(rtt_ms=90, freeze_ms=4_000)
    assert grade(of_its_own(_link(), 300, weak=False)) == "lost", "what goes up counts, too"


def test_P28_reports_go_to_the_lead_at_once_and_to_the_log_once_a_minute(live: Room) -> None:
    seen = LinkSeen(participant="room-1", quality="good", rtt_ms=20, loss_permille=0, down_kbps=900, up_kbps=800)
    measured = LinkMeasured(
        participant="room-1", quality="good", rtt_ms=20, loss_permille=0, down_kbps=900, up_kbps=800
    )
    first = live.receive("room-1", _link(), 2_000)
    assert events(first) == [measured]
    assert messages(first, "staff-1")[0] == seen
    assert live.receive("room-1", _link(), 7_000) == [Send("staff-1", seen)]
    assert events(live.receive("room-1", _link(), 61_999)) == []
    assert events(live.receive("room-1", _link(), 62_000)) == [measured]


def test_P28_the_word_changes_slowly_and_the_change_is_logged(live: Room) -> None:
    words = []
    reports = [_link(rtt_ms=600)] + [_link(), _link(rtt_ms=600), _link(loss_permille=60)] + [_link()] * 3
    for number, link in enumerate(reports):
        effects = live.receive("room-1", link, 2_000 + number * 5_000)
        words.append((messages(effects, "staff-1")[0].quality, len(events(effects))))
    assert words == [("good", 1), ("good", 0), ("good", 0), ("weak", 1), ("weak", 0), ("weak", 0), ("good", 1)]


def test_P47_a_lost_line_gets_the_smallest_picture_and_low_speech(live: Room) -> None:
    live.receive("staff-1", Sources(live=["microphone", "camera"]), 1_500)
    live.receive("room-1", _link(rtt_ms=2_000), 2_000)
    effects = live.receive("room-1", _link(freeze_ms=4_000), 7_000)
    assert Route("room-1", 0, "video", "staff-1", "camera", "q") in effects
    assert Want("staff-1", "low_speech", ("f",)) in effects
    effects = live.receive("staff-1", Sources(live=["microphone", "low_speech", "camera"]), 7_100)
    assert Route("room-1", 0, "audio", "staff-1", "low_speech") in effects
    assert not [route for route in of_kinds(effects, Route) if route.participant != "room-1"]


def test_P49_a_narrow_lines_rung_is_logged_once_and_its_screen_follows(live: Room) -> None:
    live.receive("staff-1", Sources(live=["microphone", "low_speech", "camera"]), 1_500)
    effects = live.rung_changed("room-1", "sound", 2_000)
    assert events(effects) == [RungChanged(participant="room-1", rung="sound")]
    assert Route("room-1", 0, "video") in effects
    assert Route("room-1", 0, "audio", "staff-1", "low_speech") in effects
    assert not [route for route in of_kinds(effects, Route) if route.participant == "room-2"]
    assert live.rung_changed("room-1", "sound", 2_100) == []
    assert next(person for person in live.state().people if person.id == "room-1").rung == "sound"
    back = live.rung_changed("room-1", "full", 9_000)
    assert Route("room-1", 0, "video", "staff-1", "camera", "h") in back
    assert Route("room-1", 0, "audio", "staff-1", "microphone") in back


def test_P49_a_line_too_thin_for_pictures_sends_none_either(live: Room) -> None:
    live.receive("room-1", Sources(live=["microphone", "camera"]), 1_500)
    effects = live.rung_changed("room-1", "sound", 2_000)
    assert Want("room-1", "camera", ()) in effects
    assert [route for route in of_kinds(effects, Route) if (route.participant, route.kind) == ("staff-1", "video")]
    assert "microphone" in next(person for person in live.state().people if person.id == "room-1").live
    assert Want("room-1", "camera", ("q", "h")) in live.rung_changed("room-1", "full", 9_000)


def test_P49_what_comes_to_the_lead_badly_takes_her_picture_from_nobody(live: Room) -> None:
    live.receive("staff-1", Sources(live=["microphone", "camera"]), 1_500)
    effects = live.rung_changed("staff-1", "voice", 2_000)
    assert not [want for want in of_kinds(effects, Want) if want.source == "camera" and want.participant == "staff-1"]
    assert not [route for route in of_kinds(effects, Route) if route.participant != "staff-1" and route.kind == "video"]


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
    assert events(effects) == [BoardDiffered(participant="room-1", number=number)]
    assert Send("room-1", Snapshot(state=live.state())) in effects
    assert effects[-1] == Send("staff-1", BoardChecked(participant="room-1", number=number, same=False))
    assert live.receive("room-1", check, 12_099) == []
    assert events(live.receive("room-1", check, 12_100)) != []
