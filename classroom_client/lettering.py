"""Words on the screen: text drawn by OpenCV's own font, which has Chinese."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def lettering(text: str, height: int, ink: tuple[int, int, int], ground: tuple[int, int, int], widest: int) -> Pixels:
    """A label as an image of shape (about 1.7 height, width, 3), BGR.

    height: of the letters, pixels; they are made smaller, at most by half, where the text is wider than `widest`, and
    what is wider still is cut. ink, ground: blue, green, red.
    """
    face = cv2.FontFace("sans")
    wide = cv2.getTextSize((0, 0), text, (0, 0), face, height)[2] + 2 * (height // 3)
    if wide > widest:
        height = max(height // 2, height * widest // wide)
    margin = height // 3
    x, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), face, height)
    image: Pixels = np.empty((height + 2 * margin, max(1, min(width + 2 * margin, widest)), 3), np.uint8)
    image[:] = ground
    # Without a wrapping range the rest would go on in a second line.
    no_wrap = (0, max(width + 4 * margin, image.shape[1]))
    cv2.putText(image, text, (margin - x, height + margin - height // 8), ink, face, height, wrap=no_wrap)
    return image
