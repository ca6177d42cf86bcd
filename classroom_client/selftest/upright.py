"""Whether the camera stands on its head: told by the room it showed before (docs/decisions/0014)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from classroom_client.selftest.picture import Luma

COLUMNS: Final = 16
ROWS: Final = 9
CELLS: Final = COLUMNS * ROWS
SPREAD_AT_LEAST: Final = 6.0
"""Flatter pictures (dark, a covered lens, a bare wall) say nothing."""
ANOTHER: Final = 0.4
"""Under this likeness both ways it is another scene: the camera was moved, or the room arranged anew."""
FILE: Final = "camera.json"

Cells = NDArray[np.float64]


class _Kept(msgspec.Struct, frozen=True):
    cells: Annotated[list[float], Meta(min_length=CELLS, max_length=CELLS)]


def fingerprint(picture: Luma) -> Cells | None:
    """Mean brightness of 16 x 9 cells, row by row; None for a picture too flat to tell anything."""
    height, width = picture.shape
    rows = np.floor(np.arange(height) * ROWS / height).astype(int)
    columns = np.floor(np.arange(width) * COLUMNS / width).astype(int)
    cell = (rows[:, None] * COLUMNS + columns).ravel()
    counts = np.maximum(1, np.bincount(cell, minlength=CELLS))
    means: Cells = np.bincount(cell, picture.ravel(), CELLS) / counts
    return means if means.std() >= SPREAD_AT_LEAST else None


def standing(now: Cells, kept: Cells | None) -> tuple[dict[str, float], Cells]:
    """How a picture stands against the one kept, `upright` and `turned`, -1 to 1; and what is kept from now on.

    Without one, or of another scene, nothing is said and the new one is kept. This test runs by itself, so it never
    takes back what it kept.
    """
    if kept is None:
        return {}, now
    likeness = {"upright": _likeness(now, kept), "turned": _likeness(now[::-1], kept)}
    return ({}, now) if max(likeness.values()) < ANOTHER else (likeness, kept)


def compared(picture: Luma, state: Path) -> dict[str, float]:
    """`standing` of a picture against the one kept under `state`, which is written where it is the first."""
    now = fingerprint(picture)
    if now is None:
        return {}
    before = _read(state / FILE)
    figures, keep = standing(now, before)
    if keep is now:
        state.mkdir(parents=True, exist_ok=True)
        (state / FILE).write_bytes(msgspec.json.encode(_Kept([round(float(each), 1) for each in now])))
    return figures


def _read(file: Path) -> Cells | None:
    try:
        return np.asarray(msgspec.json.decode(file.read_bytes(), type=_Kept).cells)
    except (OSError, msgspec.DecodeError):
        return None  # nothing was kept, or not by us: the next picture is the first


def _likeness(one: Cells, other: Cells) -> float:
    """Pearson's correlation: how bright the room is, and how strong its light, do not matter."""
    return round(float(np.corrcoef(one, other)[0, 1]), 3)
