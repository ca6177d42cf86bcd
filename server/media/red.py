"""Redundant sound (RFC 2198): each packet carries earlier ones again, so that single losses cost nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from server.media.retransmit import Packet

BACK = ((), (1,), (4, 2))
"""How far back the packets are that each one carries again, oldest first, by how many: two of them not next to one
another, so that up to four lost in a row are mended."""
MAX_OFFSET = (1 << 14) - 1
MAX_BLOCK_BYTES = (1 << 10) - 1
"""What the 14-bit timestamp offset and the 10-bit length of a block's header can tell."""
MAX_BYTES = 1_100
"""Of the whole payload: a packet in fragments is lost with each of them, and many firewalls pass none."""


def redundant(packet: Packet, earlier: Sequence[Packet], payload_type: int) -> bytes:
    """The payload of a RED packet: what of `earlier` (oldest first) fits, then the packet's own payload.

    payload_type: of every block, at the receiver. Section 3: a header for each block, the last one a single octet.
    """
    timestamp, own = packet[1], packet[3]
    headers, blocks = bytearray(), bytearray()
    for _, before, _, payload in earlier:
        offset = (timestamp - before) & 0xFFFFFFFF
        size = len(headers) + len(blocks) + 4 + len(payload) + 1 + len(own)
        if 0 < offset <= MAX_OFFSET and len(payload) <= MAX_BLOCK_BYTES and size <= MAX_BYTES:
            headers += (1 << 31 | payload_type << 24 | offset << 10 | len(payload)).to_bytes(4, "big")
            blocks += payload
    headers.append(payload_type)
    return bytes(headers + blocks + own)
