"""What a client remembers from one socket to the next: how far it is in the log, and what is not in it yet."""

from __future__ import annotations

from collections.abc import Iterator

from signaling.messages import (
    AddPage,
    BoardHistory,
    BoardPart,
    ClearPage,
    DrawStroke,
    Erase,
    FromClient,
    FromServer,
    Logged,
    Redo,
    RefusedMessage,
    Snapshot,
    Sources,
    Undo,
)

Operation = DrawStroke | Erase | ClearPage | Undo | Redo | AddPage


class Memory:
    """`number` is the last event that came, `processed` the last one whose reader asked for the next."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.processed = number
        self.parts = 0
        """How many of the latest snapshot's board have come."""
        self._parts_of: int | None = None
        self._operations: dict[str, Operation] = {}
        self._sources: Sources | None = None

    @property
    def unsent(self) -> int:
        """Operations that are not in the log yet, as far as this end knows."""
        return len(self._operations)

    @property
    def after(self) -> int:
        """Where the next line begins: who holds a board with gaps begins anew."""
        return self.number if self._parts_of is None else 0

    def keeps(self, message: FromClient) -> bool:
        """Remembers an operation, or the latest sources, to be sent again after a break; False for the rest."""
        match message:
            case DrawStroke() | Erase() | ClearPage() | Undo() | Redo() | AddPage():
                self._operations[message.id] = message
            case Sources():
                self._sources = message
            case _:
                return False
        return True

    def again(self) -> Iterator[FromClient]:
        """What must not be lost, in its order; what is asked for while it is sent queues behind it."""
        told: Sources | None = None
        sent: set[str] = set()
        while True:
            operation = next((each for name, each in self._operations.items() if name not in sent), None)
            if operation is not None:
                sent.add(operation.id)
                yield operation
            elif self._sources is not None and self._sources is not told:
                told = self._sources
                yield told
            else:
                return

    def is_news(self, message: FromServer) -> bool:
        """Notes what the message says of numbers and operations; False for what came before."""
        match message:
            case Logged(number=number, event=event):
                self._operations.pop(getattr(event, "id", ""), None)
                if number <= self.number:
                    return False
                self.number = number
            case Snapshot(state=state, parts=parts):
                self.number = state.number
                self.parts, self._parts_of = 0, state.number if parts else None
            case BoardPart(number=number) | BoardHistory(number=number):
                if number != self._parts_of:
                    return False
                self.parts += 1
                self._parts_of = None if isinstance(message, BoardHistory) else number
            case RefusedMessage(id=operation, code=code):
                known = self._operations.pop(operation, None)
                return not (code == "already_done" and known)
        return True

    def done(self, message: FromServer) -> None:
        """The reader has processed a message."""
        match message:
            case Logged(number=number):
                self.processed = max(self.processed, number)
            case Snapshot(state=state):
                self.processed = max(self.processed, state.number)
