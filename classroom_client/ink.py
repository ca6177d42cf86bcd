"""The board as a picture: strokes smoothed by perfect-freehand, drawn with OpenCV."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from perfect_freehand import get_stroke_points

from classroom_client.board_pictures import Ground
from classroom_client.scene import Stroke
from signaling.messages import BOARD_WIDTH, BoardObject

PAPER: Final = (0xFA, 0xFC, 0xFD)
"""Blue, green, red."""
THINNING: Final = 0.6
STREAMLINE: Final = 0.35
"""As in web/src/board/ink.ts."""
_SHIFT: Final = 4
"""OpenCV draws with so many binary places below the pixel."""

Pixels = NDArray[np.uint8]


class Paper:
    """One page as pixels of shape (height, width, 3), BGR. New strokes are added; anything else redraws it."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels: Pixels = np.empty((height, width, 3), np.uint8)
        self._scale = width / BOARD_WIDTH
        self._drawn: list[str] = []
        self._ground: Ground | None = None
        self.pixels[:] = PAPER

    def show(self, objects: Iterable[BoardObject], ground: Ground | None = None) -> None:
        """Draws the visible objects of the page, in order, on its picture if it has one."""
        wanted = list(objects)
        ids = [each.id for each in wanted]
        if ids[: len(self._drawn)] != self._drawn or ground is not self._ground:
            self._lay(ground)
            self._drawn = []
        for each in wanted[len(self._drawn) :]:
            self.draw(self.pixels, Stroke(each.id, each.points, each.width, each.colour))
        self._drawn = ids

    def _lay(self, ground: Ground | None) -> None:
        """Clean paper, and on it the picture: as large as fits, in the middle."""
        self.pixels[:] = PAPER
        self._ground = ground
        if ground is None:
            return
        height, width = self.pixels.shape[:2]
        wide, high = min(width, round(height * ground.aspect)), min(height, round(width / ground.aspect))
        left, top = (width - wide) // 2, (height - high) // 2
        how = cv2.INTER_AREA if wide < ground.pixels.shape[1] else cv2.INTER_CUBIC
        self.pixels[top : top + high, left : left + wide] = cv2.resize(ground.pixels, (wide, high), interpolation=how)

    def with_unfinished(self, strokes: Iterable[Stroke]) -> Pixels:
        """The page with strokes that are still being drawn; the page itself stays as it is."""
        pixels = self.pixels.copy()
        for stroke in strokes:
            self.draw(pixels, stroke)
        return pixels

    def draw(self, pixels: Pixels, stroke: Stroke) -> None:
        """Draws one stroke: a disc at every point and a band between neighbours, so that crossings stay filled."""
        colour, unit = bgr(stroke.colour), self._scale * (1 << _SHIFT)
        discs = [(np.array(centre) * unit, radius * unit) for centre, radius in discs_of(stroke)]
        for (here, radius), (there, next_radius) in pairwise(discs):
            along = there - here
            across = np.array((-along[1], along[0])) / max(float(np.hypot(*along)), 1e-9)
            band = (
                here + across * radius,
                there + across * next_radius,
                there - across * next_radius,
                here - across * radius,
            )
            cv2.fillConvexPoly(pixels, np.round(band).astype(np.int32), colour, cv2.LINE_AA, _SHIFT)
        for centre, radius in discs:
            cv2.circle(pixels, (round(centre[0]), round(centre[1])), round(radius), colour, -1, cv2.LINE_AA, _SHIFT)


def discs_of(stroke: Stroke) -> list[tuple[tuple[float, float], float]]:
    """Centres and radii along a stroke, in the board's units: smoothed and thinned as the pages do it."""
    triples = zip(stroke.points[0::3], stroke.points[1::3], stroke.points[2::3], strict=True)
    points = [(float(x), float(y), pressure / 255) for x, y, pressure in triples]
    size = stroke.width / (1 + THINNING)
    smooth = get_stroke_points(points, size=size, streamline=STREAMLINE, last=True)
    return [(point["point"], size * (0.5 - THINNING * (0.5 - point["pressure"]))) for point in smooth]


def bgr(colour: str) -> tuple[int, int, int]:
    """`#rrggbb` as OpenCV takes it."""
    red, green, blue = bytes.fromhex(colour[1:])
    return blue, green, red
