"""Pictures under the ink: put, undone, cleared around, kept from older editions (docs/protocol.md, P87)."""

from __future__ import annotations

import msgspec
import pytest

from signaling.board import Board
from signaling.cast import Cast, Member
from signaling.drawing import page_of, pictured
from signaling.editions import earlier
from signaling.errors import Refused
from signaling.messages import (
    BoardObject,
    BoardState,
    LessonCard,
    Logged,
    PageAdded,
    PicturePut,
    PutPicture,
    Snapshot,
    StrokeDrawn,
    Undone,
)
from signaling.permissions import permits
from signaling.room import Room

KEPT = "a" * 64
PUT = PutPicture(id="picture-0001", digest=KEPT, width=1280, height=720)
EVENT = PicturePut(id="picture-0001", page=2, digest=KEPT, width=1280, height=720)


def happened(board: Board, *events: PageAdded | PicturePut | StrokeDrawn | Undone) -> None:
    for number, event in enumerate(events, 1):
        board.apply(Logged(number=number, at=number, by="staff-1", event=event))


def test_P87_without_a_page_it_gets_a_new_one_however_often_it_is_sent() -> None:
    board = Board()
    first = pictured(board, "staff-1", {KEPT}, PUT)
    assert first == [PageAdded(id=page_of(PUT.id), page=2, after=1), EVENT]
    assert pictured(board, "staff-1", {KEPT}, PUT) == first
    happened(board, *first)
    with pytest.raises(Refused) as again:
        pictured(board, "staff-1", {KEPT}, PUT)
    assert again.value.code == "already_done"


def test_P87_only_what_was_uploaded_to_this_lesson_can_be_put_on_its_pages() -> None:
    with pytest.raises(Refused) as stranger:
        pictured(Board(), "staff-1", set(), PUT)
    assert stranger.value.code == "no_such_picture"
    with pytest.raises(Refused) as nowhere:
        pictured(Board(), "staff-1", {KEPT}, msgspec.structs.replace(PUT, page=7))
    assert nowhere.value.code == "no_such_page"


def test_P10_only_the_lead_puts_pictures() -> None:
    assert permits("lead", PutPicture)
    others = ("classroom", "assistant", "observer", "recorder", "rebroadcast", "admin")
    assert not any(permits(role, PutPicture, has_floor=True) for role in others)


def test_P38_the_hash_tells_which_picture_is_shown() -> None:
    board, same = Board(), Board()
    empty = board.hash()
    put = msgspec.structs.replace(EVENT, page=1)
    happened(board, put)
    shown = board.hash()
    assert shown != empty
    happened(same, put, Undone(id="undo-0001", target=put.id))
    assert same.hash() == empty
    assert Board.restore(board.snapshot()).hash() == shown


def test_P85_an_older_client_is_told_of_a_stroke_that_shows_nothing() -> None:
    told = msgspec.json.decode(earlier(Logged(number=3, at=9, by="staff-1", event=EVENT), 2) or b"", type=Logged)
    assert told.event == StrokeDrawn(id=EVENT.id, page=2, colour="#000000", width=4, points=[0, 0, 0])


def test_P85_an_older_clients_snapshot_has_the_same_operations() -> None:
    card = LessonCard(
        id="lesson-1",
        title="",
        subject="",
        mode="blended",
        planned_start="2026-11-22T08:00:00Z",
        planned_end="2026-11-22T09:00:00Z",
    )
    room = Room(card, Cast([Member("staff-1", "lead", "", "", "#1a1a1a", "planned")]))
    room.fold.pictures.add(KEPT)
    room.open("2026-11-22T08:00:00Z")
    room.join("staff-1", 0)
    room.receive("staff-1", msgspec.structs.replace(PUT, page=1), 5)
    frame = msgspec.json.decode(earlier(Snapshot(state=room.state()), 2) or b"")
    board = msgspec.convert(frame["state"]["board"], BoardState)
    stroke = BoardObject(id=PUT.id, by="staff-1", colour="#000000", width=4, points=[0, 0, 0])
    assert [page.objects for page in board.pages] == [[stroke]]
    assert board.operations["staff-1"].standing == [PUT.id]
