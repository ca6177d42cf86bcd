"""What a lesson shows besides its faces: a shared screen, a second camera, a second window; none of it decoded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator

from tests.e2e.people import Classroom, Teacher, eventually, open_classroom, open_teacher
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]
HALF_A_SCREEN = 0.4
THREE_CAMERAS = ("--use-fake-device-for-media-stream=device-count=3,fps=10",)
"""Chromium's second one measures depth, which no lesson wants; the third is a camera again."""
CODEC_LIBRARIES = ("libavcodec", "libavformat", "libavutil", "libx264", "libx265", "libvpx", "libopus", "libopenh264")
"""As Debian and as the wheels of PyAV and OpenCV name them, up to the version."""


def test_screen_second_camera_and_second_window_are_seen_and_the_server_opens_no_codec(
    server: Server, launch: Launch, devices: Devices
) -> None:
    lesson = server.lesson
    first, second = lesson["classrooms"][:2]
    teacher = open_teacher(launch(flags=THREE_CAMERAS), lesson["teacher"]["url"])
    television = launch(**devices["room1"], width=1280, height=720)
    room = open_classroom(television, first["url"])
    other = open_classroom(launch(**devices["room2"], width=1280, height=720), second["url"])
    own = Classroom.words["waiting"]["self"]
    eventually(lambda: room.moves(own), "the class is in")
    window = open_classroom(television, first["url"].split("/classroom")[0] + "/classroom?screen=b")

    teacher.enter()
    _choose_second_camera(teacher)
    teacher.start_class()
    for screen in (room, other):
        eventually(partial(screen.moves, "老师"), "each class sees its teacher")
    eventually(lambda: window.sees(second["school"], "room2"), "the second window shows the other class")
    eventually(lambda: window.moves("老师"), "the second window shows the teacher's second camera")
    assert window.picture(own) is None, "the second window does not show the class itself"

    _share_screen(teacher)
    shared = Classroom.words["class"]["screen"].replace("{{school}}", lesson["teacher"]["school"])
    for screen in (room, other):
        eventually(partial(screen.moves, shared, at_least=HALF_A_SCREEN), "the shared screen is large")
    eventually(lambda: room.moves("老师"), "the teacher stays beside the shared screen")

    opened = {library for pid in _processes(server) for library in _codec_libraries(pid)}
    assert opened == set(), "no process of the server opens a codec during a lesson with sound, pictures and recording"

    _stop_sharing(teacher).click()
    eventually(lambda: room.picture(shared) is None, "the shared screen is gone")
    assert [*teacher.complaints, *room.complaints, *other.complaints, *window.complaints] == []


def _choose_second_camera(teacher: Teacher) -> None:
    choice = teacher.page.get_by_label(Teacher.words["door"]["chooseCamera2"])
    choice.wait_for()
    choice.select_option(index=3)


def _share_screen(teacher: Teacher) -> None:
    teacher.page.get_by_role("button", name=Teacher.words["bar"]["share"], exact=True).click()
    _stop_sharing(teacher).wait_for()


def _stop_sharing(teacher: Teacher) -> Locator:
    """The button of the bar; the banner above has another."""
    return teacher.page.get_by_role("button", name=Teacher.words["bar"]["stopSharing"], exact=True).last


def _processes(server: Server) -> list[int]:
    """The serving process and its children, among them the writer of the recording."""
    serving = server.pid
    children = Path(f"/proc/{serving}/task").glob("*/children")
    found = [int(pid) for task in children for pid in task.read_text().split()]
    assert found, "the recording has a writer"
    return [serving, *found]


def _codec_libraries(pid: int) -> set[str]:
    """Codec libraries in the memory of a process, by file name."""
    files = {Path(line.split()[-1]).name for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if "/" in line}
    assert any(name.startswith("libc") for name in files), "the maps are readable"
    return {name for name in files if name.startswith(CODEC_LIBRARIES)}
