"""Plain text tables that line up with Chinese in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """Columns `text` takes on a terminal (Unicode Standard Annex 11: wide and fullwidth characters take two)."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows under their head, columns padded to the widest cell."""
    everything = [head, *rows]
    widths = [max(width(row[column]) for row in everything) for column in range(len(head))]
    lines = []
    for row in everything:
        cells = [cell + " " * (widths[column] - width(cell)) for column, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def duration(milliseconds: int) -> str:
    """`1:02:03` or `02:03`."""
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def size(count: int) -> str:
    """Bytes in the largest unit of 1024 that gives at least one."""
    amount, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024 or unit == "TiB":
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
