"""The workbook to fill in: every table with its headings, an example row, notes and drop-down lists."""

from __future__ import annotations

from server.exchange.exporting import choices_of, head_of
from server.exchange.packing import Page, Pages
from server.exchange.tables import COLUMNS, TableName
from server.exchange.vocabulary import Vocabulary
from server.texts import Texts


def template(texts: Texts, table: TableName | None = None) -> Pages:
    """All tables, or one. The example row says that it is one, and an import passes it over."""
    return Pages([_page(name, texts) for name in COLUMNS if table in (None, name)])


def _page(table: TableName, texts: Texts) -> Page:
    mark = Vocabulary.first(texts, "example.mark")
    example: list[str | int] = []
    for column in COLUMNS[table]:
        words = texts(f"example.{table}.{column.key}")
        example.append(f"{mark} {words}".strip() if not example else words)
    page = head_of(table, texts, [example])
    notes = [_note(table, place, texts) for place in range(len(COLUMNS[table]))]
    return Page(name=page.name, head=page.head, rows=page.rows, notes=notes, choices=choices_of(table, texts))


def _note(table: TableName, place: int, texts: Texts) -> str:
    """Whether the column is needed, and how it is written."""
    column = COLUMNS[table][place]
    needed = texts("note.required" if column.required else "note.optional")
    own = texts.get(f"note.{table}.{column.key}") or texts.get(f"note.kind.{column.kind}") or ""
    return f"{needed}{own}"
