"""The stamp beside the picture: an H.264 SEI NAL unit that lets every frame be checked without decoding it.

A `user_data_unregistered` message (ITU-T H.264, D.1.7) of 16 bytes of UUID and fixed-width hexadecimal text, so that
no byte is ever zero and no emulation prevention is needed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

UUID: Final = bytes.fromhex("7466a1c98d3e4f5ba2d7746f6e676b65")
_WIDTHS: Final = (3, 2, 8, 4, 16)
_TEXT: Final = b"%03x%02x%08x%04x%016x"
_HEAD: Final = bytes([0x06, 0x05, len(UUID) + sum(_WIDTHS)]) + UUID
SIZE: Final = len(_HEAD) + sum(_WIDTHS) + 1


class FrameStamp(NamedTuple):
    """Who sent this frame, and when.

    serial counts the frames this participant sent, without holes; frame is the place in its loop, the same number as
    in the picture; sent_ns is the sender's monotonic clock when the frame's first packet left.
    """

    lesson: int
    participant: int
    serial: int
    frame: int
    sent_ns: int


def build(stamp: FrameStamp) -> bytes:
    """The whole NAL unit, SIZE bytes, without start code."""
    return _HEAD + _TEXT % stamp + b"\x80"


def parse(nal: bytes | memoryview) -> FrameStamp | None:
    """The stamp in an SEI NAL unit; None when the unit is something else."""
    data = bytes(nal)
    if len(data) < SIZE - 1 or not data.startswith(_HEAD):
        return None
    values: list[int] = []
    at = len(_HEAD)
    for width in _WIDTHS:
        try:
            values.append(int(data[at : at + width], 16))
        except ValueError:
            return None
        at += width
    return FrameStamp(*values)
