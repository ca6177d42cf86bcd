"""Rows as files: workbooks that nobody's program takes for formulas, CSV with a mark, and zips of CSV."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final, Literal

from msgspec import Struct

from server.exchange.csv_files import write_csv

_WIDTHS: Final = range(8, 40)
_ILLEGAL: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
"""Characters that XML 1.0 cannot hold (section 2.2)."""


class Choice(Struct, frozen=True):
    """A drop-down list: what the cells of column `column` (from 0) may say."""

    column: int
    words: list[str]


class Page(Struct, frozen=True, kw_only=True):
    """One sheet: headings, rows, and for templates notes under the headings and drop-down lists."""

    name: str
    head: list[str]
    rows: list[list[str | int]]
    notes: list[str] = []
    choices: list[Choice] = []


Format = Literal["xlsx", "csv"]


class Pages(Struct, frozen=True):
    """A workbook, in order; or CSV, several as a zip."""

    pages: list[Page]
    format: Format = "xlsx"


def pack(pages: Pages) -> bytes:
    """The file."""
    return pack_workbook(pages) if pages.format == "xlsx" else pack_csv(pages)


def pack_workbook(pages: Pages) -> bytes:
    """An .xlsx; text stays text, so that codes keep their zeros and `=1+1` is no formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    book = Workbook(write_only=True)
    bold, grey = Font(bold=True), PatternFill("solid", fgColor="EEEAE0")
    for page in pages.pages:
        sheet = book.create_sheet(page.name[:31])
        sheet.freeze_panes = "A2"
        for number in range(len(page.head)):
            sheet.column_dimensions[_letters(number)].width = _width(page, number)
        sheet.append([_headed(WriteOnlyCell(sheet, _clean(heading)), bold, grey, note, Comment)
                      for heading, note in zip(page.head, _notes(page), strict=True)])  # fmt: skip
        for row in page.rows:
            sheet.append([_text(WriteOnlyCell(sheet), cell) for cell in row])
        _offer(sheet, page)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def pack_csv(pages: Pages) -> bytes:
    """One page as CSV, several as a zip of CSV files."""
    if len(pages.pages) == 1:
        return write_csv([pages.pages[0].head, *pages.pages[0].rows])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for page in pages.pages:
            packed.writestr(f"{page.name}.csv", write_csv([page.head, *page.rows]))
    return out.getvalue()


def _notes(page: Page) -> list[str]:
    return page.notes or [""] * len(page.head)


def _headed(cell: Any, bold: Any, fill: Any, note: str, comment: Any) -> Any:
    cell.font, cell.fill = bold, fill
    if note:
        cell.comment = comment(note, "Tongke", height=120, width=260)
    return cell


def _text(cell: Any, words: str | int) -> Any:
    """The data type is set by hand: openpyxl takes a text that begins with `=` for a formula."""
    if isinstance(words, int):
        cell.value = words
    elif words:
        cell._value = _clean(words)
        cell.data_type = "s"
        cell.number_format = "@"
    return cell


def _clean(words: str) -> str:
    return words.translate(_ILLEGAL)[:32_000]


def _offer(sheet: Any, page: Page) -> None:
    """Drop-down lists. Excel takes at most 255 characters of them inline (ECMA-376 part 1, 18.3.1.33)."""
    from openpyxl.worksheet.datavalidation import DataValidation

    for choice in page.choices:
        listed = ",".join(choice.words)
        if len(listed) > 250 or any("," in word for word in choice.words):
            continue
        offer = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=False)
        offer.add(f"{_letters(choice.column)}2:{_letters(choice.column)}2000")
        sheet.data_validations.append(offer)


def _width(page: Page, column: int) -> int:
    """As wide as the longest of the first cells; Chinese characters take two."""
    cells = [page.head[column], *(str(row[column]) for row in page.rows[:50] if column < len(row))]
    wide = max(sum(2 if ord(letter) > 0x2E7F else 1 for letter in cell) for cell in cells) + 2
    return min(max(wide, _WIDTHS.start), _WIDTHS.stop)


def _letters(column: int) -> str:
    """0 is `A`, 26 is `AA`."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
