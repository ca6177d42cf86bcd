"""Between rows and values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, Select, Table, bindparam, insert, update

from server.store.rows import build

R = TypeVar("R", bound=Struct)
T = TypeVar("T")

PIECE = 500
"""How many identifiers one statement names: both engines limit the parameters of a statement."""


def row_of(value: Struct) -> dict[str, Any]:
    """The columns of `value`."""
    return {field: getattr(value, field) for field in value.__struct_fields__}


def fetch(connection: Connection, kind: type[R], query: Select[Any]) -> list[R]:
    """The rows of `query` as values of `kind`."""
    return [build(kind, row) for row in connection.execute(query).mappings()]


def insert_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts `rows`; none is fine."""
    if rows:
        connection.execute(insert(table), rows)


def update_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Sets the columns that `rows` name, all the same ones, in the rows with their `id`; none is fine."""
    if rows:
        changes = [{name: value for name, value in row.items() if name != "id"} | {"its_id": row["id"]} for row in rows]
        connection.execute(update(table).where(table.c.id == bindparam("its_id")), changes)


def pieces(values: Iterable[T]) -> Iterator[list[T]]:
    """`values` in lists of at most PIECE."""
    everything = list(values)
    for start in range(0, len(everything), PIECE):
        yield everything[start : start + PIECE]
