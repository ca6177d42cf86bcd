"""What one direction of a weak line does to packets. Pure: time is an argument, chance is seeded.

Loss in bursts is Gilbert's model: a line is good or bad, and changes with a probability at each packet.
"""

from __future__ import annotations

from random import Random

from msgspec import Struct

PORTS = range(1024, 65536)
_TCP, _UDP = 6, 17


class Conditions(Struct, frozen=True):
    """A direction of a line. All zero: a cable."""

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    """Share of packets lost, each by itself."""
    burst_begins: float = 0.0
    burst_ends: float = 1.0
    """Probabilities at each packet that the line turns bad, and good again; a bad line loses everything."""
    duplicate: float = 0.0
    reorder: float = 0.0
    rate_bps: int = 0
    queue_ms: float = 300.0
    """What stands in the queue before the rate; what comes to a full queue is lost. rate_bps 0: no limit."""
    cut: bool = False
    port_shift: int = 0
    """A NAT that has moved: UDP ports of the client appear this much higher."""
    udp: bool = True
    tcp_ports: tuple[int, ...] = ()
    """A firewall: whether UDP passes, and to which of the server's TCP ports one may connect; empty: to all."""


class Line:
    """One direction, with its queue and its mood."""

    def __init__(self, seed: int) -> None:
        self.conditions = Conditions()
        self.lost = 0
        self._random = Random(seed)  # noqa: S311  # a line's luck has to repeat itself, not to be secret
        self._bad = False
        self._free_s = 0.0

    def passes(self, now_s: float, size: int) -> tuple[float, ...]:
        """When the packet of `size` bytes comes out: once, twice, or, where it is lost, not at all."""
        line = self.conditions
        if line.cut or self._unlucky(line):
            self.lost += 1
            return ()
        out_s = now_s
        if line.rate_bps:
            begins_s = max(self._free_s, now_s)
            if begins_s - now_s > line.queue_ms / 1000:
                self.lost += 1
                return ()
            self._free_s = out_s = begins_s + size * 8 / line.rate_bps
        if not (line.reorder and self._random.random() < line.reorder):
            out_s += max(0.0, line.delay_ms + self._random.uniform(-line.jitter_ms, line.jitter_ms)) / 1000
        twice = line.duplicate and self._random.random() < line.duplicate
        return (out_s, out_s) if twice else (out_s,)

    def _unlucky(self, line: Conditions) -> bool:
        if line.burst_begins:
            self._bad = (
                self._random.random() >= line.burst_ends if self._bad else self._random.random() < line.burst_begins
            )
        else:
            self._bad = False
        return self._bad or (line.loss > 0 and self._random.random() < line.loss)


def let_through(frame: bytes, line: Conditions, *, up: bool) -> bool:
    """Whether the school's firewall passes an Ethernet frame; what is not TCP or UDP over IPv4 passes always.

    up: from the school to the server.
    """
    if frame[12:14] != b"\x08\x00" or frame[23] not in (_TCP, _UDP):
        return True
    if frame[23] == _UDP:
        return line.udp
    at = 14 + (frame[14] & 15) * 4 + (2 if up else 0)
    return not line.tcp_ports or int.from_bytes(frame[at : at + 2], "big") in line.tcp_ports


def shifted(frame: bytes, shift: int, *, source: bool) -> bytes:
    """An Ethernet frame with the UDP port of its source, or of its destination, moved; other frames as they are.

    The UDP checksum is left out, which IPv4 allows (RFC 768).
    """
    if frame[12:14] != b"\x08\x00" or frame[23] != _UDP:
        return frame
    header = 14 + (frame[14] & 15) * 4
    at = header if source else header + 2
    port = int.from_bytes(frame[at : at + 2], "big") + (shift if source else -shift)
    if port not in PORTS:
        return frame
    moved = bytearray(frame)
    moved[at : at + 2] = port.to_bytes(2, "big")
    moved[header + 6 : header + 8] = b"\0\0"
    return bytes(moved)
