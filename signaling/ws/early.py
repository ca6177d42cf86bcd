"""Events that come beside the line, out of order and perhaps twice (docs/protocol.md, P64). Pure."""

from __future__ import annotations

from typing import Final

from signaling.codec import decode_from_server
from signaling.errors import BadMessage
from signaling.messages import Logged
from signaling.packing import inflated

EARLY_AT_MOST: Final = 64
"""So far ahead at most: what is further away comes by the line itself."""
LARGEST_BYTES: Final = 256 * 1024
"""Of one message, inflated."""


def events_of(message: bytes) -> list[Logged]:
    """The events in a binary message of the data channel. What is none is left away: the line brings everything."""
    try:
        frames = [decode_from_server(frame) for frame in inflated(message, LARGEST_BYTES).split(b"\n")]
    except BadMessage:
        return []
    return [frame for frame in frames if isinstance(frame, Logged)]


class Early:
    """Each event until it is its turn."""

    def __init__(self) -> None:
        self._events: dict[int, Logged] = {}

    def keep(self, event: Logged, held: int) -> None:
        """Keeps an event until those up to it are here; one that is here already, or far ahead, is left."""
        if held < event.number <= held + EARLY_AT_MOST:
            self._events[event.number] = event

    def after(self, held: int) -> Logged | None:
        """The event after `held`, if it came; handed out once. What is older is forgotten."""
        following = self._events.get(held + 1)
        self._events = {number: event for number, event in self._events.items() if number > held + 1}
        return following
