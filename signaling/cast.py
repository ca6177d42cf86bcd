"""Who is expected in a lesson: everybody else stays outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from signaling.messages import Colour, Part, ParticipantId, Role

Screen = Literal["a", "b"]
SECOND_SCREEN = ".b"
"""What follows the participant's id in the id of its second window."""
_PLACE: dict[Role, int] = {"lead": 0, "classroom": 1}


class Member(Struct, frozen=True):
    """One expected participant, as the others will see it; `colour` is the colour of its ink.

    `beside`: the classroom that an assistant sits in.
    """

    id: ParticipantId
    role: Role
    school: str
    name: str
    colour: Colour
    part: Part = "planned"
    beside: ParticipantId | None = None


class Cast:
    """The expected participants of a lesson, in the order in which screens list them."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._members = {member.id: member for member in members}

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def __contains__(self, participant: ParticipantId) -> bool:
        return self.find(participant) is not None

    def with_member(self, member: Member) -> Cast:
        """The cast with one more: a classroom after the classrooms, anybody else at the end."""
        return Cast(sorted((*self, member), key=lambda each: _PLACE.get(each.role, len(_PLACE))))

    def find(self, participant: ParticipantId) -> Member | None:
        """Whose window this is; the second window of a classroom belongs to the classroom. None for a stranger."""
        owner = self._members.get(owner_of(participant))
        if owner is not None and participant != owner.id and owner.role != "classroom":
            return None
        return owner


def seat_of(owner: ParticipantId, screen: Screen) -> ParticipantId:
    """The participant id of a window."""
    return owner if screen == "a" else owner + SECOND_SCREEN


def owner_of(participant: ParticipantId) -> ParticipantId:
    """The participant to whom a window belongs."""
    return participant.removesuffix(SECOND_SCREEN)


def screen_of(participant: ParticipantId) -> Screen:
    """Which window of its owner a participant id means."""
    return "b" if participant.endswith(SECOND_SCREEN) else "a"
