"""A board that came in parts is the board that was told, whatever happened while it came; nothing of it is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from signaling.board import Board
from signaling.board_in_parts import BoardInParts
from signaling.messages import (
    EDITION,
    VERSION,
    AddPage,
    BoardHistory,
    BoardPart,
    BoardState,
    DrawStroke,
    Hello,
    Logged,
    Redone,
    Snapshot,
    Undone,
    Welcome,
)
from signaling.part_objects import part_of
from signaling.ws.client import SignalingClient
from signaling.ws.memory import Memory

VECTORS = Path(__file__).parents[1] / "vectors/board.json"


class Vector(Struct):
    """See tests/signaling/board_vectors.py."""

    name: str
    events: list[Logged]
    hash: str
    visible: dict[str, list[str]]
    halfway: BoardState
    parts: list[BoardPart | BoardHistory]


VECTORS_OF_BOARDS = msgspec.json.decode(VECTORS.read_bytes(), type=list[Vector])


def _without_ink(state: BoardState) -> BoardState:
    return BoardState(pages=[replace(page, objects=[]) for page in state.pages], current=state.current)


@pytest.mark.parametrize("vector", VECTORS_OF_BOARDS, ids=lambda each: each.name)
def test_P26_parts_and_events_between_them_make_the_board_of_the_log(vector: Vector) -> None:
    came, later = BoardInParts(_without_ink(vector.halfway)), vector.events[len(vector.events) // 2 :]
    for at, part in enumerate(vector.parts):
        for logged in later[at * len(later) // len(vector.parts) : (at + 1) * len(later) // len(vector.parts)]:
            came.note(logged)
        came.take(part)
        assert came.whole == isinstance(part, BoardHistory)
        came.board()
    assert came.board().hash() == vector.hash


def test_P26_what_is_undone_meanwhile_shows_with_the_last_part() -> None:
    came = BoardInParts(Board().snapshot())
    assert not came.note(Logged(number=1, at=0, by="t", event=Undone(id="undo-0001", target="stroke-1")))
    assert not came.note(Logged(number=2, at=0, by="t", event=Redone(id="redo-0001", target="stroke-1")))
    assert came.board().visible(1) == []


def test_P26_a_line_that_broke_before_the_last_part_begins_anew(empty: Any) -> None:
    memory, snapshot = Memory(0), Snapshot(state=replace(empty.state(), number=7), parts=True)
    assert memory.is_news(snapshot)
    assert not memory.is_news(BoardHistory(number=6, operations={}, undone_hides={})), "of an older snapshot"
    assert memory.is_news(part_of(7, 1, [], complete=True))
    assert (memory.parts, memory.after) == (1, 0)
    assert memory.is_news(BoardHistory(number=7, operations={}, undone_hides={}))
    assert (memory.parts, memory.after) == (2, 7)


async def test_P26_a_client_that_asks_for_parts_gets_all_of_them(hub: Any, serve: Any) -> None:
    url = await serve(hub)
    async with SignalingClient(url, "staff-1", Hello(version=VERSION, lesson="lesson-1")) as lead:
        for page in range(3):
            if page:
                await lead.send(AddPage(id=f"page-{page:04d}"))
            for number in range(20):
                name = f"stroke-{page}-{number:03d}"
                await lead.send(DrawStroke(id=name, page=page + 1, colour="#1a1a1a", width=40, points=[number, 2, 3]))
        board = hub.room.fold.board
        await hub.until(lambda: len(board.page_ids) == 3 and all(len(board.visible(each)) == 20 for each in (1, 2, 3)))
    hello = Hello(version=VERSION, lesson="lesson-1", edition=EDITION, parts=True)
    async with SignalingClient(url, "room-1", hello) as room, asyncio.timeout(20):
        came: BoardInParts | None = None
        told: list[str] = []
        async for message in room:
            match message:
                case Welcome():
                    told.append("welcome")
                case Snapshot(state=state, parts=True):
                    came = BoardInParts(state.board)
                case BoardPart() | BoardHistory() if came is not None:
                    told.append(type(message).__name__)
                    came.take(message)
                    if came.whole:
                        break
        assert came is not None
        assert came.board().hash() == hub.room.fold.board.hash()
        assert told == ["welcome", *["BoardPart"] * 3, "BoardHistory"]
