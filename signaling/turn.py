"""One turn of the room: from an input to its effects."""

from __future__ import annotations

from signaling.effects import Append, Effect, Send
from signaling.fold import LessonFold
from signaling.messages import (
    AnyEvent,
    BoardDiffered,
    Counted,
    Erased,
    Event,
    FromServer,
    HandChanged,
    Logged,
    PageAdded,
    PageCleared,
    PageTurned,
    ParticipantId,
    PicturePut,
    Redone,
    Signalled,
    SignalTaken,
    StrokeDrawn,
    Undone,
)
from signaling.presence import Present
from signaling.tail import Tail

SERVER = "server"
"""The author of what nobody did: a timeout, a broken line found by us."""
UNMOVING: frozenset[type[Event]] = frozenset(
    {
        *(StrokeDrawn, Erased, PageCleared, Undone, Redone, PageAdded, PicturePut, PageTurned),
        *(HandChanged, BoardDiffered, Signalled, SignalTaken, Counted),
    }
)
"""Events that leave every seat where it is."""


class Turn:
    """Collects effects in order. `at` never runs backwards, whatever the caller's clock says."""

    def __init__(self, fold: LessonFold, tail: Tail, now_ms: int) -> None:
        self.fold = fold
        self._tail = tail
        self.at = max(now_ms, fold.at)
        self.effects: list[Effect] = []
        self.farewells: list[Effect] = []
        self.moved = False

    def log(self, event: AnyEvent, by: str, but: ParticipantId | None = None) -> None:
        """Numbers an event, folds it in, appends it and sends it to everybody present, except `but`."""
        logged = Logged(number=self.fold.number + 1, at=self.at, by=by, event=event)
        self.fold.apply(logged)
        self._tail.add(logged)
        self.moved = self.moved or type(event) not in UNMOVING
        self.effects.append(Append(logged.number, logged.at, logged.by, logged.event))
        self.to_all(logged, but=but)

    def send(self, to: ParticipantId, message: FromServer) -> None:
        """A message for one."""
        self.effects.append(Send(to, message))

    def to_all(self, message: FromServer, but: ParticipantId | None = None) -> None:
        """A message for everybody present, except `but`."""
        for person in self.fold.people.values():
            if person.id != but and isinstance(person.presence, Present):
                self.effects.append(Send(person.id, message))

    def to_leads(self, message: FromServer) -> None:
        """A message for the lead, if present."""
        for person in self.fold.people.values():
            if person.member.role == "lead" and isinstance(person.presence, Present):
                self.effects.append(Send(person.id, message))
