"""A lesson between real browsers and an appliance, from its beginning to its replay.

Pictures, sound, board and floor; then a page that is loaded anew and a server that is killed; then what is left of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.people import Classroom, Replay, Teacher, eventually, open_classroom, open_replay, open_teacher
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]
TCP_ONLY = (
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
HALF_A_SCREEN = 0.4
BOARD_ALIKE = 0.05
IN_STEP_S = 0.1
PLAYED_S = 4.0
LEAST_FPS = 5


@dataclass(frozen=True)
class Moment:
    """What the teacher's board looked like once the last event was so far into the lesson."""

    at_ms: int
    board: list[float]


@dataclass(frozen=True)
class Class:
    """Who is in the lesson: a teacher, two classrooms in browsers and one with an appliance, by its school's name."""

    lesson: dict[str, Any]
    teacher: Teacher
    by_udp: Classroom
    by_tcp: Classroom
    appliance: str
    folder: Path

    @property
    def first(self) -> str:
        """The school of the first classroom."""
        return str(self.lesson["classrooms"][0]["school"])

    @property
    def second(self) -> str:
        """The school of the second one."""
        return str(self.lesson["classrooms"][1]["school"])

    def together(self) -> bool:
        """Whether everybody's picture moves where it belongs."""
        return (
            self.by_udp.sees("老师", "lead")
            and self.by_tcp.sees("老师", "lead")
            and self.teacher.sees(self.first, "room1")
            and self.teacher.sees(self.second, "room2")
            and self.teacher.moves(self.appliance)
        )

    def recorded(self, known: set[Path]) -> bool:
        """Whether every camera has been written to a file that is not among those known."""
        members = [self.lesson["teacher"], *self.lesson["classrooms"]]
        new = [one for one in self.tracks("*-camera-*") if one not in known and one.stat().st_size > 0]
        return all(any(one.name.startswith(member["id"]) for one in new) for member in members)

    def tracks(self, names: str = "*") -> set[Path]:
        """The recording's files so far."""
        return set((self.folder / "tracks").glob(names))

    def complaints(self) -> list[str]:
        """What went wrong in the pages."""
        return [*self.teacher.complaints, *self.by_udp.complaints, *self.by_tcp.complaints]


def test_a_lesson_of_three_classrooms_is_taught_cut_off_and_replayed(
    server: Server, launch: Launch, devices: Devices, appliance: str
) -> None:
    lesson = server.lesson
    teachers = launch(**devices["lead"])
    teacher = open_teacher(teachers, lesson["teacher"]["url"])
    by_udp = open_classroom(launch(**devices["room1"], width=1280, height=720), lesson["classrooms"][0]["url"])
    by_tcp = open_classroom(
        launch(**devices["room2"], width=1280, height=720, flags=TCP_ONLY), lesson["classrooms"][1]["url"]
    )
    assert "token" not in teacher.page.url, "the token leaves the address bar"
    everybody = Class(lesson, teacher, by_udp, by_tcp, appliance, server.data / "lessons" / lesson["lesson"])

    _see_and_hear(everybody)
    _draw_and_call_on(everybody)
    before = _moment(everybody)
    _load_anew(everybody)
    resumed = _kill(server, everybody)
    _go_on(everybody)
    after = _moment(everybody)
    _end(everybody)
    assert everybody.complaints() == []
    _replay(teachers, everybody, before, resumed, after)


def _see_and_hear(now: Class) -> None:
    now.teacher.enter()
    now.teacher.start_class()
    eventually(now.together, "every picture moves and is the right one", within_s=60)
    eventually(lambda: now.by_tcp.protocols() == {"tcp"}, "the class behind a firewall uses TCP alone")
    for room in (now.by_udp, now.by_tcp):
        eventually(lambda room=room: room.hears() == {"lead"}, "each class hears its teacher alone")
        assert room.hears_speech(), "each class hears a voice"
    assert not now.teacher.hears(), "classes that are not called on are not heard"


def _draw_and_call_on(now: Class) -> None:
    teacher, by_udp, by_tcp = now.teacher, now.by_udp, now.by_tcp
    teacher.draw(teacher.sheet, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.25)])
    eventually(lambda: by_udp.board()["ink"] > 500, "the teacher's stroke is on the classroom's screen")

    teacher.call_on(now.first)
    for screen in (by_tcp, teacher):
        eventually(
            lambda screen=screen: screen.sees(now.first, "room1", at_least=HALF_A_SCREEN * (screen is by_tcp)),
            "the class on the floor fills the screens",
        )
    eventually(lambda: teacher.hears() == {"room1"}, "the teacher hears the class on the floor")
    assert teacher.hears_speech()
    eventually(lambda: by_tcp.hears() == {"lead", "room1"}, "so do the other classes")
    by_udp.draw(by_udp.sheet, [(0.2, 0.8), (0.6, 0.7)])
    teacher.take_floor_back(now.first)
    eventually(lambda: not teacher.hears(), "the floor is closed again")
    eventually(lambda: by_tcp.board()["ink"] > 500, "the board is back")
    eventually(lambda: by_udp.board() == by_tcp.board(), "two classrooms show the same pixels")

    teacher.call_on(now.appliance)
    eventually(lambda: by_udp.moves(now.appliance, at_least=HALF_A_SCREEN), "the appliance's class fills the screens")
    teacher.take_floor_back(now.appliance)
    eventually(lambda: _at_rest(by_udp, 500) == by_tcp.board(), "and gives the board back")


def _load_anew(now: Class) -> None:
    drawn = eventually(lambda: _at_rest(now.by_udp, 500), "nothing moves on the board")
    now.by_udp.page.reload()
    eventually(now.together, "back after a reload")
    eventually(lambda: now.by_udp.board() == drawn == now.by_tcp.board(), "the board is the same after a reload")


def _kill(server: Server, now: Class) -> Moment:
    drawn, before, known = now.by_tcp.board(), server.pid, now.tracks()
    server.kill()
    eventually(lambda: server.serving_pid() not in (None, before), "the supervisor restarts the server")
    eventually(now.together, "back after the server was killed")
    eventually(lambda: now.recorded(known), "everybody is recorded again")
    for room in (now.by_udp, now.by_tcp):
        assert room.board() == drawn, "the board is the same after the server was killed"
        offer = Classroom.words["missed"]["offer"].split("{{")[0]
        assert room.page.get_by_text(offer).count() == 0, "nothing was recorded that could be caught up with"
    resumed = _moment(now)
    now.teacher.page.wait_for_timeout(3000)  # of a lesson that goes on, for its replay
    return resumed


def _go_on(now: Class) -> None:
    """Drawing and calling on go on."""
    ink = now.by_tcp.board()["ink"]
    now.teacher.draw(now.teacher.sheet, [(0.2, 0.9), (0.8, 0.9)])
    eventually(lambda: _at_rest(now.by_tcp, ink + 300), "drawing goes on")
    eventually(lambda: now.by_udp.board() == now.by_tcp.board(), "two classrooms show the same pixels again")
    now.teacher.call_on(now.first)
    eventually(lambda: now.teacher.hears() == {"room1"}, "the class on the floor is heard")
    now.teacher.take_floor_back(now.first)
    eventually(lambda: not now.teacher.hears(), "the floor is closed again")


def _at_rest(screen: Classroom, more_than: int) -> dict[str, int] | None:
    """What is drawn, once it is so much ink and neither it nor its size changes any more."""
    drawn = screen.board()
    screen.page.wait_for_timeout(600)
    return drawn if drawn["ink"] > more_than and screen.board() == drawn else None


def _end(now: Class) -> None:
    now.teacher.end_class()
    for room in (now.by_udp, now.by_tcp):
        room.page.get_by_text(Classroom.words["ended"]["title"], exact=True).wait_for()
    lines = _log(now)
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1)), "numbers run on, each used once"
    assert lines[-1]["event"] == {"type": "recording_changed", "on": False, "reason": "ended"}


def _moment(now: Class) -> Moment:
    eventually(lambda: now.teacher.sketch() == now.teacher.sketch(), "the board rests")
    return Moment(_log(now)[-1]["at"], now.teacher.sketch())


def _log(now: Class) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (now.folder / "log.jsonl").read_text().splitlines()]


def _replay(context: BrowserContext, now: Class, before: Moment, resumed: Moment, after: Moment) -> None:
    address = f"{now.lesson['teacher']['url'].split('/teacher')[0]}/replay/{now.lesson['lesson']}"
    replay = open_replay(context, address)
    eventually(lambda: replay.page.locator("video").count() >= 4, "the replay is ready", within_s=90)
    origin_ms = context.request.get(address.replace("/replay/", "/api/recordings/")).json()["origin_ms"]
    for moment in (before, resumed, after):
        replay.page.goto(f"{address}?t={(moment.at_ms - origin_ms) // 1000 + 1}s")
        eventually(lambda: _ink_apart(replay.sketch(), moment.board) < BOARD_ALIKE, "the board as it was then")  # noqa: B023
        if moment is not after:
            _plays(replay, now)
    assert replay.complaints == []


def _plays(replay: Replay, now: Class) -> None:
    """Every picture and the teacher's sound, in step."""
    replay.play()
    teacher, *rooms = (member["id"] for member in (now.lesson["teacher"], *now.lesson["classrooms"]))
    eventually(lambda: replay.sees(teacher, "lead"), "the teacher's picture plays")
    eventually(lambda: replay.sees(rooms[0], "room1"), "so does the first class's")
    eventually(lambda: replay.sees(rooms[1], "room2"), "and the second's")
    eventually(lambda: replay.moves(rooms[2]), "and the appliance's")
    eventually(lambda: "lead" in replay.hears(), "the teacher is heard")
    assert replay.hears_speech()
    skews_s = replay.skews_s(PLAYED_S)
    assert len(skews_s) > PLAYED_S * LEAST_FPS, "they play on"
    assert max(skews_s) < IN_STEP_S


def _ink_apart(one: list[float], other: list[float]) -> float:
    """The share of the ink that lies elsewhere, or is missing: 0 for the same board, 2 for another."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / max(sum(other), 1e-9)
