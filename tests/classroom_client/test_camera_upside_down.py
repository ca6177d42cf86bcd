"""The appliance's camera is told to be upside down by the room it showed before, over restarts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classroom_client.selftest.picture import Luma
from classroom_client.selftest.upright import CELLS, FILE, compared, fingerprint


def drawn(seed: int) -> Luma:
    """A room of a few large areas."""
    random = np.random.default_rng(seed)
    picture = np.full((180, 320), 90, np.uint8)
    for _ in range(8):
        y, x = random.integers(0, 140), random.integers(0, 260)
        picture[y : y + 60, x : x + 90] = random.integers(20, 230)
    return picture


def evening(picture: Luma) -> Luma:
    return (picture * 0.5 + 10).astype(np.uint8)


def test_the_first_picture_is_kept_and_says_nothing_and_the_same_room_stands_upright(tmp_path: Path) -> None:
    assert compared(drawn(1), tmp_path) == {}
    figures = compared(evening(drawn(1)), tmp_path)
    assert figures["upright"] > 0.95
    assert figures["turned"] < 0.6


def test_the_same_room_after_half_a_turn_is_upside_down_as_often_as_it_is_looked_at(tmp_path: Path) -> None:
    compared(drawn(1), tmp_path)
    for _ in range(3):
        figures = compared(drawn(1)[::-1, ::-1], tmp_path)
        assert figures["turned"] > 0.95
        assert figures["turned"] - figures["upright"] > 0.3


def test_another_room_is_kept_instead(tmp_path: Path) -> None:
    compared(drawn(1), tmp_path)
    assert compared(drawn(7), tmp_path) == {}
    assert compared(drawn(7), tmp_path)["upright"] == 1.0


@pytest.mark.parametrize("kept", [b"", b"{}", b'{"cells":[1,2]}', b"\xff"])
def test_a_spoiled_file_is_begun_anew(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / FILE).write_bytes(kept)
    assert compared(drawn(1), tmp_path) == {}
    assert compared(drawn(1), tmp_path)["upright"] == 1.0


def test_a_flat_picture_says_nothing_and_is_not_kept(tmp_path: Path) -> None:
    assert compared(np.full((180, 320), 40, np.uint8), tmp_path) == {}
    assert not (tmp_path / FILE).exists()


def test_what_is_kept_is_brightness_of_144_cells(tmp_path: Path) -> None:
    cells = fingerprint(drawn(1))
    assert cells is not None
    assert cells.shape == (CELLS,)
    picture = np.zeros((90, 160), np.uint8)
    picture[:10, :10] = 255
    first = fingerprint(picture)
    assert first is not None
    assert (first[0], first[1]) == (255, 0)
