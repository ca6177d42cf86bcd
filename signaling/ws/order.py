"""Acts that come by two ways, the WebSocket and beside it: each is taken once, and in its turn (docs/protocol.md, P65).

A message from beside is text: the number that `hello` said, then a line for each act: its place among the acts of this
connection, counted from 1, a space, and its frame. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from signaling.codec import decode_from_client
from signaling.errors import BadMessage
from signaling.messages import Act, FromClient
from signaling.packing import inflated

EARLY_AT_MOST: Final = 64
"""So far ahead of its turn at most: what is further away comes by the WebSocket."""
AHEAD_AT_MOST: Final = 256
"""So many at most are taken before the WebSocket has brought them, too."""
ACT_BYTES: Final = 16 * 1024
"""Of one that comes beside; a longer one would fill the line on which that helps."""
LARGEST_BYTES: Final = 64 * 1024
"""Of one message, inflated."""
NUMBER_DIGITS: Final = 10
ACTS: Final[tuple[type[FromClient], ...]] = get_args(Act)


def read_beside(message: bytes, *, packed: bool) -> tuple[int, list[tuple[int, bytes]]]:
    """The number that its connection's `hello` said, and frames by their places. packed: in raw deflate.

    Raises:
        BadMessage: it is none.
    """
    text = inflated(message, LARGEST_BYTES) if packed else message
    mark, *lines = text.split(b"\n", EARLY_AT_MOST + 1)
    if not lines or len(lines) > EARLY_AT_MOST:
        raise BadMessage("no acts, or too many")
    return _number(mark), list(_placed(lines))


def _placed(lines: list[bytes]) -> Iterator[tuple[int, bytes]]:
    for line in lines:
        place, _, frame = line.partition(b" ")
        yield _number(place), frame


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > NUMBER_DIGITS:
        raise BadMessage("not a number")
    return int(digits)


def act_of(frame: bytes) -> FromClient:
    """The act in a frame, within the limits of the WebSocket and ACT_BYTES.

    Raises:
        SignalingError: it is none.
    """
    act = decode_from_client(frame)
    if not isinstance(act, ACTS) or len(frame) > ACT_BYTES:
        raise BadMessage("not to come beside")
    return act


class Order:
    """The acts of one connection.

    The two ways must tell the same. Where they do not, the WebSocket alone counts from then on; its every act is taken.
    """

    def __init__(self) -> None:
        self._taken = self._came = 0
        """Acts that were taken, and that the WebSocket has brought."""
        self._early: dict[int, FromClient] = {}
        self._ahead: dict[int, object] = {}
        """Which acts were taken before the WebSocket brought them."""
        self._agree = True

    def wants(self, place: int) -> bool:
        """Whether the act at this place is still to come, and may be kept until its turn."""
        return self._agree and self._taken < place <= self._taken + EARLY_AT_MOST and place not in self._early

    def keep(self, place: int, act: FromClient) -> None:
        """An act that came beside, and was wanted."""
        if self.wants(place):
            self._early[place] = act

    def next_waits(self) -> bool:
        """Whether the next act is here already."""
        return self._taken + 1 in self._early and len(self._ahead) < AHEAD_AT_MOST

    def take_next(self) -> FromClient | None:
        """The next act, if it came beside; handed out once."""
        if not self.next_waits():
            return None
        self._taken += 1
        act = self._early.pop(self._taken)
        self._ahead[self._taken] = _which(act)
        return act

    def came(self, act: FromClient) -> bool:
        """The WebSocket brings its next act; whether that is to be taken, or was."""
        self._came += 1
        if self._came > self._taken:
            self._taken = self._came
            self._early.pop(self._came, None)
            return True
        known = self._ahead.pop(self._came, None) == _which(act)
        if not known:
            self._agree = False
            self._early.clear()
        return not (known and self._agree)


def _which(act: FromClient) -> object:
    """What an act is known by: its operation, or all that it says, which is little."""
    return getattr(act, "id", act)
