"""Excel workbooks (.xlsx), read as values: no formula is computed, no macro run, no link followed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, Final

from server.exchange import limits
from server.exchange.sheets import BadFile, Cell, Line, Sheet, is_empty

OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
"""How files of the old binary formats begin, and workbooks with a password (MS-CFB, section 2.2)."""
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_MERGE: Final = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_MOST_MERGED: Final = 50_000


def read_workbook(name: str, content: bytes) -> list[Sheet]:
    """Every sheet that can be seen.

    Raises:
        BadFile: `password`, `old_format`, `macros`, `damaged`, `too_large_unpacked`, `too_many_sheets`,
            `too_many_rows`, or `too_many_columns`.
    """
    from openpyxl import load_workbook  # half a second: only where a workbook is read

    check_workbook(name, content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        if len(book.worksheets) > limits.SHEETS:
            raise BadFile("too_many_sheets", name=name, most=str(limits.SHEETS))
        return [_sheet(sheet) for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except (BadFile, MemoryError, RecursionError):
        raise
    except Exception as error:  # of a workbook that is not what it says, openpyxl lets through whatever it meets
        raise BadFile("damaged", name=name) from error


def check_workbook(name: str, content: bytes) -> None:
    """Refuses what is no plain workbook, before anything of it is unpacked."""
    if content.startswith(OLE):
        raise BadFile("password" if _ENCRYPTED in content else "old_format", name=name)
    names = check_zip(name, content)
    if any(part.endswith("vbaProject.bin") for part in names):
        raise BadFile("macros", name=name)


def check_zip(name: str, content: bytes) -> list[str]:
    """The names of the parts of a zip that is safe to unpack: sizes are as declared, and Python reads no further.

    Raises:
        BadFile: `damaged`, `password`, or `too_large_unpacked`.
    """
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
        raise BadFile("damaged", name=name) from error
    swollen = any(
        part.file_size > limits.RATIO_FROM_BYTES and part.file_size > limits.RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if swollen or len(parts) > limits.PARTS or sum(part.file_size for part in parts) > limits.UNPACKED_BYTES:
        raise BadFile("too_large_unpacked", name=name)
    if any(part.flag_bits & 1 for part in parts):
        raise BadFile("password", name=name)
    return [part.filename for part in parts]


def _sheet(sheet: Any) -> Sheet:
    """One sheet. Rows that were only formatted, up to the millionth, are not looked at."""
    lines: list[Line] = []
    empty = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        values = _trimmed(cells)
        empty = 0 if values else empty + 1
        if empty > limits.EMPTY_ROWS:
            break
        if len(values) > limits.COLUMNS:
            raise BadFile("too_many_columns", name=sheet.title, most=str(limits.COLUMNS))
        if values:
            lines.append(Line(number, values))
        if len(lines) > limits.ROWS + 10:
            raise BadFile("too_many_rows", name=sheet.title, most=str(limits.ROWS))
    return Sheet(sheet.title, lines, frozenset(_merged(sheet)))


def _trimmed(cells: tuple[Any, ...]) -> tuple[Cell, ...]:
    """The cells up to the last that says something."""
    end = len(cells)
    while end and is_empty(cells[end - 1]):
        end -= 1
    return tuple(cells[:end])


def _merged(sheet: Any) -> Iterator[tuple[int, int]]:
    """Cells under a merge, without its first, which keeps the value. openpyxl's reader passes merges over."""
    with sheet._get_source() as source:
        found = _MERGE.findall(source.read())
    told = 0
    for first_column, first_row, last_column, last_row in found:
        left, right = _number(first_column), _number(last_column)
        for row in range(int(first_row), min(int(last_row), int(first_row) + limits.ROWS) + 1):
            for column in range(left, min(right, limits.COLUMNS) + 1):
                told += 1
                if told > _MOST_MERGED:
                    return
                if (row, column) != (int(first_row), left):
                    yield row, column


def _number(letters: bytes) -> int:
    """`A` is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
