"""What is really painted, pixel by pixel, by SDL's software renderer on a screen that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import av
import numpy as np
import pytest

from classroom_client.board_pictures import Ground
from classroom_client.ink import PAPER, Paper, bgr
from classroom_client.lettering import lettering
from classroom_client.scene import Scene, Stroke, empty_scene
from classroom_client.slots import Slots
from classroom_client.texts import Texts
from signaling.messages import BOARD_WIDTH, BoardObject, Seat, View

GREY = av.VideoFrame.from_ndarray(np.full((270, 320), 128, np.uint8), format="yuv420p")


@pytest.fixture
def painter(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_RENDER_DRIVER", "software")
    from classroom_client.painter import Painter

    painter = Painter()
    yield painter
    painter.close()


def stroke(name: str, y: int) -> BoardObject:
    points = [value for x in range(1000, 9000, 100) for value in (x, y, 255)]
    return BoardObject(id=name, by="staff-1", colour="#b4321e", width=200, points=points)


def scene(stage: str, *seats: Seat, objects: tuple[BoardObject, ...] = ()) -> Scene:
    view = View(stage=stage, seats=list(seats))
    return replace(empty_scene(Texts("zh-CN"), "screen.no_lesson"), view=view, headline="", objects=objects)


LEAD = Seat(slot=0, participant="staff-1", video="camera", audio="microphone", place="stage")


def test_a_seat_shows_its_picture_once_it_is_due_and_never_anothers(painter: object) -> None:
    slots = Slots()
    width, height = painter.size
    slots.slots[0].pictures.push(GREY, 10.0)
    painter.paint(scene("seat", LEAD), slots, 9.0)
    before = painter.pixels()[height // 2, width // 2].tolist()
    painter.paint(scene("seat", LEAD), slots, 10.0)
    grey = painter.pixels()[height // 2, width // 2]
    painter.paint(scene("seat", replace_participant(LEAD, "room-1")), slots, 11.0)
    after = painter.pixels()[height // 2, width // 2].tolist()
    assert np.abs(grey.astype(int) - 130).max() < 6
    assert before == after == [0x26, 0x30, 0x2A]


def replace_participant(seat: Seat, participant: str) -> Seat:
    return Seat(slot=seat.slot, participant=participant, video=seat.video, audio=seat.audio, place=seat.place)


def test_the_board_shows_its_ink_and_follows_an_undo(painter: object) -> None:
    slots = Slots()
    width, height = painter.size
    ink = list(bgr("#b4321e"))
    with_ink = scene("board", objects=(stroke("stroke-0001", 2800),))
    painter.paint(replace(with_ink, board_version=(1, 1)), slots, 0.0)
    drawn = painter.pixels()[height // 2, width // 2].tolist()
    painter.paint(replace(scene("board"), board_version=(2, 1)), slots, 0.0)
    undone = painter.pixels()[height // 2, width // 2].tolist()
    unfinished = Stroke("stroke-0002", stroke("stroke-0002", 2800).points, 200, "#b4321e")
    painter.paint(replace(scene("board"), board_version=(2, 1), unfinished=(unfinished,)), slots, 0.0)
    assert (drawn, undone, painter.pixels()[height // 2, width // 2].tolist()) == (ink, list(PAPER), ink)


def test_the_laser_is_a_dot_above_everything(painter: object) -> None:
    width, height = painter.size
    painter.paint(replace(scene("board"), laser=(BOARD_WIDTH // 2, 2812, "#0067a5")), Slots(), 0.0)
    assert painter.pixels()[height // 2, width // 2].tolist() == list(bgr("#0067a5"))


def test_words_are_painted_on_an_empty_screen(painter: object) -> None:
    painter.paint(empty_scene(Texts("zh-CN"), "screen.no_lesson"), Slots(), 0.0)
    assert (painter.pixels()[:200].max(axis=2) > 200).sum() > 500


def test_a_page_draws_only_what_is_new_and_crossings_stay_filled() -> None:
    paper = Paper(1000, 562)
    first, second = stroke("stroke-0001", 2000), stroke("stroke-0002", 4000)
    paper.show([first])
    pixels = paper.pixels
    paper.show([first, second])
    assert paper.pixels is pixels
    assert [pixels[y, 500].tolist() for y in (200, 300, 400)] == [
        list(bgr("#b4321e")),
        list(PAPER),
        list(bgr("#b4321e")),
    ]
    paper.show([second])
    assert paper.pixels[200, 500].tolist() == list(PAPER)
    round_points = [
        value
        for step in range(120)
        for value in (round(5000 + 1500 * np.cos(step / 10)), round(2800 + 1500 * np.sin(step / 10)), 255)
    ]
    loop = BoardObject(id="stroke-0003", by="s", colour="#000000", width=300, points=round_points)
    paper.show([loop])
    assert paper.pixels[280, 650].tolist() == [0, 0, 0]
    assert paper.pixels[280, 500].tolist() == list(PAPER)


def test_long_words_are_made_smaller_to_fit() -> None:
    short = lettering("你好", 40, (255, 255, 255), (0, 0, 0), 400)
    long = lettering("很长的学校名称" * 3, 40, (255, 255, 255), (0, 0, 0), 600)
    assert long.shape[1] <= 600
    assert 20 <= long.shape[0] * 3 // 5 < short.shape[0]
    assert (short > 200).sum() > 300


def test_a_picture_lies_under_the_ink_as_large_as_fits() -> None:
    paper = Paper(640, 360)
    blue = Ground("0" * 64, "thin", 1.0, np.full((90, 90, 3), (200, 0, 0), np.uint8))
    paper.show([stroke("stroke-0001", 2800)], blue)
    assert paper.pixels[20, 320].tolist() == [200, 0, 0]
    assert paper.pixels[20, 100].tolist() == list(PAPER)
    assert paper.pixels[round(2800 * 640 / BOARD_WIDTH), 320].tolist() == list(bgr("#b4321e"))
    paper.show([stroke("stroke-0001", 2800)])
    assert paper.pixels[20, 320].tolist() == list(PAPER)
