"""Words on the screen: text drawn by OpenCV's own font, which has Chinese."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def lettering(text: str, height: int, ink: tuple[int, int, int], ground: tuple[int, int, int], widest: int) -> Pixels:
    """A label as an image of shape (about 1.4 height, width, 3), BGR; what is wider than `widest` pixels is cut.

    height: of the letters, pixels. ink, ground: blue, green, red.
    """
    face = cv2.FontFace("sans")
    margin = height // 3
    x, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), face, height)
    image: Pixels = np.empty((height + 2 * margin, max(1, min(width + 2 * margin, widest)), 3), np.uint8)
    image[:] = ground
    # Without a wrapping range the rest would go on in a second line.
    no_wrap = (0, max(width + 4 * margin, image.shape[1]))
    cv2.putText(image, text, (margin - x, height + margin - height // 8), ink, face, height, wrap=no_wrap)
    return image
