"""Who may send what: the only place that says so (docs/protocol.md, rule P10)."""

from __future__ import annotations

from signaling.cast import Screen
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
    Role,
    SendNote,
    SendSignal,
    SetTalk,
    Sources,
    StartLesson,
    TakeSignal,
    TurnPage,
    Undo,
)

Types = frozenset[type[Message]]

WATCHING: Types = frozenset({Offer, Link, BoardCheck, Ack, Ping})
SPEAKING: Types = frozenset({Sources, Level})
DRAWING: Types = frozenset({Ink, DrawStroke, Erase, Undo, Redo, Laser})
LEADING: Types = frozenset(
    {StartLesson, EndLesson, CallOn, ReturnFloor, Hand, SetTalk, ClearPage, AddPage, PutPicture, TurnPage}
)

ANSWERING: Types = frozenset({TakeSignal, SendNote})
HELPING: Types = frozenset({SendSignal, CountPresent, SendNote, Hand})
"""An assistant's own: for the room she sits in, and to the lead."""

BY_ROLE: dict[Role, Types] = {
    "lead": WATCHING | SPEAKING | DRAWING | LEADING | ANSWERING,
    "classroom": WATCHING | SPEAKING | {Hand},
    "assistant": WATCHING | HELPING,
    "observer": WATCHING,
    "recorder": frozenset({BoardCheck, Ack, Ping}),
    "rebroadcast": WATCHING | SPEAKING,
    "admin": WATCHING | {EndLesson},
}
ON_THE_FLOOR: Types = DRAWING | {ReturnFloor}
"""What a classroom may besides while it holds the floor."""
SECOND_SCREEN: Types = WATCHING | {Hand}
"""All that a classroom's second window may."""


def permits(role: Role, message: type[Message], *, has_floor: bool = False, screen: Screen = "a") -> bool:
    """Whether a participant may send messages of this type now."""
    if screen == "b":
        return message in SECOND_SCREEN
    return message in BY_ROLE[role] or (has_floor and role == "classroom" and message in ON_THE_FLOOR)


def sends_media(role: Role) -> bool:
    """Whether pictures or sound are taken from it."""
    return Sources in BY_ROLE[role]


def may_hide_ink_of_others(role: Role) -> bool:
    """Whether its eraser takes away what others drew."""
    return role == "lead"
