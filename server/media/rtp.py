"""RTP packets read and written in place, for a forwarder: nothing here allocates an object per field.

Offsets are into any bytes-like buffer. Functions that meet a malformed packet return None (or -1); they never raise,
because what a peer sends is dropped and counted, not reported.
"""

from __future__ import annotations

from struct import Struct

HEADER = Struct("!BBHII")
"""First byte (V P X CC), marker and payload type, sequence number, timestamp, SSRC (RFC 3550, section 5.1)."""
HEADER_BYTES = 12
RTP_VERSION = 0x80
PADDING_BIT = 0x20
EXTENSION_BIT = 0x10
MARKER_BIT = 0x80

ONE_BYTE_PROFILE = 0xBEDE
"""RFC 8285, section 4.2."""
TWO_BYTE_PROFILE = 0x1000
"""RFC 8285, section 4.3: the upper 12 bits; the lower four are `appbits`."""

Buffer = bytes | bytearray | memoryview


def is_rtcp(data: Buffer) -> bool:
    """Whether an SRTP or SRTCP datagram is SRTCP, told by its second byte (RFC 5761, section 4)."""
    return len(data) > 1 and 192 <= data[1] <= 223


def payload_bounds(data: Buffer, start: int, end: int) -> tuple[int, int] | None:
    """Where the payload of the RTP packet in data[start:end] begins and ends, padding left out; None if malformed."""
    if end - start < HEADER_BYTES:
        return None
    first = data[start]
    if first & 0xC0 != RTP_VERSION:
        return None
    begin = start + HEADER_BYTES + 4 * (first & 0x0F)
    if first & EXTENSION_BIT:
        if begin + 4 > end:
            return None
        begin += 4 + 4 * (data[begin + 2] << 8 | data[begin + 3])
    if begin > end:
        return None
    if first & PADDING_BIT:
        padding = data[end - 1]
        if padding == 0 or begin + padding > end:
            return None
        end -= padding
    return begin, end


def header_extensions(data: Buffer, start: int, end: int) -> dict[int, bytes]:
    """The header extension elements of the packet in data[start:end], by local id; one- and two-byte forms.

    Ids 0 (padding) and, in the one-byte form, 15 (stop) carry nothing (RFC 8285, section 4.2). What is cut short ends
    the list.
    """
    found: dict[int, bytes] = {}
    if end - start < HEADER_BYTES + 4 or not data[start] & EXTENSION_BIT:
        return found
    at = start + HEADER_BYTES + 4 * (data[start] & 0x0F)
    if at + 4 > end:
        return found
    profile = data[at] << 8 | data[at + 1]
    stop = at + 4 + 4 * (data[at + 2] << 8 | data[at + 3])
    at += 4
    if stop > end or not (profile == ONE_BYTE_PROFILE or profile & 0xFFF0 == TWO_BYTE_PROFILE):
        return found
    one_byte = profile == ONE_BYTE_PROFILE
    while at < stop:
        if data[at] == 0:
            at += 1
            continue
        if one_byte:
            element, size, at = data[at] >> 4, (data[at] & 0x0F) + 1, at + 1
            if element == 15:
                break
        else:
            if at + 2 > stop:
                break
            element, size, at = data[at], data[at + 1], at + 2
        if at + size > stop:
            break
        found[element] = bytes(data[at : at + size])
        at += size
    return found


def extended(sequence: int, highest: int) -> int:
    """The 16-bit `sequence` as an index that never wraps, the nearest one to `highest` (RFC 3711, section 3.3.1)."""
    difference = (sequence - highest) & 0xFFFF
    return highest + difference if difference < 0x8000 else highest + difference - 0x10000


def timestamp_difference(later: int, earlier: int) -> int:
    """`later` minus `earlier`, both 32-bit RTP timestamps, as a signed number of ticks."""
    difference = (later - earlier) & 0xFFFFFFFF
    return difference if difference < 0x80000000 else difference - 0x100000000


def abs_send_time(now_ns: int) -> int:
    """24 bits, 6.18 fixed point seconds, wraps every 64 s (the abs-send-time header extension of WebRTC)."""
    return (now_ns << 18) // 1_000_000_000 & 0xFFFFFF
