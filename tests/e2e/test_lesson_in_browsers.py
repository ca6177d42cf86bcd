"""A lesson between real browsers and an appliance: pictures, sound, board, floor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.people import eventually, open_classroom, open_teacher
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]
TCP_ONLY = (
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
HALF_A_SCREEN = 0.4


def test_a_teacher_and_three_classrooms_see_hear_and_draw_together(
    server: Server, launch: Launch, devices: Devices, appliance: str
) -> None:
    lesson = server.lesson
    first, second = (room["school"] for room in lesson["classrooms"][:2])
    teacher = open_teacher(launch(**devices["lead"]), lesson["teacher"]["url"])
    by_udp = open_classroom(launch(**devices["room1"], width=1280, height=720), lesson["classrooms"][0]["url"])
    by_tcp = open_classroom(
        launch(**devices["room2"], width=1280, height=720, flags=TCP_ONLY), lesson["classrooms"][1]["url"]
    )
    assert "token" not in teacher.page.url, "the token leaves the address bar"

    teacher.enter()
    teacher.start_class()
    eventually(lambda: by_udp.sees("老师", "lead"), "the class sees its teacher")
    eventually(lambda: by_tcp.sees("老师", "lead"), "the class behind a firewall sees its teacher")
    eventually(lambda: by_tcp.protocols() == {"tcp"}, "the class behind a firewall uses TCP alone")
    eventually(lambda: teacher.sees(first, "room1"), "the teacher sees the class")
    eventually(lambda: teacher.sees(second, "room2"), "the teacher sees the class behind a firewall")
    eventually(lambda: teacher.moves(appliance), "the teacher sees the appliance's class")
    for room in (by_udp, by_tcp):
        eventually(lambda room=room: room.hears() == {"lead"}, "each class hears its teacher alone")
    assert not teacher.hears(), "classes that are not called on are not heard"

    teacher.draw(teacher.sheet, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.25)])
    eventually(lambda: by_udp.board()["ink"] > 500, "the teacher's stroke is on the classroom's screen")

    teacher.call_on(first)
    eventually(lambda: by_tcp.sees(first, "room1", at_least=HALF_A_SCREEN), "the class on the floor fills the screens")
    eventually(lambda: teacher.hears() == {"room1"}, "the teacher hears the class on the floor")
    eventually(lambda: by_tcp.hears() == {"lead", "room1"}, "so do the other classes")
    by_udp.draw(by_udp.sheet, [(0.2, 0.8), (0.6, 0.7)])
    teacher.take_floor_back(first)
    eventually(lambda: not teacher.hears(), "the floor is closed again")
    eventually(lambda: by_tcp.board()["ink"] > 500, "the board is back")
    eventually(lambda: by_udp.board() == by_tcp.board(), "two classrooms show the same pixels")

    teacher.call_on(appliance)
    eventually(lambda: by_udp.moves(appliance, at_least=HALF_A_SCREEN), "the appliance's class fills the screens")
    assert [*teacher.complaints, *by_udp.complaints, *by_tcp.complaints] == []
