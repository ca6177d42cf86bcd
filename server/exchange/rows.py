"""From sheets to tables: which table a sheet is, where its headings are, which columns nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from server.exchange import limits
from server.exchange.sheets import BadFile, Cell, Line, Sheet, is_empty
from server.exchange.tables import COLUMNS, TableName
from server.exchange.vocabulary import Vocabulary

_HEADINGS_WITHIN = 12
"""Rows in which headings are looked for: a title and notes may come before them."""


@dataclass(frozen=True)
class Row:
    """A row with its cells by column; columns that the file does not have are missing. `merged`: under a merge."""

    number: int
    cells: dict[str, Cell]
    merged: frozenset[str] = frozenset()


@dataclass
class Table:
    """All rows of one table. `headings`: what its columns are called in the file."""

    name: TableName
    sheet: str
    headings: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """What a file holds: its tables, and the sheets that are none."""

    tables: dict[TableName, Table]
    ignored: list[str]


def find_tables(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> Found:
    """The tables in `sheets`.

    Raises:
        BadFile: `no_table`, `table_twice`, `too_many_rows`.
    """
    found: dict[TableName, Table] = {}
    ignored: list[str] = []
    for sheet in sheets:
        table = _table(sheet, vocabulary)
        if table is None:
            ignored.append(sheet.name)
        elif table.name in found and table.rows and found[table.name].rows:
            raise BadFile("table_twice", name=sheet.name, other=found[table.name].sheet)
        elif table.name not in found or table.rows:
            found[table.name] = table
            if len(table.rows) > limits.ROWS:
                raise BadFile("too_many_rows", name=sheet.name, most=str(limits.ROWS))
    if not found:
        raise BadFile("no_table", name=", ".join(ignored[:5]))
    return Found(found, ignored)


def _table(sheet: Sheet, vocabulary: Vocabulary) -> Table | None:
    """The sheet as the table that its name says, or else that its headings say."""
    said = vocabulary.table(sheet.name)
    best: tuple[int, TableName, int] | None = None
    for name in [said] if said else COLUMNS:
        for place, line in enumerate(sheet.lines[:_HEADINGS_WITHIN]):
            known = {key for key in _keys(name, line, vocabulary) if key}
            needed = {column.key for column in COLUMNS[name] if column.required}
            if len(known) >= (1 if said else 2) and (said or needed <= known) and (not best or len(known) > best[0]):
                best = (len(known), name, place)
    if best is None:
        if said and any(not is_empty(cell) for line in sheet.lines for cell in line.cells):
            raise BadFile("no_headings", name=sheet.name)
        return Table(said, sheet.name) if said else None
    return _read(sheet, best[1], best[2], vocabulary)


def _keys(name: TableName, line: Line, vocabulary: Vocabulary) -> list[str | None]:
    return [vocabulary.column(name, cell) if isinstance(cell, str) else None for cell in line.cells]


def _read(sheet: Sheet, name: TableName, place: int, vocabulary: Vocabulary) -> Table:
    head = sheet.lines[place]
    keys = _keys(name, head, vocabulary)
    twice = [str(head.cells[n]) for n, key in enumerate(keys) if key and key in keys[:n]]
    if twice:
        raise BadFile("column_twice", name=sheet.name, column=twice[0])
    table = Table(name, sheet.name)
    table.headings = {key: str(cell).strip() for key, cell in zip(keys, head.cells, strict=True) if key}
    table.unknown = [
        str(cell).strip() for key, cell in zip(keys, head.cells, strict=True) if not key and not is_empty(cell)
    ]
    table.missing = [column.key for column in COLUMNS[name] if column.required and column.key not in table.headings]
    table.rows = [
        _row(line, keys, sheet)
        for line in sheet.lines[place + 1 :]
        if _says_something(line, keys) and not _repeats(name, line, keys, vocabulary)
        and not _is_example(line, vocabulary)
    ]  # fmt: skip
    return table


def _row(line: Line, keys: Sequence[str | None], sheet: Sheet) -> Row:
    cells = {key: cell for key, cell in zip(keys, _padded(line, len(keys)), strict=False) if key}
    merged = frozenset(key for n, key in enumerate(keys) if key and (line.number, n) in sheet.merged)
    return Row(line.number, cells, merged)


def _padded(line: Line, width: int) -> tuple[Cell, ...]:
    return line.cells + (None,) * (width - len(line.cells))


def _says_something(line: Line, keys: Sequence[str | None]) -> bool:
    return any(key and not is_empty(cell) for key, cell in zip(keys, line.cells, strict=False))


def _repeats(name: TableName, line: Line, keys: Sequence[str | None], vocabulary: Vocabulary) -> bool:
    """A second line of headings, as in lists with one in each language."""
    filled = [(key, cell) for key, cell in zip(keys, line.cells, strict=False) if key and not is_empty(cell)]
    same = [key for key, cell in filled if isinstance(cell, str) and vocabulary.column(name, cell) == key]
    return len(same) >= 2 and len(same) * 2 >= len(filled)


def _is_example(line: Line, vocabulary: Vocabulary) -> bool:
    texts: Iterable[str] = (cell for cell in line.cells if isinstance(cell, str))
    return any(vocabulary.is_example(text) for text in texts)
