"""A picture on the board in real browsers: everybody sees the same, late, after a reload, and in the replay."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, FilePayload

from tests.e2e.people import Screen, Teacher, eventually, open_classroom, open_replay, open_teacher, words
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]

GROUND = """() => {
  const canvas = document.querySelector('canvas.board-ground');
  if (!canvas) return null;
  const small = document.createElement('canvas');
  small.width = 64; small.height = 36;
  const context = small.getContext('2d', { willReadFrequently: true });
  context.imageSmoothingQuality = 'high';
  context.drawImage(canvas, 0, 0, 64, 36);
  return [...context.getImageData(0, 0, 64, 36).data];
}"""
"""The picture beneath the ink as the page shows it, made small: red, green, blue and opacity of 64 x 36 dots."""
ALIKE = 12.0
"""Mean difference of dots, 0..255, between screens of different sizes."""


def page_of_a_book() -> FilePayload:
    """A red, a green and a blue field with a black bar across, 1280 x 720."""
    page = Image.new("RGB", (1280, 720), "white")
    draw = ImageDraw.Draw(page)
    for place, colour in enumerate(("red", "green", "blue")):
        draw.rectangle((100 + 380 * place, 100, 400 + 380 * place, 500), fill=colour)
    draw.rectangle((100, 560, 1180, 620), fill="black")
    content = io.BytesIO()
    page.save(content, "PNG")
    return {"name": "page.png", "mimeType": "image/png", "buffer": content.getvalue()}


def bomb() -> FilePayload:
    """Says it is 900 million pixels."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b"")]
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in parts:
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return {"name": "slide.png", "mimeType": "image/png", "buffer": content}


def put(teacher: Teacher, file: FilePayload) -> None:
    teacher.page.locator("input[type=file]").set_input_files(file)


def ground(screen: Screen) -> list[int]:
    found: list[int] = screen.page.evaluate(GROUND) or []
    return found


def pictured(screen: Screen) -> bool:
    return any(ground(screen)[3::4])


def alike(one: list[int], other: list[int]) -> bool:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one) < ALIKE


def test_everybody_sees_the_picture_late_after_a_reload_and_in_the_replay(
    server: Server, launch: Launch, devices: Devices
) -> None:
    lesson = server.lesson
    teachers = launch(**devices["lead"])
    teacher = open_teacher(teachers, lesson["teacher"]["url"])
    rooms = [open_classroom(launch(width=1280, height=720), lesson["classrooms"][0]["url"])]
    teacher.enter()
    teacher.start_class()

    put(teacher, page_of_a_book())
    eventually(lambda: pictured(teacher), "the teacher has the picture")
    eventually(lambda: pictured(rooms[0]), "the class has the picture")
    rooms.append(open_classroom(launch(width=1280, height=720), lesson["classrooms"][1]["url"]))
    eventually(lambda: pictured(rooms[1]), "who comes late has it too")
    expected = ground(rooms[0])
    assert ground(rooms[1]) == expected, "the same pixels on screens of one size"
    assert alike(ground(teacher), expected)

    teacher.draw(teacher.sheet, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.25)])
    eventually(lambda: rooms[0].board()["ink"] == rooms[1].board()["ink"] > 0, "ink lies above it")
    rooms[0].page.reload()
    eventually(lambda: pictured(rooms[0]), "it is back after a reload")
    assert ground(rooms[0]) == expected

    put(teacher, bomb())
    teacher.page.get_by_role("alert").filter(has_text="图片尺寸太大").wait_for()
    teacher.page.get_by_role("button", name=words("teacher")["picture"]["close"], exact=True).click()
    assert ground(rooms[0]) == expected, "a refused file changes nothing"

    teacher.end_class()
    replay = open_replay(teachers, f"{lesson['teacher']['url'].split('/teacher')[0]}/replay/{lesson['lesson']}")
    eventually(lambda: replay.page.locator("canvas.board-ground").count() == 1, "the replay opens", within_s=90)
    replay.seek_to_end()
    eventually(lambda: pictured(replay), "the replay shows the picture")
    assert alike(ground(replay), expected)
    assert [complaint for screen in (teacher, *rooms, replay) for complaint in screen.complaints] == []


def test_a_picture_on_a_page_with_ink_has_a_page_of_its_own_and_undo_takes_it_away(
    server: Server, launch: Launch, devices: Devices
) -> None:
    lesson = server.lesson
    teacher = open_teacher(launch(**devices["lead"]), lesson["teacher"]["url"])
    teacher.enter()
    teacher.start_class()
    teacher.draw(teacher.sheet, [(0.2, 0.2), (0.5, 0.6)])
    eventually(lambda: teacher.board()["ink"] > 0, "there is ink")

    put(teacher, page_of_a_book())
    eventually(lambda: pictured(teacher), "the picture is there")
    count = teacher.words["bar"]["page"].replace("{{number}}", "2").replace("{{count}}", "2")
    teacher.page.get_by_label(count).wait_for()
    teacher.page.get_by_role("button", name=teacher.words["picture"]["undo"], exact=True).last.click()
    eventually(lambda: not pictured(teacher), "undo takes it away")
    teacher.page.keyboard.press("PageUp")
    eventually(lambda: teacher.board()["ink"] > 0, "the page before has its ink")
    assert teacher.complaints == []
