"""Whose line into a room is up: where what is sent to a participant goes, and from whose socket messages are taken.

A participant that comes back may do so before its old socket is known to be dead: the newest is the one that speaks,
from the moment its joining is taken; what is sent goes to it once all that was decided before has been sent.
"""

from __future__ import annotations

from collections.abc import Callable

from signaling.errors import GoodbyeCode
from signaling.messages import FromServer, Goodbye, ParticipantId, Rung
from signaling.ws.connection import Connection as Line

Beside = Callable[[ParticipantId, int, bytes], None]


class RoomLines:
    """The lines of one room.

    `beside` takes each numbered event and its frame for a participant, to send it another way as well.
    """

    def __init__(self, beside: Beside) -> None:
        self._beside = beside
        self._lines: dict[ParticipantId, Line] = {}
        self._newest: dict[ParticipantId, Line] = {}
        self._thin: set[ParticipantId] = set()

    def __len__(self) -> int:
        return len(self._lines)

    def came(self, who: ParticipantId, line: Line) -> None:
        """A participant has a new socket: from now on no other speaks for it."""
        self._newest[who] = line

    def speaks(self, who: ParticipantId, line: Line) -> bool:
        """Whether this socket speaks for the participant."""
        return self._newest.get(who) is line

    def is_up(self, who: ParticipantId) -> bool:
        """Whether a socket speaks for the participant."""
        return who in self._newest

    def lost(self, who: ParticipantId) -> None:
        """The socket that spoke for the participant closed."""
        del self._newest[who]
        self._lines.pop(who, None)

    def attach(self, who: ParticipantId, line: Line) -> None:
        """From here on, what is sent to `who` goes to this line; an older one is told so and closed."""
        before = self._lines.get(who)
        if before is not None and before is not line:
            before.send(Goodbye(code="replaced", retry=False))
            before.close("replaced")
        self._lines[who] = line
        line.spare(who in self._thin)
        line.beside = lambda number, frame: self._beside(who, number, frame)

    def came_beside(self, who: ParticipantId, message: bytes, packed: bool) -> bool:
        """What a participant's media connection brought goes to the socket that speaks for it, if one does."""
        line = self._newest.get(who)
        return line is None or line.closing is not None or line.came_beside(message, packed)

    def send(self, to: ParticipantId, message: FromServer) -> None:
        """A message for a participant, if its line is up."""
        line = self._lines.get(to)
        if line is not None:
            line.send(message)

    def close(self, who: ParticipantId, code: GoodbyeCode) -> None:
        """Closes a participant's line, if it is up."""
        line = self._lines.get(who)
        if line is not None:
            line.close(code)

    def long(self, who: ParticipantId) -> bool:
        """Whether a participant's line is a long one, which may be thin as well."""
        return who in self._lines and self._lines[who].long_line

    def measured(self, who: ParticipantId, rung: Rung) -> None:
        """On a line that carries less than all, what is expendable waits or is left out."""
        if who in self._lines:
            self._lines[who].spare(rung != "full")
        (self._thin.discard if rung == "full" else self._thin.add)(who)
