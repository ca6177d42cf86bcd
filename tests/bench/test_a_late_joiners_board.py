"""What the bench of a late joiner fills the board with, and how it reads what the page saw."""

from __future__ import annotations

import math

import msgspec

from bench.weak import late
from signaling.board import Board
from signaling.messages import Logged


def test_the_page_shown_has_a_thousand_strokes_and_three_others_have_three_hundred() -> None:
    board = Board()
    for number, event in enumerate(late.drawing(), 1):
        board.apply(Logged(number=number, at=0, by="lead", event=event))
    assert [board.count(page) for page in board.page_ids] == [300, 300, 300, 1_000]
    assert board.current == 4


def test_every_event_is_one_that_the_log_takes() -> None:
    events = [Logged(number=number, at=0, by="lead", event=event) for number, event in enumerate(late.drawing(), 1)]
    lines = [msgspec.json.encode(each) for each in events]
    assert [msgspec.json.decode(line, type=Logged) for line in lines] == events


def test_the_page_is_complete_with_its_last_part_and_the_board_with_the_end() -> None:
    parts = [
        {"page": 4, "strokes": 600, "points": 4_000, "octets": 15_000, "complete": False, "at": 11_500},
        {"page": 4, "strokes": 400, "points": 2_600, "octets": 11_000, "complete": True, "at": 12_500},
        {"page": 1, "strokes": 300, "points": 2_000, "octets": 8_000, "complete": True, "at": 16_000},
        {"page": None, "strokes": 0, "points": 0, "octets": 120, "complete": False, "at": 17_000},
    ]
    assert late.joined(10_000, parts) == {
        "page_complete_s": 2.5, "board_complete_s": 7.0, "page_strokes": 1_000, "page_points": 6_600,
        "page_octets": 26_000, "board_octets": 34_120,
    }  # fmt: skip


def test_what_never_came_took_for_ever() -> None:
    assert late.joined(0, [])["page_complete_s"] == math.inf
