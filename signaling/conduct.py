"""How the class is run: beginning and end, floor, hands, talk, and what is sent (docs/protocol.md, P13 to P19)."""

from __future__ import annotations

from typing import Literal

from signaling.cast import owner_of
from signaling.effects import Close, Record, Send
from signaling.errors import Refused
from signaling.fold import LessonFold, Participant
from signaling.messages import (
    SEND_LINES,
    CallOn,
    Ended,
    EndLesson,
    FloorGiven,
    FloorReturned,
    Goodbye,
    Hand,
    HandChanged,
    ParticipantId,
    RecordingChanged,
    ReturnFloor,
    SetTalk,
    Sources,
    SourcesChanged,
    Started,
    StartLesson,
    TalkChanged,
)
from signaling.presence import Present, has_place
from signaling.turn import Turn

EndReason = Literal["lead", "admin", "timeout"]
NEVER_RECORDED = ("", "refused")
"""Reasons of a lesson whose recorder was never started."""


def sources(turn: Turn, sender: Participant, message: Sources) -> None:
    """What the sender sends now, in the order of SEND_LINES."""
    live = [source for source in SEND_LINES if source in message.live]
    if live != sender.live:
        turn.log(SourcesChanged(participant=sender.id, live=live), sender.id)


def start(turn: Turn, sender: Participant, message: StartLesson) -> None:
    """Class begins, recorded unless the lead says no; starting twice is starting once."""
    if turn.fold.phase == "live":
        return
    turn.log(Started(), sender.id)
    turn.log(RecordingChanged(on=message.record, reason="lesson" if message.record else "refused"), sender.id)
    if message.record:
        turn.effects.append(Record(True, "lesson"))


def end_by(turn: Turn, sender: Participant, message: EndLesson) -> None:
    """The lead or an admin ends the class."""
    end(turn, "admin" if sender.member.role == "admin" else "lead", sender.id)


def end(turn: Turn, reason: EndReason, by: str) -> None:
    """Ends the class for everyone; ending twice is ending once."""
    if turn.fold.phase == "ended":
        return
    turn.log(Ended(reason=reason), by)
    if turn.fold.recording_reason not in NEVER_RECORDED:  # a recorder that stopped by itself still waits for space
        if turn.fold.recording:
            turn.log(RecordingChanged(on=False, reason="ended"), by)
        turn.effects.append(Record(False, "ended"))
    for person in turn.fold.people.values():
        if isinstance(person.presence, Present):
            see_off(turn, person.id)


def see_off(turn: Turn, who: ParticipantId) -> None:
    """Says goodbye after all else that this turn tells."""
    turn.farewells += [Send(who, Goodbye(code="ended", retry=False)), Close(who, "ended")]


def call_on(turn: Turn, sender: Participant, message: CallOn) -> None:
    """A classroom takes the floor; its hand is down with that."""
    called = _classroom(turn.fold, message.participant)
    if turn.fold.floor == called.id:
        return
    turn.log(FloorGiven(participant=called.id), sender.id)
    if called.hand_at is not None:
        turn.log(HandChanged(participant=called.id, up=False), sender.id)


def return_floor(turn: Turn, sender: Participant, message: ReturnFloor) -> None:
    """The floor is the lead's again."""
    if turn.fold.floor is not None:
        turn.log(FloorReturned(participant=turn.fold.floor), sender.id)


def hand(turn: Turn, sender: Participant, message: Hand) -> None:
    """A classroom's hand, from either of its windows or by its assistant; the lead may take any down."""
    own = sender.member.beside or owner_of(sender.id)
    whose = message.participant or own
    if whose != own and (sender.member.role != "lead" or message.up):
        raise Refused("not_allowed")
    person = _classroom(turn.fold, whose)
    if message.up != (person.hand_at is not None):
        turn.log(HandChanged(participant=person.id, up=message.up), sender.id)


def set_talk(turn: Turn, sender: Participant, message: SetTalk) -> None:
    """Listening or discussion."""
    if message.talk != turn.fold.talk:
        turn.log(TalkChanged(talk=message.talk), sender.id)


def _classroom(fold: LessonFold, who: ParticipantId) -> Participant:
    person = fold.people.get(who)
    if person is None or person.member.role != "classroom" or person.screen == "b" or not has_place(person.presence):
        raise Refused("not_in_lesson")
    return person
