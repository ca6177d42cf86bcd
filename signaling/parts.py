"""A snapshot's board in parts, for thin lines: the page that is shown first, the others after it (P26). Pure.

Until the last part has come the client keeps the events after the snapshot, and lays them over what it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from signaling.codec import encode
from signaling.messages import (
    BoardHistory,
    BoardObject,
    BoardPart,
    BoardState,
    History,
    OperationId,
    RoomState,
    Snapshot,
)
from signaling.packing import deflated
from signaling.part_objects import part_of

OBJECT_OCTETS, OCTETS_PER_NUMBER = 2, 1
"""About what an object weighs once it is deflated, and each number of its points."""
HIDDEN_OCTETS = 20
LEAST_AHEAD_OCTETS = 4 * 1024
"""Of a page that is worth a request of its own."""
CURRENT_OCTETS = 16 * 1024
"""Of one part of the page that is shown: they follow one another at once."""


def head(snapshot: Snapshot) -> Snapshot:
    """What goes first: the snapshot, its pages without ink."""
    board = snapshot.state.board
    empty = BoardState(pages=[replace(page, objects=[]) for page in board.pages], current=board.current)
    return replace(snapshot, state=replace(snapshot.state, board=empty), parts=True)


def page_shown(state: RoomState) -> bytes | None:
    """All of the page that is shown, as the frame of one part; None where it is so little that it need not go ahead."""
    page = next(page for page in state.board.pages if page.id == state.board.current)
    if _until(page.objects, 0, LEAST_AHEAD_OCTETS) == len(page.objects):
        return None
    return frame_of(part_of(state.number, page.id, page.objects, complete=True))


class Parts:
    """What of the board at event `number` is still to be told."""

    def __init__(self, number: int, board: BoardState, *, ahead: bool = False) -> None:
        """ahead: the page that is shown is told another way."""
        self._number = number
        self._board = board
        self._left = sorted(board.pages, key=lambda page: page.id != board.current)[int(ahead) :]
        self._at = 0
        self._over = False

    @property
    def urgent(self) -> bool:
        """Whether the next part is of the page that is shown."""
        return bool(self._left) and self._left[0].id == self._board.current

    def take(self, octets: int) -> BoardPart | BoardHistory | None:
        """The next part, of about so many octets once it is deflated; None when all is told."""
        if not self._left:
            told, self._over = self._over, True
            return None if told else self._history()
        page = self._left[0]
        until = _until(page.objects, self._at, octets)
        some, complete = page.objects[self._at : until], until == len(page.objects)
        self._at = 0 if complete else until
        if complete:
            self._left.pop(0)
        return part_of(self._number, page.id, some, complete=complete)

    def _history(self) -> BoardHistory:
        strokes = (each.id for page in self._board.pages for each in page.objects)
        place = {stroke: at for at, stroke in enumerate(strokes)}
        told = {
            who: History(standing=_short(each.standing, place), undone=_short(each.undone, place))
            for who, each in self._board.operations.items()
        }
        return BoardHistory(self._number, told, self._board.undone_hides)


def frame_of(part: BoardPart | BoardHistory) -> bytes:
    """The binary frame of a part."""
    return deflated(encode(part))


def _until(objects: Sequence[BoardObject], begin: int, octets: int) -> int:
    """Where a part ends that begins at `begin`: after one object at least, if there is one."""
    left = octets
    for at in range(begin, len(objects)):
        one = objects[at]
        left -= OBJECT_OCTETS + OCTETS_PER_NUMBER * len(one.points) + HIDDEN_OCTETS * len(one.hidden_by)
        if left <= 0:
            return at + 1
    return len(objects)


def _short(operations: Sequence[OperationId], place: Mapping[OperationId, int]) -> list[int | OperationId]:
    short: list[int | OperationId] = []
    before = -1
    for each in operations:
        at = place.get(each)
        short.append(each if at is None else at - before)
        before = before if at is None else at
    return short
