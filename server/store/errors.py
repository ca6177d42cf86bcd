"""What can go wrong with the store, told apart by stable codes."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError


class StoreError(Exception):
    """The store could not do it. `code` is stable; the text is for the operator's log."""

    code = "store_failed"


class StoreBusy(StoreError):
    """Another process held the write lock longer than the busy timeout."""

    code = "store_busy"


class StoreFull(StoreError):
    """No space left for the database."""

    code = "store_full"


class StoreReadOnly(StoreError):
    """The database, or the folder it lies in, cannot be written."""

    code = "store_read_only"


class StoreDamaged(StoreError):
    """The file is not a database, or its pages contradict each other."""

    code = "store_damaged"


class Conflict(StoreError):
    """The change contradicts what is there, or a rule of the county model. `code` says which."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


_BY_SQLITE_CODE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_PERM: StoreReadOnly,
    sqlite3.SQLITE_CANTOPEN: StoreReadOnly,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
}


def translate(error: DBAPIError) -> StoreError:
    """The typed error for what the driver raised; SQLite's extended codes keep the primary one in the low byte."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_CONSTRAINT:
        return Conflict("store_conflict", str(error.orig))
    kind = _BY_SQLITE_CODE.get(code & 0xFF, StoreError) if code is not None else StoreError
    return kind(str(error.orig))
