"""Sound that comes twice (RFC 2198): offered to the server, and what was lost of it restored. Pure.

On a line that loses the server lets each packet carry earlier ones again. RED names those by their timestamps alone;
their sequence numbers, by which receivers put packets in order, follow from the packets that came.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

RED_TYPE: Final = 63
"""Its payload type in our offers; aiortc gives out 96 and above, and below 64 none is taken for RTCP (RFC 5761)."""
KEPT: Final = 64
"""So many packets back it is known what came."""


class Sound(NamedTuple):
    """One Opus packet. timestamp: RTP ticks."""

    sequence: int
    timestamp: int
    payload: bytes


class Block(NamedTuple):
    """A block of a RED packet; back: how much earlier than the packet itself, in RTP ticks."""

    payload_type: int
    back: int
    payload: bytes


def offering(offer: str) -> str:
    """Our SDP offer, on whose lines for others' sound the server may repeat it."""
    head, *sections = offer.split("\r\nm=")
    return "\r\nm=".join([head, *(_offering(each) if _is_of_sound(each) else each for each in sections)])


def _is_of_sound(section: str) -> bool:
    return section.startswith("audio ") and "a=recvonly" in section


def _offering(section: str) -> str:
    first, *rows = section.rstrip("\r\n").split("\r\n")
    opus = first.split()[3]
    rows += [f"a=rtpmap:{RED_TYPE} red/48000/2", f"a=fmtp:{RED_TYPE} {opus}/{opus}"]
    return "\r\n".join([f"{first} {RED_TYPE}", *rows]) + ("\r\n" if section.endswith("\r\n") else "")


def blocks(payload: bytes) -> list[Block]:
    """What a RED packet carries, oldest first, its own sound last (section 3); empty where it is malformed."""
    heads: list[tuple[int, int, int]] = []
    at = 0
    while at < len(payload) and payload[at] & 0x80:
        if at + 4 > len(payload):
            return []
        word = int.from_bytes(payload[at : at + 4], "big")
        heads.append((word >> 24 & 0x7F, word >> 10 & 0x3FFF, word & 0x3FF))
        at += 4
    if at >= len(payload):
        return []
    own_type, at = payload[at], at + 1
    found: list[Block] = []
    for payload_type, back, size in heads:
        found.append(Block(payload_type, back, payload[at : at + size]))
        at += size
    return [*found, Block(own_type, 0, payload[at:])] if at < len(payload) else []


class Restorer:
    """One stream of sound: each packet once, whichever brings it."""

    def __init__(self) -> None:
        self._newest: tuple[int, int] | None = None
        """Sequence number and timestamp of the last packet that came by itself."""
        self._came: deque[int] = deque(maxlen=KEPT)

    def plain(self, sequence: int, timestamp: int, payload: bytes) -> list[Sound]:
        """A packet that carries no other; empty where it is here already."""
        self._newest = (sequence, timestamp)
        return self._once([Sound(sequence, timestamp, payload)])

    def red(self, sequence: int, timestamp: int, payload: bytes) -> list[Sound]:
        """A packet that carries others too: of all of them what is not here yet, in order."""
        found = blocks(payload)
        before, self._newest = self._newest, (sequence, timestamp)
        ticks = 0 if before is None else _ticks(before, self._newest)
        sounds = []
        for block in found:
            steps, odd = divmod(block.back, ticks) if ticks else (0, block.back)
            if block.payload and not odd and steps < KEPT:
                earlier = (sequence - steps) & 0xFFFF, (timestamp - block.back) & 0xFFFFFFFF
                sounds.append(Sound(*earlier, block.payload))
        return self._once(sounds)

    def _once(self, sounds: list[Sound]) -> list[Sound]:
        news = [sound for sound in sounds if sound.sequence not in self._came]
        self._came.extend(sound.sequence for sound in news)
        return news


def _ticks(before: tuple[int, int], now: tuple[int, int]) -> int:
    """Of a packet, by two of a stream; 0 where that cannot be told."""
    packets = (now[0] - before[0] + 0x8000 & 0xFFFF) - 0x8000
    ticks = (now[1] - before[1] + 0x80000000 & 0xFFFFFFFF) - 0x80000000
    return ticks // packets if 0 < packets < KEPT and ticks > 0 and ticks % packets == 0 else 0
