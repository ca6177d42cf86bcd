"""Cells as values: what Excel makes of codes, dates and times is undone, full-width digits and spaces do not matter."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Final

from server.exchange import limits
from server.exchange.faults import Unfit
from server.exchange.sheets import Cell

MAX_NAME: Final = 80
MAX_CODE: Final = 64
_EPOCH: Final = date(1899, 12, 30)
"""Day 0 of Excel's calendar, from March 1900 on, its invented leap day counted in (ECMA-376 part 1, 18.17.4.1)."""
_SERIALS: Final = range(20_000, 110_000)
"""Days of the years 1954 to 2201: a number outside is no date."""
_DATE: Final = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})\D{0,3}(?:0{1,2}:00(?::00)?)?")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME: Final = re.compile(r"(\d{1,2})[:.h\u70b9\u65f6](\d{1,2})?(?::00)?\u5206?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_INVISIBLE: Final = str.maketrans(dict.fromkeys("\u200b\u200c\u200d\ufeff\u2060", None))
_ERRORS: Final = re.compile(r"#(?:REF|N/A|VALUE|NAME|DIV/0|NUM|NULL|SPILL|CALC)[!?/A0]*")


def text_of(cell: Cell) -> str:
    """What the cell shows: one line, no spaces around it; numbers without the `.0` that Excel gives them.

    Raises:
        Unfit: `cell_error` (a formula that failed), `too_long`, `control`.
    """
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if cell is None:
        return ""
    text = " ".join(str(cell).translate(_INVISIBLE).split())
    if _ERRORS.fullmatch(text):
        raise Unfit("cell_error")
    if len(text) > limits.CELL_CHARACTERS:
        raise Unfit("too_long", most=str(limits.CELL_CHARACTERS))
    if _CONTROL.search(text):
        raise Unfit("control")
    return text


def name_of(cell: Cell) -> str:
    """A name: kept as it is written.

    Raises:
        Unfit: also `too_long`.
    """
    text = text_of(cell)
    if len(text) > MAX_NAME:
        raise Unfit("too_long", most=str(MAX_NAME))
    return text


def code_of(cell: Cell) -> str:
    """A code: full-width letters and digits are taken for plain ones.

    Raises:
        Unfit: also `too_long`.
    """
    text = unicodedata.normalize("NFKC", text_of(cell))
    if len(text) > MAX_CODE:
        raise Unfit("too_long", most=str(MAX_CODE))
    return text


def number_of(cell: Cell, low: int, high: int) -> int:
    """A whole number.

    Raises:
        Unfit: `not_a_number`.
    """
    text = unicodedata.normalize("NFKC", text_of(cell))
    if not re.fullmatch(r"\d{1,9}(?:\.0+)?", text) or not low <= int(text.partition(".")[0]) <= high:
        raise Unfit("not_a_number", low=str(low), high=str(high))
    return int(text.partition(".")[0])


def date_of(cell: Cell) -> date:
    """A day, from a date cell, its number, or the usual ways to write it.

    Raises:
        Unfit: `not_a_date`.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = unicodedata.normalize("NFKC", text_of(cell))
    if re.fullmatch(r"\d{5,6}", text) and int(text) in _SERIALS:
        return _EPOCH + timedelta(days=int(text))
    found = _COMPACT.fullmatch(text) or _DATE.fullmatch(text)
    try:
        if found is not None:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise Unfit("not_a_date")


def minute_of(cell: Cell) -> int:
    """A time of day in minutes since midnight, from a time cell, its share of a day, or `8:05`.

    Raises:
        Unfit: `not_a_time`.
    """
    if isinstance(cell, datetime):
        cell = cell.time()
    if isinstance(cell, time):
        return cell.hour * 60 + cell.minute
    if isinstance(cell, float) and 0 <= cell < 1:
        return round(cell * 1440)
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", text_of(cell)).casefold())
    if found is None or int(found[1]) > 24 or int(found[2] or 0) > 59:
        raise Unfit("not_a_time")
    minute = int(found[1]) * 60 + int(found[2] or 0)
    if minute > 1440:
        raise Unfit("not_a_time")
    return minute


def clock(minute: int | None) -> str:
    """What `minute_of` reads."""
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"
