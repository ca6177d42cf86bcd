"""Packets of one batch made equally long, so that each receiver's copy leaves in one send. Pure.

The kernel cuts one large send into datagrams of equal length (UDP_SEGMENT). libwebrtc's packets of a frame differ by a
byte; a little RTP padding (RFC 3550, section 5.1), which every receiver strips, evens them out. This is done once for a
batch, whoever receives it.
"""

from __future__ import annotations

from server.media.retransmit import Packet

MAX_PADDING = 24
"""Bytes added to a packet at most."""
MAX_DATAGRAMS = 44
"""Packets of a run: below the kernel's 64 segments, and 44 * 1480 bytes are below the 65507 of one send."""
PADDED = 0x100
"""Set in a padded packet's second byte: shifted right by three it is the header's padding bit."""

Run = tuple[int, list[Packet]]
"""Payload bytes, padding included, and the packets, each of exactly that length."""


def runs_of(packets: list[Packet]) -> list[Run]:
    """The packets in their order, in as few runs as little padding allows."""
    if len(packets) == 1:
        return [(len(packets[0][3]), packets)]
    sizes = [len(packet[3]) for packet in packets]
    longest, shortest = max(sizes), min(sizes)
    if longest == shortest and len(sizes) <= MAX_DATAGRAMS:
        return [(longest, packets)]
    runs = []
    start, longest, shortest = 0, sizes[0], sizes[0]
    for at, size in enumerate(sizes):
        if size > longest:
            fits, longest_now, shortest_now = size - shortest <= MAX_PADDING, size, shortest
        else:
            shortest_now = min(size, shortest)
            fits, longest_now = longest - shortest_now <= MAX_PADDING, longest
        if not fits or at - start == MAX_DATAGRAMS:
            runs.append(_run(packets[start:at], longest))
            start, longest, shortest = at, size, size
        else:
            longest, shortest = longest_now, shortest_now
    runs.append(_run(packets[start:], longest))
    return runs


def _run(packets: list[Packet], longest: int) -> Run:
    return longest, [packet if len(packet[3]) == longest else _padded(packet, longest) for packet in packets]


def _padded(packet: Packet, longest: int) -> Packet:
    index, timestamp, second, payload = packet
    missing = longest - len(payload)
    return index, timestamp, second | PADDED, payload + bytes(missing - 1) + missing.to_bytes(1, "big")
