"""The picture stamp: who sent a frame and which frame it is, as black and white blocks inside the picture.

The upper third of the picture is a grid of 16 x 3 blocks of 1/16 of the width and 1/9 of the height, 48 bits, most
significant first, row by row: lesson (10), participant (6), frame of the loop (16), CRC-16 of the three (16). Blocks
are large, so the stamp survives coding at any rate that shows a recognisable picture, and scaling.
"""

from __future__ import annotations

from binascii import crc_hqx
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

COLUMNS: Final = 16
ROWS: Final = 3
ROWS_OF_PICTURE: Final = 9
BLACK: Final = 16
WHITE: Final = 235
THRESHOLD: Final = (BLACK + WHITE) // 2
MAX_LESSON: Final = (1 << 10) - 1
MAX_PARTICIPANT: Final = (1 << 6) - 1
MAX_FRAME: Final = (1 << 16) - 1

Luma = NDArray[np.uint8]


class Stamp(NamedTuple):
    """What a picture says of itself: lesson and participant by their numbers in the rehearsal, frame in the loop."""

    lesson: int
    participant: int
    frame: int


def _crc(body: int) -> int:
    return crc_hqx(body.to_bytes(4, "big"), 0xFFFF)


def pack(stamp: Stamp) -> int:
    """The 48 bits of a stamp.

    Raises:
        ValueError: a number does not fit its field.
    """
    lesson, participant, frame = stamp
    if not (0 <= lesson <= MAX_LESSON and 0 <= participant <= MAX_PARTICIPANT and 0 <= frame <= MAX_FRAME):
        raise ValueError(f"stamp out of range: {stamp}")
    body = lesson << 22 | participant << 16 | frame
    return body << 16 | _crc(body)


def unpack(bits: int) -> Stamp | None:
    """The stamp of 48 bits, None when its CRC does not match."""
    body, crc = bits >> 16, bits & 0xFFFF
    if _crc(body) != crc:
        return None
    return Stamp(body >> 22, body >> 16 & MAX_PARTICIPANT, body & MAX_FRAME)


def draw(stamp: Stamp, luma: Luma) -> None:
    """Draws the stamp into a luma plane of shape (height, width), uint8, in place."""
    height, width = luma.shape
    bits = pack(stamp)
    for position in range(COLUMNS * ROWS):
        row, column = divmod(position, COLUMNS)
        top, bottom = row * height // ROWS_OF_PICTURE, (row + 1) * height // ROWS_OF_PICTURE
        left, right = column * width // COLUMNS, (column + 1) * width // COLUMNS
        one = bits >> (COLUMNS * ROWS - 1 - position) & 1
        luma[top:bottom, left:right] = WHITE if one else BLACK


def read(luma: Luma) -> Stamp | None:
    """The stamp in a luma plane of shape (height, width), uint8; None when there is none or it is not whole."""
    height, width = luma.shape
    if height < 2 * ROWS_OF_PICTURE or width < 2 * COLUMNS:
        return None
    bits = 0
    for position in range(COLUMNS * ROWS):
        row, column = divmod(position, COLUMNS)
        # The middle half of a block: its edges are where coding smears.
        top, bottom = (4 * row + 1) * height // (4 * ROWS_OF_PICTURE), (4 * row + 3) * height // (4 * ROWS_OF_PICTURE)
        left, right = (4 * column + 1) * width // (4 * COLUMNS), (4 * column + 3) * width // (4 * COLUMNS)
        bits = bits << 1 | int(luma[top : max(bottom, top + 1), left : max(right, left + 1)].mean() > THRESHOLD)
    return unpack(bits)
