"""What comes on a data channel: unordered messages put together from their pieces, and the receipt that tells of them.

RFC 9260, sections 3.3.1, 3.3.4 and 6.2, and RFC 3758, section 3.6, for one stream without order. Whatever the other end
sends, what is held here stays within MOST_AHEAD numbers, MOST_PIECES and HELD_BYTES. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from server.media import sctp_chunks as chunks
from server.media.sctp_chunks import Chunk, Data

STREAM = 0
MESSAGE_BYTES = 32 * 1024
HELD_BYTES = 64 * 1024
"""Of messages that are not whole yet: what we say that we have room for."""
MOST_PIECES = 64
MOST_AHEAD = 256
"""Numbers beyond the first that is missing; what is further ahead is not taken, and so comes again or never."""
MOST_TOLD_TWICE = 16


class _Piece(Struct, frozen=True):
    begins: bool
    ends: bool
    protocol: int
    payload: bytes


class Message(Struct, frozen=True):
    """A whole message; protocol: the payload protocol its sender gave it (RFC 8831, section 8)."""

    protocol: int
    payload: bytes


class Intake:
    """What came since `first_tsn`, the first number that the other end gives."""

    def __init__(self, first_tsn: int) -> None:
        self._cumulative = first_tsn - 1
        self._ahead: set[int] = set()
        self._pieces: dict[int, _Piece] = {}
        self._held_bytes = 0
        self._twice: list[int] = []

    @property
    def held(self) -> tuple[int, int]:
        """Pieces and bytes of messages that are not whole yet."""
        return len(self._pieces), self._held_bytes

    def take(self, data: Data) -> Message | None:
        """A piece came; the message that is whole by it."""
        tsn = chunks.near(data.tsn, self._cumulative)
        if tsn <= self._cumulative or tsn in self._ahead:
            self._twice = [*self._twice, data.tsn][:MOST_TOLD_TWICE]
            return None
        if tsn > self._cumulative + MOST_AHEAD:
            return None
        self._note(tsn)
        if data.stream != STREAM or not data.unordered or not data.payload:
            return None
        if data.begins and data.ends:
            return Message(data.protocol, data.payload)
        self._pieces[tsn] = _Piece(data.begins, data.ends, data.protocol, data.payload)
        self._held_bytes += len(data.payload)
        message = self._whole(tsn)
        while len(self._pieces) > MOST_PIECES or self._held_bytes > HELD_BYTES:
            self._forget([next(iter(self._pieces))])
        return message

    def given_up(self, tsn: int) -> None:
        """The other end sends nothing up to `tsn` again."""
        upto = chunks.near(tsn, self._cumulative)
        if upto <= self._cumulative:
            return
        self._cumulative = upto
        self._ahead = {one for one in self._ahead if one > upto}
        self._forget([one for one in self._pieces if one <= upto])
        self._close_up()

    def receipt(self) -> Chunk:
        """What came so far; what came twice since the last receipt is told once."""
        twice, self._twice = self._twice, []
        room = HELD_BYTES - self._held_bytes
        return chunks.sack(chunks.wire(self._cumulative), room, self._blocks(), twice)

    def _blocks(self) -> list[tuple[int, int]]:
        """First and last of each run beyond the gap, counted from the last number before it."""
        blocks: list[tuple[int, int]] = []
        for tsn in sorted(self._ahead):
            offset = tsn - self._cumulative
            if blocks and blocks[-1][1] == offset - 1:
                blocks[-1] = blocks[-1][0], offset
            else:
                blocks.append((offset, offset))
        return blocks

    def _note(self, tsn: int) -> None:
        self._ahead.add(tsn)
        self._close_up()

    def _close_up(self) -> None:
        while self._cumulative + 1 in self._ahead:
            self._cumulative += 1
            self._ahead.remove(self._cumulative)

    def _whole(self, tsn: int) -> Message | None:
        """The message around this piece, if all its pieces are here. One that is too long is forgotten."""
        first = last = tsn
        while not self._pieces[first].begins and first - 1 in self._pieces and not self._pieces[first - 1].ends:
            first -= 1
        while not self._pieces[last].ends and last + 1 in self._pieces and not self._pieces[last + 1].begins:
            last += 1
        if not (self._pieces[first].begins and self._pieces[last].ends):
            return None
        protocol = self._pieces[first].protocol
        payload = b"".join(self._pieces[one].payload for one in range(first, last + 1))
        self._forget(range(first, last + 1))
        return Message(protocol, payload) if len(payload) <= MESSAGE_BYTES else None

    def _forget(self, pieces: Iterable[int]) -> None:
        for tsn in pieces:
            self._held_bytes -= len(self._pieces.pop(tsn).payload)
