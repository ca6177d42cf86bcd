"""Writes tests/vectors/board.json: boards that Python and TypeScript must fold and hash alike.

    python tests/signaling/board_vectors.py > tests/vectors/board.json

A list of {name, events: [Logged ...], hash, visible: {page: [object ids]}, halfway: BoardState, parts: [BoardPart ...
BoardHistory]}; `halfway` is the snapshot after the first half of the events, rounded down, `parts` the same in parts.
The web tests read the same file.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec

from signaling.board import Board
from signaling.drawing import Drawing, drawn
from signaling.errors import Refused
from signaling.messages import (
    AddPage,
    AnyEvent,
    BoardHistory,
    BoardPart,
    ClearPage,
    DrawStroke,
    Erase,
    HandChanged,
    Logged,
    PicturePut,
    Redo,
    Started,
    StrokeDrawn,
    TurnPage,
    Undo,
)
from signaling.parts import Parts

LEAD, ROOM = "staff-1", "room-1"


class Hand:
    """Draws on a board as the room would have it, and keeps the events."""

    def __init__(self) -> None:
        self.board = Board()
        self.events: list[Logged] = []

    def does(self, who: str, message: Drawing) -> None:
        event = drawn(self.board, who, "lead", message)
        if event is not None:
            self.happens(who, event)

    def happens(self, who: str, event: AnyEvent) -> None:
        number = len(self.events) + 1
        logged = Logged(number=number, at=number * 40, by=who, event=event)
        self.board.apply(logged)
        self.events.append(logged)

    def vector(self, name: str) -> dict[str, Any]:
        visible = {str(page): [each.id for each in self.board.visible(page)] for page in self.board.page_ids}
        half = Board()
        for logged in self.events[: len(self.events) // 2]:
            half.apply(logged)
        told = {"events": self.events, "hash": self.board.hash(), "visible": visible, "halfway": half.snapshot()}
        return {"name": name, **told, "parts": list(_in_parts(half))}


def _in_parts(board: Board) -> Iterator[BoardPart | BoardHistory]:
    parts = Parts(0, board.snapshot())
    while (part := parts.take(200)) is not None:
        yield part


def stroke(
    name: str, page: int = 1, colour: str = "#1a1a1a", width: int = 40, points: list[int] | None = None
) -> DrawStroke:
    return DrawStroke(id=f"stroke-{name}", page=page, colour=colour, width=width, points=points or [10, 20, 128])


def picture(name: str, page: int = 1) -> PicturePut:
    digest = sha256(name.encode()).hexdigest()
    return PicturePut(id=f"picture-{name}", page=page, digest=digest, width=1280, height=720)


def vectors() -> list[dict[str, Any]]:
    return [hand.vector(name) for name, hand in _cases()]


def _cases() -> Iterator[tuple[str, Hand]]:
    yield "an empty board", Hand()

    hand = Hand()
    hand.does(LEAD, stroke("one", points=[0, 0, 0, 10_000, 5_625, 255, -10_000, 20_000, 128]))
    hand.happens(LEAD, Started())
    hand.happens(ROOM, HandChanged(participant=ROOM, up=True))
    hand.does(ROOM, stroke("two", colour="#c04000", width=800))
    yield "two hands, and events that are not the board's", hand

    hand = Hand()
    for name in ("one", "two", "three"):
        hand.does(LEAD, stroke(name))
    hand.does(LEAD, Undo(id="undo-0001"))
    hand.does(LEAD, Undo(id="undo-0002"))
    hand.does(LEAD, Redo(id="redo-0001"))
    yield "undo and redo of strokes", hand

    hand = Hand()
    for name in ("one", "two", "three"):
        hand.does(LEAD, stroke(name))
    hand.does(LEAD, Erase(id="erase-01", page=1, objects=["stroke-one", "stroke-two"]))
    hand.does(ROOM, Erase(id="erase-02", page=1, objects=["stroke-two", "stroke-unknown"]))
    hand.does(LEAD, Undo(id="undo-0001"))
    yield "hidden by two erasers, one taken back: still hidden", hand

    hand = Hand()
    for name in ("one", "two"):
        hand.does(LEAD, stroke(name))
    hand.does(ROOM, stroke("far"))
    hand.does(LEAD, ClearPage(id="clear-01", page=1))
    hand.does(ROOM, stroke("after"))
    hand.does(LEAD, Undo(id="undo-0001"))
    hand.does(LEAD, Redo(id="redo-0001"))
    hand.does(LEAD, Undo(id="undo-0002"))
    hand.does(LEAD, stroke("forgets"))
    yield "a cleared page, undone, redone, undone, and a new stroke that forgets the redo", hand

    hand = Hand()
    hand.does(LEAD, stroke("one"))
    hand.does(LEAD, AddPage(id="page-0001"))
    hand.does(LEAD, stroke("two", page=2))
    hand.does(LEAD, TurnPage(page=1))
    hand.does(LEAD, AddPage(id="page-0002"))
    hand.does(LEAD, stroke("three", page=3))
    hand.does(LEAD, TurnPage(page=2))
    yield "pages in the order of turning: 1, 3, 2", hand

    hand = Hand()
    hand.does(LEAD, stroke("one"))
    twice = StrokeDrawn(id="stroke-one", page=1, colour="#00ff00", width=90, points=[1, 2, 3])
    hand.happens(LEAD, twice)
    yield "an operation that comes twice counts once", hand

    hand = Hand()
    hand.does(LEAD, stroke("one"))
    hand.happens(LEAD, picture("first"))
    hand.does(LEAD, AddPage(id="page-0001"))
    hand.happens(LEAD, picture("second", page=2))
    hand.does(LEAD, ClearPage(id="clear-01", page=1))
    hand.happens(LEAD, picture("third", page=2))
    hand.does(LEAD, Undo(id="undo-0001"))
    hand.does(LEAD, Erase(id="erase-01", page=2, objects=["picture-second"]))
    hand.does(LEAD, Undo(id="undo-0002"))
    hand.does(ROOM, stroke("two", page=2))
    yield "pictures: cleared pages keep them, one undone shows the one before it, one erased comes back", hand

    for seed in (1, 2, 3):
        yield f"four hundred steps at random, seed {seed}", _at_random(seed, 400)


def _at_random(seed: int, steps: int) -> Hand:
    chance = random.Random(seed)
    hand = Hand()
    for step in range(steps):
        try:
            hand.does(chance.choice((LEAD, ROOM)), _any_message(chance, hand, step))
        except Refused:
            continue
    return hand


def _any_message(chance: random.Random, hand: Hand, step: int) -> Drawing:
    page = chance.choice(hand.board.page_ids)
    name = f"{step:08d}"
    kind = chance.choices(("stroke", "erase", "undo", "redo", "clear", "add", "turn"), (30, 8, 10, 8, 2, 1, 3))[0]
    match kind:
        case "stroke":
            points = [chance.randint(0, 5000) for _ in range(3 * chance.randint(1, 6))]
            return stroke(name, page, chance.choice(("#1a1a1a", "#c04000")), chance.randint(4, 800), points)
        case "erase":
            known = [each.id for each in hand.board.visible(page)] or ["stroke-none"]
            return Erase(id=f"erase-{name}", page=page, objects=chance.sample(known, min(len(known), 3)))
        case "undo":
            return Undo(id=f"undo-{name}")
        case "redo":
            return Redo(id=f"redo-{name}")
        case "clear":
            return ClearPage(id=f"clear-{name}", page=page)
        case "add":
            return AddPage(id=f"page-{name}")
        case _:
            return TurnPage(page=page)


def text() -> str:
    """The file: one vector a line."""
    lines = ",\n".join(msgspec.json.encode(vector).decode() for vector in vectors())
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    sys.stdout.write(text())
