"""CSV as it is found: UTF-8 with or without a mark, UTF-16, GB18030; commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from server.exchange import limits
from server.exchange.sheets import BadFile, Line, Sheet, is_empty

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DELIMITERS: Final = (",", ";", "\t")
GUARDED: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet program take a text for a formula (OWASP, CSV Injection)."""


def read_csv(name: str, content: bytes) -> Sheet:
    """The file's rows, numbered as its lines of a spreadsheet would be.

    Raises:
        BadFile: `encoding`, `not_a_table`, `too_many_rows`, or `too_many_columns`.
    """
    text = decode(content)
    if "\0" in text:
        raise BadFile("not_a_table", name=name)
    if text[:4].lower() == "sep=":  # a line Excel writes for itself
        text = text.partition("\n")[2]
    lines, filled = [], 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text)), 1):
            if len(cells) > limits.COLUMNS:
                raise BadFile("too_many_columns", name=name, most=str(limits.COLUMNS))
            line = Line(number, tuple(unguarded(cell) for cell in cells))
            filled += not all(is_empty(cell) for cell in cells)
            if filled > limits.ROWS + 10:
                raise BadFile("too_many_rows", name=name, most=str(limits.ROWS))
            lines.append(line)
    except csv.Error as error:
        raise BadFile("not_a_table", name=name) from error
    return Sheet(name, lines)


def decode(content: bytes) -> str:
    """The text, whatever of the usual ways it was saved in.

    Raises:
        BadFile: `encoding`.
    """
    encodings = [encoding for mark, encoding in _MARKS if content.startswith(mark)] or ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFile("encoding")


def delimiter_of(text: str) -> str:
    """What divides the cells: that of which the first line with any has most, outside of quotes."""
    for line in text.splitlines()[:20]:
        plain = "".join(line.split('"')[::2])
        counts = {delimiter: plain.count(delimiter) for delimiter in DELIMITERS}
        if any(counts.values()):
            return max(counts, key=lambda delimiter: counts[delimiter])
    return ","


def guarded(text: str) -> str:
    """`text` as a CSV cell that no program takes for a formula: an apostrophe comes first."""
    return f"'{text}" if text.startswith((*GUARDED, "'")) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*GUARDED, "'")) else text


def write_csv(rows: Iterable[Sequence[str | int]]) -> bytes:
    """The rows as CSV with a byte order mark, which Excel needs to read Chinese. Source: RFC 4180."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return codecs.BOM_UTF8 + out.getvalue().encode()
