"""Telling the server when each packet came, so that it can see our line.

Source: draft-holmer-rmcat-transport-wide-cc-extensions, sections 2 and 3.1. Pure: sequence numbers and times in, RTCP
packets out. aiortc offers no such feedback and sends none.
"""

from __future__ import annotations

import struct
from typing import Final

URI: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ELEMENT: Final = 5
"""The extension's id in our offers; aiortc uses 1 to 3."""
EVERY_S: Final = 0.1
TICK_NS: Final = 250_000
REFERENCE_TICKS: Final = 256
"""The reference time counts 64 ms."""
AGAIN: Final = 64
"""So many packets before the news are told of once more: one of them may have been overtaken."""
MOST: Final = 700
"""Packets told of at once; a line that was away for long is told of from its end."""
_RTPFB, _FORMAT = 205, 15
_HEAD: Final = struct.Struct("!BBHIIHH")
_ONE_BYTE: Final = b"\xbe\xde"
_ABSENT, _SMALL, _LARGE = 0, 1, 2
_SYMBOLS: Final = 7


def asking(offer: str) -> str:
    """Our SDP offer, on whose receive lines the server may number its packets and is told when they came."""
    head, *sections = offer.split("\r\nm=")
    return "\r\nm=".join([head, *(_asking(each) if "a=recvonly" in each else each for each in sections)])


def _asking(section: str) -> str:
    rows = section.rstrip("\r\n").split("\r\n")
    types = [row.split(":", 1)[1].split()[0] for row in rows if row.startswith("a=rtpmap:") and " rtx/" not in row]
    rows += [f"a=extmap:{ELEMENT} {URI}", *(f"a=rtcp-fb:{payload_type} transport-cc" for payload_type in types)]
    return "\r\n".join(rows) + ("\r\n" if section.endswith("\r\n") else "")


def number_of(packet: bytes) -> int | None:
    """The transport-wide sequence number of an RTP packet (RFC 8285, section 4.2); None without one."""
    at = 12 + 4 * (packet[0] & 0x0F)
    if not packet[0] & 0x10 or packet[at : at + 2] != _ONE_BYTE:
        return None
    end = min(len(packet), at + 4 + 4 * int.from_bytes(packet[at + 2 : at + 4], "big"))
    at += 4
    while at < end:
        element, size = packet[at] >> 4, (packet[at] & 15) + 1
        if element == ELEMENT and size == 2 and at + 3 <= end:
            return int.from_bytes(packet[at + 1 : at + 3], "big")
        at += 1 + size if element else 1
    return None


class Arrivals:
    """What came and is not told of yet. ssrc: ours, of the packets that tell it."""

    def __init__(self, ssrc: int) -> None:
        self._ssrc = ssrc
        self._came: dict[int, int] = {}
        """Number, unwrapped, to ticks; what was told of lately too."""
        self._news: int | None = None
        """The lowest number that came since the last telling."""
        self._highest: int | None = None
        self._told = 0

    def arrived(self, number: int, now_ns: int) -> None:
        """The packet with this 16-bit number came now, on any monotonic clock."""
        whole = number if self._highest is None else self._unwrapped(number, self._highest)
        self._highest = whole if self._highest is None else max(whole, self._highest)
        self._came.setdefault(whole, now_ns // TICK_NS)
        self._news = whole if self._news is None else min(whole, self._news)

    def take(self) -> list[bytes]:
        """RTCP packets that tell of all that came; none where nothing did."""
        if self._news is None or self._highest is None:
            return []
        first = max(min(self._news, min(self._came)), self._highest + 1 - MOST)
        for old in [number for number in self._came if number < first]:
            del self._came[old]
        first, packets = min(self._came), []
        while first <= self._highest:
            packet, first = self._packet(first, self._highest)
            packets.append(packet)
        self._came = {number: at for number, at in self._came.items() if number > self._highest - AGAIN}
        self._news = None
        return packets

    def _packet(self, first: int, last: int) -> tuple[bytes, int]:
        """One packet from `first`, which came, on, and the number after its last; deltas that do not fit end it."""
        reference = self._came[first] // REFERENCE_TICKS
        at, symbols, deltas = reference * REFERENCE_TICKS, [], b""
        number = first
        while number <= last:
            came = self._came.get(number)
            if came is not None and not -0x8000 <= came - at <= 0x7FFF:
                break
            symbol, delta = _told(came, at)
            symbols.append(symbol)
            deltas += delta
            at = at if came is None else came
            number += 1
        while symbols[-1] == _ABSENT:  # the next packet has to begin with one that came
            symbols.pop()
        body = (reference & 0xFFFFFF).to_bytes(3, "big") + bytes([self._told & 0xFF]) + _chunks(symbols) + deltas
        self._told += 1
        body += bytes(-len(body) % 4)
        words = (_HEAD.size + len(body)) // 4 - 1
        head = _HEAD.pack(0x80 | _FORMAT, _RTPFB, words, self._ssrc, 0, first & 0xFFFF, len(symbols))
        return head + body, number

    def _unwrapped(self, number: int, near: int) -> int:
        return near + ((number - near + 0x8000) & 0xFFFF) - 0x8000


def _told(came: int | None, before: int) -> tuple[int, bytes]:
    """A packet's status symbol and its delta in ticks (sections 3.1.1 and 3.1.5)."""
    if came is None:
        return _ABSENT, b""
    delta = came - before
    return (_SMALL, bytes([delta])) if 0 <= delta <= 255 else (_LARGE, delta.to_bytes(2, "big", signed=True))


def _chunks(symbols: list[int]) -> bytes:
    """Status vector chunks of seven two-bit symbols (section 3.1.4)."""
    chunks = b""
    for start in range(0, len(symbols), _SYMBOLS):
        group = symbols[start : start + _SYMBOLS]
        bits = 0
        for symbol in (*group, *[_ABSENT] * (_SYMBOLS - len(group))):
            bits = bits << 2 | symbol
        chunks += (0xC000 | bits).to_bytes(2, "big")
    return chunks
