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
        """The events after `number`; None where a snapshot must tell them.

        That is: nothing held, too far back, unknown, or among them one that the disk has spoiled.
        """
        if number == 0 or not self._events:
            return None
        last = self._events[-1].number
        if not self._events[0].number - 1 <= number <= last:
            return None
        missing = [logged for logged in self._events if logged.number > number]
        return missing if len(missing) == last - number else None
