"""Redundant sound (RFC 2198): each packet carries earlier ones again, so that single losses cost nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from server.media.retransmit import History, Packet

BACK = ((), (1,), (4, 2))
"""How far back the packets are that each one carries again, oldest first, by how many: two of them not next to one
another, so that up to four lost in a row are mended."""
MAX_OFFSET = (1 << 14) - 1
MAX_BLOCK_BYTES = (1 << 10) - 1
"""What the 14-bit timestamp offset and the 10-bit length of a block's header can tell."""
MAX_BYTES = 1_100
"""Of the whole payload: a packet in fragments is lost with each of them, and many firewalls pass none."""
MAX_BLOCKS = 8
"""Of a packet that came: more is no sound that a browser sends."""
MOST_LOST = 16
"""Lost in a row, within which what is carried again is looked at; offsets reach no further back."""


class Block(NamedTuple):
    """One block of a packet: the payload type, by how much it is older than the packet, in samples, and its payload."""

    payload_type: int
    offset: int
    payload: bytes


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


def blocks_of(payload: bytes) -> list[Block] | None:
    """The blocks of a RED packet, oldest first and its own last; None where its headers are wrong (section 3)."""
    headers: list[tuple[int, int, int]] = []
    at = 0
    while at < len(payload) and payload[at] & 0x80:
        if at + 4 >= len(payload) or len(headers) == MAX_BLOCKS:
            return None
        header = int.from_bytes(payload[at : at + 4], "big")
        headers.append((header >> 24 & 0x7F, header >> 10 & MAX_OFFSET, header & MAX_BLOCK_BYTES))
        at += 4
    own = at + 1 + sum(length for _, _, length in headers)
    if own >= len(payload):
        return None
    blocks, last, at = [], payload[at], at + 1
    for payload_type, offset, length in headers:
        blocks.append(Block(payload_type, offset, payload[at : at + length]))
        at += length
    return [*blocks, Block(last, 0, payload[own:])]


def found_again(history: History, index: int, timestamp: int, blocks: Sequence[Block]) -> Iterator[tuple[int, Block]]:
    """Of the packets lost right before the one at `index`: those that it carries again, with their indices.

    RED tells how old a block is, not which number it had: that follows from the last packet before the gap, if all of
    the gap are equally long.
    """
    missing = next((one for one in range(MOST_LOST + 1) if history.get(index - 1 - one) is not None), None)
    before = None if not missing else history.get(index - 1 - missing)
    if not missing or before is None:
        return
    step, rest = divmod(timestamp - before[1] & 0xFFFFFFFF, missing + 1)
    for block in blocks:
        back = block.offset // step if step else 0
        if not rest and 0 < back <= missing and back * step == block.offset and block.payload:
            yield index - back, block
