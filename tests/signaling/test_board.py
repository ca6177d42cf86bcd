"""The whiteboard by value, by shared vectors, and by random hands."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.board import OBJECTS_PER_PAGE, PAGES, Board
from signaling.drawing import drawn
from signaling.errors import Refused
from signaling.messages import (
    AddPage,
    BoardState,
    ClearPage,
    DrawStroke,
    Erase,
    Logged,
    PageAdded,
    Redo,
    StrokeDrawn,
    TurnPage,
    Undo,
)

HERE = Path(__file__).parent
VECTORS = HERE.parent / "vectors" / "board.json"


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


board_vectors = _load(HERE / "board_vectors.py")
Hand, stroke, LEAD, ROOM = (getattr(board_vectors, name) for name in ("Hand", "stroke", "LEAD", "ROOM"))


class Vector(msgspec.Struct):
    name: str
    events: list[Logged]
    hash: str
    visible: dict[str, list[str]]
    halfway: BoardState


def _vectors() -> list[Vector]:
    return msgspec.json.decode(VECTORS.read_bytes(), type=list[Vector])


def _counted(operation: str) -> DrawStroke:
    return DrawStroke(id=operation, page=1, colour="#000000", width=40, points=[10, 20, 128])


def _board(events: list[Logged]) -> Board:
    board = Board()
    for logged in events:
        board.apply(logged)
    return board


def _seen(board: Board, page: int = 1) -> list[str]:
    return [each.id for each in board.visible(page)]


def test_P38_shared_vectors_are_those_of_the_script() -> None:
    told = "run `python tests/signaling/board_vectors.py > tests/vectors/board.json`"
    assert VECTORS.read_text(encoding="utf-8") == board_vectors.text(), told


@pytest.mark.parametrize("vector", _vectors(), ids=lambda vector: vector.name)
def test_P38_boards_of_the_shared_vectors_hash_as_told(vector: Vector) -> None:
    board = _board(vector.events)
    assert board.hash() == vector.hash
    assert {str(page): _seen(board, page) for page in board.page_ids} == vector.visible


@pytest.mark.parametrize("vector", _vectors(), ids=lambda vector: vector.name)
def test_P37_a_board_restored_halfway_goes_on_to_the_same_hash(vector: Vector) -> None:
    board = Board.restore(vector.halfway)
    for logged in vector.events[len(vector.events) // 2 :]:
        board.apply(logged)
    assert board.hash() == vector.hash
    assert board.snapshot() == _board(vector.events).snapshot()


def test_P38_the_hash_of_an_empty_board_is_that_of_its_canonical_text() -> None:
    assert Board().hash() == "a758af31ecca56e5d0e327e4632d36215c131860b22ce0c4f120fff94f70702f"  # of [1,[[1,[]]]]


def test_P31_undo_takes_back_only_what_its_author_did() -> None:
    hand = Hand()
    hand.does(LEAD, stroke("lead"))
    hand.does(ROOM, stroke("room"))
    hand.does(LEAD, Undo(id="undo-0001"))
    assert _seen(hand.board) == ["stroke-room"]
    with pytest.raises(Refused, match="nothing_to_undo"):
        hand.does(LEAD, Undo(id="undo-0002"))


def test_P32_a_new_operation_forgets_what_could_be_redone() -> None:
    hand = Hand()
    hand.does(LEAD, stroke("one"))
    hand.does(LEAD, Undo(id="undo-0001"))
    hand.does(LEAD, stroke("two"))
    with pytest.raises(Refused, match="nothing_to_redo"):
        hand.does(LEAD, Redo(id="redo-0001"))


def test_P33_an_object_hidden_by_two_erasers_comes_back_with_the_last_undo() -> None:
    hand = Hand()
    hand.does(LEAD, stroke("one"))
    hand.does(LEAD, Erase(id="erase-01", page=1, objects=["stroke-one"]))
    hand.does(ROOM, Erase(id="erase-02", page=1, objects=["stroke-one"]))
    hand.does(LEAD, Undo(id="undo-0001"))
    assert _seen(hand.board) == []
    hand.does(ROOM, Undo(id="undo-0002"))
    assert _seen(hand.board) == ["stroke-one"]


def test_P34_a_cleared_page_comes_back_as_it_was() -> None:
    hand = Hand()
    for name in ("one", "two", "three"):
        hand.does(LEAD, stroke(name))
    hand.does(LEAD, Erase(id="erase-01", page=1, objects=["stroke-two"]))
    hand.does(LEAD, ClearPage(id="clear-01", page=1))
    assert _seen(hand.board) == []
    hand.does(LEAD, Undo(id="undo-0001"))
    assert _seen(hand.board) == ["stroke-one", "stroke-three"]
    hand.does(LEAD, Redo(id="redo-0001"))
    assert _seen(hand.board) == []


def test_P35_a_new_page_stands_after_the_current_one_and_is_shown() -> None:
    hand = Hand()
    hand.does(LEAD, AddPage(id="page-0001"))
    hand.does(LEAD, TurnPage(page=1))
    hand.does(LEAD, AddPage(id="page-0002"))
    assert (hand.board.page_ids, hand.board.current) == ([1, 3, 2], 3)
    assert drawn(hand.board, LEAD, "lead", TurnPage(page=3)) is None


def test_P36_the_classroom_erases_only_what_it_drew() -> None:
    hand = Hand()
    hand.does(LEAD, stroke("lead"))
    hand.does(ROOM, stroke("room"))
    both = Erase(id="erase-01", page=1, objects=["stroke-lead", "stroke-room", "stroke-room"])
    event = drawn(hand.board, ROOM, "classroom", both)
    assert event is not None
    assert event.objects == ["stroke-room"]  # type: ignore[union-attr]
    with pytest.raises(Refused, match="not_allowed"):
        drawn(hand.board, ROOM, "classroom", Erase(id="erase-02", page=1, objects=["stroke-lead"]))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (stroke("one"), "already_done"),
        (stroke("two", page=3), "no_such_page"),
        (stroke("two", points=[1, 2, 3, 4]), "bad_message"),
        (Erase(id="erase-01", page=1, objects=["stroke-none"]), "no_such_object"),
        (ClearPage(id="clear-01", page=9), "no_such_page"),
        (ClearPage(id="clear-01", page=2), "no_such_object"),
        (TurnPage(page=9), "no_such_page"),
        (Redo(id="redo-0001"), "nothing_to_redo"),
    ],
)
def test_P30_what_cannot_be_done_on_the_board_is_refused(message: DrawStroke, code: str) -> None:
    hand = Hand()
    hand.does(LEAD, stroke("one"))
    hand.does(LEAD, AddPage(id="page-0001"))
    with pytest.raises(Refused) as refused:
        drawn(hand.board, LEAD, "lead", message)
    assert refused.value.code == code


def test_P30_a_page_holds_20000_objects_and_the_board_500_pages() -> None:
    board = Board()
    for number in range(OBJECTS_PER_PAGE):
        drawn_event = StrokeDrawn(id=f"stroke-{number}", page=1, colour="#000000", width=4, points=[0, 0, 0])
        board.apply(Logged(number=number + 1, at=0, by=LEAD, event=drawn_event))
    with pytest.raises(Refused, match="page_full"):
        drawn(board, LEAD, "lead", stroke("more"))
    for number in range(2, PAGES + 1):
        board.apply(
            Logged(
                number=number, at=0, by=LEAD, event=PageAdded(id=f"page-{number:04d}", page=number, after=number - 1)
            )
        )
    with pytest.raises(Refused, match="board_full"):
        drawn(board, LEAD, "lead", AddPage(id="page-more"))


@given(seed=st.integers(0, 2**32), cut=st.integers(0, 120))
def test_P37_a_snapshot_taken_anywhere_goes_on_like_the_board(seed: int, cut: int) -> None:
    events = board_vectors._at_random(seed, 120).events
    cut = min(cut, len(events))
    first = _board(events[:cut])
    state = msgspec.json.decode(msgspec.json.encode(first.snapshot()), type=BoardState)
    restored = Board.restore(state)
    assert restored.snapshot() == first.snapshot()
    for logged in events[cut:]:
        first.apply(logged)
        restored.apply(logged)
        assert restored.hash() == first.hash()
        assert restored.snapshot() == first.snapshot()


@given(seed=st.integers(0, 2**32))
def test_P12_events_that_come_twice_change_nothing(seed: int) -> None:
    events = board_vectors._at_random(seed, 60).events
    once, twice = _board(events), Board()
    for logged in events:
        twice.apply(logged)
        twice.apply(logged)
    assert twice.hash() == once.hash()
    assert twice.snapshot() == once.snapshot()


@pytest.mark.parametrize("late", [False, True], ids=["who saw it", "restored"])
def test_P12_who_counted_first_counts_on_and_nobody_else_can_take_the_ids_before(late: bool) -> None:
    hand = Hand()
    hand.does(LEAD, _counted("0123456789abcdef-1"))
    board = Board.restore(hand.board.snapshot()) if late else hand.board
    following = _counted("0123456789abcdef-2")
    with pytest.raises(Refused) as taken:
        drawn(board, ROOM, "classroom", following)
    assert taken.value.code == "not_allowed"
    assert isinstance(drawn(board, LEAD, "lead", following), StrokeDrawn)
    assert isinstance(drawn(board, ROOM, "classroom", _counted("fedcba9876543210-2")), StrokeDrawn)


@given(seed=st.integers(0, 2**32))
def test_P34_undoing_all_and_redoing_all_gives_the_same_board(seed: int) -> None:
    hand = board_vectors._at_random(seed, 60)
    alone = Hand()
    for logged in hand.events:
        if isinstance(logged.event, StrokeDrawn | PageAdded):
            alone.happens(LEAD, logged.event)
    before = alone.board.hash()
    undone = 0
    while alone.board.to_undo(LEAD):
        undone += 1
        alone.does(LEAD, Undo(id=f"undo-all-{undone}"))
    assert all(not alone.board.visible(page) for page in alone.board.page_ids)
    for number in range(undone):
        alone.does(LEAD, Redo(id=f"redo-all-{number}"))
    assert alone.board.hash() == before
