"""What a preview found, in words for whoever looks at it."""

from __future__ import annotations

from msgspec import Struct

from server.exchange.faults import Fault, words_of
from server.exchange.snapshot import Difference, Judged
from server.exchange.tables import TableName
from server.exchange.vocabulary import Vocabulary
from server.texts import Texts


class ImportTally(Struct, frozen=True):
    """A table of the file: `name` is what we call it, `sheet` what the file does. `unknown`: columns passed over."""

    table: TableName
    name: str
    sheet: str
    new: int
    changed: int
    unchanged: int
    faulty: int
    removed: int
    unknown: list[str]


class ImportFault(Struct, frozen=True):
    """What is wrong: in row `row` (0 for all of the table) and `column` as the file names it, empty for the row."""

    table: TableName
    sheet: str
    row: int
    column: str
    got: str
    words: str


class ImportDifference(Struct, frozen=True):
    """A known thing that a row changes, and what about it."""

    table: TableName
    sheet: str
    row: int
    name: str
    fields: list[str]


class ImportPreview(Struct, frozen=True, kw_only=True):
    """What a file would change; nothing is written. `token` goes with the same file to the import.

    faulty: how many faults there are; the first ones are named. ready: nothing is faulty and something would change.
    ignored: sheets that hold none of our tables. unnamed: rows of the timetable whose lessons will not be recorded, for
    they name no class for one of their rooms.
    """

    token: str
    tables: list[ImportTally]
    faults: list[ImportFault]
    faulty: int
    differences: list[ImportDifference]
    ignored: list[str]
    ready: bool
    unnamed: int


def tell(token: str, judged: Judged, texts: Texts) -> ImportPreview:
    """The preview in the language of `texts`."""
    sheets = {tally.table: tally.sheet for tally in judged.tallies}
    return ImportPreview(
        token=token,
        tables=[
            ImportTally(
                one.table, Vocabulary.first(texts, f"table.{one.table}"), one.sheet, one.new, one.changed,
                one.unchanged, one.faulty, one.removed, one.unknown,
            )
            for one in judged.tallies
        ],
        faults=[_fault(fault, judged, sheets, texts) for fault in judged.faults],
        faulty=judged.faulty,
        differences=[_difference(one, sheets, texts) for one in judged.differences],
        ignored=judged.ignored,
        ready=judged.plan is not None and any(one.new or one.changed or one.removed for one in judged.tallies),
        unnamed=judged.unnamed,
    )  # fmt: skip


def _fault(fault: Fault, judged: Judged, sheets: dict[TableName, str], texts: Texts) -> ImportFault:
    """The column by the heading of the file, or by ours where the file has none."""
    column = fault.column
    if column:
        ours = Vocabulary.first(texts, f"column.{fault.table}.{column}")
        column = judged.headings.get(fault.table, {}).get(column, ours)
    return ImportFault(fault.table, sheets[fault.table], fault.row, column, fault.got, words_of(fault, texts))


def _difference(one: Difference, sheets: dict[TableName, str], texts: Texts) -> ImportDifference:
    fields = [texts(f"field.{name}") for name in dict.fromkeys(one.columns)]
    return ImportDifference(one.table, sheets[one.table], one.row, one.name, fields)
