"""A board told in parts: what each holds, in which order they leave, and at which pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from signaling.board import Board
from signaling.columns import columns
from signaling.messages import (
    Answer,
    BoardHistory,
    BoardObject,
    BoardPart,
    LessonCard,
    Logged,
    PageAdded,
    PageTurned,
    RoomState,
    Snapshot,
    StrokeDrawn,
)
from signaling.pace import FAST_S, LEAST_OCTETS, REST, Pace
from signaling.part_objects import objects_of, part_of
from signaling.parts import CURRENT_OCTETS, Parts, frame_of, head
from signaling.ws.connection import Connection
from tests.memory_socket import MemorySocket

HANDWRITING = Path(__file__).parents[2] / "bench/data/handwriting.json"
"""As a page sends it (web/tests/board/thin.test.ts)."""
POINTS = [5000, 5000, 128, 5010, 4990, 130, 5030, 4980, 120]


def _board(pages: int = 3, strokes: int = 4) -> Board:
    """As many strokes on each page; page 2 is shown."""
    board, number = Board(), 0
    for page in range(1, pages + 1):
        if page > 1:
            number += 1
            board.apply(
                Logged(number=number, at=0, by="t", event=PageAdded(id=f"page-{page}", page=page, after=page - 1))
            )
        for count in range(strokes):
            number += 1
            drawn = StrokeDrawn(id=f"stroke-{page}-{count}", page=page, colour="#000000", width=40, points=POINTS)
            board.apply(Logged(number=number, at=0, by="t", event=drawn))
    board.apply(Logged(number=number + 1, at=0, by="t", event=PageTurned(page=2)))
    return board


def _all(parts: Parts, octets: int) -> list[BoardPart | BoardHistory]:
    found = []
    while (part := parts.take(octets)) is not None:
        found.append(part)
    return found


def test_P26_the_page_that_is_shown_comes_first_then_the_others_then_who_did_what() -> None:
    told = _all(Parts(9, _board().snapshot()), 1_000_000)
    assert [each.page for each in told if isinstance(each, BoardPart)] == [2, 1, 3]
    assert isinstance(told[-1], BoardHistory)
    assert {each.number for each in told} == {9}


def test_P27_a_page_told_ahead_is_not_told_again() -> None:
    told = _all(Parts(9, _board().snapshot(), ahead=True), 1_000_000)
    assert [each.page for each in told if isinstance(each, BoardPart)] == [1, 3]


def test_P26_points_are_columns_and_a_stroke_is_named_by_its_place() -> None:
    told = _all(Parts(9, _board(pages=2, strokes=2).snapshot()), 1_000_000)
    assert isinstance(told[0], BoardPart)
    assert told[0].points == columns([POINTS] * 2)
    assert isinstance(told[-1], BoardHistory)
    assert told[-1].operations["t"].standing == [1, 1, 1, 1]


def test_P26_a_page_of_a_thousand_handwritten_strokes_weighs_less_than_twenty_one_kilobytes() -> None:
    strokes = msgspec.json.decode(HANDWRITING.read_bytes())["strokes"]
    board = Board()
    for number, points in enumerate(strokes, 1):
        drawn = StrokeDrawn(id=f"3f9a1c2e4b5d6078-{number}", page=1, colour="#1f2a24", width=40, points=points)
        board.apply(Logged(number=number, at=0, by="staff-1", event=drawn))
    told = [frame_of(each) for each in _all(Parts(1_000, board.snapshot()), CURRENT_OCTETS)]
    assert len(strokes) == 1_000
    assert sum(map(len, told)) < 21_000
    assert max(map(len, told)) < 1.2 * CURRENT_OCTETS, "the allowance is of what is sent"


def test_P26_a_part_tells_each_stroke_its_own_hand_pen_and_hiders() -> None:
    strokes = [
        BoardObject(id=one, by=by, colour=colour, width=40, points=[*POINTS[: 3 * (1 + at % 3)]], hidden_by=hidden)
        for at, (one, by, colour, hidden) in enumerate([
            ("3f9a1c2e4b5d6078-9", "t", "#000000", []),
            ("3f9a1c2e4b5d6078-10", "t", "#000000", ["clear-01"]),
            ("3f9a1c2e4b5d6078-12", "s", "#000000", ["clear-01"]),
            ("no-number", "s", "#d32f2f", ["clear-01", "erase-01"]),
            ("leading-zero-007", "s", "#d32f2f", []),
            ("3f9a1c2e4b5d6078-13", "t", "#d32f2f", []),
        ])
    ]  # fmt: skip
    part = part_of(9, 1, strokes, complete=False)
    assert objects_of(part) == strokes
    assert [run.count for run in part.ids] == [2, 1, 0, 0, 1]
    with pytest.raises(ValueError, match=r"zip|column|points"):
        objects_of(replace(part, ids=part.ids[:-1]))


def test_P26_a_small_allowance_makes_many_parts_of_a_page_and_only_the_last_completes_it() -> None:
    told = _all(Parts(9, _board(pages=1, strokes=5).snapshot()), 1)
    pieces = [each for each in told if isinstance(each, BoardPart)]
    assert [len(objects_of(each)) for each in pieces] == [1] * 5
    assert [each.complete for each in pieces] == [False] * 4 + [True]


def test_P26_an_empty_board_has_parts_too() -> None:
    told = _all(Parts(0, Board().snapshot()), 1_000)
    assert told == [BoardPart(0, 1, [], [], [], "", True), BoardHistory(0, {}, {})]


def test_P26_the_pace_quickens_on_a_good_line() -> None:
    pace = Pace()
    for number in range(5):
        pace.sent(float(number))
        pace.came(number + FAST_S / 2)
        assert pace.due_s(number + FAST_S / 2) == 0.0
    assert pace.octets == LEAST_OCTETS * 2**5


def test_P26_on_a_slow_line_the_pace_leaves_it_alone_for_half_of_what_a_part_took() -> None:
    pace = Pace()
    pace.sent(10.0)
    assert pace.due_s(10.5) is None, "one part at a time"
    pace.came(11.0)
    assert pace.due_s(11.0) == pytest.approx(REST * 1.0)


def test_P26_a_part_that_takes_much_longer_than_the_quickest_makes_the_next_smaller() -> None:
    pace = Pace()
    for took_s in (1.0, 1.1):
        pace.sent(0.0)
        pace.came(took_s)
    grown = pace.octets
    pace.sent(0.0)
    pace.came(2.5)
    assert grown > LEAST_OCTETS
    assert pace.octets == max(LEAST_OCTETS, grown // 2)


def _snapshot() -> Snapshot:
    card = LessonCard(id="l", title="", subject="", mode="blended", planned_start="", planned_end="")
    state = RoomState(
        number=20, phase="live", mode=card.mode, talk="listen", floor=None, recording=False, recording_reason="",
        started_at=0, people=[], board=_board().snapshot(),
    )  # fmt: skip
    return Snapshot(state=state)


@asynccontextmanager
async def _told_in_parts(
    long_line_s: float = 0.0, *, ahead: bool = False
) -> AsyncIterator[tuple[MemorySocket, Connection]]:
    """A client that takes parts, has been told of the lesson, and waits for its board."""
    screen = MemorySocket()
    connection = Connection(screen, long_line_s=long_line_s)
    connection.takes_parts = True
    running = asyncio.create_task(connection.run())
    snapshot = replace(_snapshot(), ahead=ahead)
    connection.send(snapshot)
    assert await screen.received.get() == head(snapshot)
    yield screen, connection
    connection.close("ended")
    await asyncio.wait_for(running, 5)


async def test_P26_other_pages_leave_one_at_a_time_each_when_the_one_before_has_come() -> None:
    async with _told_in_parts() as (screen, connection):
        shown = await screen.received.get()
        assert isinstance(shown, BoardPart)
        assert (shown.page, shown.complete) == (2, True)
        came = 1
        while True:
            await asyncio.sleep(0)
            assert screen.received.empty(), "the next waits for the receipt"
            connection.acked(20, came)
            part = await asyncio.wait_for(screen.received.get(), 5)
            came += 1
            if isinstance(part, BoardHistory):
                break


async def test_P27_other_pages_wait_for_the_receipt_of_the_one_that_came_ahead() -> None:
    async with _told_in_parts(ahead=True) as (screen, connection):
        for _ in range(5):
            await asyncio.sleep(0)
        assert screen.received.empty()
        connection.acked(20, 1)
        part = await asyncio.wait_for(screen.received.get(), 5)
        assert isinstance(part, BoardPart)
        assert part.page == 1


async def test_P26_who_does_not_ask_for_parts_gets_the_board_in_one_piece() -> None:
    screen = MemorySocket()
    connection = Connection(screen)
    connection.send(_snapshot())
    assert await screen.received.get() == _snapshot()


async def test_P26_on_a_long_line_the_board_waits_for_the_answer_to_the_offer() -> None:
    async with _told_in_parts(long_line_s=1800.0) as (screen, connection):
        for _ in range(5):
            await asyncio.sleep(0)
        assert screen.received.empty(), "the board would stand before the answer"
        answer = Answer(connection=1, sdp="")
        connection.send(answer)
        assert await screen.received.get() == answer
        assert isinstance(await asyncio.wait_for(screen.received.get(), 5), BoardPart)


async def test_P26_the_board_waits_no_longer_than_it_was_told_to() -> None:
    async with _told_in_parts(long_line_s=0.025) as (screen, _):
        assert isinstance(await asyncio.wait_for(screen.received.get(), 5), BoardPart)
