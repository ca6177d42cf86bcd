"""How a participant comes into the room and leaves it: the events of it, and the welcome."""

from __future__ import annotations

from typing import Literal

from signaling.fold import LessonFold, Participant
from signaling.messages import VERSION, CameBack, FloorReturned, HandChanged, Joined, Left, Welcome
from signaling.presence import Away, Present
from signaling.turn import SERVER, Turn

LeaveReason = Literal["left", "expired", "replaced", "closed"]


def arrive(turn: Turn, person: Participant) -> None:
    """The others learn that a participant is there, or there again; itself it is welcomed."""
    match person.presence:
        case Present():
            return
        case Away(since_ms=since):
            event: CameBack | Joined = CameBack(participant=person.id, away_ms=turn.at - since)
        case _:
            event = Joined(participant=person.id, role=person.member.role, screen=person.screen)
    turn.log(event, person.id, but=person.id)


def leave(turn: Turn, person: Participant, reason: LeaveReason) -> None:
    """A participant is gone for good, and with it its floor and its raised hand."""
    by = person.id if reason == "left" else SERVER
    if turn.fold.floor == person.id:
        turn.log(FloorReturned(participant=person.id), by)
    if person.hand_at is not None:
        turn.log(HandChanged(participant=person.id, up=False), by)
    turn.log(Left(participant=person.id, reason=reason), by)


def welcome(fold: LessonFold, person: Participant, at: int) -> Welcome:
    """The first that a participant hears; `at` is the lesson's clock."""
    return Welcome(
        version=VERSION,
        you=person.id,
        role=person.member.role,
        lesson=fold.card,
        people=fold.told(),
        number=fold.number,
        now_ms=at,
    )
