"""What a board message becomes: the event it is logged as, or a refusal (docs/protocol.md, rules P30 to P37)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from hashlib import sha256

from signaling.board import OBJECTS_PER_PAGE, PAGES, Board
from signaling.errors import Refused
from signaling.messages import (
    AddPage,
    AnyEvent,
    ClearPage,
    Digest,
    DrawStroke,
    Erase,
    Erased,
    OperationId,
    PageAdded,
    PageCleared,
    PageId,
    PageTurned,
    ParticipantId,
    PicturePut,
    PutPicture,
    Redo,
    Redone,
    Role,
    StrokeDrawn,
    TurnPage,
    Undo,
    Undone,
)
from signaling.permissions import may_hide_ink_of_others

Operation = DrawStroke | Erase | ClearPage | Undo | Redo | AddPage
Drawing = Operation | TurnPage


def drawn(board: Board, who: ParticipantId, role: Role, message: Drawing) -> AnyEvent | None:
    """The event that `message` becomes; None where the page is shown already.

    Every operation ends in an event or a refusal, so that its author can forget it.

    Raises:
        Refused: `already_done`, `no_such_page`, `no_such_object`, `page_full`, `board_full`, `nothing_to_undo` or
            `nothing_to_redo`, or `not_allowed` to erase what others drew or to count on in their ids.
    """
    if isinstance(message, TurnPage):
        return _turned(board, message)
    _need_new(board, who, message.id)
    match message:
        case DrawStroke():
            return _stroke(board, message)
        case Erase():
            return _erased(board, who, role, message)
        case ClearPage():
            return _cleared(board, message)
        case Undo():
            return _undone(board, who, message)
        case Redo():
            return _redone(board, who, message)
        case AddPage():
            return _page_added(board, message)


def pictured(
    board: Board, who: ParticipantId, kept: AbstractSet[Digest], message: PutPicture
) -> list[PageAdded | PicturePut]:
    """The events that a picture becomes: its page first, if that is new.

    kept: the pictures that were uploaded to this lesson.

    Raises:
        Refused: `already_done`, `no_such_picture`, `no_such_page` or `board_full`, or `not_allowed` to count on in the
            ids of others.
    """
    _need_new(board, who, message.id)
    if message.digest not in kept:
        raise Refused("no_such_picture")
    added = [] if message.page is not None else [_page_added(board, AddPage(id=page_of(message.id)))]
    page = added[0].page if message.page is None else message.page
    if message.page is not None:
        _need_page(board, page)
    put = PicturePut(id=message.id, page=page, digest=message.digest, width=message.width, height=message.height)
    return [*added, put]


def _need_new(board: Board, who: ParticipantId, operation: OperationId) -> None:
    if board.done(operation):
        raise Refused("already_done")
    if board.of_another(operation, who):
        raise Refused("not_allowed", "an id of another's series")


def page_of(picture: OperationId) -> OperationId:
    """The id of the operation that adds the page of a picture: the same however often the picture is sent."""
    return sha256(picture.encode()).hexdigest()[:32]


def _stroke(board: Board, message: DrawStroke) -> StrokeDrawn:
    _need_page(board, message.page)
    if len(message.points) % 3:
        raise Refused("bad_message", "points are x, y, pressure")
    if board.count(message.page) >= OBJECTS_PER_PAGE:
        raise Refused("page_full")
    return StrokeDrawn(
        id=message.id, page=message.page, colour=message.colour, width=message.width, points=message.points
    )


def _erased(board: Board, who: ParticipantId, role: Role, message: Erase) -> Erased:
    _need_page(board, message.page)
    found = board.present(message.page, message.objects)
    if not found:
        raise Refused("no_such_object")
    own = [each.id for each in found if each.by == who or may_hide_ink_of_others(role)]
    if not own:
        raise Refused("not_allowed", "drawn by others")
    return Erased(id=message.id, page=message.page, objects=own)


def _cleared(board: Board, message: ClearPage) -> PageCleared:
    _need_page(board, message.page)
    if not board.visible(message.page):
        raise Refused("no_such_object")
    return PageCleared(id=message.id, page=message.page)


def _undone(board: Board, who: ParticipantId, message: Undo) -> Undone:
    target = board.to_undo(who)
    if target is None:
        raise Refused("nothing_to_undo")
    return Undone(id=message.id, target=target)


def _redone(board: Board, who: ParticipantId, message: Redo) -> Redone:
    target = board.to_redo(who)
    if target is None:
        raise Refused("nothing_to_redo")
    return Redone(id=message.id, target=target)


def _page_added(board: Board, message: AddPage) -> PageAdded:
    pages = board.page_ids
    if len(pages) >= PAGES:
        raise Refused("board_full")
    return PageAdded(id=message.id, page=len(pages) + 1, after=board.current)


def _turned(board: Board, message: TurnPage) -> PageTurned | None:
    _need_page(board, message.page)
    return None if message.page == board.current else PageTurned(page=message.page)


def _need_page(board: Board, page: PageId) -> None:
    if not board.has_page(page):
        raise Refused("no_such_page")
