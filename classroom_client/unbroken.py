"""Sound for aiortc's receivers without holes: they know nothing of RED, and wait long for a packet that never comes.

Behind one packet that is missing aiortc holds the next fifteen back, throws four good ones away, and is ten packets
later from then on (its JitterBuffer; of low speech that is 0.6 s). So what RED brings is given to it as plain packets,
and for what nothing brought within PATIENCE packets an empty one, which the decoder fills by what went before.
"""

from __future__ import annotations

import struct
from typing import Final

from classroom_client.redundancy import RED_TYPE, Restorer, Sound, blocks

PATIENCE: Final = 5
"""RED repeats a packet up to four later."""
HOLE_MOST: Final = 10
"""Longer holes are a line that was away, not packets that were lost."""
_FIXED: Final = struct.Struct("!BBHII")
_SILK_TICKS: Final = (480, 960, 1920, 2880)
_CELT_TICKS: Final = (120, 240, 480, 960)


def ticks_of(opus: bytes) -> int:
    """How long an Opus packet lasts, in ticks of 48 kHz (RFC 6716, section 3.1)."""
    config, code = opus[0] >> 3, opus[0] & 3
    if config < 12:
        ticks = _SILK_TICKS[config & 3]
    else:
        ticks = _SILK_TICKS[config & 1] if config < 16 else _CELT_TICKS[config & 3]
    frames = (1, 2, 2, opus[1] & 0x3F if len(opus) > 1 else 0)[code]
    return ticks * frames


def empty_like(opus: bytes) -> bytes:
    """An Opus packet of the same length in time with nothing in it: the decoder conceals it (section 3.2.1 ff.)."""
    code = opus[0] & 3
    if code == 3:
        return bytes([opus[0], opus[1] & 0x3F])
    return bytes([opus[0] & 0xFC | (1 if code else 0)])


class Unbroken:
    """All sound of one peer: whole RTP packets in and out. sound_type: of Opus, in our offer."""

    def __init__(self, sound_type: int) -> None:
        self._sound_type = sound_type
        self._streams: dict[int, _Stream] = {}
        self.mended = 0
        """Packets given on that did not come by themselves."""

    def packets(self, data: bytes) -> list[bytes]:
        """What is to be given on for this packet: itself, where it is no sound."""
        if len(data) < _FIXED.size or data[1] & 0x7F not in (RED_TYPE, self._sound_type):
            return [data]
        flags, second, sequence, timestamp, ssrc = _FIXED.unpack_from(data)
        start, end = _FIXED.size + 4 * (flags & 0x0F), len(data) - (data[-1] if flags & 0x20 else 0)
        if flags & 0x10:
            start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
        came = Sound(sequence, timestamp, data[start:end])
        if not came.payload:
            return []
        stream = self._streams.setdefault(ssrc, _Stream())
        sounds = stream.take(came, red=second & 0x7F == RED_TYPE)
        self.mended += sum(each.sequence != sequence for each in sounds)
        own_type = second & 0x80 | self._sound_type
        return [_FIXED.pack(0x80, own_type, each.sequence, each.timestamp, ssrc) + each.payload for each in sounds]


class _Stream:
    """One line's sound. `_due` is the first packet that may still be missing, `_before` the one in front of it."""

    def __init__(self) -> None:
        self._restorer = Restorer()
        self._given: dict[int, Sound] = {}
        self._due: int | None = None
        self._before: Sound | None = None

    def take(self, came: Sound, red: bool) -> list[Sound]:
        if red and not blocks(came.payload):
            return []
        sounds = (self._restorer.red if red else self._restorer.plain)(*came)
        if self._due is None or not -HOLE_MOST < _ahead(came.sequence, self._due) < HOLE_MOST + PATIENCE:
            self._due, self._given, self._before = came.sequence, {}, None
        sounds = [each for each in sounds if _ahead(each.sequence, self._due) >= 0]
        self._given |= {each.sequence: each for each in sounds}
        return [*sounds, *self._filled(came.sequence)]

    def _filled(self, newest: int) -> list[Sound]:
        """Empty packets for what nothing brought in time."""
        assert self._due is not None
        filled = []
        while (given := self._given.pop(self._due, None)) is not None or _ahead(newest, self._due) >= PATIENCE:
            if given is None and self._before is not None:
                timestamp = self._before.timestamp + ticks_of(self._before.payload) & 0xFFFFFFFF
                given = Sound(self._due, timestamp, empty_like(self._before.payload))
                filled.append(given)
            self._before = given
            self._due = self._due + 1 & 0xFFFF
        return filled


def _ahead(sequence: int, of: int) -> int:
    return (sequence - of + 0x8000 & 0xFFFF) - 0x8000
