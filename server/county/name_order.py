"""The order in which people look for schools, classes and rooms: by sound and number, not by code point. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

_HOW = json.loads(Path(__file__).with_name("numerals.json").read_text(encoding="utf-8"))
"""The pages have the same (web/src/ui/numerals.json)."""
_DIGIT: dict[str, int] = {char: value for value, char in enumerate(_HOW["digits"])} | _HOW["also"]
_UNIT: dict[str, int] = _HOW["units"]
_NUMERAL = "[" + "".join([*_DIGIT, *_UNIT]) + "]+"
_COUNTING = re.compile(f"(?<={_HOW['before']}){_NUMERAL}|{_NUMERAL}(?={_HOW['after']})")
"""A numeral that counts: an ordinal, or one before what is counted. Elsewhere, in a village's name, it is a word."""
_NO_BRACKETS = dict.fromkeys(map(ord, _HOW["brackets"]))
Row = TypeVar("Row")
Key = tuple[tuple[int, bytes], ...]


def by_name(rows: Iterable[Row], name_of: Callable[[Row], tuple[str, ...]]) -> list[Row]:
    """These rows by their names, the first one first, e.g. the school and then the room."""
    return sorted(rows, key=lambda row: tuple(map(name_key, name_of(row))))


@lru_cache(maxsize=8192)
def name_key(name: str) -> Key:
    """What a name is sorted by: numbers by value, the rest by GB 18030, whose common characters follow pinyin."""
    counted = _COUNTING.sub(lambda found: str(value_of(found[0])), name.casefold())
    parts = re.split("([0-9]+)", counted.translate(_NO_BRACKETS))
    return tuple(
        (int(part), b"") if index % 2 else (0, part.encode("gb18030", "replace")) for index, part in enumerate(parts)
    )


def value_of(numeral: str) -> int:
    """The value of a Chinese numeral below a thousand, or of digits in a row, as years are written."""
    if not any(unit in numeral for unit in _UNIT):
        return int("".join(str(_DIGIT[char]) for char in numeral))
    total, digit = 0, None
    for char in numeral:
        if char in _UNIT:
            total, digit = total + (1 if digit is None else digit) * _UNIT[char], None
        else:
            digit = _DIGIT[char]
    return total + (digit or 0)
