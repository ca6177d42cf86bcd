"""What a camera shows, by value: the same figures as the pages take (web/src/selftest/picture.ts)."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 320

Luma = NDArray[np.uint8]


def luma_of(frame: av.VideoFrame) -> Luma:
    """The picture as luma, WIDTH pixels wide, shape (height, WIDTH)."""
    height = max(3, round(WIDTH * frame.height / frame.width))
    return np.asarray(frame.reformat(WIDTH, height, "gray").to_ndarray(), np.uint8)


def camera_figures(pictures: list[Luma]) -> dict[str, float]:
    """Brightness, contrast, sharpness and motion of pictures that follow each other."""
    last = pictures[-1].astype(np.float32)
    motion = max((float(np.abs(b.astype(np.int16) - a).mean()) for a, b in pairwise(pictures)), default=0.0)
    return {
        "brightness": round(float(last.mean()), 4),
        "contrast": round(float(last.std()), 4),
        "sharpness": round(max(map(_sharpness, pictures)), 4),
        "motion": round(motion, 4),
    }


def _sharpness(picture: Luma) -> float:
    luma = picture.astype(np.float32)
    variance = float(luma.var())
    edges = 4 * luma[1:-1, 1:-1] - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:]
    return float(edges.var()) / variance if variance >= 1 else 0.0
