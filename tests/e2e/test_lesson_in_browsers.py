"""A lesson between real browsers: pictures, sound, board, floor (the issue's proof, one claim a test)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.people import eventually, open_classroom, open_teacher
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]


def test_a_teacher_and_a_classroom_see_hear_and_draw_together(server: Server, launch: Launch, devices: Devices) -> None:
    lesson = server.lesson
    school = lesson["classrooms"][0]["school"]
    teacher = open_teacher(launch(**devices["lead"]), lesson["teacher"]["url"])
    room = open_classroom(launch(**devices["room1"], width=1280, height=720), lesson["classrooms"][0]["url"])
    other = open_classroom(launch(width=1280, height=720), lesson["classrooms"][1]["url"])
    assert "token" not in teacher.page.url

    teacher.enter()
    teacher.start_class()
    eventually(lambda: room.sees("老师", "lead"), "the class sees its teacher")
    eventually(lambda: teacher.sees(school, "room1"), "the teacher sees the class")
    eventually(lambda: "lead" in room.hears(), "the class hears its teacher")
    assert "room1" not in teacher.hears(), "a class that is not called on is not heard"

    teacher.draw(teacher.sheet, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.25)])
    eventually(lambda: room.board()["ink"] > 500, "the teacher's stroke is on the classroom's screen")

    teacher.call_on(school)
    eventually(lambda: other.sees(school, "room1", at_least=0.3), "the class on the floor fills the others' screens")
    eventually(lambda: "room1" in teacher.hears(), "the class on the floor is heard")
    room.draw(room.sheet, [(0.2, 0.8), (0.6, 0.7)])
    before = teacher.board()["ink"]
    teacher.take_floor_back(school)
    eventually(lambda: "room1" not in teacher.hears(), "the floor is closed again")

    eventually(lambda: room.board()["hash"] == other.board()["hash"], "two classrooms show the same pixels")
    assert room.board()["ink"] > 500
    assert before > 500
    assert [*teacher.complaints, *room.complaints, *other.complaints] == []
