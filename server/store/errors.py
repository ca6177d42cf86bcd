"""What can go wrong with the store, told apart by stable codes."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from server.county.clashes import Clash


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


class StoreAway(StoreError):
    """The database server does not answer, or the connection to it broke."""

    code = "store_away"


class StoreDamaged(StoreError):
    """The file is not a database, or its pages contradict each other."""

    code = "store_damaged"


class Conflict(StoreError):
    """The change contradicts what is there, or a rule of the county model. `code` says which."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


class Clashing(Conflict):
    """The change would have somebody or something in two lessons at once: who, in which two, and when."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__("timetable_clash", f"{len(clashes)} clashes")
        self.clashes = list(clashes)


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


_BY_ERRNO: dict[int, type[StoreError]] = {
    errno.EROFS: StoreReadOnly,
    errno.EACCES: StoreReadOnly,
    errno.EPERM: StoreReadOnly,
    errno.ENOSPC: StoreFull,
    errno.EDQUOT: StoreFull,
}


_BY_SQLSTATE: tuple[tuple[str, type[StoreError]], ...] = (
    ("53100", StoreFull),
    ("25006", StoreReadOnly),
    ("42501", StoreReadOnly),
    ("40", StoreBusy),
    ("55P03", StoreBusy),
    ("57014", StoreBusy),
    ("53", StoreAway),
    ("57", StoreAway),
    ("08", StoreAway),
    ("XX", StoreDamaged),
)
"""The first that the code begins with. Source: PostgreSQL's manual, appendix A."""


def translate(error: DBAPIError) -> StoreError:
    """The typed error for what the driver raised."""
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error)
    told = getattr(getattr(error.orig, "diag", None), "message_primary", None)  # its DETAIL quotes what was written
    return _of_postgresql(getattr(error.orig, "sqlstate", None), told or str(error.orig))


def translate_os(error: OSError) -> StoreError:
    """The typed error for what the operating system said of the database's file."""
    return _BY_ERRNO.get(error.errno or 0, StoreError)(str(error))


def _of_postgresql(state: str | None, text: str) -> StoreError:
    """An error without a code comes from the driver itself: no connection."""
    if state is None:
        return StoreAway(text)
    if state.startswith(("22", "23")):
        return Conflict("store_conflict", text)
    kind = next((kind for prefix, kind in _BY_SQLSTATE if state.startswith(prefix)), StoreError)
    return kind(text)


def _of_sqlite(error: DBAPIError) -> StoreError:
    """Extended codes keep the primary one in the low byte."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_CONSTRAINT:
        return Conflict("store_conflict", str(error.orig))
    kind = _BY_SQLITE_CODE.get(code & 0xFF, StoreError) if code is not None else StoreError
    return kind(str(error.orig))
