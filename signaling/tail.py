"""The last events of the log, for those who come back (docs/protocol.md, rules P24 and P25)."""

from __future__ import annotations

from collections import deque

from signaling.messages import Logged

RESUME_EVENTS = 2_000
"""Whoever lacks more than this gets a snapshot."""


class Tail:
    """Holds the latest events, at most RESUME_EVENTS."""

    def __init__(self) -> None:
        self._events: deque[Logged] = deque(maxlen=RESUME_EVENTS)

    def add(self, logged: Logged) -> None:
        """The next event."""
        self._events.append(logged)

    def after(self, number: int) -> list[Logged] | None:
        """The events after `number`; None where a snapshot must tell them: nothing held, too far back, or unknown."""
        if number == 0 or not self._events:
            return None
        if not self._events[0].number - 1 <= number <= self._events[-1].number:
            return None
        return [logged for logged in self._events if logged.number > number]
