"""A stroke's points as text for parts of a board (P26): as little as possible once it is deflated. Pure.

A hand changes its direction and speed slowly, so second differences of a coordinate are small numbers, and all of one
kind stand together: deflate finds few different octets.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import sub

ALPHABET = "".join(map(chr, range(ord("!"), ord("~") + 1))).replace('"', "").replace("\\", "")
"""What JSON leaves as it is: 92 characters of one octet."""
LAST = 60
"""The first so many end a number; each of the others is a digit before it, the least first."""
DIGITS = len(ALPHABET) - LAST


def columns(points: Sequence[int]) -> str:
    """x, y, pressure in turn, at least once -> all x, all y, all pressures.

    A coordinate is told by the first one, the step from it, then how each step differs from the one before; a pressure
    by the first one and the steps.
    """
    numbers = [*_bends(points[0::3]), *_bends(points[1::3]), *_steps(points[2::3])]
    return "".join(map(_TEXTS.__getitem__, numbers))


def points_of(text: str) -> list[int]:
    """Columns -> x, y, pressure in turn.

    Raises:
        ValueError: no such text.
    """
    numbers = _numbers(text)
    count, over = divmod(len(numbers), 3)
    if over or not count:
        raise ValueError("not three columns of points")
    x, y, pressure = numbers[:count], numbers[count : 2 * count], numbers[2 * count :]
    places = [accumulate([first, *accumulate(bends)]) for first, *bends in (x, y)]
    return [number for point in zip(*places, accumulate(pressure), strict=True) for number in point]


def _numbers(text: str) -> list[int]:
    numbers, digits, place = [], 0, 1
    for each in map(ALPHABET.index, text):
        if each >= LAST:
            digits, place = digits + place * (each - LAST), place * DIGITS
            continue
        folded = digits + place * each
        numbers.append(-(folded + 1) // 2 if folded % 2 else folded // 2)
        digits, place = 0, 1
    return numbers


def _steps(values: Sequence[int]) -> list[int]:
    return [values[0], *map(sub, values[1:], values)]


def _bends(values: Sequence[int]) -> list[int]:
    steps = _steps(values)
    return [*steps[:2], *map(sub, steps[2:], steps[1:])]


def _text(number: int) -> str:
    """0, -1, 1, -2 ... are 0, 1, 2, 3 ...: small numbers of both signs are one character."""
    left, text = (2 * number if number >= 0 else -2 * number - 1), ""
    while left >= LAST:
        left, digit = divmod(left, DIGITS)
        text += ALPHABET[LAST + digit]
    return text + ALPHABET[left]


class _Texts(dict[int, str]):
    """Those of small numbers are at hand: a full board has a million numbers."""

    def __missing__(self, number: int) -> str:
        return _text(number)


_NEAR = 1_024
_TEXTS = _Texts((each, _text(each)) for each in range(-_NEAR, _NEAR))
