"""Whether a participant is here: a union of states, and when each of them runs out (docs/protocol.md, P20 to P23)."""

from __future__ import annotations

from typing import Literal, assert_never

from msgspec import Struct

FLOOR_KEPT_MS = 30_000
"""How long the floor waits for its holder to come back."""
PLACE_KEPT_MS = 600_000
"""How long a place in the room waits, before its participant counts as gone."""


class AtDoor(Struct, frozen=True):
    """Expected, and not come yet."""


class Present(Struct, frozen=True):
    """Its line is up."""

    since_ms: int


class Away(Struct, frozen=True):
    """Its line broke; it is coming back."""

    since_ms: int


class Gone(Struct, frozen=True):
    """It left, or stayed away too long."""

    since_ms: int


Presence = AtDoor | Present | Away | Gone
Word = Literal["expected", "present", "away", "left"]


def word(presence: Presence) -> Word:
    """The presence as messages tell it."""
    match presence:
        case AtDoor():
            return "expected"
        case Present():
            return "present"
        case Away():
            return "away"
        case Gone():
            return "left"
        case _:
            assert_never(presence)


def has_place(presence: Presence) -> bool:
    """Whether it keeps its seat on the others' screens."""
    return isinstance(presence, Present | Away)


def expired(presence: Presence, now_ms: int) -> bool:
    """Whether its place is lost now."""
    return isinstance(presence, Away) and now_ms - presence.since_ms >= PLACE_KEPT_MS


def floor_expired(presence: Presence, now_ms: int) -> bool:
    """Whether it has been away for too long to keep the floor."""
    return isinstance(presence, Away) and now_ms - presence.since_ms >= FLOOR_KEPT_MS
