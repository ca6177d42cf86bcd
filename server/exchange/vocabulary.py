"""What people call tables, columns and words, in both languages: the catalogs of server/locale/exchange, turned round.

An entry of a catalog is one or more ways to say it, divided by `|`; the first is the one we write.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from server.exchange.tables import COLUMNS, WORDS, TableName
from server.texts import LANGUAGES, Texts

PART: Final = "exchange"
_UNSEEN: Final = re.compile(r"[\s\u200b\ufeff*＊:：]+")


def key_of(text: str) -> str:
    """How two spellings of the same are told to be the same: width, case and spaces do not count."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()


class Vocabulary:
    """Both catalogs at once: a file's headings may be in either language whatever the reader's."""

    def __init__(self) -> None:
        self.texts = {language: Texts(language, PART) for language in LANGUAGES}
        self._tables = self._turned({name: f"table.{name}" for name in COLUMNS})
        self._columns = {
            name: self._turned({column.key: f"column.{name}.{column.key}" for column in columns})
            for name, columns in COLUMNS.items()
        }
        self._words = {
            group: self._turned({word: f"word.{group}.{word}" for word in words}) for group, words in WORDS.items()
        }
        self._weeks = self._turned({word: f"word.weeks.{word}" for word in ("odd", "even", "every", "week", "to")})
        self._marks = {key_of(way) for texts in self.texts.values() for way in texts("example.mark").split("|")}

    def table(self, name: str) -> TableName | None:
        """The table a sheet or file of this name holds, if the name says."""
        found = self._tables.get(key_of(name))
        return next((table for table in COLUMNS if table == found), None)

    def column(self, table: TableName, heading: str) -> str | None:
        """The key of the column."""
        return self._columns[table].get(key_of(heading))

    def word(self, group: str, text: str) -> str | None:
        """What `text` means in a group of `tables.WORDS`."""
        return self._words[group].get(key_of(text))

    def weeks(self, text: str, last: int) -> str:
        """Weeks as people write them, as `server.county.weeks` reads them; `last` is the term's last week."""
        plain = unicodedata.normalize("NFKC", text).casefold()
        for way in sorted(self._weeks, key=len, reverse=True):
            meant = {"odd": " odd", "even": " even", "to": "-"}.get(self._weeks[way], "")
            plain = plain.replace(way, meant)
        plain = re.sub(r"[、;，]", ",", plain)
        halves = re.fullmatch(r"\s*(odd|even)\s*", plain)
        return f"1-{last} {halves[1]}" if halves else re.sub(r"\s+", " ", plain).strip(" ,")

    def is_example(self, text: str) -> bool:
        """Whether a row's first cell says that the row is our template's example."""
        return any(key_of(text).startswith(mark) for mark in self._marks)

    @staticmethod
    def first(texts: Texts, key: str) -> str:
        """The way we write it ourselves."""
        return texts(key).partition("|")[0]

    def _turned(self, keys: dict[str, str]) -> dict[str, str]:
        """From every way to say something to what it means; the meaning's own name is one of them."""
        turned = {key_of(meant): meant for meant in keys}
        for texts in self.texts.values():
            for meant, key in keys.items():
                turned |= {key_of(way): meant for way in texts(key).split("|")}
        return turned
