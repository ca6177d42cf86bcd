"""What is wrong with a cell or a row: told apart by codes, said in words by the catalogs."""

from __future__ import annotations

from msgspec import Struct

from server.exchange.tables import WORDS, TableName
from server.exchange.vocabulary import Vocabulary
from server.texts import Texts


class Fault(Struct, frozen=True):
    """What is wrong with row `row` of the file (0: with all of the table). `column` is a key, empty for the row.

    values: what the words need; `allowed` names a group of words, `table` a table, `with` an own phrase of the catalog.
    """

    table: TableName
    row: int
    column: str
    code: str
    got: str = ""
    values: dict[str, str] = {}


class Unfit(Exception):
    """A cell that cannot be taken."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def words_of(fault: Fault, texts: Texts) -> str:
    """The fault in a sentence: what is wrong, and what is allowed."""
    values = dict(fault.values)
    if "allowed" in values:
        group = values["allowed"]
        values["allowed"] = texts("list.or").join(
            Vocabulary.first(texts, f"word.{group}.{word}") for word in WORDS[group]
        )
    if "of" in values:
        values["of"] = Vocabulary.first(texts, f"table.{values['of']}")
    if "owner" in values and values["owner"].isdigit():
        values["owner"] = texts("clash.row", row=values["owner"])
    return texts(f"fault.{fault.code}", got=fault.got, **values)
