"""What the classroom knows and shows, by values: the fold, the places, the line, the keys, the door."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom_client.arrange import Arrangement, Box, Placed, arrange, fit, text_height
from classroom_client.config import FromCamera, FromFile, FromRtsp
from classroom_client.encoder import height_for
from classroom_client.entry import EntryError, is_loopback, open_door, split_link
from classroom_client.keys import Keys
from classroom_client.lesson import Lesson
from classroom_client.line import Counters, LineMeter
from classroom_client.scene import SceneMaker
from classroom_client.texts import LANGUAGES, Texts, choose_language
from signaling.board import Board
from signaling.messages import (
    AnyEvent,
    BoardState,
    CameBack,
    Ended,
    FloorGiven,
    FloorReturned,
    HandChanged,
    Ink,
    InkSeen,
    Joined,
    LaserSeen,
    LessonCard,
    Link,
    Logged,
    Person,
    RecordingChanged,
    RoomState,
    Seat,
    Snapshot,
    SourcesChanged,
    Started,
    StrokeDrawn,
    View,
    Welcome,
    WentAway,
)
from signaling.parts import Parts, head

CARD = LessonCard(
    id="l1", title="音乐", subject="music", mode="blended",
    planned_start="2026-03-02T02:00:00Z", planned_end="2026-03-02T02:45:00Z",
)  # fmt: skip


def person(name: str, role: str, school: str) -> Person:
    return Person(id=name, role=role, school=school, name="", presence="expected", colour="#0067a5")


def welcomed() -> Lesson:
    lesson = Lesson()
    people = [person("staff-1", "lead", "中心小学"), person("room-1", "classroom", "第一教学点")]
    lesson.receive(Welcome(version=1, you="room-1", role="classroom", lesson=CARD, people=people, number=0, now_ms=0))
    return lesson


def happen(lesson: Lesson, *events: AnyEvent) -> Lesson:
    for event in events:
        lesson.receive(Logged(number=lesson.number + 1, at=10 * lesson.number, by="staff-1", event=event))
    return lesson


STROKE = StrokeDrawn(id="stroke-0001", page=1, colour="#112233", width=40, points=[1, 2, 200, 30, 40, 200])


def test_events_change_the_lesson_and_its_people() -> None:
    lesson = happen(
        welcomed(),
        Joined(participant="staff-1", role="lead"),
        SourcesChanged(participant="staff-1", live=["microphone", "camera"]),
        Started(),
        RecordingChanged(on=True, reason="lesson"),
        HandChanged(participant="room-1", up=True),
        FloorGiven(participant="room-1"),
    )
    assert (lesson.phase, lesson.recording, lesson.floor, lesson.number) == ("live", True, "room-1", 6)
    assert lesson.people["staff-1"].live == ["microphone", "camera"]
    assert (lesson.people["room-1"].hand, lesson.people["room-1"].hand_at) == (True, 40)
    happen(lesson, FloorReturned(participant="room-1"), WentAway(participant="staff-1"))
    assert (lesson.floor, lesson.people["staff-1"].presence) == (None, "away")
    happen(lesson, CameBack(participant="staff-1", away_ms=1), Ended(reason="lead"))
    assert (lesson.phase, lesson.people["staff-1"].presence) == ("ended", "present")


def test_an_event_that_is_known_already_changes_nothing() -> None:
    lesson = happen(welcomed(), STROKE)
    before = lesson.board.hash()
    lesson.receive(Logged(number=1, at=0, by="staff-1", event=STROKE))
    assert (lesson.number, lesson.board.hash(), lesson.board.count(1)) == (1, before, 1)


def test_a_snapshot_takes_the_place_of_everything() -> None:
    other = Board()
    other.apply(Logged(number=1, at=0, by="staff-1", event=STROKE))
    state = RoomState(
        number=90, phase="live", mode="blended", talk="discussion", floor=None, recording=True,
        recording_reason="lesson", started_at=5, people=[person("staff-1", "lead", "中心小学")], board=other.snapshot(),
    )  # fmt: skip
    lesson = happen(welcomed(), STROKE)
    lesson.receive(Snapshot(state=state))
    assert (lesson.number, lesson.board_number, lesson.talk, lesson.phase) == (90, 90, "discussion", "live")
    assert lesson.board.hash() == other.hash()
    assert isinstance(lesson.board.snapshot(), BoardState)


def test_a_board_in_parts_is_shown_as_it_comes_and_checked_when_it_is_whole() -> None:
    drawn = Board()
    for number in range(1, 4):
        stroke = StrokeDrawn(id=f"stroke-{number}", page=1, colour="#000000", width=40, points=[number, 2, 3])
        drawn.apply(Logged(number=number, at=0, by="staff-1", event=stroke))
    state = RoomState(
        number=3, phase="live", mode="blended", talk="listen", floor=None, recording=False, recording_reason="",
        started_at=0, people=[], board=drawn.snapshot(),
    )  # fmt: skip
    lesson, parts = welcomed(), Parts(3, state.board)
    lesson.receive(head(Snapshot(state=state)))
    late = Logged(
        number=4, at=0, by="staff-1",
        event=StrokeDrawn(id="stroke-4", page=1, colour="#000000", width=40, points=[4, 2, 3]),
    )  # fmt: skip
    lesson.receive(late)
    drawn.apply(late)
    assert [each.id for each in lesson.board.visible(1)] == ["stroke-4"]
    versions, shown = [lesson.board_changes], []
    while (part := parts.take(100_000)) is not None:
        assert not lesson.board_whole
        lesson.receive(part)
        versions.append(lesson.board_changes)
        shown.append(len(lesson.board.visible(1)))
    assert shown == [4, 4]
    assert versions == sorted(set(versions)), "each is drawn"
    assert lesson.board_whole
    assert (lesson.board_number, lesson.board.hash()) == (4, drawn.hash())


def ink(start: int, points: list[int]) -> InkSeen:
    return InkSeen(
        by="staff-1", ink=Ink(id="stroke-0001", page=1, colour="#112233", width=40, start=start, points=points)
    )


def test_unfinished_ink_grows_and_goes_when_its_stroke_comes() -> None:
    lesson = welcomed()
    lesson.receive(ink(0, [1, 1, 9, 2, 2, 9]))
    lesson.receive(ink(2, [3, 3, 9]))
    assert lesson.ink["stroke-0001"].ink.points == [1, 1, 9, 2, 2, 9, 3, 3, 9]
    lesson.receive(ink(7, [8, 8, 9]))
    assert lesson.ink["stroke-0001"].ink.points == [1, 1, 9, 2, 2, 9, 3, 3, 9]
    happen(lesson, STROKE)
    assert lesson.ink == {}


def test_ink_and_laser_of_somebody_who_went_away_are_gone() -> None:
    lesson = welcomed()
    lesson.receive(ink(0, [1, 1, 9]))
    lesson.receive(LaserSeen(by="staff-1", x=1, y=2))
    happen(lesson, WentAway(participant="staff-1"))
    assert (lesson.ink, lesson.laser) == ({}, None)


def seat(slot: int, place: str, video: str | None = "camera") -> Seat:
    return Seat(slot=slot, participant=f"p{slot}", video=video, audio=None, place=place)


def test_the_board_has_the_stage_and_the_others_a_column() -> None:
    lead = seat(0, "inset")
    shown = arrange(View(stage="board", seats=[lead, seat(1, "inset", None)]), 1920, 1080)
    assert shown == Arrangement(Box(0, 140, 1421, 799), (Placed(lead, Box(1421, 0, 499, 281)),))


def test_a_class_on_the_floor_takes_the_stage() -> None:
    stage, lead = seat(1, "stage"), seat(0, "inset")
    shown = arrange(View(stage="seat", seats=[lead, stage]), 1000, 600)
    assert shown == Arrangement(None, (Placed(stage, Box(0, 0, 740, 600)), Placed(lead, Box(740, 0, 260, 146))))


def test_a_lone_seat_has_the_whole_screen_and_a_grid_is_as_square_as_can_be() -> None:
    stage = seat(1, "stage")
    assert arrange(View(stage="seat", seats=[stage]), 100, 50).seats == (Placed(stage, Box(0, 0, 100, 50)),)
    grid = arrange(View(stage="grid", seats=[seat(n, "inset") for n in range(3)]), 1000, 500)
    assert [placed.box for placed in grid.seats] == [
        Box(0, 60, 500, 220),
        Box(500, 60, 500, 220),
        Box(0, 280, 500, 220),
    ]


PLACES = st.sampled_from(["stage", "inset", "strip"])


@given(
    st.sampled_from(["board", "seat", "grid", "waiting"]),
    st.lists(PLACES, max_size=6),
    st.integers(640, 4000),
    st.integers(360, 2400),
)
def test_nothing_lies_outside_the_screen_or_on_another(stage: str, places: list[str], width: int, height: int) -> None:
    shown = arrange(View(stage=stage, seats=[seat(n, place) for n, place in enumerate(places)]), width, height)
    boxes = [placed.box for placed in shown.seats] + ([shown.board] if shown.board else [])
    for box in boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width
        assert box.y + box.height <= height
    for one in boxes:
        for other in boxes:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert one is other or apart


def test_pictures_keep_their_shape_and_text_its_least_height() -> None:
    assert fit(Box(0, 0, 100, 100), 16, 9) == Box(0, 22, 100, 56)
    assert [text_height(height) * 25 >= height for height in (719, 720, 1080, 2160)] == [True] * 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_says_what_matters(language: str) -> None:
    texts = Texts(language)
    lesson = welcomed()
    maker = SceneMaker(texts)
    waiting = maker.make(lesson, connected=True)
    assert "音乐" in waiting.headline
    assert "第一教学点" in waiting.headline
    happen(lesson, Started(), RecordingChanged(on=True, reason="lesson"), FloorGiven(participant="room-1"))
    live = maker.make(lesson, connected=False)
    assert (live.headline, live.signs) == (
        "",
        (texts("screen.line_lost"), texts("screen.floor"), texts("screen.recording")),
    )
    happen(lesson, RecordingChanged(on=False, reason="consent"), FloorReturned(participant="room-1"))
    assert maker.make(lesson, connected=True).signs == (texts("screen.no_consent"),)
    happen(lesson, RecordingChanged(on=False, reason="no_class"))
    assert maker.make(lesson, connected=True).signs == (texts("screen.no_class"),)


def test_a_line_is_measured_by_differences() -> None:
    meter = LineMeter()
    meter.heard(10_000, 10.042)
    assert meter.measure(Counters(100, 0, 1000, 2000), 5.0) is None
    assert meter.measure(Counters(190, 10, 126_000, 64_500), 10.0) == Link(
        rtt_ms=42, loss_permille=100, down_kbps=200, up_kbps=100
    )
    assert meter.measure(Counters(5, 0, 10, 10), 15.0) is None


def test_a_picture_size_is_not_left_at_once() -> None:
    assert [height_for(rate, 0) for rate in (2_000_000, 900_000, 500_000, 250_000, 100_000)] == [
        720,
        720,
        540,
        360,
        180,
    ]
    assert [height_for(rate, 540) for rate in (950_000, 1_040_000, 399_000)] == [540, 720, 360]


def test_keys_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "state")
    assert keys.find("https://a:8443") is None
    keys.keep("https://a:8443", "secret-1")
    keys.keep("https://b:8443", "secret-2")
    keys.keep("https://a:8443", "secret-3")
    assert (keys.find("https://a:8443"), keys.find("https://b:8443")) == ("secret-3", "secret-2")
    files = list((tmp_path / "state" / "keys").iterdir())
    assert len(files) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "state" / "keys").stat().st_mode) == 0o700
    keys.forget("https://a:8443")
    keys.forget("https://a:8443")
    assert keys.find("https://a:8443") is None


def test_a_link_is_a_server_and_a_token() -> None:
    assert split_link("https://10.0.0.2:8443/classroom#token=abc") == ("https://10.0.0.2:8443", "abc")
    for wrong in ("https://a/classroom", "ftp://a/#token=x", "token=x", "https:///x#token=y"):
        with pytest.raises(EntryError, match="bad_link"):
            split_link(wrong)


@pytest.mark.parametrize(
    ("server", "code"),
    [("http://10.0.0.2:8080", "plain_http"), ("ftp://a", "bad_server"), ("https://", "bad_server")],
)
def test_unsafe_and_senseless_servers_are_refused(server: str, code: str) -> None:
    with pytest.raises(EntryError) as refused:
        open_door(server, None, unchecked_on_loopback=True)
    assert refused.value.code == code


def test_certificates_go_unchecked_on_this_machine_only() -> None:
    assert open_door("http://127.0.0.1:8080/x", None, False).websocket == "ws://127.0.0.1:8080/ws"
    local = open_door("https://localhost:8443", None, unchecked_on_loopback=True)
    remote = open_door("https://10.0.0.2:8443", None, unchecked_on_loopback=True)
    assert local.tls is not None
    assert remote.tls is not None
    assert (local.tls.check_hostname, remote.tls.check_hostname) == (False, True)
    assert [is_loopback(host) for host in ("127.0.0.9", "::1", "localhost", "example.org", "10.0.0.1")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_the_language_follows_the_reader() -> None:
    assert choose_language({"LANG": "zh_CN.UTF-8"}) == "zh-CN"
    assert choose_language({"LANG": "zh_CN.UTF-8", "TONGKE_LANG": "en"}) == "en"
    assert choose_language({}) == "en"


def test_inputs_are_opened_within_their_bounds() -> None:
    from classroom_client.capture import inputs_of

    rtsp, microphone = inputs_of(FromRtsp("rtsp://10.0.0.9/1", "default"))
    assert (rtsp.wanted, microphone.wanted, rtsp.loops) == (("video",), ("audio",), False)
    assert [each.wanted for each in inputs_of(FromRtsp("rtsp://10.0.0.9/1", None))] == [("video", "audio")]
    assert [each.name for each in inputs_of(FromCamera("/dev/video0", None))] == ["camera"]
    assert [each.loops for each in inputs_of(FromFile(Path("a.mp4")))] == [True]
    assert inputs_of(None) == []
