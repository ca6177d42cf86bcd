"""How much a client may send: token buckets by kind of message (docs/protocol.md, P6). Pure; time is an argument."""

from __future__ import annotations

from signaling.errors import TooFast
from signaling.messages import (
    AddPage,
    ClearPage,
    DrawStroke,
    Erase,
    Ink,
    Laser,
    Level,
    Message,
    Offer,
    PutPicture,
    Redo,
    TurnPage,
    Undo,
)

BOARD: frozenset[type[Message]] = frozenset({DrawStroke, Erase, ClearPage, Undo, Redo, AddPage, PutPicture, TurnPage})
EXPENDABLE: frozenset[type[Message]] = frozenset({Ink, Laser, Level})


class Bucket:
    """Holds `burst` tokens at most and gains `rate` a second. Times are monotonic seconds."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Takes a token; False when there is none."""
        self._fill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def wait_s(self, now: float) -> float:
        """Takes a token, if need be one of the future: how long to wait for it."""
        self._fill(now)
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now


class Allowance:
    """One client's buckets.

    Board operations are never refused for their number, since a client that was cut off has many to send again: its
    reading waits. Expendable messages over the limit are dropped. Everything else is refused.
    """

    def __init__(self, now: float) -> None:
        self._board = Bucket(60, 200, now)
        self._expendable = Bucket(100, 200, now)
        self._offers = Bucket(40 / 60, 10, now)
        self._others = Bucket(10, 40, now)
        self.faults = Bucket(1, 20, now)
        """Messages that were no messages; a client that has none left is closed."""

    def wait_s(self, message: Message, now: float) -> float | None:
        """How long the message waits before it is taken, 0 for most; None: it is left out.

        Raises:
            TooFast: it is refused for the number of its kind.
        """
        kind = type(message)
        if kind in BOARD:
            return self._board.wait_s(now)
        if kind in EXPENDABLE:
            return 0.0 if self._expendable.take(now) else None
        if not (self._offers if kind is Offer else self._others).take(now):
            raise TooFast
        return 0.0
