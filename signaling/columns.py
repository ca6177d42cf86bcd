"""Points of strokes as text for parts of a board (P26): as little as possible once it is deflated. Pure.

A hand changes its direction and speed slowly, so second differences of a coordinate are small numbers, and all of one
kind stand together, those of all strokes: deflate finds few different octets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from operator import sub

ALPHABET = "".join(map(chr, range(ord("!"), ord("~") + 1))).replace('"', "").replace("\\", "")
"""What JSON leaves as it is: 92 characters of one octet."""
LAST = 60
"""The first so many end a number; each of the others is a digit before it, the least first."""
DIGITS = len(ALPHABET) - LAST


def columns(strokes: Sequence[Sequence[int]]) -> str:
    """Of each stroke x, y, pressure in turn, at least once -> seven columns, one after the other.

    How many points each stroke has; where it begins, x and y, from where the one before ended; how x and y go on within
    each: the first step, then how each step differs from the one before; its first pressure, from that of the one
    before; how the pressure goes on within each.
    """
    begins: tuple[list[int], list[int]] = [], []
    bends: tuple[list[int], list[int]] = [], []
    for axis in (0, 1):
        end = 0
        for points in strokes:
            values = points[axis::3]
            begins[axis].append(values[0] - end)
            steps = _steps(values)
            bends[axis].extend([*steps[:1], *_steps(steps)])
            end = values[-1]
    pressed = _steps([0, *(points[2] for points in strokes)])
    presses = [step for points in strokes for step in _steps(points[2::3])]
    counts = [len(points) // 3 for points in strokes]
    numbers = (each for one in (counts, *begins, *bends, pressed, presses) for each in one)
    return "".join(map(_TEXTS.__getitem__, numbers))


def strokes_of(text: str, count: int) -> list[list[int]]:
    """Columns of `count` strokes -> of each x, y, pressure in turn.

    Raises:
        ValueError: no such text.
    """
    numbers = iter(_numbers(text))
    counts = _next(numbers, count)
    if min(counts, default=1) < 1:
        raise ValueError("a stroke without points")
    begins = [_next(numbers, count) for _ in range(2)]
    bends = [_next(numbers, sum(counts) - count) for _ in range(2)]
    pressed = accumulate(_next(numbers, count))
    presses = _next(numbers, sum(counts) - count)
    if next(numbers, None) is not None:
        raise ValueError("more than these columns")
    x, y = (_places(counts, *column) for column in zip(begins, bends, strict=True))
    going = iter(presses)
    pressures = ([*accumulate([first, *islice(going, many - 1)])] for first, many in zip(pressed, counts, strict=True))
    return [
        [number for point in zip(*one, strict=True) for number in point] for one in zip(x, y, pressures, strict=True)
    ]


def _places(counts: Sequence[int], begins: Sequence[int], bends: Sequence[int]) -> Iterator[list[int]]:
    """The coordinates of each stroke."""
    going, end = iter(bends), 0
    for many, begin in zip(counts, begins, strict=True):
        places = [*accumulate([end + begin, *accumulate(islice(going, many - 1))])]
        end = places[-1]
        yield places


def _next(numbers: Iterator[int], count: int) -> list[int]:
    some = [*islice(numbers, count)]
    if len(some) < count:
        raise ValueError("columns that end too soon")
    return some


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
    return [*map(sub, values[1:], values)]


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
