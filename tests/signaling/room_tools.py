"""What tests of the room share: the cast's rooms, a stroke, and what to read out of effects."""

from __future__ import annotations

from typing import Any

import pytest

from signaling.effects import Append, Effect, Send
from signaling.errors import Refused
from signaling.messages import (
    AnyEvent,
    DrawStroke,
    FromClient,
    Ink,
    Logged,
    View,
)
from signaling.room import Room

WALL = "2026-03-02T07:55:00Z"
ROOMS = ("room-1", "room-2", "room-3")
STROKE = DrawStroke(id="stroke-1", page=1, colour="#1a1a1a", width=40, points=[1, 2, 3])
INK = Ink(id="stroke-1", page=1, colour="#1a1a1a", width=40, start=0, points=[1, 2, 3])


def messages(effects: list[Effect], to: str) -> list[Any]:
    return [effect.message for effect in effects if isinstance(effect, Send) and effect.to == to]


def events(effects: list[Effect]) -> list[AnyEvent]:
    return [effect.event for effect in effects if isinstance(effect, Append)]


def told(effects: list[Effect], to: str) -> list[AnyEvent]:
    return [message.event for message in messages(effects, to) if isinstance(message, Logged)]


def of_kinds(effects: list[Effect], *kinds: type) -> list[Any]:
    return [effect for effect in effects if isinstance(effect, kinds)]


def view_of(effects: list[Effect], to: str) -> View | None:
    views = [message for message in messages(effects, to) if isinstance(message, View)]
    return views[-1] if views else None


def refused(room: Room, who: str, message: FromClient, now_ms: int = 2_000) -> str:
    """The refusal's code; the room is as it was."""
    before = room.state()
    with pytest.raises(Refused) as error:
        room.receive(who, message, now_ms)
    assert room.state() == before
    return error.value.code
