"""What a forwarder must know of video payloads: where a keyframe begins, and VP8's numbering.

Only descriptors are read; nothing is decoded. Sources: RFC 7741 (VP8), RFC 6184 (H.264).
"""

from __future__ import annotations

from server.media.plane import Codec
from server.media.rtp import Buffer

H264_SPS = 7
H264_STAP_A = 24


def starts_keyframe(codec: Codec, payload: Buffer) -> bool:
    """Whether a receiver can start to decode at this packet.

    VP8: the first packet of a key frame. H.264: a sequence parameter set, alone or in an aggregate: an IDR slice
    without it may refer to parameters that the receiver never saw. Audio starts anywhere.
    """
    if codec is Codec.VP8:
        return vp8_starts_keyframe(payload)
    if codec is Codec.H264:
        return h264_has_sps(payload)
    return True


def h264_has_sps(payload: Buffer) -> bool:
    """Whether a packet carries a sequence parameter set: single NAL unit or STAP-A (RFC 6184, section 5.7.1)."""
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == H264_SPS:
        return True
    if kind != H264_STAP_A:
        return False
    at = 1
    while at + 3 <= len(payload):
        if payload[at + 2] & 0x1F == H264_SPS:
            return True
        at += 2 + (payload[at] << 8 | payload[at + 1])
    return False


def vp8_fields(payload: Buffer) -> tuple[int, int, int, int] | None:
    """(descriptor length, offset of PictureID or 0, its bytes 1 or 2, offset of TL0PICIDX or 0); None if cut short.

    Source: RFC 7741, section 4.2.
    """
    size = len(payload)
    if size < 1:
        return None
    if not payload[0] & 0x80:
        return 1, 0, 0, 0
    if size < 2:
        return None
    flags, at = payload[1], 2
    picture_at = picture_bytes = tl0_at = 0
    if flags & 0x80:
        if size <= at:
            return None
        picture_at, picture_bytes = at, 2 if payload[at] & 0x80 else 1
        at += picture_bytes
    if flags & 0x40:
        tl0_at, at = at, at + 1
    if flags & 0x30:
        at += 1
    if at > size:
        return None
    return at, picture_at, picture_bytes, tl0_at


def vp8_starts_keyframe(payload: Buffer) -> bool:
    """First packet of the first partition of a key frame: S set, PID 0, and the payload header's P bit clear."""
    fields = vp8_fields(payload)
    if fields is None or payload[0] & 0x17 != 0x10 or fields[0] >= len(payload):
        return False
    return not payload[fields[0]] & 0x01


def vp8_numbers(payload: Buffer) -> tuple[int | None, int | None]:
    """PictureID and TL0PICIDX of a packet, None where absent."""
    fields = vp8_fields(payload)
    if fields is None:
        return None, None
    _, picture_at, picture_bytes, tl0_at = fields
    picture = None
    if picture_bytes == 2:
        picture = (payload[picture_at] & 0x7F) << 8 | payload[picture_at + 1]
    elif picture_bytes == 1:
        picture = payload[picture_at]
    return picture, payload[tl0_at] if tl0_at else None


def vp8_shifted(payload: bytes, picture_shift: int, tl0_shift: int) -> bytes:
    """The payload with PictureID and TL0PICIDX moved on, in the width each has (7 or 15, and 8 bits)."""
    fields = vp8_fields(payload)
    if fields is None or not (fields[1] or fields[3]):
        return payload
    _, picture_at, picture_bytes, tl0_at = fields
    moved = bytearray(payload)
    if picture_bytes == 2:
        picture = ((payload[picture_at] & 0x7F) << 8 | payload[picture_at + 1]) + picture_shift & 0x7FFF
        moved[picture_at] = 0x80 | picture >> 8
        moved[picture_at + 1] = picture & 0xFF
    elif picture_bytes == 1:
        moved[picture_at] = payload[picture_at] + picture_shift & 0x7F
    if tl0_at:
        moved[tl0_at] = payload[tl0_at] + tl0_shift & 0xFF
    return bytes(moved)
