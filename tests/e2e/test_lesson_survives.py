"""What a lesson survives: a reload, a killed server; and what is left of it afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.people import Classroom, Teacher, eventually, open_classroom, open_replay, open_teacher
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]


def test_a_lesson_goes_on_after_a_reload_and_a_killed_server_and_is_replayed(
    server: Server, launch: Launch, devices: Devices
) -> None:
    lesson = server.lesson
    school = lesson["classrooms"][0]["school"]
    teachers = launch(**devices["lead"])
    teacher = open_teacher(teachers, lesson["teacher"]["url"])
    room = open_classroom(launch(**devices["room1"], width=1280, height=720), lesson["classrooms"][0]["url"])

    def together() -> bool:
        return room.sees("老师", "lead") and teacher.sees(school, "room1")

    teacher.enter()
    teacher.start_class()
    eventually(together, "both see each other")
    teacher.draw(teacher.sheet, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.25)])
    drawn = eventually(lambda: _inked(room, 500), "the stroke arrives")

    room.page.reload()
    eventually(together, "back after a reload")
    eventually(lambda: room.board() == drawn, "the board is the same after a reload")

    before = server.pid
    server.kill()
    eventually(lambda: server.serving_pid() not in (None, before), "the supervisor restarts the server")
    eventually(together, "back after the server was killed")
    assert room.board() == drawn, "the board is the same after the server was killed"
    offer = Classroom.words["missed"]["offer"].split("{{")[0]
    assert room.page.get_by_text(offer).count() == 0, "nothing was recorded that could be caught up with"

    teacher.draw(teacher.sheet, [(0.2, 0.8), (0.8, 0.8)])
    eventually(lambda: _inked(room, drawn["ink"] + 300), "drawing goes on")
    teacher.call_on(school)
    eventually(lambda: "room1" in teacher.hears(), "the class on the floor is heard")
    teacher.take_floor_back(school)
    eventually(lambda: "room1" not in teacher.hears(), "the floor is closed again")
    at_the_end = teacher.board()["ink"]
    teacher.end_class()
    room.page.get_by_text(Classroom.words["ended"]["title"], exact=True).wait_for()

    _check_log(server.data / "lessons" / lesson["lesson"] / "log.jsonl")
    _check_replay(teachers, lesson, at_the_end)
    assert [*teacher.complaints, *room.complaints] == []


def test_everybody_is_back_and_recorded_after_a_killed_server(
    server: Server, launch: Launch, devices: Devices, appliance: str, record_property: Callable[[str, object], None]
) -> None:
    """How long it takes is told, as the property `back_after_s` and on standard output, and not judged here."""
    lesson = server.lesson
    school = lesson["classrooms"][0]["school"]
    teacher = open_teacher(launch(**devices["lead"]), lesson["teacher"]["url"])
    room = open_classroom(launch(**devices["room1"], width=1280, height=720), lesson["classrooms"][0]["url"])
    members = [lesson["teacher"], lesson["classrooms"][0], lesson["classrooms"][2]]
    tracks = server.data / "lessons" / lesson["lesson"] / "tracks"

    def together() -> bool:
        return room.moves("老师") and teacher.moves(school) and teacher.moves(appliance)

    def recorded(known: set[Path]) -> bool:
        new = [track for track in tracks.glob("*-camera-*") if track not in known and track.stat().st_size > 0]
        return all(any(track.name.startswith(member["id"]) for track in new) for member in members)

    teacher.enter()
    teacher.start_class()
    eventually(together, "everybody is seen")
    eventually(lambda: recorded(set()), "everybody is recorded")

    before, known = server.pid, set(tracks.iterdir())
    killed = time.monotonic()
    server.kill()
    eventually(lambda: server.serving_pid() not in (None, before), "the supervisor restarts the server")
    serving_s = time.monotonic() - killed
    eventually(together, "everybody is seen again")
    seen_s = time.monotonic() - killed
    eventually(lambda: recorded(known), "everybody is recorded again")
    back_s = time.monotonic() - killed
    record_property("back_after_s", round(back_s, 2))
    print(f"after kill -9: serving {serving_s:.2f} s, all seen {seen_s:.2f} s, all recorded {back_s:.2f} s")
    assert [*teacher.complaints, *room.complaints] == []


def _inked(screen: Classroom | Teacher, at_least: int) -> dict[str, int] | None:
    """What is drawn, once it rests."""
    drawn = screen.board()
    screen.page.wait_for_timeout(400)
    return drawn if drawn["ink"] > at_least and screen.board() == drawn else None


def _check_log(path: Path) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1)), "numbers run on, each used once"
    assert sum(line["event"]["type"] == "stroke_drawn" for line in lines) == 2
    assert lines[-1]["event"] == {"type": "recording_changed", "on": False, "reason": "ended"}


def _check_replay(context: BrowserContext, lesson: dict[str, Any], ink_at_the_end: int) -> None:
    base = lesson["teacher"]["url"].split("/teacher")[0]
    replay = open_replay(context, f"{base}/replay/{lesson['lesson']}")
    media = eventually(replay.media, "the replay is ready", within_s=60)
    assert all(each["width"] > 0 and each["seconds"] > 5 for each in media), media
    replay.play()
    eventually(lambda: replay.sees(lesson["teacher"]["id"], "lead"), "the teacher's picture plays")
    eventually(lambda: replay.sees(lesson["classrooms"][0]["id"], "room1"), "the class's picture plays")
    eventually(lambda: replay.skew_s() < 0.1, "the pictures are in step")
    replay.seek_to_end()
    eventually(lambda: 0.5 < replay.board()["ink"] / ink_at_the_end < 2, "the board is redrawn to its end")
    assert replay.complaints == []
