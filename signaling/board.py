"""The whiteboard: a fold over the events of the lesson log (docs/protocol.md, rules P30 to P39).

An operation is a stroke, a picture, an erase or a clear. Nothing is ever removed: an object is hidden by the operations
that hide it (a stroke or picture that was undone by itself) and visible when no standing operation hides it. Undo and
redo move an operation between its author's two stacks and take its effect away or bring it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from signaling.board_page import Page, everything_on
from signaling.messages import (
    BoardObject,
    BoardState,
    Erased,
    Logged,
    OperationId,
    Operations,
    PageAdded,
    PageCleared,
    PageId,
    PagePicture,
    PageTurned,
    ParticipantId,
    PicturePut,
    Redone,
    StrokeDrawn,
    Undone,
)
from signaling.operation_ids import series

OBJECTS_PER_PAGE = 20_000
PAGES = 500


class Board:
    """The board after the events applied so far; a new one has page 1, empty."""

    def __init__(self) -> None:
        self.current: PageId = 1
        self._pages: dict[PageId, Page] = {1: Page()}
        self._order: list[PageId] = [1]
        self._page_of: dict[OperationId, PageId] = {}
        self._hides: dict[OperationId, list[OperationId]] = {}
        self._stacks: dict[ParticipantId, _Stacks] = {}
        self._done: set[OperationId] = set()
        self._series: dict[str, ParticipantId] = {}
        self._hash: str | None = None

    # --- what it shows -----------------------------------------------------------------------------------------

    @property
    def page_ids(self) -> list[PageId]:
        """Pages in the order of turning."""
        return list(self._order)

    def has_page(self, page: PageId) -> bool:
        """Whether there is such a page."""
        return page in self._pages

    def visible(self, page: PageId) -> list[BoardObject]:
        """What is to be seen on a page, in drawing order. Raises KeyError where there is no such page."""
        return [each for each in self._pages[page].objects.values() if not each.hidden_by]

    def picture(self, page: PageId) -> PagePicture | None:
        """What is shown beneath the ink of a page: the latest picture that nothing hides."""
        return self._pages[page].picture()

    def count(self, page: PageId) -> int:
        """Objects of a page, hidden ones too."""
        return len(self._pages[page].objects)

    def done(self, operation: OperationId) -> bool:
        """Whether an operation with this id was applied: once is enough."""
        return operation in self._done

    def of_another(self, operation: OperationId, who: ParticipantId) -> bool:
        """Whether the id is of a series (P12) that somebody else began."""
        return self._series.get(series(operation), who) != who

    def present(self, page: PageId, objects: Iterable[OperationId]) -> list[BoardObject | PagePicture]:
        """Those of `objects` that are on the page, each once, in the order given; a picture may be among them."""
        held: dict[OperationId, BoardObject | PagePicture] = {**self._pages[page].objects, **self._pages[page].pictures}
        return [held[each] for each in dict.fromkeys(objects) if each in held]

    def to_undo(self, who: ParticipantId) -> OperationId | None:
        """The latest operation of `who` that stands."""
        stacks = self._stacks.get(who)
        return stacks.standing[-1] if stacks and stacks.standing else None

    def to_redo(self, who: ParticipantId) -> OperationId | None:
        """The operation of `who` that was undone last."""
        stacks = self._stacks.get(who)
        return stacks.undone[-1] if stacks and stacks.undone else None

    def hash(self) -> str:
        """Rule P38: the same on every screen that shows the same."""
        if self._hash is None:
            pages = [[page, *self._pages[page].told()] for page in self._order]
            self._hash = sha256(msgspec.json.encode([self.current, pages])).hexdigest()
        return self._hash

    # --- the fold ----------------------------------------------------------------------------------------------

    def apply(self, logged: Logged) -> None:
        """Applies one event; those that are not the board's, and operations already done, change nothing."""
        event = logged.event
        match event:
            case PageTurned():
                self._turn(event.page)
                return
            case StrokeDrawn() | PicturePut() | Erased() | PageCleared() | Undone() | Redone() | PageAdded():
                if event.id in self._done:
                    return
                self._done.add(event.id)
                self._series.setdefault(series(event.id), logged.by)
            case _:
                return
        self._hash = None
        match event:
            case StrokeDrawn():
                self._draw(event, logged.by)
            case PicturePut():
                self._put(event, logged.by)
            case Erased():
                found = [each.id for each in self.present(event.page, event.objects)]
                self._operate(event.id, logged.by, hides=found)
            case PageCleared():
                self._operate(event.id, logged.by, hides=[each.id for each in self.visible(event.page)])
            case Undone():
                self._undo(event.target, logged.by)
            case Redone():
                self._redo(event.target, logged.by)
            case PageAdded():
                self._pages[event.page] = Page()
                self._order.insert(self._order.index(event.after) + 1, event.page)
                self.current = event.page

    def _turn(self, page: PageId) -> None:
        if page in self._pages and page != self.current:
            self.current = page
            self._hash = None

    def _draw(self, event: StrokeDrawn, by: ParticipantId) -> None:
        self._page_of[event.id] = event.page
        stroke = BoardObject(id=event.id, by=by, colour=event.colour, width=event.width, points=event.points)
        self._pages[event.page].add(stroke)
        self._operate(event.id, by, hides=None)

    def _put(self, event: PicturePut, by: ParticipantId) -> None:
        self._page_of[event.id] = event.page
        self._pages[event.page].pictures[event.id] = PagePicture(
            id=event.id, by=by, digest=event.digest, width=event.width, height=event.height
        )
        self._operate(event.id, by, hides=None)

    def _operate(self, operation: OperationId, by: ParticipantId, hides: list[OperationId] | None) -> None:
        stacks = self._stacks.setdefault(by, _Stacks())
        for forgotten in stacks.undone:
            self._hides.pop(forgotten, None)
        stacks.undone.clear()
        stacks.standing.append(operation)
        if hides is not None:
            self._hides[operation] = hides
            self._hide(hides, operation)

    def _undo(self, target: OperationId, by: ParticipantId) -> None:
        stacks = self._stacks[by]
        _take(stacks.standing, target)
        stacks.undone.append(target)
        if target in self._hides:
            self._unhide(self._hides[target], target)
        else:
            self._hide([target], target)

    def _redo(self, target: OperationId, by: ParticipantId) -> None:
        stacks = self._stacks[by]
        _take(stacks.undone, target)
        stacks.standing.append(target)
        if target in self._hides:
            self._hide(self._hides[target], target)
        else:
            self._unhide([target], target)

    def _hide(self, objects: Iterable[OperationId], operation: OperationId) -> None:
        for each in objects:
            page = self._pages[self._page_of[each]]
            page.hidden_by(each, [*page.hiders(each), operation])

    def _unhide(self, objects: Iterable[OperationId], operation: OperationId) -> None:
        for each in objects:
            page = self._pages[self._page_of[each]]
            page.hidden_by(each, [by for by in page.hiders(each) if by != operation])

    # --- snapshots ---------------------------------------------------------------------------------------------

    def snapshot(self) -> BoardState:
        """The whole board, for a late joiner: `Board.restore` of it goes on like this one."""
        undone = [each for stacks in self._stacks.values() for each in stacks.undone]
        return BoardState(
            pages=[self._pages[page].snapshot(page) for page in self._order],
            current=self.current,
            operations={
                who: Operations(standing=list(stacks.standing), undone=list(stacks.undone))
                for who, stacks in self._stacks.items()
            },
            undone_hides={each: sorted(self._hides[each]) for each in undone if each in self._hides},
        )

    @classmethod
    def restore(cls, state: BoardState) -> Board:
        """The board of a snapshot."""
        board = cls()
        board.current = state.current
        board._order = [page.id for page in state.pages]
        board._pages = {page.id: Page() for page in state.pages}
        board._stacks = {who: _Stacks(list(each.standing), list(each.undone)) for who, each in state.operations.items()}
        strokes = {each.id for page in state.pages for each in everything_on(page)}
        operations = {each for stacks in board._stacks.values() for each in (*stacks.standing, *stacks.undone)}
        board._done = strokes | operations
        for who, stacks in board._stacks.items():
            board._series.update((series(each), who) for each in (*stacks.standing, *stacks.undone))
        board._hides = {each: [] for each in operations - strokes}
        board._hides.update((each, list(hidden)) for each, hidden in state.undone_hides.items())
        for page in state.pages:
            for each in everything_on(page):
                board._page_of[each.id] = page.id
                board._pages[page.id].add(each)
                for operation in each.hidden_by:
                    if operation in board._hides:
                        board._hides[operation].append(each.id)
        return board


class _Stacks:
    """One participant's operations that stand and that were undone, oldest first."""

    __slots__ = ("standing", "undone")

    def __init__(self, standing: list[OperationId] | None = None, undone: list[OperationId] | None = None) -> None:
        self.standing = standing or []
        self.undone = undone or []


def _take(stack: list[OperationId], operation: OperationId) -> None:
    """Removes `operation`, which is nearly always on top."""
    if stack[-1] == operation:
        stack.pop()
    else:
        stack.remove(operation)
