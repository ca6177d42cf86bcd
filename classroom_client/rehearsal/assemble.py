"""From RTP packets to whole H.264 frames, without a decoder. Pure: times are arguments, in monotonic nanoseconds.

A packet that is missing holds the frames behind it back for GIVE_UP_NS while it is asked for again; then the hole is
passed over, the frames it touched are gone, and a keyframe is asked for. Frames here begin with their parameters or
their stamp: one that begins with a slice behind a hole has lost its beginning there.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from classroom_client.rehearsal.rtp import Packet

GIVE_UP_NS: Final = 600_000_000
ASK_AGAIN_NS: Final = 60_000_000
HELD_MAX: Final = 512
"""Packets held behind a hole; more, and the hole is passed over at once."""
_STAP_A: Final = 24
_FU_A: Final = 28
_IDR: Final = 5
_SLICES: Final = (1, 5)


class AccessUnit(NamedTuple):
    """A whole coded picture. nals: its NAL units in order; arrived_ns: when its first packet came.

    headless: nothing is known of what was sent before it, so units at its beginning may be missing.
    """

    timestamp: int
    arrived_ns: int
    nals: tuple[bytes, ...]
    headless: bool = False

    @property
    def keyframe(self) -> bool:
        """Whether it can be decoded without any other."""
        return any(nal[0] & 0x1F == _IDR for nal in self.nals)

    @property
    def picture(self) -> bytes:
        """The slices alone, joined: what the footage's digests are made of."""
        return b"".join(nal for nal in self.nals if nal[0] & 0x1F in _SLICES)


def nals_of(packets: list[Packet]) -> tuple[bytes, ...] | None:
    """The NAL units of a frame's packets (RFC 6184, sections 5.6 to 5.8); None when the frame is not whole."""
    nals: list[bytes] = []
    fragment: bytearray | None = None
    for packet in packets:
        payload = packet.payload
        kind = payload[0] & 0x1F
        if kind == _FU_A:
            if payload[1] & 0x80:
                fragment = bytearray([payload[0] & 0xE0 | payload[1] & 0x1F])
            if fragment is None:
                return None
            fragment += payload[2:]
            if payload[1] & 0x40:
                nals.append(bytes(fragment))
                fragment = None
        elif kind == _STAP_A:
            nals += _disaggregate(payload)
        else:
            nals.append(payload)
    return None if fragment is not None or not nals else tuple(nals)


def _disaggregate(payload: bytes) -> list[bytes]:
    nals: list[bytes] = []
    at = 1
    while at + 2 < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        nals.append(payload[at + 2 : at + 2 + size])
        at += 2 + size
    return nals


class Assembler:
    """One video line. `lost_packets` counts those given up, `wants_keyframe` says that decoding is cut."""

    def __init__(self) -> None:
        self.lost_packets = 0
        self.wants_keyframe = True
        self._next: int | None = None
        self._held: dict[int, tuple[Packet, int]] = {}
        self._frame: list[tuple[Packet, int]] = []
        self._torn = False
        self._headless = True
        self._hole_since_ns = 0
        self._asked_ns = 0

    def push(self, packet: Packet, now_ns: int) -> list[AccessUnit]:
        """The frames that `packet` completes, in order."""
        if self._next is None:
            self._next = packet.sequence
        ahead = (packet.sequence - self._next) & 0xFFFF
        if ahead >= 0x8000:
            return []
        if not self._held and ahead:
            self._hole_since_ns = now_ns
        self._held[packet.sequence] = (packet, now_ns)
        if len(self._held) > HELD_MAX:
            self._pass_over()
        return self._drain(now_ns)

    def give_up(self, now_ns: int) -> list[AccessUnit]:
        """The frames that come free once the wait for a missing packet is over; called about every 100 ms."""
        if not self._held or now_ns - self._hole_since_ns < GIVE_UP_NS:
            return []
        self._pass_over()
        return self._drain(now_ns)

    def missing(self, now_ns: int) -> list[int]:
        """Sequence numbers to ask for now, in order; none again before ASK_AGAIN_NS is over."""
        if not self._held or self._next is None or now_ns - self._asked_ns < ASK_AGAIN_NS:
            return []
        self._asked_ns = now_ns
        span = max((sequence - self._next) & 0xFFFF for sequence in self._held)
        wanted = ((self._next + step) & 0xFFFF for step in range(min(span, HELD_MAX)))
        return [sequence for sequence in wanted if sequence not in self._held]

    def _pass_over(self) -> None:
        assert self._next is not None
        hole = min((sequence - self._next) & 0xFFFF for sequence in self._held)
        self.lost_packets += hole
        self._next = (self._next + hole) & 0xFFFF
        self._torn = bool(self._frame)
        self._headless = True
        self.wants_keyframe = True

    def _drain(self, now_ns: int) -> list[AccessUnit]:
        units: list[AccessUnit] = []
        while self._next is not None and (item := self._held.pop(self._next, None)) is not None:
            self._next = (self._next + 1) & 0xFFFF
            units += self._take(item)
        if self._held:
            self._hole_since_ns = max(self._hole_since_ns, min(at for _, at in self._held.values()))
        return units

    def _take(self, item: tuple[Packet, int]) -> list[AccessUnit]:
        packet = item[0]
        if self._frame and self._frame[-1][0].timestamp != packet.timestamp:
            self._frame, self._torn, self._headless = [], False, self._torn
        if packet.payload:
            self._frame.append(item)
        if not packet.marker:
            return []
        frame, torn, headless = self._frame, self._torn, self._headless
        self._frame, self._torn, self._headless = [], False, False
        if torn or not frame:
            return []
        nals = nals_of([each for each, _ in frame])
        if nals is None:
            return []
        unit = AccessUnit(packet.timestamp, frame[0][1], nals, headless)
        if unit.keyframe:
            self.wants_keyframe = False
        return [unit]
