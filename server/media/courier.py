"""Which numbered events are sent beside the WebSocket, and when again: for lines on which TCP waits too long. Pure.

TCP holds everything back behind one lost packet, for a round trip and often for seconds. Here each event leaves by
itself, at once, and again until there is a receipt; the WebSocket brings every event as well, and the browser takes
whichever copy is first. What is dropped here costs only time; but events are taken in their order, and while one is
missing all later ones wait for it. So on a weak line an event is given up for later ones alone.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict

from msgspec import Struct

RAW = -15
"""zlib's window bits for deflate without a header (RFC 1951)."""
MOST_HELD = 64
OLDEST_S = 5.0
"""What is older has come by the WebSocket, while the line was good."""
MOST_EVENT_BYTES = 16 * 1024
COPY_AFTER_S = 0.12
"""Where a line loses: the second copy, before a receipt could have come."""
UNRECEIPTED_S = 0.25
"""And one and a half round trips: without a receipt by then it was lost."""
LATER_BY, LATEST_S = 1.5, 2.0
"""Each further time later than the one before, up to this: the line is full, or cut."""
TOGETHER_S = 0.06
RATE_BYTES_PER_S, BURST_BYTES = 3_000, 6_000
GROUP_BYTES = 8 * 1024
"""Of text in one message, unless one event alone is longer."""


class Line(Struct, frozen=True):
    """What is known of a line. weak: it loses, or is narrow; nothing is sent on others."""

    weak: bool = False
    loses: bool = False
    round_trip_s: float = 0.1


UNKNOWN = Line()


class _Held(Struct):
    text: bytes
    since_s: float
    sends: int = 0
    due_s: float = 0.0


class Courier:
    """The last events for one receiver that are not known to have come."""

    def __init__(self) -> None:
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._line = UNKNOWN
        self._left_bytes, self._counted_s = float(BURST_BYTES), 0.0
        self._messages: OrderedDict[int, list[int]] = OrderedDict()

    def note(self, number: int, text: bytes, now_s: float) -> None:
        """An event, as it stands in its frame."""
        while self._held and (len(self._held) >= MOST_HELD or self._came_long_ago(now_s)):
            self._held.popitem(last=False)
        if len(text) <= MOST_EVENT_BYTES:
            self._held[number] = _Held(text, now_s, due_s=now_s)

    def inherit(self, before: Courier, now_s: float) -> None:
        """A new connection of the same receiver: what the old one could not deliver is sent here as well."""
        self._line = before._line
        held = {number: _Held(one.text, one.since_s, due_s=now_s) for number, one in before._held.items()}
        self._held = OrderedDict(sorted((held | dict(self._held)).items())[-MOST_HELD:])

    def line(self, line: Line) -> None:
        """The line is like this from now on; once it turns weak, what is held is sent as well."""
        self._line = line

    def due_s(self) -> float | None:
        """When `take` has something to send; None: not before another event."""
        if not self._line.weak or not self._held:
            return None
        refilled_s = self._counted_s - self._left_bytes / RATE_BYTES_PER_S
        return max(refilled_s, min(held.due_s for held in self._held.values()))

    def take(self, now_s: float) -> tuple[list[int], bytes] | None:
        """What to send now as one message: the numbers in it, and its bytes, deflated; None: nothing yet."""
        gained = (now_s - self._counted_s) * RATE_BYTES_PER_S
        self._left_bytes, self._counted_s = min(BURST_BYTES, self._left_bytes + gained), now_s
        due_s = self.due_s()
        if due_s is None or due_s > now_s:
            return None
        numbers, text = self._together(now_s)
        deflate = zlib.compressobj(6, wbits=RAW)
        message = deflate.compress(text) + deflate.flush()
        self._left_bytes -= len(message)
        return numbers, message

    def _together(self, now_s: float) -> tuple[list[int], bytes]:
        numbers: list[int] = []
        size = 0
        for number, held in self._held.items():
            if held.due_s > now_s + TOGETHER_S or (numbers and size + len(held.text) > GROUP_BYTES):
                continue
            numbers.append(number)
            size += len(held.text)
        text = b"\n".join([self._held[number].text for number in numbers])
        for number in numbers:
            self._again(number, now_s)
        return numbers, text

    def _again(self, number: int, now_s: float) -> None:
        held = self._held[number]
        held.sends += 1
        if self._line.loses and held.sends == 1:
            held.due_s = now_s + COPY_AFTER_S
        else:
            patience_s = UNRECEIPTED_S + 1.5 * self._line.round_trip_s
            held.due_s = now_s + min(max(patience_s, LATEST_S), patience_s * LATER_BY ** min(held.sends - 1, 8))

    def sent(self, message: int, numbers: list[int]) -> None:
        """What was taken last left as this message."""
        self._messages[message] = numbers
        if len(self._messages) > MOST_HELD:
            self._messages.popitem(last=False)

    def came(self, message: int) -> None:
        """A message has a receipt: what was in it need not be sent again."""
        for number in self._messages.pop(message, ()):
            self._held.pop(number, None)

    def _came_long_ago(self, now_s: float) -> bool:
        return not self._line.weak and next(iter(self._held.values())).since_s < now_s - OLDEST_S
