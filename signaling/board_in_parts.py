"""A board that comes in parts, on the client's side (docs/protocol.md, P26): what can be shown of it so far. Pure.

Until the last part has come the events after the snapshot are kept, and laid over what is there. What is undone or
redone meanwhile shows with the last part: until then nobody knows who did what.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from signaling.board import Board
from signaling.messages import (
    BoardHistory,
    BoardObject,
    BoardPart,
    BoardState,
    History,
    Logged,
    OperationId,
    Operations,
    PageId,
    Redone,
    Undone,
)
from signaling.part_objects import objects_of


class BoardInParts:
    """Takes parts in the order in which they come. state: of the snapshot, its pages without ink."""

    def __init__(self, state: BoardState) -> None:
        self._state = state
        self._objects: dict[PageId, list[BoardObject]] = {page.id: [] for page in state.pages}
        self._events: list[Logged] = []
        self._history: BoardHistory | None = None

    @property
    def whole(self) -> bool:
        """Nothing is missing any more."""
        return self._history is not None

    def note(self, logged: Logged) -> bool:
        """An event after the snapshot; whether it can be shown before all has come."""
        self._events.append(logged)
        return not isinstance(logged.event, Undone | Redone)

    def take(self, part: BoardPart | BoardHistory) -> bool:
        """Takes what came; whether there is more to be seen."""
        if isinstance(part, BoardHistory):
            self._history = part
            return True
        self._objects[part.page] += objects_of(part)
        return part.complete

    def board(self) -> Board:
        """The board now, as far as it has come."""
        pages = [replace(page, objects=self._objects[page.id]) for page in self._state.pages]
        board = Board.restore(replace(self._state, pages=pages, **self._done()))
        for logged in self._events:
            if self.whole or not isinstance(logged.event, Undone | Redone):
                board.apply(logged)
        return board

    def _done(self) -> dict[str, object]:
        if self._history is None:
            return {"operations": {}, "undone_hides": {}}
        strokes = [each.id for page in self._state.pages for each in self._objects[page.id]]
        operations = {who: _named(each, strokes) for who, each in self._history.operations.items()}
        return {"operations": operations, "undone_hides": self._history.undone_hides}


def _named(short: History, strokes: Sequence[OperationId]) -> Operations:
    return Operations(standing=_ids(short.standing, strokes), undone=_ids(short.undone, strokes))


def _ids(short: Sequence[int | OperationId], strokes: Sequence[OperationId]) -> list[OperationId]:
    """A number is a stroke, told by how far it stands behind the one before."""
    ids, at = [], -1
    for each in short:
        at += each if isinstance(each, int) else 0
        ids.append(strokes[at] if isinstance(each, int) else each)
    return ids
