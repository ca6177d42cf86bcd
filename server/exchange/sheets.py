"""What every kind of file is read into: named sheets of numbered rows of cells. Nothing is understood yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time

Cell = str | int | float | bool | date | datetime | time | None


class BadFile(Exception):
    """The file cannot be read. `code` names the words (`file.<code>`), `values` go into them."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Line:
    """A row as it stands in its file: `number` from 1, as the program that shows it counts."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet or a CSV file. `merged`: row and column (from 0) of the cells that a merge swallowed."""

    name: str
    lines: list[Line]
    merged: frozenset[tuple[int, int]] = field(default_factory=frozenset)


def is_empty(cell: Cell) -> bool:
    """Nothing, or nothing one can see."""
    return cell is None or (isinstance(cell, str) and not cell.strip().strip("\u200b\ufeff"))
