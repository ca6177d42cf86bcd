"""What every table shares: the one `metadata`, its names for constraints, and the kinds of columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def identity() -> Column[str]:
    """The primary key `id`: an identifier of `server.store.ids`."""
    return Column("id", String(64), primary_key=True)


def ref(table: str, *, null: bool = False, name: str = "", key: bool = False) -> Column[str]:
    """A reference to `table`, as column `<table>_id` or `name`; `key` makes it part of the primary key."""
    kind: dict[str, Any] = {"primary_key": True} if key else {"nullable": null}
    return Column(name or f"{table}_id", String(64), ForeignKey(f"{table}.id"), **kind)


def ms(name: str, *, null: bool = False) -> Column[int]:
    """A moment: UTC in milliseconds since 1970."""
    return Column(name, BigInteger, nullable=null)


def word(name: str, *, default: str | None = None, null: bool = False) -> Column[str]:
    """One of a few known words. They are open text: a new one comes without a migration."""
    return Column(name, String(32), nullable=null, server_default=default)
