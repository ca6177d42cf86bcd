"""Points as text: what a client reads from it is what was drawn, and handwriting weighs little."""

from __future__ import annotations

import math
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.columns import ALPHABET, DIGITS, LAST, columns, strokes_of

A_POINT = st.tuples(st.integers(-10_000, 20_000), st.integers(-10_000, 20_000), st.integers(0, 255))


@given(st.lists(st.lists(A_POINT, min_size=1, max_size=20), max_size=8))
def test_P26_strokes_are_read_from_their_text_as_they_were_drawn(strokes: list[list[tuple[int, int, int]]]) -> None:
    drawn = [[number for point in points for number in point] for points in strokes]
    assert strokes_of(columns(drawn), len(drawn)) == drawn


@pytest.mark.parametrize("text", ["", "$", "$!!!!!!!!!!", "!!!!"])
def test_P26_text_that_is_no_columns_of_so_many_strokes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"column|points"):
        strokes_of(text, 1)


def test_P26_the_text_has_only_characters_that_json_leaves_as_they_are() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == LAST + DIGITS
    assert all("!" <= each <= "~" and each not in '"\\' for each in ALPHABET)


def test_P26_handwriting_seen_sixty_times_a_second_weighs_less_than_two_octets_a_point() -> None:
    strokes = [_handwriting(random.Random(seed)) for seed in range(1_000)]
    deflate = zlib.compressobj(6, wbits=-15)
    octets = len(deflate.compress(columns(strokes).encode()) + deflate.flush())
    assert octets < 2 * sum(len(each) // 3 for each in strokes)


def _handwriting(chance: random.Random) -> list[int]:
    """A stroke of some 18 points with a tremor: quick in its middle, on a bent path."""
    x, y, angle, bend, pressure = 5_000.0, 3_000.0, chance.uniform(0, 7), chance.gauss(0, 0.1), 180.0
    points: list[int] = []
    count = chance.randint(10, 26)
    for at in range(count):
        step = 8 + 24 * math.sin(math.pi * (at + 0.5) / count)
        angle, pressure = angle + bend, min(255.0, max(60.0, pressure + chance.gauss(0, 4)))
        x, y = x + step * math.cos(angle) + chance.gauss(0, 0.8), y + step * math.sin(angle) + chance.gauss(0, 0.8)
        points += [round(x), round(y), round(pressure)]
    return points
