"""Where everything is on this screen: a view becomes rectangles. Pure."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from signaling.messages import BOARD_HEIGHT, BOARD_WIDTH, Seat, View

TEXT_SHARE: Final = 25
"""The least height of any text: so many fit into the screen's height (legible from the last row)."""
_SIDE: Final = 0.26
"""Width of the column beside the stage."""


class Box(NamedTuple):
    """A rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int


class Placed(NamedTuple):
    """A seat and its rectangle."""

    seat: Seat
    box: Box


class Arrangement(NamedTuple):
    """A whole screen: the board's place (None: not shown) and every seat's, back to front."""

    board: Box | None
    seats: tuple[Placed, ...]


def arrange(view: View, width: int, height: int) -> Arrangement:
    """The screen of `width` x `height` pixels that a view asks for. Seats without a picture get no place."""
    seats = [seat for seat in view.seats if seat.video is not None]
    stage = [seat for seat in seats if seat.place == "stage"]
    others = [seat for seat in seats if seat.place != "stage"]
    match view.stage:
        case "board":
            main = _main(width, height, bool(seats))
            return Arrangement(fit(main, BOARD_WIDTH, BOARD_HEIGHT), _column(stage + others, width, height))
        case "seat" if stage:
            main = _main(width, height, len(seats) > 1)
            return Arrangement(None, (Placed(stage[0], main), *_column(stage[1:] + others, width, height)))
        case _:
            return Arrangement(None, _grid(seats, width, height))


def fit(box: Box, width: int, height: int) -> Box:
    """The largest rectangle of the shape `width` : `height` in the middle of `box`."""
    scale = min(box.width / width, box.height / height)
    inner_width, inner_height = round(width * scale), round(height * scale)
    return Box(
        box.x + (box.width - inner_width) // 2, box.y + (box.height - inner_height) // 2, inner_width, inner_height
    )


def text_height(height: int) -> int:
    """The height of text, in pixels, on a screen of `height` pixels."""
    return -(-height // TEXT_SHARE)


def _main(width: int, height: int, beside: bool) -> Box:
    return Box(0, 0, round(width * (1 - _SIDE)) if beside else width, height)


def _column(seats: list[Seat], width: int, height: int) -> tuple[Placed, ...]:
    """Seats one below the other at the right edge, all of one size."""
    if not seats:
        return ()
    left = round(width * (1 - _SIDE))
    each = min(height // len(seats), round((width - left) * 9 / 16))
    return tuple(Placed(seat, Box(left, row * each, width - left, each)) for row, seat in enumerate(seats))


def _grid(seats: list[Seat], width: int, height: int) -> tuple[Placed, ...]:
    """Seats in rows as square as can be, below a line of text."""
    if not seats:
        return ()
    columns = math.ceil(math.sqrt(len(seats)))
    rows = math.ceil(len(seats) / columns)
    top = 3 * text_height(height)
    cell_width, cell_height = width // columns, (height - top) // rows
    return tuple(
        Placed(seat, Box(place % columns * cell_width, top + place // columns * cell_height, cell_width, cell_height))
        for place, seat in enumerate(seats)
    )
