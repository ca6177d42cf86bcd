"""Which part of the room answers which message, and whether its sender may say it now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from signaling import conduct, passing, permissions
from signaling.checks import BoardChecks
from signaling.drawing import Drawing, drawn, pictured
from signaling.errors import Refused
from signaling.fold import LessonFold, Participant
from signaling.helping import Helping
from signaling.lines import Lines
from signaling.messages import (
    Ack,
    AddPage,
    BoardCheck,
    CallOn,
    ClearPage,
    CountPresent,
    DrawStroke,
    EndLesson,
    Erase,
    FromClient,
    Hand,
    Ink,
    Laser,
    Level,
    Link,
    Message,
    Offer,
    Ping,
    PutPicture,
    Redo,
    ReturnFloor,
    SendNote,
    SendSignal,
    SetTalk,
    Sources,
    StartLesson,
    TakeSignal,
    TurnPage,
    Undo,
)
from signaling.turn import Turn

LIVE_ONLY: frozenset[type[Message]] = frozenset({CallOn, ReturnFloor, Hand, SetTalk})


class Answers:
    """One room's answers; the parts that remember who said what lately are made with it."""

    def __init__(self) -> None:
        helping = Helping()
        self._methods: dict[type[Message], Callable[[Turn, Participant, Any], None]] = {
            Sources: conduct.sources,
            StartLesson: conduct.start,
            EndLesson: conduct.end_by,
            CallOn: conduct.call_on,
            ReturnFloor: conduct.return_floor,
            Hand: conduct.hand,
            SetTalk: conduct.set_talk,
            SendSignal: helping.signal,
            TakeSignal: helping.take,
            CountPresent: helping.count,
            SendNote: helping.note,
            PutPicture: _put_picture,
            Ink: passing.ink,
            Laser: passing.laser,
            Level: passing.level,
            Ping: passing.ping,
            Link: Lines().measured,
            BoardCheck: BoardChecks().check,
            Ack: _nothing,
            Offer: _nothing,
            **dict.fromkeys((DrawStroke, Erase, ClearPage, Undo, Redo, AddPage, TurnPage), _draw),
        }

    def answer(self, turn: Turn, sender: Participant, message: FromClient) -> None:
        """What follows from `message` is added to the turn.

        Raises:
            Refused: `sender` may not send it now. The room is unchanged.
        """
        self._permit(turn.fold, sender, type(message))
        self._methods[type(message)](turn, sender, message)

    def _permit(self, fold: LessonFold, sender: Participant, message: type[Message]) -> None:
        has_floor = fold.floor == sender.id
        if message not in self._methods:
            raise Refused("bad_message", f"{message.__struct_config__.tag} comes first, and once")
        if not permissions.permits(sender.member.role, message, has_floor=has_floor, screen=sender.screen):
            raise Refused("not_allowed")
        if fold.phase == "ended" and message not in permissions.WATCHING | {EndLesson}:
            raise Refused("lesson_ended")
        if fold.phase == "waiting" and message in LIVE_ONLY:
            raise Refused("not_live")


def _draw(turn: Turn, sender: Participant, message: Drawing) -> None:
    event = drawn(turn.fold.board, sender.id, sender.member.role, message)
    if event is not None:
        turn.log(event, sender.id)


def _put_picture(turn: Turn, sender: Participant, message: PutPicture) -> None:
    for event in pictured(turn.fold.board, sender.id, turn.fold.pictures, message):
        turn.log(event, sender.id)


def _nothing(turn: Turn, sender: Participant, message: Ack | Offer) -> None:
    """Acknowledgements are the connection's business, offers the media's."""
