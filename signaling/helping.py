"""What an assistant does for her room and the lead answers: signals, the number of pupils, private lines (P80 to P84).

Signals and counts are events. A private line is none: it is told to the two it concerns and kept nowhere.
"""

from __future__ import annotations

from signaling.errors import Refused
from signaling.fold import Participant
from signaling.messages import (
    Counted,
    CountPresent,
    Message,
    NoteSeen,
    ParticipantId,
    SendNote,
    SendSignal,
    Signalled,
    SignalTaken,
    TakeSignal,
)
from signaling.presence import Present
from signaling.turn import Turn

APART_MS: dict[type[Message], int] = {SendSignal: 2_000, CountPresent: 500, SendNote: 1_000}
"""Nobody sends two of a kind closer together: a phone in a pocket must not fill a lesson's log."""


class Helping:
    """Remembers when who sent what; that may be lost with the process."""

    def __init__(self) -> None:
        self._sent_at: dict[tuple[ParticipantId, type[Message]], int] = {}

    def signal(self, turn: Turn, sender: Participant, message: SendSignal) -> None:
        """How it is in the assistant's room."""
        room = _room_beside(turn, sender)
        self._space_out(turn, sender, SendSignal)
        turn.log(Signalled(participant=room.id, signal=message.signal), sender.id)

    def take(self, turn: Turn, sender: Participant, message: TakeSignal) -> None:
        """The lead has seen a room's signal; seeing twice is seeing once."""
        room = turn.fold.people.get(message.participant)
        if room is None or room.member.role != "classroom":
            raise Refused("not_in_lesson")
        if room.sign is not None and not room.sign.seen:
            turn.log(SignalTaken(participant=room.id), sender.id)

    def count(self, turn: Turn, sender: Participant, message: CountPresent) -> None:
        """How many pupils sit in the assistant's room."""
        room = _room_beside(turn, sender)
        if room.present_count == message.present:
            return
        self._space_out(turn, sender, CountPresent)
        turn.log(Counted(participant=room.id, present=message.present), sender.id)

    def note(self, turn: Turn, sender: Participant, message: SendNote) -> None:
        """A line for the other of the two, who has to be there to read it."""
        partner = _partner(turn, sender, message.to)
        if partner is None or not isinstance(partner.presence, Present):
            raise Refused("not_in_lesson")
        self._space_out(turn, sender, SendNote)
        seen = NoteSeen(by=sender.id, to=partner.id, text=message.text, at=turn.at)
        turn.send(partner.id, seen)
        turn.send(sender.id, seen)

    def _space_out(self, turn: Turn, sender: Participant, kind: type[Message]) -> None:
        last = self._sent_at.get((sender.id, kind))
        if last is not None and turn.at - last < APART_MS[kind]:
            raise Refused("too_fast")
        self._sent_at[sender.id, kind] = turn.at


def _room_beside(turn: Turn, assistant: Participant) -> Participant:
    room = turn.fold.people.get(assistant.member.beside or "")
    if room is None or room.member.role != "classroom":
        raise Refused("not_in_lesson")
    return room


def _partner(turn: Turn, sender: Participant, to: ParticipantId | None) -> Participant | None:
    """To whom a line goes: the lead, or the assistant that the lead names."""
    if sender.member.role == "lead":
        person = turn.fold.people.get(to or "")
        return person if person is not None and person.member.role == "assistant" else None
    return next((person for person in turn.fold.people.values() if person.member.role == "lead"), None)
