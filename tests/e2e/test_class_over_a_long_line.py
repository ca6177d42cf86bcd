"""A class whose line is long: the page that is shown comes while its WebSocket is still being made (P27)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.long_line import long_way_to
from tests.e2e.people import Teacher, eventually, open_classroom, open_teacher
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]
EACH_WAY_S = 0.2
ZIGZAGS, CORNERS = 24, 60
TOLD = "/page?screen=a"


def test_the_page_comes_ahead_of_a_long_line_and_what_is_drawn_meanwhile_after_it(
    server: Server, launch: Launch, devices: Devices
) -> None:
    near, far = (room["url"] for room in server.lesson["classrooms"][:2])
    teacher = open_teacher(launch(**devices["lead"]), server.lesson["teacher"]["url"])
    beside = open_classroom(launch(width=1280, height=720), near)
    teacher.enter()
    teacher.start_class()
    for number in range(ZIGZAGS):
        _zigzag(teacher, 0.05 + 0.9 * number / ZIGZAGS)
    eventually(lambda: beside.board()["ink"] > 10_000, "the class nearby has the board")

    answers: list[int] = []
    web = urlsplit(far)
    assert web.port is not None
    with long_way_to(web.port, EACH_WAY_S) as port:
        detour = f"--host-resolver-rules=MAP {web.netloc} 127.0.0.1:{port}"
        television = launch(width=1280, height=720, flags=(detour,))
        television.on("response", lambda answer: answers.append(answer.status) if TOLD in answer.url else None)
        room = open_classroom(television, far)
        room.sheet.wait_for()
        teacher.draw(teacher.sheet, [(0.9, 0.1), (0.1, 0.9)])
        eventually(lambda: room.board() == beside.board(), "the class far away has every pixel of it")
        assert answers == [200], "asked for once, and told"
        assert [*teacher.complaints, *room.complaints, *beside.complaints] == []
        television.close()


def _zigzag(teacher: Teacher, x: float) -> None:
    """So much ink that a few of them are worth a request of their own."""
    box, mouse = teacher.sheet.bounding_box(), teacher.page.mouse
    assert box is not None
    for corner in range(CORNERS):
        across, down = x + 0.03 * (corner % 2), 0.1 + 0.8 * corner / CORNERS
        mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        if corner == 0:
            mouse.down()
    mouse.up()
