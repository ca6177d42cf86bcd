"""The lesson log as bytes: one `Logged` a line, JSON, each ending in a newline (docs/protocol.md, P50 to P53). Pure.

A crash can leave the last line torn: it was never synced, so never sent, and is cut. Lines in the middle that the disk
has spoiled are skipped and counted; their numbers are not given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from signaling.messages import Logged

LINE_LIMIT_BYTES = 1024 * 1024
"""No event comes near this; a longer run without a newline is damage."""

_decoder: msgspec.json.Decoder[Logged] = msgspec.json.Decoder(Logged)
_encoder = msgspec.json.Encoder()


def encode_line(logged: Logged) -> bytes:
    """The line of one event, its newline included."""
    return _encoder.encode(logged) + b"\n"


def decode_line(line: bytes) -> Logged | None:
    """The event of one line, with or without its newline; None where the line is damaged."""
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


@dataclass(slots=True)
class LogReader:
    """Reads a log piece by piece.

    After the last piece: `length` is where the good lines end, in bytes; what follows is torn. `damaged` counts spoiled
    lines before that. `last` is the highest number read.
    """

    length: int = 0
    damaged: int = 0
    last: int = 0
    _spoiled: int = 0
    _position: int = 0
    _rest: bytes = field(default=b"", repr=False)

    def read(self, pieces: Iterable[bytes]) -> Iterator[Logged]:
        """The events of all pieces, in rising order of number."""
        for piece in pieces:
            *lines, self._rest = (self._rest + piece).split(b"\n")
            for line in lines:
                logged = self._take(line)
                if logged is not None:
                    yield logged
            if len(self._rest) > LINE_LIMIT_BYTES:
                self._spoiled, self._position, self._rest = self._spoiled + 1, self._position + len(self._rest), b""

    def _take(self, line: bytes) -> Logged | None:
        self._position += len(line) + 1
        logged = decode_line(line) if len(line) <= LINE_LIMIT_BYTES else None
        if logged is None or logged.number <= self.last:
            self._spoiled += 1
            return None
        self.length, self.last = self._position, logged.number
        self.damaged, self._spoiled = self.damaged + self._spoiled, 0
        return logged
